"""The integer step table that both engines run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trialsim.numbers.distributions import Distribution
from trialsim.protocol.calendar import ALWAYS, Calendar, without
from trialsim.protocol.practitioners import NOBODY, Practitioners
from trialsim.protocol.steps import Step

Ints = NDArray[np.int64]

# Operations: the first column of ``Program.ops``; the further columns are named behind each.
END = 0
WAIT = 1  # length slot or -1, calendar or -1, slot of the moment in an opening or -1
SEIZE = 2  # hold, step after the block (where one goes on after giving up)
RELEASE = 3  # hold
VISIT = 4  # visit
ACTIVITY = 5  # activity, length slot, first interruption slot or -1
ATTEMPT = 6  # activity, first slot (length and success of each try), at most, visit or -1
ARM = 7  # bits of the arms that go on, step where the others go on

OP_NAMES = ("end", "wait", "seize", "release", "visit", "activity", "attempt", "arm")
COLUMNS = 5

# What a slot of the tapes holds.
TICKS = 0  # a length, at least ``least`` ticks
FLAG = 1  # 1 with a chance, else 0
SHARE_OF = 2  # a uniform share of the length in slot ``of``, if the flag before it is 1; else 0


#: What a slot without a distribution has.
NOTHING = Distribution("fixed", (0.0,))


#: No length and no patience is longer than a century; the ticks of a pathway then fit the engine's keys.
LONGEST = 36_525 * 86_400


@dataclass(frozen=True)
class Slot:
    """One drawn integer of a participant: its stream, and what it is."""

    stream: str
    kind: int
    k: int = 0
    distribution: Distribution = NOTHING
    chance: float = 0.0
    of: int = -1
    least: int = 0


@dataclass(frozen=True)
class ActivityInfo:
    """An activity or attempt. ``base`` is the name in the file, without the number of the repeat."""

    name: str
    base: str
    arms: int  # bits of the arms that have it
    own: bool  # whether it belongs to these arms as their treatment
    slot: int  # of its length (of the first try)
    tries: int  # 1 for an activity
    session: int
    period: int = 0  # of a crossover, counted from 1; 0 outside


@dataclass(frozen=True)
class HoldInfo:
    """A need for one or more resources, named by ``resources`` in their file order."""

    name: str
    resources: tuple[int, ...]
    priority: int
    patience: int  # ticks, -1 without end; the mean of one that varies
    activities: tuple[int, ...]  # activities inside
    slot: int = -1  # of a patience that varies


@dataclass(frozen=True)
class ShiftInfo:
    """Staff of one shift of a resource. Units and people of a resource are numbered through all of its shifts.

    Attributes
    ----------
    name : of its draws: that of the resource, with the hours of the shift if there are several
    calendar : -1 when it never closes
    first, units : the number of its first unit, and how many units it has
    first_person, people : the same of those who rotate over the units; by default one for each unit
    """

    name: str
    calendar: int
    first: int
    units: int
    first_person: int
    people: int


@dataclass(frozen=True)
class ResourceInfo:
    """A resource of one site, with its shifts."""

    name: str  # with "@site" where there are several sites
    base: str
    site: int
    shifts: tuple[ShiftInfo, ...]
    share: float  # of other work, 0 for none
    spell: Distribution
    queue_limit: int  # -1 without limit
    breaks: int = -1  # the calendar of breaks, -1 for none

    @property
    def units(self) -> int:
        """Units of all shifts."""
        return sum(shift.units for shift in self.shifts)

    @property
    def people(self) -> int:
        """People of all shifts."""
        return sum(shift.people for shift in self.shifts)

    @property
    def always(self) -> bool:
        """Whether it never closes."""
        return any(shift.calendar < 0 for shift in self.shifts)

    def shift_of(self, unit: int) -> ShiftInfo:
        """The shift to which a unit belongs."""
        return next(shift for shift in reversed(self.shifts) if shift.first <= unit)


@dataclass(frozen=True)
class Program:
    """A protocol, compiled.

    Attributes
    ----------
    ops : (S, 5) int64 operation and its columns
    arm_bits : what the arms' bits mean: arm i has bit i
    visit_session, visit_step : (V,) number of the session a visit lies in, and its step
    names : of each step, for messages
    """

    ops: Ints
    names: tuple[str, ...]
    slots: tuple[Slot, ...]
    visits: tuple[str, ...]
    visit_session: tuple[int, ...]
    visit_step: tuple[int, ...]
    activities: tuple[ActivityInfo, ...]
    holds: tuple[HoldInfo, ...]
    resources: tuple[ResourceInfo, ...]  # site by site, in file order within a site
    resources_per_site: int
    sites: tuple[str, ...]
    arms: tuple[str, ...]
    calendars: tuple[Calendar, ...]
    weekday: int
    protocol: tuple[Step, ...]  # as written, for the reference engine
    warnings: tuple[str, ...] = field(default=())
    practitioners: Practitioners = NOBODY

    def at_work(self, resource: ResourceInfo, shift: ShiftInfo) -> tuple[tuple[int, int], ...]:
        """When the staff of a shift can take something new, in seconds of the week; nothing where that is always."""
        hours = ALWAYS if shift.calendar < 0 else self.calendars[shift.calendar]
        left = without(hours, None if resource.breaks < 0 else self.calendars[resource.breaks])
        return left.windows if left is not None else ((0, 0),)

    @property
    def patience_varies(self) -> bool:
        """Whether any patience is drawn; a trace then says when it ran out."""
        return any(hold.slot >= 0 for hold in self.holds)

    @property
    def serving(self) -> tuple[tuple[int, ...], ...]:
        """The resources of each group of practitioners, by their numbers within a site."""
        bases = [resource.base for resource in self.resources[: self.resources_per_site]]
        return tuple(tuple(bases.index(name) for name in group) for group in self.practitioners.groups)
