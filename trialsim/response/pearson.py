"""From latent correlations to the Pearson correlations of the values themselves, in closed form.

Two normals Z1, Z2 with correlation r become values g1(Z1), g2(Z2): a + s Z (normal), exp(a + s Z) (lognormal), or a score
that rises by a step at each cut c (ordinal). With phi and Phi of the standard normal, for s, t > 0:
Cov(exp(sZ1), exp(tZ2)) = exp((s^2 + t^2) / 2) (exp(rst) - 1), Cov(Z1, exp(tZ2)) = r t exp(t^2 / 2),
Cov(Z1, 1[Z2 > c]) = r phi(c), Cov(exp(sZ1), 1[Z2 > c]) = exp(s^2 / 2) (Phi(rs - c) - Phi(-c)), and for two scores
P(Z1 > c, Z2 > d) is the bivariate normal probability. Here exp(sZ) is divided by exp(s^2), so that nothing overflows.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from trialsim.response.joint import total_correlation
from trialsim.response.plan import LOGNORMAL, ORDINAL, ResponsePlan
from trialsim.response.scales import shares_of

Floats = NDArray[np.float64]


def pearson(plan: ResponsePlan, first: int, second: int, *, one_person: float | None = None) -> float:
    """Correlation of the values of two columns in the reference arm, before the ward, the instrument and the clock.

    What practitioner and site share is in it; ``one_person`` as in :func:`trialsim.response.joint.total_correlation`.

    NaN where values do not vary.

    >>> from trialsim.study import prepare  # doctest: +SKIP
    >>> pearson(prepare(scenario).response, 0, 1)  # doctest: +SKIP
    0.53
    """
    latent = total_correlation(plan, first, second, plan.reference, one_person=one_person)
    both = _variance(plan, first) * _variance(plan, second)
    return _covariance(plan, first, second, latent) / math.sqrt(both) if both > 0 else math.nan


def _scale(plan: ResponsePlan, d: int) -> int:
    return plan.outcomes[plan.points[d].outcome].scale


def _steps(plan: ResponsePlan, d: int) -> tuple[Floats, Floats]:
    """Cuts of the latent normal at which a score rises, and by how much."""
    point = plan.points[d]
    upper = np.cumsum(shares_of(point.cuts[plan.reference]))[:-1]
    return special.ndtri(np.clip(upper, 0.0, 1.0)), np.diff(plan.outcomes[point.outcome].categories)


def _variance(plan: ResponsePlan, d: int) -> float:
    point, scale = plan.points[d], _scale(plan, d)
    if scale == ORDINAL:
        shares, scores = shares_of(point.cuts[plan.reference]), plan.outcomes[point.outcome].categories
        return float(shares @ scores**2 - (shares @ scores) ** 2)
    s = float(point.sd[plan.reference])
    return -math.expm1(-(s**2)) if scale == LOGNORMAL else s**2


def _covariance(plan: ResponsePlan, first: int, second: int, r: float) -> float:
    """Covariance of the values; of a lognormal its median, and of a normal its mean, do not matter."""
    a, b = _scale(plan, first), _scale(plan, second)
    if a == ORDINAL and b == ORDINAL:
        return _of_scores(*_steps(plan, first), *_steps(plan, second), r)
    if a == ORDINAL:
        return _covariance(plan, second, first, r)
    s = float(plan.points[first].sd[plan.reference])
    if b == ORDINAL:
        cuts, rises = _steps(plan, second)
        if a == LOGNORMAL:
            return float(rises @ (special.ndtr(r * s - cuts) - special.ndtr(-cuts))) * math.exp(-(s**2) / 2)
        return s * r * float(rises @ np.exp(-(cuts**2) / 2)) / math.sqrt(2 * math.pi)
    t = float(plan.points[second].sd[plan.reference])
    if a == LOGNORMAL and b == LOGNORMAL:
        return math.exp(r * s * t - (s**2 + t**2) / 2) - math.exp(-(s**2 + t**2) / 2)
    if a == LOGNORMAL:
        return r * s * t * math.exp(-(s**2) / 2)
    return r * s * t * (math.exp(-(t**2) / 2) if b == LOGNORMAL else 1.0)


def _of_scores(cuts: Floats, rises: Floats, others: Floats, heights: Floats, r: float) -> float:
    inner = [(c, x) for c, x in zip(cuts, rises, strict=True) if math.isfinite(c)]
    outer = [(d, y) for d, y in zip(others, heights, strict=True) if math.isfinite(d)]
    both = stats.multivariate_normal(mean=[0.0, 0.0], cov=[[1.0, r], [r, 1.0]], allow_singular=True)
    total = sum(
        x * y * (float(both.cdf([-c, -d])) - float(special.ndtr(-c) * special.ndtr(-d)))
        for c, x in inner
        for d, y in outer
    )
    return float(total)
