"""The distribution of an endpoint by the declared levels: moments, points with weights, and the normal behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.heavy import special
from trialsim.kinds.designs import NO_TRANSFORM, TRANSFORM

Floats = NDArray[np.float64]

#: Points on each axis of the grid for a change between two lognormal values; 200 give 4 digits of a power.
GRID = 200


@dataclass(frozen=True)
class EndpointDistribution:
    """The distribution of an endpoint in one arm.

    Attributes
    ----------
    values, weights : the categories with their shares (``exact``), or points that represent a continuous endpoint
    normal : mean and SD of the normal of which the endpoint is an increasing function; None if there is none
    scale : that function: none, log (an exponential) or percent
    """

    mean: float
    sd: float
    values: Floats
    weights: Floats
    exact: bool
    normal: tuple[float, float] | None = None
    scale: str = NO_TRANSFORM.name

    def at_least(self, limit: float) -> float:
        """P(endpoint >= limit)."""
        if self.normal is None:
            return float(self.weights[self.values >= limit].sum())
        function = TRANSFORM[self.scale]
        if function.keeps:
            place = limit
        else:
            inside = limit if function.log else 1 + limit / 100
            if inside <= 0:
                return 1.0
            place = math.log(inside)
        return float(special.ndtr((self.normal[0] - place) / self.normal[1]))


@dataclass(frozen=True)
class ArmPoint:
    """One arm at one point, with the expected effect of activities.

    Attributes
    ----------
    location, sd : of the predictor, the location with its expected shift
    own : variance of the predictor that activities add between participants
    cuts : (L - 1,) cumulative logits, less the expected shift
    categories : (L,) scores; empty where values are measured
    planned : how long participants are followed, in the unit of the time at risk; None where a value belongs to a visit
    """

    location: float
    sd: float
    own: float
    cuts: Floats
    categories: Floats
    planned: float | None = None


@dataclass(frozen=True)
class ArmEndpoint:
    """An endpoint in one arm.

    Attributes
    ----------
    start : the start of a change; None for a value
    rho : latent correlation of the two ends
    clock : what the clock adds to the predictor from start to end
    log, percent : how the analysis transforms the value or change; at most one of them
    """

    end: ArmPoint
    start: ArmPoint | None
    rho: float
    clock: float
    log: bool
    percent: bool


def predictor_of(ends: ArmEndpoint) -> tuple[float, float]:
    """Mean and SD of the endpoint on the scale of the predictor (of a change: of the difference)."""
    end, start = ends.end, ends.start
    if start is None:
        mean, variance = end.location, end.sd**2 + end.own
    else:
        mean = end.location - start.location + ends.clock
        variance = end.sd**2 + start.sd**2 - 2 * ends.rho * end.sd * start.sd + end.own + start.own
    return mean, math.sqrt(max(variance, 0.0))


def nodes() -> Floats:
    """(GRID,) equally likely points of a standard normal."""
    return np.asarray(special.ndtri((np.arange(GRID) + 0.5) / GRID))


def normal_endpoint(mean: float, sd: float) -> EndpointDistribution:
    """A normal endpoint."""
    return EndpointDistribution(mean, sd, mean + sd * nodes(), np.full(GRID, 1 / GRID), False, (mean, sd))


def discrete(values: Floats, weights: Floats) -> EndpointDistribution:
    """An endpoint of a few values with their shares."""
    mean = float(weights @ values)
    return EndpointDistribution(mean, math.sqrt(max(float(weights @ (values - mean) ** 2), 0.0)), values, weights, True)
