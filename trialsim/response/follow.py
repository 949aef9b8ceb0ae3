"""How long each participant is followed, and what acts on them from when: nothing looks ahead.

A count is taken over an interval between two visits; a time counts from enrollment or a visit, until a visit or for a while.
Both begin with what was given before; a later activity acts from its end. So the rate or hazard is changed in pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.protocol.columns import (
    A_DELIVERED,
    A_END,
    A_PLANNED,
    E_TIME,
    LEFT,
    NOT_ENROLLED,
    V_REASON,
    V_TIME,
    VISITED,
)
from trialsim.response.plan import OutcomePlan, PointPlan, TermPlan, matching
from trialsim.response.predictor import PredictorInputs, response_size
from trialsim.response.scales.parts import Course

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int8]


@dataclass(frozen=True)
class FollowUp:
    """(R, N) ticks of start and end, and ``reason``, 0 or why the value is missing."""

    start: Ints
    end: Ints
    reason: Codes


def follow_up(inputs: PredictorInputs, point: PointPlan, *, complete: bool) -> FollowUp:
    """How long each participant is followed; if ``complete``, nobody leaves and every interval has an end."""
    assert point.follow is not None
    find = _planned if inputs.trace is None else _on_the_ward
    found = find(inputs, point, complete=complete)
    reason = np.where(inputs.entries.arm < 0, NOT_ENROLLED, found.reason).astype(np.int8)
    return FollowUp(found.start, np.maximum(found.end, found.start), reason)


def _planned(inputs: PredictorInputs, point: PointPlan, *, complete: bool) -> FollowUp:
    """Without a ward: the declared times, until leaving."""
    assert point.follow is not None
    start = inputs.entries.entry + round(point.follow.start_time)
    end = start + round(point.follow.length)
    if complete:
        return FollowUp(start, end, np.zeros(start.shape, np.int8))
    leave = inputs.entries.leave
    reason = np.where(leave <= start, LEFT, VISITED).astype(np.int8)
    return FollowUp(start, np.minimum(end, leave), reason)


def _on_the_ward(inputs: PredictorInputs, point: PointPlan, *, complete: bool) -> FollowUp:
    """From a realized visit, or enrollment, to a realized visit or for the declared time, until leaving."""
    follow = point.follow
    assert follow is not None
    start, first = inputs.entries.entry, np.full(inputs.entries.entry.shape, VISITED)
    if follow.start >= 0:
        start, first = (inputs.trace.visits[:, :, follow.start, column] for column in (V_TIME, V_REASON))
    length = round(follow.length)
    if not follow.to_visit:
        end = start + length if complete else np.minimum(start + length, inputs.entries.leave)
        return FollowUp(start, end, _never_began(first, start, end, complete=complete))
    came, last = (inputs.trace.visits[:, :, point.visit_index, column] for column in (V_TIME, V_REASON))
    if complete:
        end = np.where((first == VISITED) & (last == VISITED), came, start + length)
        return FollowUp(start, end, np.zeros(start.shape, np.int8))
    end = np.where(last == LEFT, inputs.trace.ends[:, :, E_TIME], came)
    reason = _never_began(first, start, end, complete=False)
    if not follow.marks:  # nobody counted at a visit that was missed
        missed = (last != VISITED) & (last != LEFT)
        return FollowUp(start, end, np.where((first == VISITED) & missed, last, reason).astype(np.int8))
    end = np.where((last == VISITED) | (last == LEFT), end, _last_seen(inputs, point, start))
    return FollowUp(start, end, np.where(first == VISITED, np.where(end > start, 0, LEFT), first).astype(np.int8))


def _never_began(first: Ints, start: Ints, end: Ints, *, complete: bool) -> Codes:
    """Why following did not begin: the first visit did not take place, or it was also the moment of leaving."""
    if complete:
        return np.zeros(start.shape, np.int8)
    return np.where(first != VISITED, first, np.where(end > start, VISITED, LEFT)).astype(np.int8)


def _last_seen(inputs: PredictorInputs, point: PointPlan, start: Ints) -> Ints:
    """(R, N) the last visit that took place before one that did not; nobody knows of anything later."""
    steps, seen = inputs.program.visit_step, start
    for visit, step in enumerate(steps):
        if step < steps[point.visit_index]:
            seen = np.maximum(seen, inputs.trace.visits[:, :, visit, V_TIME])
    return seen


def course(inputs: PredictorInputs, outcome: OutcomePlan, point: PointPlan, followed: FollowUp) -> Course:
    """What acts on each participant from when, as pieces of the time that they are followed."""
    assert point.follow is not None
    ends, given, own, common = [], [], [], []
    for change in _changes(inputs, outcome, point):
        ends.append(change.when)
        given.append(change.delivered)
        own.append(change.shift if change.own else np.zeros(change.shift.shape))
        common.append(np.zeros(change.shift.shape) if change.own else change.shift)
    length = followed.end - followed.start
    base = _given_without_activities(inputs, point)
    if not ends:
        nothing = np.zeros((1, *length.shape))
        return Course(length[None] / point.follow.unit, base[None].copy(), nothing, nothing, point.follow.planned)
    since = np.clip(np.stack(ends) - followed.start, 0, length)
    order = np.argsort(since, axis=0, kind="stable")
    sort = [np.take_along_axis(np.stack(parts), order, axis=0) for parts in (given, own, common)]
    until = np.concatenate([np.take_along_axis(since, order, axis=0), length[None]]) / point.follow.unit
    delivered, shift, shared = (_running(part) for part in sort)
    return Course(until, base + delivered, shift, shared, point.follow.planned)


def _running(parts: Floats) -> Floats:
    """(J + 1, R, N) sums of the first 0, 1, .., J parts."""
    return np.concatenate([np.zeros((1, *parts.shape[1:])), np.cumsum(parts, axis=0)])


@dataclass(frozen=True)
class _Change:
    """(R, N) the tick from which something acts, what it adds to the delivered share and to the predictor; ``own`` by lambda."""

    when: Ints
    delivered: Floats
    shift: Floats
    own: bool


def _given_without_activities(inputs: PredictorInputs, point: PointPlan) -> Floats:
    """(R, N) the share delivered before any activity: all of it in an arm without an activity of its own."""
    by_share = point.differs and inputs.trace is not None and not point.terms
    with_own = [arm for arm, own in enumerate(point.own) if own] if by_share else []
    return np.where(np.isin(inputs.entries.arm, with_own), 0.0, 1.0)


def _changes(inputs: PredictorInputs, outcome: OutcomePlan, point: PointPlan) -> list[_Change]:
    """Every activity that acts from its end: the arms' own treatment, and what the outcome responds to."""
    if inputs.trace is None:
        return []
    found: list[_Change] = []
    nothing = np.zeros(inputs.entries.arm.shape)
    for term in point.terms:
        found += _of_term(inputs, term)
    for arm, own in enumerate(point.own if point.differs and not point.terms else ()):
        total = sum(length for _, length in own)
        for activity, length in own:
            when, share = _ended(inputs, activity)
            there = inputs.entries.arm == arm
            found.append(_Change(when, np.where(there, length / total * share, 0.0), nothing, own=True))
    for name, response in outcome.responses:
        if response.visits and point.visit not in response.visits:
            continue
        before = nothing
        for activity in matching(inputs.program, name):  # a repeat takes the place of the one before it
            when, share = _ended(inputs, activity)
            size = share * response_size(inputs, outcome, point, name, response, activity)
            found.append(
                _Change(when, nothing, np.where(share > 0, size - before, 0.0), inputs.program.activities[activity].own)
            )
            before = np.where(share > 0, size, before)
    return found


def _of_term(inputs: PredictorInputs, term: TermPlan) -> Iterator[_Change]:
    """The effect of a factor or interaction: what is missing of it at first, and what each activity adds at its end.

    An interaction acts by the smaller share of its factors, so an activity adds what it raises the smaller one by.
    """
    activities = sorted({a for by_arm in term.own for own in by_arm for a, _ in own})
    if not activities or term.shift == 0.0:
        return
    arm = inputs.entries.arm
    there = np.append(term.present, False)[arm]
    ended = {a: _ended(inputs, a) for a in activities}
    length = np.array(
        [[dict(by_arm[k]).get(a, 0.0) for k in range(len(by_arm))] for by_arm in term.own for a in activities]
    )
    weight = length.reshape(len(term.own), len(activities), -1)
    total = weight.sum(axis=1, keepdims=True)
    given = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    always = (total[:, 0] == 0).astype(np.float64)  # (F, K) a factor without activities in an arm acts in full

    def share(before: Mapping[int, NDArray[np.bool_]]) -> Floats:
        """(R, N) the smallest share of the factors when these activities are over."""
        each = []
        for f in range(len(term.own)):
            part = np.append(always[f], 0.0)[arm]
            for i, a in enumerate(activities):
                part = part + np.append(given[f, i], 0.0)[arm] * np.where(before[a], ended[a][1], 0.0)
            each.append(part)
        return np.asarray(np.min(each, axis=0))

    nothing = np.zeros(arm.shape)
    never = {a: np.zeros(arm.shape, np.bool_) for a in activities}
    first = np.where(there, (share(never) - 1.0) * term.shift, 0.0)
    yield _Change(np.full(arm.shape, -(2**62)), nothing, first, own=True)
    for i, a in enumerate(activities):
        when = ended[a][0]
        over = {b: (ended[b][0] < when) | ((ended[b][0] == when) & (j < i)) for j, b in enumerate(activities) if b != a}
        raised = share({**over, a: ~never[a]}) - share({**over, a: never[a]})
        yield _Change(when, nothing, np.where(there, raised * term.shift, 0.0), own=True)


def _ended(inputs: PredictorInputs, activity: int) -> tuple[Ints, Floats]:
    """(R, N) when an activity ended, and the share of its planned length that was given; an attempt counts in full."""
    row = inputs.trace.activities[:, :, activity]
    done = row[..., A_END] >= 0
    if inputs.program.activities[activity].tries > 1:
        return np.where(done, row[..., A_END], 2**62), done.astype(np.float64)
    share = np.where(done, row[..., A_DELIVERED] / np.maximum(row[..., A_PLANNED], 1), 0.0)
    return np.where(done, row[..., A_END], 2**62), share
