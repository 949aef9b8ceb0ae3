"""Two engines that simulate the same protocol and give the same events: a compiled one and one written with SimPy."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from trialsim.engine.trace import EventTrace, empty_trace
from trialsim.errors import EngineError
from trialsim.protocol.program import Program
from trialsim.protocol.tapes import Tapes

__all__ = ["Engine", "EventTrace", "is_compiled", "play"]

#: The compiled engine, or the reference engine, which is written to be read.
Engine = Literal["fast", "simpy"]


def play(
    program: Program,
    entries: Any,
    tapes: Tapes,
    *,
    seed: int,
    replicates: range,
    engine: Engine = "fast",
    record: bool = False,
) -> EventTrace:
    """Simulate a protocol for the participants of each replicate.

    Parameters
    ----------
    entries : arrays (R, N) entry, arm, site, leave and leave_reason, as :class:`trialsim.conduct.Entries` has them
    tapes : (R, N, slots) drawn integers of :func:`trialsim.protocol.tapes.draw_tapes`
    record : keep the events of each replicate

    Raises
    ------
    EngineError
        TS-N001 more participants than an event key can hold, TS-N002 a site that the protocol does not know
    """
    from trialsim.engine.kernel import MOST_PARTICIPANTS

    if entries.entry.shape[1] >= MOST_PARTICIPANTS:
        raise EngineError(
            f"{entries.entry.shape[1]:,} participants are too many.",
            code="TS-N001",
            remedy=f"A ward study may have at most {MOST_PARTICIPANTS - 1:,}.",
        )
    if entries.site.max(initial=0) >= max(len(program.sites), 1):
        raise EngineError(
            f"a participant is at site {entries.site.max()}, and the protocol was compiled for {max(len(program.sites), 1)}.",
            code="TS-N002",
            remedy="Compile it with the sites of the study.",
        )
    if engine == "simpy":
        from trialsim.engine.reference import play_reference

        return play_reference(program, entries, tapes, seed=seed, replicates=replicates, record=record)
    room = 1024 if record else 0
    while True:
        trace, counts = _play_fast(program, entries, tapes, seed=seed, replicates=replicates, room=room)
        if not record:
            return trace
        if counts.max(initial=0) <= room:
            events = tuple(log[:count] for log, count in zip(trace.events, counts, strict=True))
            return EventTrace(**{**vars(trace), "events": events})
        room = int(counts.max())


def _play_fast(
    program: Program, entries: Any, tapes: Tapes, *, seed: int, replicates: range, room: int
) -> tuple[EventTrace, NDArray[np.int64]]:
    """The compiled engine with room for this many events in a replicate."""
    from trialsim.engine.kernel import play_range
    from trialsim.engine.tables import tabulate

    tables = tabulate(program)
    trace = empty_trace(program, replicates=len(replicates), participants=entries.entry.shape[1])
    events = np.empty((len(replicates), room, 6), dtype=np.int64)
    counts = np.zeros(len(replicates), dtype=np.int64)
    play_range(
        tables.ops, tables.holds, tables.needs, tables.resources, tables.shifts, tables.shift_of, tables.gap_mean,
        tables.spells, tables.spell_table,
        tables.streams, tables.first_window, tables.windows, tables.serving, tables.per_site, tables.weekday,
        np.uint64(seed), np.uint64(replicates.start), entries.entry, entries.arm, entries.site, entries.leave,
        entries.leave_reason, tapes, trace.visits, trace.activities, trace.holds, trace.ends, trace.staff,
        trace.trial_end, events, counts,
    )  # fmt: skip
    return EventTrace(**{**vars(trace), "events": tuple(events)}), counts


def is_compiled() -> bool:
    """Whether the compiled engine is in the cache on disk; otherwise the first use compiles it."""
    from trialsim.compiled import is_cached
    from trialsim.engine.kernel import play_range

    return is_cached(play_range)
