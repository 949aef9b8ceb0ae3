"""Other work of a resource, drawn spell by spell: the plain form, for the reference engine."""

from __future__ import annotations

import math

import numpy as np

from trialsim.engine.tables import gap_mean, other_work_streams
from trialsim.numbers.distributions import pack, quantile_packed
from trialsim.numbers.draws import uniform
from trialsim.numbers.elementary import log
from trialsim.protocol.program import ResourceInfo, ShiftInfo


class Spells:
    """Poisson requests of other work in one shift, addressed by (shift of the resource, number of the shift, k)."""

    def __init__(self, info: ResourceInfo, shift: ShiftInfo, *, seed: int, replicate: int) -> None:
        self.gap_mean = gap_mean(info, shift)
        self.rows, self.table = pack([info.spell])
        self.streams = [np.uint64(key) for key in other_work_streams(shift)]
        self.seed, self.replicate = np.uint64(seed), np.uint64(replicate)
        self.shift, self.k, self.clock = 0, 0, 0.0

    def begin(self, shift: int, *, opens: int) -> None:
        """A shift starts, without other work."""
        self.shift, self.k, self.clock = shift, 0, float(opens)

    def draw(self) -> tuple[int, int]:
        """When other work asks next, and for how long [ticks]."""
        gap, spell = (uniform(self.seed, key, self.k, self.shift, self.replicate) for key in self.streams)
        self.clock -= self.gap_mean * log(gap)
        seconds = quantile_packed(self.rows, 0, self.table, spell)
        self.k += 1
        return math.floor(self.clock + 0.5), max(math.floor(seconds + 0.5), 1)
