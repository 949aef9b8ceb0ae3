"""Trials in which nothing varies, or only what is compared: what each test makes of them.

With no difference and no spread the estimate exists: 0, or one half for P(X > Y). p is the method's own where it is defined,
else 1. With a difference and no spread a test of means has no p. The values follow from the definitions; beside Fisher's
test, where 5 of 5 against 0 of 4 has the p-value 1 / C(9, 4) = 1/126.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import special, stats

from trialsim.analysis import ordering, rows
from trialsim.analysis.cross_moments import cross_moments
from trialsim.analysis.methods import categorical, linear, means, ranks
from trialsim.analysis.methods.dunnett import dunnett
from trialsim.analysis.methods.dunnett_adjusted import dunnett_adjusted
from trialsim.analysis.methods.wilcoxon import wilcoxon
from trialsim.analysis.moments import moments
from trialsim.analysis.tables import counted_moments, counts

SIDES = ("two-sided", "greater", "less")


def trial(*arms):
    """Values and arms of one trial, one list of values for each arm."""
    values = np.array([[value for arm in arms for value in arm]], dtype=float)
    return values, np.array([[k for k, arm in enumerate(arms) for _ in arm]], np.int8)


def of_means(test, arms, side="two-sided"):
    values, arm = trial(*arms)
    m = moments(values, arm, arms=len(arms))
    if test.endswith("anova"):
        return getattr(means, test)(m)
    if test == "ancova":
        x = np.arange(values.size, dtype=float)[None, :] % 3
        return linear.ancova(cross_moments(values, x, arm, arms=len(arms)), a=1, b=0, alternative=side)
    if test == "ancova_omnibus":
        x = np.arange(values.size, dtype=float)[None, :] % 3
        return linear.ancova_omnibus(cross_moments(values, x, arm, arms=len(arms)))
    return getattr(means, test)(m, a=1, b=0, alternative=side)


PAIRS = ("two_sample_t", "welch_t", "anova_pair", "ancova")
OMNIBUS = ("anova", "welch_anova", "ancova_omnibus")


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("test", PAIRS)
def test_two_arms_without_spread_and_difference(test, side, value):
    found = of_means(test, [[value] * 7, [value] * 4], side)
    assert found.status.tolist() == [rows.OK]
    assert (found.estimate[0], found.statistic[0], found.p[0], found.se[0]) == (0.0, 0.0, 1.0, 0.0)
    assert np.isnan([found.low[0], found.high[0]]).all()


@pytest.mark.parametrize("test", OMNIBUS)
def test_all_arms_without_spread_and_difference(test):
    found = of_means(test, [[0.1] * 7, [0.1] * 4, [0.1] * 3])
    assert (found.status[0], found.statistic[0], found.p[0]) == (rows.OK, 0.0, 1.0)


@pytest.mark.parametrize("test", PAIRS + OMNIBUS)
def test_a_difference_without_spread_has_no_p(test):
    found = of_means(test, [[1.0] * 7, [1.5] * 4])
    assert found.status.tolist() == [rows.NO_VARIANCE]
    assert np.isnan([found.p[0], found.estimate[0]]).all()


@pytest.mark.parametrize("test", PAIRS + OMNIBUS)
def test_rounding_is_no_spread(test):
    """0.1 + 0.2 - 0.3 is 5.6e-17: neither a spread nor a difference."""
    noise = 0.1 + 0.2 - 0.3
    calm = of_means(test, [[1.0, 1.0 + 3 * noise, 1.0, 1.0], [1.0 + 4 * noise, 1.0, 1.0, 1.0]])
    assert (calm.status[0], calm.p[0]) == (rows.OK, 1.0)
    apart = of_means(test, [[1.0, 1.0 + 3 * noise, 1.0, 1.0], [2.0 + 4 * noise, 2.0, 2.0, 2.0]])
    assert apart.status[0] == rows.NO_VARIANCE


@pytest.mark.parametrize("test", PAIRS + OMNIBUS)
@pytest.mark.parametrize("other", [[], [np.nan, np.nan]])
def test_an_empty_arm_is_a_failure_even_where_nothing_varies(test, other):
    assert of_means(test, [[2.0] * 5, other]).status.tolist() == [rows.EMPTY_ARM]


@pytest.mark.parametrize("test", PAIRS + OMNIBUS)
def test_one_value_in_each_arm_is_too_few_whatever_it_is(test):
    assert of_means(test, [[2.0], [2.0]]).status.tolist() == [rows.TOO_FEW]


def test_one_value_in_one_arm():
    """Student's t has the spread of the other arm, Welch's has none for this one."""
    arms = [[1.0, 2.0, 4.0], [3.0]]
    student = of_means("two_sample_t", arms)
    assert student.p[0] == pytest.approx(stats.ttest_ind([3.0], [1.0, 2.0, 4.0]).pvalue, rel=1e-12)
    assert of_means("welch_t", arms).status[0] == rows.TOO_FEW
    assert of_means("welch_anova", arms).status[0] == rows.TOO_FEW


def test_one_arm_without_spread():
    """Welch's t is then the one-sample test of the other arm, Welch's analysis of variance has not (as R's oneway.test: NaN)."""
    arms = [[1.0, 2.0, 4.0], [3.0, 3.0, 3.0]]
    found = of_means("welch_t", arms)
    assert found.p[0] == pytest.approx(stats.ttest_1samp(arms[0], 3.0).pvalue, rel=1e-12)
    assert of_means("welch_anova", arms).status[0] == rows.NO_VARIANCE


def test_a_pair_takes_the_spread_of_all_arms():
    """Arms 0 and 1 are constant and equal: t is 0 with the spread of the third arm, and has its interval."""
    found = of_means("anova_pair", [[1.0] * 4, [1.0] * 4, [0.0, 2.0, 1.0, 5.0]])
    assert (found.estimate[0], found.statistic[0], found.p[0]) == (0.0, 0.0, 1.0)
    assert found.low[0] < 0.0 < found.high[0]


@pytest.mark.parametrize("side", SIDES)
def test_one_sample_without_spread(side):
    calm = means.one_sample_t(moments(np.full((1, 6), 0.3)), null=0.3, alternative=side)
    assert (calm.status[0], calm.estimate[0], calm.p[0]) == (rows.OK, 0.3, 1.0)
    assert np.isnan(calm.low[0])
    zero = means.paired_t(np.full((1, 6), 4.0), np.full((1, 6), 4.0), alternative=side)
    assert (zero.status[0], zero.estimate[0], zero.p[0]) == (rows.OK, 0.0, 1.0)
    assert means.one_sample_t(moments(np.full((1, 6), 0.4)), null=0.3).status[0] == rows.NO_VARIANCE
    assert means.one_sample_t(moments(np.full((1, 1), 0.3)), null=0.3).status[0] == rows.TOO_FEW


def test_counted_values_without_spread():
    """3 x 0.1 / 3 is 0.10000000000000002: the mean of equal values must be the value."""
    values, arm = trial([0.1] * 3, [0.1] * 2)
    m = counted_moments(counts(values, arm, arms=2, categories=(0.1, 0.2)))
    assert m.mean.tolist() == [[0.1, 0.1]]
    assert means.two_sample_t(m, a=1, b=0).p.tolist() == [1.0]


# ---------------------------------------------------------------- analysis of covariance


def of_covariance(y, x, arm):
    return cross_moments(np.array([y], float), np.array([x], float), np.array([arm], np.int8), arms=2)


def test_outcome_and_baseline_without_spread():
    m = of_covariance([2.0] * 6, [1.0] * 6, [0, 0, 0, 1, 1, 1])
    for found in (linear.ancova(m, a=1, b=0), linear.ancova_omnibus(m)):
        assert (found.status[0], found.p[0]) == (rows.OK, 1.0)
    assert linear.ancova(m, a=1, b=0).estimate[0] == 0.0


def test_a_constant_baseline_leaves_the_t_test():
    y, arm = [1.0, 2.5, 3.0, 1.0, 5.0, 4.5], [0, 0, 0, 1, 1, 1]
    m = of_covariance(y, [7.0] * 6, arm)
    judge = stats.ttest_ind(y[3:], y[:3])
    found = linear.ancova(m, a=1, b=0)
    assert (found.p[0], found.df[0]) == (pytest.approx(judge.pvalue, rel=1e-12), 4.0)
    assert linear.ancova_omnibus(m).p[0] == pytest.approx(judge.pvalue, rel=1e-12)


def test_everyone_as_before():
    """The outcome is the baseline: all changes are zero, so nothing is left to differ."""
    x = [1.0, 2.5, 3.0, 1.5, 5.0, 4.5]
    m = of_covariance(x, x, [0, 0, 0, 1, 1, 1])
    found = linear.ancova(m, a=1, b=0)
    assert (found.status[0], found.p[0]) == (rows.OK, 1.0)
    assert found.estimate[0] == pytest.approx(0.0, abs=1e-12)
    assert linear.ancova_omnibus(m).p[0] == 1.0
    shifted = of_covariance([*x[:3], *(value + 1.0 for value in x[3:])], x, [0, 0, 0, 1, 1, 1])
    assert linear.ancova(shifted, a=1, b=0).status[0] == rows.NO_VARIANCE
    assert linear.ancova_omnibus(shifted).status[0] == rows.NO_VARIANCE


# ---------------------------------------------------------------- ranks


def ranked(arms, *, counted):
    values, arm = trial(*arms)
    if counted:
        return counts(values, arm, arms=len(arms), categories=sorted({value for each in arms for value in each}))
    return ordering.order(values, arm, arms=len(arms))


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("correction", [True, False])
@pytest.mark.parametrize("sizes", [(7, 4), (30, 30), (1, 1), (1, 6)])
def test_ranks_that_are_all_tied(sizes, correction, side, counted):
    summary = ranked([[3.0] * n for n in sizes], counted=counted)
    found = ranks.mann_whitney(summary, a=1, b=0, alternative=side, correction=correction)
    assert (found.status[0], found.estimate[0], found.p[0]) == (rows.OK, 0.5, 1.0)
    z = special.ndtri(0.975 if side == "two-sided" else 0.95)
    low, high = ranks.newcombe_probability(np.array([0.5]), np.array([sizes[1]]), np.array([sizes[0]]), z=z)
    assert found.low[0] == (0.0 if side == "less" else low[0])
    assert found.high[0] == (1.0 if side == "greater" else high[0])
    whole = ranks.kruskal(summary)
    assert (whole.status[0], whole.statistic[0], whole.p[0]) == (rows.OK, 0.0, 1.0)


def test_ranks_of_constant_arms_that_differ():
    """4 against 5, all of one arm above: tied inside, so the normal tail; H = (N - 1) (1 - 0) = 8 with ties corrected."""
    found = ranks.mann_whitney(ranked([[1.0] * 4, [2.0] * 5], counted=False), a=1, b=0)
    judge = stats.mannwhitneyu([2.0] * 5, [1.0] * 4, method="asymptotic")
    assert (found.estimate[0], found.p[0]) == (1.0, pytest.approx(judge.pvalue, rel=1e-12))
    whole = ranks.kruskal(ranked([[1.0] * 4, [2.0] * 5], counted=False))
    assert whole.statistic[0] == pytest.approx(8.0, rel=1e-12)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("null", [0.0, 2.0])
def test_changes_that_are_all_zero(null, side):
    found = wilcoxon(np.full((1, 9), null), null=null, alternative=side)
    assert (found.status[0], found.estimate[0], found.p[0], found.n[0]) == (rows.OK, null, 1.0, 9)
    assert np.isnan(found.low[0])
    assert wilcoxon(np.full((1, 9), np.nan)).status[0] == rows.EMPTY_ARM


def test_changes_that_are_all_equal():
    """Six changes of +1: W is 21 of 21, tied; the pseudomedian is 1, no shift is left to judge by."""
    found = wilcoxon(np.full((1, 6), 1.0))
    assert (found.statistic[0], found.estimate[0]) == (21.0, 1.0)
    assert found.p[0] == pytest.approx(2 * special.ndtr(-10.0 / math.sqrt(6 * 7 * 13 / 24 - 210 / 48)), rel=1e-12)
    assert np.isnan(found.low[0])


# ---------------------------------------------------------------- counts


@pytest.mark.parametrize("everybody", [False, True])
@pytest.mark.parametrize("side", SIDES)
def test_nobody_or_everybody_has_the_event(side, everybody):
    """Newcombe's interval of 0 of 30 against 0 of 30: half as wide as Wilson's upper limit z^2 / (n + z^2) = .1135."""
    table = counts(*trial([float(everybody)] * 30, [float(everybody)] * 30), arms=2, categories=(0.0, 1.0))
    found = categorical.fisher(table, a=1, b=0, alternative=side)
    assert (found.status[0], found.estimate[0], found.p[0]) == (rows.OK, 0.0, 1.0)
    z = special.ndtri(0.975 if side == "two-sided" else 0.95)
    reach = z * z / (30 + z * z)
    assert found.low[0] == pytest.approx(-1.0 if side == "less" else -reach, rel=1e-12)
    assert found.high[0] == pytest.approx(1.0 if side == "greater" else reach, rel=1e-12)
    chi = categorical.chi_square(table, arms=(1, 0))
    assert (chi.status[0], chi.statistic[0], chi.estimate[0], chi.p[0]) == (rows.OK, 0.0, 0.0, 1.0)
    assert chi.high[0] == pytest.approx(1.959964**2 / (30 + 1.959964**2), rel=1e-6)
    whole = categorical.chi_square(counts(*trial([1.0] * 4, [1.0] * 5, [1.0] * 6), arms=3, categories=(0.0, 1.0)))
    assert (whole.status[0], whole.statistic[0], whole.p[0]) == (rows.OK, 0.0, 1.0)


def test_all_of_one_arm_and_nobody_of_the_other():
    table = counts(*trial([0.0] * 4, [1.0] * 5), arms=2, categories=(0.0, 1.0))
    found = categorical.fisher(table, a=1, b=0)
    assert (found.estimate[0], found.p[0]) == (1.0, pytest.approx(1 / 126, rel=1e-12))
    assert categorical.chi_square(table, arms=(1, 0)).p[0] == pytest.approx(
        stats.chi2_contingency([[0, 5], [4, 0]]).pvalue, rel=1e-12
    )


def test_fisher_has_a_p_on_every_table_of_two_arms():
    tables = [(x, n - x, y, m - y) for n, m in ((1, 1), (1, 4), (5, 3)) for x in range(n + 1) for y in range(m + 1)]
    for yes_a, no_a, yes_b, no_b in tables:
        table = counts(
            *trial([1.0] * yes_a + [0.0] * no_a, [1.0] * yes_b + [0.0] * no_b), arms=2, categories=(0.0, 1.0)
        )
        found = categorical.fisher(table, a=0, b=1)
        assert found.p[0] == pytest.approx(stats.fisher_exact([[yes_a, no_a], [yes_b, no_b]]).pvalue, rel=1e-12)
    empty = counts(*trial([1.0, 0.0], []), arms=2, categories=(0.0, 1.0))
    assert categorical.fisher(empty, a=0, b=1).status[0] == rows.EMPTY_ARM
    assert categorical.chi_square(empty, arms=(0, 1)).status[0] == rows.EMPTY_ARM


# ---------------------------------------------------------------- pairs


@pytest.mark.parametrize("side", SIDES)
def test_dunnett_where_nothing_differs(side):
    """P(max |T| >= 0) is 1; P(max T >= 0) of two comparisons is 1 - P(both below 0) = 1 - (1/4 + asin(1/2) / 2 pi) = 2/3."""
    t, df = np.zeros((1, 2)), np.array([12.0])
    sizes, gaps = np.array([[5, 5, 5]]), np.zeros((1, 2, 1))
    expected = 1.0 if side == "two-sided" else 2 / 3
    assert dunnett(t, df, sizes, alternative=side) == pytest.approx(expected, abs=1e-9)
    assert dunnett_adjusted(t, df, sizes, gaps, alternative=side) == pytest.approx(expected, abs=1e-9)


def test_no_pattern_of_small_constant_arms_is_left_without_an_answer():
    """Two arms of 0 to 3 values on 0 or 1: a test of counts or ranks fails only where an arm is empty."""
    for n, m in itertools.product(range(4), repeat=2):
        for x, y in itertools.product(range(n + 1), range(m + 1)):
            arms = [[1.0] * x + [0.0] * (n - x), [1.0] * y + [0.0] * (m - y)]
            values, arm = trial(*arms)
            if not values.size:
                continue
            table = counts(values, arm, arms=2, categories=(0.0, 1.0))
            for found in (
                categorical.fisher(table, a=0, b=1),
                categorical.chi_square(table, arms=(0, 1)),
                ranks.mann_whitney(table, a=0, b=1),
                ranks.kruskal(table),
            ):
                assert (found.status[0] == rows.EMPTY_ARM) == (n == 0 or m == 0)
                assert np.isfinite(found.p[0]) == (n > 0 and m > 0)
