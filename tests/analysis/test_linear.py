"""Analysis of covariance against statsmodels, replicate by replicate."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from trialsim.analysis import rows
from trialsim.analysis.cross_moments import CrossMoments, cross_moments
from trialsim.analysis.methods import linear
from trialsim.analysis.methods.means import anova, anova_pair
from trialsim.analysis.moments import moments


def agrees(ours, theirs, rtol=1e-8):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-13)


def slow_fit(trials, r, covariates):
    """Least squares of statsmodels on the complete cases of one replicate, one column an arm."""
    x = trials.x[r][:, :covariates]
    keep = (trials.arm[r] >= 0) & ~np.isnan(trials.y[r]) & ~np.isnan(x).any(axis=1)
    arms = (trials.arm[r][keep, None] == np.arange(3)).astype(float)
    return sm.OLS(trials.y[r][keep], np.column_stack([arms, x[keep]])).fit(), int(keep.sum())


@pytest.mark.parametrize("covariates", [1, 2])
@pytest.mark.parametrize(("a", "b"), [(1, 0), (2, 1)])
def test_contrast_equals_statsmodels(trials, covariates, a, b):
    m = cross_moments(trials.y, trials.x[..., :covariates], trials.arm, arms=3)
    result = linear.ancova(m, a=a, b=b, level=0.9)
    for r in range(len(trials.y)):
        fit, n = slow_fit(trials, r, covariates)
        contrast = np.zeros(3 + covariates)
        contrast[[a, b]] = 1.0, -1.0
        judge = fit.t_test(contrast)
        low, high = judge.conf_int(0.1)[0]
        agrees(
            [result.estimate[r], result.se[r], result.statistic[r], result.p[r], result.low[r], result.high[r]],
            [judge.effect[0], judge.sd[0, 0], judge.tvalue[0, 0], judge.pvalue, low, high],
        )
        assert result.df[r] == fit.df_resid == n - 3 - covariates
    assert (result.status == rows.OK).all()


@pytest.mark.parametrize("covariates", [1, 2])
def test_omnibus_equals_statsmodels(trials, covariates):
    m = cross_moments(trials.y, trials.x[..., :covariates], trials.arm, arms=3)
    result = linear.ancova_omnibus(m)
    for r in range(len(trials.y)):
        fit, n = slow_fit(trials, r, covariates)
        restriction = np.zeros((2, 3 + covariates))
        restriction[0, :2], restriction[1, 1:3] = (1, -1), (1, -1)
        judge = fit.f_test(restriction)
        agrees([result.statistic[r], result.p[r]], [judge.fvalue, judge.pvalue])
        assert result.n[r] == n


@pytest.mark.parametrize("null", [0.5, -2.0])
def test_another_null_equals_statsmodels(trials, null):
    m = cross_moments(trials.y, trials.x, trials.arm, arms=3)
    result, plain = linear.ancova(m, a=1, b=0, null=null), linear.ancova(m, a=1, b=0)
    for r in range(len(trials.y)):
        judge = slow_fit(trials, r, 2)[0].t_test(([-1.0, 1.0, 0.0, 0.0, 0.0], null))
        agrees([result.statistic[r], result.p[r]], [judge.tvalue[0, 0], judge.pvalue])
    agrees(result.low, plain.low)


@pytest.mark.parametrize("side", ["greater", "less"])
def test_one_sided(trials, side):
    m = cross_moments(trials.y, trials.x[..., 0], trials.arm, arms=3)
    result = linear.ancova(m, a=1, b=0, alternative=side)
    sign = 1.0 if side == "greater" else -1.0
    agrees(result.p, stats.t.sf(sign * result.statistic, result.df))
    assert np.isinf(result.high if side == "greater" else result.low).all()


def test_two_arm_omnibus_is_the_square_of_the_contrast(trials):
    arm = np.where(trials.arm == 2, -1, trials.arm).astype(np.int8)
    m = cross_moments(trials.y, trials.x[..., 0], arm, arms=2)
    agrees(linear.ancova_omnibus(m).statistic, linear.ancova(m, a=1, b=0).statistic ** 2)


def test_without_covariates_it_is_the_analysis_of_variance(trials):
    m = cross_moments(trials.y, trials.x[..., :0], trials.arm, arms=3)
    plain = moments(trials.y, trials.arm, arms=3)
    agrees(linear.ancova(m, a=1, b=0).p, anova_pair(plain, a=1, b=0).p)
    agrees(linear.ancova_omnibus(m).p, anova(plain).p)


def test_shift_and_scale_of_the_covariate_change_nothing(trials):
    first = linear.ancova(cross_moments(trials.y, trials.x[..., 0], trials.arm, arms=3), a=1, b=0)
    moved = cross_moments(trials.y, 1e6 + 1e-3 * trials.x[..., 0], trials.arm, arms=3)
    agrees(linear.ancova(moved, a=1, b=0).p, first.p, 1e-5)


def test_replicates_do_not_touch_each_other(trials):
    whole = linear.ancova(cross_moments(trials.y, trials.x, trials.arm, arms=3), a=1, b=0)
    part = linear.ancova(cross_moments(trials.y[5:6], trials.x[5:6], trials.arm[5:6], arms=3), a=1, b=0)
    assert part.p[0] == whole.p[5]


@pytest.mark.parametrize(
    ("x", "status"),
    [
        ([4.0, 4.0, 4.0, 4.0, 4.0, 4.0], rows.OK),
        ([4.0, 4.0, 4.0, 5.0, 5.0, 5.0], rows.SINGULAR),
        ([1.0, 2.0, 4.0, 3.0, 7.0, 5.0], rows.OK),
        ([1.0, 2.0, np.nan, 3.0, np.nan, np.nan], rows.TOO_FEW),
        ([1.0, 2.0, 5.0, np.nan, np.nan, np.nan], rows.EMPTY_ARM),
    ],
)
@pytest.mark.parametrize("omnibus", [False, True])
def test_status(x, status, omnibus):
    y = np.array([[1.0, 2.5, 3.0, 1.0, 5.0, 4.5]])
    arm = np.array([[0, 0, 0, 1, 1, 1]], np.int8)
    m = cross_moments(y, np.array([x]), arm, arms=2)
    result = linear.ancova_omnibus(m) if omnibus else linear.ancova(m, a=1, b=0)
    assert result.status.tolist() == [status]
    assert np.isnan(result.p[0]) == (status != rows.OK)


def test_an_outcome_that_is_its_covariate_has_no_variance(trials):
    y = 3.0 + 2.0 * trials.x[..., 0] + trials.arm
    m = cross_moments(y, trials.x[..., 0], trials.arm, arms=3)
    assert (linear.ancova(m, a=1, b=0).status == rows.NO_VARIANCE).all()


def test_a_covariate_that_follows_from_another_is_left_out(trials):
    """As ``lm`` in R does: the same numbers as without it."""
    x = np.stack([trials.x[..., 0], 2.0 * trials.x[..., 0]], axis=2)
    both = cross_moments(trials.y, x, trials.arm, arms=3)
    one = cross_moments(trials.y, trials.x[..., 0], trials.arm, arms=3)
    for with_it, without in (
        (linear.ancova(both, a=1, b=0), linear.ancova(one, a=1, b=0)),
        (linear.ancova_omnibus(both), linear.ancova_omnibus(one)),
    ):
        assert (with_it.df == without.df).all()
        agrees(with_it.statistic, without.statistic)
        agrees(with_it.p, without.p)


def test_a_covariate_that_is_the_arm_leaves_no_estimate(trials):
    m = cross_moments(trials.y, 5.0 + (trials.arm == 1), trials.arm, arms=3)
    assert (linear.ancova(m, a=1, b=0).status == rows.SINGULAR).all()
    assert (linear.ancova_omnibus(m).status == rows.SINGULAR).all()
    assert (linear.ancova(m, a=2, b=0).status == rows.OK).all()


def total_slope(m):
    """Planted fault: the slope is taken from all participants, not within arms."""
    weight = m.n[:, :, None] / m.n.sum(axis=1)[:, None, None]
    away = m.mean - (weight * m.mean).sum(axis=1)[:, None, :]
    between = np.einsum("rk,rkp,rkq->rpq", m.n, away, away)
    return CrossMoments(n=m.n, mean=m.mean, within=m.within + between)


def unadjusted(m):
    """Planted fault: the arms' baseline means are taken as equal."""
    mean = m.mean.copy()
    mean[:, :, :-1] = mean[:, :1, :-1]
    return CrossMoments(n=m.n, mean=mean, within=m.within)


@pytest.mark.parametrize("fault", [total_slope, unadjusted])
def test_the_comparison_with_statsmodels_sees_planted_faults(trials, fault):
    m = cross_moments(trials.y, trials.x[..., 0], trials.arm, arms=3)
    judge = [slow_fit(trials, r, 1)[0].t_test([-1.0, 1.0, 0.0, 0.0]).pvalue for r in range(len(trials.y))]
    agrees(linear.ancova(m, a=1, b=0).p, np.ravel(judge))
    with pytest.raises(AssertionError):
        agrees(linear.ancova(fault(m), a=1, b=0).p, np.ravel(judge))
