"""From a pilot file to arrays: the plan of its columns, its participants, arms, visits and values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trialsim.pilot.cells import code_question, without_codes
from trialsim.pilot.columns import plan_columns
from trialsim.pilot.data import Choices, FitError, Floats, OutcomeData, Pilot, PilotColumn, Question, asked
from trialsim.pilot.draft import ColumnDraft
from trialsim.pilot.people import arms_of, people_of, word_of
from trialsim.pilot.reading import read_table
from trialsim.pilot.scale import scale_question, scales_of
from trialsim.pilot.words import days_of, named, order_of, plain, split_visit, visit_words
from trialsim.quantities.refuse import did_you_mean

#: The name of the visit of an outcome that is measured once.
ONCE = "visit"
#: A column, a visit, and the rows that hold its values.
Part = tuple[str, str, NDArray[np.int64]]


def read_pilot(
    file: Path, choices: Choices | None = None, *, tell: Callable[[tuple[PilotColumn, ...]], None] | None = None
) -> Pilot:
    """The plan of a pilot file's columns and, unless something must be asked first, its values.

    Tidy files have a row for each participant and visit and a column for each outcome; long files a row for each value
    (columns ``outcome``, ``visit`` and ``value``, as ``trialsim cohort`` writes them); wide files a row for each participant
    and a column for each outcome and visit, such as ``score_baseline`` and ``score_post``.

    Parameters
    ----------
    tell : called with the plan of the columns, before their values are read

    Raises
    ------
    FitError
        TS-F001 to TS-F008 and TS-P010 to TS-P028: what cannot be read, and what to do. A question to the user is not an error
        here: see :attr:`Pilot.questions`
    """
    choices = choices or Choices()
    table = read_table(file, sheet=choices.sheet)
    draft = plan_columns(table, choices)
    table, remarks = without_codes(table, choices, keep=draft.participant)
    notes = [*table.notes, *draft.notes, *remarks]
    columns = tuple(draft.roles.values())
    if tell is not None:
        tell(columns)
    if draft.questions:
        nobody = np.zeros(0, dtype=np.int64)
        return Pilot(file.name, (), nobody, {}, tuple(notes), columns=columns, questions=tuple(draft.questions))
    draft = replace(draft, table=table, notes=[], _numbers={})
    people, order = people_of(draft)
    arms, arm, reason = arms_of(draft, people, order)
    found, questions = _outcomes(draft, people, order)
    found = {name: one for name, one in found.items() if one.visits}
    if not found:
        listed = ", ".join(table.columns)
        raise FitError(
            "no column contains an outcome.", code="TS-F004", remedy=f"Name one with --outcome. Columns: {listed}."
        )
    questions += _baseline_questions(found, choices)
    ordered = {} if questions else {name: _baseline_first(one, choices.baseline, name) for name, one in found.items()}
    kept = {name: _kept(one, choices.at, name) for name, one in ordered.items()}
    if choices.reference is None and len(arms) > 1:
        notes.append(f"The reference arm is {arms[0]} ({reason}); choose another with --reference.")
    kept = _primary_first(kept, choices.primary)
    if not questions and len(arms) == 1:
        questions += _null_question(kept, choices.null)
    first = tuple(kept)[:1] if choices.primary is not None else ()
    return Pilot(
        file.name, arms, arm, kept, tuple(notes), asked=tuple(kept) if choices.outcomes else first, columns=columns,
        questions=tuple(questions), distribution=choices.distribution, null=choices.null,
    )  # fmt: skip


def _primary_first(found: dict[str, OutcomeData], primary: str | None) -> dict[str, OutcomeData]:
    """The outcomes with the primary one first."""
    if primary is None or not found:
        return found
    name = next((one for one in found if one.casefold() == named(primary, "outcome").casefold()), None)
    if name is None:
        near = did_you_mean(primary, list(found), what="Outcomes")
        raise FitError(f"there is no outcome '{primary}' to be the primary one.", code="TS-F003", remedy=near)
    return {name: found[name]} | found


def _null_question(found: dict[str, OutcomeData], null: float | None) -> list[Question]:
    """A question if there is one group at one visit, which needs a number to compare with."""
    name, first = next(iter(found.items()))
    if null is not None or first.visits[0] == "baseline":
        return []
    message = f"there is one group, and no baseline: '{name}' cannot be compared with anything."
    answer = "--null NUMBER, the mean (or median) of a known population; or --arm and --baseline, if the file has them"
    return [Question("TS-P023", message, answer)]


def ready(pilot: Pilot) -> Pilot:
    """The pilot, if nothing must be asked.

    Raises
    ------
    FitError
        with all questions and the options that answer them
    """
    if pilot.questions:
        raise asked(pilot.questions, pilot.name)
    return pilot


# ---------------------------------------------------------------- values


def _doubts(draft: ColumnDraft, group: Sequence[Part]) -> list[Question]:
    """Questions about the numbers of an outcome.

    Raises
    ------
    FitError
        TS-F008, TS-P015, TS-P016 for a column that cannot be read as numbers
    """
    found: list[Question] = []
    for column in dict.fromkeys(column for column, *_ in group):
        numbers = draft.numbers(column)
        if numbers.fault is not None:
            raise numbers.fault
        rows = np.concatenate([rows for other, _, rows in group if other == column])
        code = code_question(column, numbers.values[rows], draft.choices)
        found += [one for one in (numbers.question, code) if one is not None]
    return found


def _outcomes(
    draft: ColumnDraft, people: NDArray[np.int64], count: int
) -> tuple[dict[str, OutcomeData], list[Question]]:
    """Each outcome as (N, V) values with its unit and scale."""
    choices, questions = draft.choices, []
    found: dict[str, OutcomeData] = {}
    parts = _long(draft) if draft.shape == "long" else _by_column(draft)
    stems = [" ".join(split[0]) for split in map(split_visit, map(draft.name, draft.table.columns)) if split]
    scales = scales_of(choices.scales, [*parts, *draft.table.columns, *stems])
    for name, group in parts.items():
        columns: dict[str, Floats] = {}
        unit = scale = None
        asked_of = _doubts(draft, group)
        for column, visit, rows in group:
            numbers = draft.numbers(column).values
            header = draft.name(column)
            unit, scale = unit or header.unit, scale or scales.get(column) or header.scale
            of_visit = columns.setdefault(visit, np.full(count, np.nan))
            _put(of_visit, numbers, people, rows, name, visit, draft)
        visits = order_of([visit for visit, values in columns.items() if np.isfinite(values).any()])
        if not visits:
            continue
        values = np.column_stack([columns[visit] for visit in visits])
        label = named(name, "outcome")
        wanted = scales.get(name) or scale or scales.get("")
        unit = _unit_in_rows(draft, name) if draft.shape == "long" else unit
        one = OutcomeData(tuple(named(visit, "visit") for visit in visits), values, choices.unit or unit)
        levels, doubt = scale_question(label, one, wanted, choices.distribution, asked=bool(asked_of))
        questions += [*asked_of, *([doubt] if doubt is not None else [])]
        found[label] = replace(one, scale=levels)
    return found, questions


def _by_column(draft: ColumnDraft) -> dict[str, list[Part]]:
    """Column, visit and rows of each part of each outcome; in tidy files a part for each visit."""
    rows = np.arange(len(draft.table.lines))
    if draft.shape == "wide":
        return {
            name: [(column, visit or ONCE, rows) for column, visit in group] for name, group in draft.groups.items()
        }
    visits = _visits_in_rows(draft)
    return {
        name: [
            (column, one, np.flatnonzero(visits == one))
            for column, _ in group
            for one in dict.fromkeys(visits.tolist())
        ]
        for name, group in draft.groups.items()
    }


def _visits_in_rows(draft: ColumnDraft) -> NDArray[np.object_]:
    """The visit of each row: numbers get the word of their column, events of REDCap lose their arm."""
    if not draft.visit:
        return np.array([ONCE] * len(draft.table.lines), dtype=object)
    out = []
    for line, *cells in zip(draft.table.lines, *(draft.table.columns[name] for name in draft.visit), strict=True):
        words = [re.sub(r"_arm_\d+[a-z]?$", "", word_of(cell)).replace("_", " ") for cell in cells if cell is not None]
        if not words:
            raise FitError(
                f"line {line} has no visit in '{draft.visit[0]}'.",
                code="TS-F003",
                remedy="Fill in the cell, or leave the row out.",
            )
        text = " ".join(words)
        if re.fullmatch(r"-?\d+(\.0)?", text):
            kind = re.sub(r"s$", "", draft.name(draft.visit[0]).plain)
            kind = kind if days_of(f"{kind} 1") is not None or visit_words(f"{kind} 1") else "visit"
            text = f"{kind} {text.removesuffix('.0')}"
        out.append(text)
    return np.array(out, dtype=object)


def _long(draft: ColumnDraft) -> dict[str, list[Part]]:
    by_name = {plain(name): name for name in draft.table.columns}
    outcome, value = draft.table.columns[by_name["outcome"]], by_name["value"]
    visits = _visits_in_rows(draft)
    wanted = draft.choices.outcomes
    known = list(dict.fromkeys(str(one) for one in outcome if one is not None))
    for one in wanted:
        if one not in known:
            raise FitError(f"no outcome is called '{one}'.", code="TS-F003", remedy=did_you_mean(one, known))
    names = np.array([str(one) for one in outcome], dtype=object)
    return {
        one: [
            (value, visit, np.flatnonzero((names == one) & (visits == visit)))
            for visit in dict.fromkeys(visits.tolist())
        ]
        for one in (wanted or known)
    }


def _unit_in_rows(draft: ColumnDraft, outcome: str) -> str | None:
    by_name = {plain(name): name for name in draft.table.columns}
    if "unit" not in by_name:
        return None
    rows = zip(draft.table.columns[by_name["outcome"]], draft.table.columns[by_name["unit"]], strict=True)
    return next((str(unit) for name, unit in rows if str(name) == outcome and unit is not None), None)


def _put(
    column: Floats,
    numbers: Floats,
    people: NDArray[np.int64],
    rows: NDArray[np.int64],
    name: str,
    visit: str,
    draft: ColumnDraft,
) -> None:
    """Values of one visit to their participants; two different ones for one participant are refused."""
    for row in rows[np.isfinite(numbers[rows])]:
        who = people[row]
        if np.isfinite(column[who]) and (draft.shape != "tidy" or column[who] != numbers[row]):
            label = " ".join(draft.keys(draft.participant)[row]) if draft.participant else str(row + 1)
            raise FitError(
                f"participant {label} has two values of '{name}' at '{visit}' (line {draft.table.lines[row]}).",
                code="TS-F006",
                remedy="Keep one row for each participant, visit and outcome; name another column with --visit if it "
                "distinguishes them.",
            )
        column[who] = numbers[row]


# ---------------------------------------------------------------- the baseline


def _baseline_questions(found: dict[str, OutcomeData], choices: Choices) -> list[Question]:
    """A question if no visit is known to be before treatment."""
    if choices.baseline is not None or all(len(one.visits) == 1 for one in found.values()):
        return []
    if any(visit_words(plain(visit)) == "first" for one in found.values() for visit in one.visits):
        return []
    visits = next(one.visits for one in found.values() if len(one.visits) > 1)
    listed = ", ".join(visits[:6]) + (", ..." if len(visits) > 6 else "")
    return [
        Question(
            "TS-P029",
            f"no visit is known to be before treatment (visits: {listed}).",
            f'--baseline "{visits[0]}" if it is, --baseline none if all are after treatment',
        )
    ]


def _baseline_first(measured: OutcomeData, wanted: str | None, outcome: str) -> OutcomeData:
    """The visits with the baseline first and called ``baseline``; unchanged if there is none."""
    names = [plain(name) for name in measured.visits]
    if len(names) == 1 or wanted == "none":
        return measured
    if wanted is not None:
        accepted = (plain(wanted), plain(named(wanted, "visit")))
        fitting = [i for i, name in enumerate(names) if name in accepted or accepted[0].endswith(f" {name}")]
        place = fitting[0] if fitting else names.index("baseline") if "baseline" in names else None
        if place is None:
            raise FitError(
                f"'{outcome}' has no visit '{wanted}'.", code="TS-F003", remedy=f"Visits: {', '.join(measured.visits)}."
            )
    else:
        place = next((i for i, name in enumerate(names) if visit_words(name) == "first"), None)
    if place is None:
        return measured
    order = [place, *(i for i in range(len(names)) if i != place)]
    visits = ("baseline", *(measured.visits[i] for i in order[1:]))
    return replace(measured, visits=visits, values=measured.values[:, order])


def _kept(measured: OutcomeData, at: Sequence[str], outcome: str) -> OutcomeData:
    """The baseline and the visits of ``--at``."""
    if not at:
        return measured
    wanted = {plain(named(one, "visit")) for one in at}
    keep = [i for i, name in enumerate(measured.visits) if name == "baseline" or plain(name) in wanted]
    if not any(measured.visits[i] != "baseline" for i in keep):
        raise FitError(
            f"'{outcome}' has no visit '{at[0]}'.", code="TS-F003", remedy=f"Visits: {', '.join(measured.visits)}."
        )
    return replace(measured, visits=tuple(measured.visits[i] for i in keep), values=measured.values[:, keep])
