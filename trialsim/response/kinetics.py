"""Cortisol secretion and clearance, exact between the moments at which the drive changes.

With half-life h the level C (1 before anything happens) follows dC/dt = (ln 2 / h)(S - C), where the drive
S(t) = max(0, 1 + sum of s_a over the activities a under way at t - lag). While S is constant,
C(t + d) = S + (C(t) - S) 2^(-d / h); so a fall can never be faster than the half-life allows.
"""

from __future__ import annotations

import math

import numpy as np

from trialsim.compiled import kernel
from trialsim.protocol.columns import A_END, A_PAUSE_END, A_PAUSE_START, A_START

#: Two edges of the drive of an activity, four when a pause lies in it.
EDGES = 4


@kernel
def log_levels(activities, which, secretion, lag, lasts, gate, scale, half_life, times, out):  # type: ignore[no-untyped-def]
    """Logarithm of C at one visit for every participant.

    Parameters
    ----------
    activities : (R, N, A, 9) of the trace
    which : (D,) activity of each drive
    secretion : (D,) its change of secretion, as a share of the resting rate
    lag, lasts : (D,) ticks; ``lasts`` -1 means as long as the activity
    gate : (D, R, N) 1 where the participant responds
    scale : (D,) lambda for an arm's own activity, else 1
    half_life : ticks
    times : (R, N) tick of the visit, -1 for none
    out : (R, N) is added to
    """
    replicates, participants = times.shape
    drives = which.shape[0]
    edge = np.empty(EDGES * drives)
    step = np.empty(EDGES * drives)
    rate = math.log(2.0) / half_life
    for r in range(replicates):
        for n in range(participants):
            now = times[r, n]
            if now < 0:
                continue
            count = 0
            for d in range(drives):
                amount = secretion[d] * scale[d] * gate[d, r, n]
                row = activities[r, n, which[d]]
                start = row[A_START]
                if start < 0 or amount == 0.0 or start + lag[d] >= now:
                    continue
                stop = row[A_END] if lasts[d] < 0 else start + lasts[d]
                if row[A_END] < 0 and lasts[d] < 0:
                    stop = now
                count = _drive(edge, step, count, start + lag[d], stop + lag[d], amount)
                off, on = row[A_PAUSE_START], min(row[A_PAUSE_END], stop)
                if off >= 0 and on > off:
                    count = _drive(edge, step, count, off + lag[d], on + lag[d], -amount)
            if count == 0:
                continue
            _sort(edge, step, count)
            level, drive, at = 1.0, 1.0, edge[0]
            for i in range(count):
                if edge[i] >= now:
                    break
                supply = max(drive, 0.0)
                level = supply + (level - supply) * math.exp(-rate * (edge[i] - at))
                at = edge[i]
                drive += step[i]
            supply = max(drive, 0.0)
            level = supply + (level - supply) * math.exp(-rate * (now - at))
            out[r, n] += math.log(max(level, 1e-12))


@kernel
def _drive(edge, step, count, start, stop, amount):  # type: ignore[no-untyped-def]
    """Enter a drive that begins and ends."""
    edge[count], step[count] = start, amount
    edge[count + 1], step[count + 1] = stop, -amount
    return count + 2


@kernel
def _sort(edge, step, count):  # type: ignore[no-untyped-def]
    """Sort the edges by time, by insertion because there are few."""
    for i in range(1, count):
        at, change = edge[i], step[i]
        place = i
        while place > 0 and edge[place - 1] > at:
            edge[place], step[place] = edge[place - 1], step[place - 1]
            place -= 1
        edge[place], step[place] = at, change


def largest_fall(gap: float, half_life: float) -> float:
    """The largest possible decrease between two samples, as a share: the decrease without any secretion.

    >>> round(largest_fall(15, 65), 2)
    0.15
    """
    return float(1 - 2 ** (-gap / half_life))
