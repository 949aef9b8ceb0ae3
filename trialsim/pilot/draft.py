"""The plan of the columns under construction: what is known about each column, and which have no role yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from trialsim.pilot.cells import NumericColumn, numbers_of
from trialsim.pilot.data import Choices, FitError, PilotColumn, Question, Table
from trialsim.pilot.words import ColumnName, glued, name_of
from trialsim.quantities.refuse import did_you_mean

MOST_ARMS = 6
#: Days and times as files write them.
DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([ T].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}( .*)?|\d{1,2}:\d{2}(:\d{2})?")


@dataclass
class ColumnDraft:
    """The plan under construction: roles by column, in the order in which they were decided."""

    table: Table
    choices: Choices
    roles: dict[str, PilotColumn] = field(default_factory=dict)
    participant: tuple[str, ...] = ()
    arm: str | None = None
    visit: tuple[str, ...] = ()
    shape: str = "wide"
    groups: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # outcome -> columns and their visits
    questions: list[Question] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _numbers: dict[str, NumericColumn] = field(default_factory=dict)
    _names: dict[str, ColumnName] = field(default_factory=dict)

    @property
    def free(self) -> list[str]:
        """Columns without a role."""
        return [name for name in self.table.columns if name not in self.roles]

    def give(self, name: str, role: str, why: str) -> None:
        """Decide the role of a column."""
        self.roles[name] = PilotColumn(name, role, why)

    def ask(self, code: str, message: str, answer: str) -> None:
        """Add a question that only the user can answer."""
        self.questions.append(Question(code, message, answer))

    def name(self, column: str) -> ColumnName:
        """The words and the unit of a column's name."""
        if not self._names:
            self._names |= glued(list(self.table.columns))
        if column not in self._names:
            self._names[column] = name_of(column)
        return self._names[column]

    def numbers(self, column: str) -> NumericColumn:
        """A column as numbers."""
        if column not in self._numbers:
            self._numbers[column] = numbers_of(self.table, column, self.choices)
        return self._numbers[column]

    def numeric(self, column: str) -> bool:
        """Whether at least half of the cells of a column are numbers."""
        return self.numbers(column).share >= 0.5

    def different(self, column: str) -> list[str]:
        """The different words or numbers of a column, in their order."""
        return list(dict.fromkeys(str(cell) for cell in self.table.columns[column] if cell is not None))

    def keys(self, columns: Sequence[str]) -> list[tuple[str, ...]]:
        """The cells of the columns together in each row."""
        cells = [self.table.columns[name] for name in columns]
        return [tuple("" if one is None else str(one) for one in row) for row in zip(*cells, strict=True)]

    def different_visits(self) -> set[tuple[str, ...]]:
        """The different visits of the rows."""
        return set(self.keys(self.visit))

    def unique(self, columns: Sequence[str]) -> bool:
        """Whether the columns together differ in all rows."""
        keys = self.keys(columns)
        return len(set(keys)) == len(keys)

    def repeated(self) -> bool:
        """Whether a participant has several rows."""
        return bool(self.participant) and not self.unique(self.participant)

    def constant(self, column: str) -> bool:
        """Whether a column is the same in all filled rows of each participant."""
        seen: dict[tuple[str, ...], str] = {}
        keys = self.keys(self.participant) if self.participant else [(str(i),) for i in range(len(self.table.lines))]
        for key, cell in zip(keys, self.table.columns[column], strict=True):
            if cell is not None and seen.setdefault(key, str(cell)) != str(cell):
                return False
        return True

    def counts_rows(self, column: str) -> bool:
        """Whether a column is 1, 2, 3, ... (or 0, 1, 2, ...) in the order of the rows."""
        values = self.numbers(column).values
        if self.numbers(column).share < 1 or not np.isfinite(values).all() or len(values) < 3:
            return False
        return bool((np.diff(values) == 1).all() and values[0] in (0.0, 1.0))

    def is_day(self, column: str) -> bool:
        """Whether most of a column are days or times of day."""
        words = [cell for cell in self.table.columns[column] if isinstance(cell, str)]
        return bool(words) and sum(bool(DAY.fullmatch(one)) for one in words) > len(words) / 2

    def must_have(self, column: str) -> str:
        """The column, if there is one of this name.

        Raises
        ------
        FitError
            TS-F003 there is none
        """
        if column not in self.table.columns:
            near = did_you_mean(column, list(self.table.columns), what="Columns")
            raise FitError(f"there is no column '{column}'.", code="TS-F003", remedy=near)
        return column
