"""The search for a size: a small pilot finds the neighborhood, one batch gives the curve, a fresh seed confirms."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.evaluate.table import FAILED_LIMIT
from trialsim.sizing.batch import Batch, play_sizes
from trialsim.sizing.confirm import confirm_size
from trialsim.sizing.fit import Curve, crossing, fit_curve, power_by_parts
from trialsim.sizing.found import Found
from trialsim.sizing.sizes import Sizes, sizes_of
from trialsim.sizing.target import SizingError, Target
from trialsim.study import Study

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

#: Trials of the pilot, and by what the largest size grows until it is enough.
PILOT, GROWTH = 400, 3

#: The largest trial that is looked for unless the user says otherwise.
LARGEST = 3_000

#: Sizes of the batch, as shares of the size the pilot found.
AROUND = (0.3, 0.45, 0.6, 0.75, 0.87, 0.95, 1.03, 1.12, 1.25)

#: Batches at most, when the pilot was wrong about the neighborhood.
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
) -> Found:
    """The smallest number of participants whose trial reaches ``target`` with probability ``power``.

    Parameters
    ----------
    between : sizes to look at; found by a pilot if not said
    replicates : trials of the batch
    confirm : trials of the confirmation under a fresh seed; 0 for none

    Raises
    ------
    SizingError
        TS-S002 when more than 5 % of the trials cannot be analyzed
    """
    check_power(power)
    seed = study.scenario.simulation.seed if seed is None else seed
    sizes = sizes_of(study)
    low, high = range_of(sizes, between)
    search = _Search(study, target, power, sizes, low, high, replicates, seed, workers, progress)
    found = search.size(pilot=between is None)
    if found.at is None or not confirm:
        return found
    return confirm_size(study, found, sizes=sizes, replicates=confirm, seed=seed, workers=workers, progress=progress)


def check_power(power: float) -> None:
    """Refuse a power that is none."""
    if not 0.0 < power < 1.0:
        raise SizingError(
            f"no design has a power of {power:g}.", code="TS-S003", remedy="Ask for a power between 0 and 100 %."
        )


def range_of(sizes: Sizes, between: tuple[int, int] | None) -> tuple[int, int]:
    """The allowed sizes from and to which is searched."""
    if between is None:
        return sizes.up(sizes.least), sizes.up(LARGEST)
    low, high = between
    if not 0 < low < high:
        raise SizingError(
            f"{low}..{high} is no range of sizes.", code="TS-S004", remedy="Write the smaller one first: 20..400."
        )
    low, high = max(sizes.up(low), sizes.step), high // sizes.step * sizes.step
    if low >= high:
        raise SizingError(
            "the allocation allows no two sizes in this range.",
            code="TS-S004",
            remedy=f"Sizes are multiples of {sizes.step}.",
        )
    return low, high


@dataclass
class _Search:
    """One search under way."""

    study: Study
    target: Target
    goal: float
    sizes: Sizes
    low: int
    high: int
    replicates: int
    seed: int
    workers: int | None
    progress: Progress | None
    spent: int = 0

    def play(self, at: list[int], replicates: int, text: str) -> Batch:
        """Trials at every size of ``at`` from one batch of the largest."""
        self.spent += replicates
        return play_sizes(
            self.study, self.target, at, replicates=range(replicates), seed=self.seed, workers=self.workers,
            progress=stage(self.progress, text, replicates),
        )  # fmt: skip

    def size(self, *, pilot: bool) -> Found:
        """Pilot, batch, and the batch again where the pilot was wrong about the neighborhood."""
        middle = self.pilot() if pilot else self.coarse()
        curve, batch = self.around(middle)
        for _ in range(ROUNDS):
            root = curve.root(self.goal)
            if math.isfinite(root) or not self.movable(curve):
                break
            middle = curve.at[-1] * 1.5 if curve.power[-1] < self.goal else curve.at[0] * 0.5
            curve, batch = self.around(middle)
        return self.answer(curve, batch)

    def movable(self, curve: Curve) -> bool:
        """Whether the range goes on where the curve does not reach the goal."""
        return bool(curve.at[-1] < self.high if curve.power[-1] < self.goal else curve.at[0] > self.low)

    def pilot(self) -> float:
        """The neighborhood, by trials that grow until they are large enough."""
        largest = self.sizes.up(max(self.study.conduct.target, 8 * self.sizes.step))
        while True:
            largest = min(largest, self.high)
            ladder = self.sizes.near(np.geomspace(max(self.low, largest / 30), largest, 7))
            batch = self.play(ladder, PILOT, "Looking for the range")
            power = self.quick(batch)
            root = crossing(np.array(ladder, dtype=np.float64), power, self.goal)
            if math.isfinite(root) or power[0] >= self.goal or largest == self.high or self.level(power):
                return root if math.isfinite(root) else float(ladder[0] if power[0] >= self.goal else largest)
            largest = self.sizes.up(largest * GROWTH)

    def coarse(self) -> float:
        """The neighborhood inside a range that the user gave."""
        ladder = self.sizes.near(np.geomspace(self.low, self.high, 7))
        power = self.quick(self.play(ladder, PILOT, "Looking through the range"))
        root = crossing(np.array(ladder, dtype=np.float64), power, self.goal)
        return root if math.isfinite(root) else float(ladder[0] if power[0] >= self.goal else ladder[-1])

    def quick(self, batch: Batch) -> Floats:
        """Power at each size of a small batch."""
        told = (self.target.critical, self.target.two_tailed)
        found = []
        for score, known in zip(batch.scores.score, batch.scores.known, strict=True):
            usable = np.isfinite(score)
            found.append(power_by_parts(score[usable], known[usable], *told) if usable.sum() > PILOT / 2 else 0.0)
        return np.array(found)

    def level(self, power: Floats) -> bool:
        """Whether more participants no longer help: enrollment ends before they come, or there is no effect."""
        return bool(power[-1] - power[-3] < 0.005)

    def around(self, middle: float) -> tuple[Curve, Batch]:
        """The curve around ``middle``, within the range."""
        at = [n for n in self.sizes.near(middle * share for share in AROUND) if self.low <= n <= self.high]
        near = self.sizes.near((middle - self.sizes.step, middle, middle + self.sizes.step))
        at = sorted({*at, *(n for n in near if self.low <= n <= self.high)})
        if len(at) < 2:
            at = sorted({self.low, *at, min(self.low + self.sizes.step, self.high)})
        batch = self.play(at, self.replicates, "Playing the batch")
        refuse_failures(batch, self.target)
        place = np.abs(np.array(at) - middle).argsort()[:3]
        return fit_curve(batch.scores, self.target, check_at=[int(i) for i in place]), batch

    def answer(self, curve: Curve, batch: Batch) -> Found:
        """The recommendation from a curve."""
        root = curve.root(self.goal)
        low, high = curve.root_interval(self.goal) if math.isfinite(root) else (math.nan, math.nan)
        at = float(self.sizes.up(root)) if math.isfinite(root) and self.sizes.up(root) <= self.high else None
        best = int(np.argmax(curve.power >= curve.power.max() - 2 * curve.se[-1]))  # larger is no better
        nearest = int(np.abs(curve.at - (best if at is None else at)).argmin())
        return Found(
            axis="size", measure="power", goal=self.goal, target=self.target, at=at, root=root, low=low, high=high,
            curve=curve, best=(float(curve.at[best]), float(curve.power[best])), between=(self.low, self.high),
            estimate=float(batch.mean_estimate[nearest]) if at is not None else math.nan, spent=self.spent,
            notes=(*notes_on(curve), *self.shortfall(curve, batch)),
        )  # fmt: skip

    def shortfall(self, curve: Curve, batch: Batch) -> tuple[str, ...]:
        """Says when larger trials do not get larger, because enrollment ends first."""
        asked, enrolled = float(curve.at[-1]), float(batch.enrolled[-1].mean())
        if enrolled > 0.98 * asked:
            return ()
        return (f"Enrollment ends early: of {asked:.0f} participants {enrolled:.1f} are enrolled on average.",)


def refuse_failures(batch: Batch, target: Target) -> None:
    """Refuse to answer when too many trials cannot be analyzed at the largest size or effect."""
    failed = float(batch.scores.failed[-1])
    if failed > FAILED_LIMIT:
        raise SizingError(
            f"{100 * failed:.0f} % of the trials cannot be analyzed ({target.name}); a power of the others would be a guess.",
            code="TS-S002",
            remedy="Look at the statuses with: trialsim run.",
        )


def notes_on(curve: Curve) -> tuple[str, ...]:
    """What is to be said of how a curve was made."""
    if curve.by_parts:
        return ()
    return (
        f"Counting contradicted the model of the test statistic (p = {curve.contradiction:.2g}): rejections were counted.",
    )


def stage(progress: Progress | None, text: str, total: int) -> Callable[[int], None] | None:
    """Tells the user how far a stage is; the function takes the number of trials done since the last call."""
    if progress is None:
        return None
    done = 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        progress(text, done, total)

    return tell
