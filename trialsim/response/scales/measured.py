"""What scales of measured values have in common: a location and an SD on the scale of the predictor."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.kinds.scales import Scale
from trialsim.numbers.distributions import solve
from trialsim.numbers.normal import ndtr
from trialsim.response.scales.parts import (
    NOTHING,
    CalibrationRound,
    LevelParameters,
    Levels,
    ReadingPair,
    Twin,
    ValueColumn,
)
from trialsim.response.scales.scores import toward
from trialsim.scenario.model import Level

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@kernel
def measured_values(  # type: ignore[no-untyped-def]
    log, reference, location, sd, has_delivered, delivered, has_shift, shift, z, arm, d, out
):
    """Fill ``out`` (R, N, D) at column ``d`` with true values, whose logarithm is normal where ``log``.

    ``location``, ``sd`` (K,) are those of full delivery, scaled by lambda already; if less was delivered they lie
    that share of the way from the reference arm.
    """
    replicates, participants = z.shape
    for r in range(replicates):
        for n in range(participants):
            k = arm[r, n]
            if k < 0:
                out[r, n, d] = np.nan
                continue
            value, width = location[k], sd[k]
            if has_delivered:
                value = location[reference] + delivered[r, n] * (value - location[reference])
                width = sd[reference] + delivered[r, n] * (width - sd[reference])
            if has_shift:
                value += shift[r, n]
            value += width * z[r, n]
            out[r, n, d] = math.exp(value) if log else value


def place(level: Level, reference: LevelParameters | None, *, scale: Scale, spread: str) -> LevelParameters:
    """Location and SD of the scale's family; a center alone takes its ``spread`` from the reference."""
    assert scale.family is not None  # of a measured value
    given = level.numbers()
    if len(given) == 1 and reference is not None:
        given[spread] = reference.sd
    location, sd = solve(scale.family, given, positive=scale.positive).params
    return LevelParameters(location, sd)


def fill(column: ValueColumn, z: Floats, twins: Sequence[Twin], *, log: bool) -> None:
    """True values of every twin."""
    levels, share = column.levels, column.delivered
    given = (share is not None, NOTHING if share is None else share)
    for twin in twins:
        location = toward(levels.location, column.reference, twin.factor)
        sd = toward(levels.sd, column.reference, twin.factor)
        moved = (twin.shift is not None, NOTHING if twin.shift is None else twin.shift)
        measured_values(log, column.reference, location, sd, *given, *moved, z, column.arm, column.d, twin.out)


def superiority(levels: Levels, a: int, b: int) -> float:
    """P(Y > X) of participants X of arm ``a`` and Y of arm ``b``."""
    apart = levels.location[b] - levels.location[a]
    return float(ndtr(np.divide(apart, np.hypot(levels.sd[a], levels.sd[b]))))


def cohens_d(difference: float, first: float, second: float) -> float:
    """A difference in SDs: the root of the mean of two variances."""
    return float(np.divide(difference, np.sqrt((first**2 + second**2) / 2)))


def nearer(current: CalibrationRound) -> float:
    """Move location and SD; the gap is in SDs."""
    gap, growth = _spread(current.wanted, current.found)
    current.moving.sd[current.rows] *= growth
    current.moving.location[current.rows] += (current.wanted.mean() - current.found.mean()) / current.slope
    return gap


def _spread(wanted: Floats, found: Floats) -> tuple[float, float]:
    """The errors of mean and SD, in SDs, and the factor that corrects the SD."""
    goal, got = float(wanted.std()), float(found.std())
    if goal == 0.0 or got == 0.0:
        return abs(float(wanted.mean() - found.mean())), 1.0
    return max(abs(float(wanted.mean() - found.mean())), abs(goal - got)) / goal, min(max(goal / got, 0.5), 2.0)


def readings(pair: ReadingPair, *, log: bool) -> tuple[Floats, Floats, Flags] | None:
    """Steps of the rounding."""
    rounding, change, z = pair.rounding, pair.change, pair.z
    if rounding <= 0.0 or not math.isclose(change / rounding, round(change / rounding), abs_tol=1e-9):
        return None
    location, sd = (
        [float(getattr(levels, name)[pair.k]) for levels in (pair.first, pair.second)] for name in ("location", "sd")
    )
    value = location[0] + sd[0] * z
    step = np.floor((np.exp(value) if log else value) / rounding + 0.5) + round(change / rounding)
    ends = [(step + side) * rounding for side in (-0.5, 0.5)]
    with np.errstate(divide="ignore"):
        ends = [np.log(np.maximum(end, 0.0)) for end in ends] if log else ends
    low, high = ((end - location[1]) / sd[1] for end in ends)
    return low, high, np.ones(z.shape, dtype=np.bool_)
