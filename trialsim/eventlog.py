"""Simulated trials as event logs of other programs: rows for vidigi (animation), and for bupaR and XES (process mining).

vidigi wants places: where somebody waits, which unit serves them, and when they leave. bupaR and XES want activities with the
states of a life cycle. Both are the events of the engine in another form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from trialsim.codebook import EVENT_TYPES
from trialsim.cohort import Trial
from trialsim.engine import trace as e
from trialsim.engine.staffed import staff_record
from trialsim.protocol.program import HoldInfo, Program
from trialsim.protocol.tapes import draw_tapes

Ints = NDArray[np.int64]

#: The columns of each log.
VIDIGI = ("entity_id", "event_type", "event", "time", "resource_id", "pathway", "run_number")
ACTIVITIES = (
    "case_id", "activity", "activity_instance", "lifecycle", "timestamp", "resource", "kind", "detail", "arm", "run_number",
)  # fmt: skip

#: Types of events of vidigi.
ARRIVAL, QUEUE, USE, USE_END = EVENT_TYPES


@dataclass(frozen=True)
class VidigiRow:
    """An event of vidigi: ``time`` in minutes since midnight before the first day, ``resource_id`` from 1 within its resource."""

    entity_id: str
    event_type: str
    event: str
    time: float
    resource_id: int | None
    pathway: str
    run_number: int


@dataclass(frozen=True)
class ActivityRow:
    """A state of an activity of a case."""

    case_id: str
    activity: str
    activity_instance: int
    lifecycle: str
    timestamp: datetime
    resource: str
    kind: str
    detail: str
    arm: str
    run_number: int


@dataclass(frozen=True)
class WardEvent:
    """An event of the engine, with the units (resource and number) that came with it."""

    tick: int
    kind: int
    participant: int
    step: int
    value: int
    units: tuple[tuple[int, int], ...] = ()


def ward_events_of(trial: Trial) -> Iterator[WardEvent]:
    """The events of one trial in order, each grant with its units; who is served is part of the grant."""
    cohort, program = trial.cohort, trial.cohort.program
    assert program is not None
    assert cohort.trace is not None
    units = _further_units(trial, program) if any(len(hold.resources) > 1 for hold in program.holds) else None
    for tick, kind, person, step, value, unit in cohort.trace.events[trial.index].tolist():
        if kind == e.SERVED:
            continue
        came: tuple[tuple[int, int], ...] = ()
        if kind == e.GRANT:
            hold = program.holds[value]
            base = int(cohort.entries.site[trial.index, person]) * program.resources_per_site
            came = ((base + hold.resources[0], unit),)
            if units is not None:
                came = tuple(units[person, tick].pop(0) for _ in hold.resources)
        yield WardEvent(tick, kind, person, step, value, came)


def _further_units(trial: Trial, program: Program) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """By participant and tick, the units that came: where a need is for several resources, the trace has the first one's only."""
    from trialsim.conduct import conduct

    cohort = trial.cohort
    alone = range(trial.number, trial.number + 1)
    entries = conduct(cohort.conduct_plan, seed=cohort.seed, replicates=alone)
    tapes = draw_tapes(program, seed=cohort.seed, replicates=alone, participants=entries.entry.shape[1])
    staff = staff_record(program, entries, tapes, seed=cohort.seed, replicate=trial.number)
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for tick, person, resource, unit in staff.given.tolist():
        found.setdefault((person, tick), []).append((resource, unit))
    return found


def _name(person: int) -> str:
    return f"SIM-{person + 1:03d}"


def _arm(trial: Trial, person: int) -> str:
    return trial.cohort.conduct_plan.arms[int(trial.cohort.entries.arm[trial.index, person])]


# ---------------------------------------------------------------- vidigi


def vidigi_rows(trial: Trial) -> Iterator[VidigiRow]:
    """The log of one trial for vidigi: arrival, queues, use of staff and its end, departure.

    Activities for which nobody is needed are queues as well: places where somebody is. Those inside a need for staff, and visits,
    have no place of their own.
    """
    program = trial.cohort.program
    assert program is not None
    held: dict[int, list[tuple[HoldInfo, tuple[tuple[int, int], ...]]]] = {}
    for one in ward_events_of(trial):
        with_staff = held.setdefault(one.participant, [])
        for event_type, event, unit in _places(program, one, with_staff):
            yield VidigiRow(
                entity_id=_name(one.participant),
                event_type=event_type,
                event=event,
                time=one.tick / 60,
                resource_id=unit,
                pathway=_arm(trial, one.participant),
                run_number=trial.number,
            )


def _places(
    program: Program, one: WardEvent, held: list[tuple[HoldInfo, tuple[tuple[int, int], ...]]]
) -> Iterator[tuple[str, str, int | None]]:
    """Event type, event and unit of an event of the engine."""
    if one.kind == e.ENTER:
        yield ARRIVAL, "arrival", None
    elif one.kind in (e.LEAVE, e.COMPLETE):
        while held:
            yield from _use(program, USE_END, *held.pop())
        yield ARRIVAL, "depart", None
    elif one.kind == e.WAITS or (one.kind == e.START and not held):
        yield QUEUE, program.names[one.step], None
    elif one.kind == e.REQUEST:
        yield QUEUE, f"{program.holds[one.value].name}: waiting", None
    elif one.kind in (e.GIVE_UP, e.TURNED_AWAY):
        yield QUEUE, f"{program.holds[one.value].name}: {ENDINGS[one.kind]}", None
    elif one.kind == e.GRANT:
        held.append((program.holds[one.value], one.units))
        yield from _use(program, USE, *held[-1])
    elif one.kind == e.RELEASE:
        yield from _use(program, USE_END, *held.pop())


def _use(
    program: Program, event_type: str, hold: HoldInfo, units: tuple[tuple[int, int], ...]
) -> Iterator[tuple[str, str, int | None]]:
    """The use of each unit of a need: its name, with the resource where there are several, and the site where there are sites."""
    for number, unit in units:
        resource = program.resources[number]
        name = hold.name if len(units) == 1 else f"{hold.name}: {resource.base}"
        yield event_type, f"{name} @{program.sites[resource.site]}" if program.sites else name, unit + 1


#: How a request ends that is not granted.
ENDINGS = {e.GIVE_UP: "gave up", e.TURNED_AWAY: "turned away"}


# ---------------------------------------------------------------- activities: bupaR and XES


#: Activity, instance, life cycle, resource, kind and detail.
State = tuple[str, int, str, str, str, str]


@dataclass
class _Case:
    """A participant on the way: what is open, as (activity, instance, kind, resource), and who serves."""

    open: list[tuple[str, int, str, str]] = field(default_factory=list)
    staff: list[str] = field(default_factory=list)


@dataclass
class ActivityLog:
    """Rows of activities of several trials; each instance of an activity has a number of its own in the whole log."""

    instances: int = 0

    def rows(self, trial: Trial) -> Iterator[ActivityRow]:
        """The rows of one trial, in order."""
        program, start = trial.cohort.program, trial.start
        assert program is not None
        assert start is not None
        cases: dict[int, _Case] = {}
        for one in ward_events_of(trial):
            case = cases.setdefault(one.participant, _Case())
            for activity, instance, lifecycle, resource, kind, detail in self._states(trial, one, case):
                yield ActivityRow(
                    case_id=f"{trial.number}-{_name(one.participant)}",
                    activity=activity,
                    activity_instance=instance,
                    lifecycle=lifecycle,
                    timestamp=start + timedelta(seconds=one.tick),
                    resource=resource,
                    kind=kind,
                    detail=detail,
                    arm=_arm(trial, one.participant),
                    run_number=trial.number,
                )

    def _begin(self, case: _Case, name: str, kind: str, resource: str = "") -> tuple[str, int, str, str]:
        self.instances += 1
        case.open.append((name, self.instances, kind, resource))
        return case.open[-1]

    def _once(self, name: str, kind: str, resource: str = "", detail: str = "") -> State:
        self.instances += 1
        return name, self.instances, "complete", resource, kind, detail

    def _states(self, trial: Trial, one: WardEvent, case: _Case) -> Iterator[State]:
        """The states that an event of the engine brings."""
        program = trial.cohort.program
        assert program is not None
        staff = case.staff[-1] if case.staff else ""
        if case.open and case.open[-1][2] == "wait":
            left = one.kind == e.LEAVE
            yield _state(case.open.pop(), "abort_activity" if left else "complete")
        if one.kind == e.ENTER:
            yield self._once("enrolled", "pathway")
        elif one.kind == e.WAITS:
            yield _state(self._begin(case, program.names[one.step], "wait"), "start")
        elif one.kind == e.REQUEST:
            yield _state(self._begin(case, program.holds[one.value].name, "staff"), "schedule")
        elif one.kind == e.GRANT:
            name, instance, kind, _ = case.open.pop()
            case.staff.append(" and ".join(f"{program.resources[r].name} {unit + 1}" for r, unit in one.units))
            case.open.append((name, instance, kind, case.staff[-1]))
            yield _state(case.open[-1], "start")
        elif one.kind in ENDINGS:
            yield _state(case.open.pop(), "abort_activity", ENDINGS[one.kind])
        elif one.kind == e.RELEASE:
            case.staff.pop()
            yield _state(case.open.pop(), "complete")
        elif one.kind == e.START:
            yield _state(self._begin(case, program.names[one.step], "activity", staff), "start")
        elif one.kind in (e.PAUSE, e.RESUME):
            yield _state(case.open[-1], "suspend" if one.kind == e.PAUSE else "resume")
        elif one.kind in (e.END, e.TRIED):
            detail = "" if one.kind == e.END else "succeeded" if one.value else "failed"
            yield _state(case.open.pop(), "complete", detail)
        elif one.kind == e.FAILED:
            yield self._once(f"{program.names[one.step]}: no try succeeded", "activity", staff)
        elif one.kind == e.VISIT:
            yield self._once(f"visit {program.visits[one.value]}", "visit", staff)
        else:
            yield from self._end(trial, one, case)

    def _end(self, trial: Trial, one: WardEvent, case: _Case) -> Iterator[State]:
        """The end of a pathway: what is still open ends with it."""
        while case.open:
            last = case.open.pop()
            served = last[2] == "staff" and bool(last[3])
            yield _state(last, "complete" if served else "abort_activity", "left")
        reason = trial.cohort.conduct_plan.leave_reasons[one.value] if one.kind == e.LEAVE else ""
        yield self._once("completed" if one.kind == e.COMPLETE else "left", "pathway", detail=reason)


def _state(activity: tuple[str, int, str, str], lifecycle: str, detail: str = "") -> State:
    name, instance, kind, resource = activity
    return name, instance, lifecycle, resource, kind, detail
