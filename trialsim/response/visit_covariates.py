"""What an analysis may adjust for besides the participant: the clock, the wait, the plate, who served, site, stratum, period."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.kinds import designs
from trialsim.protocol.columns import GRANTED, H_GRANT, H_REQUEST, H_STATE, SHIFT_BITS
from trialsim.response.plan import PointPlan
from trialsim.response.predictor import PredictorInputs
from trialsim.response.visit_times import HOUR

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class VisitCovariateColumn:
    """A covariate of a visit.

    Attributes
    ----------
    values : (R, N) numbers, or the positions of categories; NaN where there is none
    categories : how many there are; 0 for a number
    """

    values: Floats
    categories: int


def visit_covariate(inputs: PredictorInputs, point: PointPlan, name: str, *, strata: int) -> VisitCovariateColumn:
    """The covariate ``name`` of a visit; ``strata`` is how many strata the allocation has."""
    return COLUMNS[name](inputs, point, strata)


def _clock(inputs: PredictorInputs, point: PointPlan, _strata: int) -> VisitCovariateColumn:
    """Hours after midnight."""
    ticks = inputs.times(point)
    return VisitCovariateColumn(np.where(ticks >= 0, ticks % (24 * int(HOUR)) / HOUR, np.nan), 0)


def _wait(inputs: PredictorInputs, point: PointPlan, _strata: int) -> VisitCovariateColumn:
    """Hours waited for staff and rooms before the visit, by those who were served."""
    now, holds = inputs.times(point)[:, :, None], inputs.trace.holds
    served = (holds[..., H_STATE] == GRANTED) & (holds[..., H_GRANT] <= now)
    waited = np.where(served, holds[..., H_GRANT] - holds[..., H_REQUEST], 0).sum(axis=2) / HOUR
    return VisitCovariateColumn(np.where(now[:, :, 0] >= 0, waited, np.nan), 0)


def _plate(inputs: PredictorInputs, point: PointPlan, _strata: int) -> VisitCovariateColumn:
    """The plate, in the order of enrollment."""
    size, (_, participants) = inputs.plan.outcomes[point.outcome].plate_size, inputs.entries.arm.shape
    numbers = np.broadcast_to(np.arange(participants) // size, inputs.entries.arm.shape)
    return VisitCovariateColumn(numbers.astype(np.float64), math.ceil(participants / size))


def _practitioner(inputs: PredictorInputs, point: PointPlan, _strata: int) -> VisitCovariateColumn:
    """Who of the practitioners of this outcome had served last; one more category for nobody."""
    program, group = inputs.program, inputs.plan.outcomes[point.outcome].practitioner
    served = inputs.served(point, group)
    people, first = inputs.people(served), np.zeros(len(program.resources), np.int64)
    total = 1
    for index, resource in enumerate(program.resources):
        first[index] = total
        total += resource.people if resource.base in program.practitioners.groups[group] else 0
    number = first[np.maximum(served, 0) >> SHIFT_BITS] + people
    return VisitCovariateColumn(np.where(people >= 0, number, 0).astype(np.float64), total)


def _site(inputs: PredictorInputs, _point: PointPlan, _strata: int) -> VisitCovariateColumn:
    sites = (
        max(len(inputs.program.sites), 1) if inputs.trace is not None else int(inputs.entries.site.max(initial=0)) + 1
    )
    return VisitCovariateColumn(inputs.entries.site.astype(np.float64), sites)


def _stratum(inputs: PredictorInputs, _point: PointPlan, strata: int) -> VisitCovariateColumn:
    return VisitCovariateColumn(inputs.entries.stratum.astype(np.float64), strata)


def _period(inputs: PredictorInputs, _point: PointPlan, _strata: int) -> VisitCovariateColumn:
    period = inputs.entries.period
    assert period is not None  # checked when the scenario was resolved
    return VisitCovariateColumn(period.astype(np.float64), int(period.max(initial=0)) + 1)


#: By name.
COLUMNS: dict[str, Callable[[PredictorInputs, PointPlan, int], VisitCovariateColumn]] = {
    designs.CLOCK.name: _clock,
    designs.WAIT.name: _wait,
    designs.PLATE.name: _plate,
    designs.PRACTITIONER.name: _practitioner,
    designs.SITE.name: _site,
    designs.STRATA.name: _stratum,
    designs.PERIOD.name: _period,
}
