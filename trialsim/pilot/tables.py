"""Pilot data from a CSV file, tidy or wide, to one array an outcome."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trialsim.errors import TrialsimError
from trialsim.quantities.refuse import did_you_mean
from trialsim.regular import check_regular

Floats = NDArray[np.float64]

ARM = ("arm", "group", "treatment", "allocation", "condition", "trt", "randomized to")
PERSON = ("participant", "id", "subject", "patient", "pid", "subject id", "participant id", "patient id", "record id")
VISIT = ("visit", "timepoint", "time", "session", "occasion", "when")
BASELINE = ("baseline", "pre", "before", "screening", "t0", "pretest", "base")
#: A column that is called no more than this holds a later visit of something that has no name.
LATER = re.compile(
    r"(post|after|follow ?up|fu|end|final|post ?test|discharge)( \d+)?|(week|day|month|hour|visit|session|[tdwm]) ?\d+"
)
CONTROL = ("control", "usual care", "placebo", "standard care", "standard", "sham", "no treatment", "care as usual")
MOST_ARMS = 6

#: No pilot is larger; read as a table, a file takes up to some hundred times as much memory.
MOST_BYTES = 10_000_000
MOST_ROWS = 100_000
MOST_COLUMNS = 1000
MOST_IN_LINE = 2**16


class FitError(TrialsimError, ValueError):
    """Pilot data or statistics from which no scenario can be made."""

    exit_code = 3


@dataclass(frozen=True)
class Measured:
    """One outcome: (N, V) values, NaN where missing."""

    visits: tuple[str, ...]
    values: Floats
    unit: str | None = None


@dataclass(frozen=True)
class Pilot:
    """Pilot data: the arm of each participant (N,) and the outcomes; the reference arm comes first."""

    name: str
    arms: tuple[str, ...]
    arm: NDArray[np.int64]
    outcomes: dict[str, Measured]
    notes: tuple[str, ...] = ()
    chosen: bool = False  # whether the outcomes were asked for by name


def read_pilot(
    file: Path, *, arm: str | None = None, reference: str | None = None, baseline: str | None = None,
    outcomes: Sequence[str] = (), visit: str | None = None, person: str | None = None, at: Sequence[str] = (),
) -> Pilot:  # fmt: skip
    """Pilot data of a CSV file.

    Tidy files have a row for each participant and visit: a column of participants, one of visits, and either a column
    for each outcome or the columns ``outcome`` and ``value`` (as ``trialsim cohort`` writes them). Wide files have a row
    for each participant and a column for each outcome and visit, such as ``score_baseline`` and ``score_post``.

    Parameters
    ----------
    arm, visit, person : columns; found by their usual names if not said
    reference : the arm that others are compared with; a usual name of controls, else the first
    baseline : the visit before treatment, or its column in a wide file
    outcomes : columns (or first parts of their names); every numeric column if not said
    at : the visits that are kept beside the baseline; all if not said

    Raises
    ------
    FitError
        TS-F001 the file cannot be read, TS-F002 the arms cannot be told, TS-F003 there is no such column,
        TS-F004 there is no outcome, TS-F006 a participant has two values for one visit, TS-F008 a word stands among numbers
    """
    table = _read(file)
    person = _column(table, person, PERSON)
    visit = _column(table, visit, VISIT)
    arm = _column(table, arm, ARM) or _arm_by_content(table, [name for name in (person, visit) if name])
    long = {"outcome", "value"} <= {_plain(name) for name in table.columns}
    tidy = visit is not None and person is not None and (long or bool(table[person].duplicated().any()))
    if visit is not None and person is None and (long or table[visit].duplicated().any()):
        raise FitError(
            "no column tells the participants.",
            code="TS-F003",
            remedy="Name it with --person, so that visits can be matched.",
        )
    rows = table
    if tidy:
        assert person is not None
        rows = table.drop_duplicates(person)
    arms, places = _arms(rows, arm, reference)
    taken = [name for name in (arm, person, visit) if name]
    if tidy:
        assert person is not None
        assert visit is not None
        found, notes = _tidy(table, rows, person, visit, taken, outcomes)
    else:
        found, notes = _wide(rows, taken, outcomes, baseline)
    if not found:
        raise FitError(
            "no column holds an outcome.", code="TS-F004", remedy=f"Columns: {', '.join(map(str, table.columns))}."
        )
    found = {one: _kept(_baseline_first(measured, baseline, one), at, one) for one, measured in found.items()}
    return Pilot(file.name, arms, places, found, tuple(notes), bool(outcomes))


def _read(file: Path) -> pd.DataFrame:
    try:
        check_regular(file)
        if file.stat().st_size > MOST_BYTES:
            raise _too_large(f"{file} has more than {MOST_BYTES / 1e6:.0f} MB")
        with file.open(encoding="utf-8-sig") as lines:
            first = lines.readline(MOST_IN_LINE)
            if len(first) == MOST_IN_LINE:
                raise _too_large(f"the first line of {file} has more than {MOST_IN_LINE:,} letters")
            if any(count > MOST_ROWS for count, _ in enumerate(lines)):
                raise _too_large(f"{file} has more than {MOST_ROWS:,} rows")
        separator = max(",;\t", key=first.count)
        if first.count(separator) >= MOST_COLUMNS:
            raise _too_large(f"{file} has more than {MOST_COLUMNS:,} columns")
        decimal = "," if separator == ";" else "."
        table = pd.read_csv(file, sep=separator, decimal=decimal, encoding="utf-8-sig", skipinitialspace=True)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, FitError):
            raise
        reason = getattr(error, "strerror", None) or "it is no table in UTF-8 text"
        raise FitError(
            f"{file} cannot be read: {reason}.",
            code="TS-F001",
            remedy="Save it as CSV with a first line of column names.",
        ) from None
    if table.empty or len(table.columns) < 1:
        raise FitError(f"{file} has no rows.", code="TS-F001", remedy="Give a first line of names, then a line a row.")
    table.columns = pd.Index([str(name).strip() for name in table.columns])
    numbers = table.select_dtypes("number").columns
    table[numbers] = table[numbers].replace([np.inf, -np.inf], np.nan)
    return table


def _too_large(what: str) -> FitError:
    return FitError(
        f"{what}.", code="TS-F001", remedy="A pilot is a small table; keep the columns and rows that matter."
    )


def _plain(name: object) -> str:
    return re.sub(r"[\s_.\-]+", " ", str(name)).strip().lower()


def _column(table: pd.DataFrame, wanted: str | None, usual: Sequence[str]) -> str | None:
    """The column that is named, or one of the usual names."""
    columns = [str(name) for name in table.columns]
    if wanted is not None:
        if wanted not in columns:
            raise _no_column(wanted, columns)
        return wanted
    by_name = {_plain(name): name for name in columns}
    return next((by_name[name] for name in usual if name in by_name), None)


def _no_column(wanted: str, columns: Sequence[str]) -> FitError:
    return FitError(
        f"there is no column '{wanted}'.", code="TS-F003", remedy=did_you_mean(wanted, columns, what="Columns")
    )


def _arm_by_content(table: pd.DataFrame, taken: Sequence[str]) -> str | None:
    """The only column of words with two to six values."""
    options = [
        str(name)
        for name in table.columns
        if name not in taken
        and _plain(name) not in ("outcome", "unit", "status")
        and not pd.api.types.is_numeric_dtype(table[name])
        and 2 <= table[name].nunique() <= MOST_ARMS
    ]
    if len(options) > 1:
        raise FitError(
            f"the arms may stand in {' or '.join(map(repr, options))}.",
            code="TS-F002",
            remedy="Name the column with --arm.",
        )
    return options[0] if options else None


def _arms(rows: pd.DataFrame, column: str | None, reference: str | None) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Names of the arms, the reference first, and each participant's arm."""
    if column is None:
        if reference is not None:
            raise FitError("no column holds the arms.", code="TS-F002", remedy="Name the column with --arm.")
        return ("pilot",), np.zeros(len(rows), dtype=np.int64)
    if rows[column].isna().any():
        lost = int(rows[column].isna().sum())
        raise FitError(
            f"{lost} participants have no arm in '{column}'.", code="TS-F002", remedy="Fill in or leave out."
        )
    told = [named(value, "arm") for value in rows[column]]
    arms = list(dict.fromkeys(told))
    if len(arms) > MOST_ARMS:
        raise FitError(
            f"'{column}' has {len(arms)} different values; a trial has at most {MOST_ARMS} arms here.",
            code="TS-F002",
            remedy="Name the column of the arms with --arm.",
        )
    if reference is not None:
        wanted = named(reference, "arm")
        if wanted not in arms:
            raise FitError(f"no arm is called '{reference}'.", code="TS-F002", remedy=f"Arms: {', '.join(arms)}.")
    else:
        wanted = next((arm for usual in CONTROL for arm in arms if _plain(arm) == usual), arms[0])
    arms.sort(key=lambda one: one != wanted)
    return tuple(arms), np.array([arms.index(one) for one in told], dtype=np.int64)


def named(value: object, kind: str) -> str:
    """A name that a scenario takes: numbers get a word, characters with a meaning go."""
    if isinstance(value, float) and value == int(value):
        value = int(value)
    text = " ".join(re.sub(r"[{}\[\]=@/,:#\"'_]| - ", " ", str(value)).split())[:80]
    return f"{kind} {text}" if not text or re.fullmatch(r"[-+.\d\s]*", text) else text


def _tidy(
    table: pd.DataFrame, rows: pd.DataFrame, person: str, visit: str, taken: Sequence[str], wanted: Sequence[str]
) -> tuple[dict[str, Measured], list[str]]:
    by_name = {_plain(name): str(name) for name in table.columns}
    visits = list(dict.fromkeys(table[visit]))
    order = {one: i for i, one in enumerate(rows[person])}
    names = tuple(named(one, "visit") for one in visits)
    found: dict[str, Measured] = {}
    if {"outcome", "value"} <= by_name.keys():
        long = table[[person, visit, by_name["outcome"], by_name["value"]]].set_axis(["p", "v", "o", "x"], axis=1)
        units = dict(zip(long["o"], table[by_name["unit"]], strict=True)) if "unit" in by_name else {}
        known = [str(one) for one in dict.fromkeys(long["o"])]
        for one in wanted:
            if one not in known:
                raise FitError(f"no outcome is called '{one}'.", code="TS-F003", remedy=did_you_mean(one, known))
    else:
        chosen = _numeric(table, taken, wanted)
        long = pd.concat([table[[person, visit]].assign(o=name, x=table[name]) for name in chosen], ignore_index=True)
        long = long.set_axis(["p", "v", "o", "x"], axis=1)
        units, known = {}, list(chosen)
    for one in wanted or known:
        part = long[long["o"].astype(str) == one]
        if part[["p", "v"]].duplicated().any():
            twice = part[part[["p", "v"]].duplicated()].iloc[0]
            raise FitError(
                f"participant {twice['p']} has two values of '{one}' at '{twice['v']}'.",
                code="TS-F006",
                remedy="Keep one row for each participant, visit and outcome.",
            )
        values = np.full((len(rows), len(visits)), np.nan)
        values[[order[p] for p in part["p"]], [visits.index(v) for v in part["v"]]] = _numbers(part["x"], one)
        used = [i for i in range(len(visits)) if np.isfinite(values[:, i]).any()]
        unit = units.get(one)
        measured = Measured(tuple(names[i] for i in used), values[:, used], unit if isinstance(unit, str) else None)
        if used:
            found[named(one, "outcome")] = measured
    return found, []


def _numeric(table: pd.DataFrame, taken: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Columns of numbers that are no participant, visit or arm; those whose names begin with what is wanted."""
    numeric = [str(n) for n in table.columns if n not in taken and _holds_numbers(table[n])]
    if not wanted:
        for name in numeric:
            _numbers(table[name], name)
        return numeric
    chosen: list[str] = []
    for one in wanted:
        fitting = [one] if one in numeric else [n for n in numeric if _plain(n).startswith(f"{_plain(one)} ")]
        if not fitting:
            raise _no_column(one, [str(n) for n in table.columns])
        chosen += fitting
    for name in chosen:
        _numbers(table[name], name)
    return list(dict.fromkeys(chosen))


def _holds_numbers(column: pd.Series[Any]) -> bool:
    """Whether at least half of what a column holds are numbers."""
    told = column.dropna()
    return len(told) > 0 and pd.to_numeric(told, errors="coerce").notna().mean() >= 0.5


def _numbers(column: pd.Series[Any], name: str) -> Floats:
    """The numbers of a column; words among them are an error, for each might have been a value."""
    numbers = pd.to_numeric(column, errors="coerce")
    words = column[numbers.isna() & column.notna()]
    if len(words):
        raise FitError(
            f"'{words.iloc[0]}' stands among the numbers of '{name}', in line {int(words.index[0]) + 2}.",
            code="TS-F008",
            remedy="Leave the cell empty where the value is missing; give a number where it lies below a limit.",
        )
    return numbers.to_numpy(dtype=np.float64)


def _wide(
    rows: pd.DataFrame, taken: Sequence[str], wanted: Sequence[str], baseline: str | None
) -> tuple[dict[str, Measured], list[str]]:
    """Columns ``outcome_visit`` with the same first words are one outcome."""
    columns = _numeric(rows, taken, wanted)
    visits = [] if wanted else _only_visits(columns, baseline)
    if visits:
        columns = [name for name in columns if name not in visits]
    if baseline is not None and baseline in rows.columns and baseline not in (*columns, *visits):
        columns.insert(0, baseline)
    unnamed = {"outcome": [(name, name) for name in visits]} if visits else {}
    stems = [re.split(r"[\s_.\-]+", name) for name in columns]
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, words in zip(columns, stems, strict=True):
        alike = [other for other in stems if other is not words and other[0] == words[0]]
        if len(words) > 1 and alike:
            shared = min(_shared(words, other) for other in alike)
            groups.setdefault(" ".join(words[:shared]), []).append((name, " ".join(words[shared:]) or "visit"))
        else:
            groups.setdefault(name, []).append((name, "visit"))
    seen = {visit for parts in groups.values() if len(parts) > 1 for _, visit in parts}
    for name in [stem for stem, parts in groups.items() if len(parts) == 1]:  # measured once, at a visit of the others
        words = re.split(r"[\s_.\-]+", name)
        split = next((k for k in range(1, len(words)) if " ".join(words[k:]) in seen), None)
        if split is not None:
            groups[" ".join(words[:split])] = [(name, " ".join(words[split:]))]
            del groups[name]
    if len(wanted) == 1 and baseline in columns and len(columns) == 2:  # two columns that were named together
        groups = {wanted[0]: [(baseline, "baseline"), (next(n for n in columns if n != baseline), "post")]}
    found = {
        named(stem, "outcome"): Measured(
            tuple(named(visit, "visit") for _, visit in parts),
            rows[[name for name, _ in parts]].to_numpy(dtype=np.float64),
        )
        for stem, parts in (unnamed | groups).items()
    }
    notes = []
    if visits:
        notes.append(f"The columns {', '.join(visits)} are taken as visits of one outcome.")
    if not wanted and len(found) > 1:
        notes.append(f"Every column of numbers is taken as an outcome: {', '.join(found)}. Choose with --outcome.")
    return found, notes


def _only_visits(columns: Sequence[str], baseline: str | None) -> list[str]:
    """Columns that bear the name of a visit alone, a baseline first, such as ``pre`` and ``post``; none without both."""
    first = [name for name in columns if name == baseline or (baseline is None and _plain(name) in BASELINE)]
    later = [name for name in columns if name not in first and LATER.fullmatch(_plain(name))]
    return [*first, *later] if len(first) == 1 and later else []


def _kept(measured: Measured, at: Sequence[str], outcome: str) -> Measured:
    """The baseline and the visits that are asked for."""
    if not at:
        return measured
    wanted = {_plain(named(one, "visit")) for one in at}
    keep = [i for i, name in enumerate(measured.visits) if name == "baseline" or _plain(name) in wanted]
    if not any(measured.visits[i] != "baseline" for i in keep):
        raise FitError(
            f"'{outcome}' has no visit '{at[0]}'.", code="TS-F003", remedy=f"Visits: {', '.join(measured.visits)}."
        )
    return Measured(tuple(measured.visits[i] for i in keep), measured.values[:, keep], measured.unit)


def _shared(words: list[str], other: list[str]) -> int:
    """How many first words two names share; the last word of a name always says the visit."""
    same = 0
    while same < min(len(words), len(other)) - 1 and words[same] == other[same]:
        same += 1
    return same


def _baseline_first(measured: Measured, wanted: str | None, outcome: str) -> Measured:
    """The visits with the baseline first and called ``baseline``; unchanged if there is none."""
    plain = [_plain(name) for name in measured.visits]
    if wanted is not None:
        told = (_plain(wanted), _plain(named(wanted, "visit")))
        fitting = [i for i, name in enumerate(plain) if name in told or told[0].endswith(f" {name}")]
        place = fitting[0] if fitting else plain.index("baseline") if "baseline" in plain else None
        if place is None and len(plain) > 1:
            raise FitError(
                f"'{outcome}' has no visit '{wanted}'.", code="TS-F003", remedy=f"Visits: {', '.join(measured.visits)}."
            )
    else:
        place = next((i for i, name in enumerate(plain) if name in BASELINE), None) if len(plain) > 1 else None
    if place is None or len(plain) == 1:
        return measured
    order = [place, *(i for i in range(len(plain)) if i != place)]
    names = ("baseline", *(measured.visits[i] for i in order[1:]))
    return Measured(names, measured.values[:, order], measured.unit)
