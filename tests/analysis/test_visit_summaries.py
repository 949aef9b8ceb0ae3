"""One number of several visits: printed areas, slow forms with missing visits, and the whole way from a scenario to its truth."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.analysis.visit_summaries import SUMMARIES, summarize, weights
from trialsim.errors import ScenarioError
from trialsim.kinds.designs import VISIT_SUMMARIES
from trialsim.scenario import load
from trialsim.scenario.change import change
from trialsim.sizing.closed_form import second_opinion
from trialsim.truth import find_truth

STUDY = Path(__file__).parents[1] / "kinds" / "over-visits.yaml"
REPLICATES = 2000
Z = 6.0


def slow(by: str, values: list[float], times: list[float], *, available: bool) -> float:
    """As the formulas read, visit by visit; NaN where there is no number."""
    there = [(v, t) for v, t in zip(values, times, strict=True) if not math.isnan(v)]
    timed = by in ("slope", "auc-ground", "auc-increase")
    if (not available and len(there) < len(values)) or len(there) < (2 if timed else 1):
        return math.nan
    y, t = [v for v, _ in there], [at for _, at in there]
    n = len(y)
    if by == "slope":
        top = n * sum(a * b for a, b in zip(y, t, strict=True)) - sum(y) * sum(t)
        return top / (n * sum(at * at for at in t) - sum(t) ** 2)
    ground = sum((t[i + 1] - t[i]) * (y[i + 1] + y[i]) / 2 for i in range(n - 1))
    simple = {
        "mean": sum(y) / n, "max": max(y), "min": min(y), "last": y[-1], "count": sum(y), "any": max(y),
        "auc-ground": ground, "auc-increase": ground - y[0] * (t[-1] - t[0]),
    }  # fmt: skip
    return simple[by]


@pytest.mark.parametrize("summary", VISIT_SUMMARIES, ids=lambda one: one.name)
def test_as_the_formula_reads(summary: object) -> None:
    rng = np.random.default_rng(3)
    times = np.array([0.0, 0.5, 2.0, 2.25, 6.0])
    values = rng.normal(5, 2, (300, 5)) if not summary.yes_or_no else rng.integers(0, 2, (300, 5)).astype(float)  # type: ignore[attr-defined]
    values[rng.random(values.shape) < 0.3] = np.nan
    for available in {False, summary.available}:  # type: ignore[attr-defined]
        found = summarize(values, times, by=summary.name, available=available, realized=False)  # type: ignore[attr-defined]
        wanted = [slow(summary.name, list(row), list(times), available=available) for row in values]  # type: ignore[attr-defined]
        np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-12)
        assert np.isfinite(found).sum() > 20


def test_printed_areas() -> None:
    """10, 14, 9, 8 at 0, 15, 45, 60 min: 652.5 from ground, 52.5 above the first value; realized, by the span of 60 min."""
    values, times = np.array([10.0, 14.0, 9.0, 8.0]), np.array([0.0, 15.0, 45.0, 60.0])
    assert summarize(values, times, by="auc-ground", available=False, realized=False) == 652.5
    assert summarize(values, times, by="auc-increase", available=False, realized=False) == 52.5
    assert summarize(values, times, by="auc-ground", available=False, realized=True) == 652.5 / 60
    assert SUMMARIES["auc-increase"](values, times) != SUMMARIES["auc-ground"](values, times)  # planted: the other area


def test_weights_are_those_of_weighted_sums_only() -> None:
    rng = np.random.default_rng(5)
    values, times = rng.normal(size=4), np.array([0.0, 1.0, 3.0, 4.0])
    for one in VISIT_SUMMARIES:
        if one.linear:
            assert float(weights(one.name, times) @ values) == pytest.approx(float(SUMMARIES[one.name](values, times)))
        else:
            with pytest.raises(ValueError, match="not a weighted sum"):
                weights(one.name, times)


@cache
def study() -> studies.Study:
    return studies.prepare(load(STUDY))


def test_truth_and_closed_form_of_every_summary() -> None:
    """Every estimate finds its truth, and every weighted sum its closed form, within six standard errors."""
    plan, rows = study(), study().analysis.rows
    estimates, truth = studies.play(plan, range(REPLICATES)).estimates, find_truth(plan, replicates=500, workers=1)
    formulas = 0
    for row, one in enumerate(rows):
        value, mcse = truth.declared(row)
        found = estimates.estimate[0, :, row]
        assert abs(found.mean() - value) <= Z * math.hypot(found.std() / math.sqrt(REPLICATES), mcse), one.title
        opinion = second_opinion(plan, one)
        call = plan.analysis.call_of(row)
        linear = call.endpoint.over is None or call.endpoint.over.by in ("mean", "slope", "auc-ground", "auc-increase")
        assert (opinion is not None) == (linear and one.analysis not in ("count", "any")), one.title
        if opinion is not None:
            formulas += 1
            power = float(estimates.rejected[0, :, row].mean())
            off = 0.06 if one.test == "wilcoxon" else 0.0
            assert abs(power - opinion.power) <= Z * math.sqrt(max(power * (1 - power), 1e-3) / REPLICATES) + off, (
                one.title
            )
    assert formulas >= 8


def test_one_arm_alone_is_the_arm_alone() -> None:
    """A paired t-test within an arm is that of scipy on this arm's participants."""
    from scipy import stats

    plan = study()
    data = studies.trial_arrays(studies.simulate(plan, range(5)))
    estimates = studies.play(plan, range(5)).estimates
    rows = {row.contrast: i for i, row in enumerate(plan.analysis.rows) if row.analysis == "within"}
    assert list(rows) == ["end - start in b", "end - start in a"]
    for contrast, row in rows.items():
        arm = plan.analysis.arms.index(contrast[-1])
        for r in range(5):
            one = data.values[0, r][data.arm[r] == arm]
            call = plan.analysis.call_of(row)
            judge = stats.ttest_rel(one[:, call.endpoint.visit], one[:, call.endpoint.start])
            assert estimates.p[0, r, row] == pytest.approx(judge.pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("analysis", "changes", "words"),
    [
        ("mean", {"over": {"visits": ["early", "end"], "by": "count"}}, "counts visits with yes"),
        ("slope", {"transform": "log"}, "can be negative and has no logarithm"),
        ("ground", {"over": {"visits": ["start", "end"], "by": "auc-ground", "available": True}}, "needs every visit"),
        ("ground", {"over": {"visits": ["end", "start"], "by": "auc-ground"}}, "the times do not rise"),
        ("ground", {"over": {"visits": ["start", "end"], "by": "auc-ground", "at": ["0 h"]}}, "2 visits and 1 times"),
        ("mean", {"over": {"visits": ["start", "end"], "by": "mean", "times": "realized"}}, "does not depend on times"),
        ("mean", {"over": {"visits": ["start"], "by": "mean"}}, "says nothing"),
        ("mean", {"over": {"visits": ["start", "never"], "by": "mean"}}, "never"),
        ("mean", {"visit": "end"}, "say one endpoint"),
        ("mean", {"within": "a"}, "compares arms"),
        ("within", {"within": ["a", "c"]}, "'c'"),
    ],
)
def test_what_does_not_fit_is_refused(analysis: str, changes: dict[str, object], words: str) -> None:
    scenario = study().scenario
    written = {**scenario.written.at(("analyses", analysis)), **changes}
    with pytest.raises(ScenarioError, match=words):
        change(scenario, {f"analyses.{analysis}": written})
