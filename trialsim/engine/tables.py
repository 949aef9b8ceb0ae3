"""The program as plain arrays for the compiled engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.numbers.distributions import mean, pack
from trialsim.numbers.draws import stream, stream_key
from trialsim.protocol.calendar import ALWAYS, pack_calendars
from trialsim.protocol.program import Program, ResourceInfo

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Columns of ``Tables.holds``: priority, patience, first and number of its resources in ``Tables.needs``.
HOLD_PRIORITY, HOLD_PATIENCE, HOLD_FIRST, HOLD_COUNT = range(4)
# Columns of ``Tables.resources``.
RES_UNITS, RES_CALENDAR, RES_OTHER, RES_LIMIT = range(4)


@dataclass(frozen=True)
class ProgramTables:
    """A program in arrays."""

    ops: Ints
    holds: Ints  # (H, 4)
    needs: Ints  # resources of all holds, one after the other
    resources: Ints  # (I, 4)
    gap_mean: Floats  # (I,) mean gap between requests of other work [s]
    spells: Floats  # (I, 8) packed distributions of spells
    spell_table: Floats
    streams: NDArray[np.uint64]  # (I, 2) arrivals and spells of other work
    first_window: Ints
    windows: Ints
    serving: NDArray[np.int8]  # (resources of a site, G) 1 where a resource is in a group of practitioners
    per_site: int
    weekday: int


def gap_mean(resource: ResourceInfo) -> float:
    """Mean time between two requests of other work [s]: rate = units x share / mean spell; 0 for no other work."""
    if resource.share <= 0:
        return 0.0
    return mean(resource.spell) / (resource.units * resource.share)


def other_work_streams(resource: ResourceInfo) -> tuple[int, int]:
    """Keys of the gaps and of the spells of other work."""
    return (
        stream_key(stream("other work/{resource}/arrival", resource=resource.name)),
        stream_key(stream("other work/{resource}/spell", resource=resource.name)),
    )


def tabulate(program: Program) -> ProgramTables:
    """The arrays of a program."""
    needs: list[int] = []
    holds = np.zeros((max(len(program.holds), 1), 4), dtype=np.int64)
    for row, hold in zip(holds, program.holds, strict=False):
        row[:] = hold.priority, hold.patience, len(needs), len(hold.resources)
        needs += hold.resources
    count = max(len(program.resources), 1)
    resources = np.zeros((count, 4), dtype=np.int64)
    streams = np.zeros((count, 2), dtype=np.uint64)
    gaps = np.zeros(count)
    always = len(program.calendars)
    for index, resource in enumerate(program.resources):
        calendar = always if resource.calendar < 0 else resource.calendar
        resources[index] = resource.units, calendar, int(resource.share > 0), resource.queue_limit
        streams[index] = other_work_streams(resource)
        gaps[index] = gap_mean(resource)
    spells, spell_table = pack([resource.spell for resource in program.resources]) if program.resources else pack([])
    first_window, windows = pack_calendars([*program.calendars, ALWAYS])
    serving = np.zeros((max(program.resources_per_site, 1), len(program.serving)), dtype=np.int8)
    for group, members in enumerate(program.serving):
        serving[list(members), group] = 1
    return ProgramTables(
        ops=program.ops,
        holds=holds,
        needs=np.array(needs or [0], dtype=np.int64),
        resources=resources,
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
