"""The reference engine: the rules of the ward written with SimPy, for people to read.

Every participant is a SimPy process that walks through the parts of the protocol. SimPy's own resources grant at the
call, which breaks the rule that a grant comes before patience on the same tick; so the ward here has its own queues and a
grant pass. What happens on one tick happens in the order of the ranks: an event is scheduled with priority
``rank x ids + id`` (participants first, then other work).

Ranks: 0 a shift starts or ends, 1 a step or spell ends, 2 leaving, 3 entering, 4 other work asks, 5 grants, 6 patience
runs out.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray
from simpy.events import EventPriority

from trialsim.engine import trace as e
from trialsim.engine.otherwork import Spells
from trialsim.engine.reading import (
    ActivityPart,
    ArmPart,
    AttemptPart,
    HoldPart,
    Part,
    VisitPart,
    WaitPart,
    read_protocol,
)
from trialsim.engine.summarize import summarize
from trialsim.engine.trace import NEVER, EventTrace
from trialsim.protocol.calendar import ALWAYS, Calendar, is_open, moment_open, shift_number, windows_from
from trialsim.protocol.program import Program, ResourceInfo, ShiftInfo
from trialsim.protocol.tapes import Tapes

Ints = NDArray[np.int64]
Walk = Generator[simpy.Event, Any, None]

SHIFT, STEP_ENDS, LEAVING, ENTERING, OTHER_ASKS, GRANTS, PATIENCE = range(7)
AT_ONCE = EventPriority(-1)  # the priority of a process that gets an answer: before everything else on this tick


class ParticipantLeft(Exception):  # noqa: N818  # an event of the ward, no error
    """The participant leaves."""


@dataclass
class Request:
    """A request for resources: who asked, when, in which order. ``participant`` is None for other work of a shift."""

    priority: int
    tick: int
    rank: int
    participant: int | None
    stations: tuple[Station, ...]
    hold: int = -1
    length: int = 0  # of a spell of other work
    answer: simpy.Event | None = None
    units: dict[str, int] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, int, int, int]:
        """The order in a queue."""
        return self.priority, self.tick, self.rank, NEVER if self.participant is None else self.participant


@dataclass
class Crew:
    """The staff of one shift of a resource: who has which unit, the opening it is in, and its other work."""

    info: ShiftInfo
    calendar: Calendar
    weekday: int
    spells: Spells | None
    units: list[Request | None]
    breaks: Calendar | None = None
    seen: int = -NEVER  # when other work was last looked at
    asked: list[Request] = field(default_factory=list)  # other work that waits, in order
    opening: tuple[int, int] = (-NEVER, -NEVER)  # opens and closes; the one that comes next while it is closed
    other_ends: dict[int, int] = field(default_factory=dict)  # unit -> tick at which its spell ends
    coming: Request | None = None  # the next request of other work in this opening
    worked: list[tuple[int, int, int]] = field(default_factory=list)  # spells of other work: unit, begin, end

    def find_opening(self, tick: int) -> None:
        """Move on to the opening that is on at ``tick`` or comes next; it starts without other work."""
        if tick < self.opening[1]:
            return
        if self.calendar.always:
            self.opening = (-NEVER, NEVER)
            return
        self.opening = next(windows_from(self.calendar, tick, weekday=self.weekday))
        self.asked.clear()
        for unit in self.other_ends:
            self.units[unit] = None
        self.other_ends.clear()
        if self.spells is not None:
            self.spells.begin(self.number(), opens=self.opening[0])
            self.next_spell()

    def number(self) -> int:
        """Openings are numbered in order from the week of tick 0."""
        return shift_number(self.calendar, self.opening[0], self.weekday)

    def next_spell(self) -> None:
        """The next request of other work, if it comes before the shift ends."""
        assert self.spells is not None
        tick, length = self.spells.draw()
        self.coming = Request(0, tick, OTHER_ASKS, None, (), length=length) if tick < self.opening[1] else None

    def is_open(self, tick: int) -> bool:
        """Whether units may be given at ``tick``."""
        return self.opening[0] <= tick < self.opening[1] and not self.on_break(tick)

    def on_break(self, tick: int) -> bool:
        """Whether it has a break at ``tick``: nothing is given, everything else goes on."""
        return self.breaks is not None and is_open(self.breaks, tick, weekday=self.weekday)

    def break_ends(self, tick: int) -> int:
        """When the break ends that is on at ``tick`` or comes next."""
        return NEVER if self.breaks is None else next(windows_from(self.breaks, tick, weekday=self.weekday))[1]

    def next_break_change(self, tick: int) -> int:
        """When a break starts or ends next."""
        if self.breaks is None:
            return NEVER
        starts, ends = next(windows_from(self.breaks, tick, weekday=self.weekday))
        return starts if starts > tick else ends

    def free_unit(self) -> int | None:
        """The lowest free unit."""
        return next((unit for unit, holder in enumerate(self.units) if holder is None), None)

    def can_give(self, tick: int) -> bool:
        """Whether a unit is on duty and free."""
        return self.is_open(tick) and self.free_unit() is not None

    # ------------------------------------------------------------ other work

    def next_change(self) -> int:
        """When other work asks or a spell ends next, or a break ends after which other work can begin."""
        asks = self.coming.tick if self.coming is not None else NEVER
        return min([asks, *self.other_ends.values(), self.break_ends(self.seen) if self.asked else NEVER])

    def change(self, tick: int) -> None:
        """Spells end at ``tick``, and other work asks."""
        self.seen = tick
        for unit in [unit for unit, end in self.other_ends.items() if end <= tick]:
            del self.other_ends[unit]
            self.units[unit] = None
        while self.coming is not None and self.coming.tick <= tick:
            self.asked.append(self.coming)
            self.next_spell()

    def begin_spell(self, tick: int) -> None:
        """The lowest free unit starts the other work that asked first, at most until the shift ends."""
        request, unit = self.asked.pop(0), self.free_unit()
        assert unit is not None
        self.units[unit] = request
        self.other_ends[unit] = min(tick + request.length, self.opening[1])
        self.worked.append((self.info.first + unit, tick, self.other_ends[unit]))

    def catch_up(self, tick: int) -> None:
        """Simulate other work, which has the shift to itself, until just before ``tick``."""
        while self.next_change() < tick:
            now = self.next_change()
            self.change(now)
            while self.asked and self.can_give(now):
                self.begin_spell(now)


@dataclass
class Station:
    """A resource at a site: its shifts, and the participants who wait for it."""

    number: int
    info: ResourceInfo
    crews: list[Crew]
    queue: list[Request] = field(default_factory=list)
    version: int = 0  # the schedule of other work that counts
    touched: int = -1  # when a participant was last here

    def study(self, tick: int) -> bool:
        """Whether a participant waits here or holds a unit, or did so on this tick."""
        holders = [holder for crew in self.crews for holder in crew.units if holder is not None]
        return self.touched == tick or any(request.participant is not None for request in [*self.queue, *holders])

    def find_openings(self, tick: int) -> None:
        """Move every shift on to the opening that is on at ``tick`` or comes next."""
        for crew in self.crews:
            crew.find_opening(tick)

    def join(self, request: Request) -> None:
        """Take a place in the queue."""
        self.queue.append(request)
        self.queue.sort(key=lambda waiting: waiting.key)

    def other_work_first(self, crew: Crew, request: Request | None) -> bool:
        """Whether other work of a shift goes before a participant's request (or there is none)."""
        return bool(crew.asked) and (request is None or crew.asked[0].key < request.key)

    def crew_for(self, request: Request, tick: int) -> Crew | None:
        """The shift that gives a unit: of those that can, the one that began first."""
        able = [crew for crew in self.crews if crew.can_give(tick) and not self.other_work_first(crew, request)]
        return min(able, key=lambda crew: crew.opening[0], default=None)

    def give_back(self, unit: int) -> None:
        """A unit, by its number in the resource, is free."""
        crew = next(crew for crew in self.crews if crew.info.first <= unit < crew.info.first + crew.info.units)
        crew.units[unit - crew.info.first] = None


@dataclass
class Person:
    """A participant on the way through the protocol."""

    number: int
    arm: int
    site: int
    leave: int
    leave_reason: int
    tape: Ints
    step: int = 0


class Ward:
    """One replicate."""

    def __init__(self, program: Program, people: list[tuple[int, Person]], *, seed: int, replicate: int) -> None:
        self.program = program
        self.env = simpy.Environment(initial_time=0)
        self.parts = read_protocol(program)
        self.followed = {number for group in program.serving for number in group}
        self.ids = max((person.number for _, person in people), default=0) + 2 + len(program.resources)
        self.rank = 0
        self.pass_due = False
        self.events: list[tuple[int, int, int, int, int, int]] = []
        self.given: list[tuple[int, int, int, int]] = []  # tick, participant, resource and unit of each unit that came
        self.stations = [
            Station(
                number=number,
                info=info,
                crews=[
                    Crew(
                        info=shift,
                        calendar=ALWAYS if shift.calendar < 0 else program.calendars[shift.calendar],
                        weekday=program.weekday,
                        spells=Spells(info, shift, seed=seed, replicate=replicate) if info.share > 0 else None,
                        units=[None] * shift.units,
                        breaks=None if info.breaks < 0 else program.calendars[info.breaks],
                    )
                    for shift in info.shifts
                ],
            )
            for number, info in enumerate(program.resources)
        ]
        for entry, person in people:
            self.at(entry, ENTERING, person.number, partial(self.enter, person))

    def play(self, until: int | None = None) -> Ints:
        """Run until nothing is left to happen, or to a tick; events (E, 6)."""
        self.env.run(until)
        return np.array(self.events, dtype=np.int64).reshape(-1, 6)

    # ------------------------------------------------------------ the dispatcher

    @property
    def now(self) -> int:
        """The current tick."""
        return int(self.env.now)

    def at(self, tick: int, rank: int, identity: int, action: Callable[[], None] | None = None) -> simpy.Event:
        """An event at a tick; the rank and the id decide among the events of one tick."""
        event = simpy.Event(self.env)
        event._ok, event._value = True, None  # triggered now, to happen then
        assert event.callbacks is not None

        def happen(_: simpy.Event) -> None:
            self.rank = rank
            if action is not None:
                action()

        event.callbacks.append(happen)
        self.env.schedule(event, priority=EventPriority(rank * self.ids + identity), delay=tick - self.now)
        return event

    def tell(self, answer: simpy.Event, what: str) -> None:
        """Let the process that waits for an answer continue at once."""
        answer._ok, answer._value = True, what
        self.env.schedule(answer, priority=AT_ONCE)

    def record(self, kind: int, person: Person, *, value: int = 0, unit: int = -1, step: int | None = None) -> None:
        """Record an event."""
        self.events.append((self.now, kind, person.number, person.step if step is None else step, value, unit))

    # ------------------------------------------------------------ the pathway

    def enter(self, person: Person) -> None:
        """Consent: the participant starts on the protocol, at once."""
        self.record(e.ENTER, person, value=person.arm, unit=person.site)
        person.leave = max(person.leave, self.now)
        self.env.process(self.pathway(person))

    def pathway(self, person: Person) -> Walk:
        """All that happens to a participant."""
        try:
            yield from self.walk(self.parts, person)
            person.step = len(self.program.ops) - 1
            self.record(e.COMPLETE, person)
        except ParticipantLeft:
            self.record(e.LEAVE, person, value=person.leave_reason)

    def walk(self, parts: tuple[Part, ...], person: Person) -> Walk:
        """One part after the other."""
        for part in parts:
            if isinstance(part, ArmPart):
                if person.arm in part.arms:
                    yield from self.walk(part.inside, person)
                continue
            person.step = part.step
            if isinstance(part, VisitPart):
                self.record(e.VISIT, person, value=part.visit)
            elif isinstance(part, WaitPart):
                yield from self.wait(part, person)
            elif isinstance(part, ActivityPart):
                yield from self.activity(part, person)
            elif isinstance(part, AttemptPart):
                yield from self.attempt(part, person)
            else:
                yield from self.hold(part, person)

    def until(self, tick: int, person: Person) -> Walk:
        """Time passes; a participant who leaves before ``tick`` does not reach it."""
        if tick <= person.leave:
            yield self.at(tick, STEP_ENDS, person.number)
            return
        yield self.at(person.leave, LEAVING, person.number)
        raise ParticipantLeft

    def wait(self, part: WaitPart, person: Person) -> Walk:
        """For a time, then until a calendar is open."""
        ready = self.now + (0 if part.slot is None else int(person.tape[part.slot]))
        moment = 0 if part.moment is None else int(person.tape[part.moment])
        ready = moment_open(part.until, ready, moment, weekday=self.program.weekday)
        self.record(e.WAITS, person, value=ready - self.now)
        if ready > self.now:
            yield from self.until(ready, person)

    def activity(self, part: ActivityPart, person: Person) -> Walk:
        """Takes its length, unless it is interrupted."""
        length = int(person.tape[part.length])
        self.record(e.START, person, value=length)
        rest = length
        if part.interruption is not None:
            _, moment, pause, stops = (int(person.tape[slot]) for slot in part.interruption)
            if moment > 0:
                yield from self.until(self.now + moment, person)
                self.record(e.PAUSE, person, value=moment)
                if stops:
                    self.record(e.END, person, value=moment)
                    return
                yield from self.until(self.now + pause, person)
                self.record(e.RESUME, person)
                rest = length - moment
        if rest > 0:
            yield from self.until(self.now + rest, person)
        self.record(e.END, person, value=length)

    def attempt(self, part: AttemptPart, person: Person) -> Walk:
        """Try until it succeeds or no try is left; the visit is at the end of the last."""
        success = 0
        for number, (slot, outcome) in enumerate(part.tries):
            length = int(person.tape[slot])
            self.record(e.START, person, value=length)
            yield from self.until(self.now + length, person)
            success = int(person.tape[outcome])
            self.record(e.TRIED, person, value=success, unit=number)
            if success:
                break
        if not success:
            self.record(e.FAILED, person, value=len(part.tries))
        if part.visit is not None:
            self.record(e.VISIT, person, value=part.visit)

    # ------------------------------------------------------------ holding

    def hold(self, part: HoldPart, person: Person) -> Walk:
        """Ask, wait, keep during the parts inside, release; or give up and continue after it."""
        self.record(e.REQUEST, person, value=part.hold)
        base = person.site * self.program.resources_per_site
        stations = tuple(self.stations[base + number] for number in part.resources)
        request = Request(part.priority, self.now, self.rank, person.number, stations, hold=part.hold)
        request.answer = simpy.Event(self.env)
        self.ask(request)
        if person.leave < NEVER:
            self.at(person.leave, LEAVING, person.number, lambda: self.withdraw(request, "leaves"))
        longest = part.patience if part.drawn_patience is None else int(person.tape[part.drawn_patience])
        if longest is not None:
            self.at(self.now + longest, PATIENCE, person.number, lambda: self.withdraw(request, "gives up"))
        answer = yield request.answer
        if answer == "leaves":
            raise ParticipantLeft
        if answer != "granted":
            self.record(e.GIVE_UP if answer == "gives up" else e.TURNED_AWAY, person, value=part.hold)
            return
        unit = request.units[stations[0].info.name]
        self.record(e.GRANT, person, value=part.hold, unit=unit)
        for number, station in zip(part.resources, stations, strict=True):
            if number in self.followed:
                self.record(e.SERVED, person, value=station.number, unit=request.units[station.info.name])
        try:
            yield from self.walk(part.inside, person)
            self.record(e.RELEASE, person, value=part.hold, unit=unit, step=part.end)
        finally:
            self.give_back(request)

    def ask(self, request: Request) -> None:
        """Join every queue."""
        for station in request.stations:
            self.wake(station)
            station.join(request)
            self.follow(station)
        self.look()

    def withdraw(self, request: Request, why: str) -> None:
        """Leave every queue, if still waiting."""
        if request not in request.stations[0].queue:
            return
        for station in request.stations:
            station.queue.remove(request)
            station.touched = self.now
        assert request.answer is not None
        self.tell(request.answer, why)
        self.look()

    def give_back(self, request: Request) -> None:
        """Free the units."""
        for station in request.stations:
            station.give_back(request.units[station.info.name])
            station.touched = self.now
        self.look()

    # ------------------------------------------------------------ granting

    def look(self) -> None:
        """A grant pass is due on this tick."""
        if not self.pass_due:
            self.pass_due = True
            self.at(self.now, GRANTS, 0, self.grant)

    def grant(self) -> None:
        """Grant the first request that can be granted, station by station; then look again."""
        self.pass_due = False
        while True:
            for station in self.stations:
                if not station.study(self.now):
                    continue
                station.find_openings(self.now)
                first = station.queue[0] if station.queue else None
                busy = next(
                    (c for c in station.crews if station.other_work_first(c, first) and c.can_give(self.now)), None
                )
                if busy is not None:
                    busy.begin_spell(self.now)
                    self.follow(station)
                    break
                if first is not None and self.can_be_granted(first):
                    self.give(first)
                    self.look()
                    return
            else:
                self.turn_away()
                return

    def turn_away(self) -> None:
        """Nothing is left to grant: those who asked last and find the queue full go away (other work is not counted)."""
        for station in self.stations:
            if 0 <= station.info.queue_limit < len(station.queue):
                latest = max(station.queue, key=lambda request: (request.tick, request.rank, request.participant))
                self.withdraw(latest, "is turned away")
                return

    def can_be_granted(self, request: Request) -> bool:
        """Whether it is first in each of its queues, with a free unit at each station, none of them closed."""
        for station in request.stations:
            station.find_openings(self.now)
        return all(
            station.queue[0] is request and station.crew_for(request, self.now) is not None
            for station in request.stations
        )

    def give(self, request: Request) -> None:
        """Hand over the lowest free unit of each."""
        for station in request.stations:
            crew = station.crew_for(request, self.now)
            assert crew is not None
            free = crew.free_unit()
            assert free is not None
            assert request.participant is not None
            station.queue.remove(request)
            crew.units[free] = request
            unit = request.units[station.info.name] = crew.info.first + free
            self.given.append((self.now, request.participant, station.number, unit))
        assert request.answer is not None
        self.tell(request.answer, "granted")

    # ------------------------------------------------------------ shifts and other work

    def wake(self, station: Station) -> None:
        """Before the study asks: bring an idle station up to this tick."""
        if not station.study(self.now):
            station.find_openings(self.now)
            for crew in station.crews:
                crew.catch_up(self.now)

    def follow(self, station: Station) -> None:
        """Schedule the next change of a station: a shift starts or ends, other work asks, a spell ends."""
        station.version += 1
        version = station.version
        shift = min(opens if opens > self.now else closes for opens, closes in (crew.opening for crew in station.crews))
        shift = min(shift, station.crews[0].next_break_change(self.now))
        identity = self.ids - 1 - len(self.stations) + station.number

        def happen() -> None:
            if version != station.version or not station.study(self.now):
                return
            station.find_openings(self.now)
            for crew in station.crews:
                crew.change(self.now)
            self.look()
            self.follow(station)

        change = max(min(crew.next_change() for crew in station.crews), self.now)
        if min(change, shift) < NEVER:
            ends = [end for crew in station.crews for end in crew.other_ends.values()]
            asks = change < shift and not any(end <= change for end in ends)
            rank = OTHER_ASKS if asks else STEP_ENDS
            self.at(min(change, shift), SHIFT if shift <= change else rank, identity, happen)


def play_reference(
    program: Program, entries: Any, tapes: Tapes, *, seed: int, replicates: range, record: bool = False
) -> EventTrace:
    """Simulate a protocol with the reference engine; see :func:`trialsim.engine.play`."""
    wards = [
        Ward(program, people_of(entries, tapes, row), seed=seed, replicate=replicate)
        for row, replicate in enumerate(replicates)
    ]
    logs = [ward.play() for ward in wards]
    trace = summarize(logs, program, participants=entries.entry.shape[1], given=[ward.given for ward in wards])
    return trace if record else EventTrace(**{**vars(trace), "events": ()})


def people_of(entries: Any, tapes: Tapes, row: int) -> list[tuple[int, Person]]:
    """The participants of one replicate with their time of entry."""
    return [
        (
            int(entries.entry[row, n]),
            Person(
                number=n,
                arm=int(entries.arm[row, n]),
                site=int(entries.site[row, n]),
                leave=int(entries.leave[row, n]),
                leave_reason=int(entries.leave_reason[row, n]),
                tape=tapes[row, n],
            ),
        )
        for n in range(entries.entry.shape[1])
        if entries.entry[row, n] >= 0
    ]


def other_work(
    program: Program, entries: Any, tapes: Tapes, *, seed: int, replicate: int, begin: int, end: int
) -> list[tuple[int, int, int, int]]:
    """Other work of staff in one replicate between two ticks: (resource, unit, begin, end) of each spell.

    The engines skip other work that no participant meets; here it is simulated to the end of every shift. ``entries`` and
    ``tapes`` are those of this replicate alone.
    """
    ward = Ward(program, people_of(entries, tapes, 0), seed=seed, replicate=replicate)
    for station in ward.stations:
        for crew in station.crews:
            ends = [end]
            if not crew.calendar.always:
                windows = takewhile(
                    lambda shift: shift[0] < end, windows_from(crew.calendar, begin, weekday=program.weekday)
                )
                ends = [closes - 1 for _, closes in windows]
            for tick in ends:
                ward.at(tick, OTHER_ASKS, station.number, partial(ward.wake, station))
    ward.play()
    found = [(station.number, *spell) for station in ward.stations for crew in station.crews for spell in crew.worked]
    return [spell for spell in found if spell[2] < end and spell[3] > begin]
