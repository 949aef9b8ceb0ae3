"""Bias, RMSE, coverage, errors of sign and size against plain counting and Morris, White and Crowther's formulas."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.analysis.estimates import NUMBERS, Estimates
from trialsim.analysis.plan import AnalysisPlan, AnalysisSet, Endpoint, PlannedAnalysis, RowPlan, RowTest
from trialsim.analysis.rows import EMPTY_ARM, OK
from trialsim.evaluate.first_replicates import FirstReplicates
from trialsim.evaluate.frames import bias_frame, estimate_frame, rejection_frame
from trialsim.evaluate.moments import block_moments, merge
from trialsim.evaluate.table import Measure, measures, side_by_side
from trialsim.evaluate.truth import (
    Truth,
    bias_columns,
    bias_values,
    centered_coverage,
    differs,
    truth_measures,
    without_selected,
    without_trifles,
)
from trialsim.scenario import load
from trialsim.truth import find_truth

SCENARIOS = Path(__file__).parents[2] / "scenarios"
R = 500
TRUE, ERROR = 0.5, 0.01


def a_row(name: str, estimand: str = "mean difference", no_effect: float = 0.0) -> RowPlan:
    return RowPlan(name, "b - a", "t", estimand, no_effect, 0.05, "")


ROWS = (a_row("mean"), a_row("above", "P(X > Y) + ties/2", 0.5), a_row("nothing", "none", math.nan))
PLAN = AnalysisPlan(
    calls=tuple(
        PlannedAnalysis(
            row.analysis, "t", Endpoint(0), AnalysisSet(), (RowTest("t", "two", (1, 0)),), 0.0, "two-sided", 0.05, i
        )
        for i, row in enumerate(ROWS)
    ),
    rows=ROWS,
    primary=(0,),
    arms=("a", "b"),
)
TRUTH = Truth(
    replicates=range(200),
    twins=("declared", "null"),
    value=np.array([[TRUE, 0.64, np.nan], [0.0, 0.52, np.nan]]),
    mcse=np.array([[ERROR, 0.002, np.nan], [0.0, 0.001, np.nan]]),
    interference=np.array([0.03, np.nan, np.nan]),
    interference_mcse=np.array([0.001, np.nan, np.nan]),
)


@pytest.fixture(scope="module")
def estimates() -> Estimates:
    rng = np.random.default_rng(8)
    shape = (2, R, 3)
    numbers = {name: np.full(shape, np.nan) for name in NUMBERS}
    centers = np.array([[0.55, 0.65, 0.0], [0.0, 0.5, 0.0]])
    numbers["estimate"] = centers[:, None] + rng.normal(0, [0.6, 0.06, 1.0], shape)
    half = np.array([0.8, 0.12, 2.0])
    numbers["low"], numbers["high"] = numbers["estimate"] - half, numbers["estimate"] + half
    numbers["p"] = np.where(np.abs(numbers["estimate"] - [0.0, 0.5, 0.0]) > half, 0.01, 0.5)
    status = np.full(shape, OK, dtype=np.int8)
    status[0, :7, 0] = EMPTY_ARM
    for name in NUMBERS:
        numbers[name][0, :7, 0] = np.nan
    return Estimates(ROWS, ("declared", "null"), range(R), n=np.full(shape, 60), status=status, **numbers)


@pytest.fixture(scope="module")
def table(estimates: Estimates) -> dict[tuple[str, str], Measure]:
    values = bias_values(PLAN, estimates, TRUTH)
    columns = bias_columns(PLAN, TRUTH)
    assert values.shape == (R, len(columns))
    told = measures(columns, merge(block_moments(values, range(R))))
    return {(row.analysis, row.measure): row for row in told}


def test_bias_and_rmse_by_their_formulas(table: dict[tuple[str, str], Measure], estimates: Estimates) -> None:
    x = estimates.estimate[0, 7:, 0]
    n = len(x)
    bias, rmse = table["mean", "bias"], table["mean", "rmse"]
    assert bias.value == pytest.approx(x.mean() - TRUE)
    assert bias.mcse == pytest.approx(math.hypot(x.std(ddof=1) / math.sqrt(n), ERROR))
    assert (bias.n_replicates, bias.n_failed) == (R, 7)
    squares = (x - TRUE) ** 2
    mse_error = math.sqrt(((squares - squares.mean()) ** 2).sum() / (n * (n - 1)))
    assert rmse.value == pytest.approx(math.sqrt(squares.mean()))
    assert rmse.mcse == pytest.approx(math.hypot(mse_error / (2 * rmse.value), ERROR))
    relative = table["mean", "relative_bias"]
    assert relative.value == pytest.approx(x.mean() / TRUE - 1)
    sampling, truth = x.std(ddof=1) / math.sqrt(n) / TRUE, abs(x.mean()) * ERROR / TRUE**2
    assert relative.mcse == pytest.approx(math.hypot(sampling, truth))


def test_coverage_by_counting(table: dict[tuple[str, str], Measure], estimates: Estimates) -> None:
    low, high = estimates.low[0, 7:, 0], estimates.high[0, 7:, 0]
    covered = sum(1 for a, b in zip(low, high, strict=True) if a <= TRUE <= b)
    row = table["mean", "coverage"]
    assert row.value == pytest.approx(covered / len(low))
    assert row.mcse == pytest.approx(math.sqrt(row.value * (1 - row.value) / len(low)))


def test_errors_of_sign_and_size_among_what_is_found(
    table: dict[tuple[str, str], Measure], estimates: Estimates
) -> None:
    for index, (name, none, value) in enumerate((("mean", 0.0, TRUE), ("above", 0.5, 0.64))):
        first = 7 if index == 0 else 0
        effect = estimates.estimate[0, first:, index] - none
        found = effect[estimates.p[0, first:, index] <= 0.05]
        assert 20 < len(found) < R - 20
        sign, size = table[name, "type_s_error"], table[name, "type_m_error"]
        assert sign.value == pytest.approx((found < 0).mean())
        assert size.value == pytest.approx(np.abs(found).mean() / (value - none))
        assert (sign.n_replicates, sign.n_failed) == (len(found), 0)
    assert table["mean", "type_s_error"].value > 0  # some are of the wrong sign


def test_a_share_has_no_relative_bias_and_a_row_without_estimand_has_nothing(
    table: dict[tuple[str, str], Measure],
) -> None:
    assert ("above", "relative_bias") not in table
    assert ("above", "bias") in table
    assert not [name for analysis, name in table if analysis == "nothing"]


def test_the_truth_has_rows_of_its_own() -> None:
    told = {(row.analysis, row.measure): row for row in truth_measures(PLAN, TRUTH)}
    assert set(told) == {
        ("mean", "truth"), ("mean", "truth_null_twin"), ("mean", "interference"),
        ("above", "truth"), ("above", "truth_null_twin"),
    }  # fmt: skip
    row = told["mean", "truth"]
    assert (row.value, row.mcse, row.n_replicates, row.n_failed) == (TRUE, ERROR, 200, 0)
    assert row.conf_high - row.conf_low == pytest.approx(2 * 1.959964 * ERROR)


def test_a_truth_is_told_apart_from_no_effect_beyond_its_error() -> None:
    assert differs(0.5, 0.1, 0.0)
    assert not differs(0.3, 0.1, 0.0)
    assert not differs(0.5, 0.0, 0.5)
    assert differs(1e-9, math.nan, 0.0)


def test_nothing_is_told_in_units_of_a_trifle() -> None:
    def rows(spread: float) -> list[Measure]:
        told = [
            Measure("mean", "b - a", name, 1.0, 0.0, 0.0, 0.0, R, 0)
            for name in ("bias", "type_s_error", "type_m_error")
        ]
        return [*told, Measure("mean", "b - a", "empirical_se", spread, 0.0, 0.0, 0.0, R, 0)]

    few = {row.measure for row in without_trifles(PLAN, TRUTH, rows(51.0))}
    assert few == {"bias", "empirical_se"}
    assert len(without_trifles(PLAN, TRUTH, rows(49.0))) == 4  # a truth of .5 is no trifle here


def test_coverage_of_the_mean_estimate_sets_bias_aside(estimates: Estimates) -> None:
    kept = FirstReplicates(
        parts=(range(R),), twins=estimates.twins, rows=ROWS, estimate=estimates.estimate, p=estimates.p,
        low=estimates.low[0], high=estimates.high[0], columns=(), trial=np.empty((R, 0)),
        entry_days=np.empty((R, 0), np.float32),
    )  # fmt: skip
    mean = float(np.nanmean(estimates.estimate[0, :, 0]))
    known = [
        Measure("mean", "b - a", name, value, 0.0, 0.0, 0.0, R, 0)
        for name, value in (("coverage", 0.9), ("mean_estimate", mean))
    ]
    (row,) = centered_coverage(kept, known)
    low, high = estimates.low[0, 7:, 0], estimates.high[0, 7:, 0]
    assert row.value == pytest.approx(((low <= mean) & (mean <= high)).mean())
    assert (row.analysis, row.measure, row.n_failed) == ("mean", "bias_eliminated_coverage", 7)


def test_rows_of_one_analysis_stand_side_by_side() -> None:
    def a_measure(analysis: str, contrast: str, measure: str) -> Measure:
        return Measure(analysis, contrast, measure, 0.0, 0.0, 0.0, 0.0, 1, 0)

    rows = [
        a_measure("one", "x", "power"), a_measure("two", "x", "power"), a_measure("trial", "", "enrolled"),
        a_measure("trial", "x", "enrolled"), a_measure("one", "x", "truth"), a_measure("two", "y", "truth"),
    ]  # fmt: skip
    told = [(row.analysis, row.contrast, row.measure) for row in side_by_side(rows, last="trial")]
    assert told == [
        ("one", "x", "power"), ("one", "x", "truth"), ("two", "x", "power"), ("two", "y", "truth"),
        ("trial", "", "enrolled"), ("trial", "x", "enrolled"),
    ]  # fmt: skip


def test_figures_take_bias_in_standard_errors() -> None:
    study = studies.prepare(load(SCENARIOS / "lessons" / "textbook-t-test.yaml"))
    result = studies.evaluate(study, replicates=300, truth=find_truth(study, replicates=100))
    (row,) = bias_frame(result).to_dict("records")
    bias, spread = (result.value(name, analysis="main").value for name in ("bias", "empirical_se"))
    assert row["bias"] == bias / spread
    assert row["coverage"] == result.value("coverage", analysis="main").value
    assert row["level"] == 0.95
    assert set(estimate_frame(result)["truth"]) == {result.value("truth", analysis="main").value}
    blind = studies.evaluate(study, replicates=100)
    assert bias_frame(blind).empty
    assert estimate_frame(blind)["truth"].isna().all()


def test_the_third_twin_is_followed_where_there_is_a_clock() -> None:
    study = studies.prepare(load(SCENARIOS / "nicu-parent-massage.yaml"))
    rates = rejection_frame(studies.evaluate(study, replicates=100))
    assert set(rates["twin"]) == {"declared", "null", "no change"}


@pytest.mark.parametrize(("lost", "failed", "kept"), [(26, 0, False), (25, 0, True), (26, 1, False), (400, 400, False)])
def test_no_bias_is_given_where_many_trials_have_no_estimate(lost: int, failed: int, kept: bool) -> None:
    """A ratio of shares has none where an arm has no events, a trial that failed has none at all; 5 % of 500 trials are 25."""

    def row(name: str, n_failed: int) -> Measure:
        return Measure("mean", "b - a", name, 1.0, 0.0, 0.0, 0.0, R, n_failed)

    told = [row("power", failed), row("mean_estimate", lost), row("bias", lost), row("coverage", failed)]
    found = {one.measure for one in without_selected(told)}
    assert found == {"power", "mean_estimate", "coverage"} | ({"bias"} if kept else set())
