"""From the door of the ward to enrollment: arrivals, exclusions, asking, consent."""

from __future__ import annotations

import math

import numpy as np

from trialsim.compiled import kernel
from trialsim.distributions import quantile_packed
from trialsim.draws import uniform
from trialsim.protocol.calendar import DAY, NEVER, first_open

#: A rate so low that the next patient comes after this is no rate [ticks]: 200 years.
HORIZON = 200 * 365 * DAY


@kernel
def ticks_after(seconds):  # type: ignore[no-untyped-def]
    """A time in ticks, at least 1; ``NEVER`` beyond the horizon."""
    return max(int(math.floor(seconds + 0.5)), 1) if seconds < HORIZON else NEVER


@kernel
def next_arrival(time, need, start, rate, weights, weekday):  # type: ignore[no-untyped-def]
    """The time at which the cumulative rate since ``time`` reaches ``need`` [s]; beyond ``HORIZON`` if never."""
    patterned = False
    for day in range(7):
        patterned = patterned or weights[day] != 1.0
    while time < HORIZON:
        period = 0
        for i in range(start.shape[0]):
            if start[i] <= time:
                period = i
        until = start[period + 1] if period + 1 < start.shape[0] else float(NEVER)
        density = rate[period]
        if patterned:
            day = int(time // DAY)
            until = min(until, (day + 1.0) * DAY)
            density *= weights[(day + weekday) % 7]
        if density > 0.0 and need <= density * (until - time):
            return time + need / density
        need -= density * (until - time)
        time = until
    return float(NEVER)


@kernel
def accrue(  # type: ignore[no-untyped-def]
    seed, first_replicate, limit, weekday, consent, start, rate, weights, streams, exclusion_shares, exclusion_streams,
    rows, table, leave_streams, first_window, windows, arrival, entry, number, leave, leave_reason, counts, complete,
    accrual_end,
):  # fmt: skip
    """Fill the arrays of :class:`trialsim.conduct.entries.Entries` (R, N) for patients who consent.

    ``streams`` holds the keys of arrival, ask and consent. Row 0 of ``rows`` is the time until a patient is asked,
    the further rows the times to leave. Patients are asked in the order of arrival plus delay; the target may thus be
    reached by somebody who came later than one still waiting to be asked.
    """
    replicates, target = entry.shape
    capacity = 4 * target + 64
    asked_at = np.empty(capacity, dtype=np.int64)
    came_at = np.empty(capacity, dtype=np.int64)
    left_at = np.empty(capacity, dtype=np.int64)
    outcome = np.empty(capacity, dtype=np.int64)  # 0 consents, 1 left, 2 declines, 3 + i excluded
    reason = np.empty(capacity, dtype=np.int64)
    line = np.empty(target + 1, dtype=np.int64)  # the first who consent, in the order in which they are asked
    immediate = rows[0, 0] == 0 and rows[0, 1] == 0.0 and first_window[1] == first_window[0]
    for r in range(replicates):
        replicate = first_replicate + r
        time, patients, n = 0.0, 0, 0
        while True:
            need = -math.log1p(-uniform(seed, streams[0], patients, 0, replicate))
            time = next_arrival(time, need, start, rate, weights, weekday)
            tick = int(math.floor(time + 0.5)) if time < HORIZON else NEVER
            if tick >= limit or tick >= HORIZON or (n == target and tick > asked_at[line[n - 1]]):
                break
            if patients == capacity:
                capacity *= 2
                asked_at, came_at, left_at = _longer(asked_at), _longer(came_at), _longer(left_at)
                outcome, reason = _longer(outcome), _longer(reason)
            ask = tick
            if not immediate:
                wait = quantile_packed(rows, 0, table, uniform(seed, streams[1], patients, 0, replicate))
                ask = first_open(first_window, windows, 0, tick + int(math.floor(wait + 0.5)), weekday)
            fate, leaves, why = 0, NEVER, -1
            for i in range(exclusion_shares.shape[0]):
                if fate == 0 and uniform(seed, exclusion_streams[i], patients, 0, replicate) < exclusion_shares[i]:
                    fate = 3 + i
            if fate == 0:
                for i in range(leave_streams.shape[0]):
                    u = uniform(seed, leave_streams[i], patients, 0, replicate)
                    stay = ticks_after(quantile_packed(rows, 1 + i, table, u))
                    if stay < NEVER and tick + stay < leaves:
                        leaves, why = tick + stay, i
                if leaves <= ask:
                    fate = 1
                elif uniform(seed, streams[2], patients, 0, replicate) >= consent:
                    fate = 2
            asked_at[patients], came_at[patients], left_at[patients] = ask, tick, leaves
            outcome[patients], reason[patients] = fate, why
            if fate == 0 and ask < limit:
                place = n
                while place > 0 and asked_at[line[place - 1]] > ask:
                    line[place] = line[place - 1]
                    place -= 1
                line[place] = patients
                n = min(n + 1, target)
            patients += 1
        for place in range(n):
            i = line[place]
            arrival[r, place], entry[r, place], number[r, place] = came_at[i], asked_at[i], i
            leave[r, place], leave_reason[r, place] = left_at[i], reason[i]
        complete[r] = n == target
        closed = entry[r, n - 1] if n == target else min(limit, HORIZON)
        accrual_end[r] = closed
        for i in range(patients):
            if came_at[i] <= closed:
                counts[r, 0] += 1
                if outcome[i] == 1:
                    counts[r, 1] += 1
                elif outcome[i] == 2:  # noqa: PLR2004  # the codes above
                    counts[r, 2] += 1
                elif outcome[i] >= 3:  # noqa: PLR2004
                    counts[r, 1 + outcome[i]] += 1
        counts[r, 3] = n


@kernel
def _longer(array):  # type: ignore[no-untyped-def]
    out = np.empty(2 * array.shape[0], dtype=np.int64)
    for i in range(array.shape[0]):
        out[i] = array[i]
    return out

