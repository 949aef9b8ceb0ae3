"""From the steps of a protocol to the integer step table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from trialsim.errors import ProtocolError
from trialsim.numbers.distributions import Distribution, mean, packable
from trialsim.numbers.draws import stream
from trialsim.protocol import program as p
from trialsim.protocol.calendar import (
    ALWAYS,
    DAY,
    MOMENTS,
    WEEK,
    Calendar,
    is_open,
    next_open,
    parse_calendar,
    united,
    without,
)
from trialsim.protocol.practitioners import NOBODY, Practitioners
from trialsim.protocol.program import LONGEST, ActivityInfo, HoldInfo, Program, ResourceInfo, ShiftInfo, Slot
from trialsim.protocol.steps import Activity, Attempt, Hold, Interruption, Period, Repeat, Resource, Step, Visit, Wait
from trialsim.quantities.fields import Number, Spread

NOTHING = Distribution("fixed", (0.0,))
NEVER_OPEN = Calendar(((0, 0),), "never")
EVENLY = Distribution("uniform", (0.0, MOMENTS - 1.0))


def compile_protocol(
    steps: Sequence[Step],
    resources: Mapping[str, Resource],
    *,
    arms: Sequence[str],
    starts: date,
    sites: Sequence[str] = (),
    practitioners: Practitioners = NOBODY,
) -> Program:
    """The step table of a protocol; for ``practitioners`` the trace records who served last.

    Raises
    ------
    ProtocolError
        TS-P001 two steps of one name, TS-P002 a visit twice, TS-P003 resources asked for against the order of the
        file (a deadlock), TS-P004 spells of other work in a family the engine cannot draw, TS-P005 too many steps,
        TS-P006 resources needed together that are never on duty at the same time
    """
    builder = _Builder(tuple(resources), resources, tuple(arms), starts)
    builder.block(steps, held=(), number="")
    builder.emit(p.END, name="end")
    warnings = [*builder.patience_warnings()]
    return Program(
        ops=np.array(builder.ops, dtype=np.int64).reshape(-1, p.COLUMNS),
        names=tuple(builder.names),
        slots=tuple(builder.slots),
        visits=tuple(builder.visits),
        visit_session=tuple(builder.visit_session),
        visit_step=tuple(builder.visit_step),
        activities=tuple(builder.activities),
        holds=tuple(builder.holds),
        resources=tuple(builder.instances(tuple(sites))),
        resources_per_site=len(resources),
        sites=tuple(sites),
        arms=tuple(arms),
        calendars=tuple(builder.calendars),
        weekday=starts.weekday(),
        protocol=tuple(steps),
        warnings=tuple(warnings),
        practitioners=practitioners,
    )


MOST_STEPS = 20_000


@dataclass
class _Builder:
    """What has been compiled so far."""

    order: tuple[str, ...]
    resources: Mapping[str, Resource]
    arms: tuple[str, ...]
    starts: date
    ops: list[list[int]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)
    visit_session: list[int] = field(default_factory=list)
    visit_step: list[int] = field(default_factory=list)
    activities: list[ActivityInfo] = field(default_factory=list)
    holds: list[HoldInfo] = field(default_factory=list)
    calendars: list[Calendar] = field(default_factory=list)
    step_names: set[str] = field(default_factory=set)
    session: int = 0
    period: int = 0  # of a crossover, counted from 1; 0 outside
    asked: Calendar = ALWAYS  # when the next ones ask, as far as the wait before says
    asked_during: list[Calendar] = field(default_factory=list)

    # ------------------------------------------------------------ pieces

    def emit(self, op: int, *columns: int, name: str) -> int:
        """Add a step and return its number."""
        if len(self.ops) >= MOST_STEPS:
            raise ProtocolError(
                f"the protocol has more than {MOST_STEPS:,} steps.", code="TS-P005", remedy="Repeat fewer times."
            )
        self.ops.append([op, *columns, *[-1] * (p.COLUMNS - 1 - len(columns))])
        self.names.append(name)
        return len(self.ops) - 1

    def slot(self, slot: Slot) -> int:
        """Add a slot of the tapes and return its number."""
        self.slots.append(slot)
        return len(self.slots) - 1

    def calendar(self, text: str) -> int:
        """The number of a calendar, -1 for one that is always open."""
        parsed = parse_calendar(text)
        if parsed.always:
            return -1
        if parsed not in self.calendars:
            self.calendars.append(parsed)
        return self.calendars.index(parsed)

    def unique(self, name: str, what: str) -> str:
        """``name``, checked: no other step has it, because draws are addressed by it."""
        if name in self.step_names:
            raise ProtocolError(
                f"two steps are called {name!r}.",
                code="TS-P001",
                remedy=f"Give each {what} its own `name:`.",
                step=name,
            )
        self.step_names.add(name)
        return name

    def arm_bits(self, arms: Sequence[str]) -> int:
        """Bits of the arms named, all of them if none."""
        return sum(1 << self.arms.index(arm) for arm in (arms or self.arms))

    # ------------------------------------------------------------ steps

    def block(self, steps: Sequence[Step], *, held: tuple[int, ...], number: str) -> None:
        """Compile steps that follow each other; ``held`` are the resources kept around them."""
        for place, step in enumerate(steps):
            if isinstance(step, Wait):
                self.wait(step, steps[place + 1 :], number)
            elif isinstance(step, Visit):
                visit = self.visit(step.visit + number)
                self.visit_step[visit] = self.emit(p.VISIT, visit, name=f"visit {step.visit}{number}")
            elif isinstance(step, Hold):
                name = step.name or f"hold {' and '.join(step.hold)}"
                with_hold = self.seize(name + number, step.hold, step.priority, step.give_up_after, held)
                self.block(step.steps, held=with_hold.held, number=number)
                self.release(with_hold)
            elif isinstance(step, (Repeat, Period)):
                for time in range(1, step.times + 1):
                    self.period = time if isinstance(step, Period) else self.period
                    self.block(step.played(time), held=held, number=f"{number} {time}")
                self.period = 0 if isinstance(step, Period) else self.period
            else:
                self.timed(step, held=held, number=number)

    def wait(self, step: Wait, following: Sequence[Step], number: str) -> None:
        """A wait; it ends the session."""
        rule = step.wait
        slot = -1
        name = step.name or f"wait before {next_name(following)}"
        if rule.lasts is not None or rule.at is not None:
            name = self.unique(name + number, "wait")
        if rule.lasts is not None:
            slot = self.slot(Slot(stream("step/{step}/for", step=name), p.TICKS, distribution=rule.lasts.distribution))
        calendar = self.calendar(rule.until) if rule.until is not None else -1
        moment = -1
        if rule.at is not None and calendar >= 0:
            moment = self.slot(Slot(stream("step/{step}/moment", step=name), p.TICKS, distribution=EVENLY))
        self.emit(p.WAIT, slot, calendar, moment, name=name)
        self.asked = parse_calendar(rule.until) if rule.until is not None else ALWAYS
        self.session += 1

    def visit(self, name: str) -> int:
        """A new visit."""
        if name in self.visits:
            raise ProtocolError(
                f"visit {name!r} happens twice.", code="TS-P002", remedy="Give each visit its own name."
            )
        self.visits.append(name)
        self.visit_session.append(self.session)
        self.visit_step.append(-1)
        return len(self.visits) - 1

    def timed(self, step: Activity | Attempt, *, held: tuple[int, ...], number: str) -> None:
        """An activity or attempt, with the branch for its arms and the resources it needs."""
        base = step.activity if isinstance(step, Activity) else step.attempt
        arms = step.arms or tuple(arm for arm in self.arms if arm == base)
        branch = self.emit(p.ARM, self.arm_bits(arms), -1, name="arm") if arms else -1
        name = self.unique((step.name or base) + number, "activity" if isinstance(step, Activity) else "attempt")
        hold = self.seize(f"staff for {name}", step.needs, step.priority, step.give_up_after, held)
        if isinstance(step, Activity):
            self.activity(step, name, base)
        else:
            self.attempt(step, name, base, number)
        if hold.seize >= 0:
            info = self.holds[hold.hold]
            self.holds[hold.hold] = replace(info, activities=(len(self.activities) - 1,))
        self.release(hold)
        if branch >= 0:
            self.ops[branch][2] = len(self.ops)

    def activity(self, step: Activity, name: str, base: str) -> None:
        """Time used, once, perhaps interrupted."""
        length = self.slot(
            Slot(stream("step/{step}/length", step=name), p.TICKS, distribution=step.lasts.distribution, least=1)
        )
        interruption = self.interruption(step.interrupted, name, length) if step.interrupted else -1
        self.activities.append(self.info(name, base, step.arms, length, tries=1))
        self.emit(p.ACTIVITY, len(self.activities) - 1, length, interruption, name=name)

    def attempt(self, step: Attempt, name: str, base: str, number: str) -> None:
        """Tries until one succeeds or none is left."""
        first = len(self.slots)
        for k in range(step.at_most):
            length, success = (stream(f"step/{{step}}/{part}", step=name) for part in ("length", "success"))
            self.slot(Slot(length, p.TICKS, k=k, distribution=step.lasts.distribution, least=1))
            self.slot(Slot(success, p.FLAG, k=k, chance=step.succeeds.value))
        self.activities.append(self.info(name, base, step.arms, first, tries=step.at_most))
        visit = self.visit(step.visit + number) if step.visit else -1
        place = self.emit(p.ATTEMPT, len(self.activities) - 1, first, step.at_most, visit, name=name)
        if visit >= 0:
            self.visit_step[visit] = place

    def info(self, name: str, base: str, arms: Sequence[str], slot: int, *, tries: int) -> ActivityInfo:
        """The record of an activity; one that lists arms or has the name of an arm belongs to these arms."""
        own = bool(arms) or base in self.arms
        bits = self.arm_bits(arms) if arms or not own else self.arm_bits([base])
        return ActivityInfo(name, base, bits, own, slot, tries, self.session, self.period)

    def interruption(self, what: Interruption, name: str, length: int) -> int:
        """Slots: interrupted or not, when, for how long, and whether the activity ends there."""
        prefix = "step/{step}/interruption"
        first = self.slot(Slot(stream("step/{step}/interrupted", step=name), p.FLAG, chance=what.chance.value))
        self.slot(Slot(stream(f"{prefix} share", step=name), p.SHARE_OF, of=length))
        self.slot(Slot(stream(f"{prefix} length", step=name), p.TICKS, distribution=what.lasts.distribution, least=1))
        self.slot(Slot(stream(f"{prefix} stops", step=name), p.FLAG, chance=what.stopped.value))
        return first

    # ------------------------------------------------------------ resources

    def seize(
        self,
        name: str,
        needs: Sequence[str],
        priority: int,
        give_up_after: Number | Spread | None,
        held: tuple[int, ...],
    ) -> _HeldResources:
        """Ask for what is needed and not yet held; in the order of the file, so that two never wait for each other."""
        wanted = tuple(sorted(self.order.index(need) for need in needs))
        new = tuple(need for need in wanted if need not in held)
        if not new:
            return _HeldResources(-1, -1, held)
        if held and min(new) < max(held):
            early, late = self.order[min(new)], self.order[max(held)]
            raise ProtocolError(
                f"{name!r} asks for {early} while {late} is held: two participants could wait for each other for ever.",
                code="TS-P003",
                remedy=f"Ask for {early} first, or list {late} above {early} under resources.",
                step=name,
            )
        self.check_open_together(name, new)
        patience, slot = self.patience(name, give_up_after)
        self.holds.append(HoldInfo(name, new, priority, patience, (), slot))
        self.asked_during.append(self.asked)
        hold = len(self.holds) - 1
        return _HeldResources(self.emit(p.SEIZE, hold, -1, name=name), hold, (*held, *new), len(self.activities))

    def patience(self, name: str, give_up_after: Number | Spread | None) -> tuple[int, int]:
        """How long somebody waits, -1 for without end, and the slot of a patience that varies."""
        if give_up_after is None:
            return -1, -1
        if isinstance(give_up_after, Number):
            return round(min(give_up_after.value, LONGEST)), -1
        drawn = give_up_after.distribution
        slot = Slot(
            stream("step/{step}/patience", step=self.unique(name, "need for staff")), p.TICKS, distribution=drawn
        )
        return round(min(mean(drawn), LONGEST)), self.slot(slot)

    def check_open_together(self, name: str, needs: Sequence[int]) -> None:
        """Refuse a need that can never be met because its resources are never on duty at the same time."""
        duties = [duty_of(self.resources[self.order[need]]) for need in needs]
        calendars = [duty for duty in duties if not duty.always]
        opens = [start for calendar in calendars for start, _ in calendar.windows]
        if NEVER_OPEN in calendars or (
            opens and not any(all(is_open(one, start, weekday=0) for one in calendars) for start in opens)
        ):
            wanted = " and ".join(self.order[need] for need in needs)
            raise ProtocolError(
                f"{name!r} needs {wanted} together, which are never on duty at the same time.",
                code="TS-P006",
                remedy="Let their hours overlap, outside their breaks.",
                step=name,
            )

    def release(self, hold: _HeldResources) -> None:
        """Release what the hold took; participants who gave up continue after it."""
        if hold.seize < 0:
            return
        info = self.holds[hold.hold]
        inside = tuple(range(hold.first_activity, len(self.activities)))
        self.holds[hold.hold] = replace(info, activities=inside)
        self.emit(p.RELEASE, hold.hold, name=f"end of {info.name}")
        self.ops[hold.seize][2] = len(self.ops)

    def instances(self, sites: tuple[str, ...]) -> list[ResourceInfo]:
        """Every resource at every site."""
        found = []
        for site, site_name in enumerate(sites or ("",)):
            for name, resource in self.resources.items():
                other = resource.other_work
                spell = other.spell.distribution if other else NOTHING
                if not packable(spell):
                    raise ProtocolError(
                        f"spells of other work of {name} cannot be {spell.family}.",
                        code="TS-P004",
                        remedy="Use lognormal, weibull, triangular, uniform or a choice.",
                    )
                full = f"{name}@{site_name}" if sites else name
                found.append(
                    ResourceInfo(
                        name=full,
                        base=name,
                        site=site,
                        shifts=tuple(self._shifts(full, resource)),
                        share=other.share.value if other else 0.0,
                        spell=spell,
                        queue_limit=-1 if resource.queue_limit is None else resource.queue_limit,
                        breaks=-1 if resource.breaks is None else self.calendar(resource.breaks),
                    )
                )
        return found

    def _shifts(self, name: str, resource: Resource) -> Iterator[ShiftInfo]:
        """The shifts of a resource, in the order of the file."""
        first, first_person = 0, 0
        for hours, staff in resource.shifts:
            people = staff.people or staff.units
            own = name if isinstance(resource.units, int) else f"{name} {hours}"
            yield ShiftInfo(own, self._hours(hours, resource), first, staff.units, first_person, people)
            first, first_person = first + staff.units, first_person + people

    def _hours(self, hours: str | None, resource: Resource) -> int:
        """The calendar of a shift; one that never closes but has other work counts each day as a shift."""
        number = self.calendar(hours) if hours is not None else -1
        if number >= 0 or resource.other_work is None:
            return number
        days = Calendar(tuple((day * DAY, (day + 1) * DAY) for day in range(7)), "daily")
        if days not in self.calendars:
            self.calendars.append(days)
        return self.calendars.index(days)

    def patience_warnings(self) -> list[str]:
        """Warnings about needs whose patience ends while staff is off duty, for some of those who ask or for all of them."""
        found = []
        for number, (hold, asked) in enumerate(zip(self.holds, self.asked_during, strict=True)):
            for need in hold.resources:
                duty = duty_of(self.resources[self.order[need]])
                if duty.always or hold.patience < 0:
                    continue
                who = f"{hold.name}: participants who ask while {self.order[need]} is off duty ({duty.text})"
                shortest, longest = _off_duty(duty, asked)
                if shortest > hold.patience and hold.slot < 0:
                    visits = [repr(visit) for visit in self.visits_inside(number)]
                    many = f"visits {' and '.join(visits)} are" if len(visits) > 1 else f"visit {''.join(visits)} is"
                    lost = f"; {many} never reached" if visits else ""
                    found.append(
                        f"{hold.name}: everybody asks while {self.order[need]} is off duty ({duty.text}) and gives up before the "
                        f"next shift{lost}. Make the wait before it end inside the hours, or give more patience."
                    )
                    break
                if longest > hold.patience:
                    found.append(
                        f"{who} may give up before the next shift. Make the wait before it end inside the hours, or give "
                        "more patience."
                    )
                    break
        return found

    def visits_inside(self, hold: int) -> list[str]:
        """Visits that only participants who were served can reach."""
        first = next(place for place, op in enumerate(self.ops) if op[0] == p.SEIZE and op[1] == hold)
        return [
            visit for visit, step in zip(self.visits, self.visit_step, strict=True) if first < step < self.ops[first][2]
        ]


def duty_of(resource: Resource) -> Calendar:
    """When somebody of a resource is on duty, in any of its shifts, and not on a break."""
    hours = united([parse_calendar(hours) if hours is not None else ALWAYS for hours, _ in resource.shifts])
    return without(hours, None if resource.breaks is None else parse_calendar(resource.breaks)) or NEVER_OPEN


def _off_duty(duty: Calendar, asked: Calendar) -> tuple[int, int]:
    """The shortest and the longest time until the next shift [s] for those who ask at an hour of ``asked``."""
    ends = [tick for start, end in asked.windows or ((0, WEEK),) for tick in (start, end - 1)]
    changes = [tick % WEEK for window in duty.windows for tick in window]
    moments = ends + [tick for tick in changes if is_open(asked, tick, weekday=0)]
    waits = [next_open(duty, tick, weekday=0) - tick for tick in moments]
    return min(waits), max(waits)


@dataclass(frozen=True)
class _HeldResources:
    """A hold under way: its seize step, its number, and all resources held inside."""

    seize: int
    hold: int
    held: tuple[int, ...]
    first_activity: int = 0


def next_name(following: Sequence[Step]) -> str:
    """The name of the step after a wait, which names the wait."""
    for step in following:
        if isinstance(step, Visit):
            return step.visit
        if isinstance(step, Activity):
            return step.name or step.activity
        if isinstance(step, Attempt):
            return step.name or step.attempt
        if isinstance(step, Hold):
            return step.name or next_name(step.steps)
        if isinstance(step, Repeat):
            return step.repeat
        if isinstance(step, Period):
            return next_name(step.steps)
    return "the end"


def expected_length(activity: ActivityInfo, program: Program) -> float:
    """Mean length of one try [s]; an activity takes at least one tick."""
    slot = program.slots[activity.slot]
    return max(mean(slot.distribution), float(slot.least))


def expected_between(program: Program, first: int, last: int, arm: int) -> float:
    """Mean length of the waits, activities and first tries of an arm between two steps [s]; nobody waits for staff or hours."""
    waits = [slot for op, slot, *_ in program.ops[first + 1 : last].tolist() if op == p.WAIT and slot >= 0]
    done = [index for op, index, *_ in program.ops[first + 1 : last].tolist() if op in (p.ACTIVITY, p.ATTEMPT)]
    given = [program.activities[index] for index in done if program.activities[index].arms >> arm & 1]
    return sum(mean(program.slots[slot].distribution) for slot in waits) + sum(
        expected_length(activity, program) for activity in given
    )
