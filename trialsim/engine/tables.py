"""The program as plain arrays for the compiled engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.numbers.distributions import mean, pack
from trialsim.numbers.draws import stream, stream_key
from trialsim.protocol.calendar import ALWAYS, pack_calendars
from trialsim.protocol.program import Program, ResourceInfo, ShiftInfo

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Columns of ``Tables.holds``: priority, patience, first and number of its resources in ``Tables.needs``, and the slot of a
# patience that varies.
HOLD_PRIORITY, HOLD_PATIENCE, HOLD_FIRST, HOLD_COUNT, HOLD_SLOT = range(5)
# Columns of ``Tables.resources``: the rows of its shifts (first, one past the last), and the limit of its queue.
RES_FIRST, RES_LAST, RES_LIMIT = range(3)
# Columns of ``Tables.shifts``: the resource, its units (first, one past the last), calendar, whether there is other work,
# and the calendar of breaks, -1 for none.
SHIFT_RESOURCE, SHIFT_FIRST, SHIFT_LAST, SHIFT_CALENDAR, SHIFT_OTHER, SHIFT_BREAKS = range(6)


@dataclass(frozen=True)
class ProgramTables:
    """A program in arrays."""

    ops: Ints
    holds: Ints  # (H, 5)
    needs: Ints  # resources of all holds, one after the other
    resources: Ints  # (I, 3)
    shifts: Ints  # (S, 6) the shifts of all resources, one after the other
    shift_of: Ints  # (I, units) the row of the shift to which a unit belongs
    gap_mean: Floats  # (S,) mean gap between requests of other work [s]
    spells: Floats  # (S, 8) packed distributions of spells
    spell_table: Floats
    streams: NDArray[np.uint64]  # (S, 2) arrivals and spells of other work
    first_window: Ints
    windows: Ints
    serving: NDArray[np.int8]  # (resources of a site, G) 1 where a resource is in a group of practitioners
    per_site: int
    weekday: int


def gap_mean(resource: ResourceInfo, shift: ShiftInfo) -> float:
    """Mean time between two requests of other work in a shift [s]: rate = units x share / mean spell; 0 for no other work."""
    if resource.share <= 0:
        return 0.0
    return mean(resource.spell) / (shift.units * resource.share)


def other_work_streams(shift: ShiftInfo) -> tuple[int, int]:
    """Keys of the gaps and of the spells of other work."""
    return (
        stream_key(stream("other work/{resource}/arrival", resource=shift.name)),
        stream_key(stream("other work/{resource}/spell", resource=shift.name)),
    )


def tabulate(program: Program) -> ProgramTables:
    """The arrays of a program."""
    needs: list[int] = []
    holds = np.zeros((max(len(program.holds), 1), 5), dtype=np.int64)
    for row, hold in zip(holds, program.holds, strict=False):
        row[:] = hold.priority, hold.patience, len(needs), len(hold.resources), hold.slot
        needs += hold.resources
    rows = [(index, shift) for index, resource in enumerate(program.resources) for shift in resource.shifts]
    resources = np.zeros((max(len(program.resources), 1), 3), dtype=np.int64)
    shift_of = np.zeros((len(resources), max([resource.units for resource in program.resources], default=1)), np.int64)
    shifts = np.zeros((max(len(rows), 1), 6), dtype=np.int64)
    streams = np.zeros((len(shifts), 2), dtype=np.uint64)
    gaps = np.zeros(len(shifts))
    always = len(program.calendars)
    for place, (index, shift) in enumerate(rows):
        resource = program.resources[index]
        calendar = always if shift.calendar < 0 else shift.calendar
        last = shift.first + shift.units
        shifts[place] = index, shift.first, last, calendar, int(resource.share > 0), resource.breaks
        shift_of[index, shift.first : last] = place
        if shift.first == 0:
            resources[index] = place, place + len(resource.shifts), resource.queue_limit
        streams[place] = other_work_streams(shift)
        gaps[place] = gap_mean(resource, shift)
    spells, spell_table = pack([program.resources[index].spell for index, _ in rows])
    first_window, windows = pack_calendars([*program.calendars, ALWAYS])
    serving = np.zeros((max(program.resources_per_site, 1), len(program.serving)), dtype=np.int8)
    for group, members in enumerate(program.serving):
        serving[list(members), group] = 1
    return ProgramTables(
        ops=program.ops,
        holds=holds,
        needs=np.array(needs or [0], dtype=np.int64),
        resources=resources,
        shifts=shifts,
        shift_of=shift_of,
        gap_mean=gaps,
        spells=spells if len(spells) else np.zeros((1, 8)),
        spell_table=spell_table,
        streams=streams,
        first_window=first_window,
        windows=windows,
        serving=serving,
        per_site=program.resources_per_site,
        weekday=program.weekday,
    )
