"""One moment of a trial: who is where, who is with whom, what has been measured; and the moment that is shown first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialsim.protocol.calendar import DAY, WEEK
from trialsim.report.moving.data import MovingTrial, MovingWard, several
from trialsim.report.moving.pathway import ALSO_CAME, CAME, COMPLETED, GAVE_BACK, LEFT, MISSED, Way

#: What a unit of staff may be doing.
FREE, STUDY, OTHER, OFF, DUTY = "free", "study", "other", "off", "duty"

#: How long a wait without end takes to cross its column [s].
LONG_WAIT = 3600


@dataclass(frozen=True)
class Stay:
    """A time in a column: of whom, where, from when to when; ``row`` among those who are there at the same time."""

    way: Way
    column: int
    begin: int
    end: int
    row: int


@dataclass(frozen=True)
class Session:
    """A unit with a participant."""

    way: Way
    unit: int
    begin: int
    end: int


@dataclass
class TrialCourse:
    """A trial in order: stays, sessions, visits (way, visit, tick), missed sessions and ends (way, tick, completed)."""

    stays: list[Stay]
    sessions: list[Session]
    visits: list[tuple[Way, int, int]]
    missed: list[tuple[Way, int]]
    ends: list[tuple[Way, int, bool]]


def course_of(ward: MovingWard, trial: MovingTrial) -> TrialCourse:
    """The course of a trial."""
    course = TrialCourse([], [], [], [], [])
    for way in trial.ways:
        tick = way.entry
        held: list[list[tuple[int, int]]] = []
        for code, value in way.pairs:
            if code >= 0 and ward.pathway.columns[code].kind == "visit":
                course.visits.append((way, value, tick))
            elif code >= 0:
                course.stays.append(Stay(way, code, tick, tick + value, 0))
                tick += value
            elif code == CAME:
                held.append([(value, tick)])
            elif code == ALSO_CAME:
                held[-1].append((value, tick))
            elif code == MISSED:
                course.missed.append((way, tick))
            if code == GAVE_BACK:
                course.sessions += [Session(way, unit, begin, tick) for unit, begin in held.pop()]
            elif code in (COMPLETED, LEFT):
                course.ends.append((way, tick, code == COMPLETED))
        course.sessions += [Session(way, unit, begin, tick) for units in held for unit, begin in units]
    course.stays = list(_in_rows(course.stays))
    course.ends.sort(key=lambda one: (one[1], one[0].participant))
    return course


def _in_rows(stays: list[Stay]) -> Iterator[Stay]:
    """Each stay with the lowest row that is free in its column and arm when it begins."""
    until: dict[tuple[int, int], list[int]] = {}
    for stay in sorted(stays, key=lambda one: (one.begin, one.way.participant)):
        rows = until.setdefault((stay.way.arm, stay.column), [])
        row = next((number for number, end in enumerate(rows) if end <= stay.begin), len(rows))
        rows[row:] = [stay.end, *rows[row + 1 :]]
        yield Stay(stay.way, stay.column, stay.begin, stay.end, row)


def share_of(ward: MovingWard, stay: Stay, tick: int) -> float:
    """How much of a column a participant has crossed at a tick: waits for staff move towards the end of patience."""
    column = ward.pathway.columns[stay.column]
    whole = stay.end - stay.begin
    if column.kind == "queue":
        whole = max(column.patience if column.patience > 0 else LONG_WAIT, 1)
    return min((tick - stay.begin) / whole, 1.0)


def on_duty(ward: MovingWard, unit: int, tick: int) -> bool:
    """Whether a unit is on duty at a tick."""
    resource = ward.program.resources[ward.resource_of_unit[unit]]
    second = (tick + ward.program.weekday * DAY) % WEEK
    windows = ward.program.at_work(resource, ward.shift_of_unit[unit])
    return not windows or any(opens <= second < closes or opens <= second + WEEK < closes for opens, closes in windows)


def doing(ward: MovingWard, trial: MovingTrial, course: TrialCourse, unit: int, tick: int) -> tuple[str, Way | None]:
    """What a unit does at a tick, and with whom; where the study does not meet it only whether it is on duty is known."""
    for session in course.sessions:
        if session.unit == unit and session.begin <= tick < session.end:
            return STUDY, session.way
    if not on_duty(ward, unit, tick):
        return OFF, None
    if any(begin <= tick < end for begin, end in trial.spells[unit]):
        return OTHER, None
    windows = trial.windows[ward.resource_of_unit[unit]]
    return (FREE if any(begin <= tick < end for begin, end in windows) else DUTY), None


def typical_moment(ward: MovingWard, trial: MovingTrial, course: TrialCourse) -> int:
    """A moment with much to see: somebody is served, others wait or are on their way, in the later half of the trial."""
    queues = [stay for stay in course.stays if ward.pathway.columns[stay.column].kind == "queue"]
    spans = [(one.begin, one.end) for one in course.sessions] + [(one.begin, one.end) for one in queues]
    found = [(begin + end) // 2 for begin, end in spans if end > begin]
    best = [
        1.5 * (any(one.begin <= tick < one.end for one in course.sessions))
        + sum(one.begin <= tick < one.end for one in course.sessions)
        + 1.5 * min(sum(one.begin <= tick < one.end for one in queues), 2)
        + 0.25 * min(sum(one.begin <= tick < one.end for one in course.stays), 12)
        - 5 * abs(tick / max(trial.end, 1) - 0.65)
        for tick in found
    ]
    return found[best.index(max(best))] if found else trial.end // 2


def summary(ward: MovingWard, trial: MovingTrial, course: TrialCourse, tick: int) -> str:
    """The moment in a sentence: ``Day 3, 14:00: 2 of 3 nurses busy, 1 waits, 14 enrolled, 2 missed``."""
    parts = []
    for number, resource in enumerate(ward.program.resources):
        units = [unit for unit, of in enumerate(ward.resource_of_unit) if of == number]
        states = [doing(ward, trial, course, unit, tick)[0] for unit in units]
        name = several(resource)
        if len(resource.shifts) > 1:
            states = [state for state in states if state != OFF]
        if all(state == OFF for state in states):
            parts.append(f"{name} off duty")
        elif DUTY in states:
            busy = sum(state == STUDY for state in states)
            parts.append(f"{len(states)} {name} on duty" + (f", {busy} with the study" if busy else ""))
        else:
            parts.append(f"{sum(state in (STUDY, OTHER) for state in states)} of {len(states)} {name} busy")
    waiting = sum(
        stay.begin <= tick < stay.end and ward.pathway.columns[stay.column].kind == "queue" for stay in course.stays
    )
    parts.append("nobody waits" if not waiting else f"{waiting} wait{'s' if waiting == 1 else ''}")
    parts.append(f"{sum(way.entry <= tick for way in trial.ways)} enrolled")
    parts.append(f"{sum(at <= tick for _, at in course.missed)} missed")
    return f"Day {tick // DAY + 1}, {tick % DAY // 3600:02d}:{tick % 3600 // 60:02d}: {', '.join(parts)}"
