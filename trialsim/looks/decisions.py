"""What is decided at each look, and what the trial says after its stop.

Each twin takes its own decisions. A look is decided by the p-value of the planned analysis on what is known then: a t
statistic counts by its nominal p, turned into a score.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import Estimates
from trialsim.analysis.rows import ANALYZED
from trialsim.boundaries.bounds import Bounds, SequentialDesign, bounds_at
from trialsim.boundaries.stagewise import chance_as_far, drift_at, drift_by_table
from trialsim.heavy import special
from trialsim.looks.plan import LookPlan
from trialsim.looks.results import KEPT, LookResults

Floats = NDArray[np.float64]

#: What ended a trial: its end without the effect shown, the effect shown, futility.
NOT_SHOWN, SHOWN, FUTILE = range(3)

#: Measured information counts in steps of this factor, rounded down: a bound moves by some .01 of a standard error, and its
#: level is spent exactly.
STEP = 1.01

#: Below this score the scale of the estimate is taken from its standard error, as 0 / 0 has none.
SMALL_SCORE = 0.1


@dataclass(frozen=True)
class Decisions:
    """How R trials under T twins went.

    Attributes
    ----------
    look : (T, R) the look at which the trial stopped, the last one included
    outcome : (T, R) why
    estimate, low, high, p : (T, R) median unbiased estimate, its interval and p-value, by stagewise ordering
    rejected_at_end : (T, R) whether the design without looks rejects, at the end
    """

    look: NDArray[np.int64]
    outcome: NDArray[np.int64]
    estimate: Floats
    low: Floats
    high: Floats
    p: Floats
    rejected_at_end: Floats


@dataclass(frozen=True)
class _AtLooks:
    """(T, R, K) of every look, the end included; NaN and 0 where a look does not come."""

    estimate: Floats
    se: Floats
    p: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int64]
    status: NDArray[np.int8]


def _every_look(plan: LookPlan, estimates: Estimates, results: LookResults) -> _AtLooks:
    def joined(name: str) -> NDArray[Any]:
        end = getattr(estimates, name)[:, :, plan.row, None]
        return np.concatenate([getattr(results, name), end], axis=2)

    return _AtLooks(**{name: joined(name) for name in (*KEPT, "n", "status")})


def decide(plan: LookPlan, estimates: Estimates, results: LookResults) -> tuple[Decisions, Estimates]:
    """The decisions, and the estimates with those of the row that is looked at taken at its stop.

    Its estimate, interval and number of participants are then the plain ones of the analysis at the stop, its p that of the
    stagewise ordering, and whether it rejects is what was decided.
    """
    at = _every_look(plan, estimates, results)
    score = scores(plan, at.p, at.estimate)
    score[~np.isin(at.status, ANALYZED)] = np.nan
    shape = at.p.shape[:2]
    numbers = {name: np.full(shape, np.nan) for name in ("estimate", "low", "high", "p")}
    look, outcome = np.full(shape, plan.interim, dtype=np.int64), np.full(shape, NOT_SHOWN, dtype=np.int64)
    for bounds, came, twins, trials in by_bounds(plan, results, at.se):
        here = score[np.ix_(np.array(twins), trials, np.array(came))]
        stop, why = _stops(here, bounds)
        place_of = np.ix_(np.array(twins), trials)
        look[place_of], outcome[place_of] = np.asarray(came)[stop], why
        for place, twin in enumerate(twins):
            for k in range(len(came)):
                who = np.flatnonzero((stop[place] == k) & np.isfinite(here[place, :, k]))
                if who.size:
                    chosen = (twin, trials[who], came[k])
                    found = _estimated(plan, bounds, k, here[place, who, k], at.estimate[chosen], at.se[chosen])
                    for name, values in zip(numbers, found, strict=True):
                        numbers[name][twin, trials[who]] = values
    decisions = Decisions(look, outcome, **numbers, rejected_at_end=estimates.rejected[:, :, plan.row])
    return decisions, _at_stop(plan, estimates, at, decisions)


def scores(plan: LookPlan, p: Floats, estimate: Floats) -> Floats:
    """The normal scores of p-values, positive in the direction of the plan."""
    with np.errstate(divide="ignore"):
        if plan.one_sided:
            return np.asarray(-special.ndtri(np.clip(p, 1e-300, 1.0)))
        size = -special.ndtri(np.clip(p, 1e-300, 1.0) / 2)
    return np.asarray(plan.way * np.sign(estimate - plan.looked_at.no_effect) * size)


def by_bounds(
    plan: LookPlan, results: LookResults, se: Floats
) -> Iterator[tuple[Bounds, list[int], list[int], NDArray[np.intp]]]:
    """Trials with the same information at their looks: bounds, numbers of the looks that came, twins, positions of the trials.

    ``se`` (T, R, K) are the standard errors at the looks, by which information may be measured.
    """
    if math.isnan(plan.maximum):
        groups = [(list(range(len(se))), np.tile(results.known / plan.planned, 2))]
    else:
        groups = [([twin], _measured(plan, results, se[twin])) for twin in range(len(se))]
    count = plan.interim + 1
    for twins, shares in groups:
        patterns, which = np.unique(shares, axis=0, return_inverse=True)
        for index, known in enumerate(patterns):
            came = [k for k in range(count) if known[k] > 0]
            if came and known[count - 1] > 0:
                times, spending = (
                    tuple(float(known[k]) for k in places) for places in (came, [count + k for k in came])
                )
                bounds = _cached(plan.design, times, tuple(came), plan.bounds.drift, spending)
                yield bounds, came, twins, np.flatnonzero(which.reshape(-1) == index)


def _measured(plan: LookPlan, results: LookResults, se: Floats) -> Floats:
    """(R, 2 K) information 1 / SE^2 as a share of the planned one, in steps, rising from look to look; 0 where none comes.

    Behind it are the shares by which levels are spent: the same, but that of the participants where the planned information is
    there before the end, so that something is left for it. An analysis that failed counts by its number of participants.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = se**-2.0 / plan.maximum
    people = results.known / plan.planned
    with np.errstate(divide="ignore"):
        steps = np.floor(np.log(np.where(np.isfinite(shares), shares, people)) / math.log(STEP) + 1e-9)
    found, spent = np.zeros(shares.shape), np.zeros(shares.shape)
    before, used = np.full(len(shares), -np.inf), np.zeros(len(shares))
    for k in range(plan.interim + 1):
        comes = results.known[:, k] > 0
        before = np.where(comes, np.maximum(steps[:, k], before + 1.0), before)
        found[:, k] = np.where(comes, STEP**before, 0.0)
        used = np.where(comes, np.maximum(np.where(found[:, k] < 1.0, found[:, k], people[:, k]), used), used)
        spent[:, k] = np.where(comes, used, 0.0)
    return np.concatenate([found, spent], axis=1)


@lru_cache(maxsize=4096)
def _cached(
    design: SequentialDesign,
    times: tuple[float, ...],
    looks: tuple[int, ...],
    drift: float,
    spending: tuple[float, ...],
) -> Bounds:
    return bounds_at(design, times, looks, drift=drift, spending=spending)


def _stops(score: Floats, bounds: Bounds) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(T, R) at which of the looks that came a trial stops, and why; without a number nothing is decided."""
    size = np.abs(score) if bounds.two_sided else score
    shown = size >= np.asarray(bounds.efficacy)
    futile = ~shown & (score <= np.asarray(bounds.futility))
    futile[:, :, -1] = False
    stops = shown | futile
    stops[:, :, -1] = True
    stop = stops.argmax(axis=2)
    last = stop[:, :, None]
    shown_there, futile_there = (np.take_along_axis(one, last, axis=2)[:, :, 0] for one in (shown, futile))
    return stop, np.where(shown_there, SHOWN, np.where(futile_there, FUTILE, NOT_SHOWN))


def _estimated(
    plan: LookPlan, bounds: Bounds, k: int, score: Floats, estimate: Floats, se: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Median unbiased estimate, limits and p-value of trials that stopped at one look."""
    none, row = plan.looked_at.no_effect, plan.looked_at
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(np.abs(score) >= SMALL_SCORE, plan.way * (estimate - none) / score, se)
    root = np.sqrt(bounds.times[k])
    tail = (1.0 - row.confidence) / 2
    # many trials have the planned bounds; which way is taken depends on the trial alone, so that chunks have the same bytes
    drift = drift_by_table if bounds.times == plan.design.times else drift_at
    middle, down, up = (plan.way * drift(bounds, k, score, chance) * root * scale for chance in (0.5, tail, 1 - tail))
    far = chance_as_far(bounds, k, score)
    p = far if plan.one_sided else np.minimum(2 * np.minimum(far, 1 - far), 1.0)
    return none + middle, none + np.minimum(down, up), none + np.maximum(down, up), p


def _at_stop(plan: LookPlan, estimates: Estimates, at: _AtLooks, decisions: Decisions) -> Estimates:
    """The estimates with the looked-at row at its stop."""
    arrays = {name: getattr(estimates, name).copy() for name in (*KEPT, "n", "status", "statistic", "df", "p_raw")}
    place = decisions.look[:, :, None]
    for name in (*KEPT, "n", "status"):
        arrays[name][:, :, plan.row] = np.take_along_axis(getattr(at, name), place, axis=2)[:, :, 0]
    arrays["p_raw"][:, :, plan.row] = arrays["p"][:, :, plan.row]
    early = decisions.look < plan.interim
    for name in ("statistic", "df"):
        arrays[name][:, :, plan.row] = np.where(early, np.nan, arrays[name][:, :, plan.row])
    analyzed = np.isin(arrays["status"][:, :, plan.row], ANALYZED)
    arrays["p"][:, :, plan.row] = np.where(analyzed, decisions.p, np.nan)
    decided = np.full(estimates.p.shape, np.nan)
    decided[:, :, plan.row] = np.where(analyzed, decisions.outcome == SHOWN, np.nan)
    return replace(estimates, **arrays, decided=decided)
