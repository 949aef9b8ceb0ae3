"""Van Elteren, Jonckheere, sign, Friedman, Dunn: against scipy, R (tests/reference/r/ranks.R) and slow forms."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from trialsim.analysis import ordering, rows
from trialsim.analysis.methods.dunn import dunn
from trialsim.analysis.methods.friedman import friedman
from trialsim.analysis.methods.jonckheere import jonckheere
from trialsim.analysis.methods.sign import sign
from trialsim.analysis.methods.van_elteren import van_elteren
from trialsim.analysis.tables import counts

SIDES = ("two-sided", "greater", "less")
LEVELS = (0, 1, 2, 3, 4)
R = json.loads((Path(__file__).parents[1] / "reference" / "r" / "ranks.json").read_text())


def agrees(ours, theirs, rtol=1e-8):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-12)


def trial(*arms):
    values = np.array([[value for arm in arms for value in arm]], dtype=float)
    return values, np.array([[k for k, arm in enumerate(arms) for _ in arm]], np.int8)


# ---------------------------------------------------------------- van Elteren


def elteren(y, arm, strata, **options):
    y, arm, strata = np.array([y], float), np.array([arm], np.int8), np.array([strata], np.int64)
    return van_elteren(y, arm, strata, arms=2, a=1, b=0, **options)


def test_van_elteren_equals_a_printed_value():
    y, strata = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8], [0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1]
    found = elteren(y, strata, [0] * 6 + [1] * 6)
    assert found.statistic[0] ** 2 == pytest.approx(7.08333, abs=5e-6)
    assert found.p[0] == pytest.approx(0.0077804, abs=5e-8)


def test_van_elteren_equals_coin():
    for case in R["van_elteren"]:
        found = elteren(case["y"], case["arm"], case["strata"])
        agrees([found.statistic[0], found.p[0]], [case["z"], case["p"]])


def slow_van_elteren(y, arm, strata):
    """z, the weighted P and its SE, stratum by stratum, from wins."""
    z = variance = top = bottom = error = alone = 0.0
    for stratum in set(strata.tolist()):
        x = y[(strata == stratum) & (arm == 1) & ~np.isnan(y)]
        other = y[(strata == stratum) & (arm == 0) & ~np.isnan(y)]
        if not len(x) or not len(other):
            continue
        n = len(x) + len(other)
        rank = stats.rankdata(np.concatenate([x, other]))
        z += (rank[: len(x)].sum() - len(x) * (n + 1) / 2) / (n + 1)
        variance += len(x) * len(other) / n * rank.var(ddof=1) / (n + 1) ** 2
        wins = (np.sign(x[:, None] - other) + 1) / 2
        weight = wins.size / (n + 1)
        top, bottom = top + weight * wins.mean(), bottom + weight
        if min(wins.shape) > 1:
            error += weight**2 * (wins.mean(1).var(ddof=1) / len(x) + wins.mean(0).var(ddof=1) / len(other))
        else:
            alone += weight**2
    estimate = min(top / bottom, 1.0)
    se = math.sqrt(error + alone * estimate * (1 - estimate)) / bottom
    return (z / math.sqrt(variance) if variance else 0.0), estimate, se


@pytest.mark.parametrize("side", SIDES)
def test_van_elteren_equals_its_slow_form(many_trials, side):
    seen = 0
    for number, batch in enumerate(many_trials):
        strata = np.random.default_rng(number).integers(0, 4, size=batch.arm.shape)
        for values in (batch.y, batch.score):
            found = van_elteren(values, batch.arm, strata, arms=3, a=1, b=0, alternative=side, level=0.9)
            for r in range(len(values)):
                if found.status[r] == rows.EMPTY_ARM:
                    assert found.n[r] == 0
                    continue
                z, estimate, se = slow_van_elteren(values[r], batch.arm[r], strata[r])
                p = {"two-sided": 2 * stats.norm.sf(abs(z)), "greater": stats.norm.sf(z), "less": stats.norm.cdf(z)}
                agrees([found.statistic[r], found.p[r], found.estimate[r], found.se[r]], [z, p[side], estimate, se])
                if se > 0 and 0 < estimate < 1:
                    reach = stats.norm.ppf(0.95 if side == "two-sided" else 0.9) * se / estimate / (1 - estimate)
                    logit = math.log(estimate / (1 - estimate))
                    low = 1 / (1 + math.exp(reach - logit)) if side != "less" else 0.0
                    high = 1 / (1 + math.exp(-reach - logit)) if side != "greater" else 1.0
                    agrees([found.low[r], found.high[r]], [low, high])
                    seen += 1
    assert seen > 300


def test_van_elteren_where_nothing_varies_or_no_stratum_has_both_arms():
    calm = elteren([2.0] * 6, [0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 1, 1])
    assert (calm.status[0], calm.p[0], calm.estimate[0], calm.statistic[0]) == (rows.OK, 1.0, 0.5, 0.0)
    none = elteren([2.0, 3.0, 4.0, 5.0], [0, 0, 1, 1], [0, 0, 1, 1])
    assert none.status[0] == rows.EMPTY_ARM
    alone = elteren([2.0, 3.0], [0, 1], [0, 0])
    assert (alone.status[0], alone.estimate[0]) == (rows.OK, 1.0)
    assert alone.p[0] == pytest.approx(2 * stats.norm.sf(1.0), rel=1e-12)  # U = 1, mean .5, variance 1/4
    assert (alone.se[0], alone.high[0]) == (0.0, 1.0)
    assert 0.0 <= alone.low[0] < 0.5


# ---------------------------------------------------------------- Jonckheere


def slow_jonckheere(groups):
    return sum((np.sign(y[:, None] - x) + 1).sum() / 2 for x, y in itertools.combinations(map(np.asarray, groups), 2))


def test_the_variance_of_jonckheere_is_that_of_all_permutations():
    """Mean and variance over every way to deal the values, with and without ties."""
    for values, sizes in (
        ([1.0, 2, 2, 3, 3, 3, 7], (2, 2, 3)),
        ([0.1, 0.5, 2, 3, 4, 9, 8], (3, 1, 3)),
        ([1.0, 1, 2, 2, 1], (2, 1, 2)),
    ):
        found = []
        for perm in set(itertools.permutations(range(len(values)))):
            dealt = np.array(values)[list(perm)]
            found.append(slow_jonckheere(np.split(dealt, np.cumsum(sizes)[:-1])))
        mean, sd = np.mean(found), np.std(found)
        arm = np.repeat(np.arange(3), sizes)[None, :].astype(np.int8)
        ours = jonckheere(ordering.order(np.array([values]), arm, arms=3), alternative="greater")
        statistic = slow_jonckheere(np.split(np.array(values), np.cumsum(sizes)[:-1]))
        agrees([ours.statistic[0], ours.p[0]], [statistic, stats.norm.sf((statistic - mean) / sd)])


def test_jonckheere_equals_a_textbook():
    """Hollander and Wolfe 1999, example 6.2 (motivation and work): J = 79, variance with ties 150.29, p = .0207."""
    arms = ([40, 35, 38, 43, 44, 41], [38, 40, 47, 44, 40, 42], [48, 40, 45, 43, 46, 44])
    found = jonckheere(ordering.order(*trial(*arms), arms=3), alternative="greater")
    assert found.statistic[0] == 79.0
    assert found.p[0] == pytest.approx(stats.norm.sf(25 / math.sqrt(150.29)), abs=2e-6)
    assert found.p[0] == pytest.approx(0.02071, abs=5e-6)


def test_jonckheere_on_random_trials(many_trials):
    for batch in many_trials:
        found = {side: jonckheere(ordering.order(batch.score, batch.arm, arms=3), alternative=side) for side in SIDES}
        counted = jonckheere(counts(batch.score, batch.arm, arms=3, categories=LEVELS))
        assert np.array_equal(counted.p, found["two-sided"].p, equal_nan=True)
        for r in range(len(batch.score)):
            groups = batch.groups(r, values=batch.score)
            agrees(found["two-sided"].statistic[r], slow_jonckheere(groups))
            up, down = found["greater"].p[r], found["less"].p[r]
            agrees([up + down, found["two-sided"].p[r]], [1.0, 2 * min(up, down)])


def test_two_arms_of_jonckheere_are_mann_whitney_without_continuity(many_trials):
    for batch in many_trials:
        for values in (batch.y, batch.score):
            two = np.where(batch.arm == 2, -1, batch.arm).astype(np.int8)
            found = jonckheere(ordering.order(values, two, arms=2))
            for r in range(len(values)):
                b, a, _ = batch.groups(r, values=values)
                judge = stats.mannwhitneyu(a, b, use_continuity=False, method="asymptotic")
                agrees([found.statistic[r], found.p[r]], [judge.statistic, judge.pvalue])


def test_jonckheere_where_nothing_varies_or_an_arm_is_empty():
    calm = jonckheere(ordering.order(*trial([1.0] * 3, [1.0] * 2, [1.0]), arms=3))
    assert (calm.status[0], calm.p[0]) == (rows.OK, 1.0)
    assert jonckheere(ordering.order(*trial([1.0] * 3, [], [1.0]), arms=3)).status[0] == rows.EMPTY_ARM
    one = jonckheere(ordering.order(*trial([1.0], [2.0]), arms=2))
    agrees([one.statistic[0], one.p[0]], [1.0, 2 * stats.norm.sf(1.0)])


# ---------------------------------------------------------------- sign


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("null", [0.0, 1.0])
def test_sign_equals_the_binomial_test(side, null):
    rng = np.random.default_rng(2)
    for size in (3, 12, 40):
        x = rng.integers(-3, 5, size=(70, size)).astype(float)
        x[rng.random(x.shape) < 0.15] = np.nan
        found = sign(x, null=null, alternative=side)
        for r in range(len(x)):
            v = x[r][~np.isnan(x[r])]
            above, used = int((v > null).sum()), int((v != null).sum())
            p = stats.binomtest(above, used, 0.5, alternative=side).pvalue if used else 1.0
            agrees([found.statistic[r], found.p[r], found.n[r]], [above, p, len(v)])
            assert found.estimate[r] == np.median(v)


def test_the_median_and_its_interval_equal_r():
    for case in R["signs"]:
        found = sign(np.array([case["x"]], float))
        agrees([found.estimate[0], found.low[0], found.high[0]], [case["estimate"], case["low"], case["high"]])
        assert f"{found.p[0]:.3g}" == f"{case['p']:.3g}"


def test_the_interval_of_a_median_covers_as_often_as_it_says():
    """Exact: x_(k) is above the median with P(S <= k - 1); one more would be too much. Few values have no interval."""
    for n in range(1, 60):
        found = sign(np.arange(1.0, n + 1.0)[None, :], level=0.95)
        if np.isnan(found.low[0]):
            assert stats.binom.cdf(0, n, 0.5) > 0.025
            continue
        k = int(found.low[0])
        assert stats.binom.cdf(k - 1, n, 0.5) <= 0.025 < stats.binom.cdf(k, n, 0.5)
        assert found.high[0] == n + 1 - k
        one = sign(np.arange(1.0, n + 1.0)[None, :], level=0.975, alternative="greater")
        assert (one.low[0], one.high[0]) == (k, np.inf)


def test_sign_where_nothing_differs():
    calm = sign(np.zeros((1, 9)))
    assert (calm.status[0], calm.p[0], calm.estimate[0], calm.low[0], calm.high[0]) == (rows.OK, 1.0, 0.0, 0.0, 0.0)
    assert sign(np.full((1, 4), np.nan)).status[0] == rows.EMPTY_ARM
    one = sign(np.array([[2.0, np.nan]]))
    assert (one.status[0], one.p[0], one.estimate[0]) == (rows.OK, 1.0, 2.0)


# ---------------------------------------------------------------- Friedman


def test_friedman_equals_scipy():
    rng = np.random.default_rng(5)
    for visits in (3, 4, 6):
        for tied in (False, True):
            shape = (40, 25, visits)
            values = rng.integers(0, 4, size=shape).astype(float) if tied else rng.normal(size=shape)
            values += 0.4 * np.arange(visits) if not tied else 0.0
            values[rng.random(shape) < 0.05] = np.nan
            found = friedman(values)
            for r in range(40):
                complete = values[r][~np.isnan(values[r]).any(axis=1)]
                judge = stats.friedmanchisquare(*complete.T)
                agrees([found.statistic[r], found.p[r]], [judge.statistic, judge.pvalue])
                assert found.n[r] == len(complete)


def test_friedman_where_nothing_varies():
    values = np.random.default_rng(1).normal(size=(1, 7, 1)).repeat(3, axis=2)
    calm = friedman(values)
    assert (calm.status[0], calm.statistic[0], calm.p[0]) == (rows.OK, 0.0, 1.0)
    assert friedman(np.full((1, 5, 3), np.nan)).status[0] == rows.EMPTY_ARM
    one = friedman(np.array([[[1.0, 2.0, 3.0]]]))
    agrees([one.statistic[0], one.p[0]], [2.0, math.exp(-1.0)])


# ---------------------------------------------------------------- Dunn


def test_dunn_equals_r():
    for case in R["pairs"]:
        ranked = ordering.order(np.array([case["y"]], float), np.array([case["arm"]], np.int8), arms=3)
        for first, second, z, p in zip(case["first"], case["second"], case["z"], case["dunn_p"], strict=True):
            found = dunn(ranked, a=second, b=first)
            agrees([found.statistic[0], found.p[0]], [z, p])


@pytest.mark.parametrize("side", SIDES)
def test_dunn_equals_its_slow_form(many_trials, side):
    for batch in many_trials:
        for values in (batch.y, batch.score):
            found = dunn(ordering.order(values, batch.arm, arms=3), a=2, b=1, alternative=side)
            for r in range(len(values)):
                groups = batch.groups(r, values=values)
                sizes = [len(group) for group in groups]
                if 0 in sizes[1:]:
                    assert found.status[r] == rows.EMPTY_ARM
                    continue
                rank = np.split(stats.rankdata(np.concatenate(groups)), np.cumsum(sizes)[:-1])
                spread = np.concatenate(rank).var(ddof=1)  # with ties: N (N + 1) / 12 less the correction
                z = (rank[2].mean() - rank[1].mean()) / math.sqrt(spread * (1 / sizes[1] + 1 / sizes[2]))
                p = {"two-sided": 2 * stats.norm.sf(abs(z)), "greater": stats.norm.sf(z), "less": stats.norm.cdf(z)}
                agrees([found.statistic[r], found.p[r]], [z, p[side]])


def test_two_arms_of_dunn_are_kruskal_wallis(many_trials):
    """With two arms z^2 is H."""
    batch = many_trials[3]
    two = np.where(batch.arm == 2, -1, batch.arm).astype(np.int8)
    found = dunn(ordering.order(batch.score, two, arms=2), a=1, b=0)
    for r in range(len(batch.score)):
        b, a, _ = batch.groups(r, values=batch.score)
        judge = stats.kruskal(a, b)
        agrees([found.statistic[r] ** 2, found.p[r]], [judge.statistic, judge.pvalue])


def test_dunn_where_nothing_varies():
    calm = dunn(ordering.order(*trial([1.0] * 3, [1.0] * 2, [1.0]), arms=3), a=1, b=0)
    assert (calm.status[0], calm.p[0], calm.statistic[0], calm.estimate[0]) == (rows.OK, 1.0, 0.0, 0.5)
    assert dunn(ordering.order(*trial([1.0] * 3, [], [2.0]), arms=3), a=1, b=0).status[0] == rows.EMPTY_ARM
