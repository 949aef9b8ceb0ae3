"""The compiled engine: one function simulates a range of replicates on one thread.

It keeps its own binary heap of packed keys ``(tick x 8 + rank) << 20 | participant``. The ranks within a tick are those
of the rules: 1 a step or spell ends, 2 a participant leaves, 3 one enters, 5 requests are granted, 6 patience runs out.

A resource has one queue, and one or more shifts with units and other work of their own. Units are numbered through all
shifts of a resource, so the number of a unit also says its shift.

Other work is not in the heap. While no participant waits for the resource, its spells are served first come, first
served by the units of the shift that the study leaves free; :func:`_advance` simulates them up to now when somebody
asks. While a participant waits, the grant pass wakes at every tick at which a unit may become free.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trialsim.compiled import apart, index, inlined, kernel, part
from trialsim.engine import trace as e
from trialsim.engine.tables import (
    HOLD_COUNT,
    HOLD_FIRST,
    HOLD_PATIENCE,
    HOLD_PRIORITY,
    HOLD_SLOT,
    RES_FIRST,
    RES_LAST,
    RES_LIMIT,
    SHIFT_BREAKS,
    SHIFT_CALENDAR,
    SHIFT_FIRST,
    SHIFT_LAST,
    SHIFT_OTHER,
    SHIFT_RESOURCE,
)
from trialsim.numbers.distributions import few_quantiles
from trialsim.numbers.draws import block, to_uniform
from trialsim.numbers.elementary import log_inlined
from trialsim.protocol import program as p
from trialsim.protocol.calendar import NEVER, at_moment, shift_at

ID_BITS = 20
MOST_PARTICIPANTS = 1 << ID_BITS
NO_KEY = np.int64(2**63 - 1)

# Rows of the participants' state (:data:`STATE_ROWS`, N).
STEP, DUE, WAITING, ASKED, ASKED_RANK, TRY, PHASE = range(7)
STATE_ROWS = 7
# Phases of an activity.
FIRST_PART, PAUSED, SECOND_PART = range(3)
# Columns of the shifts' state (S, WARD_COLUMNS): the opening that is on or comes next, and other work.
OPEN, CLOSE, NUMBER, FLOOR, SPELL, ARRIVES, LENGTH = range(7)
WARD_COLUMNS = 7
# Columns of the queues' ends (I, 2).
HEAD, TAIL = range(2)
# No unit can be given, or other work took one just now.
NOBODY, TAKEN = np.int64(-1), np.int64(-2)
# Unit states.
FREE, STUDY, OTHER = range(3)
#: Spells of other work drawn at once, a multiple of 4.
TOGETHER = 8


@inlined
def _push(heap, size, key):  # type: ignore[no-untyped-def]
    place = index(size)
    while place > 0:
        parent = (place - 1) >> 1
        if heap[parent] <= key:
            break
        heap[place] = heap[parent]
        place = parent
    heap[place] = key
    return size + 1


@inlined
def _pop(heap, size):  # type: ignore[no-untyped-def]
    size -= 1
    key = heap[index(size)]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[place] = heap[child]
        place = child
    heap[place] = key
    return size


@part
def _draw_spells(s, group, ward, drawn, gap_mean, spells, spell_table, streams, seed, replicate):  # type: ignore[no-untyped-def]
    """Draw the next :data:`TOGETHER` gaps and lengths of other work of shift ``s``, side by side in vectors."""
    for stream in range(2):
        for four in range(TOGETHER // 4):
            fourth = np.uint64(group * (TOGETHER // 4) + four)
            w0, w1, w2, w3 = block(seed, streams[s, stream], fourth, np.uint64(ward[s, NUMBER]), replicate)
            place = stream * TOGETHER + 4 * four
            drawn[s, place], drawn[s, place + 1] = to_uniform(w0), to_uniform(w1)
            drawn[s, place + 2], drawn[s, place + 3] = to_uniform(w2), to_uniform(w3)
    gaps, lengths = drawn[s, :TOGETHER], drawn[s, TOGETHER:]
    for n in range(gaps.shape[0]):
        gaps[n] = gap_mean[s] * log_inlined(gaps[n])
    few_quantiles(spells, s, spell_table, lengths)


@inlined
def _next_spell(s, ward, clock, drawn, gap_mean, spells, spell_table, streams, seed, replicate):  # type: ignore[no-untyped-def]
    """The next spell of other work of shift ``s``: when it asks, and its length."""
    k = ward[s, SPELL]
    if k % TOGETHER == 0:
        _draw_spells(s, k // TOGETHER, ward, drawn, gap_mean, spells, spell_table, streams, seed, replicate)
    clock[s] -= drawn[s, k % TOGETHER]
    ward[s, ARRIVES] = int(math.floor(clock[s] + 0.5))
    ward[s, LENGTH] = max(int(math.floor(drawn[s, TOGETHER + k % TOGETHER] + 0.5)), 1)
    ward[s, SPELL] = k + 1


@part
def _after_break(calendar, tick, first_window, windows, weekday):  # type: ignore[no-untyped-def]
    """The first tick from ``tick`` on that lies in no break."""
    apart()
    while True:
        opens, closes, _ = shift_at(first_window, windows, calendar, tick, weekday)
        if tick < opens:
            return tick
        tick = closes


@part
def _advance(  # type: ignore[no-untyped-def]
    s, tick, alone, ward, unit, until, clock, drawn, shifts, gap_mean, spells, spell_table, streams, first_window,
    windows, weekday, seed, replicate,
):  # fmt: skip
    """Bring shift ``s`` to ``tick``: it starts anew where it did; if nobody waits, other work is served before it."""
    i, first, last = index(shifts[s, SHIFT_RESOURCE]), index(shifts[s, SHIFT_FIRST]), index(shifts[s, SHIFT_LAST])
    if tick >= ward[s, CLOSE]:
        opens, closes, number = shift_at(first_window, windows, shifts[s, SHIFT_CALENDAR], tick, weekday)
        ward[s, OPEN], ward[s, CLOSE], ward[s, NUMBER] = opens, closes, number
        ward[s, FLOOR] = opens
        for u in range(first, last):
            until[i, u] = opens
            if unit[i, u] == OTHER:
                unit[i, u] = FREE
        if shifts[s, SHIFT_OTHER] == 1:
            ward[s, SPELL] = 0
            clock[s] = float(opens)
            _next_spell(s, ward, clock, drawn, gap_mean, spells, spell_table, streams, seed, replicate)
    if not alone or shifts[s, SHIFT_OTHER] == 0 or ward[s, OPEN] >= tick:
        return
    while True:
        earliest = NEVER
        for u in range(first, last):
            if unit[i, u] != STUDY:
                earliest = min(earliest, until[i, u])
        start = max(max(ward[s, ARRIVES], earliest), ward[s, FLOOR])
        if shifts[s, SHIFT_BREAKS] >= 0:
            start = _after_break(shifts[s, SHIFT_BREAKS], start, first_window, windows, weekday)
        if start >= tick:
            return
        for u in range(first, last):
            if unit[i, u] != STUDY and until[i, u] <= start:
                unit[i, u], until[i, u] = OTHER, start + ward[s, LENGTH]
                break
        _next_spell(s, ward, clock, drawn, gap_mean, spells, spell_table, streams, seed, replicate)


@inlined
def _free_unit(s, i, tick, shifts, unit, until):  # type: ignore[no-untyped-def]
    """The lowest free unit of a shift ``s`` of resource ``i``, -1 for none."""
    for u in range(shifts[s, SHIFT_FIRST], shifts[s, SHIFT_LAST]):
        if unit[i, u] == FREE or (unit[i, u] == OTHER and until[i, u] <= tick):
            return np.int64(u)
    return np.int64(-1)


@inlined
def _other_work_first(s, tick, head, ward, state, priorities):  # type: ignore[no-untyped-def]
    """Whether other work of shift ``s`` waits and goes before the participant ``head``."""
    if ward[s, ARRIVES] > tick or ward[s, ARRIVES] >= ward[s, CLOSE]:
        return False
    return priorities[head] > 0 or (
        priorities[head] == 0
        and (
            ward[s, ARRIVES] < state[ASKED, head]
            or (ward[s, ARRIVES] == state[ASKED, head] and state[ASKED_RANK, head] > 4)
        )
    )


@part
def _advance_all(  # type: ignore[no-untyped-def]
    i, tick, alone, resources, ward, unit, until, clock, drawn, shifts, gap_mean, spells, spell_table, streams, first_window,
    windows, weekday, seed, replicate,
):  # fmt: skip
    """Bring every shift of resource ``i`` to ``tick`` where that is due."""
    apart()
    for s in range(resources[i, RES_FIRST], resources[i, RES_LAST]):
        if shifts[s, SHIFT_OTHER] == 1 or tick >= ward[s, CLOSE]:
            _advance(
                s, tick, alone, ward, unit, until, clock, drawn, shifts, gap_mean, spells, spell_table, streams,
                first_window, windows, weekday, seed, replicate,
            )  # fmt: skip


@inlined
def _unit_in(  # type: ignore[no-untyped-def]
    s, i, tick, head, shifts, ward, unit, until, state, priorities, clock, drawn, gap_mean, spells, spell_table, streams,
    first_window, windows, weekday, seed, replicate,
):  # fmt: skip
    """The unit that shift ``s`` can give the first in the queue; :data:`NOBODY`, or :data:`TAKEN` by other work just now."""
    if tick < ward[s, OPEN]:
        return NOBODY
    if (
        shifts[s, SHIFT_BREAKS] >= 0
        and _after_break(shifts[s, SHIFT_BREAKS], tick, first_window, windows, weekday) > tick
    ):
        return NOBODY
    u = _free_unit(s, i, tick, shifts, unit, until)
    if u < 0:
        return NOBODY
    if shifts[s, SHIFT_OTHER] == 1 and _other_work_first(s, tick, head, ward, state, priorities):
        unit[i, u], until[i, u] = OTHER, tick + ward[s, LENGTH]
        _next_spell(s, ward, clock, drawn, gap_mean, spells, spell_table, streams, seed, replicate)
        return TAKEN
    return u


@part
def _unit_among(  # type: ignore[no-untyped-def]
    i, tick, head, resources, shifts, ward, unit, until, state, priorities, clock, drawn, gap_mean, spells, spell_table,
    streams, first_window, windows, weekday, seed, replicate,
):  # fmt: skip
    """As :func:`_unit_in`, of several shifts: the least (start of the shift, number)."""
    apart()
    _advance_all(
        i, tick, np.bool_(False), resources, ward, unit, until, clock, drawn, shifts, gap_mean, spells, spell_table, streams,
        first_window, windows, weekday, seed, replicate,
    )  # fmt: skip
    found, began = NOBODY, NEVER
    for s in range(resources[i, RES_FIRST], resources[i, RES_LAST]):
        u = _unit_in(
            s, i, tick, head, shifts, ward, unit, until, state, priorities, clock, drawn, gap_mean, spells, spell_table,
            streams, first_window, windows, weekday, seed, replicate,
        )  # fmt: skip
        if u == TAKEN:
            return TAKEN
        if u >= 0 and ward[s, OPEN] < began:
            found, began = u, ward[s, OPEN]
    return found


@part
def _units_for_all(  # type: ignore[no-untyped-def]
    n, tick, first, last, base, needs, queue, lines, resources, shifts, ward, unit, until, state, priorities, granted,
    clock, drawn, gap_mean, spells, spell_table, streams, first_window, windows, weekday, seed, replicate,
):  # fmt: skip
    """Whether participant ``n`` is first in each queue and each resource of a need can give a unit; ``granted`` has the units."""
    apart()
    for place in range(first, last):
        j = base + needs[place]
        _advance_all(
            j, tick, np.bool_(False), resources, ward, unit, until, clock, drawn, shifts, gap_mean, spells, spell_table,
            streams, first_window, windows, weekday, seed, replicate,
        )  # fmt: skip
        if queue[j, lines[j, HEAD]] != n:
            return False
        breaks = shifts[resources[j, RES_FIRST], SHIFT_BREAKS]
        if breaks >= 0 and _after_break(breaks, tick, first_window, windows, weekday) > tick:
            return False
        began = NEVER
        for s in range(resources[j, RES_FIRST], resources[j, RES_LAST]):
            if tick < ward[s, OPEN] or ward[s, OPEN] >= began:
                continue
            if shifts[s, SHIFT_OTHER] == 1 and _other_work_first(s, tick, n, ward, state, priorities):
                continue
            u = _free_unit(s, j, tick, shifts, unit, until)
            if u >= 0:
                granted[n, place], began = u, ward[s, OPEN]
        if began == NEVER:
            return False
    return True


@inlined
def _look_in(s, i, tick, shifts, ward, unit, until, first_window, windows, weekday):  # type: ignore[no-untyped-def]
    """When shift ``s`` may give a unit without an event of the study: it starts or ends, a spell ends, other work asks.

    In a break: when that ends.
    """
    if shifts[s, SHIFT_BREAKS] >= 0:
        found = _after_break(shifts[s, SHIFT_BREAKS], tick, first_window, windows, weekday)
        if found > tick:
            return found
    if tick < ward[s, OPEN]:
        return ward[s, OPEN]
    found = ward[s, CLOSE]
    if shifts[s, SHIFT_OTHER] == 1:
        for u in range(shifts[s, SHIFT_FIRST], shifts[s, SHIFT_LAST]):
            if unit[i, u] == OTHER and until[i, u] > tick:
                found = min(found, until[i, u])
        if ward[s, ARRIVES] > tick:
            found = min(found, ward[s, ARRIVES])
    return found


@part
def _look_among(i, tick, resources, shifts, ward, unit, until, first_window, windows, weekday):  # type: ignore[no-untyped-def]
    """As :func:`_look_in`, of several shifts."""
    apart()
    found = NEVER
    for s in range(resources[i, RES_FIRST], resources[i, RES_LAST]):
        found = min(found, _look_in(s, i, tick, shifts, ward, unit, until, first_window, windows, weekday))
    return found


@inlined
def _enqueue(i, n, queue, lines, state, priority, priorities):  # type: ignore[no-untyped-def]
    """Put a participant into a queue by (priority, tick asked, rank, participant)."""
    if lines[i, TAIL] == queue.shape[1]:
        count = lines[i, TAIL] - lines[i, HEAD]
        for place in range(count):
            queue[i, place] = queue[i, lines[i, HEAD] + place]
        lines[i, HEAD], lines[i, TAIL] = 0, count
    place = index(lines[i, TAIL])
    while place > lines[i, HEAD]:
        other = index(queue[i, place - 1])
        if priorities[other] < priority or (
            priorities[other] == priority
            and (
                state[ASKED, other] < state[ASKED, n]
                or (
                    state[ASKED, other] == state[ASKED, n]
                    and (
                        state[ASKED_RANK, other] < state[ASKED_RANK, n]
                        or (state[ASKED_RANK, other] == state[ASKED_RANK, n] and other < n)
                    )
                )
            )
        ):
            break
        queue[i, place] = other
        place -= 1
    queue[i, place] = n
    lines[i, TAIL] += 1


@part
def _go_on(i, tick, resources, ward):  # type: ignore[no-untyped-def]
    """Other work of every shift may go on from ``tick``."""
    apart()
    for s in range(resources[i, RES_FIRST], resources[i, RES_LAST]):
        ward[s, FLOOR] = max(ward[s, FLOOR], tick)


@inlined
def _dequeue(i, n, tick, queue, lines, resources, ward):  # type: ignore[no-untyped-def]
    """Take a participant out of a queue; other work may go on from ``tick`` when the queue is empty."""
    if queue[i, lines[i, HEAD]] == n:
        lines[i, HEAD] += 1
    else:
        place = lines[i, HEAD]
        while queue[i, place] != n:
            place += 1
        for later in range(place, lines[i, TAIL] - 1):
            queue[i, later] = queue[i, later + 1]
        lines[i, TAIL] -= 1
    if lines[i, HEAD] == lines[i, TAIL]:
        lines[i, HEAD], lines[i, TAIL] = 0, 0
        s = index(resources[i, RES_FIRST])
        ward[s, FLOOR] = max(ward[s, FLOOR], tick)
        if resources[i, RES_LAST] > s + 1:
            _go_on(i, tick, resources, ward)


@inlined
def _latest(i, queue, lines, state):  # type: ignore[no-untyped-def]
    """The participant who asked last among those who wait."""
    found = queue[i, lines[i, HEAD]]
    for place in range(lines[i, HEAD] + 1, lines[i, TAIL]):
        n = queue[i, place]
        if state[ASKED, n] > state[ASKED, found] or (
            state[ASKED, n] == state[ASKED, found]
            and (
                state[ASKED_RANK, n] > state[ASKED_RANK, found]
                or (state[ASKED_RANK, n] == state[ASKED_RANK, found] and n > found)
            )
        ):
            found = n
    return found


@inlined
def _record(events, count, tick, kind, n, step, value, unit):  # type: ignore[no-untyped-def]
    """Write an event if there is room for it; it is counted in any case."""
    if index(count) < events.shape[0]:
        events[count, 0], events[count, 1], events[count, 2] = tick, kind, n
        events[count, 3], events[count, 4], events[count, 5] = step, value, unit
    return count + 1


@inlined
def _serve(  # type: ignore[no-untyped-def]
    first, last, base, tick, n, serving, needs, granted, shift_of, ward, state, served, log, logged
):
    """Record who serves from now on, among the practitioners who are followed; of two at once the later in the file."""
    for place in range(first, last if served.shape[1] > 0 else first):
        need, u = index(needs[place]), granted[n, place]
        j = index(base + need)
        followed = False
        for group in range(served.shape[1]):
            if serving[need, group] == 1:
                served[n, group] = (j << e.SHIFT_BITS) | (ward[shift_of[j, u], NUMBER] << e.UNIT_BITS) | u
                followed = True
        if followed:
            logged = _record(log, logged, tick, e.SERVED, n, state[STEP, n], j, u)
    return logged


@inlined
def _miss_visits(ops, visits, served, n, first, last, reason):  # type: ignore[no-untyped-def]
    """Give the visits of steps ``first`` to ``last`` - 1 that have no time and no reason yet a reason, and who served last."""
    for step in range(first, last):
        visit = ops[step, 1] if ops[step, 0] == p.VISIT else ops[step, 4] if ops[step, 0] == p.ATTEMPT else -1
        if visit >= 0 and visits[n, visit, e.V_TIME] < 0 and visits[n, visit, e.V_REASON] == e.VISITED:
            visits[n, visit, e.V_REASON] = reason
            for group in range(served.shape[1] if reason != e.OTHER_ARM else 0):
                visits[n, visit, e.V_SERVED + group] = served[n, group]


@part
def _play_one(  # type: ignore[no-untyped-def]
    ops, holds, needs, resources, shifts, shift_of, gap_mean, spells, spell_table, streams, first_window, windows,
    serving, per_site, weekday, seed, replicate, entry, arm, site, leave, leave_reason, tapes, visits, activities, kept, ends,
    staff, log, state, priorities, granted, served, ward, lines, unit, until, shift_close, seized, clock, drawn, queue, heap,
):  # fmt: skip
    """Simulate one replicate: when the last pathway ended, and how many events there were.

    Arrays are only read and written here, never created or rebound: counting references would take a third of the time.
    """
    participants, count_resources, most_units, counts = entry.shape[0], unit.shape[0], unit.shape[1], ops.shape[0]
    groups, givers = served.shape[1], activities.shape[2] - e.A_SERVED
    logged, size, coming, pending, last = np.int64(0), np.int64(0), np.int64(0), NO_KEY, np.int64(0)
    for s in range(ward.shape[0]):
        for column in range(WARD_COLUMNS):
            ward[s, column] = 0
        ward[s, CLOSE] = -NEVER
    for i in range(count_resources):
        lines[i, HEAD], lines[i, TAIL] = 0, 0
        for u in range(most_units):
            unit[i, u] = FREE
            until[i, u] = 0
    for n in range(participants):
        for place in range(needs.shape[0]):
            granted[n, place] = -1
        for v in range(visits.shape[1]):
            visits[n, v, e.V_TIME] = -1
            for group in range(groups):
                visits[n, v, e.V_SERVED + group] = -1
            visits[n, v, e.V_REASON] = e.VISITED if entry[n] >= 0 else e.NOT_ENROLLED
        for a in range(activities.shape[1]):
            for column in range(e.A_SERVED):
                activities[n, a, column] = -1
            for group in range(givers):
                activities[n, a, e.A_SERVED + group] = -1
            activities[n, a, e.A_FAILED], activities[n, a, e.A_TRIES] = 0, 0
        for h in range(kept.shape[1]):
            for column in range(kept.shape[2]):
                kept[n, h, column] = -1
            kept[n, h, e.H_STATE] = e.NOT_REACHED
        ends[n, e.E_TIME], ends[n, e.E_REASON] = -1, e.NEVER_ENROLLED
    while True:
        # -------------------------------------------------- the next event
        while coming < participants and entry[coming] < 0:
            coming += 1
        arriving = ((entry[coming] * 8 + 3) << ID_BITS) | coming if coming < participants else NO_KEY
        key: Any = heap[0] if size > 0 else NO_KEY
        if arriving < key and arriving < pending:
            key = arriving
        elif pending < key:
            key = pending
        if key == NO_KEY:
            break
        tick = key >> (ID_BITS + 3)
        rank, n = (key >> ID_BITS) & 7, key & (MOST_PARTICIPANTS - 1)
        running = False
        if rank == 3:
            coming += 1
            state[STEP, n], state[WAITING, n], state[DUE, n] = 0, -1, NO_KEY
            state[TRY, n], state[PHASE, n] = 0, FIRST_PART
            for group in range(groups):
                served[n, group] = -1
            logged = _record(log, logged, tick, e.ENTER, n, state[STEP, n], np.int64(arm[n]), np.int64(site[n]))
            if leave[n] < NEVER:
                size = _push(heap, size, ((max(leave[n], tick) * 8 + 2) << ID_BITS) | n)
            running = True
        elif rank == 5:
            # ---------------------------------------------- the grant pass: one grant, then look again
            pending = NO_KEY
            again = True
            while again and not running:
                again = False
                for i in range(count_resources):
                    if lines[i, HEAD] == lines[i, TAIL]:
                        continue
                    head, s = index(queue[i, index(lines[i, HEAD])]), index(resources[i, RES_FIRST])
                    single = resources[i, RES_LAST] == s + 1
                    if single:
                        if tick >= ward[s, CLOSE]:
                            _advance(
                                s, tick, np.bool_(False), ward, unit, until, clock, drawn, shifts, gap_mean, spells,
                                spell_table, streams, first_window, windows, weekday, seed, replicate,
                            )  # fmt: skip
                        u = _unit_in(
                            s, i, tick, head, shifts, ward, unit, until, state, priorities, clock, drawn, gap_mean,
                            spells, spell_table, streams, first_window, windows, weekday, seed, replicate,
                        )  # fmt: skip
                    else:
                        u = _unit_among(
                            i, tick, head, resources, shifts, ward, unit, until, state, priorities, clock, drawn,
                            gap_mean, spells, spell_table, streams, first_window, windows, weekday, seed, replicate,
                        )  # fmt: skip
                    if u == TAKEN:
                        again = True
                        break
                    if u < 0:
                        continue
                    hold = index(state[WAITING, head])
                    first, need = index(holds[hold, HOLD_FIRST]), holds[hold, HOLD_COUNT]
                    base = site[head] * per_site
                    granted[head, first] = u
                    if need > 1 and not _units_for_all(
                        head, tick, first, first + need, base, needs, queue, lines, resources, shifts, ward, unit, until,
                        state, priorities, granted, clock, drawn, gap_mean, spells, spell_table, streams, first_window,
                        windows, weekday, seed, replicate,
                    ):  # fmt: skip
                        continue
                    for place in range(first, first + need):
                        j = index(base + needs[place])
                        u = index(granted[head, place])
                        unit[j, u] = STUDY
                        shift_close[j, u], seized[j, u] = ward[shift_of[j, u], CLOSE], tick
                        staff[j, e.S_GRANTS] += 1
                        _dequeue(j, head, tick, queue, lines, resources, ward)
                    u0 = granted[head, first]
                    kept[head, hold, e.H_GRANT], kept[head, hold, e.H_STATE] = tick, e.GRANTED
                    kept[head, hold, e.H_UNIT] = u0
                    state[WAITING, head], state[DUE, head] = -1, NO_KEY
                    logged = _record(log, logged, tick, e.GRANT, head, state[STEP, head], hold, u0)
                    logged = _serve(
                        first,
                        first + need,
                        base,
                        tick,
                        head,
                        serving,
                        needs,
                        granted,
                        shift_of,
                        ward,
                        state,
                        served,
                        log,
                        logged,
                    )
                    state[STEP, head] += 1
                    n, running = head, True
                    pending = key
                    break
            for i in range(count_resources):
                # ------------------------------------------ no grant is left; the latest beyond a limit goes away
                if running or not 0 <= resources[i, RES_LIMIT] < lines[i, TAIL] - lines[i, HEAD]:
                    continue
                n = _latest(i, queue, lines, state)
                hold, step = index(state[WAITING, n]), index(state[STEP, n])
                for place in range(index(holds[hold, HOLD_FIRST]), holds[hold, HOLD_FIRST] + holds[hold, HOLD_COUNT]):
                    _dequeue(site[n] * per_site + needs[place], n, tick, queue, lines, resources, ward)
                state[WAITING, n], state[DUE, n] = -1, NO_KEY
                kept[n, hold, e.H_STATE] = e.REFUSED
                logged = _record(log, logged, tick, e.TURNED_AWAY, n, step, hold, e.NONE)
                _miss_visits(ops, visits, served, n, step, ops[step, 2], e.SESSION_MISSED)
                state[STEP, n] = ops[step, 2]
                running = True
                pending = key
            if not running:
                # ------------------------------------------ when to look again without an event of the study
                for i in range(count_resources):
                    if lines[i, HEAD] == lines[i, TAIL]:
                        continue
                    s = index(resources[i, RES_FIRST])
                    if resources[i, RES_LAST] == s + 1:
                        wake = _look_in(s, i, tick, shifts, ward, unit, until, first_window, windows, weekday)
                    else:
                        wake = _look_among(
                            i, tick, resources, shifts, ward, unit, until, first_window, windows, weekday
                        )
                    if wake < NEVER:
                        pending = min(pending, (wake * 8 + 5) << ID_BITS)
        else:
            size = _pop(heap, size)
            if rank == 2:
                # ------------------------------------------ leaving
                if ends[n, e.E_TIME] >= 0:
                    continue
                step = index(state[STEP, n])
                op = ops[step, 0]
                if state[WAITING, n] >= 0:
                    hold = index(state[WAITING, n])
                    kept[n, hold, e.H_STATE] = e.LEFT_WAITING
                    for place in range(
                        index(holds[hold, HOLD_FIRST]), holds[hold, HOLD_FIRST] + holds[hold, HOLD_COUNT]
                    ):
                        _dequeue(site[n] * per_site + needs[place], n, tick, queue, lines, resources, ward)
                    state[WAITING, n] = -1
                elif op == p.ACTIVITY or op == p.ATTEMPT:
                    a = ops[step, 1]
                    activities[n, a, e.A_END] = tick
                    given = tick - activities[n, a, e.A_START]
                    if state[PHASE, n] == PAUSED:
                        activities[n, a, e.A_PAUSE_END] = tick
                    if state[PHASE, n] != FIRST_PART:
                        given -= activities[n, a, e.A_PAUSE_END] - activities[n, a, e.A_PAUSE_START]
                    activities[n, a, e.A_DELIVERED] = given
                for h in range(kept.shape[1]):
                    if kept[n, h, e.H_STATE] == e.GRANTED and kept[n, h, e.H_RELEASE] < 0:
                        kept[n, h, e.H_RELEASE] = tick
                        for place in range(holds[h, HOLD_FIRST], holds[h, HOLD_FIRST] + holds[h, HOLD_COUNT]):
                            j, u = index(site[n] * per_site + needs[place]), index(granted[n, place])
                            _advance(
                                index(shift_of[j, u]), tick, lines[j, HEAD] == lines[j, TAIL], ward, unit, until, clock, drawn,
                                shifts, gap_mean, spells, spell_table, streams, first_window, windows, weekday, seed,
                                replicate,
                            )  # fmt: skip
                            unit[j, u], until[j, u], granted[n, place] = FREE, tick, -1
                            staff[j, e.S_STUDY] += tick - seized[j, u]
                            staff[j, e.S_OVERTIME] += max(tick - max(shift_close[j, u], seized[j, u]), 0)
                _miss_visits(ops, visits, served, n, np.int64(0), counts, e.LEFT)
                ends[n, e.E_TIME], ends[n, e.E_REASON] = tick, e.LEFT_EARLY
                state[DUE, n] = NO_KEY
                last = tick
                logged = _record(log, logged, tick, e.LEAVE, n, step, np.int64(leave_reason[n]), e.NONE)
                pending = min(pending, (tick * 8 + 5) << ID_BITS)
                continue
            if state[DUE, n] != key or ends[n, e.E_TIME] >= 0:
                continue
            state[DUE, n] = NO_KEY
            step = index(state[STEP, n])
            op = ops[step, 0]
            running = True
            if rank == 6:
                # ------------------------------------------ patience runs out
                hold = index(state[WAITING, n])
                kept[n, hold, e.H_STATE] = e.GAVE_UP
                if kept.shape[2] > e.H_GAVE_UP:
                    kept[n, hold, e.H_GAVE_UP] = tick
                for place in range(index(holds[hold, HOLD_FIRST]), holds[hold, HOLD_FIRST] + holds[hold, HOLD_COUNT]):
                    _dequeue(site[n] * per_site + needs[place], n, tick, queue, lines, resources, ward)
                state[WAITING, n] = -1
                logged = _record(log, logged, tick, e.GIVE_UP, n, step, hold, e.NONE)
                _miss_visits(ops, visits, served, n, step, ops[step, 2], e.SESSION_MISSED)
                state[STEP, n] = ops[step, 2]
                pending = min(pending, (tick * 8 + 5) << ID_BITS)
            elif op == p.ACTIVITY:
                # ------------------------------------------ a part of an activity ends
                a, slot = index(ops[step, 1]), ops[step, 3]
                planned = activities[n, a, e.A_PLANNED]
                if slot >= 0 and state[PHASE, n] == FIRST_PART and tapes[n, slot + 1] > 0:
                    at = tapes[n, slot + 1]
                    if tapes[n, slot + 3] == 1:
                        activities[n, a, e.A_DELIVERED], activities[n, a, e.A_END] = at, tick
                        activities[n, a, e.A_PAUSE_START], activities[n, a, e.A_PAUSE_END] = tick, tick
                        logged = _record(log, logged, tick, e.PAUSE, n, step, at, e.NONE)
                        logged = _record(log, logged, tick, e.END, n, step, at, e.NONE)
                        state[STEP, n] += 1
                    else:
                        activities[n, a, e.A_PAUSE_START] = tick
                        state[PHASE, n] = PAUSED
                        state[DUE, n] = ((tick + tapes[n, slot + 2]) * 8 + 1) << ID_BITS | n
                        size = _push(heap, size, state[DUE, n])
                        logged = _record(log, logged, tick, e.PAUSE, n, step, at, e.NONE)
                        running = False
                elif state[PHASE, n] == PAUSED:
                    activities[n, a, e.A_PAUSE_END] = tick
                    logged = _record(log, logged, tick, e.RESUME, n, step, e.NOTHING, e.NONE)
                    rest = planned - tapes[n, slot + 1]
                    state[PHASE, n] = SECOND_PART
                    if rest > 0:
                        state[DUE, n] = ((tick + rest) * 8 + 1) << ID_BITS | n
                        size = _push(heap, size, state[DUE, n])
                        running = False
                    else:
                        activities[n, a, e.A_DELIVERED], activities[n, a, e.A_END] = planned, tick
                        logged = _record(log, logged, tick, e.END, n, step, planned, e.NONE)
                        state[STEP, n] += 1
                else:
                    activities[n, a, e.A_DELIVERED], activities[n, a, e.A_END] = planned, tick
                    logged = _record(log, logged, tick, e.END, n, step, planned, e.NONE)
                    state[STEP, n] += 1
            elif op == p.ATTEMPT:
                # ------------------------------------------ a try ends
                a, slot, at_most, visit = ops[step, 1], ops[step, 2], ops[step, 3], ops[step, 4]
                success = tapes[n, slot + 2 * state[TRY, n] + 1]
                activities[n, a, e.A_TRIES] += 1
                activities[n, a, e.A_FAILED] += 1 - success
                logged = _record(log, logged, tick, e.TRIED, n, step, success, state[TRY, n])
                state[TRY, n] += 1
                if success == 0 and state[TRY, n] < at_most:
                    length = tapes[n, slot + 2 * state[TRY, n]]
                    activities[n, a, e.A_PLANNED] += length
                    logged = _record(log, logged, tick, e.START, n, step, length, e.NONE)
                    state[DUE, n] = ((tick + length) * 8 + 1) << ID_BITS | n
                    size = _push(heap, size, state[DUE, n])
                    running = False
                else:
                    activities[n, a, e.A_END], activities[n, a, e.A_SUCCESS] = tick, success
                    activities[n, a, e.A_DELIVERED] = tick - activities[n, a, e.A_START]
                    if success == 0:
                        logged = _record(log, logged, tick, e.FAILED, n, step, at_most, e.NONE)
                    if visit >= 0:
                        visits[n, visit, e.V_TIME] = tick
                        for group in range(groups):
                            visits[n, visit, e.V_SERVED + group] = served[n, group]
                        logged = _record(log, logged, tick, e.VISIT, n, step, visit, e.NONE)
                    state[STEP, n] += 1
            else:
                state[STEP, n] += 1  # a wait is over
        # -------------------------------------------------- run on through steps that take no time
        while running:
            step = index(state[STEP, n])
            op = ops[step, 0]
            if op == p.ACTIVITY or op == p.ATTEMPT:
                a, slot = index(ops[step, 1]), index(ops[step, 2])
                length = tapes[n, slot]
                activities[n, a, e.A_START], activities[n, a, e.A_PLANNED] = tick, length
                for group in range(givers):
                    activities[n, a, e.A_SERVED + group] = served[n, group]
                logged = _record(log, logged, tick, e.START, n, step, length, e.NONE)
                state[PHASE, n], state[TRY, n] = FIRST_PART, 0
                if op == p.ACTIVITY and ops[step, 3] >= 0 and tapes[n, ops[step, 3] + 1] > 0:
                    length = tapes[n, ops[step, 3] + 1]
                state[DUE, n] = ((tick + length) * 8 + 1) << ID_BITS | n
                size = _push(heap, size, state[DUE, n])
                running = False
            elif op == p.SEIZE:
                hold = index(ops[step, 1])
                first, need = index(holds[hold, HOLD_FIRST]), holds[hold, HOLD_COUNT]
                kept[n, hold, e.H_REQUEST] = tick
                logged = _record(log, logged, tick, e.REQUEST, n, step, hold, e.NONE)
                state[WAITING, n], state[ASKED, n], state[ASKED_RANK, n] = hold, tick, rank
                priorities[n] = holds[hold, HOLD_PRIORITY]
                for place in range(first, first + need):
                    j = index(site[n] * per_site + needs[place])
                    s = index(resources[j, RES_FIRST])
                    if resources[j, RES_LAST] == s + 1:
                        if shifts[s, SHIFT_OTHER] == 1 or tick >= ward[s, CLOSE]:
                            _advance(
                                s, tick, lines[j, HEAD] == lines[j, TAIL], ward, unit, until, clock, drawn, shifts,
                                gap_mean, spells, spell_table, streams, first_window, windows, weekday, seed, replicate,
                            )  # fmt: skip
                    else:
                        _advance_all(
                            j, tick, lines[j, HEAD] == lines[j, TAIL], resources, ward, unit, until, clock, drawn,
                            shifts, gap_mean, spells, spell_table, streams, first_window, windows, weekday, seed,
                            replicate,
                        )  # fmt: skip
                    _enqueue(j, n, queue, lines, state, priorities[n], priorities)
                if holds[hold, HOLD_PATIENCE] >= 0:
                    slot = holds[hold, HOLD_SLOT]
                    patience = holds[hold, HOLD_PATIENCE] if slot < 0 else tapes[n, slot]
                    state[DUE, n] = ((tick + patience) * 8 + 6) << ID_BITS | n
                    size = _push(heap, size, state[DUE, n])
                pending = min(pending, (tick * 8 + 5) << ID_BITS)
                running = False
            elif op == p.RELEASE:
                hold = index(ops[step, 1])
                kept[n, hold, e.H_RELEASE] = tick
                for place in range(index(holds[hold, HOLD_FIRST]), holds[hold, HOLD_FIRST] + holds[hold, HOLD_COUNT]):
                    j, u = index(site[n] * per_site + needs[place]), index(granted[n, place])
                    s = index(shift_of[j, u])
                    if shifts[s, SHIFT_OTHER] == 1:
                        _advance(
                            s, tick, lines[j, HEAD] == lines[j, TAIL], ward, unit, until, clock, drawn, shifts,
                            gap_mean, spells, spell_table, streams, first_window, windows, weekday, seed, replicate,
                        )  # fmt: skip
                    unit[j, u], until[j, u], granted[n, place] = FREE, tick, -1
                    staff[j, e.S_STUDY] += tick - seized[j, u]
                    staff[j, e.S_OVERTIME] += max(tick - max(shift_close[j, u], seized[j, u]), 0)
                logged = _record(log, logged, tick, e.RELEASE, n, step, hold, kept[n, hold, e.H_UNIT])
                pending = min(pending, (tick * 8 + 5) << ID_BITS)
                state[STEP, n] += 1
            elif op == p.VISIT:
                visit = index(ops[step, 1])
                visits[n, visit, e.V_TIME] = tick
                for group in range(groups):
                    visits[n, visit, e.V_SERVED + group] = served[n, group]
                logged = _record(log, logged, tick, e.VISIT, n, step, visit, e.NONE)
                state[STEP, n] += 1
            elif op == p.ARM:
                if (ops[step, 1] >> arm[n]) & 1:
                    state[STEP, n] += 1
                else:
                    _miss_visits(ops, visits, served, n, step, ops[step, 2], e.OTHER_ARM)
                    state[STEP, n] = ops[step, 2]
            elif op == p.WAIT:
                ready = tick + (tapes[n, ops[step, 1]] if ops[step, 1] >= 0 else 0)
                if ops[step, 2] >= 0:
                    moment = tapes[n, ops[step, 3]] if ops[step, 3] >= 0 else 0
                    ready = at_moment(first_window, windows, ops[step, 2], ready, moment, weekday)
                logged = _record(log, logged, tick, e.WAITS, n, step, ready - tick, e.NONE)
                if ready == tick:
                    state[STEP, n] += 1
                else:
                    state[DUE, n] = (ready * 8 + 1) << ID_BITS | n
                    size = _push(heap, size, state[DUE, n])
                    running = False
            else:
                ends[n, e.E_TIME], ends[n, e.E_REASON] = tick, e.COMPLETED
                last = tick
                logged = _record(log, logged, tick, e.COMPLETE, n, step, e.NOTHING, e.NONE)
                running = False
    return last, logged


@kernel
def play_range(  # type: ignore[no-untyped-def]
    ops, holds, needs, resources, shifts, shift_of, gap_mean, spells, spell_table, streams, first_window, windows,
    serving, per_site, weekday, seed, first_replicate, entry, arm, site, leave, leave_reason, tapes, visits_out,
    activities_out, holds_out, ends_out, staff_out, trial_end, events, event_count,
):  # fmt: skip
    """Simulate every replicate: entries, arms, sites, leaving times (R, N) and tapes (R, N, slots) in, a trace out.

    ``events`` (R, E, 6) takes the events where E > 0; ``event_count`` (R,) says how many there were.
    """
    replicates, participants = entry.shape
    count_resources, most_units = shift_of.shape
    state = np.zeros((STATE_ROWS, participants), dtype=np.int64)
    priorities = np.zeros(participants, dtype=np.int64)
    granted = np.zeros((participants, needs.shape[0]), dtype=np.int64)  # unit held for each need, -1 for none
    served = np.zeros((participants, serving.shape[1]), dtype=np.int64)  # who of each group served last, packed
    ward = np.zeros((shifts.shape[0], WARD_COLUMNS), dtype=np.int64)
    lines = np.zeros((count_resources, 2), dtype=np.int64)
    unit = np.zeros((count_resources, most_units), dtype=np.int64)
    until = np.zeros((count_resources, most_units), dtype=np.int64)
    shift_close = np.zeros((count_resources, most_units), dtype=np.int64)
    seized = np.zeros((count_resources, most_units), dtype=np.int64)
    clock = np.zeros(shifts.shape[0])
    drawn = np.zeros((shifts.shape[0], 2 * TOGETHER))
    queue = np.zeros((count_resources, 2 * participants + 2), dtype=np.int64)
    # a participant has one end of a step or spell ahead, one leaving, and a limit of patience for each need at most
    heap = np.zeros((2 + holds.shape[0]) * participants + 1, dtype=np.int64)
    for r in range(replicates):
        trial_end[r], event_count[r] = _play_one(
            ops, holds, needs, resources, shifts, shift_of, gap_mean, spells, spell_table, streams, first_window,
            windows, serving, per_site, weekday, seed, first_replicate + np.uint64(r), entry[r], arm[r], site[r], leave[r],
            leave_reason[r], tapes[r], visits_out[r], activities_out[r], holds_out[r], ends_out[r], staff_out[r],
            events[r], state, priorities, granted, served, ward, lines, unit, until, shift_close, seized, clock,
            drawn, queue, heap,
        )  # fmt: skip
