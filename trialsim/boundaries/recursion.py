"""Chances along the looks of a trial, by integrating from look to look.

The scores Z at information times t have the canonical joint distribution: normal with mean drift x sqrt(t), variance 1, and
independent increments of Z sqrt(t). The chance to go on after a look is an integral over its score, and the next look
needs only that (Armitage, McPherson and Rowe 1969, doi:10.2307/2343787; Jennison and Turnbull 2000, chapter 19). The points
are those of Gauss and Legendre, 32 in each four SDs of the narrowest kernel, so the chances are exact to some ten digits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trialsim.heavy import special
from trialsim.numbers.quadrature import gauss_legendre

Floats = NDArray[np.float64]

#: Scores beyond this are not integrated over: without drift their chance is below 1e-21.
FARTHEST = 9.5
#: Points in a panel, and its width in SDs of the narrowest kernel.
POINTS, WIDTH = 32, 4.0
#: The most panels of a look.
MOST_PANELS = 400


@dataclass(frozen=True)
class GoingOn:
    """Trials that go on after a look, without drift: ``mass`` at scores ``z``, which sums to their chance."""

    time: float
    z: Floats
    mass: Floats


def start() -> GoingOn:
    """Before the first look every trial goes on."""
    return GoingOn(0.0, np.zeros(1), np.ones(1))


def tilt(before: GoingOn, drift: Floats | float) -> Floats:
    """(..., points) the mass of the trials that go on under a drift (...): that without, times its likelihood ratio."""
    drift = np.asarray(drift, dtype=np.float64)[..., None]
    return np.asarray(before.mass * np.exp(drift * before.z * math.sqrt(before.time) - drift**2 * (before.time / 2)))


def chance_above(
    before: GoingOn, time: float, bound: Floats | float, drift: Floats | float = 0.0, *, below: bool = False
) -> Floats:
    """(...) the chance to reach the look at ``time`` and to have a score above ``bound`` (or ``below`` it) there."""
    gap = time - before.time
    at = np.asarray(bound, dtype=np.float64)[..., None] * math.sqrt(time)
    shift = np.asarray(drift, dtype=np.float64)[..., None] * gap
    beyond = (before.z * math.sqrt(before.time) + shift - at) / math.sqrt(gap)
    return np.asarray(np.sum(tilt(before, drift) * special.ndtr(-beyond if below else beyond), axis=-1))


def density(before: GoingOn, time: float, z: Floats | float) -> Floats:
    """(...) the density of the score at the look at ``time`` without drift, of the trials that reach it."""
    gap = time - before.time
    at = np.asarray(z, dtype=np.float64)[..., None] * math.sqrt(time)
    scaled = (at - before.z * math.sqrt(before.time)) / math.sqrt(gap)
    kernel = np.exp(-(scaled**2) / 2) * math.sqrt(time / gap / (2 * math.pi))
    return np.asarray(kernel @ before.mass)


def go_on(before: GoingOn, time: float, low: float, high: float, *, narrowest: float) -> GoingOn:
    """The trials whose score at the look at ``time`` is between two bounds; ``narrowest`` is the SD of the narrowest kernel."""
    low, high = max(low, -FARTHEST), min(high, FARTHEST)
    if low >= high:
        return GoingOn(time, np.zeros(1), np.zeros(1))
    panels = min(max(1, math.ceil((high - low) / (WIDTH * narrowest))), MOST_PANELS)
    nodes, weights = _panel()
    half = (high - low) / panels / 2
    middles = low + half * (2 * np.arange(panels) + 1)
    z = (middles[:, None] + half * nodes).ravel()
    return GoingOn(time, z, np.tile(half * weights, panels) * density(before, time, z))


@lru_cache
def _panel() -> tuple[Floats, Floats]:
    nodes, weights = gauss_legendre(POINTS)
    return nodes, weights


def narrowest_kernels(times: Sequence[float]) -> list[float]:
    """For each look the SD, in its own score, of the narrower of the steps that lead to it and from it."""
    found = []
    for k, time in enumerate(times):
        gaps = [time - (times[k - 1] if k else 0.0)]
        if k + 1 < len(times):
            gaps.append(times[k + 1] - time)
        found.append(min(1.0, math.sqrt(min(gaps) / time)))
    return found


def stages(times: Sequence[float], low: Sequence[float], high: Sequence[float]) -> list[GoingOn]:
    """Before each look the trials that reach it, where trials go on between the bounds of the looks before."""
    found, narrow = [start()], narrowest_kernels(times)
    for k in range(len(times) - 1):
        found.append(go_on(found[-1], times[k], low[k], high[k], narrowest=narrow[k]))
    return found
