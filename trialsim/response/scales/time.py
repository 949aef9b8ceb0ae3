"""The time until an event: levels are medians, exponential or Weibull; effects are hazard ratios.

The cumulative hazard is exp(eta) t^shape, so the time is its quantile at Phi(z): the larger the latent normal, the later.
``location`` of the levels holds eta = log(log 2) - shape log(median), ``sd`` the shape. Whoever had no event when following ends
is censored on the right.

References
----------
Bender, Augustin and Blettner 2005, Stat Med 24:1713, doi:10.1002/sim.2059, equation 5 and table 2.
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
from trialsim.response.scales.moments import GRID, ArmEndpoint, ArmPoint, EndpointDistribution
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

#: Where the normal behind a time is cut into steps.
STEPS = np.linspace(-8.0, 8.0, 801)


@kernel
def timed(  # type: ignore[no-untyped-def]
    factor, reference, location, shape, until, delivered, own, common, has_shift, shift, z, arm, d, out, marks
):
    """Fill ``out`` (R, N, D) at column ``d`` with times, and ``marks`` with 1 where following ended before the event.

    The cumulative hazard grows over the pieces (J, R, N) of a :class:`Course` until it reaches -log(1 - Phi(z)). ``location``,
    ``shape`` (K,) are those of full delivery, scaled by lambda already, as ``own`` is by ``factor``.
    """
    pieces, replicates, participants = until.shape
    for r in range(replicates):
        for n in range(participants):
            k = arm[r, n]
            if k < 0:
                out[r, n, d] = np.nan
                continue
            moved = shift[r, n] if has_shift else 0.0
            left = -math.log(ndtr(-z[r, n]))
            start, event = 0.0, False
            for j in range(pieces):
                end, given = until[j, r, n], delivered[j, r, n]
                if end <= start:
                    continue
                bent = shape[reference] + given * (shape[k] - shape[reference])
                eta = location[reference] + given * (location[k] - location[reference])
                hazard = math.exp(eta + moved + common[j, r, n] + factor * own[j, r, n])
                grown = hazard * (end**bent - start**bent)
                if grown >= left:
                    out[r, n, d] = min((left / hazard + start**bent) ** (1.0 / bent), end)
                    event = True
                    break
                left -= grown
                start = end
            if not event:
                out[r, n, d] = start
                marks[r, n, d] = 1


def quantiles(location: float, shape: float, z: Floats) -> Floats:
    """The time at each place of the normal behind it.

    >>> quantiles(math.log(math.log(2)), 1.0, np.array([0.0])).round(12).tolist()  # the median
    [1.0]
    """
    return np.asarray(np.exp((np.log(-special.log_ndtr(-z)) - location) / shape))


def _place(level: Level, categories: Sequence[float], reference: LevelParameters | None) -> LevelParameters:  # noqa: ARG001  # as every scale's
    """The logarithm of the hazard at time 1, and the shape; that of the reference, or 1, where none is declared."""
    if level.median is None:
        raise DistributionError("a time needs a median.", code="TS-D007", remedy="Write {median: 20 d}.")
    bent = level.shape.value if level.shape is not None else reference.sd if reference is not None else 1.0
    return LevelParameters(math.log(math.log(2.0)) - bent * math.log(level.median.value), bent)


def _shift(effect: AnyEffect, place: LevelParameters, categories: Sequence[float]) -> float:  # noqa: ARG001  # as every scale's
    """The logarithm of the hazard ratio."""
    return 0.0 if effect.hazard_ratio is None else math.log(effect.hazard_ratio.value)


def _fill(column: ValueColumn, z: Floats, twins: Sequence[Twin]) -> None:
    """Quantiles at Phi(z), as far as participants are followed."""
    levels, course = column.levels, column.course
    assert course is not None  # of every time
    pieces = (course.until, course.delivered, course.own, course.common)
    for twin in twins:
        location = toward(levels.location, column.reference, twin.factor)
        shape = toward(levels.sd, column.reference, twin.factor)
        moved = (twin.shift is not None, NOTHING if twin.shift is None else twin.shift)
        timed(
            twin.factor, column.reference, location, shape, *pieces, *moved, z, column.arm, column.d, twin.out, twin.marks
        )  # fmt: skip


def _moments(location: float, shape: float) -> tuple[float, float]:
    """Mean and SD of the time, however long it takes."""
    scale = math.exp(-location / shape)
    mean = scale * math.gamma(1 + 1 / shape)
    return mean, math.sqrt(max(scale**2 * math.gamma(1 + 2 / shape) - mean**2, 0.0))


def _form(levels: Levels, k: int, categories: Floats) -> Form:  # noqa: ARG001  # as every scale's
    """Steps so fine that they are a curve: of the time however long it takes."""
    middle = (STEPS[1:] + STEPS[:-1]) / 2
    values = quantiles(float(levels.location[k]), float(levels.sd[k]), middle)
    return StepForm(STEPS[1:-1], np.diff(values), _moments(float(levels.location[k]), float(levels.sd[k]))[1] ** 2)


@np.errstate(all="ignore")  # times beyond the range of a float give infinity or NaN
def _implied(levels: Levels, a: int, b: int, categories: Floats) -> EffectSizes:  # noqa: ARG001  # as every scale's
    """Moments of times however long they take; one hazard ratio only where the shapes are equal."""
    (first, sd), (second, other) = (_moments(float(levels.location[k]), float(levels.sd[k])) for k in (a, b))
    equal = levels.sd[a] == levels.sd[b]
    ratio = math.exp(float(levels.location[b] - levels.location[a])) if equal else None
    places = special.ndtri((np.arange(4000) + 0.5) / 4000)
    later = quantiles(float(levels.location[b]), float(levels.sd[b]), places)
    # P(X < t) of the other arm at its places
    superiority = float(-np.expm1(-np.exp(levels.location[a]) * later ** levels.sd[a]).mean())
    return EffectSizes(second - first, measured.cohens_d(second - first, sd, other), superiority, ratio, ())


def _scaled(values: Floats) -> Floats:
    return values


def _nearer(current: CalibrationRound) -> float:
    """Move the hazard by the ratio of the means, and the shape by that of the CVs; the gap is in SDs."""
    wanted, found, rows = current.wanted, current.found, current.rows
    means, sds = (float(wanted.mean()), float(found.mean())), (float(wanted.std()), float(found.std()))
    if min(*means, *sds) <= 0:
        return abs(means[0] - means[1])
    shape, location = current.moving.sd[rows], current.moving.location[rows]
    bent = np.clip(shape * (sds[1] / means[1]) / (sds[0] / means[0]), 0.1, 20.0)
    log_median = (math.log(math.log(2.0)) - location) / shape + math.log(means[0] / means[1]) / current.slope
    current.moving.sd[rows] = bent
    current.moving.location[rows] = math.log(math.log(2.0)) - bent * log_median
    return max(abs(means[0] - means[1]), abs(sds[0] - sds[1])) / sds[0]


def _readings(pair: ReadingPair) -> tuple[Floats, Floats, Flags] | None:  # noqa: ARG001  # as every scale's
    """A time has one visit, so nothing changes."""
    return None


def _expected(ends: ArmEndpoint) -> EndpointDistribution | None:
    """The time as far as participants are followed: whoever had no event has the planned end, with what is left of the chance.

    Of a Weibull time cut at c, with x = exp(eta) c^s: the k-th moment is the integral of k t^(k-1) S(t) from 0 to c, an
    incomplete gamma function. What activities add between participants is not in it.
    """
    if ends.log or ends.percent or ends.start is not None or ends.end.planned is None:
        return None
    eta, s, c = ends.end.location, ends.end.sd, ends.end.planned
    x = math.exp(eta) * c**s
    moment = [k / s * math.exp(-eta * k / s) * math.gamma(k / s) * float(special.gammainc(k / s, x)) for k in (1, 2)]
    places = (np.arange(GRID) + 0.5) / GRID * -math.expm1(-x)
    values = np.append((-np.log1p(-places) / math.exp(eta)) ** (1 / s), c)
    weights = np.append(np.full(GRID, -math.expm1(-x) / GRID), math.exp(-x))
    return EndpointDistribution(moment[0], math.sqrt(max(moment[1] - moment[0] ** 2, 0.0)), values, weights, False)


def _covariance(a: ArmPoint, b: ArmPoint, rho: float, same: bool, log: bool) -> float:  # noqa: ARG001  # as every scale's
    """The variance: a time has one visit, so two points of it are the same."""
    assert same
    return _moments(a.location, a.sd)[1] ** 2


def _words(levels: Levels, k: int, categories: Floats) -> str:  # noqa: ARG001  # as every scale's
    shape = float(levels.sd[k])
    median = math.exp((math.log(math.log(2.0)) - float(levels.location[k])) / shape)
    return f"median {median:.3g}, {'exponential' if shape == 1 else f'Weibull of shape {shape:.3g}'}"


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
