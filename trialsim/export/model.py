"""The one form of a trial's data from which every file is written: variables with their meaning, and rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

#: What a variable holds: text, a number of a list with labels, a whole number, a number, or a date with its time.
Kind = Literal["text", "code", "whole", "number", "when"]

#: The level of measurement, as SPSS calls it.
MEASURES: Final = ("nominal", "ordinal", "scale")
Measure = Literal["nominal", "ordinal", "scale"]

#: Is in every file of simulated data, where the format has a place for it.
SIMULATED: Final = "SIMULATED"
BANNER: Final = f"{SIMULATED} DATA. No person in this file exists."

#: Reasons for missing values have the letters that Stata and SAS give to them, so there are at most so many.
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class LabeledValue:
    """A value of a variable and its meaning."""

    value: float
    label: str


@dataclass(frozen=True)
class MissingCode:
    """A reason for a missing value: its number (SPSS, REDCap), its letter (Stata), and its meaning."""

    number: int
    letter: str
    label: str


@dataclass(frozen=True)
class Absent:
    """A missing value whose reason is the ``index``-th of its variable."""

    index: int


#: What a cell holds; None where there is nothing to say.
Cell = str | float | int | datetime | Absent | None


@dataclass(frozen=True)
class Variable:
    """A variable.

    Attributes
    ----------
    name : at most 26 small ASCII letters, digits and underscores: a name that every program takes
    short : the same in at most 8 capital letters and digits, for SAS transport files
    label : what people read
    kind, measure, unit : what it holds
    decimals : how many are printed at most
    codes : its values with their labels, where they are few
    missing : the reasons for its missing values
    low, high : the ends of what can be entered; None where there is none
    part : the form of a data-collection set that it belongs to: enrollment, allocation, or a visit's
    visit : the visit at which it is measured; empty for none
    outcome : the outcome that it is a value of; empty for none
    role : what it is, for the programs that make its cells
    source : the column of the table of participants that it is taken from; empty for none
    """

    name: str
    label: str
    kind: Kind
    measure: Measure
    short: str = ""
    unit: str = ""
    decimals: int = 0
    codes: tuple[LabeledValue, ...] = ()
    missing: tuple[MissingCode, ...] = ()
    low: float | None = None
    high: float | None = None
    part: str = ""
    visit: str = ""
    outcome: str = ""
    role: str = ""
    source: str = ""

    @property
    def numeric(self) -> bool:
        """Whether its cells are numbers."""
        return self.kind in ("code", "whole", "number")

    @property
    def full_label(self) -> str:
        """The label with the unit."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label

    def label_of(self, value: float) -> str:
        """The label of a value; empty for none."""
        return next((code.label for code in self.codes if code.value == value), "")


@dataclass(frozen=True)
class Dataset:
    """A table.

    Attributes
    ----------
    name, label : what it is called
    variables, rows : its columns and their cells
    key : the variables that together name a row
    """

    name: str
    label: str
    variables: tuple[Variable, ...]
    rows: tuple[tuple[Cell, ...], ...]
    key: tuple[str, ...] = ("id",)

    def place(self, name: str) -> int:
        """The position of a variable."""
        return next(place for place, one in enumerate(self.variables) if one.name == name)

    def column(self, name: str) -> list[Cell]:
        """The cells of a variable."""
        place = self.place(name)
        return [row[place] for row in self.rows]

    def columns(self) -> Iterator[tuple[Variable, list[Cell]]]:
        """Each variable with its cells."""
        for place, variable in enumerate(self.variables):
            yield variable, [row[place] for row in self.rows]


@dataclass(frozen=True)
class Facts:
    """Where data come from.

    Attributes
    ----------
    name, title : the study
    seed, replicate : of the trial
    version : of trialsim
    digest : the hash of the resolved scenario with this seed
    starts : the first day of the study's calendar, as of its file; 2000-01-01 where there is none
    """

    name: str
    title: str
    seed: int
    replicate: int
    version: str
    digest: str
    starts: datetime

    def lines(self) -> list[str]:
        """The same in words."""
        return [
            f"Scenario: {self.name} ({self.title})",
            f"Seed: {self.seed}",
            f"Replicate: {self.replicate}",
            f"trialsim: {self.version}",
            f"Hash: {self.digest} (of the resolved scenario with this seed)",
        ]


def number_text(value: float) -> str:
    """A number as it is written in files of text: no power of ten, no needless zeros.

    >>> number_text(12.0), number_text(0.04), number_text(-3.5), number_text(1e-7)
    ('12', '0.04', '-3.5', '0.0000001')
    """
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = repr(float(value))
    if "e" not in text:
        return text
    from decimal import Decimal

    return f"{Decimal(text):f}"
