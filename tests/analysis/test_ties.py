"""Ties, zeros and adjusted means against R: numbers printed by tests/reference/r/ties.R, kept in ties.json.

360 signed rank tests with their limits, 240 rank sum and Kruskal-Wallis tests, 21 of Dunnett's tests after ANCOVA (multcomp).
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pytest

from trialsim.analysis import ordering
from trialsim.analysis.cross_moments import cross_moments
from trialsim.analysis.methods import linear, ranks
from trialsim.analysis.methods.dunnett import dunnett
from trialsim.analysis.methods.dunnett_adjusted import dunnett_adjusted
from trialsim.analysis.methods.wilcoxon import _pseudomedian, wilcoxon

R = json.loads((Path(__file__).parents[1] / "reference" / "r" / "ties.json").read_text(encoding="utf-8"))
SIDES = {"two.sided": "two-sided", "greater": "greater", "less": "less"}


def close(ours, theirs, atol):
    """Whether two numbers agree; null in the file is a limit that is not finite."""
    if theirs is None:
        return not np.isfinite(ours)
    return bool(abs(ours - theirs) <= atol)


def signed_rank(case):
    return wilcoxon(np.array([case["x"]], float), null=case["null"], alternative=SIDES[case["side"]])


def middle(case):
    """The two middle Walsh averages of the values but for the null."""
    left = [x for x in case["x"] if x != case["null"]]
    walsh = sorted(0.5 * (a + b) for a, b in combinations_with_replacement(left, 2))
    return walsh[(len(walsh) - 1) // 2], walsh[len(walsh) // 2]


def test_signed_rank_limits_with_ties_and_zeros():
    """R's limits to 1e-8 in every case in which R has some at the level asked for; its p-values in all.

    R's estimate is a root of a step function: where the middle of the Walsh averages is a gap, any number in it.
    """
    notes = Counter(case["note"] for case in R["signed"])
    assert sum(notes.values()) == 360
    assert notes[""] > 280
    for case in R["signed"]:
        ours, low, high = signed_rank(case), *middle(case)
        assert close(ours.statistic[0], case["w"], 0.0)
        assert close(ours.p[0], case["p"], 1e-12)
        assert ours.estimate[0] == 0.5 * (low + high)
        assert low - 1e-8 <= case["estimate"] <= high + 1e-8
        if case["note"] == "":
            assert close(ours.low[0], case["low"], 1e-8)
            assert close(ours.high[0], case["high"], 1e-8)
        elif case["note"] == "none":
            assert np.isnan(ours.low[0])
        elif case["side"] == "two-sided":  # a level that cannot be reached: ours are all shifts there are
            assert (ours.low[0], ours.high[0]) == (min(case["x"]), max(case["x"]))


def test_the_variance_of_the_test_gives_other_limits():
    """Planted fault: ties in distance from 0 in the variance of the limits, as of the test itself: 11 of 264 cases differ."""
    differs = 0
    for case in R["signed"]:
        x = np.array([case["x"]], float) - case["null"]
        x = x[x != 0.0][None, :]
        n = np.array([x.size])
        sums = ordering.order(np.abs(x), np.zeros(x.shape, np.int8), arms=1).rank_sums([[0]])
        sd = np.sqrt(n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - sums.ties / 48.0)
        _, low, high = _pseudomedian(
            x + case["null"], n, np.zeros(1, bool), sd, alternative=SIDES[case["side"]], level=0.95
        )
        if case["note"] == "" and sums.ties[0] > 0:
            differs += not (close(low[0], case["low"], 1e-8) and close(high[0], case["high"], 1e-8))
    assert differs > 10


def test_rank_sum_and_kruskal_wallis_with_ties():
    ties = 0
    for case in R["summed"]:
        x, arm = np.array([case["x"]], float), np.array([case["g"]], np.int8)
        ordered = ordering.order(x, arm, arms=3)
        ours = ranks.mann_whitney(ordered, a=1, b=0, alternative=SIDES[case["side"]])
        assert close(ours.statistic[0], case["w"], 0.0)
        pair = x[0][arm[0] < 2]
        tied = len(set(pair)) < pair.size
        ties += tied
        if len(set(pair)) == 1:
            assert ours.p[0] == 1.0  # R: NaN
        elif tied or min(np.bincount(arm[0])[:2]) <= ranks.EXACT_MANN_WHITNEY:
            assert close(ours.p[0], case["p"], 1e-10)
        else:  # without ties R is exact up to 49 in each arm, trialsim and scipy to 8 in the smaller
            assert close(ours.p[0], case["p"], 0.01)
        whole = ranks.kruskal(ordered)
        assert close(whole.statistic[0], case["h"], 1e-10)
        assert close(whole.p[0], case["kruskal"], 1e-12)
    assert ties > 150


def adjusted(case):
    """Our t statistics and p-values; the p-values of Dunnett's test by the sizes alone."""
    y, arm = np.array([case["y"]], float), np.array([case["g"]], np.int8)
    x = np.array([case["x"]], float)
    arms = int(arm.max()) + 1
    m = cross_moments(y, x, arm, arms=arms)
    pairs = [(k, 0) for k in range(1, arms)]
    side = SIDES[case["side"]]
    found = [linear.ancova(m, a=a, b=b, alternative=side) for a, b in pairs]
    t = np.stack([one.statistic for one in found], axis=1)
    gaps = linear.adjusted_gaps(m, pairs)
    ours = dunnett_adjusted(t, found[0].df, m.n, gaps, alternative=side)
    return t[0], found[0].df[0], ours[0], dunnett(t, found[0].df, m.n, alternative=side)[0]


def test_dunnett_after_ancova_equals_multcomp():
    """Equal and unequal arms, 3 to 6 of them, 1 to 3 covariates. multcomp integrates at random, to about 1e-6."""
    assert len(R["dunnett"]) == 21
    by_size = 0.0
    for case in R["dunnett"]:
        t, df, p, plain = adjusted(case)
        np.testing.assert_allclose(t, case["t"], rtol=1e-8)
        assert df == case["df"]
        np.testing.assert_allclose(p, case["p"], atol=1e-5)
        by_size = max(by_size, np.abs(plain - case["p"]).max())
    assert by_size > 0.005  # what the sizes of the arms alone would give is seen


def test_many_covariates_keep_four_digits():
    """Five covariates by the rule of degree 5 against 200,000 draws of the comparisons' own distribution (error .0011).

    4.5 errors: false alarm 7e-6 a comparison.
    """
    rng = np.random.default_rng(12)
    arm = np.repeat(np.arange(5, dtype=np.int8), 9)[None, :]
    x = rng.normal(size=(1, 45, 5))
    m = cross_moments(rng.normal(size=(1, 45)), x, arm, arms=5)
    pairs = [(k, 0) for k in range(1, 5)]
    gaps = linear.adjusted_gaps(m, pairs)
    t, df = np.array([[1.0, 2.0, 2.4, 3.0]]), np.array([35.0])
    p = dunnett_adjusted(t, df, m.n, gaps)[0]
    shared = np.concatenate([np.full((4, 1), 1 / 3.0), gaps[0]], axis=1)
    own = rng.normal(size=(200_000, 4)) / 3.0 + rng.normal(size=(200_000, 6)) @ shared.T
    largest = np.abs(own / np.sqrt(1 / 9 + (shared**2).sum(axis=1))).max(axis=1)
    largest /= np.sqrt(rng.chisquare(35, 200_000) / 35)
    for i in range(4):
        seen = (largest >= t[0, i]).mean()
        assert abs(seen - p[i]) < 4.5 * np.sqrt(p[i] * (1 - p[i]) / 200_000)


@pytest.mark.parametrize("arms", [3, 4, 5])
def test_a_replicate_does_not_depend_on_its_batch(arms):
    rng = np.random.default_rng(arms)
    arm = np.tile(np.repeat(np.arange(arms, dtype=np.int8), 7), (12, 1))
    m = cross_moments(rng.normal(size=arm.shape), rng.normal(size=arm.shape), arm, arms=arms)
    pairs = [(k, 0) for k in range(1, arms)]
    t, df = rng.normal(size=(12, arms - 1)) * 2, np.full(12, 7.0 * arms - arms - 1)
    t[3, 1] = np.nan
    gaps = linear.adjusted_gaps(m, pairs)
    together = dunnett_adjusted(t, df, m.n, gaps)
    alone = [dunnett_adjusted(t[[r]], df[[r]], m.n[[r]], gaps[[r]])[0] for r in range(12)]
    assert np.array(alone).tobytes() == together.tobytes()
    assert np.isnan(together).sum() == 1


def test_without_covariates_that_differ_it_is_the_plain_test():
    t, df, n = np.array([[0.3, 2.2, -1.0, 3.1]]), np.array([25.0]), np.array([[8, 5, 6, 7, 4]])
    for side in ("two-sided", "greater", "less"):
        found = dunnett_adjusted(t, df, n, np.zeros((1, 4, 1)), alternative=side)
        np.testing.assert_allclose(found, dunnett(t, df, n, alternative=side), atol=1e-8)


def test_a_constant_covariate_is_left_out_as_by_lm():
    case = R["constant"]
    x = np.stack([np.full(len(case["y"]), 3.0), case["x"]], axis=1)[None]
    m = cross_moments(np.array([case["y"]]), x, np.array([case["g"]], np.int8), arms=3)
    found = linear.ancova(m, a=1, b=0)
    ours = [found.estimate[0], found.se[0], found.df[0], found.p[0]]
    np.testing.assert_allclose(ours, [case[key] for key in ("estimate", "se", "df", "p")], rtol=1e-8)
