"""A protocol as the reference engine reads it: the steps themselves, numbered in the order of the file.

This is a second, independent reading: the compiled engine runs the step table of :mod:`trialsim.protocol.compile`, so
equal traces test the compiler too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trialsim.numbers.draws import stream
from trialsim.protocol import program as p
from trialsim.protocol.calendar import ALWAYS, Calendar, parse_calendar
from trialsim.protocol.program import Program
from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Step, Visit, Wait
from trialsim.quantities.fields import Number, Spread


@dataclass(frozen=True)
class WaitPart:
    """Wait for the ticks in ``slot`` (None: none), then until ``until`` is open, or for the ``moment`` of that opening."""

    step: int
    slot: int | None
    until: Calendar
    moment: int | None


@dataclass(frozen=True)
class VisitPart:
    """Mark the time of a visit."""

    step: int
    visit: int


@dataclass(frozen=True)
class ActivityPart:
    """Something that takes time; the slots of an interruption are (whether, when, how long, whether it ends there)."""

    step: int
    activity: int
    length: int
    interruption: tuple[int, int, int, int] | None


@dataclass(frozen=True)
class AttemptPart:
    """Tries with a (length, success) slot each, and the visit at the end of the last."""

    step: int
    activity: int
    tries: tuple[tuple[int, int], ...]
    visit: int | None


@dataclass(frozen=True)
class HoldPart:
    """Ask for resources (numbers within a site) and keep them for the parts inside."""

    step: int
    end: int
    hold: int
    resources: tuple[int, ...]
    priority: int
    patience: int | None
    drawn_patience: int | None
    inside: tuple[Part, ...]


@dataclass(frozen=True)
class ArmPart:
    """Parts that only some arms have."""

    arms: frozenset[int]
    inside: tuple[Part, ...]


Part = WaitPart | VisitPart | ActivityPart | AttemptPart | HoldPart | ArmPart


def read_protocol(program: Program) -> tuple[Part, ...]:
    """The parts of a program's protocol."""
    return tuple(_Reader(program).parts(program.protocol, "", ()))


class _Reader:
    """Numbers parts in the order of the file, and finds the step of each in the table (for messages only)."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.slots = {(slot.stream, slot.k): place for place, slot in enumerate(program.slots)}
        self.order = [resource.base for resource in program.resources[: program.resources_per_site]]
        self.met: Counter[int] = Counter()
        self.steps: Mapping[int, list[int]] = {
            op: [step for step, row in enumerate(program.ops) if row[0] == op] for op in range(len(p.OP_NAMES))
        }

    def number(self, kind: int, *, op: int | None = None) -> tuple[int, int]:
        """How many of a kind came before, and the step of the table that is the next one."""
        count = self.met[kind]
        self.met[kind] += 1
        return count, self.steps[kind if op is None else op][count]

    def slot(self, pattern: str, name: str, k: int = 0) -> int:
        """The place in the tapes of a draw."""
        return self.slots[stream(pattern, step=name), k]

    def parts(self, steps: Sequence[Step], suffix: str, held: tuple[str, ...]) -> Iterator[Part]:
        """The parts of a block."""
        for place, step in enumerate(steps):
            if isinstance(step, (Repeat, Period)):
                for time in range(1, step.times + 1):
                    yield from self.parts(step.played(time), f"{suffix} {time}", held)
            elif isinstance(step, Wait):
                yield self.wait(step, steps[place + 1 :], suffix)
            elif isinstance(step, Visit):
                yield VisitPart(self.number(p.VISIT)[1], self.program.visits.index(step.visit + suffix))
            elif isinstance(step, Hold):
                name = (step.name or f"hold {' and '.join(step.hold)}") + suffix
                yield from self.held(
                    step, name, step.hold, held, lambda inner, s=step: self.parts(s.steps, suffix, inner)
                )
            else:
                yield from self.timed(step, suffix, held)

    def wait(self, step: Wait, following: Sequence[Step], suffix: str) -> WaitPart:
        """A wait; without a name it is named after the next step."""
        from trialsim.protocol.compile import next_name

        name = (step.name or f"wait before {next_name(following)}") + suffix
        slot = None if step.wait.lasts is None else self.slot("step/{step}/for", name)
        until = ALWAYS if step.wait.until is None else parse_calendar(step.wait.until)
        moment = self.slot("step/{step}/moment", name) if step.wait.at is not None and not until.always else None
        return WaitPart(self.number(p.WAIT)[1], slot, until, moment)

    def held(self, step, name, needs, held, inside) -> Iterator[Part]:  # type: ignore[no-untyped-def]
        """The parts inside, within a hold if something is needed that is not held already."""
        new = sorted(set(needs) - set(held), key=self.order.index)
        if not new:
            yield from inside(held)
            return
        hold, seize = self.number(p.SEIZE)
        patience = round(step.give_up_after.value) if isinstance(step.give_up_after, Number) else None
        drawn = self.slot("step/{step}/patience", name) if isinstance(step.give_up_after, Spread) else None
        parts = tuple(inside((*held, *new)))
        end = next(i for i in self.steps[p.RELEASE] if self.program.ops[i][1] == hold)
        numbers = tuple(self.order.index(name) for name in new)
        yield HoldPart(seize, end, hold, numbers, step.priority, patience, drawn, parts)

    def timed(self, step: Activity | Attempt, suffix: str, held: tuple[str, ...]) -> Iterator[Part]:
        """An activity or attempt, within its needs, for its arms."""
        base = step.activity if isinstance(step, Activity) else step.attempt
        name = (step.name or base) + suffix

        def inside(_: tuple[str, ...]) -> Iterator[Part]:
            yield self.activity(step, name) if isinstance(step, Activity) else self.attempt(step, name, suffix)

        parts = self.held(step, f"staff for {name}", step.needs, held, inside)
        arms = step.arms or tuple(arm for arm in self.program.arms if arm == base)
        if not arms:
            yield from parts
        else:
            yield ArmPart(frozenset(self.program.arms.index(arm) for arm in arms), tuple(parts))

    def activity(self, step: Activity, name: str) -> ActivityPart:
        """An activity with its slots."""
        number, place = self._next_activity(p.ACTIVITY)
        prefix = "step/{step}/interrupt"
        interruption = None
        if step.interrupted is not None:
            interruption = (
                self.slot(f"{prefix}ed", name),
                self.slot(f"{prefix}ion share", name),
                self.slot(f"{prefix}ion length", name),
                self.slot(f"{prefix}ion stops", name),
            )
        return ActivityPart(place, number, self.slot("step/{step}/length", name), interruption)

    def attempt(self, step: Attempt, name: str, suffix: str) -> AttemptPart:
        """An attempt with the slots of each try."""
        number, place = self._next_activity(p.ATTEMPT)
        tries = tuple(
            (self.slot("step/{step}/length", name, k), self.slot("step/{step}/success", name, k))
            for k in range(step.at_most)
        )
        visit = None if step.visit is None else self.program.visits.index(step.visit + suffix)
        return AttemptPart(place, number, tries, visit)

    def _next_activity(self, op: int) -> tuple[int, int]:
        """Activities and attempts share one numbering; each has its own kind of step."""
        number = self.met[p.ACTIVITY] + self.met[p.ATTEMPT]
        return number, self.number(op)[1]
