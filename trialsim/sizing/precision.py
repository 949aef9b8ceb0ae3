"""Sizing for precision: the size at which the interval of an analysis is as narrow as required."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trialsim.prepared import Study
from trialsim.sizing.answer import answered, refuse_failures
from trialsim.sizing.batch import Batch, mean_of_finite
from trialsim.sizing.curve import GROUPS, PowerCurve
from trialsim.sizing.prefix import is_prefix
from trialsim.sizing.result import Confirmation, SizingResult
from trialsim.sizing.search import AROUND, range_of
from trialsim.sizing.sizes import Sizes, sizes_of
from trialsim.sizing.target import SizingError, Target
from trialsim.sizing.trials import PILOT, Progress, SearchTrials

Floats = NDArray[np.float64]

#: Sizes of whole trials, as shares of the first guess, if the first n of a larger trial are not the trial of n.
WHOLE = (0.6, 0.8, 0.92, 1.0, 1.08, 1.25)


def find_precision(
    study: Study,
    target: Target,
    *,
    width: float,
    between: tuple[int, int] | None = None,
    replicates: int = 4_000,
    confirm: int = 4_000,
    seed: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> SizingResult:
    """The smallest number of participants whose interval is on average at most ``width`` wide.

    Raises
    ------
    SizingError
        TS-S005 if the analysis has no interval, or the width is not positive
    """
    if not width > 0:
        raise SizingError(f"an interval cannot be {width:g} wide.", code="TS-S005", remedy="Ask for a width above 0.")
    sizes = sizes_of(study)
    low, high = range_of(sizes, between)
    trials = SearchTrials(study, target, study.scenario.simulation.seed if seed is None else seed, workers, progress)
    middle = _pilot(trials, sizes, width, (low, high))
    at = [n for n in sizes.near(middle * share for share in AROUND) if n >= min(low, sizes.up(sizes.least))]
    one = sizes.up(middle)
    if is_prefix(study, one, max(at[-1], one + sizes.step), seed=trials.seed):
        batch = trials.prefixes(at, replicates, "Simulating the batch")
    else:
        at = [n for n in sizes.near(middle * share for share in WHOLE) if n >= at[0]]
        batch = trials.whole(at, replicates, "Simulating the batch")
    refuse_failures(batch, target)
    curve = width_curve(at, batch)
    first = answered(trials, curve, goal=width, sizes=sizes, between=(low, high))
    if not confirm or not (math.isfinite(first.root) and low <= sizes.up(first.root) <= high):
        return first
    n = sizes.up(first.root)
    fresh = _fresh(trials, n, confirm)
    pooled = curve.pooled(n, fresh.value, fresh.mcse)
    return answered(trials, pooled, goal=width, sizes=sizes, between=(low, high), confirmations=(fresh,))


def _pilot(trials: SearchTrials, sizes: Sizes, width: float, between: tuple[int, int]) -> float:
    """The neighborhood: the width decreases approximately with the square root of the size."""
    low, high = between
    middle = float(min(max(trials.study.conduct.target, low), high))
    for _ in range(3):
        pilot = trials.prefixes([sizes.up(middle)], PILOT, "Searching for the range")
        found = float(np.nanmean(pilot.width[0])) if np.isfinite(pilot.width[0]).any() else math.nan
        if not math.isfinite(found):
            raise SizingError(
                f"{trials.target.name} has no interval.", code="TS-S005", remedy="Name another analysis with --for."
            )
        middle = min(max(middle * (found / width) ** 2, low), high)
    return middle


def _fresh(trials: SearchTrials, n: int, replicates: int) -> Confirmation:
    """The mean width of whole trials under the fresh seed."""
    widths = trials.fresh(n, replicates, "Simulating a fresh seed").width[0]
    usable = widths[np.isfinite(widths)]
    mean, mcse = float(usable.mean()), float(usable.std(ddof=1) / math.sqrt(len(usable)))
    around = (mean - 1.96 * mcse, mean + 1.96 * mcse)
    return Confirmation(n, mean, mcse, around, replicates, replicates - len(usable), trials.fresh_seed)


def width_curve(at: list[int], batch: Batch) -> PowerCurve:
    """Mean width of the interval over sizes, with its jackknife."""
    group = np.arange(batch.width.shape[1]) * GROUPS // batch.width.shape[1]
    without = np.array([mean_of_finite(batch.width[:, group != left_out]) for left_out in range(GROUPS)])
    return PowerCurve(np.array(at, dtype=np.float64), mean_of_finite(batch.width), without, "falling")
