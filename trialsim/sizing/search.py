"""The search for a size: a small pilot finds the neighborhood, one batch gives the curve, trials of a fresh seed are added.

Without a ward the trial of n is the first part of a larger one, and power rises smoothly with n: one batch gives the whole
curve. On a ward both may fail (later participants delay earlier ones; a night without staff makes power fall), so sizes close
to the answer are examined, with whole trials if it matters (:mod:`trialsim.sizing.local_search`).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trialsim.prepared import Study
from trialsim.sizing.answer import answered, check_power, few_trials, notes_on, refuse_failures, shortfall
from trialsim.sizing.batch import Batch
from trialsim.sizing.confirm import confirm_size
from trialsim.sizing.curve import PowerCurve, crossing
from trialsim.sizing.fit import fit_curve
from trialsim.sizing.local_search import LocalSearch
from trialsim.sizing.prefix import is_prefix
from trialsim.sizing.result import SizingResult
from trialsim.sizing.sizes import Sizes, sizes_of
from trialsim.sizing.target import SizingError, Target
from trialsim.sizing.trials import PILOT, Progress, SearchTrials

Floats = NDArray[np.float64]

#: The factor by which the largest size of the pilot grows until it is enough.
GROWTH = 3

#: The largest trial in the search by default.
LARGEST = 3_000

#: Sizes of the batch, as shares of the size the pilot found.
AROUND = (0.3, 0.45, 0.6, 0.75, 0.87, 0.95, 1.03, 1.12, 1.25)

#: The most batches, if the pilot was wrong about the neighborhood.
ROUNDS = 4


def find_size(
    study: Study,
    target: Target,
    *,
    power: float = 0.9,
    between: tuple[int, int] | None = None,
    replicates: int = 4_000,
    confirm: int = 4_000,
    seed: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> SizingResult:
    """The smallest number of participants from which a trial reaches ``target`` with probability ``power``.

    Parameters
    ----------
    between : sizes among which the answer may lie; by default a pilot finds them
    replicates : trials of the batch
    confirm : trials of the recommended size under a fresh seed, pooled with the curve; 0 for none

    Raises
    ------
    SizingError
        TS-S002 if more than 5 % of the trials cannot be analyzed
    """
    check_power(power)
    seed = study.scenario.simulation.seed if seed is None else seed
    sizes = sizes_of(study)
    low, high = range_of(sizes, between)
    trials = SearchTrials(study, target, seed, workers, progress)
    curve, notes = _Search(trials, power, sizes, low, high, replicates).curve(pilot=between is None)
    notes = (*few_trials(replicates), *notes)
    first = answered(trials, curve, goal=power, sizes=sizes, between=(low, high), notes=notes)
    if not confirm or not (math.isfinite(first.root) and low <= sizes.up(first.root) <= high):
        return first
    confirmation, pooled = confirm_size(trials, curve, sizes.up(first.root), confirm)
    return answered(
        trials, pooled, goal=power, sizes=sizes, between=(low, high), notes=notes, confirmations=(confirmation,)
    )


def range_of(sizes: Sizes, between: tuple[int, int] | None) -> tuple[int, int]:
    """The smallest and the largest allowed size of the search."""
    if between is None:
        return sizes.up(sizes.least), sizes.up(LARGEST)
    low, high = between
    if not 0 < low < high:
        raise SizingError(
            f"{low}..{high} is not a range of sizes.", code="TS-S004", remedy="Write the smaller one first: 20..400."
        )
    least = max(sizes.step, sizes.up(sizes.least) if sizes.wedge else 0)
    low, high = max(sizes.up(low), least), high // sizes.step * sizes.step
    if low >= high:
        raise SizingError(
            "the allocation allows fewer than two sizes in this range.",
            code="TS-S004",
            remedy=f"Sizes are multiples of {sizes.step}.",
        )
    return low, high


class _Search:
    """One search under way. Answers lie from ``low`` to ``high``; sizes a little beyond are simulated too."""

    def __init__(self, trials: SearchTrials, goal: float, sizes: Sizes, low: int, high: int, replicates: int) -> None:
        self.trials, self.goal, self.sizes, self.replicates = trials, goal, sizes, replicates
        self.low, self.high = low, high
        self.floor, self.ceiling = min(low, sizes.up(sizes.least)), sizes.up(AROUND[-1] * high)

    def curve(self, *, pilot: bool) -> tuple[PowerCurve, tuple[str, ...]]:
        """The curve around the answer, and notes on how it was made."""
        middle = self.pilot() if pilot else self.coarse()
        one, largest = self.sizes.up(middle), self.sizes.up(AROUND[-1] * middle)
        apart = is_prefix(self.trials.study, one, max(largest, one + self.sizes.step), seed=self.trials.seed)
        if self.trials.study.program is None and apart:
            curve, batch = self.smooth(middle)
            return curve, (*notes_on(curve), *shortfall(curve, batch))
        nearby = LocalSearch(
            self.trials, self.goal, self.sizes, (self.low, self.high), (self.floor, self.ceiling), self.replicates
        )
        return nearby.curve(middle, whole=not apart)

    def smooth(self, middle: float) -> tuple[PowerCurve, Batch]:
        """The batch, repeated if the pilot was wrong about the neighborhood."""
        curve, batch = self.around(middle)
        for _ in range(ROUNDS):
            if math.isfinite(curve.root(self.goal)) or not self.movable(curve):
                break
            middle = curve.at[-1] * 1.5 if curve.power[-1] < self.goal else curve.at[0] * 0.5
            curve, batch = self.around(middle)
        return curve, batch

    def movable(self, curve: PowerCurve) -> bool:
        """Whether the range continues if the curve does not reach the goal."""
        return bool(curve.at[-1] < self.high if curve.power[-1] < self.goal else curve.at[0] > self.low)

    def pilot(self) -> float:
        """The neighborhood, by trials that grow until they are large enough."""
        largest = self.sizes.up(max(self.trials.study.conduct.target, 8 * self.sizes.step))
        while True:
            largest = min(largest, self.high)
            ladder = self.sizes.near(np.geomspace(max(self.low, largest / 30), largest, 7))
            power = self.quick(ladder, "Searching for the range")
            root = crossing(np.array(ladder, dtype=np.float64), power, self.goal)
            if math.isfinite(root) or power[0] >= self.goal or largest == self.high or level(power):
                return root if math.isfinite(root) else float(ladder[0] if power[0] >= self.goal else largest)
            largest = self.sizes.up(largest * GROWTH)

    def coarse(self) -> float:
        """The neighborhood inside a range that the user gave."""
        ladder = self.sizes.near(np.geomspace(self.low, self.high, 7))
        power = self.quick(ladder, "Searching the range")
        root = crossing(np.array(ladder, dtype=np.float64), power, self.goal)
        return root if math.isfinite(root) else float(ladder[0] if power[0] >= self.goal else ladder[-1])

    def quick(self, ladder: list[int], text: str) -> Floats:
        """Power at each size of a small batch."""
        play = self.trials.whole if self.sizes.wedge else self.trials.prefixes
        batch = play(ladder, PILOT, text)
        return self.trials.quick_power(batch)

    def around(self, middle: float) -> tuple[PowerCurve, Batch]:
        """The curve around ``middle``, with the ends of the range if they are near."""
        near = (middle - self.sizes.step, middle, middle + self.sizes.step)
        at = self.sizes.near((*(middle * share for share in AROUND), *near))
        ends = [n for n in (self.low, self.high) if at[0] < n < at[-1]]
        at = [n for n in sorted({*at, *ends}) if self.floor <= n <= self.ceiling]
        if len(at) < 2:
            at = sorted({self.floor, *at, self.floor + self.sizes.step})
        batch = self.trials.prefixes(at, self.replicates, "Simulating the batch")
        refuse_failures(batch, self.trials.target)
        place = np.abs(np.array(at) - middle).argsort()[:3]
        return fit_curve(batch.scores, self.trials.target, check_at=[int(i) for i in place]), batch


def level(power: Floats) -> bool:
    """Whether more participants no longer help: enrollment ends before they arrive, or the effect is none."""
    return bool(power[-1] - power[-3] < 0.005 and power[-1] - power[-5:].min() < 0.05)
