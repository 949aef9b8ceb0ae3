"""From latent correlations to the Pearson correlations of the values themselves, in closed form.

Two normals Z1, Z2 with correlation r become values g1(Z1), g2(Z2): a + s Z (normal), exp(a + s Z) (lognormal), or a score
that rises by a step at each cut c (ordinal). With phi and Phi of the standard normal, for s, t > 0:
Cov(exp(sZ1), exp(tZ2)) = exp((s^2 + t^2) / 2) (exp(rst) - 1), Cov(Z1, exp(tZ2)) = r t exp(t^2 / 2),
Cov(Z1, 1[Z2 > c]) = r phi(c), Cov(exp(sZ1), 1[Z2 > c]) = exp(s^2 / 2) (Phi(rs - c) - Phi(-c)), and for two scores
P(Z1 > c, Z2 > d) is the bivariate normal probability. Here exp(sZ) is divided by exp(s^2), so that nothing overflows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from trialsim.response.people import total_correlation
from trialsim.response.plan import ResponsePlan
from trialsim.response.scales.parts import Exponential, Form, Linear, Steps

Floats = NDArray[np.float64]


def pearson(plan: ResponsePlan, first: int, second: int, *, one_person: float | None = None) -> float:
    """Correlation of the values of two columns in the reference arm, before the ward, the instrument and the clock.

    What practitioner and site share is in it; ``one_person`` as in :func:`trialsim.response.people.total_correlation`.

    NaN where values do not vary.

    >>> from trialsim.study import prepare  # doctest: +SKIP
    >>> pearson(prepare(scenario).response, 0, 1)  # doctest: +SKIP
    0.53
    """
    latent = total_correlation(plan, first, second, plan.reference, one_person=one_person)
    a, b = _form(plan, first), _form(plan, second)
    both = VARIANCE[type(a)](a) * VARIANCE[type(b)](b)
    return COVARIANCE[type(a), type(b)](a, b, latent) / math.sqrt(both) if both > 0 else math.nan


def _form(plan: ResponsePlan, d: int) -> Form:
    point = plan.points[d]
    outcome = plan.outcomes[point.outcome]
    return outcome.parts.form(point, plan.reference, outcome.categories)


#: Variance of a value; of an exponential its median, and of a line its mean, do not matter.
VARIANCE: dict[type[Form], Callable[[Any], float]] = {
    Linear: lambda a: a.sd**2,
    Exponential: lambda a: -math.expm1(-(a.sd**2)),
    Steps: lambda a: a.variance,
}


def _line_and_steps(a: Linear, b: Steps, r: float) -> float:
    return a.sd * r * float(b.rises @ np.exp(-(b.cuts**2) / 2)) / math.sqrt(2 * math.pi)


def _exponential_and_steps(a: Exponential, b: Steps, r: float) -> float:
    s = a.sd
    return float(b.rises @ (special.ndtr(r * s - b.cuts) - special.ndtr(-b.cuts))) * math.exp(-(s**2) / 2)


def _two_exponentials(a: Exponential, b: Exponential, r: float) -> float:
    s, t = a.sd, b.sd
    return math.exp(r * s * t - (s**2 + t**2) / 2) - math.exp(-(s**2 + t**2) / 2)


#: Covariance of two values, of which the normals correlate by r, for every pair of forms.
COVARIANCE: dict[tuple[type[Form], type[Form]], Callable[[Any, Any, float], float]] = {
    (Linear, Linear): lambda a, b, r: r * a.sd * b.sd,
    (Linear, Exponential): lambda a, b, r: r * a.sd * b.sd * math.exp(-(b.sd**2) / 2),
    (Linear, Steps): _line_and_steps,
    (Exponential, Linear): lambda a, b, r: r * a.sd * b.sd * math.exp(-(a.sd**2) / 2),
    (Exponential, Exponential): _two_exponentials,
    (Exponential, Steps): _exponential_and_steps,
    (Steps, Linear): lambda a, b, r: _line_and_steps(b, a, r),
    (Steps, Exponential): lambda a, b, r: _exponential_and_steps(b, a, r),
    (Steps, Steps): lambda a, b, r: _of_scores(a.cuts, a.rises, b.cuts, b.rises, r),
}


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
