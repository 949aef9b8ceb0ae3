"""A positive measured value: its levels are medians, its effects ratios, its logarithm is normal."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.kinds.designs import LOG, PERCENT
from trialsim.kinds.scales import LOGNORMAL
from trialsim.response.scales import measured
from trialsim.response.scales.moments import (
    GRID,
    ArmEndpoint,
    ArmPoint,
    EndpointDistribution,
    nodes,
    normal_endpoint,
    predictor_of,
)
from trialsim.response.scales.parts import (
    AnyEffect,
    EffectSizes,
    ExponentialForm,
    Form,
    LevelParameters,
    Levels,
    ReadingPair,
    ScaleParts,
    Twin,
    ValueColumn,
)
from trialsim.scenario.model import Level

Floats = NDArray[np.float64]


def _place(level: Level, categories: Sequence[float], reference: LevelParameters | None) -> LevelParameters:  # noqa: ARG001  # as every scale's
    """Mean and SD of the logarithm."""
    return measured.place(level, reference, scale=LOGNORMAL, spread="sd_log")


def _shift(effect: AnyEffect, place: LevelParameters, categories: Sequence[float]) -> float:  # noqa: ARG001  # as every scale's
    """The logarithm of the ratio; 0 for a response that acts through secretion only."""
    return 0.0 if effect.ratio is None else math.log(effect.ratio.value)


def _fill(column: ValueColumn, z: Floats, twins: Sequence[Twin]) -> None:
    """exp(location + SD z)."""
    measured.fill(column, z, twins, log=LOGNORMAL.log)


def _form(levels: Levels, k: int, categories: Floats) -> Form:  # noqa: ARG001  # as every scale's
    return ExponentialForm(float(levels.sd[k]))


@np.errstate(all="ignore")  # levels without variance, or beyond the range of a float, give infinity or NaN
def _implied(levels: Levels, a: int, b: int, categories: Floats) -> EffectSizes:  # noqa: ARG001  # as every scale's
    location, sd = np.array(levels.location), np.array(levels.sd)
    means = np.exp(location + sd**2 / 2)
    sds = means * np.sqrt(np.expm1(sd**2))
    difference = float(means[b] - means[a])
    ratio = float(np.exp(location[b] - location[a]))
    d = measured.cohens_d(difference, sds[a], sds[b])
    return EffectSizes(difference, d, measured.superiority(levels, a, b), ratio, ())


def _scaled(values: Floats) -> Floats:
    """The logarithm; a reading of 0 has none."""
    return np.log(values, out=np.full(values.shape, np.nan), where=values > 0)


def _readings(pair: ReadingPair) -> tuple[Floats, Floats, NDArray[np.bool_]] | None:
    return measured.readings(pair, log=LOGNORMAL.log)


def _expected(ends: ArmEndpoint) -> EndpointDistribution | None:
    """Normal on logs; a value is the exponential, a percent change the exponential of a difference, a raw change a grid."""
    mean, sd = predictor_of(ends)
    if ends.log:
        return normal_endpoint(mean, sd)
    if ends.start is None:
        return _exponential(mean, sd)
    if ends.percent:
        raw = _exponential(mean, sd)
        return EndpointDistribution(
            100 * (raw.mean - 1), 100 * raw.sd, 100 * (raw.values - 1), raw.weights, False, (mean, sd), PERCENT.name
        )
    return _raw_change(ends, ends.start)


def _exponential(mean: float, sd: float) -> EndpointDistribution:
    raw = math.exp(mean + sd**2 / 2)
    values = np.exp(mean + sd * nodes())
    return EndpointDistribution(
        raw, raw * math.sqrt(math.expm1(sd**2)), values, np.full(GRID, 1 / GRID), False, (mean, sd), LOG.name
    )  # fmt: skip


def _raw_change(ends: ArmEndpoint, start: ArmPoint) -> EndpointDistribution:
    """A difference of two lognormal values, as a grid of equally likely places."""
    rho, z = ends.rho, nodes()
    a, s = start.location, math.sqrt(start.sd**2 + start.own)
    b, t = ends.end.location + ends.clock, math.sqrt(ends.end.sd**2 + ends.end.own)
    other = rho * z[:, None] + math.sqrt(1 - rho**2) * z[None, :]
    change = np.exp(b + t * other) - np.exp(a + s * z)[:, None]
    mean_a, mean_b = math.exp(a + s**2 / 2), math.exp(b + t**2 / 2)
    variance = (
        mean_a**2 * math.expm1(s**2) + mean_b**2 * math.expm1(t**2) - 2 * mean_a * mean_b * math.expm1(rho * s * t)
    )
    weights = np.full(change.size, 1 / change.size)
    return EndpointDistribution(mean_b - mean_a, math.sqrt(max(variance, 0.0)), change.ravel(), weights, False)


def _covariance(a: ArmPoint, b: ArmPoint, rho: float, same: bool, log: bool) -> float:  # noqa: ARG001  # as every scale's
    """Of the logarithms, or of the values themselves."""
    if log:
        return rho * a.sd * b.sd
    means = [math.exp(end.location + end.sd**2 / 2) for end in (a, b)]
    return means[0] * means[1] * math.expm1(rho * a.sd * b.sd)


def _words(levels: Levels, k: int, categories: Floats) -> str:  # noqa: ARG001  # as every scale's
    return f"median {math.exp(levels.location[k]):.3g}, SD of the log {levels.sd[k]:.2f}"


PARTS = ScaleParts(
    place=_place,
    shift=_shift,
    fill=_fill,
    form=_form,
    implied=_implied,
    scaled=_scaled,
    nearer=measured.nearer,
    readings=_readings,
    expected=_expected,
    covariance=_covariance,
    words=_words,
)
