"""Tests of means against scipy and statsmodels, replicate by replicate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

from trialsim.analysis import rows
from trialsim.analysis.methods import means
from trialsim.analysis.moments import moments

RTOL = 1e-8  # DESIGN: every estimator agrees with its judge to 1e-8 relative
SIDES = ("two-sided", "greater", "less")


def agrees(ours, theirs, rtol=RTOL):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-13)


def slow_moments(groups):
    n = [len(g) for g in groups]
    mean = [sum(g) / len(g) for g in groups]
    return n, mean, [sum((v - m) ** 2 for v in g) for g, m in zip(groups, mean, strict=True)]


def test_moments_equal_their_formula(trials):
    m = moments(trials.y, trials.arm, arms=3)
    for r in range(len(trials.y)):
        n, mean, ss = slow_moments(trials.groups(r))
        assert m.n[r].tolist() == n
        agrees(m.mean[r], mean, 1e-13)
        agrees(m.ss[r], ss, 1e-11)


def test_moments_keep_their_digits_far_from_zero():
    y = np.array([[1e9 + 1.0, 1e9 + 2.0, 1e9 + 4.0, -1e9, -1e9]])
    m = moments(y, np.array([[0, 0, 0, 1, 1]], np.int8), arms=2)
    assert m.ss[0, 0] == pytest.approx(14.0 / 3.0, rel=1e-14)
    assert m.ss[0, 1] == 0.0


@pytest.mark.parametrize("side", SIDES)
def test_two_sample_and_welch_t_equal_scipy(trials, side):
    m = moments(trials.y, trials.arm, arms=3)
    for ours, equal_var in ((means.two_sample_t, True), (means.welch_t, False)):
        result = ours(m, a=1, b=0, alternative=side)
        for r in range(len(trials.y)):
            g = trials.groups(r)
            judge = stats.ttest_ind(g[1], g[0], equal_var=equal_var, alternative=side)
            ci = judge.confidence_interval(0.95)
            agrees([result.statistic[r], result.p[r], result.df[r]], [judge.statistic, judge.pvalue, judge.df])
            agrees([result.low[r], result.high[r]], [ci.low, ci.high])
            agrees(result.estimate[r], g[1].mean() - g[0].mean())
            assert result.n[r] == len(g[0]) + len(g[1])
        assert (result.status == rows.OK).all()


@pytest.mark.parametrize("side", SIDES)
def test_one_sample_and_paired_t_equal_scipy(trials, side):
    after, before = trials.y, 1e3 + trials.x[..., 0]
    result = means.paired_t(after, before, alternative=side, level=0.9)
    shifted = means.one_sample_t(moments(after - before), null=-19.0, alternative=side)
    for r in range(len(after)):
        both = ~np.isnan(after[r]) & ~np.isnan(before[r])
        judge = stats.ttest_rel(after[r][both], before[r][both], alternative=side)
        ci = judge.confidence_interval(0.9)
        agrees(
            [result.statistic[r], result.p[r], result.low[r], result.high[r]],
            [judge.statistic, judge.pvalue, ci.low, ci.high],
        )
        agrees(shifted.p[r], stats.ttest_1samp((after - before)[r][both], -19.0, alternative=side).pvalue)


def test_analyses_of_variance_equal_scipy_and_statsmodels(trials):
    m = moments(trials.y, trials.arm, arms=3)
    equal, unequal = means.anova(m), means.welch_anova(m)
    for r in range(len(trials.y)):
        judge = stats.f_oneway(*trials.groups(r))
        agrees([equal.statistic[r], equal.p[r]], [judge.statistic, judge.pvalue])
        welch = anova_oneway(trials.groups(r), use_var="unequal", welch_correction=True)
        agrees([unequal.statistic[r], unequal.p[r], unequal.df[r]], [welch.statistic, welch.pvalue, welch.df_denom])
    assert np.isnan(equal.estimate).all()


def test_anova_pair_is_the_contrast_of_the_whole_model(trials):
    m = moments(trials.y, trials.arm, arms=3)
    result = means.anova_pair(m, a=2, b=0)
    for r in range(len(trials.y)):
        n, mean, ss = slow_moments(trials.groups(r))
        df = sum(n) - 3
        se = np.sqrt(sum(ss) / df * (1 / n[2] + 1 / n[0]))
        t = (mean[2] - mean[0]) / se
        agrees([result.statistic[r], result.p[r], result.df[r]], [t, 2 * stats.t.sf(abs(t), df), df])


def test_welch_anova_of_two_arms_is_the_square_of_welch_t(trials):
    arm = np.where(trials.arm == 2, -1, trials.arm).astype(np.int8)
    m = moments(trials.y, arm, arms=2)
    omnibus, pair = means.welch_anova(m), means.welch_t(m, a=1, b=0)
    agrees(omnibus.statistic, pair.statistic**2)
    agrees(omnibus.p, pair.p, 1e-7)


def test_relabeling_the_arms_flips_the_sign(trials):
    m = moments(trials.y, trials.arm, arms=3)
    for test in (means.two_sample_t, means.welch_t, means.anova_pair):
        forth, back = test(m, a=1, b=0), test(m, a=0, b=1)
        assert (forth.estimate == -back.estimate).all()
        assert (forth.low == -back.high).all()
        assert (forth.p == back.p).all()


def test_replicates_do_not_touch_each_other(trials):
    whole = means.welch_t(moments(trials.y, trials.arm, arms=3), a=1, b=0)
    part = means.welch_t(moments(trials.y[11:13], trials.arm[11:13], arms=3), a=1, b=0)
    assert (whole.p[11:13] == part.p).all()
    assert (whole.low[11:13] == part.low).all()


NOTHING = np.nan


@pytest.mark.parametrize(
    ("values", "arms", "status"),
    [
        ([1.0, 2.0, NOTHING, NOTHING], [0, 0, 1, 1], rows.EMPTY_ARM),
        ([1.0, 2.0, 3.0, 4.0], [0, 0, -1, -1], rows.EMPTY_ARM),
        ([1.0, NOTHING, 2.0, NOTHING], [0, 0, 1, 1], rows.TOO_FEW),
        ([0.1, 0.1, 0.7, 0.7], [0, 0, 1, 1], rows.NO_VARIANCE),
        ([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1], rows.OK),
    ],
)
@pytest.mark.parametrize("test", ["two_sample_t", "welch_t", "anova_pair", "anova", "welch_anova"])
def test_a_trial_that_cannot_be_analyzed_gets_a_status(values, arms, status, test):
    m = moments(np.array([values]), np.array([arms], np.int8), arms=2)
    function = getattr(means, test)
    result = function(m) if test.endswith("anova") else function(m, a=1, b=0)
    assert result.status.tolist() == [status]
    assert np.isnan(result.p[0]) == (status != rows.OK)
    assert np.isnan(result.low[0]) or status == rows.OK


def test_an_empty_third_arm_spoils_the_omnibus_test_but_not_the_pair():
    m = moments(np.array([[1.0, 2.0, 3.0, 5.0]]), np.array([[0, 0, 1, 1]], np.int8), arms=3)
    assert means.anova(m).status[0] == rows.EMPTY_ARM
    pair = means.anova_pair(m, a=1, b=0)
    assert pair.df[0] == 2.0
    agrees(pair.p, means.two_sample_t(m, a=1, b=0).p)


def test_a_closed_gate_takes_p_away_and_nothing_else(trials):
    result = means.welch_t(moments(trials.y, trials.arm, arms=3), a=1, b=0)
    is_open = np.arange(len(result.p)) % 2 == 0
    gated = rows.behind_gate(result, is_open)
    assert (gated.status[~is_open] == rows.NOT_TESTED).all()
    assert np.isnan(gated.p[~is_open]).all()
    assert (gated.p[is_open] == result.p[is_open]).all()
    assert (gated.low == result.low).all()


def biased_variance(m):
    """Planted fault: sums of squares as if the variance divided by n and not n - 1."""
    return type(m)(n=m.n, mean=m.mean, ss=m.ss * (m.n - 1.0) / m.n)


def late_shift(m):
    """Planted fault: one missing value too many is dropped from the count."""
    return type(m)(n=m.n - np.array([1, 0, 0]), mean=m.mean, ss=m.ss)


@pytest.mark.parametrize("fault", [biased_variance, late_shift])
def test_the_comparison_with_scipy_sees_planted_faults(trials, fault):
    m = fault(moments(trials.y, trials.arm, arms=3))
    judge = [stats.ttest_ind(trials.groups(r)[1], trials.groups(r)[0]).pvalue for r in range(len(trials.y))]
    with pytest.raises(AssertionError):
        agrees(means.two_sample_t(m, a=1, b=0).p, judge)
