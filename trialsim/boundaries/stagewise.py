"""What is estimated after a stop: results are ordered by the look at which they were reached, and by the score there.

A stop above an efficacy bound is more extreme the earlier it comes. The chance of a result at least as far up is a p-value;
the drifts at which it is .5, .025 and .975 are the median unbiased estimate and the limits of its interval. Bounds for futility
count only where the efficacy bounds rely on them, so that a trial may also go on after one.

References
----------
Tsiatis, Rosner and Mehta 1984, doi:10.2307/2531158; Jennison and Turnbull 2000, section 8.4.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trialsim.boundaries.bounds import Bounds
from trialsim.boundaries.recursion import GoingOn, chance_above
from trialsim.heavy import special

Floats = NDArray[np.float64]

#: How often a drift is improved, and when it is close enough.
STEPS, CLOSE = 60, 1e-9

#: A table of drifts has panels of this width up to this score, each with a polynomial of this degree: exact to 1e-8.
WIDTH, FARTHEST_SCORE, DEGREE = 1.0, 5.0, 14


def chance_as_far(bounds: Bounds, look: int, score: Floats, drift: Floats | float = 0.0) -> Floats:
    """(R,) the chance, under ``drift``, of a result at least as far up as a stop at ``look`` with ``score``."""
    before = bounds.stages()[: look + 1]
    drift = np.broadcast_to(np.asarray(drift, dtype=np.float64), score.shape)
    return _as_far(bounds, before, look, score, drift)


def _as_far(bounds: Bounds, before: list[GoingOn], look: int, score: Floats, drift: Floats) -> Floats:
    """The chance, summed over what is further up, or for scores below 0 over what is further down."""
    up = np.zeros(score.shape)
    for here, sign in ((score >= 0, 1.0), (score < 0, -1.0)):
        if not here.any():
            continue
        total = chance_above(before[look], bounds.times[look], score[here], drift[here], below=sign < 0)
        for k in range(look):
            bound = bounds.efficacy[k] if sign > 0 else bounds.low[k]
            if np.isfinite(bound):
                total = total + chance_above(before[k], bounds.times[k], bound, drift[here], below=sign < 0)
        up[here] = total if sign > 0 else 1.0 - total
    return up


def drift_at(bounds: Bounds, look: int, score: Floats, chance: float) -> Floats:
    """(R,) the drift under which the chance of a result at least as far up is ``chance``; that chance rises with the drift."""
    before = bounds.stages()[: look + 1]
    time, goal = bounds.times[look], float(special.ndtri(chance))
    drift = (score + goal) / np.sqrt(time)
    low, high = np.full(score.shape, -np.inf), np.full(score.shape, np.inf)
    last, last_gap = np.full(score.shape, np.nan), np.full(score.shape, np.nan)
    for _ in range(STEPS):  # the secant method on normal scores, where the chance is nearly a line of the drift
        found = np.clip(_as_far(bounds, before, look, score, drift), 1e-300, 1 - 1e-16)
        gap = special.ndtri(found) - goal
        if (np.abs(gap) < CLOSE).all():
            break
        low, high = np.where(gap < 0, drift, low), np.where(gap >= 0, drift, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(np.isnan(last), np.sqrt(time), (gap - last_gap) / (drift - last))
            there = drift - gap / slope
            middle = (low + high) / 2
        inside = np.isfinite(there) & (there > low) & (there < high)
        step = np.where(np.isfinite(middle), middle, drift - np.sign(gap))
        last, last_gap = drift, gap
        drift = np.where(np.abs(gap) < CLOSE, drift, np.where(inside, there, step))
    return np.asarray(drift)


def drift_by_table(bounds: Bounds, look: int, score: Floats, chance: float) -> Floats:
    """(R,) the same as :func:`drift_at`, read from a table that is made once for many trials with the same bounds.

    Scores far out are solved one by one.
    """
    near = np.abs(score) < FARTHEST_SCORE
    found = np.empty(score.shape)
    if not near.all():
        found[~near] = drift_at(bounds, look, score[~near], chance)
    inside = score[near] + FARTHEST_SCORE
    panel = (inside / WIDTH).astype(np.int64)
    place = 2.0 * (inside / WIDTH - panel) - 1.0
    rows = _table(bounds, look, chance)[:, panel]
    later, latest = np.zeros(place.shape), np.zeros(place.shape)
    for row in rows[:0:-1]:  # Clenshaw's recurrence
        later, latest = row + 2.0 * place * later - latest, later
    found[near] = rows[0] + place * later - latest
    return found


@lru_cache(maxsize=256)
def _table(bounds: Bounds, look: int, chance: float) -> Floats:
    """(degree + 1, panels) Chebyshev coefficients of the drift by the score."""
    count = DEGREE + 1
    angle = np.pi * (np.arange(count) + 0.5) / count
    panels = round(2.0 * FARTHEST_SCORE / WIDTH)
    score = -FARTHEST_SCORE + WIDTH * (np.arange(panels)[:, None] + 0.5 * (np.cos(angle) + 1.0))
    drift = drift_at(bounds, look, score.ravel(), chance).reshape(panels, count)
    waves = np.cos(np.arange(count)[:, None] * angle) * np.where(np.arange(count) > 0, 2.0, 1.0)[:, None] / count
    return np.asarray(np.sum(waves[:, None, :] * drift, axis=2))
