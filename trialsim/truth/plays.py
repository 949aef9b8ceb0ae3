"""A trial simulated again with everyone in one arm, and the values that would be measured if nothing were lost."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trialsim import engine as engines
from trialsim.conduct import Entries
from trialsim.engine import Engine, EventTrace
from trialsim.kinds.designs import TRANSFORM
from trialsim.prepared import Study
from trialsim.protocol.columns import A_END, E_TIME, H_REQUEST, LEFT, OTHER_ARM, V_REASON, V_TIME, VISITED
from trialsim.protocol.program import ACTIVITY, ATTEMPT, SEIZE, Program
from trialsim.protocol.tapes import Tapes
from trialsim.response import Measurements, respond
from trialsim.response.zeros import logged_pairs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SharedDraws:
    """The draws that all simulations of a batch share: participants, their arms in the trial, and every drawn length."""

    study: Study
    entries: Entries
    tapes: Tapes | None
    seed: int
    replicates: range
    engine: Engine


@dataclass(frozen=True)
class Play:
    """One simulation: values (T, R, N, D) as if nothing were lost, and the events they come from.

    ``exact`` are the values before rounding, for analyses that take logarithms or percents: a reading of 0 would drop out
    of them, and with it the lowest values. The same array as ``values`` where nothing is rounded to 0. ``censored`` (T, R, N, D)
    are marks as in :class:`trialsim.response.Measurements`.
    """

    values: Floats
    exact: Floats
    censored: NDArray[np.int8]
    entries: Entries
    trace: EventTrace | None

    def read(self, transform: str) -> Floats:
        """The values (T, R, N, D) that an endpoint with this transform uses."""
        return self.values if TRANSFORM[transform].keeps else self.exact


def play(shared: SharedDraws, arm: int | None) -> Play:
    """Everyone in ``arm``, or in the trial's own arms; the ward is simulated again."""
    study, entries = shared.study, shared.entries
    if arm is not None:
        entries = replace(entries, arm=np.where(entries.arm >= 0, arm, entries.arm).astype(np.int8))
    trace = None
    if study.program is not None and shared.tapes is not None:
        trace = engines.play(
            study.program, entries, shared.tapes, seed=shared.seed, replicates=shared.replicates, engine=shared.engine
        )
    placed_trace = None if trace is None or study.program is None else placed(trace, study.program, entries)
    measured = _complete(shared, entries, placed_trace, rounded=True)
    values = exact = measured.values
    if logged_pairs(study.scenario):
        exact = _complete(shared, entries, placed_trace, rounded=False).values
    if trace is not None:
        for d, point in enumerate(study.response.points):
            elsewhere = trace.visits[:, :, point.visit_index, V_REASON] == OTHER_ARM
            values[:, elsewhere, d] = exact[:, elsewhere, d] = np.nan
    return Play(values, exact, measured.censored, entries, trace)


def _complete(shared: SharedDraws, entries: Entries, trace: EventTrace | None, *, rounded: bool) -> Measurements:
    """The values that would be measured if nothing were lost."""
    study = shared.study
    return respond(
        study.response,
        entries,
        trace,
        seed=shared.seed,
        replicates=shared.replicates,
        twins=study.twins,
        complete=True,
        rounded=rounded,
    )


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
