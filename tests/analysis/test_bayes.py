"""The posterior of a normal prior against its integral by scipy, and its limits where the prior says nothing or everything."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from trialsim.analysis import rows
from trialsim.analysis.methods.bayes import bayes, posterior
from trialsim.analysis.methods.means import welch_t
from trialsim.analysis.moments import moments


def agrees(ours, theirs, rtol=1e-8):
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rtol, atol=1e-12)


@pytest.fixture(scope="module")
def data(trials, small_trials):
    parts = [welch_t(moments(t.y, t.arm, arms=3), a=2, b=0) for t in (trials, small_trials)]
    names = ("estimate", "se", "df", "statistic", "p", "low", "high", "n", "status")
    return rows.Rows(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def slow(estimate, se, prior_mean, prior_sd, null):
    """Mean, SD and P(effect > null) of prior times likelihood, by integration over the effect."""

    def density(x):
        return stats.norm.pdf(x, prior_mean, prior_sd) * stats.norm.pdf(estimate, x, se)

    middle = (estimate / se**2 + prior_mean / prior_sd**2) / (1 / se**2 + 1 / prior_sd**2)
    reach = 12 / math.sqrt(1 / se**2 + 1 / prior_sd**2)

    def over(f, low=middle - reach):
        low = min(max(low, middle - reach), middle + reach)
        cuts = [(low, max(low, middle)), (max(low, middle), middle + reach)]
        return sum(integrate.quad(f, a, b, epsabs=0, epsrel=1e-12)[0] for a, b in cuts if b > a)

    total = over(density)
    mean = over(lambda x: x * density(x)) / total
    return mean, math.sqrt(over(lambda x: (x - mean) ** 2 * density(x)) / total), over(density, null) / total


@pytest.mark.parametrize(("prior_mean", "prior_sd", "null"), [(0.0, 0.5, 0.0), (1.0, 2.0, 0.5)])
def test_it_equals_the_integral(data, prior_mean, prior_sd, null):
    prior = {"prior_mean": prior_mean, "prior_sd": prior_sd, "null": null}
    two, greater, less = (bayes(data, alternative=side, **prior) for side in ("two-sided", "greater", "less"))
    for r in np.flatnonzero(data.status == rows.OK):
        mean, sd, above = slow(data.estimate[r], data.se[r], prior_mean, prior_sd, null)
        agrees([two.estimate[r], two.se[r]], [mean, sd], rtol=1e-7)
        agrees([less.p[r], greater.p[r]], [above, 1 - above], rtol=1e-6)
        agrees(two.p[r], 2 * min(above, 1 - above), rtol=1e-6)
        agrees([two.low[r], two.high[r]], stats.norm.interval(0.95, mean, sd), rtol=1e-6)
        agrees([greater.low[r], greater.high[r]], stats.norm.interval(0.9, mean, sd), rtol=1e-6)
    assert (data.status == rows.OK).sum() > 70


def test_a_prior_that_says_nothing_is_the_z_test(data):
    result = bayes(data, prior_mean=3.0, prior_sd=1e8)
    agrees(result.estimate, data.estimate)
    agrees(result.p, 2 * stats.norm.sf(np.abs(data.estimate / data.se)))


def test_a_prior_that_says_everything_is_not_moved(data):
    result = bayes(data, prior_mean=3.0, prior_sd=1e-8, alternative="greater")
    fine = data.status == rows.OK
    agrees(result.estimate[fine], 3.0)
    assert (result.p[fine] == 0.0).all()


def test_a_published_posterior():
    """The GREAT trial: log odds ratio -.742 from 30.5 events' worth, prior -.255 worth 236.7, SD 2 / sqrt(worth).

    Spiegelhalter, Abrams and Myles 2004, Bayesian Approaches to Clinical Trials and Health-Care Evaluation, section 3.6.
    """
    mean, sd = posterior(
        np.array([-0.742]), np.array([2 / math.sqrt(30.5)]), prior_mean=-0.255, prior_sd=2 / math.sqrt(236.7)
    )
    assert (round(mean[0], 2), round(sd[0], 2)) == (-0.31, 0.12)


@pytest.mark.parametrize(
    ("y", "status", "p"),
    [
        ([1.0, 1.0, 1.0, 1.0], rows.OK, 1.0),
        ([1.0, 1.0, 2.0, 2.0], rows.NO_VARIANCE, None),
        ([1.0, 2.0, np.nan, np.nan], rows.EMPTY_ARM, None),
        ([1.0, 2.0, 2.0, np.nan], rows.TOO_FEW, None),
    ],
)
@pytest.mark.parametrize("side", ["two-sided", "greater"])
def test_status(y, status, p, side):
    m = moments(np.array([y]), np.array([[0, 0, 1, 1]], np.int8), arms=2)
    result = bayes(welch_t(m, a=1, b=0), prior_mean=0.5, prior_sd=1.0, alternative=side)
    assert result.status.tolist() == [status]
    if p is None:
        assert np.isnan([result.p[0], result.estimate[0]]).all()
    else:
        assert (result.p[0], result.estimate[0]) == (p, 0.0)
        assert np.isnan(result.low[0])


def test_the_comparison_sees_planted_faults(data):
    good = bayes(data, prior_mean=0.0, prior_sd=0.5)
    for other in ({"prior_mean": 0.0, "prior_sd": 0.25}, {"prior_mean": 0.5, "prior_sd": 0.5}):
        with pytest.raises(AssertionError):
            agrees(bayes(data, **other).p, good.p)
