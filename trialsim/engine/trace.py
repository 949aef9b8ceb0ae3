"""What happened on the ward, as arrays and as a list of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.protocol.columns import (  # noqa: F401  # the trace's own words, for its readers
    A_DELIVERED,
    A_END,
    A_FAILED,
    A_PAUSE_END,
    A_PAUSE_START,
    A_PLANNED,
    A_SERVED,
    A_START,
    A_SUCCESS,
    A_TRIES,
    COMPLETED,
    E_REASON,
    E_TIME,
    GAVE_UP,
    GRANTED,
    H_GAVE_UP,
    H_GRANT,
    H_RELEASE,
    H_REQUEST,
    H_STATE,
    H_UNIT,
    HOLD_STATES,
    LEFT,
    LEFT_EARLY,
    LEFT_WAITING,
    NEVER_ENROLLED,
    NOT_ENROLLED,
    NOT_REACHED,
    OTHER_ARM,
    REFUSED,
    S_GRANTS,
    S_OVERTIME,
    S_STUDY,
    SESSION_MISSED,
    SHIFT_BITS,
    UNIT_BITS,
    V_REASON,
    V_SERVED,
    V_TIME,
    VISIT_REASONS,
    VISITED,
)
from trialsim.protocol.program import Program

Ints = NDArray[np.int64]

NEVER = 2**62
#: No value and no unit of an event.
NOTHING, NONE = 0, -1

# Kinds of events: the second column of an event list.
(
    ENTER,
    REQUEST,
    GRANT,
    GIVE_UP,
    TURNED_AWAY,
    RELEASE,
    START,
    PAUSE,
    RESUME,
    END,
    TRIED,
    FAILED,
    VISIT,
    LEAVE,
    COMPLETE,
) = range(15)
WAITS = 15
SERVED = 16  # by a person who is followed; value is the resource
KIND_NAMES = (
    "enters", "asks", "is granted", "gives up", "is turned away", "gives back", "starts", "is interrupted", "resumes",
    "ends", "has tried", "has failed", "visit", "leaves", "completes", "waits", "is served",
)  # fmt: skip
EVENT_COLUMNS = ("tick", "kind", "participant", "step", "value", "unit")


@dataclass(frozen=True)
class EventTrace:
    """R trials of N participants on the ward. Times are ticks; -1 means it did not happen.

    Attributes
    ----------
    visits : (R, N, V, 2 + G) time, reason (:data:`VISIT_REASONS`), and for each of G groups of practitioners who of them
        served last
    activities : (R, N, A, 9 + givers) start, end, planned and delivered ticks, start and end of the pause, failed tries,
        tries, success (1, 0; -1 when not ended), and for the groups with varying effects who had served last when it
        began
    holds : (R, N, H, 5) request, grant, release, state (:data:`HOLD_STATES`), unit of the first resource; where a
        patience varies, one more: when it ran out
    ends : (R, N, 2) time and reason (0 completed, 1 left, 2 not enrolled)
    staff : (R, resources, 3) study ticks, ticks after the end of the shift, grants
    trial_end : (R,) tick of the last event of a participant
    events : of each replicate, (E, 6) int64, when recorded
    """

    visits: Ints
    activities: Ints
    holds: Ints
    ends: Ints
    staff: Ints
    trial_end: Ints
    events: tuple[Ints, ...] = ()

    @property
    def visit_time(self) -> Ints:
        """(R, N, V)."""
        return self.visits[..., V_TIME]

    @property
    def visit_reason(self) -> Ints:
        """(R, N, V)."""
        return self.visits[..., V_REASON]

    @property
    def visit_served(self) -> Ints:
        """(R, N, V, G) who of each group of practitioners served last, packed; -1 before the first.

        For a visit that was missed, or is after leaving: who had served until then.
        """
        return self.visits[..., V_SERVED:]

    @property
    def activity_start(self) -> Ints:
        """(R, N, A) tick."""
        return self.activities[..., A_START]

    @property
    def activity_end(self) -> Ints:
        """(R, N, A) tick."""
        return self.activities[..., A_END]

    @property
    def activity_planned(self) -> Ints:
        """(R, N, A) ticks."""
        return self.activities[..., A_PLANNED]

    @property
    def activity_delivered(self) -> Ints:
        """(R, N, A) ticks."""
        return self.activities[..., A_DELIVERED]

    @property
    def pause_start(self) -> Ints:
        """(R, N, A) tick."""
        return self.activities[..., A_PAUSE_START]

    @property
    def pause_end(self) -> Ints:
        """(R, N, A) tick."""
        return self.activities[..., A_PAUSE_END]

    @property
    def failed(self) -> Ints:
        """(R, N, A) failed tries."""
        return self.activities[..., A_FAILED]

    @property
    def tries(self) -> Ints:
        """(R, N, A) tries."""
        return self.activities[..., A_TRIES]

    @property
    def succeeded(self) -> Ints:
        """(R, N, A) 1 or 0, -1 when not ended."""
        return self.activities[..., A_SUCCESS]

    @property
    def hold_request(self) -> Ints:
        """(R, N, H) tick."""
        return self.holds[..., H_REQUEST]

    @property
    def hold_grant(self) -> Ints:
        """(R, N, H) tick."""
        return self.holds[..., H_GRANT]

    @property
    def hold_release(self) -> Ints:
        """(R, N, H) tick."""
        return self.holds[..., H_RELEASE]

    @property
    def hold_unit(self) -> Ints:
        """(R, N, H) unit of the first resource."""
        return self.holds[..., H_UNIT]

    @property
    def end_time(self) -> Ints:
        """(R, N) tick."""
        return self.ends[..., E_TIME]

    @property
    def end_reason(self) -> Ints:
        """(R, N) 0 completed, 1 left, 2 not enrolled."""
        return self.ends[..., E_REASON]

    @property
    def hold_state(self) -> Ints:
        """(R, N, H)."""
        return self.holds[..., H_STATE]

    @property
    def hold_wait(self) -> Ints:
        """(R, N, H) ticks from request to grant, -1 where nothing was granted."""
        granted = self.holds[..., H_STATE] == GRANTED
        return np.where(granted, self.holds[..., H_GRANT] - self.holds[..., H_REQUEST], -1)


def empty_trace(program: Program, *, replicates: int, participants: int) -> EventTrace:
    """A trace to be filled by an engine; its content is undefined."""
    shape = (replicates, participants)
    return EventTrace(
        visits=np.empty((*shape, len(program.visits), V_SERVED + len(program.practitioners.groups)), dtype=np.int64),
        activities=np.empty((*shape, len(program.activities), A_SERVED + program.practitioners.givers), dtype=np.int64),
        holds=np.empty((*shape, len(program.holds), H_GAVE_UP + program.patience_varies), dtype=np.int64),
        ends=np.empty((*shape, 2), dtype=np.int64),
        staff=np.zeros((replicates, len(program.resources), 3), dtype=np.int64),
        trial_end=np.zeros(replicates, dtype=np.int64),
    )


def describe_event(event: Ints, program: Program) -> str:
    """One event in words."""
    tick, kind, participant, step, value, unit = (int(x) for x in event)
    day, rest = divmod(tick, 86_400)
    clock = f"day {day} {rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return (
        f"tick {tick} ({clock}): participant {participant} {KIND_NAMES[kind]} [{program.names[step]}] "
        f"value {value}, unit {unit}"
    )


def first_difference(a: Ints, b: Ints, program: Program) -> str | None:
    """The first difference between two lists of events, in words; None if they are equal."""
    for place in range(max(len(a), len(b))):
        left = describe_event(a[place], program) if place < len(a) else "nothing more happens"
        right = describe_event(b[place], program) if place < len(b) else "nothing more happens"
        if left != right or not np.array_equal(a[place], b[place]):
            return f"event {place}: {left}; against {right}"
    return None
