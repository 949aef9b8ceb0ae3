"""The steps of a protocol and the resources they need, as frozen records.

A protocol is data: a tuple of steps, each identified by its first key (``wait``, ``visit``, ``activity``,
``attempt``, ``hold``, ``repeat``). :mod:`trialsim.protocol.compile` turns it into an integer step table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from trialsim.errors import TrialsimError
from trialsim.quantities.fields import Count, DurationSpread, Name, Patience, ProvenanceRecord, Record, Share
from trialsim.quantities.refuse import refuse
from trialsim.rules import LATER, QUANTITY, SCHEDULE


def read_calendar(value: object) -> str:
    """Opening hours as text, checked: ``Mon-Fri 08:30-16:30``."""
    from trialsim.protocol.calendar import parse_calendar

    if not isinstance(value, str):
        refuse(
            "TS-E011", "'{value}' is not a calendar.", value=value, remedy="Write it like this: Mon-Fri 08:30-16:30."
        )
    try:
        parse_calendar(value)
    except TrialsimError as error:
        refuse("TS-E017", error.message, remedy=error.remedy)
    return " ".join(value.split())


Calendar = Annotated[
    str, BeforeValidator(read_calendar), WithJsonSchema({"type": "string", "examples": ["Mon-Fri 08:30-16:30"]})
]


class WaitRule(Record):
    """Wait for a time, then until a calendar is open; either may be left out.

    Attributes
    ----------
    for : how long, as a duration that may vary. Example: 3 h
    until : then until these opening hours begin. Example: Mon-Fri 08:30-16:30
    at : when a wait for an opening ends: any time of it; by default when it opens. Example: any time
    """

    lasts: DurationSpread | None = Field(default=None, alias="for")
    until: Calendar | None = None
    at: Annotated[Literal["any time"] | None, LATER] = None


class OtherWork(ProvenanceRecord):
    """What else a resource is busy with: its share of the open hours, in spells of this length.

    Attributes
    ----------
    share : the share of the open hours that other work takes, below 100 %. Example: 60 %
    spell : the length of one spell of it, as a duration that may vary. Example: {mean: 20 min, sd: 10 min}
    """

    share: Share
    spell: DurationSpread


class ShiftStaff(Record):
    """Staff of one shift.

    Attributes
    ----------
    units : how many are at work at once, a whole number. Example: 3
    people : how many persons rotate over the units of this shift, a whole number of at least the units. Example: 8
    """

    units: Count = Field(ge=1, le=1000)
    people: Count | None = Field(default=None, ge=1, le=10_000)


def _bare_or_map(value: object) -> str:
    """Whether units, or a shift, are one number or a map: the tag of the form that is read."""
    return "<map>" if isinstance(value, (Mapping, ShiftStaff)) else "<number>"


UnitCount = Annotated[Count, Field(ge=1, le=1000)]
OneShift = Annotated[
    Annotated[UnitCount, Tag("<number>")] | Annotated[ShiftStaff, Tag("<map>")], Discriminator(_bare_or_map)
]


class Resource(Record):
    """Staff, rooms or machines: ``units`` at work at once, during ``hours``; ``people`` rotate over the units.

    Attributes
    ----------
    units : how many are at work at once, a whole number; or shifts, which may overlap, with the number of each. Example: 2
    people : how many persons rotate over the units, a whole number of at least the units. Example: 12
    hours : the opening hours; always open by default. Example: Mon-Fri 08:30-16:30
    breaks : when nobody is free for anything new, in every shift; who is busy finishes. Example: 12:00-12:30
    other_work : what else it is busy with. Example: {share: 60 %, spell: {mean: 20 min, sd: 10 min}}
    queue_limit : a request that finds this many waiting gives up at once, a whole number. Example: 3
    """

    units: Annotated[
        Annotated[UnitCount, Tag("<number>")] | Annotated[Mapping[Calendar, OneShift], Tag("<map>")],
        Discriminator(_bare_or_map),
    ]
    people: Count | None = Field(default=None, ge=1, le=10_000)
    hours: Calendar | None = None  # None: always
    breaks: Annotated[Calendar | None, LATER] = None
    other_work: OtherWork | None = None
    queue_limit: Count | None = Field(
        default=None, ge=0, le=100_000
    )  # a request gives up at once if this many are waiting

    @property
    def shifts(self) -> tuple[tuple[str | None, ShiftStaff], ...]:
        """Hours and staff of each shift; without a list of shifts there is one, with the hours of the resource."""
        if isinstance(self.units, int):
            return ((self.hours, ShiftStaff(units=self.units, people=self.people)),)
        return tuple(
            (hours, ShiftStaff(units=staff) if isinstance(staff, int) else staff) for hours, staff in self.units.items()
        )

    @property
    def rotates(self) -> bool:
        """Whether people rotate over its units in any shift."""
        return any(staff.people is not None for _, staff in self.shifts)


class Wait(ProvenanceRecord):
    """Nothing happens for a time, then until a calendar is open. A wait ends the session.

    Attributes
    ----------
    wait : how long nothing happens, and until when; a wait ends the session. Example: {for: 1 d, until: Mon-Fri
        08:30-16:30}
    name : a name of this step. Example: washout
    """

    wait: WaitRule
    name: Name | None = None


class Visit(Record):
    """A planned measuring point.

    Attributes
    ----------
    visit : the name of a measuring point. Example: baseline
    """

    visit: Name


class Interruption(ProvenanceRecord):
    """Something breaks in: with a chance, at a uniformly drawn share of the length, for a time.

    Attributes
    ----------
    chance : the chance that something breaks in, below 100 %. Example: 10 %
    for : the length of the interruption, as a duration that may vary. Example: {mean: 5 min, sd: 2 min}
    stopped : the share of interruptions after which the activity ends. Example: 20 %
    """

    chance: Annotated[Share, QUANTITY]
    lasts: DurationSpread = Field(alias="for")
    stopped: Share  # share of the interruptions after which the activity ends


class Activity(ProvenanceRecord):
    """Something that takes time. With ``arms`` it belongs to these arms, as does one that bears an arm's name.

    Attributes
    ----------
    activity : what is done; one that bears an arm's name belongs to this arm. Example: hand massage
    name : a name that distinguishes two equal activities. Example: second massage
    arms : the arms it belongs to; all by default. Example: [massage]
    when : in a design with factors, the levels it belongs to; all by default. Example: {massage: yes}
    lasts : its length, as a duration that may vary. Example: {mean: 15 min, sd: 3 min}
    needs : the resources it asks for, all at once. Example: [nurse]
    priority : the lower number is served first; a whole number from -1000 to 1000. Example: 1
    give_up_after : the longest wait for its resources, a duration that may vary. Example: 60 min
    interrupted : how something may break in. Example: {chance: 10 %, for: 5 min, stopped: 20 %}
    """

    activity: Name
    name: Name | None = None  # distinguishes two equal activities
    arms: tuple[Name, ...] = ()
    when: Annotated[Mapping[Name, Name], LATER] = {}
    lasts: DurationSpread
    needs: tuple[Name, ...] = ()
    priority: Count = Field(default=0, ge=-1000, le=1000)  # the lower number is served first
    give_up_after: Annotated[Patience | None, SCHEDULE] = None
    interrupted: Interruption | None = None


class Attempt(ProvenanceRecord):
    """Something that may fail and is tried again; ``visit`` inside is marked once, at the end of the last.

    Attributes
    ----------
    attempt : what is tried. Example: needle
    name : a name that distinguishes two equal attempts. Example: second needle
    arms : the arms it belongs to; all by default. Example: [massage]
    when : in a design with factors, the levels it belongs to; all by default. Example: {massage: yes}
    lasts : the length of one try, as a duration that may vary. Example: {mean: 3 min, sd: 1 min}
    succeeds : the chance that one try succeeds, above 0 %. Example: 80 %
    at_most : how many tries there are, a whole number. Example: 3
    visit : a visit that is marked at the end of the last try. Example: during
    needs : the resources it asks for, all at once. Example: [nurse]
    priority : the lower number is served first; a whole number from -1000 to 1000. Example: 1
    give_up_after : the longest wait for its resources, a duration that may vary. Example: 60 min
    """

    attempt: Name
    name: Name | None = None
    arms: tuple[Name, ...] = ()
    when: Annotated[Mapping[Name, Name], LATER] = {}
    lasts: DurationSpread
    succeeds: Share
    at_most: Count = Field(ge=1, le=100)
    visit: Name | None = None
    needs: tuple[Name, ...] = ()
    priority: Count = Field(default=0, ge=-1000, le=1000)
    give_up_after: Annotated[Patience | None, SCHEDULE] = None


class Hold(Record):
    """Resources kept for all steps inside. Nobody free within ``give_up_after``: the session is missed.

    Attributes
    ----------
    hold : the resources that are kept for all steps inside. Example: [nurse, room]
    name : a name of this step. Example: session
    priority : the lower number is served first; a whole number from -1000 to 1000. Example: 1
    give_up_after : the longest wait for them, a duration that may vary; then the session is missed. Example: 60 min
    steps : what is done while they are held. Example: [{visit: pre}]
    """

    hold: tuple[Name, ...]
    name: Name | None = None
    priority: Count = Field(default=0, ge=-1000, le=1000)
    give_up_after: Annotated[Patience | None, SCHEDULE] = None
    steps: tuple[Step, ...]


class Repeat(Record):
    """The steps inside, several times: visit ``pre`` becomes ``pre 1``, ``pre 2``, ...

    Attributes
    ----------
    repeat : what is repeated; visits inside get numbers. Example: session
    times : how often, a whole number. Example: 5
    steps : what is done each time. Example: [{visit: pre}]
    """

    repeat: Name
    times: Count = Field(ge=1, le=200)
    steps: tuple[Step, ...]

    def played(self, _time: int) -> tuple[Step, ...]:
        """The steps of one time, which are the same each time."""
        return self.steps


class Period(Record):
    """The steps inside, once in each period of a crossover: visit ``pre`` becomes ``pre 1``, ``pre 2``, ...

    Steps of an arm belong, in each period, to the sequences that have the arm in it.

    Attributes
    ----------
    period : when the steps are done: in each period of a crossover. Example: each
    washout : the time between two periods, a duration that may vary. Example: 7 d
    steps : what is done in each period. Example: [{visit: pre}]
    sequences : the arms of each sequence, period by period; written out from the design. Example: {AB: [music, control]}
    """

    period: Literal["each"]
    washout: Annotated[DurationSpread | None, LATER] = None
    steps: tuple[Step, ...]
    sequences: Annotated[Mapping[Name, tuple[Name, ...]], LATER] = {}

    @property
    def times(self) -> int:
        """How many periods there are."""
        return max((len(order) for order in self.sequences.values()), default=1)

    def played(self, time: int) -> tuple[Step, ...]:
        """The steps of a period, counted from 1; before all but the first comes the washout."""
        return self.inside(time) if time == 1 or self.washout is None else (self.wash(), *self.inside(time))

    def inside(self, time: int) -> tuple[Step, ...]:
        """The steps of a period, each for the sequences that it belongs to there."""
        return tuple(self._in_period(step, time - 1) for step in self.steps)

    def wash(self) -> Wait:
        """The wait between two periods."""
        return Wait(wait=WaitRule.model_construct(lasts=self.washout, until=None, at=None), name=WASHOUT)

    def _in_period(self, step: Step, period: int) -> Step:
        if isinstance(step, (Hold, Repeat)):
            return step.model_copy(update={"steps": tuple(self._in_period(inner, period) for inner in step.steps)})
        if not isinstance(step, (Activity, Attempt)):
            return step
        known = {arm for order in self.sequences.values() for arm in order}
        own = step.arms or tuple({step.activity if isinstance(step, Activity) else step.attempt} & known)
        return step.model_copy(
            update={
                "arms": tuple(
                    name for name, order in self.sequences.items() if period < len(order) and order[period] in own
                )
            }
        )


#: The name of the wait between two periods.
WASHOUT = "washout"

STEP_KEYS = (
    "wait",
    "activity",
    "attempt",
    "hold",
    "period",
    "repeat",
    "visit",
)  # an attempt may hold a visit, so it comes first


def step_kind(value: object) -> str | None:
    """The kind of step of a mapping or record, by the key that names it."""
    if isinstance(value, Mapping):
        return next((key for key in STEP_KEYS if key in value), None)
    return next((key for key in STEP_KEYS if hasattr(value, key)), None)


def called(step: Mapping[str, object]) -> str | None:
    """How a written step is called: by its own name, else by what it does."""
    name = next((step[key] for key in ("name", *STEP_KEYS) if key in step and key not in ("wait", "hold")), None)
    return name if isinstance(name, str) else None


def _tag(value: object) -> str | None:
    """The kind in angle brackets, so that it is never mistaken for a key of the file."""
    kind = step_kind(value)
    return f"<{kind}>" if kind else None


Step = Annotated[
    Annotated[Wait, Tag("<wait>")]
    | Annotated[Visit, Tag("<visit>")]
    | Annotated[Activity, Tag("<activity>")]
    | Annotated[Attempt, Tag("<attempt>")]
    | Annotated[Hold, Tag("<hold>")]
    | Annotated[Repeat, Tag("<repeat>")]
    | Annotated[Period, Tag("<period>")],
    Discriminator(_tag),
]


Hold.model_rebuild()
Repeat.model_rebuild()
Period.model_rebuild()
