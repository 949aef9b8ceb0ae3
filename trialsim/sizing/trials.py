"""The trials of one search: what is simulated, under which seed, and how many so far."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.prepared import Study
from trialsim.scenario.identity import scenario_hash
from trialsim.sizing.batch import Batch, play_effects, play_sizes, play_whole
from trialsim.sizing.fit import power_by_counting, power_by_parts
from trialsim.sizing.target import Target

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

#: Trials of a pilot.
PILOT = 400


@dataclass
class SearchTrials:
    """The simulations of a search in one study for one target."""

    study: Study
    target: Target
    seed: int
    workers: int | None = None
    progress: Progress | None = None
    spent: int = 0

    @property
    def fresh_seed(self) -> int:
        """The seed of the trials that are added to the curve: a different one for each study and seed.

        If it were always the same (seed + 1), one unlucky draw would cause the same error in every study.
        """
        text = f"{scenario_hash(self.study.scenario)} {self.seed}"
        found = int.from_bytes(hashlib.blake2b(text.encode("ascii"), digest_size=4).digest(), "big")
        return found if found != self.seed else found + 1

    def prefixes(self, at: list[int], count: int, text: str) -> Batch:
        """Trials at every size of ``at`` from one batch of the largest."""
        self.spent += count
        return play_sizes(
            self.study, self.target, at, replicates=range(count), seed=self.seed, workers=self.workers,
            progress=stage(self.progress, text, count),
        )  # fmt: skip

    def whole(self, at: list[int], count: int, text: str) -> Batch:
        """Whole trials of every size of ``at``."""
        self.spent += count * len(at)
        return play_whole(
            self.study, self.target, at, replicates=range(count), seed=self.seed, workers=self.workers,
            progress=stage(self.progress, text, count * len(at)),
        )  # fmt: skip

    def effects(self, at: list[float], count: int, text: str, *, seed: int | None = None) -> Batch:
        """Trials at every multiple ``at`` of the declared effects."""
        self.spent += count
        return play_effects(
            self.study, self.target, at, replicates=range(count), seed=self.seed if seed is None else seed,
            workers=self.workers, progress=stage(self.progress, text, count),
        )  # fmt: skip

    def fresh(self, n: int, count: int, text: str) -> Batch:
        """Whole trials of one size under the fresh seed."""
        self.spent += count
        return play_sizes(
            self.study, self.target, [n], replicates=range(count), seed=self.fresh_seed, workers=self.workers,
            progress=stage(self.progress, text, count),
        )  # fmt: skip

    def quick_power(self, batch: Batch) -> Floats:
        """(G,) power at each size of a small batch; 0 if fewer than half of its trials can be analyzed."""
        found = []
        for score, known in zip(batch.scores.score, batch.scores.known, strict=True):
            usable = np.isfinite(score)
            enough = usable.sum() > len(score) / 2
            one = (score[usable], known[usable], self.target.critical, self.target.two_tailed)
            found.append((power_by_counting if batch.scores.counted else power_by_parts)(*one) if enough else 0.0)
        return np.array(found)


def stage(progress: Progress | None, text: str, total: int) -> Callable[[int], None] | None:
    """A function that reports the progress of a stage; it takes the number of trials done since the last call."""
    if progress is None:
        return None
    done = 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        progress(text, done, total)

    return tell
