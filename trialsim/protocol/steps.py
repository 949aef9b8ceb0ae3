"""The steps of a protocol and the resources they need, as frozen records.

A protocol is data: a tuple of steps, each identified by its first key (``wait``, ``visit``, ``activity``,
``attempt``, ``hold``, ``repeat``). :mod:`trialsim.protocol.compile` turns it into an integer step table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from trialsim.errors import TrialsimError
from trialsim.quantities.fields import Count, Duration, DurationSpread, Name, Record, Share, Sourced
from trialsim.quantities.refuse import refuse


def read_calendar(value: object) -> str:
    """Opening hours as text, checked: ``Mon-Fri 08:30-16:30``."""
    from trialsim.protocol.calendar import parse_calendar

    if not isinstance(value, str):
        refuse("TS-E011", f"'{value}' is not a calendar.", remedy="Write it like this: Mon-Fri 08:30-16:30.")
    try:
        parse_calendar(value)
    except TrialsimError as error:
        refuse("TS-E017", error.message, remedy=error.remedy)
    return " ".join(value.split())


Calendar = Annotated[
    str, BeforeValidator(read_calendar), WithJsonSchema({"type": "string", "examples": ["Mon-Fri 08:30-16:30"]})
]


class WaitRule(Record):
    """Wait for a time, then until a calendar is open; either may be left out."""

    lasts: DurationSpread | None = Field(default=None, alias="for")
    until: Calendar | None = None


class OtherWork(Sourced):
    """Other work of a resource: its share of the open hours, in spells of this length."""

    share: Share
    spell: DurationSpread


class Resource(Record):
    """Staff, rooms or machines: ``units`` at work at once, during ``hours``; ``people`` rotate over the units."""

    units: Count = Field(ge=1, le=1000)
    people: Count | None = Field(default=None, ge=1, le=10_000)
    hours: Calendar | None = None  # None: always
    other_work: OtherWork | None = None
    queue_limit: Count | None = Field(
        default=None, ge=0, le=100_000
    )  # a request gives up at once if this many are waiting


class Wait(Sourced):
    """Nothing happens for a time, then until a calendar is open. A wait ends the session."""

    wait: WaitRule
    name: Name | None = None


class Visit(Record):
    """A planned measuring point."""

    visit: Name


class Interruption(Sourced):
    """An interruption: with a chance, at a uniformly drawn share of the length, for a time."""

    chance: Share
    lasts: DurationSpread = Field(alias="for")
    stopped: Share  # share of the interruptions after which the activity ends


class Activity(Sourced):
    """Something that takes time. It belongs to the arms in ``arms``, or to the arm whose name it has."""

    activity: Name
    name: Name | None = None  # distinguishes two equal activities
    arms: tuple[Name, ...] = ()
    lasts: DurationSpread
    needs: tuple[Name, ...] = ()
    priority: Count = Field(default=0, ge=-1000, le=1000)  # the lower number is served first
    give_up_after: Duration | None = None
    interrupted: Interruption | None = None


class Attempt(Sourced):
    """Something that may fail and is tried again; ``visit`` inside is marked once, at the end of the last."""

    attempt: Name
    name: Name | None = None
    arms: tuple[Name, ...] = ()
    lasts: DurationSpread
    succeeds: Share
    at_most: Count = Field(ge=1, le=100)
    visit: Name | None = None
    needs: tuple[Name, ...] = ()
    priority: Count = Field(default=0, ge=-1000, le=1000)
    give_up_after: Duration | None = None


class Hold(Record):
    """Resources kept for all steps inside. If nobody is free within ``give_up_after``, the session is missed."""

    hold: tuple[Name, ...]
    name: Name | None = None
    priority: Count = Field(default=0, ge=-1000, le=1000)
    give_up_after: Duration | None = None
    steps: tuple[Step, ...]


class Repeat(Record):
    """The steps inside, several times: visit ``pre`` becomes ``pre 1``, ``pre 2``, ..."""

    repeat: Name
    times: Count = Field(ge=1, le=200)
    steps: tuple[Step, ...]


STEP_KEYS = ("wait", "activity", "attempt", "hold", "repeat", "visit")  # an attempt may hold a visit, so it comes first


def step_kind(value: object) -> str | None:
    """The kind of step of a mapping or record, by the key that names it."""
    if isinstance(value, Mapping):
        return next((key for key in STEP_KEYS if key in value), None)
    return next((key for key in STEP_KEYS if hasattr(value, key)), None)


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
    | Annotated[Repeat, Tag("<repeat>")],
    Discriminator(_tag),
]


Hold.model_rebuild()
Repeat.model_rebuild()
