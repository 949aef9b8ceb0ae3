"""Events counted between two visits: levels are means of the planned interval, effects rate ratios.

A count is negative binomial, with variance mean + dispersion mean^2; Poisson where the dispersion is 0. The predictor is the
logarithm of the mean, which is proportional to the time at risk. ``sd`` of the levels holds the dispersion.

References
----------
Hilbe 2011, Negative Binomial Regression, 2nd ed., doi:10.1017/CBO9780511973420, section 8.2 (NB2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.errors import DistributionError
from trialsim.heavy import special
from trialsim.numbers.normal import ndtr
from trialsim.response.scales import measured
from trialsim.response.scales.moments import ArmEndpoint, ArmPoint, EndpointDistribution, discrete
from trialsim.response.scales.parts import (
    NOTHING,
    AnyEffect,
    CalibrationRound,
    EffectSizes,
    Form,
    LevelParameters,
    Levels,
    ReadingPair,
    ScaleParts,
    StepForm,
    Twin,
    ValueColumn,
)
from trialsim.response.scales.scores import toward
from trialsim.scenario.model import Level

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: A count with a larger mean is refused as impossible (TS-N010).
LARGEST = 1e6
#: What is left out of a distribution that is written out.
REST = 1e-13


@kernel
def count_quantile(mean, dispersion, z):  # type: ignore[no-untyped-def]
    """The smallest k with P(X <= k) >= Phi(z) of a negative binomial X; infinite beyond :data:`LARGEST`.

    With p_k = P(X = k): p_0 = (1 + d m)^(-1/d), or exp(-m), and p_(k+1) / p_k = m (1 + d k) / ((1 + d m) (k + 1)). Where p_0
    is below the smallest number, the sum begins 10 SDs below the mean.
    """
    if not mean <= LARGEST:
        return math.inf
    u, k = ndtr(z), 0
    none = math.log1p(dispersion * mean) / dispersion if dispersion > 0.0 else mean  # -log p_0
    p = math.exp(-none)
    if none > 700.0:
        k = max(int(mean - 10.0 * math.sqrt(mean + dispersion * mean**2)), 0)
        log_p = k * math.log(mean) - math.lgamma(k + 1.0) - mean
        if dispersion > 0.0:
            r = 1.0 / dispersion
            ratio = math.lgamma(k + r) - math.lgamma(r) + k * math.log(dispersion)
            log_p = ratio - math.lgamma(k + 1.0) - none + k * (math.log(mean) - math.log1p(dispersion * mean))
        p = math.exp(log_p)
    total = p
    while total < u:
        p *= mean * (1.0 + dispersion * k) / ((1.0 + dispersion * mean) * (k + 1.0))
        k += 1
        if k > mean and p < 1e-18:
            break
        total += p
    return float(k)


@kernel
def counted(  # type: ignore[no-untyped-def]
    factor, reference, location, dispersion, until, delivered, own, common, planned, has_shift, shift, z, arm, d, out
):
    """Fill ``out`` (R, N, D) at column ``d`` with counts: the mean adds up over the pieces (J, R, N) of a :class:`Course`.

    ``location``, ``dispersion`` (K,) are those of full delivery, scaled by lambda already, as ``own`` is by ``factor``; a
    dispersion is interpolated by the share delivered on average.
    """
    pieces, replicates, participants = until.shape
    for r in range(replicates):
        for n in range(participants):
            k = arm[r, n]
            if k < 0:
                out[r, n, d] = np.nan
                continue
            moved = shift[r, n] if has_shift else 0.0
            mean, share, start = 0.0, 0.0, 0.0
            for j in range(pieces):
                length = until[j, r, n] - start
                start = until[j, r, n]
                given = delivered[j, r, n]
                eta = location[reference] + given * (location[k] - location[reference])
                if length > 0.0:
                    mean += length / planned * math.exp(eta + moved + common[j, r, n] + factor * own[j, r, n])
                    share += length * given
            if not mean > 0.0:
                out[r, n, d] = 0.0
                continue
            wide = dispersion[reference] + share / start * (dispersion[k] - dispersion[reference])
            out[r, n, d] = count_quantile(mean, wide, z[r, n])


def shares(mean: float, dispersion: float) -> Floats:
    """(L,) the chance of 0, 1, .. events, up to a rest of :data:`REST`.

    >>> shares(1.0, 0.0)[:3].round(4).tolist()
    [0.3679, 0.3679, 0.1839]
    """
    sd = math.sqrt(mean + dispersion * mean**2)
    most = int(mean + 10 * sd + 20)
    while True:
        k = np.arange(most + 1.0)
        if dispersion > 0:
            r = 1 / dispersion
            found = special.gammaln(k + r) - special.gammaln(r) + k * math.log(dispersion * mean)
            found -= special.gammaln(k + 1) + (k + r) * math.log1p(dispersion * mean)
        else:
            found = k * math.log(mean) - mean - special.gammaln(k + 1)
        p = np.exp(found)
        if p[-1] * sd < REST or most > 2 * LARGEST:
            return np.asarray(p / p.sum())
        most *= 2


def _place(level: Level, categories: Sequence[float], reference: LevelParameters | None) -> LevelParameters:  # noqa: ARG001  # as every scale's
    """The logarithm of the mean, and the dispersion."""
    if level.mean is None or (level.dispersion is None and reference is None):
        raise DistributionError(
            "a count needs a mean and a dispersion.", code="TS-D007", remedy="Write {mean: 2, dispersion: 0.5}."
        )
    wide = level.dispersion.value if level.dispersion is not None else reference.sd if reference is not None else 0.0
    return LevelParameters(math.log(level.mean.value), wide)


def _shift(effect: AnyEffect, place: LevelParameters, categories: Sequence[float]) -> float:  # noqa: ARG001  # as every scale's
    """The logarithm of the rate ratio."""
    return 0.0 if effect.rate_ratio is None else math.log(effect.rate_ratio.value)


def _fill(column: ValueColumn, z: Floats, twins: Sequence[Twin]) -> None:
    """Quantiles at Phi(z)."""
    levels, course = column.levels, column.course
    assert course is not None  # of every count
    pieces = (course.until, course.delivered, course.own, course.common)
    for twin in twins:
        location = toward(levels.location, column.reference, twin.factor)
        wide = toward(levels.sd, column.reference, twin.factor)
        moved = (twin.shift is not None, NOTHING if twin.shift is None else twin.shift)
        counted(
            twin.factor, column.reference, location, wide, *pieces, course.planned, *moved, z, column.arm, column.d, twin.out
        )  # fmt: skip


def _moments(location: float, dispersion: float) -> tuple[float, float]:
    """Mean and SD."""
    mean = math.exp(location)
    return mean, math.sqrt(mean + dispersion * mean**2)


def _form(levels: Levels, k: int, categories: Floats) -> Form:  # noqa: ARG001  # as every scale's
    """Steps of one at the quantiles of the cumulative shares."""
    mean, sd = _moments(float(levels.location[k]), float(levels.sd[k]))
    upper = np.cumsum(shares(mean, float(levels.sd[k])))[:-1]
    inside = upper < 1 - REST
    return StepForm(special.ndtri(upper[inside]), np.ones(int(inside.sum())), sd**2)


def _implied(levels: Levels, a: int, b: int, categories: Floats) -> EffectSizes:  # noqa: ARG001  # as every scale's
    """Moments of the counts, and the rate ratio."""
    (first, sd), (second, other) = (_moments(float(levels.location[k]), float(levels.sd[k])) for k in (a, b))
    p, q = (shares(mean, float(levels.sd[k])) for mean, k in ((first, a), (second, b)))
    size = max(p.size, q.size)
    p, q = (np.pad(one, (0, size - one.size)) for one in (p, q))
    superiority = float(q @ (np.concatenate([[0.0], np.cumsum(p)[:-1]]) + p / 2))
    return EffectSizes(second - first, measured.cohens_d(second - first, sd, other), superiority, second / first, ())


def _scaled(values: Floats) -> Floats:
    return values


def _nearer(current: CalibrationRound) -> float:
    """Move the logarithm of the mean, and the dispersion by that of the moments; the gap is in SDs."""
    wanted, found, rows = current.wanted, current.found, current.rows
    goal, got = float(wanted.mean()), float(found.mean())
    sds = float(wanted.std()), float(found.std())
    if goal <= 0 or got <= 0:
        return abs(goal - got)
    current.moving.location[rows] += math.log(goal / got) / current.slope
    excess = [(sd**2 - mean) / mean**2 for sd, mean in zip(sds, (goal, got), strict=True)]
    before = current.moving.sd[rows]
    current.moving.sd[rows] = np.maximum(before + (excess[0] - excess[1]), before / 4)  # a step too far finds back
    scale = sds[0] or 1.0
    return max(max(abs(goal - got), abs(sds[0] - sds[1])) / scale - 1 / len(found), 0.0)


def _readings(pair: ReadingPair) -> tuple[Floats, Floats, Flags] | None:  # noqa: ARG001  # as every scale's
    """A count has one visit, so nothing changes."""
    return None


def _expected(ends: ArmEndpoint) -> EndpointDistribution | None:
    """The chances of all counts; what activities add between participants widens the dispersion, by its two moments."""
    if ends.log or ends.percent or ends.start is not None:
        return None
    own = ends.end.own
    mean = math.exp(ends.end.location + own / 2)
    p = shares(mean, (1 + ends.end.sd) * math.exp(own) - 1)
    return discrete(np.arange(float(p.size)), p)


def _covariance(a: ArmPoint, b: ArmPoint, rho: float, same: bool, log: bool) -> float:  # noqa: ARG001  # as every scale's
    """The variance: a count has one visit, so two points of it are the same."""
    assert same
    return _moments(a.location, a.sd)[1] ** 2


def _words(levels: Levels, k: int, categories: Floats) -> str:  # noqa: ARG001  # as every scale's
    mean, sd = _moments(float(levels.location[k]), float(levels.sd[k]))
    none = float(shares(mean, float(levels.sd[k]))[0])
    kind = "Poisson" if levels.sd[k] == 0 else f"dispersion {levels.sd[k]:.3g}"
    return f"mean {mean:.3g}, {kind} (SD {sd:.3g}); {100 * none:.0f} % have none"


PARTS = ScaleParts(
    place=_place,
    shift=_shift,
    fill=_fill,
    form=_form,
    implied=_implied,
    scaled=_scaled,
    nearer=_nearer,
    readings=_readings,
    expected=_expected,
    covariance=_covariance,
    words=_words,
)
