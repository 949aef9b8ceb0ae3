"""A measured value: its levels are means, its effects differences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.kinds.scales import NORMAL
from trialsim.response.scales import measured
from trialsim.response.scales.moments import ArmEndpoint, ArmPoint, EndpointDistribution, normal_endpoint, predictor_of
from trialsim.response.scales.parts import (
    AnyEffect,
    EffectSizes,
    Form,
    LevelParameters,
    Levels,
    LinearForm,
    ReadingPair,
    ScaleParts,
    Twin,
    ValueColumn,
)
from trialsim.scenario.model import Level

Floats = NDArray[np.float64]


def _place(level: Level, categories: Sequence[float], reference: LevelParameters | None) -> LevelParameters:  # noqa: ARG001  # as every scale's
    """Mean and SD."""
    return measured.place(level, reference, scale=NORMAL, spread="sd")


def _shift(effect: AnyEffect, place: LevelParameters, categories: Sequence[float]) -> float:  # noqa: ARG001  # as every scale's
    """The difference."""
    return 0.0 if effect.difference is None else effect.difference.value


def _fill(column: ValueColumn, z: Floats, twins: Sequence[Twin]) -> None:
    """Location + SD z."""
    measured.fill(column, z, twins, log=NORMAL.log)


def _form(levels: Levels, k: int, categories: Floats) -> Form:  # noqa: ARG001  # as every scale's
    return LinearForm(float(levels.sd[k]))


@np.errstate(all="ignore")  # levels without variance give infinity or NaN
def _implied(levels: Levels, a: int, b: int, categories: Floats) -> EffectSizes:  # noqa: ARG001  # as every scale's
    difference = float(levels.location[b] - levels.location[a])
    d = measured.cohens_d(difference, levels.sd[a], levels.sd[b])
    return EffectSizes(difference, d, measured.superiority(levels, a, b), None, ())


def _scaled(values: Floats) -> Floats:
    return values


def _readings(pair: ReadingPair) -> tuple[Floats, Floats, NDArray[np.bool_]] | None:
    return measured.readings(pair, log=NORMAL.log)


def _expected(ends: ArmEndpoint) -> EndpointDistribution | None:
    """A value or a change; both are normal."""
    return None if ends.log or ends.percent else normal_endpoint(*predictor_of(ends))


def _covariance(a: ArmPoint, b: ArmPoint, rho: float, same: bool, log: bool) -> float:  # noqa: ARG001  # as every scale's
    return rho * a.sd * b.sd


def _words(levels: Levels, k: int, categories: Floats) -> str:  # noqa: ARG001  # as every scale's
    return f"mean {levels.location[k]:.3g}, SD {levels.sd[k]:.3g}"


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
