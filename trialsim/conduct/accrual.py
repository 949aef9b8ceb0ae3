"""From the door of the ward to enrollment: arrivals, exclusions, asking, consent.

The draws of a patient have the arrival number as their address, so what happens to a patient does not depend on others.
"""

from __future__ import annotations

import math

import numpy as np

from trialsim.compiled import kernel
from trialsim.numbers.distributions import quantile_packed
from trialsim.numbers.draws import block, to_uniform
from trialsim.numbers.elementary import log1m
from trialsim.protocol.calendar import DAY, MOMENTS, NEVER, at_moment

#: Nobody arrives, is asked or leaves later than this [ticks]: 200 years.
HORIZON = 200 * 365 * DAY

#: A trial ends after this many patients, even if it has not reached its target.
MOST_PATIENTS = 1_000_000

#: Streams of a patient; the reasons of exclusion and then those of leaving follow.
STREAMS = ("arrival", "ask", "consent", "site", "ask moment")

ARRIVAL, ASK, CONSENT, SITE, MOMENT = range(5)
CONSENTS, LEFT, DECLINES, EXCLUDED = range(4)  # what becomes of a patient; the reasons of exclusion go on from here
ABSENT = -1  # the site is not open yet: nobody came


@kernel
def ticks_after(seconds):  # type: ignore[no-untyped-def]
    """A time in ticks, at least 1; ``NEVER`` beyond the horizon."""
    return max(int(math.floor(seconds + 0.5)), 1) if seconds < HORIZON else NEVER


@kernel
def next_arrival(time, need, start, rate, weights, clock, by_clock, off, weekday):  # type: ignore[no-untyped-def]
    """The time at which the cumulative rate since ``time`` reaches ``need`` [s]; ``NEVER`` beyond the horizon.

    The rate is ``rate[i]`` from ``start[i]`` on, times the weight of the day and that of the hour; no ``weights`` means all days
    are equal, no ``clock`` all hours. It is 0 between the ends of each row of ``off``.
    """
    if start.shape[0] == 1 and weights.shape[0] == 0 and clock.shape[0] == 0 and off.shape[0] == 0:
        return time + need / rate[0]
    while time < HORIZON:
        period = 0
        while period + 1 < start.shape[0] and start[period + 1] <= time:
            period += 1
        until = start[period + 1] if period + 1 < start.shape[0] else float(NEVER)
        density = rate[period]
        if weights.shape[0] > 0:
            day = math.floor(time / DAY)
            until = min(until, (day + 1.0) * DAY)
            density *= weights[(int(day) + weekday) % 7]
        if clock.shape[0] > 0:
            day = math.floor(time / DAY)
            hour = 0
            while hour + 1 < clock.shape[0] and day * DAY + clock[hour + 1] <= time:
                hour += 1
            until = min(until, day * DAY + (clock[hour + 1] if hour + 1 < clock.shape[0] else float(DAY)))
            density *= by_clock[hour]
        for i in range(off.shape[0]):
            if time < off[i, 0]:
                until = min(until, off[i, 0])
            elif time < off[i, 1]:
                until = min(until, off[i, 1])
                density = 0.0
        if need <= density * (until - time) and density > 0.0:
            return time + need / density
        need -= density * (until - time)
        time = until
    return float(NEVER)


@kernel
def _draw_patients(seed, streams, fourth, replicate, u):  # type: ignore[no-untyped-def]
    """The draws of four patients from every stream."""
    for s in range(streams.shape[0]):
        w0, w1, w2, w3 = block(seed, streams[s], np.uint64(fourth), np.uint64(0), replicate)
        u[s, 0], u[s, 1], u[s, 2], u[s, 3] = to_uniform(w0), to_uniform(w1), to_uniform(w2), to_uniform(w3)


@kernel
def accrue(  # type: ignore[no-untyped-def]
    seed, first_replicate, capacity, wanted, limit, weekday, consent, start, rate, weights, clock, by_clock, off,
    not_asked, streams, exclusions, site_shares, site_opens, transitions, rows, table, prepared, first_window, windows, any_time,
    screened, arrival, entry, number, site, leave, leave_reason, counts, complete, accrual_end,
):  # fmt: skip
    """Fill the arrays of :class:`trialsim.conduct.entries.Entries` (R, N) with the first patients who consent.

    ``wanted`` (R,) are how many there are, at most N. ``site_shares`` (R or 1, S) are cumulative. ``streams`` are the keys of
    :data:`STREAMS`, of the exclusions and of the reasons to leave. Row 0 of ``rows`` is the time until a patient is asked, the
    further rows the times to leave; ``prepared`` (rows, R, patients) replaces them if the compiled quantiles do not support the
    family, and is empty otherwise. With ``any_time`` those who wait for an opening are asked at any moment of it. Nobody is
    asked between the ticks of a row of ``not_asked``; those who came wait. A patient of a site that opens later
    (``site_opens``, empty if all are open) does not come. A patient who would be asked between the ticks of ``transitions``
    (R or 0, S, 2) of the site is excluded for the last of the reasons. ``screened`` (R, patients, 5), unless it is empty,
    receives for everybody who arrived the ticks of arrival, question and leaving, the fate and the site. Returns False if
    more than ``capacity`` patients are needed.

    Patients are asked in the order of arrival plus delay; the target may be reached by somebody who arrived later than
    one still waiting to be asked.
    """
    replicates, most = entry.shape
    excluding, leaving, is_prepared = exclusions.shape[0], rows.shape[0] - 1, prepared.shape[2] > 0
    asked_at = np.empty(capacity, dtype=np.int64)
    came_at = np.empty(capacity, dtype=np.int64)
    left_at = np.empty(capacity, dtype=np.int64)
    fates = np.empty(capacity, dtype=np.int64)
    reasons = np.empty(capacity, dtype=np.int64)
    places = np.empty(capacity, dtype=np.int64)
    line = np.empty(most + 1, dtype=np.int64)  # the first who consent, in the order in which they are asked
    u = np.empty((streams.shape[0], 4))
    seconds = np.empty(leaving + 1)
    always = first_window[1] == first_window[0]
    at_once = always and rows[0, 0] == 0 and rows[0, 1] <= 0.0
    for r in range(replicates):
        replicate, target = first_replicate + np.uint64(r), wanted[r]
        time, patients, n, last = 0.0, 0, 0, NEVER
        own_shares = min(r, site_shares.shape[0] - 1)
        while patients < MOST_PATIENTS:
            lane = patients % 4
            if lane == 0:
                _draw_patients(seed, streams, patients // 4, replicate, u)
            time = next_arrival(time, -log1m(u[ARRIVAL, lane]), start, rate, weights, clock, by_clock, off, weekday)
            tick = int(math.floor(time + 0.5)) if time < HORIZON else NEVER
            if tick >= limit or tick > last or tick >= HORIZON:
                break
            if patients == capacity:
                return False
            for d in range(1 if at_once else 0, leaving + 1):
                draw = u[ASK if d == 0 else MOMENT + excluding + d, lane]
                seconds[d] = prepared[d, r, patients] if is_prepared else quantile_packed(rows, d, table, draw)
            ask, moment = tick, 0
            if not at_once:
                ask += int(math.floor(min(max(seconds[0], 0.0), float(HORIZON)) + 0.5))
                moment = int(u[MOMENT, lane] * MOMENTS) if any_time else 0
                ask = ask if always else at_moment(first_window, windows, np.int64(0), ask, moment, weekday)
            for i in range(not_asked.shape[0]):  # in order, so that one after another may put the question off
                if not_asked[i, 0] <= ask < not_asked[i, 1]:
                    ask = not_asked[i, 1]
                    ask = ask if always else at_moment(first_window, windows, np.int64(0), ask, moment, weekday)
            leaves, why = NEVER, -1
            for i in range(leaving):
                stay = ticks_after(seconds[1 + i])
                if stay < NEVER and tick + stay < leaves:
                    leaves, why = tick + stay, i
            fate = CONSENTS if u[CONSENT, lane] < consent else DECLINES
            if leaves <= ask:
                fate = LEFT
            for i in range(excluding - 1, -1, -1):
                if u[MOMENT + 1 + i, lane] < exclusions[i]:
                    fate = EXCLUDED + i
            where = 0
            while where < site_shares.shape[1] - 1 and u[SITE, lane] >= site_shares[own_shares, where]:
                where += 1
            if (
                transitions.shape[0] > 0
                and fate < EXCLUDED
                and transitions[r, where, 0] <= ask < transitions[r, where, 1]
            ):
                fate = EXCLUDED + excluding - 1
            if site_opens.shape[0] > 0 and tick < site_opens[where]:
                fate = ABSENT
            asked_at[patients], came_at[patients], left_at[patients] = ask, tick, leaves
            fates[patients], reasons[patients], places[patients] = fate, why, where
            if fate == CONSENTS and ask < limit:
                place = n
                while place > 0 and asked_at[line[place - 1]] > ask:
                    line[place] = line[place - 1]
                    place -= 1
                line[place] = patients
                n = min(n + 1, target)
                if n == target:
                    last = asked_at[line[n - 1]]
            patients += 1
        if screened.shape[0] > 0:
            for i in range(patients):
                log = screened[r, i]
                log[0], log[1], log[2], log[3], log[4] = came_at[i], asked_at[i], left_at[i], fates[i], places[i]
        for place in range(most):
            i = line[place] if place < n else -1
            number[r, place] = i
            if place < n:
                arrival[r, place], entry[r, place], site[r, place] = came_at[i], asked_at[i], places[i]
                leave[r, place], leave_reason[r, place] = left_at[i], reasons[i]
            else:
                arrival[r, place], entry[r, place], site[r, place] = -1, -1, 0
                leave[r, place], leave_reason[r, place] = NEVER, -1
        closed, closing = min(limit, HORIZON), -1
        if n == target:
            closed, closing = last, line[n - 1]
        elif patients == MOST_PATIENTS:
            closed = came_at[patients - 1]
        complete[r], accrual_end[r] = n == target, closed
        _count(counts[r], patients, closed, closing, came_at, asked_at, left_at, fates)
        counts[r, 3] = n
        counts[r, 4] -= n
    return True


@kernel
def _count(counts, patients, closed, closing, came_at, asked_at, left_at, fates):  # type: ignore[no-untyped-def]
    """Patients by their state when enrollment closed, with patient ``closing`` if one closed it.

    Patients who would have consented later are counted as not asked in time.
    """
    for i in range(counts.shape[0]):
        counts[i] = 0
    for i in range(patients):
        if came_at[i] > closed:
            break
        fate = fates[i]
        if fate == ABSENT:
            continue
        counts[0] += 1
        if fate >= EXCLUDED:
            counts[2 + fate] += 1
        elif fate == LEFT and left_at[i] <= closed:
            counts[1] += 1
        elif fate == DECLINES and (asked_at[i] < closed or (asked_at[i] == closed and i < closing)):
            counts[2] += 1
        else:
            counts[4] += 1
