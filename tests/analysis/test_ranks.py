"""Rank tests against scipy, replicate by replicate, on tied, untied, small and large samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from trialsim.analysis import ordering, rows
from trialsim.analysis.exact import mann_whitney_upper, signed_rank_upper
from trialsim.analysis.methods import ranks
from trialsim.analysis.methods.wilcoxon import wilcoxon
from trialsim.analysis.moments import moments
from trialsim.analysis.tables import counted_moments, counts
from trialsim.errors import AnalysisError

RTOL = 1e-8
SIDES = ("two-sided", "greater", "less")
LEVELS = (0, 1, 2, 3, 4)


def agrees(ours, theirs, rtol=RTOL):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-13)


def slow_probability(a, b):
    """P(A > B) + P(A = B) / 2, pair by pair, and DeLong's standard error from the placements."""
    wins = np.array([[1.0 if u > v else 0.5 if u == v else 0.0 for v in b] for u in a])
    of_a, of_b = wins.mean(axis=1), wins.mean(axis=0)
    return wins.mean(), np.sqrt(of_a.var(ddof=1) / len(a) + of_b.var(ddof=1) / len(b))


def test_sorting_equals_numpy(trials):
    for values in (trials.y, trials.score):
        ordered = ordering.order(values, trials.arm, arms=3)
        for r in range(len(values)):
            keep = (trials.arm[r] >= 0) & ~np.isnan(values[r])
            v, arm = values[r][keep], trials.arm[r][keep]
            by = np.argsort(v, kind="stable")
            assert ordered.arm[r, : len(v)].tolist() == arm[by].tolist()
            assert (ordered.arm[r, len(v) :] == -1).all()
            assert ordered.tied[r, 1 : len(v)].tolist() == (np.diff(v[by]) == 0).astype(int).tolist()


@pytest.mark.parametrize("participants", [1, 7, 8, 9, 16, 17, 63, 64, 65, 200])
def test_sorting_every_length(participants):
    y = np.random.default_rng(participants).integers(0, 50, size=(5, participants)).astype(float)
    arm = np.arange(participants, dtype=np.int8)[None, :].repeat(5, axis=0) % 100
    ordered = ordering.order(y, arm, arms=100)
    expected = np.take_along_axis(arm, np.argsort(y, axis=1, kind="stable"), axis=1)
    assert (ordered.arm == expected).all()


def test_counting_and_sorting_give_the_same_rank_sums(trials):
    by_counts = counts(trials.score, trials.arm, arms=3, categories=LEVELS)
    by_order = ordering.order(trials.score, trials.arm, arms=3)
    for groups in ([[0], [1], [2]], [[2], [0]], [[1], [0, 2]]):
        one, two = by_counts.rank_sums(groups), by_order.rank_sums(groups)
        for name in ("n", "rank_sum", "square", "ties"):
            assert (getattr(one, name) == getattr(two, name)).all()


def test_kruskal_equals_scipy(trials):
    for values in (trials.y, trials.score):
        result = ranks.kruskal(ordering.order(values, trials.arm, arms=3))
        for r in range(len(values)):
            judge = stats.kruskal(*trials.groups(r, values=values))
            agrees([result.statistic[r], result.p[r]], [judge.statistic, judge.pvalue])
        assert (result.df == 2.0).all()


@pytest.mark.parametrize("side", SIDES)
def test_mann_whitney_equals_scipy(trials, small_trials, side):
    exact_seen = 0
    for batch, values in (
        (trials, trials.y),
        (trials, trials.score),
        (small_trials, small_trials.y),
        (small_trials, small_trials.score),
    ):
        result = ranks.mann_whitney(ordering.order(values, batch.arm, arms=3), a=2, b=0, alternative=side)
        for r in range(len(values)):
            b, _, a = batch.groups(r, values=values)
            if not len(a) or not len(b):
                assert result.status[r] == rows.EMPTY_ARM
                continue
            judge = stats.mannwhitneyu(a, b, alternative=side, method="auto")
            agrees([result.statistic[r], result.p[r]], [judge.statistic, judge.pvalue])
            untied = len(np.unique(np.concatenate([a, b]))) == len(a) + len(b)
            exact_seen += untied and min(len(a), len(b)) <= 8
    assert exact_seen >= 20


def test_probability_and_its_error_equal_the_pairwise_formula(trials):
    c = counts(trials.score, trials.arm, arms=3, categories=LEVELS)
    result = ranks.mann_whitney(c, a=1, b=0)
    for r in range(len(trials.score)):
        b, a, _ = trials.groups(r, values=trials.score)
        estimate, se = slow_probability(a, b)
        agrees([result.estimate[r], result.se[r]], [estimate, se])
        logit, half = np.log(estimate / (1 - estimate)), stats.norm.ppf(0.975) * se / estimate / (1 - estimate)
        agrees(result.low[r], 1 / (1 + np.exp(half - logit)))
        agrees(result.high[r], 1 / (1 + np.exp(-half - logit)))


def test_interval_covers_the_true_probability():
    """4,000 trials, 20 and 25 values: coverage .95 within 5 standard errors (.0172); false alarm 6e-7.

    DeLong on the logit scale is within .005 of nominal at this size; an interval 10 % too narrow covers .923 and fails.
    """
    rng = np.random.default_rng(11)
    arm = np.repeat(np.array([[0, 1]], np.int8), [20, 25], axis=1).repeat(4000, axis=0)
    y = rng.normal(size=arm.shape) + 0.5 * arm
    result = ranks.mann_whitney(ordering.order(y, arm, arms=2), a=1, b=0)
    truth = stats.norm.cdf(0.5 / np.sqrt(2.0))
    covered = (result.low <= truth) & (truth <= result.high)
    assert abs(covered.mean() - 0.95) < 5 * np.sqrt(0.05 * 0.95 / 4000)


def test_interval_of_complete_separation_is_newcombes():
    y = np.array([[1.0, 2.0, 3.0, 4.0, 11.0, 12.0, 13.0, 14.0, 15.0]])
    arm = np.array([[0] * 4 + [1] * 5], np.int8)
    result = ranks.mann_whitney(ordering.order(y, arm, arms=2), a=1, b=0)
    assert result.estimate[0] == 1.0
    assert result.high[0] == 1.0
    low, z = result.low[0], stats.norm.ppf(0.975)
    spread = 1 + (9 / 2 - 1) * ((1 - low) / (2 - low) + low / (1 + low))
    assert 1.0 - low == pytest.approx(z * np.sqrt(low * (1 - low) * spread / 20), rel=1e-9)
    assert 0.4 < low < 0.8


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("case", ["untied", "tied"])
def test_wilcoxon_equals_scipy(case, side):
    rng = np.random.default_rng(3)
    x = rng.normal(0.3, 1.0, size=(30, 22)) if case == "untied" else rng.integers(-4, 6, size=(30, 22)).astype(float)
    x[rng.random(x.shape) < 0.1] = np.nan
    result = wilcoxon(x, alternative=side)
    for r in range(len(x)):
        v = x[r][~np.isnan(x[r])]
        method = "exact" if case == "untied" else "asymptotic"
        judge = stats.wilcoxon(v, alternative=side, correction=True, method=method)
        agrees(result.p[r], judge.pvalue)
        w = stats.wilcoxon(v, alternative="greater", method="asymptotic").statistic
        assert result.statistic[r] == w


def test_wilcoxon_changes_from_exact_to_normal_after_50():
    x = np.random.default_rng(4).normal(0.2, 1.0, size=(6, 51))
    agrees(
        wilcoxon(x).p,
        stats.wilcoxon(x, axis=1, correction=True, method="asymptotic").pvalue,
    )
    agrees(wilcoxon(x[:, :50]).p, stats.wilcoxon(x[:, :50], axis=1, method="exact").pvalue)


def test_pseudomedian_is_the_median_of_all_pair_means():
    x = np.random.default_rng(5).normal(0.3, 1.0, size=(8, 13))
    x[2, :3] = np.nan
    result = wilcoxon(x)
    for r in range(len(x)):
        v = [u for u in x[r] if not np.isnan(u)]
        walsh = [(v[i] + v[j]) / 2 for i in range(len(v)) for j in range(i + 1)]
        assert result.estimate[r] == pytest.approx(np.median(walsh), rel=1e-14)


def test_normal_interval_cuts_where_the_exact_one_would():
    x = np.random.default_rng(9).normal(0.2, 1.0, size=(4, 60))
    result = wilcoxon(x)
    lower = signed_rank_upper(60)[::-1]
    cut = int(np.searchsorted(lower, 0.025)) - 1
    i, j = np.triu_indices(60)
    walsh = np.sort(0.5 * (x[:, i] + x[:, j]), axis=1)
    for end, ours in ((cut, result.low), (i.size - 1 - cut, result.high)):
        place = np.array([int(np.searchsorted(walsh[r], ours[r])) for r in range(4)])
        assert (abs(place - end) <= 1).all()


def test_exact_distributions_equal_counting():
    for n in (1, 4, 7):
        sums = [sum(k + 1 for k in range(n) if mask >> k & 1) for mask in range(2**n)]
        agrees(signed_rank_upper(n), [np.mean(np.array(sums) >= w) for w in range(n * (n + 1) // 2 + 1)])
    judge = stats.mannwhitneyu
    upper = mann_whitney_upper(6, 3)
    values = np.arange(9.0)
    seen = {}
    for first in np.ndindex(2, 2, 2, 2, 2, 2, 2, 2, 2):
        if sum(first) == 6:
            chosen = np.array(first) == 1
            test = judge(values[chosen], values[~chosen], alternative="greater", method="exact")
            seen[int(test.statistic)] = test.pvalue
    agrees([upper[u] for u in sorted(seen)], [seen[u] for u in sorted(seen)])
    assert sorted(seen) == list(range(19))


def test_flipping_all_values_mirrors_the_result(trials):
    up = ranks.mann_whitney(ordering.order(trials.y, trials.arm, arms=3), a=1, b=0)
    down = ranks.mann_whitney(ordering.order(-trials.y, trials.arm, arms=3), a=1, b=0)
    agrees(up.estimate, 1.0 - down.estimate)
    agrees(up.low, 1.0 - down.high)
    agrees(up.p, down.p)


def test_status_of_trials_without_information():
    arm = np.array([[0, 0, 1, 1]], np.int8)
    same = ordering.order(np.full((1, 4), 3.0), arm, arms=2)
    assert ranks.kruskal(same).status[0] == rows.OK
    assert ranks.mann_whitney(same, a=1, b=0).status[0] == rows.OK
    half = ordering.order(np.array([[1.0, 2.0, np.nan, np.nan]]), arm, arms=2)
    assert ranks.kruskal(half).status[0] == rows.EMPTY_ARM
    assert ranks.mann_whitney(half, a=1, b=0).status[0] == rows.EMPTY_ARM
    assert wilcoxon(np.full((1, 5), np.nan)).status[0] == rows.EMPTY_ARM


def test_counting_refuses_a_value_that_is_no_level():
    with pytest.raises(AnalysisError, match="1 values are not among the categories"):
        counts(np.array([[0.0, 1.5]]), np.zeros((1, 2), np.int8), arms=1, categories=LEVELS)
    with pytest.raises(AnalysisError, match="do not ascend"):
        counts(np.array([[0.0, 1.0]]), np.zeros((1, 2), np.int8), arms=1, categories=(1, 0))


@pytest.mark.parametrize("levels", [(0, 2, 4, 6, 8, 10), (0, 1, 3, 10), (0.1, 0.2, 0.30000000000000004, 0.4)])
def test_counting_every_kind_of_scale(levels):
    rng = np.random.default_rng(6)
    y = rng.choice(np.array(levels, float), size=(20, 60))
    arm = rng.integers(0, 2, size=y.shape).astype(np.int8)
    c = counts(y, arm, arms=2, categories=levels)
    for level, value in enumerate(levels):
        assert (c.table[:, 1, level] == ((y == value) & (arm == 1)).sum(axis=1)).all()
    counted, direct = counted_moments(c), moments(y, arm, arms=2)
    agrees(counted.mean, direct.mean)
    agrees(counted.ss, direct.ss)


def without_tie_correction(sums):
    """Planted fault: ties forgotten."""
    return ordering.RankSums(n=sums.n, rank_sum=sums.rank_sum, square=sums.square, ties=np.zeros_like(sums.ties))


def lowest_ranks(sums):
    """Planted fault: ties get the lowest rank instead of the mean rank, in one arm."""
    return ordering.RankSums(
        n=sums.n, rank_sum=sums.rank_sum - np.array([0.5, 0.0]), square=sums.square, ties=sums.ties
    )


class Faulty:
    """A summary whose rank sums bear a planted fault."""

    def __init__(self, summary, fault):
        self.summary, self.fault, self.arms = summary, fault, summary.arms

    def rank_sums(self, groups):
        return self.fault(self.summary.rank_sums(groups))


@pytest.mark.parametrize("fault", [without_tie_correction, lowest_ranks])
def test_the_comparison_with_scipy_sees_planted_faults(trials, fault):
    c = counts(trials.score, trials.arm, arms=3, categories=LEVELS)
    groups = [trials.groups(r, values=trials.score) for r in range(len(trials.score))]
    judge = [stats.mannwhitneyu(g[1], g[0]).pvalue for g in groups]
    agrees(ranks.mann_whitney(c, a=1, b=0).p, judge)
    with pytest.raises(AssertionError):
        agrees(ranks.mann_whitney(Faulty(c, fault), a=1, b=0).p, judge)
