"""The exact binomial test against scipy; McNemar's test against statsmodels, its interval against printed ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as judge_of_pairs

from trialsim.analysis import rows
from trialsim.analysis.exact import share_p
from trialsim.analysis.methods.binomial import binomial, mcnemar
from trialsim.analysis.ordering import Counts

SIDES = ("two-sided", "greater", "less")


def agrees(ours, theirs, rtol=1e-8):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-13)


def of_shares(events, n):
    """Counts of two arms, the first with a third of everyone."""
    events, n = np.array(events), np.array(n)
    first = np.stack([n // 3 - events // 3, events // 3], axis=1)
    both = np.stack([n - events, events], axis=1)
    return Counts(table=np.stack([first, both - first], axis=1), categories=np.array([0.0, 1.0]))


def random_pairs(size, participants):
    rng = np.random.default_rng(3)
    before = (rng.random((size, participants)) < rng.random((size, 1))).astype(float)
    flips = rng.random((size, participants)) < rng.random((size, 1)) ** 2
    after = np.where(flips, 1.0 - before, before)
    before[rng.random(before.shape) < 0.07] = np.nan
    after[rng.random(after.shape) < 0.1] = np.nan
    return before, after


@pytest.fixture(scope="module")
def pairs():
    first, second = random_pairs(150, 40), random_pairs(150, 7)
    padded = [np.concatenate([one, np.full((150, 33), np.nan)], axis=1) for one in second]
    return tuple(np.concatenate([a, b]) for a, b in zip(first, padded, strict=True))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("null", [0.5, 0.1, 1 / 3, 0.95])
def test_the_binomial_test_equals_scipy(side, null):
    sizes = [(e, n) for n in (1, 2, 7, 20, 33, 400) for e in range(0, n + 1, 1 + n // 40)]
    events, n = np.array(sizes).T
    result = binomial(of_shares(events, n), null=null, alternative=side, level=0.9)
    for r, (e, size) in enumerate(sizes):
        judge = stats.binomtest(e, size, null, alternative=side)
        interval = judge.proportion_ci(0.9)
        agrees([result.p[r], result.estimate[r]], [judge.pvalue, e / size])
        agrees([result.low[r], result.high[r]], [interval.low, interval.high])
    assert (result.statistic == events).all()
    assert len(sizes) > 100


def test_a_two_sided_p_is_never_below_a_one_sided_one():
    for n in (3, 10, 17):
        for e in range(n + 1):
            one = min(share_p(e, n, 0.3, "greater"), share_p(e, n, 0.3, "less"))
            assert share_p(e, n, 0.3, "two-sided") >= one * (1.0 - 1e-12)


def test_a_null_of_0_or_1_is_excluded_by_one_exception():
    assert [share_p(0, 5, 0.0, "two-sided"), share_p(1, 5, 0.0, "two-sided")] == [1.0, 0.0]
    assert [share_p(5, 5, 1.0, "two-sided"), share_p(4, 5, 1.0, "two-sided")] == [1.0, 0.0]


def test_nobody_everybody_and_no_one_there():
    result = binomial(of_shares([0, 8, 0], [8, 8, 0]), null=0.5)
    assert result.status.tolist() == [rows.OK, rows.OK, rows.EMPTY_ARM]
    agrees(result.p[:2], [2 / 256, 2 / 256])
    assert (result.low[0], result.high[1]) == (0.0, 1.0)
    assert np.isnan(result.p[2])


@pytest.mark.parametrize("side", SIDES)
def test_mcnemar_equals_statsmodels_and_scipy(pairs, side):
    before, after = pairs
    result = mcnemar(before, after, alternative=side)
    for r in range(len(before)):
        there = ~np.isnan(before[r]) & ~np.isnan(after[r])
        x, y = before[r][there], after[r][there]
        table = [[(x * y).sum(), (x * (1 - y)).sum()], [((1 - x) * y).sum(), ((1 - x) * (1 - y)).sum()]]
        gained, lost = int(table[1][0]), int(table[0][1])
        if side == "two-sided":
            agrees(result.p[r], judge_of_pairs(table, exact=True).pvalue)
        if gained + lost:
            agrees(result.p[r], stats.binomtest(gained, gained + lost, alternative=side).pvalue)
        if there.any():
            agrees(result.estimate[r], y.mean() - x.mean())
            agrees(result.se[r], math.sqrt(((y - x) ** 2).mean() - (y - x).mean() ** 2) / math.sqrt(there.sum()))
        assert result.n[r] == there.sum()
    assert (result.status == rows.OK).sum() > 290


def slow_wilson(events, n, z):
    share = events / n
    middle, half = share + z**2 / (2 * n), math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) * z
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


def slow_interval(a, b, c, d, z):
    """Newcombe 1998, method 10, for the table a (yes, yes), b (yes, no), c (no, yes), d (no, no): first share minus second."""
    n = a + b + c + d
    p1, p2 = (a + b) / n, (a + c) / n
    (l1, u1), (l2, u2) = slow_wilson(a + b, n, z), slow_wilson(a + c, n, z)
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    phi = 0.0
    if margins > 0:
        numerator = a * d - b * c
        if numerator > n / 2:
            phi = (numerator - n / 2) / math.sqrt(margins)
        elif numerator < 0:
            phi = numerator / math.sqrt(margins)
    below = (p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2
    above = (u1 - p1) ** 2 - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2) ** 2
    return p1 - p2 - math.sqrt(below), p1 - p2 + math.sqrt(above)


def of_table(a, b, c, d):
    """(1, N) values before and after of a table of pairs."""
    return (
        np.array([[1.0] * (a + b) + [0.0] * (c + d)]),
        np.array([[1.0] * a + [0.0] * b + [1.0] * c + [0.0] * d]),
    )


def test_mcnemars_interval_equals_the_slow_form(pairs):
    before, after = pairs
    result = mcnemar(before, after, level=0.9)
    for r in np.flatnonzero(result.status == rows.OK):
        there = ~np.isnan(before[r]) & ~np.isnan(after[r])
        x, y = before[r][there], after[r][there]
        cells = [int(((y == i) & (x == j)).sum()) for i, j in ((1, 1), (1, 0), (0, 1), (0, 0))]
        low, high = slow_interval(*cells, stats.norm.ppf(0.95))
        agrees([result.low[r], result.high[r]], [low, high])


def test_mcnemars_interval_never_leaves_its_range():
    for table in ((0, 9, 0, 0), (0, 0, 9, 0), (1, 8, 0, 1), (0, 20, 1, 0)):
        result = mcnemar(*of_table(*table))
        assert -1.0 <= result.low[0] < result.high[0] <= 1.0


def test_mcnemars_interval_equals_the_printed_one():
    """Fagerland, Lydersen and Laake 2014, airway hyper-responsiveness: 1, 1, 7, 12, first minus second -.286 (-.507 to -.026)."""
    result = mcnemar(*of_table(1, 1, 7, 12))
    assert round(-result.estimate[0], 3) == -0.286
    assert (round(-result.high[0], 3), round(-result.low[0], 3)) == (-0.507, -0.026)


def test_the_sides_turn_with_the_visits(pairs):
    before, after = pairs
    up, down = mcnemar(before, after, alternative="greater"), mcnemar(after, before, alternative="less")
    agrees(up.p, down.p)
    agrees(up.low, -down.high)
    both = mcnemar(before, after, level=0.9)
    agrees(mcnemar(before, after, alternative="less", level=0.95).high, both.high)
    agrees(mcnemar(before, after, alternative="greater", level=0.95).low, both.low)


def test_nobody_changes():
    result = mcnemar(*of_table(3, 0, 0, 5))
    assert (result.status[0], result.p[0], result.estimate[0], result.se[0]) == (rows.OK, 1.0, 0.0, 0.0)
    assert result.low[0] < 0.0 < result.high[0]
    for table in ((4, 0, 0, 0), (0, 0, 0, 4)):
        flat = mcnemar(*of_table(*table))
        assert (flat.p[0], flat.estimate[0]) == (1.0, 0.0)
        assert flat.low[0] < 0.0 < flat.high[0]
    empty = mcnemar(np.array([[1.0, np.nan]]), np.array([[np.nan, 0.0]]))
    assert empty.status.tolist() == [rows.EMPTY_ARM]
    assert np.isnan([empty.p[0], empty.low[0], empty.estimate[0]]).all()


def test_the_comparisons_see_planted_faults(pairs):
    before, after = pairs
    good = mcnemar(before, after, alternative="greater").p
    for faulty in (mcnemar(after, before, alternative="greater"), mcnemar(np.nan_to_num(before), after)):
        with pytest.raises(AssertionError):
            agrees(faulty.p, good)
    with pytest.raises(AssertionError):
        agrees(slow_interval(1, 1, 7, 12, 1.96)[0], slow_interval(1, 7, 1, 12, 1.96)[0])
