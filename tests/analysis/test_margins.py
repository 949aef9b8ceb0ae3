"""Noninferiority and equivalence: p-values of another program, printed powers, and a type I error where the margin is true."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind

from trialsim import study as studies
from trialsim.analysis.endpoints import endpoint_values
from trialsim.analysis.estimates import Estimates
from trialsim.analysis.planning.margins import margin_twins
from trialsim.cautions import cautions_of
from trialsim.errors import AnalysisError, ScenarioError
from trialsim.evaluate.verdict import TYPE_1
from trialsim.margins import _solved
from trialsim.scenario import load
from trialsim.scenario.change import change
from trialsim.sizing.closed_form import second_opinion
from trialsim.truth import find_truth

FILE = Path(__file__).parents[1] / "kinds" / "margins.yaml"
REPLICATES = 4000
Z = 6.0


@cache
def study() -> studies.Study:
    return studies.prepare(load(FILE))


@cache
def played() -> Estimates:
    return studies.play(study(), range(REPLICATES)).estimates


def row_of(name: str) -> int:
    return next(i for i, row in enumerate(study().analysis.rows) if row.analysis == name)


def arms_of(name: str, replicate: int) -> tuple[np.ndarray, np.ndarray]:
    call = study().analysis.call_of(row_of(name))
    data = studies.trial_arrays(studies.simulate(study(), range(replicate, replicate + 1)))
    y = endpoint_values(data.values[:1], call.endpoint)[0]
    a, b = (y[data.arm[0] == arm] for arm in call.main.arms)
    return a[np.isfinite(a)], b[np.isfinite(b)]


@pytest.mark.parametrize("replicate", range(3))
def test_p_is_that_of_another_program(replicate: int) -> None:
    """One-sided t-tests of moved data by scipy, two one-sided tests by statsmodels; intervals are two-sided."""
    p, low = played().p[0, replicate], played().low[0, replicate]
    a, b = arms_of("noninferior", replicate)
    assert p[row_of("noninferior")] == pytest.approx(
        stats.ttest_ind(a + 0.8, b, alternative="greater").pvalue, rel=1e-9
    )
    welch = stats.ttest_ind(a - 0.8, b, equal_var=False, alternative="less").pvalue
    assert p[row_of("noninferior welch")] == pytest.approx(welch, rel=1e-9)
    assert p[row_of("equivalent")] == pytest.approx(ttost_ind(a, b, -0.8, 0.8, usevar="pooled")[0], rel=1e-9)
    assert p[row_of("equivalent")] != pytest.approx(ttost_ind(a, b, -0.7, 0.7, usevar="pooled")[0], rel=1e-3)  # planted
    two_sided = stats.ttest_ind(a, b).confidence_interval(0.95)
    assert low[row_of("noninferior")] == pytest.approx(two_sided.low, rel=1e-9)
    assert low[row_of("equivalent")] == pytest.approx(stats.ttest_ind(a, b).confidence_interval(0.9).low, rel=1e-9)
    a, b = arms_of("ratio", replicate)
    judge = stats.ttest_ind(a - math.log(0.8), b, alternative="greater").pvalue
    assert p[row_of("ratio")] == pytest.approx(judge, rel=1e-9)


def test_the_effect_is_the_margin_in_its_twin() -> None:
    """The truth of each row in its twin, in other trials than those the shift was found in."""
    plan, truth = study(), find_truth(study(), replicates=300, seed=77, workers=1)
    for row, one in enumerate(plan.analysis.rows):
        for margin, twin in zip(one.margins, margin_twins(one.analysis, one.margins), strict=True):
            t = plan.twins.index(twin)
            value, mcse = truth.value[t, row], truth.mcse[t, row]
            assert abs(value - margin) <= Z * float(np.hypot(mcse, mcse)) + 1e-9, one.analysis
            other = truth.value[plan.twins.index("null"), row]
            assert abs(other - margin) > 0.1  # planted: the null twin is not at the margin


def test_the_shift_of_a_normal_outcome_is_its_margin() -> None:
    plan = study()
    shift = {one.name: one.shift for one in plan.response.margins}["at margin: noninferior"]
    d, a = plan.response.point_index("value", "post"), plan.analysis.arms.index("a")
    assert shift[d, a] == pytest.approx(-0.8, abs=1e-9)
    assert np.count_nonzero(shift) == 1
    ratio = {one.name: one.shift for one in plan.response.margins}["at margin: ratio"]
    assert ratio[plan.response.point_index("positive", "post"), a] == pytest.approx(math.log(0.8), abs=1e-9)


def test_tests_keep_their_level_at_the_margin_and_reach_the_power_of_the_formula() -> None:
    estimates, plan, judged = played(), study(), 0
    for row, one in enumerate(plan.analysis.rows):
        error = Z * math.sqrt(one.alpha * (1 - one.alpha) / REPLICATES)
        for twin in margin_twins(one.analysis, one.margins):
            rate = estimates.rejected[estimates.twins.index(twin), :, row].mean()
            assert rate <= one.alpha + error, one.analysis
            if len(one.margins) == 1:
                assert rate >= one.alpha - error, one.analysis
        opinion = second_opinion(plan, one)
        if opinion is not None:
            judged += 1
            power = float(estimates.rejected[0, :, row].mean())
            assert abs(power - opinion.power) <= Z * math.sqrt(power * (1 - power) / REPLICATES) + 0.01, one.analysis
    assert judged == len(plan.analysis.rows)  # every one of them has a formula
    printed = {"equivalent": 0.84354, "equivalent at 5": 0.72284}
    for name, power in printed.items():
        opinion = second_opinion(plan, plan.analysis.rows[row_of(name)])
        assert opinion is not None
        assert opinion.power == pytest.approx(power, abs=1e-5)


def test_the_verdict_is_that_of_the_worse_margin() -> None:
    result = studies.evaluate(study(), replicates=1000, workers=1)
    known = {(one.analysis, one.measure): one.value for one in result.measures}
    sides = [known["equivalent", f"rejection_at_{side}_margin"] for side in ("lower", "upper")]
    assert known["equivalent", TYPE_1] == max(sides)
    assert known["noninferior", TYPE_1] == known["noninferior", "rejection_at_margin"]
    assert known["noninferior", "rejection_null_twin"] > 0.5  # the power at no difference is no error
    ruled = {one.analysis: one for one in result.verdicts}
    assert ruled["noninferior"].alpha == 0.025
    assert not any(one.too_often for one in result.verdicts)


@pytest.mark.parametrize(
    ("analysis", "changes", "words"),
    [
        ("noninferior", {"margin": 0}, "other than 0"),
        ("noninferior", {"margin": [1, 2]}, "both sides of no effect"),
        ("noninferior", {"margin": [-1, 0.5, 1]}, "a margin is a difference"),
        ("noninferior", {"margin": "-0.8 nmol/L"}, "nmol/L"),
        ("noninferior", {"alternative": "less"}, "the side of the margin says the direction"),
        ("noninferior", {"test": "mann-whitney"}, "cannot test a margin"),
        ("noninferior", {"estimand": {"strategy": "hypothetical"}}, "judged for everyone"),
        ("ratio", {"margin": -0.2}, "a ratio above 0"),
        ("ratio", {"margin": 1}, "other than 1"),
        ("ratio", {"margin": "-10 %"}, "the margin of a ratio is a ratio, not -10 %"),
    ],
)
def test_a_margin_that_does_not_fit_is_refused(analysis: str, changes: dict[str, object], words: str) -> None:
    scenario = study().scenario
    written = {**scenario.written.at(("analyses", analysis)), **changes}
    with pytest.raises(ScenarioError, match=words):
        change(scenario, {f"analyses.{analysis}": written})


def test_a_margin_out_of_reach_is_refused_with_its_name() -> None:
    """A mean of scores from 0 to 4 is never 5 higher."""
    scenario = study().scenario
    written = {**scenario.written.at(("analyses", "scores")), "margin": 5}
    with pytest.raises(AnalysisError, match="'scores' an effect of its margin"):
        studies.prepare(change(scenario, {"analyses.scores": written}))


def test_a_search_ends_where_the_effect_crosses() -> None:
    assert _solved(lambda x: x**3, 8.0, "x") == pytest.approx(2.0, abs=1e-8)
    assert _solved(lambda x: 0.5 + math.floor(10 * x) / 10, 0.25, "x") == pytest.approx(-0.2, abs=0.1)
    assert _solved(lambda x: x - 1, -1.0, "x") == 0.0


@pytest.mark.parametrize(
    ("changes", "far"),
    [
        ({"analyses.fear_means": {"outcome": "fear", "visit": "during", "test": "t", "margin": 5}}, True),
        ({"analyses.fear_means": {"outcome": "fear", "visit": "during", "test": "t", "margin": 0.5}}, False),
        ({"analyses.fear_means": {"outcome": "fear", "visit": "during", "test": "risk-difference",
                                  "dichotomize": {"at_least": 3}, "margin": "-60 %"}}, True),
        ({"analyses.fear_means": {"outcome": "fear", "visit": "during", "test": "risk-difference",
                                  "dichotomize": {"at_least": 3}, "margin": "-20 %"}}, False),
    ],
)  # fmt: skip
def test_a_margin_beyond_the_scale_is_a_warning_before_a_run_stops(changes: dict[str, object], far: bool) -> None:
    shipped = Path(__file__).parents[2] / "scenarios" / "picu-sequential.yaml"
    found = cautions_of(change(load(shipped), {"design.looks": None, **changes}))
    assert found is not None
    assert any("beyond what the scale allows" in text for text in found) == far
