"""Sizing for precision: the size at which the interval of an analysis is as narrow as asked for."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trialsim.sizing.batch import Batch, mean_of_finite, play_sizes
from trialsim.sizing.fit import GROUPS, T95, Curve, jackknife_se
from trialsim.sizing.found import Confirmation, Found
from trialsim.sizing.search import AROUND, LARGEST, PILOT, Progress, range_of, refuse_failures, stage
from trialsim.sizing.sizes import sizes_of
from trialsim.sizing.target import SizingError, Target
from trialsim.study import Study

Floats = NDArray[np.float64]


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
) -> Found:
    """The smallest number of participants whose interval is on average at most ``width`` wide.

    Raises
    ------
    SizingError
        TS-S005 when the analysis has no interval, or the width is not positive
    """
    if not width > 0:
        raise SizingError(f"no interval is {width:g} wide.", code="TS-S005", remedy="Ask for a width above 0.")
    seed = study.scenario.simulation.seed if seed is None else seed
    sizes = sizes_of(study)
    low, high = range_of(sizes, between)
    spent = 0

    def play(at: list[int], count: int, text: str, number: int = 0) -> Batch:
        nonlocal spent
        spent += count
        return play_sizes(
            study, target, at, replicates=range(count), seed=seed + number, workers=workers,
            progress=stage(progress, text, count),
        )  # fmt: skip

    middle = float(min(max(study.conduct.target, low), high))
    for _ in range(3):  # the width falls with the square root of the size, nearly
        pilot = play([sizes.up(middle)], PILOT, "Looking for the range")
        found = float(np.nanmean(pilot.width[0])) if np.isfinite(pilot.width[0]).any() else math.nan
        if not math.isfinite(found):
            raise SizingError(
                f"{target.name} has no interval.", code="TS-S005", remedy="Name another analysis with --for."
            )
        middle = min(max(middle * (found / width) ** 2, low), high, float(LARGEST) if between is None else high)
    at = [n for n in sizes.near(middle * share for share in AROUND) if low <= n <= high]
    batch = play(at, replicates, "Playing the batch")
    refuse_failures(batch, target)
    curve = width_curve(at, batch)
    root, roots = _meets(curve.at, curve.power, width), [_meets(curve.at, one, width) for one in curve.without]
    se = float(jackknife_se(np.array(roots)[:, None])[0])
    best = int(np.argmin(curve.power))
    reached = math.isfinite(root) and sizes.up(root) <= high
    answer = Found(
        axis="size", measure="width", goal=width, target=target, at=float(sizes.up(root)) if reached else None,
        root=root, low=root - T95 * se, high=root + T95 * se, curve=curve,
        best=(float(curve.at[best]), float(curve.power[best])), between=(low, high), estimate=math.nan, spent=spent,
    )  # fmt: skip
    if answer.at is None or not confirm:
        return answer
    widths = play([int(answer.at)], confirm, "Confirming", number=1).width[0]
    usable = widths[np.isfinite(widths)]
    mean, mcse = float(usable.mean()), float(usable.std(ddof=1) / math.sqrt(len(usable)))
    one = Confirmation(
        answer.at, mean, mcse, (mean - 1.96 * mcse, mean + 1.96 * mcse), confirm, confirm - len(usable), seed + 1
    )
    return replace(answer, spent=spent, confirmations=(one,))


def width_curve(at: list[int], batch: Batch) -> Curve:
    """Mean width of the interval over sizes, with its jackknife."""
    group = np.arange(batch.width.shape[1]) * GROUPS // batch.width.shape[1]
    without = np.array([mean_of_finite(batch.width[:, group != left_out]) for left_out in range(GROUPS)])
    return Curve(np.array(at, dtype=np.float64), mean_of_finite(batch.width), without, True, 1.0)


def _meets(at: Floats, width: Floats, goal: float) -> float:
    """Where the falling width meets the goal, a line between neighbors on logarithms; NaN if it does not."""
    below = np.flatnonzero(width <= goal)
    if not len(below) or below[0] == 0:
        return math.nan
    i = int(below[0])
    share = (math.log(width[i - 1]) - math.log(goal)) / (math.log(width[i - 1]) - math.log(width[i]))
    return float(math.exp(math.log(at[i - 1]) + share * (math.log(at[i]) - math.log(at[i - 1]))))
