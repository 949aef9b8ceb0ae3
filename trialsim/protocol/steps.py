"""The steps of a protocol and the resources they need, as frozen records.

A protocol is data: a tuple of steps, each told by the one key that names it (``wait``, ``visit``, ``activity``,
``attempt``, ``hold``, ``repeat``). :mod:`trialsim.protocol.compile` turns it into an integer step table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

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
    """Wait for a time, then until a calendar is open; either may be left out.

    Whoever has to wait for it to open goes on when it opens, or ``at: any time`` of that opening.
    """

    lasts: DurationSpread | None = Field(default=None, alias="for")
    until: Calendar | None = None
    at: Literal["any time"] | None = None


class OtherWork(Sourced):
    """What else a resource is busy with: its share of the open hours, in spells of this length."""

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
    )  # a request that finds this many waiting gives up at once


class Wait(Sourced):
    """Nothing happens for a time, then until a calendar is open. A wait ends the session."""

    wait: WaitRule
    name: Name | None = None


class Visit(Record):
    """A planned measuring point."""

    visit: Name


class Interrupted(Sourced):
    """Something breaks in: with a chance, at a uniformly drawn share of the length, for a time."""

    chance: Share
    lasts: DurationSpread = Field(alias="for")
    stopped: Share  # share of the interruptions after which the activity ends


class Activity(Sourced):
    """Something that takes time. With ``arms`` it belongs to these arms, as does one that bears an arm's name."""

    activity: Name
    name: Name | None = None  # tells two equal activities apart
    arms: tuple[Name, ...] = ()
    lasts: DurationSpread
    needs: tuple[Name, ...] = ()
    priority: Count = Field(default=0, ge=-1000, le=1000)  # the lower number is served first
    give_up_after: Duration | None = None
    interrupted: Interrupted | None = None


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
    """Resources kept for all steps inside. Nobody free within ``give_up_after``: the session is missed."""

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
    """Which kind of step a mapping or record is, told by the one key that names it."""
    if isinstance(value, Mapping):
        return next((key for key in STEP_KEYS if key in value), None)
    return next((key for key in STEP_KEYS if hasattr(value, key)), None)


def _tag(value: object) -> str | None:
    """The kind in angle brackets, so that a place in a file never mistakes it for a key."""
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
