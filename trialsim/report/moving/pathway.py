"""The pathway of a protocol as columns of a picture, and the way of each participant through them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialsim.engine import trace as e
from trialsim.engine.staffed import StaffRecord
from trialsim.protocol.program import ACTIVITY, ATTEMPT, END, RELEASE, SEIZE, VISIT, WAIT, Program
from trialsim.report.words import join

Ints = NDArray[np.int64]

#: Columns and visits of a pathway beyond which sessions that repeat share their columns.
MOST_COLUMNS, MOST_VISITS = 12, 9

#: What follows the code of a way that is not a column.
MISSED, CAME, ALSO_CAME, GAVE_BACK, COMPLETED, LEFT = -1, -2, -3, -4, -5, -6

ColumnKind = Literal["wait", "queue", "activity", "visit", "end"]


@dataclass
class Column:
    """A part of the pathway: ``labels`` by arm, ``patience`` [s] of those who wait for staff (-1 without end).

    ``times`` is how often it is repeated.
    """

    kind: ColumnKind
    labels: dict[int, str]
    patience: int = -1
    times: int = 1

    @property
    def differs(self) -> bool:
        """Whether arms have something else here."""
        return len(set(self.labels.values())) > 1

    @property
    def label(self) -> str:
        """The label that all arms share, otherwise those of all."""
        return " / ".join(dict.fromkeys(self.labels.values()))


@dataclass(frozen=True)
class Pathway:
    """Columns in order, the column of each step and visit of a program, and stretches with staff.

    ``with_staff`` are first column, last column, and the staff in words.
    """

    columns: tuple[Column, ...]
    of_step: dict[int, int]
    of_visit: dict[int, int]
    with_staff: tuple[tuple[int, int, str], ...]

    @property
    def times(self) -> int:
        """How often the session that is repeated most is repeated."""
        return max(column.times for column in self.columns)

    @property
    def shared(self) -> bool:
        """Whether repeated sessions share their columns."""
        return self.times > 1


def pathway_of(program: Program) -> Pathway:
    """The pathway of a program; sessions that repeat share columns if there are many."""
    apart = _Columns(program, shared=False).all()
    counts = [sum(column.kind == "visit" for column in apart.columns)]
    counts.append(len(apart.columns) - counts[0])
    if counts[1] <= MOST_COLUMNS and counts[0] <= MOST_VISITS:
        return apart
    return _Columns(program, shared=True).all()


def _until(wait: str) -> str:
    """The name of a wait: until what; the name of what follows is not broken into lines."""
    before = "wait before "
    if not wait.startswith(before):
        return wait
    return "until " + wait.removeprefix(before).replace(" ", "\N{NO-BREAK SPACE}")


def _without_number(name: str) -> str:
    return re.sub(r"(\s\d+)+$", "", name)


@dataclass
class _Columns:
    program: Program
    shared: bool
    known: dict[str, int] = field(default_factory=dict)
    columns: list[Column] = field(default_factory=list)
    of_step: dict[int, int] = field(default_factory=dict)
    of_visit: dict[int, int] = field(default_factory=dict)
    held: list[tuple[int, str]] = field(default_factory=list)
    with_staff: list[tuple[int, int, str]] = field(default_factory=list)

    def all(self) -> Pathway:
        """Every step that takes time or marks a visit."""
        program = self.program
        everybody = tuple(range(len(program.arms)))
        for step, (op, first, _, _, fourth) in enumerate(program.ops.tolist()):
            name = program.names[step]
            if op == WAIT:
                self.of_step[step] = self.add("wait", _until(name), everybody)
            elif op == SEIZE:
                hold = program.holds[first]
                staff = join([program.resources[one].base for one in hold.resources])
                self.of_step[step] = self.add("queue", f"waits for {staff}", everybody, hold.patience, hold.name)
                self.held.append((self.of_step[step], staff))
            elif op == RELEASE:
                begun, staff = self.held.pop()
                if (stretch := (begun, max(len(self.columns) - 1, begun), staff)) not in self.with_staff:
                    self.with_staff.append(stretch)
            elif op == VISIT:
                self.of_visit[first] = self.add("visit", program.visits[first], everybody)
            elif op in (ACTIVITY, ATTEMPT):
                info = program.activities[first]
                arms = tuple(arm for arm in everybody if info.arms >> arm & 1)
                self.of_step[step] = self.add("activity", info.name, arms)
                if op == ATTEMPT and fourth >= 0:
                    self.of_visit[fourth] = self.add("visit", program.visits[fourth], everybody)
            elif op == END:
                self.add("end", "done", everybody)
        return Pathway(tuple(self.columns), self.of_step, self.of_visit, tuple(self.with_staff))

    def add(self, kind: ColumnKind, label: str, arms: Sequence[int], patience: int = -1, key: str = "") -> int:
        """The number of a column: a new one, one that another arm has beside it, or that of the session before."""
        label = _without_number(label) if self.shared else label
        key = f"{kind} {_without_number(key or label)}"
        if self.shared and kind != "end" and key in self.known:
            self.columns[self.known[key]].times += 1
            return self.known[key]
        last = self.columns[-1] if self.columns else None
        if kind == "activity" and last is not None and last.kind == kind and not set(last.labels) & set(arms):
            last.labels.update(dict.fromkeys(arms, label))
        else:
            self.columns.append(Column(kind, dict.fromkeys(arms, label), patience))
        self.known[key] = len(self.columns) - 1
        return len(self.columns) - 1


@dataclass(frozen=True)
class Way:
    """A participant's way: ``codes`` are pairs of a column and the seconds in it, or a code and what belongs to it.

    Columns of visits have the number of the visit; ``CAME`` and ``ALSO_CAME`` that of a unit among all units; ``LEFT`` that of
    the reason.
    """

    participant: int
    arm: int
    entry: int
    codes: tuple[int, ...]

    @property
    def pairs(self) -> Iterator[tuple[int, int]]:
        """Each code with its value."""
        return zip(self.codes[::2], self.codes[1::2], strict=True)


def ways_of(program: Program, pathway: Pathway, events: Ints, staff: StaffRecord) -> list[Way]:
    """The ways of all participants of one replicate, from its events and its staff."""
    first_unit = np.concatenate([[0], np.cumsum([resource.units for resource in program.resources])]).astype(int)
    units: dict[tuple[int, int], list[int]] = {}
    for tick, participant, resource, unit in staff.given.tolist():
        units.setdefault((participant, tick), []).append(int(first_unit[resource]) + unit)
    order = np.lexsort((np.arange(len(events)), events[:, 2]))
    people = np.split(events[order], np.flatnonzero(np.diff(events[order, 2])) + 1)
    return [_way(pathway, rows.tolist(), units, program) for rows in people if len(rows)]


def _way(pathway: Pathway, rows: list[list[int]], units: dict[tuple[int, int], list[int]], program: Program) -> Way:
    codes: list[int] = []
    begun = -1  # the place of a length that is not yet known, and when it began
    since = 0

    def close(tick: int) -> None:
        nonlocal begun
        if begun >= 0:
            codes[begun] = tick - since
        begun = -1

    for tick, kind, participant, step, value, _ in rows:
        if kind in (e.WAITS, e.REQUEST, e.START):
            close(tick)
            codes += [pathway.of_step[step], 0]
            begun, since = len(codes) - 1, tick
        elif kind == e.VISIT:
            close(tick)
            codes += [pathway.of_visit[value], value]
        elif kind == e.GRANT:
            close(tick)
            came = units[participant, tick]
            for place in range(len(program.holds[value].resources)):
                codes += [ALSO_CAME if place else CAME, came.pop(0)]
        elif kind == e.RELEASE:
            close(tick)
            codes += [GAVE_BACK, 0]
        elif kind in (e.GIVE_UP, e.TURNED_AWAY):
            close(tick)
            codes += [MISSED, 0]
        elif kind in (e.LEAVE, e.COMPLETE):
            close(tick)
            codes += [LEFT, value] if kind == e.LEAVE else [COMPLETED, 0]
    close(rows[-1][0])
    return Way(rows[0][2], rows[0][4], rows[0][0], tuple(codes))
