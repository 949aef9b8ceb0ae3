"""Data of a pilot: its table of cells, its columns by name, its values as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.errors import TrialsimError

Floats = NDArray[np.float64]
Cell = str | float | None


class FitError(TrialsimError, ValueError):
    """No scenario can be made from pilot data or statistics, or the user must make a choice."""

    exit_code = 3


@dataclass(frozen=True)
class Table:
    """The cells of a pilot file: a list of N cells for each column, None if a cell is empty or marked as missing.

    Attributes
    ----------
    name : the file's name
    columns : cells of each column by its name; words, or numbers where a workbook holds numbers
    lines : line of the file (or row of the sheet) of each row
    comma_file : whether semicolons separate the cells, so that a comma may be a decimal mark
    notes : remarks on how the file was read
    """

    name: str
    columns: dict[str, list[Cell]]
    lines: tuple[int, ...]
    comma_file: bool = False
    notes: tuple[str, ...] = ()


class ChoiceError(FitError):
    """A choice that contradicts the others."""

    exit_code = 2


@dataclass(frozen=True)
class Choices:
    """The user's choices about the columns of a pilot; None or empty by default.

    Attributes
    ----------
    arm, visit : the columns of the arms and visits, or ``none``
    participant : the columns that together identify a participant
    outcomes : columns, first words of columns, or ``NAME=COLUMN,COLUMN``
    missing : codes of missing values, ``CODE`` or ``COLUMN=CODE,CODE``; ``none`` keeps every number
    scales : ``0..10``, ``0..10 by 2`` for every outcome, ``OUTCOME=0..10``, or ``OUTCOME=none``
    decimal : the decimal mark, ``.`` or ``,``
    sheet : the sheet of a workbook
    distribution, unit : instead of those that the data suggest
    primary : the primary outcome; by default the first one
    null : the number that the mean of a single group at a single visit is compared with
    """

    arm: str | None = None
    participant: tuple[str, ...] = ()
    visit: str | None = None
    outcomes: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    reference: str | None = None
    baseline: str | None = None
    at: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    scales: tuple[str, ...] = ()
    decimal: str | None = None
    sheet: str | None = None
    distribution: str | None = None
    unit: str | None = None
    primary: str | None = None
    null: float | None = None


def listed(given: Mapping[str, Any]) -> dict[str, Any]:
    """Values for :class:`Choices`: one text or a list of texts becomes a tuple if several are possible.

    >>> listed({"missing": "999", "unit": "h"})
    {'missing': ('999',), 'unit': 'h'}
    """
    several = {one.name for one in fields(Choices) if one.default == ()}
    return {
        name: ((value,) if isinstance(value, str) else tuple(value or ())) if name in several else value
        for name, value in given.items()
    }


@dataclass(frozen=True)
class Question:
    """A question that only the user can answer: the reason, and the options that answer it."""

    code: str
    message: str
    answer: str


@dataclass(frozen=True)
class PilotColumn:
    """A column and its role in the study: participant, arm, visit, outcome, covariate, ignored or open, with the reason."""

    name: str
    role: str
    why: str


@dataclass(frozen=True)
class OutcomeData:
    """One outcome: (N, V) values, NaN where missing; ``scale`` has its possible scores, if they are known."""

    visits: tuple[str, ...]
    values: Floats
    unit: str | None = None
    scale: tuple[float, ...] = ()


@dataclass(frozen=True)
class Pilot:
    """Pilot data: the arm of each participant (N,) and the outcomes; the reference arm comes first.

    Attributes
    ----------
    columns : the role of each column
    questions : what must be answered before anything is fitted
    asked : the outcomes that the user chose by name, which are never left out silently
    distribution : instead of the one that the data suggest
    null : the number with which the primary outcome of a single group at a single visit is compared
    """

    name: str
    arms: tuple[str, ...]
    arm: NDArray[np.int64]
    outcomes: dict[str, OutcomeData]
    notes: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    columns: tuple[PilotColumn, ...] = ()
    questions: tuple[Question, ...] = ()
    distribution: str | None = None
    null: float | None = None


def asked(questions: Sequence[Question], file: str) -> FitError:
    """All questions as one error, with the options that answer them."""
    questions = list(dict.fromkeys(questions))
    code = questions[0].code
    if len(questions) == 1:
        return FitError(f"{file}: {questions[0].message}", code=code, remedy=f"Give {questions[0].answer}.")
    listed = [f"\n  {i}. {one.message}\n     Give {one.answer}." for i, one in enumerate(questions, start=1)]
    return FitError(f"{file} raises {len(questions)} questions.{''.join(listed)}", code=code)
