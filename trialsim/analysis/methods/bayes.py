"""A Bayesian comparison of two arms: a normal prior on the difference, updated by the estimate of Welch's test and its SE.

Estimand: that of Welch's test, the mean difference a - b. The estimate of the row is the posterior mean and its SE the
posterior SD, so its bias is that of the prior: with a sceptical prior it is nearer to the prior mean than the data are.

The likelihood is normal with the standard error taken as known: prior and posterior are then both normal, as in
Spiegelhalter's analyses. With few participants it knows the standard error too well, as a z test does.

p is the posterior probability that the effect is not on the named side of the null (two-sided: twice the smaller one), so
that ``P(effect > 0) > 97.5 %`` is the decision p < 2.5 % of the alternative "greater". The credible interval always has two
ends, with the same probability beyond each as the decision: 95 % of the posterior lie in it then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.means import welch_t
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import OK, FloatArray, Rows, make_rows
from trialsim.analysis.tails import interval_probability, normal_p
from trialsim.heavy import special
from trialsim.response.plan import ResponsePlan


def posterior(
    estimate: FloatArray, se: FloatArray, *, prior_mean: float, prior_sd: float
) -> tuple[FloatArray, FloatArray]:
    """Mean and SD (R,) of the posterior of a normal prior and a normal estimate; the estimate itself where its SE is 0.

    References
    ----------
    Spiegelhalter, Freedman and Parmar 1994, J R Stat Soc A 157:357, doi:10.2307/2983527, section 4.1.

    >>> mean, sd = posterior(np.array([2.0]), np.array([1.0]), prior_mean=0.0, prior_sd=1.0)
    >>> print(f"{mean[0]:.3f}, {sd[0]:.3f}")
    1.000, 0.707
    """
    variance = se**2
    share = prior_sd**2 / (prior_sd**2 + variance)
    return share * estimate + (1.0 - share) * prior_mean, np.sqrt(share * variance)


def bayes(
    data: Rows,
    *,
    prior_mean: float,
    prior_sd: float,
    null: float = 0.0,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """The posterior of the effect that ``data`` estimate.

    The statistic is the posterior mean's distance from the null in posterior SDs. Where nothing varies the data leave no
    doubt: the posterior is their estimate, p is 1 if that is the null, and the interval is missing.

    Parameters
    ----------
    data : rows of a test with estimate and SE
    prior_mean, prior_sd : of the normal prior of the effect
    null : the number in "effect > 0"
    """
    mean, sd = posterior(data.estimate, data.se, prior_mean=prior_mean, prior_sd=prior_sd)
    flat = (data.status == OK) & (sd == 0.0)
    with np.errstate(all="ignore"):
        z = np.where(flat & (mean == null), 0.0, (mean - null) / sd)
        half_width = float(special.ndtri(interval_probability(level, alternative))) * sd
        low, high = mean - half_width, mean + half_width
        p = np.where(flat & (mean == null), 1.0, normal_p(z, alternative))
    low, high = np.where(flat, np.nan, low), np.where(flat, np.nan, high)
    return make_rows(z, p, n=data.n, status=data.status, estimate=mean, se=sd, low=low, high=high)


# ---------------------------------------------------------------- caveat, method


def shrinks(call: PlannedAnalysis, _response: ResponsePlan) -> str | None:
    """A prior that says something moves the estimate, and with it bias and coverage."""
    mean, sd = call.prior
    return (
        f"{call.name}: the estimate is the mean of the posterior, moved toward the prior mean {mean:g} (SD {sd:g}). Its bias "
        "and the coverage of its interval are those of the prior too, and the rate of decisions without an effect is not "
        "fixed by the probability in decide: it is simulated."
    )


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    (a, b), (mean, sd) = arms, call.prior
    found = welch_t(data.moments(call.endpoint, call.choice), a=a, b=b)
    return bayes(
        found, prior_mean=mean, prior_sd=sd, null=call.null, alternative=call.alternative, level=1.0 - call.alpha
    )


_REASON = "The decision depends on the prior; the t-tests beside it have a formula."

METHODS: Methods = {("bayes", "two"): Method(_run, NoClosedForm(_REASON), None, (shrinks,))}
