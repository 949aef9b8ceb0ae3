"""A trial with everyone in one arm, and a time for every visit of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trialsim.conduct import Entries
from trialsim.engine.trace import EventTrace
from trialsim.protocol.columns import A_END, E_TIME, H_REQUEST, LEFT, V_REASON, V_TIME, VISITED
from trialsim.protocol.program import ACTIVITY, ATTEMPT, SEIZE, Program

Ints = NDArray[np.int64]


def everyone_in(entries: Entries, arm: int) -> Entries:
    """The same participants, all in one arm."""
    return replace(entries, arm=np.where(entries.arm >= 0, arm, entries.arm).astype(np.int8))


def placed(trace: EventTrace, program: Program, entries: Entries) -> EventTrace:
    """The trace with a time for every visit: a visit that did not take place follows the last event before it.

    That is the last visit, activity or request for staff that the protocol puts before it, or the time of leaving.
    """
    visits = trace.visits.copy()
    step_of = {int(row[1]): step for step, row in enumerate(program.ops) if row[0] in (ACTIVITY, ATTEMPT)}
    asked = {int(row[1]): step for step, row in enumerate(program.ops) if row[0] == SEIZE}
    known: list[tuple[int, Ints]] = [
        *((step, trace.visits[:, :, v, V_TIME]) for v, step in enumerate(program.visit_step)),
        *((step, trace.activities[:, :, a, A_END]) for a, step in step_of.items()),
        *((step, trace.holds[:, :, h, H_REQUEST]) for h, step in asked.items()),
    ]
    for v, step in enumerate(program.visit_step):
        missed = visits[:, :, v, V_REASON] != VISITED
        if missed.any():
            time = entries.entry
            for earlier, when in known:
                if earlier < step:
                    time = np.maximum(time, when)
            left = visits[:, :, v, V_REASON] == LEFT
            time = np.where(left, np.maximum(time, trace.ends[:, :, E_TIME]), time)
            visits[:, :, v, V_TIME] = np.where(missed, time, visits[:, :, v, V_TIME])
    return replace(trace, visits=visits)
