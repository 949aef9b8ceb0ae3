"""The participants of a pilot file and their arms."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.pilot.columns import event_arms
from trialsim.pilot.data import FitError
from trialsim.pilot.draft import MOST_ARMS, ColumnDraft
from trialsim.pilot.words import CONTROL, CONTROL_WORD, named, plain


def people_of(draft: ColumnDraft) -> tuple[NDArray[np.int64], int]:
    """(rows,) the participant of each row, and the number of participants."""
    rows = len(draft.table.lines)
    if not draft.participant:
        return np.arange(rows), rows
    keys = draft.keys(draft.participant)
    for key, line in zip(keys, draft.table.lines, strict=True):
        if not all(key):
            raise FitError(
                f"line {line} has no participant in '{draft.participant[key.index('')]}'.",
                code="TS-F003",
                remedy="Fill in the cell, or leave the row out.",
            )
    places = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([places[key] for key in keys]), len(places)


def arms_of(
    draft: ColumnDraft, people: NDArray[np.int64], count: int
) -> tuple[tuple[str, ...], NDArray[np.int64], str]:
    """Names of the arms, the reference first; each participant's arm; why the reference is one."""
    choices = draft.choices
    if draft.arm is None:
        if choices.reference is not None:
            raise FitError("no column contains the arms.", code="TS-F002", remedy="Name the column with --arm.")
        return ("pilot",), np.zeros(count, dtype=np.int64), ""
    cells = [None if cell is None else word_of(cell) for cell in draft.table.columns[draft.arm]]
    if draft.arm in draft.visit:
        cells = [next(iter(event_arms([cell])), None) if cell else None for cell in cells]
    spelled: dict[str, str] = {}
    mine: list[str | None] = [None] * count
    for who, cell, line in zip(people, cells, draft.table.lines, strict=True):
        if cell is None:
            continue
        key = cell.casefold()
        spelled.setdefault(key, cell)
        if mine[who] not in (None, key):
            raise FitError(
                f"the participant of line {line} is in two arms, '{spelled[str(mine[who])]}' and '{cell}'.",
                code="TS-P022",
                remedy="For a crossover there are no arms: give --arm none and --visit with the column of the treatments. "
                "If several people have the same number, name the columns that distinguish them: --participant COLUMN,COLUMN.",
            )
        mine[who] = key
    lost = sum(one is None for one in mine)
    if lost:
        raise FitError(
            f"{lost} participants have no arm in '{draft.arm}'.",
            code="TS-F002",
            remedy="Fill in the cells, or leave the rows out.",
        )
    names = {key: named(spelled[key], "arm") for key in spelled}
    arms = list(dict.fromkeys(names.values()))
    if len(arms) > MOST_ARMS:
        raise FitError(
            f"'{draft.arm}' has {len(arms)} different values; a trial has at most {MOST_ARMS} arms here.",
            code="TS-F002",
            remedy="Name the column of the arms with --arm.",
        )
    if all(re.fullmatch(r"arm [-\d.]+", one) for one in arms):
        arms.sort(key=lambda one: float(one.removeprefix("arm ")))
    wanted, why = _reference(arms, choices.reference)
    arms.sort(key=lambda one: one != wanted)
    return tuple(arms), np.array([arms.index(names[str(one)]) for one in mine], dtype=np.int64), why


def word_of(cell: object) -> str:
    """A cell as a word: 1.0 of a workbook is 1."""
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def _reference(arms: Sequence[str], wanted: str | None) -> tuple[str, str]:
    if wanted is not None:
        near = [one for one in arms if plain(one) in (plain(wanted), plain(named(wanted, "arm")))]
        if not near:
            raise FitError(f"no arm is called '{wanted}'.", code="TS-F002", remedy=f"Arms: {', '.join(arms)}.")
        return near[0], "--reference"
    usual = next((arm for word in CONTROL for arm in arms if plain(arm) == word), None)
    if usual is None:
        usual = next((arm for arm in arms if CONTROL_WORD.search(plain(arm))), None)
    if usual is not None:
        return usual, "by its name"
    return arms[0], "the lowest number" if arms[0].startswith("arm ") else "it is first in the file"
