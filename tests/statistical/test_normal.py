"""Every analysis on normal outcomes: no bias, coverage of 95 % and type I error of 5 %, within Monte Carlo error.

A check allows 5 Monte Carlo standard errors, a false alarm of 6e-7; there are about 70 checks (tests/budget.py). With 20,000
trials the smallest faults that must be seen are a coverage of 94.2 % or 95.8 %, a type I error of 4.2 % or 5.8 %, and a
bias of 3.5 % of the standard deviation of the estimate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from trialsim import study as studies
from trialsim.analysis import effects
from trialsim.truth import find_truth, plays, strategies

Z = 5.0
TRIALS = 20_000

THREE_ARMS = """
trialsim: 1
name: every-test
title: Every test on normal outcomes
design:
  arms: {control: usual care, low: half a dose, high: a full dose}
  enroll: {each arm: 50}
visits: {pre: 0 d, post: 7 d}
outcomes:
  score:
    distribution: normal
    visits: [pre, post]
    level: {mean: 10, sd: 2}
    correlation: {between_sessions: 0.6}
    effects: {low: {difference: -0.5, visits: [post]}, high: {difference: -1, visits: [post]}}
analyses:
  t: {outcome: score, visit: post, test: t, contrast: high - control}
  welch: {outcome: score, visit: post, test: welch, contrast: high - control}
  change: {outcome: score, change: {from: pre, to: post}, test: t, contrast: high - control}
  mann_whitney: {outcome: score, visit: post, test: mann-whitney, contrast: high - control}
  anova: {outcome: score, visit: post, test: anova, then: {pairs: t, adjust: none, gate: false}}
  welch_anova: {outcome: score, visit: post, test: welch-anova, then: {pairs: welch, adjust: none, gate: false}}
  kruskal: {outcome: score, visit: post, test: kruskal-wallis, then: {pairs: mann-whitney, adjust: none, gate: false}}
  ancova: {outcome: score, visit: post, test: ancova, baseline: pre, then: {pairs: t, adjust: none, gate: false}}
  chi_square_3: {outcome: score, visit: post, test: chi-square, dichotomize: {at_most: 9}}
  chi_square: {outcome: score, visit: post, test: chi-square, dichotomize: {at_most: 9}, contrast: high - control}
  fisher: {outcome: score, visit: post, test: fisher, dichotomize: {at_most: 9}, contrast: high - control}
primary: t
"""

ONE_ARM = """
trialsim: 1
name: every-test-of-one-arm
title: Every test of one arm on normal outcomes
design:
  arms: {treated: treatment}
  enroll: 40
visits: {pre: 0 d, post: 7 d}
outcomes:
  score:
    distribution: normal
    visits: [pre, post]
    by_visit: {pre: {mean: 10, sd: 2}, post: {mean: LEVEL, sd: 2}}
    correlation: {between_sessions: 0.6}
analyses:
  one_sample: {outcome: score, visit: post, test: one-sample-t, null: 10}
  paired: {outcome: score, change: {from: pre, to: post}, test: paired-t}
  wilcoxon: {outcome: score, change: {from: pre, to: post}, test: wilcoxon}
primary: paired
"""

#: Yes-or-no tests of two arms keep their level by the exact distribution and so stay below it.
CONSERVATIVE = ("chi_square", "fisher")


@pytest.fixture(scope="module")
def three(played: Callable[..., Any]) -> Any:
    return played(THREE_ARMS, replicates=TRIALS)


@pytest.fixture(scope="module")
def moved(played: Callable[..., Any]) -> Any:
    return played(ONE_ARM.replace("LEVEL", "9.4"), replicates=TRIALS)


@pytest.fixture(scope="module")
def still(played: Callable[..., Any]) -> Any:
    return played(ONE_ARM.replace("LEVEL", "10"), replicates=TRIALS)


def near(value: float, exact: float, mcse: float) -> bool:
    return abs(value - exact) <= Z * mcse + 1e-9


def share_error(share: float) -> float:
    return math.sqrt(share * (1 - share) / TRIALS)


def test_truth_is_the_declared_effect(three: Any, moved: Any) -> None:
    cut = stats.norm.cdf
    exact = {
        ("t", "high - control"): -1.0,
        ("welch", "high - control"): -1.0,
        ("change", "high - control"): -1.0,
        ("mann_whitney", "high - control"): cut(-1 / math.sqrt(8)),
        ("anova", "low - control"): -0.5,
        ("anova", "high - control"): -1.0,
        ("welch_anova", "low - control"): -0.5,
        ("kruskal", "low - control"): cut(-0.5 / math.sqrt(8)),
        ("kruskal", "high - control"): cut(-1 / math.sqrt(8)),
        ("ancova", "low - control"): -0.5,
        ("ancova", "high - control"): -1.0,
        ("chi_square", "high - control"): cut(0.0) - cut(-0.5),
        ("fisher", "high - control"): cut(0.0) - cut(-0.5),
    }
    for (analysis, contrast), value in exact.items():
        found = three(analysis, "truth", contrast)
        assert near(found.value, value, found.mcse), (analysis, contrast)
        nothing = 0.5 if analysis in ("mann_whitney", "kruskal") else 0.0
        assert three(analysis, "truth_null_twin", contrast).value == nothing
    for analysis, value in (("one_sample", 9.4), ("paired", -0.6), ("wilcoxon", -0.6)):
        found = moved(analysis, "truth")
        assert near(found.value, value, found.mcse), analysis


def test_nothing_is_biased(three: Any, moved: Any) -> None:
    biases = [*three.every("bias"), *moved.every("bias")]
    assert len(biases) == 21
    for row in biases:
        assert abs(row.value) <= Z * row.mcse, row
    for row in three.every("rmse"):
        spread = three(row.analysis, "empirical_se", row.contrast)
        assert row.value == pytest.approx(spread.value, rel=1e-3)


def test_coverage_is_95_percent(three: Any, moved: Any) -> None:
    for row in [*three.every("coverage"), *moved.every("coverage")]:
        assert near(row.value, 0.95, share_error(0.95)), row
    for row in [*three.every("bias_eliminated_coverage"), *moved.every("bias_eliminated_coverage")]:
        assert near(row.value, 0.95, share_error(0.95) * math.sqrt(TRIALS / row.n_replicates)), row


def test_type_1_error_is_5_percent(three: Any, still: Any) -> None:
    every = [*three.every("type_1_error"), *still.every("type_1_error")]
    rows = [row for row in every if row.contrast not in ("any pair", "all pairs")]
    assert {row.analysis for row in rows} == {*three.study.scenario.analyses, *still.study.scenario.analyses}
    for row in rows:
        if row.analysis not in CONSERVATIVE:
            assert near(row.value, 0.05, share_error(0.05)), row


@pytest.mark.parametrize(("analysis", "corrected"), [("fisher", False), ("chi_square", True)])
def test_tests_on_yes_or_no_have_their_exact_size(analysis: str, corrected: bool, three: Any) -> None:
    """The size by summing over all tables of 50 and 50, p-values by scipy."""
    n, share = 50, stats.norm.cdf(-0.5)
    weight = stats.binom.pmf(np.arange(n + 1), n, share)
    size = 0.0
    for a in range(n + 1):
        for b in range(a + 1):
            chance = weight[a] * weight[b] * (1 if a == b else 2)
            if chance > 1e-9:
                table = [[a, n - a], [b, n - b]]
                told = stats.chi2_contingency(table, correction=True) if corrected else stats.fisher_exact(table)
                size += chance * (told.pvalue <= 0.05)
    assert size < 0.05
    assert near(three(analysis, "type_1_error").value, size, share_error(size))


def test_errors_of_sign_and_size_follow_the_normal_distribution(three: Any) -> None:
    """Against Gelman and Carlin's own integrals for an estimate with this truth and standard error."""
    effect, se, df = 1.0, 2 * math.sqrt(2 / 50), 98
    draws = np.random.default_rng(1).normal(effect, se, 400_000)
    widths = se * np.sqrt(np.random.default_rng(2).chisquare(df, 400_000) / df)
    found = np.abs(draws) > stats.t.ppf(0.975, df) * widths
    exaggeration = three("t", "type_m_error", "high - control")
    assert near(exaggeration.value, float(np.abs(draws[found]).mean()), 1.1 * exaggeration.mcse)
    assert three("t", "type_s_error", "high - control").value < 1e-3
    low = three("anova", "type_s_error", "low - control")
    assert 0.0 < low.value < 0.01


def test_no_name_is_given_where_something_is_to_be_found(moved: Any) -> None:
    """A level that moves between visits stays in the null twin: its rejections are no type I errors."""
    for analysis in ("one_sample", "paired", "wilcoxon"):
        assert "type_1_error" not in moved.measures_of(analysis)
        assert "truth_null_twin" in moved.measures_of(analysis)


# ---------------------------------------------------------------- planted faults


def test_a_truth_from_the_wrong_arm_is_seen(three: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategies, "play", lambda chance, arm: plays.play(chance, 1 if arm == 2 else arm))
    wrong = find_truth(three.study, replicates=500)
    judged = studies.evaluate(three.study, replicates=2000, truth=wrong)
    bias = judged.value("bias", analysis="t")
    assert bias.value == pytest.approx(-0.5, abs=0.05)
    assert abs(bias.value) > Z * bias.mcse
    coverage = judged.value("coverage", analysis="t")
    assert not near(coverage.value, 0.95, coverage.mcse)


def test_comparing_people_with_themselves_is_seen() -> None:
    """With oneself included, P(X > Y) of 150 people would be off by ten times its error."""
    rng = np.random.default_rng(3)
    control = rng.normal(size=(2000, 150))
    treated = control - 0.5
    with_oneself = _all_pairs(treated, control)
    without = effects.superiority(treated, control)
    exact = stats.norm.cdf(-0.5 / math.sqrt(2))
    assert near(without.mean(), exact, without.std() / math.sqrt(2000))
    assert not near(with_oneself.mean(), exact, with_oneself.std() / math.sqrt(2000))


def _all_pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    ordered = np.sort(b, axis=1)
    return (
        np.array([np.searchsorted(row, x, side="left").mean() for row, x in zip(ordered, a, strict=True)]) / b.shape[1]
    )


def test_intervals_too_narrow_are_seen(three: Any) -> None:
    kept = three.result.kept
    row = next(i for i, one in enumerate(kept.rows) if one.analysis == "t")
    middle, half = 0.5 * (kept.low + kept.high)[:, row], 0.475 * (kept.high - kept.low)[:, row]
    covered = (middle - half <= -1.0) & (middle + half >= -1.0)
    assert not near(covered.mean(), 0.95, math.sqrt(0.95 * 0.05 / len(covered)))


def test_a_truth_with_error_blurs_the_bias(three: Any) -> None:
    """The error of the truth enters that of the bias, as if the two came from different draws."""
    blurred = replace(three.truth, mcse=np.where(np.isfinite(three.truth.value), 0.03, np.nan))
    sharp = studies.evaluate(three.study, replicates=400, truth=three.truth).value("bias", analysis="t")
    told = studies.evaluate(three.study, replicates=400, truth=blurred).value("bias", analysis="t")
    assert told.mcse == pytest.approx(math.hypot(sharp.mcse, 0.03))
