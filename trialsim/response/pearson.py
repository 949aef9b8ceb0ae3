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

from trialsim.heavy import special
from trialsim.numbers.quadrature import gauss_legendre
from trialsim.response.joint import total_correlation
from trialsim.response.plan import ResponsePlan
from trialsim.response.scales.parts import ExponentialForm, Form, LinearForm, StepForm

Floats = NDArray[np.float64]


def pearson(plan: ResponsePlan, first: int, second: int, *, one_person: float | None = None) -> float:
    """Correlation of the values of two columns in the reference arm, before the ward, the instrument and the clock.

    It includes the shares of practitioner and site; ``one_person`` is as in :func:`trialsim.response.joint.total_correlation`.

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
    LinearForm: lambda a: a.sd**2,
    ExponentialForm: lambda a: -math.expm1(-(a.sd**2)),
    StepForm: lambda a: a.variance,
}


def _line_and_steps(a: LinearForm, b: StepForm, r: float) -> float:
    return a.sd * r * float(b.rises @ np.exp(-(b.cuts**2) / 2)) / math.sqrt(2 * math.pi)


def _exponential_and_steps(a: ExponentialForm, b: StepForm, r: float) -> float:
    s = a.sd
    return float(b.rises @ (special.ndtr(r * s - b.cuts) - special.ndtr(-b.cuts))) * math.exp(-(s**2) / 2)


def _two_exponentials(a: ExponentialForm, b: ExponentialForm, r: float) -> float:
    s, t = a.sd, b.sd
    return math.exp(r * s * t - (s**2 + t**2) / 2) - math.exp(-(s**2 + t**2) / 2)


#: Covariance of two values, of which the normals correlate by r, for every pair of forms.
COVARIANCE: dict[tuple[type[Form], type[Form]], Callable[[Any, Any, float], float]] = {
    (LinearForm, LinearForm): lambda a, b, r: r * a.sd * b.sd,
    (LinearForm, ExponentialForm): lambda a, b, r: r * a.sd * b.sd * math.exp(-(b.sd**2) / 2),
    (LinearForm, StepForm): _line_and_steps,
    (ExponentialForm, LinearForm): lambda a, b, r: r * a.sd * b.sd * math.exp(-(a.sd**2) / 2),
    (ExponentialForm, ExponentialForm): _two_exponentials,
    (ExponentialForm, StepForm): _exponential_and_steps,
    (StepForm, LinearForm): lambda a, b, r: _line_and_steps(b, a, r),
    (StepForm, ExponentialForm): lambda a, b, r: _exponential_and_steps(b, a, r),
    (StepForm, StepForm): lambda a, b, r: _of_scores(a.cuts, a.rises, b.cuts, b.rises, r),
}


#: Points of Gauss and Legendre for the integral below: ten digits at correlations up to .99.
_NODES, _WEIGHTS = gauss_legendre(64)


def _of_scores(cuts: Floats, rises: Floats, others: Floats, heights: Floats, r: float) -> float:
    """Covariance of two scores: over all cuts c and d, the rises times P(both above) - P(above) P(above).

    With t = sin(a) that difference is the integral of exp(-(c^2 + d^2 - 2 c d sin a) / (2 cos^2 a)) / (2 pi) over a from
    0 to arcsin(r); all pairs of cuts are summed at once.

    References
    ----------
    Plackett 1954, doi:10.1093/biomet/41.3-4.351
    """
    inner, outer = np.isfinite(cuts), np.isfinite(others)
    c, x, d, y = cuts[inner][:, None], rises[inner], others[outer], heights[outer]
    half = math.asin(max(-1.0, min(r, 1.0))) / 2
    total = 0.0
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        sine = math.sin(half * (1.0 + node))
        density = np.exp(-(c * c + d * d - 2.0 * c * d * sine) / (2.0 * (1.0 - sine * sine)))
        total += weight * half * float(x @ density @ y)
    return total / (2.0 * math.pi)
