"""Which units of staff came to whom in one replicate, and what else they did meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.engine.reference import Ward, people_of
from trialsim.protocol.program import Program
from trialsim.protocol.tapes import Tapes

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class StaffRecord:
    """Staff of one replicate.

    Attributes
    ----------
    given : (G, 4) tick, participant, resource and unit of each unit that came, in order
    other_work : (S, 4) resource, unit, begin and end of each spell of other work that the study could meet: from the start of a
        shift until nobody of the study waits or is served any more
    """

    given: Ints
    other_work: Ints


def staff_record(
    program: Program, entries: Any, tapes: Tapes, *, seed: int, replicate: int, until: int | None = None
) -> StaffRecord:
    """Staff in one replicate, by the reference engine; ``entries`` and ``tapes`` are those of this replicate alone.

    The compiled engine keeps the unit of the first resource of a need only, and no spells of other work. ``until`` is the tick
    before which it ends, by default the end of the trial.
    """
    ward = Ward(program, people_of(entries, tapes, 0), seed=seed, replicate=replicate)
    ward.play(until)
    spells = [(station.number, *spell) for station in ward.stations for crew in station.crews for spell in crew.worked]
    return StaffRecord(
        given=np.array(ward.given, dtype=np.int64).reshape(-1, 4),
        other_work=np.array(spells, dtype=np.int64).reshape(-1, 4),
    )
