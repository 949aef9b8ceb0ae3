"""When each look comes in each trial, and whose endpoint is known by then.

A participant counts whose endpoint is known: every value that the analysis needs is measured, or lost for good (the
participant has left, the session was missed, its window has passed). On a ward this has a time; without one it follows the
order of enrollment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.conduct import Entries
from trialsim.conduct.entries import NEVER
from trialsim.engine.trace import EventTrace
from trialsim.kinds.looks import USE_EARLIER_VISITS
from trialsim.looks.plan import LookPlan
from trialsim.protocol.columns import (
    E_TIME,
    GAVE_UP,
    H_GAVE_UP,
    H_REQUEST,
    H_STATE,
    LEFT,
    OTHER_ARM,
    REFUSED,
    SESSION_MISSED,
    V_REASON,
    V_TIME,
)
from trialsim.protocol.program import SEIZE, Program
from trialsim.response import ResponsePlan

Ticks = NDArray[np.int64]


@dataclass(frozen=True)
class Cuts:
    """The looks of R trials; the last of K is the end.

    Attributes
    ----------
    known_at : (R, N) when each participant's endpoint is known, ``NEVER`` for those who do not count
    value_at : (R, N, points) when it is known what becomes of each value, if the analysis uses those of earlier visits
    tick : (R, K) when each look comes, -1 where it does not
    known : (R, K) endpoints known then, 0 where it does not come
    enrolled : (R, K) participants enrolled by the decision
    overrun : (R, K) those of them in the arms compared whose endpoint was not known at the look
    """

    known_at: Ticks
    value_at: Ticks | None
    tick: Ticks
    known: NDArray[np.int64]
    enrolled: NDArray[np.int64]
    overrun: NDArray[np.int64]


def find_cuts(
    plan: LookPlan,
    response: ResponsePlan,
    entries: Entries,
    trace: EventTrace | None,
    *,
    inside: NDArray[np.bool_] | None = None,
) -> Cuts:
    """The looks of every trial: a look comes if something is known that was not at the look before, and not everything yet.

    ``inside`` (R, N) are the participants of a smaller trial, if the looks are those of it.
    """
    takes_part = entries.arm >= 0 if inside is None else (entries.arm >= 0) & inside
    counts = takes_part & np.isin(entries.arm, plan.arms) if plan.arms else takes_part
    if trace is None:
        order = np.broadcast_to(np.arange(entries.arm.shape[1], dtype=np.int64), entries.arm.shape)
        value_at, known_at, entered = None, order, np.where(takes_part, order, NEVER)
    else:
        every = value_known_at(response, entries, trace, plan.call.points)
        value_at, known_at = every if plan.call.test in USE_EARLIER_VISITS else None, every.max(axis=2)
        entered = np.where(takes_part, entries.entry, NEVER)
    known_at = np.where(counts, known_at, NEVER)
    in_order, total = np.sort(known_at, axis=1), counts.sum(axis=1)
    end = np.where(total > 0, np.take_along_axis(in_order, np.maximum(total - 1, 0)[:, None], axis=1)[:, 0], -1)
    ticks, found = [], []
    before = np.zeros(len(total), dtype=np.int64)
    for k in range(plan.interim):
        tick = (
            np.full(len(total), plan.ticks[k])
            if plan.ticks
            else in_order[:, min(plan.counts[k], in_order.shape[1]) - 1]
        )
        known = (known_at <= tick[:, None]).sum(axis=1)
        comes = (known > before) & (tick < end)
        before = np.where(comes, known, before)
        ticks.append(np.where(comes, tick, -1))
        found.append(np.where(comes, known, 0))
    ticks.append(end)
    found.append(total)
    tick = np.stack(ticks, axis=1)
    by = np.where(tick >= 0, tick + plan.lag, -1)
    by[:, -1] = NEVER - 1  # at the end everybody who was ever enrolled is
    there = entered[:, None, :] <= by[:, :, None]
    open_ = there & counts[:, None, :] & (known_at[:, None, :] > tick[:, :, None])
    value_at = None if value_at is None else np.where(counts[:, :, None], value_at, NEVER)
    return Cuts(known_at, value_at, tick, np.stack(found, axis=1), there.sum(axis=2), open_.sum(axis=2))


def value_known_at(response: ResponsePlan, entries: Entries, trace: EventTrace, points: tuple[int, ...]) -> Ticks:
    """(R, N, points) when it is known what becomes of each value: measured or lost for good."""
    assert response.program is not None  # there is a trace
    found = []
    for point in points:
        visit = response.points[point].visit_index
        time, reason = trace.visits[:, :, visit, V_TIME], trace.visits[:, :, visit, V_REASON]
        known = np.where(time >= 0, time, NEVER)
        known = np.where(reason == LEFT, trace.ends[:, :, E_TIME], known)
        known = np.where(reason == OTHER_ARM, entries.entry, known)
        missed = missed_at(response.program, trace, visit)
        found.append(np.where(reason == SESSION_MISSED, missed, known))
    return np.stack(found, axis=2)


def missed_at(program: Program, trace: EventTrace, visit: int) -> Ticks:
    """(R, N) when the session of a visit was missed: patience ran out, or the participant was turned away."""
    step, found = program.visit_step[visit], np.full(trace.ends.shape[:2], NEVER, dtype=np.int64)
    for place, (operation, hold, after, *_) in enumerate(program.ops):
        if operation == SEIZE and place < step < after:
            request, state = trace.holds[:, :, hold, H_REQUEST], trace.holds[:, :, hold, H_STATE]
            varies = program.patience_varies
            gave_up = trace.holds[:, :, hold, H_GAVE_UP] if varies else request + program.holds[hold].patience
            found = np.minimum(found, np.where(state == GAVE_UP, gave_up, np.where(state == REFUSED, request, NEVER)))
    return found
