"""Rejections when nothing is to be found: always shown, named by the truth there, judged by their interval."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from trialsim import study as studies
from trialsim.analysis.plan import AnalysisPlan, AnalysisSet, Endpoint, PairwisePlan, PlannedAnalysis, RowPlan, RowTest
from trialsim.evaluate.table import Measure, share_interval
from trialsim.evaluate.truth import Truth
from trialsim.evaluate.verdict import TYPE_1, WITHOUT_EFFECTS, Verdict, judge, level_rows, verdicts
from trialsim.scenario import load
from trialsim.truth import find_truth

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TWINS = ("declared", "null", "no change")


def exact_wilson(k: int, n: int, z: float) -> tuple[float, float]:
    """The shares p that a score test with quantile z does not refuse: the roots of (k/n - p)^2 = z^2 p (1 - p) / n."""
    share = k / n
    roots = np.roots([1 + z**2 / n, -(2 * share + z**2 / n), share**2])
    return float(min(roots)), float(max(roots))


@pytest.mark.parametrize("alpha", [0.05, 0.025, 0.1])
@pytest.mark.parametrize("n", [50, 200, 2000, 10_000, 60_000])
def test_the_ruling_is_that_of_the_interval_and_more_replicates_are_just_enough(n: int, alpha: float) -> None:
    z = float(stats.norm.ppf(1 - 0.003 / 2))
    limit = 1.2 * alpha
    for k in {round(share * n) for share in (0.0, 0.3 * alpha, 0.8 * alpha, alpha, 1.1 * alpha, 1.4 * alpha, 0.5)}:
        low, high = exact_wilson(k, n, z)
        ruling, more = judge(k / n, k / n, n, alpha)
        assert ruling == ("keeps" if high <= limit else "too often" if low > limit else "open"), k
        if more is not None:
            for size, decided in ((n + more, True), (n + 0.9 * more - 2, False)):
                low, high = (np.nan, np.nan) if size <= 0 else exact_wilson(k / n * size, size, z)  # type: ignore[arg-type]
                assert (high <= limit or low > limit) == decided, (k, size)


def test_where_many_trials_failed_both_bounds_must_agree() -> None:
    assert judge(0.30, 0.45, 1000, 0.05)[0] == "too often"
    assert judge(0.01, 0.03, 1000, 0.05)[0] == "keeps"
    assert judge(0.03, 0.30, 10_000_000, 0.05) == ("open", None), "no number of replicates tells what failures hide"


def test_a_rate_at_the_limit_is_never_told_apart() -> None:
    assert judge(0.06, 0.06, 10_000, 0.05) == ("open", None)
    assert Verdict("a", "b", TYPE_1, "null", 0.05, 0.06, "open", None).words == "undecided"


def test_the_words() -> None:
    def words(*rest: object) -> str:
        return Verdict("a", "b", TYPE_1, "null", 0.05, *rest).words  # type: ignore[arg-type]

    assert words(0.03, "keeps") == "keeps its level"
    assert words(0.83, "too often") == "rejects too often (17 times)"
    assert words(0.11, "too often") == "rejects too often (2.2 times)"
    assert words(0.05, "open", 3000) == "undecided; about 3,000 more replicates should decide"


# ---------------------------------------------------------------- the name


def plan_of(*rows: RowPlan, alternative: str = "two-sided") -> AnalysisPlan:
    calls = tuple(
        PlannedAnalysis(
            row.analysis,
            row.test,
            Endpoint(0),
            AnalysisSet(),
            (RowTest(row.test, "two", (1, 0)),),
            0.0,
            alternative,
            0.05,
            i,
        )  # type: ignore[arg-type]
        for i, row in enumerate(rows)
    )
    return AnalysisPlan(calls=calls, rows=rows, primary=(0,), arms=("a", "b"))


def truth_of(value: float, mcse: float) -> Truth:
    shape = (3, 1)
    return Truth(range(200), TWINS, np.full(shape, value), np.full(shape, mcse), np.full(1, np.nan), np.full(1, np.nan))


def named(plan: AnalysisPlan, truth: Truth | None, *, spread: float = 1.0, twins: tuple[str, ...] = TWINS) -> list[str]:
    row = plan.rows[0]
    rates = {"rejection_null_twin": 0.07, "rejection_no_change_twin": 0.04, "empirical_se": spread}
    table = [Measure(row.analysis, row.contrast, name, value, 0.01, 0, 1, 500, 0) for name, value in rates.items()]
    found = level_rows(plan, twins, truth, table)
    assert [one.value for one in found] == [0.04 if "no change" in twins else 0.07]
    return [one.measure for one in found]


@pytest.mark.parametrize(
    ("value", "mcse", "alternative", "name"),
    [
        (0.0, 0.0, "two-sided", TYPE_1),
        (0.099, 0.0, "two-sided", TYPE_1),
        (-0.101, 0.0, "two-sided", WITHOUT_EFFECTS),
        (0.051, 0.0, "greater", WITHOUT_EFFECTS),
        (-0.049, 0.0, "less", TYPE_1),
        (0.2, 0.07, "two-sided", TYPE_1),  # few replicates: not told apart from none
        (0.2, 0.05, "two-sided", WITHOUT_EFFECTS),
        (math.nan, math.nan, "two-sided", WITHOUT_EFFECTS),
    ],
)
def test_the_name_goes_by_the_truth_in_standard_errors(value: float, mcse: float, alternative: str, name: str) -> None:
    plan = plan_of(RowPlan("main", "b - a", "t", "mean difference", 3.0, 0.05, ""), alternative=alternative)
    assert named(plan, truth_of(3.0 + value, mcse)) == [name]
    assert named(plan, truth_of(3.0 + 10 * value, 10 * mcse), spread=10.0) == [name], "the unit changes nothing"


def test_without_a_truth_by_definition_it_is_a_type_1_error_and_without_one_looked_for_it_is_not() -> None:
    none = plan_of(RowPlan("subset", "post - pre", "t", "none", math.nan, 0.05, ""))
    one = plan_of(RowPlan("main", "post - pre", "t", "mean difference", 0.0, 0.05, ""))
    assert named(none, None) == [TYPE_1]
    assert named(one, None) == [WITHOUT_EFFECTS]
    assert named(one, truth_of(0.0, 0.0), twins=("declared", "null")) == [TYPE_1]


def test_a_family_has_a_type_1_error_where_each_of_its_rows_has() -> None:
    rows = (
        RowPlan("one", "all arms", "anova", "none", math.nan, 0.05, ""),
        RowPlan("one", "b - a", "t", "mean difference", 0.0, 0.05, "", main=False),
        RowPlan("one", "c - a", "t", "mean difference", 0.0, 0.05, "", main=False),
    )
    pairs = PairwisePlan("t", ((1, 0), (2, 0)), "holm", True)
    questions = (
        RowTest("anova", "all", (0, 1, 2)),
        *(RowTest("residual-t", "two", pair, main=False) for pair in pairs.arms),
    )
    call = PlannedAnalysis(
        "one", "anova", Endpoint(0), AnalysisSet(), questions, 0.0, "two-sided", 0.05, 0, pairs=pairs
    )
    plan = AnalysisPlan(calls=(call,), rows=rows, primary=(0,), arms=("a", "b", "c"))
    places = ("all arms", "b - a", "c - a", "any pair", "all pairs")
    table = [Measure("one", where, "rejection_null_twin", 0.05, 0.01, 0, 1, 500, 0) for where in places]
    for away, name in ((0.0, TYPE_1), (5.0, WITHOUT_EFFECTS)):
        value = np.array([[np.nan, 0.0, away]] * 2)
        truth = Truth(range(9), ("declared", "null"), value, np.zeros((2, 3)), np.full(3, np.nan), np.full(3, np.nan))
        found = {one.contrast: one.measure for one in level_rows(plan, ("declared", "null"), truth, table)}
        assert [found[where] for where in places] == [TYPE_1, TYPE_1, name, name, name]


# ---------------------------------------------------------------- whole studies


@pytest.mark.parametrize(
    ("name", "replicates"),
    [("picu-blood-draw", 20), ("picu-blood-draw", 250), ("nicu-parent-massage", 200), ("lessons/massage-course", 50)],
)
def test_every_analysis_has_a_rate_and_a_verdict_at_any_number_of_replicates(name: str, replicates: int) -> None:
    """In the PICU study waiting moves P(X > Y) to .5009: told apart from .5, and of no weight. The rate once vanished."""
    study = studies.prepare(load(SCENARIOS / f"{name}.yaml"))
    truth = find_truth(study, replicates=min(replicates, 250))
    made = studies.evaluate(study, replicates=replicates, truth=truth)
    judged = {(one.analysis, one.contrast): one for one in made.verdicts}
    assert set(judged) == {(one.analysis, one.contrast) for one in made.measures if one.measure.startswith("power")}
    twin = "rejection_no_change_twin" if "no change" in study.twins else "rejection_null_twin"
    table = {(one.analysis, one.contrast, one.measure): one for one in made.measures}
    for place, one in judged.items():
        rate = table.get((*place, twin)) or table[*place, f"{twin}_low"]
        assert one.rate == rate.value
        assert one.alpha == max(row.alpha for row in made.kept.rows if one.analysis in (row.analysis, "primary"))
    if name == "picu-blood-draw":
        assert {one.measure for one in judged.values()} == {TYPE_1}
    if name == "nicu-parent-massage":
        assert judged["those_who_fell", "post - pre"].too_often


def test_without_looking_for_the_truth_there_still_is_a_verdict() -> None:
    made = studies.evaluate(load(SCENARIOS / "lessons/textbook-t-test.yaml"), replicates=100)
    assert [(one.measure, one.analysis) for one in made.verdicts] == [(WITHOUT_EFFECTS, "main")]
    assert verdicts(made.kept.rows, made.primary, made.kept.twins, made.measures) == made.verdicts


# ---------------------------------------------------------------- none and all


@pytest.mark.parametrize("n", [1, 10, 200, 2000])
def test_none_and_all_have_the_bounds_of_clopper_and_pearson(n: int) -> None:
    for k in (0, n):
        exact = stats.binomtest(k, n).proportion_ci(0.95, method="exact")
        assert share_interval(k, n) == pytest.approx((exact.low, exact.high), rel=1e-12)


def test_shares_of_none_and_all_have_bounds_in_the_table() -> None:
    made = studies.evaluate(load(SCENARIOS / "picu-blood-draw.yaml"), replicates=100)
    reached = made.value("target_reached_in_time", analysis="trial")
    assert (reached.value, reached.conf_high) == (1.0, 1.0)
    assert reached.conf_low == pytest.approx(0.025 ** (1 / 100))
    free = studies.evaluate(load(SCENARIOS / "lessons/textbook-t-test.yaml"), replicates=100)
    missing = free.value("missing_share", analysis="trial")
    assert (missing.value, missing.conf_low) == (0.0, 0.0)
    assert missing.conf_high == pytest.approx(1 - 0.025 ** (1 / 100)), "one trial in 27 might miss something yet"
