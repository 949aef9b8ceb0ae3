"""What a protocol holds, read in order: visits and their sessions, activities, attempts, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Step, Visit, Wait
from trialsim.scenario.text import Path


@dataclass(frozen=True)
class VisitPoint:
    """A planned visit: its full name (``pre 2``), the name it is written under, its session, its place."""

    name: str
    base: str
    session: int
    path: Path
    arms_differ: bool  # an arm-specific step comes before it
    period: int = 0  # of a crossover, counted from 1; 0 outside
    within: str = ""  # the numbers that repeats inside the period give it


@dataclass
class Outline:
    """The parts of a protocol by name; without a ward, only the declared visits."""

    visits: dict[str, VisitPoint] = field(default_factory=dict)
    activities: dict[str, tuple[Activity | Attempt, Path]] = field(default_factory=dict)  # by activity name
    played: list[tuple[Activity | Attempt, Path]] = field(default_factory=list)  # every activity and attempt
    own: dict[str, set[str]] = field(default_factory=dict)  # arm -> its own activities
    asked: list[tuple[str, Path]] = field(default_factory=list)  # resources asked for, with the place
    empty_holds: list[Path] = field(default_factory=list)
    twice: list[tuple[str, Path]] = field(default_factory=list)  # visits marked twice under one name

    @property
    def attempts(self) -> list[str]:
        """Names of what may fail."""
        return [name for name, (step, _) in self.activities.items() if isinstance(step, Attempt)]

    def expand(self, name: str) -> tuple[str, ...]:
        """The full names that a written visit name means; empty if there is none."""
        if name in self.visits:
            return (name,)
        return tuple(point.name for point in self.visits.values() if point.base == name)

    def names_of_steps(self) -> list[tuple[str, Path]]:
        """Names under which messages speak of activities and attempts."""
        bases = [
            (step.activity if isinstance(step, Activity) else step.attempt, step, path) for step, path in self.played
        ]
        return [(prefix + (step.name or base), path) for base, step, path in bases for prefix in ("", "staff for ")]

    @cached_property
    def names(self) -> Mapping[str, None]:
        """Every name of a visit that may be written, in order; found once, when all visits are known."""
        return dict.fromkeys([*self.visits, *(point.base for point in self.visits.values())])


MOST_STEPS = 20_000


def unrolled(steps: tuple[Step, ...]) -> int:
    """The number of steps once repeats are written out."""
    total = 0
    for step in steps:
        inner = unrolled(step.steps) if isinstance(step, (Hold, Repeat, Period)) else 0
        total += 1 + (inner + isinstance(step, Period)) * (step.times if isinstance(step, (Repeat, Period)) else 1)
    return total


def outline(
    steps: tuple[Step, ...], visits: Mapping[str, object], arms: Mapping[str, str], *, periods: int = 0
) -> Outline:
    """Read a protocol, or the declared visits of a study without a ward (each is a session of its own).

    With ``periods``, a declared visit ends in the number of its period.
    """
    found = Outline(own={arm: set() for arm in arms})
    for number, name in enumerate(visits):
        plain, period = _in_period(name, periods)
        found.visits[name] = VisitPoint(name, plain, number, ("visits", name), arms_differ=True, period=period)
    session = 0
    differ = False
    for step, path, suffix, period in _walk(steps, ("protocol",), ""):
        if isinstance(step, Wait):
            session += 1
        if isinstance(step, (Hold, Activity, Attempt)):
            names, key = (step.hold, "hold") if isinstance(step, Hold) else (step.needs, "needs")
            found.asked += [(name, (*path, key, i)) for i, name in enumerate(names)]
        if isinstance(step, Hold) and not step.hold:
            found.empty_holds.append(path)
        if isinstance(step, (Activity, Attempt)):
            name = step.activity if isinstance(step, Activity) else step.attempt
            found.activities.setdefault(name, (step, path))
            found.played.append((step, path))
            owners = set(step.arms) or ({name} & set(arms))
            for arm in owners & set(arms):
                found.own[arm].add(name)
            differ = differ or bool(owners)
        base = step.visit if isinstance(step, (Visit, Attempt)) else None
        if base is not None:
            full = base + suffix
            if full in found.visits:
                found.twice.append((full, (*path, "visit")))
            within = suffix.removeprefix(f" {period}") if period else ""
            found.visits[full] = VisitPoint(full, base, session, (*path, "visit"), differ, period, within)
    return found


def _in_period(name: str, periods: int) -> tuple[str, int]:
    """The name of a visit without the number of its period, and that number; 0 where it has none."""
    base, _, number = name.rpartition(" ")
    if base and number.isdecimal() and 1 <= int(number) <= periods:
        return base, int(number)
    return name, 0


def _walk(steps: tuple[Step, ...], path: Path, suffix: str, period: int = 0) -> Iterator[tuple[Step, Path, str, int]]:
    for i, step in enumerate(steps):
        here = (*path, i)
        yield step, here, suffix, period
        if isinstance(step, Hold):
            yield from _walk(step.steps, (*here, "steps"), suffix, period)
        elif isinstance(step, Repeat):
            for number in range(1, step.times + 1):
                yield from _walk(step.steps, (*here, "steps"), f"{suffix} {number}", period)
        elif isinstance(step, Period):
            for number in range(1, step.times + 1):
                if number > 1 and step.washout is not None:
                    yield step.wash(), (*here, "washout"), f"{suffix} {number}", number
                yield from _walk(step.inside(number), (*here, "steps"), f"{suffix} {number}", number)
