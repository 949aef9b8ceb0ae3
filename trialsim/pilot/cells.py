"""From cells to numbers: decimal marks, thousands, yes and no, and codes for missing values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trialsim.pilot.data import Cell, Choices, FitError, Floats, Question, Table

WHOLE = re.compile(r"[-+]?\d+(?:[eE][-+]?\d+)?")
POINT = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?")
COMMA = re.compile(r"[-+]?(?:\d+,\d*|,\d+)(?:[eE][-+]?\d+)?")
#: A mark before every three digits: thousands, or a number with three decimals.
THREES = {".": re.compile(r"[-+]?[1-9]\d{0,2}(?:\.\d{3})+"), ",": re.compile(r"[-+]?[1-9]\d{0,2}(?:,\d{3})+")}
THOUSANDS = {
    ",": re.compile(r"[-+]?\d{1,3}(?:[. '\u2019\u00a0\u202f]\d{3})+(?:,\d+)?"),
    ".": re.compile(r"[-+]?\d{1,3}(?:[, '\u2019\u00a0\u202f]\d{3})+(?:\.\d+)?"),
}
#: The largest number in a study.
LARGEST = 1e12
YES = {"yes", "y", "true", "ja", "oui", "si", "sí"}
NO = {"no", "n", "false", "nein", "non"}

#: Numbers that data files use for a missing value.
CODES = frozenset({77, 88, 99, 777, 888, 999, 7777, 8888, 9999, 99999, 99.9, 999.9, -7, -8, -9, -77, -88, -99, -777, -888, -999,
                   -9999, -99999})  # fmt: skip


@dataclass(frozen=True)
class NumericColumn:
    """A column as numbers (N,), NaN where missing; ``fault`` and ``question`` say why it cannot be used as it is."""

    values: Floats
    share: float  # of the filled cells that are numbers
    fault: FitError | None = None
    question: Question | None = None

    @property
    def whole(self) -> bool:
        """Whether all numbers are whole."""
        seen = self.values[np.isfinite(self.values)]
        return bool(len(seen) and (seen == np.round(seen)).all())


def missing_codes(choices: Choices, table: Table) -> dict[str | None, set[str]]:
    """Codes by column (None: every column), from ``CODE,CODE`` and ``COLUMN=CODE,CODE``.

    Raises
    ------
    FitError
        TS-P027 a column that does not exist, or no code
    """
    found: dict[str | None, set[str]] = {}
    for text in choices.missing:
        column, equals, rest = text.rpartition("=")
        if equals and column not in table.columns:
            raise FitError(
                f"--missing {text}: there is no column '{column}'.",
                code="TS-P027",
                remedy=f"Columns: {', '.join(table.columns)}.",
            )
        codes = {one.strip().lower() for one in rest.split(",") if one.strip()}
        if not codes:
            raise FitError(f"--missing {text} has no code.", code="TS-P027", remedy="Write --missing 999.")
        found.setdefault(column if equals else None, set()).update(codes)
    return found


def without_codes(table: Table, choices: Choices, keep: Sequence[str] = ()) -> tuple[Table, list[str]]:
    """The table with an empty cell in place of each code of a missing value, and their number; ``keep`` holds ids."""
    codes = missing_codes(choices, table)
    columns, notes = dict(table.columns), []
    for name, cells in table.columns.items():
        mine = (codes.get(None, set()) | codes.get(name, set())) - {"none"}
        if not mine or name in keep:
            continue
        gone = [_is_code(cell, mine) for cell in cells]
        if any(gone):
            columns[name] = [None if lost else cell for cell, lost in zip(cells, gone, strict=True)]
            notes.append(f"{sum(gone)} of {name}")
    remarks = [f"Made missing because of --missing: {', '.join(notes)}."] if notes else []
    if codes and not notes and codes != {None: {"none"}}:
        remarks = [f"--missing {', '.join(choices.missing)}: the file does not contain this value."]
    return Table(table.name, columns, table.lines, table.comma_file, table.notes), remarks


def _is_code(cell: Cell, codes: set[str]) -> bool:
    if cell is None:
        return False
    text = str(cell).strip().lower()
    if text in codes:
        return True
    number = _number(text.replace(",", "."))
    return number is not None and any(_number(code) == number for code in codes)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) <= LARGEST else None


def numbers_of(table: Table, name: str, choices: Choices) -> NumericColumn:
    """A column as numbers, with the problem if that is impossible.

    A comma is decimal if every number of the column with a mark has a comma, and not every such mark is
    before exactly three digits, which could be thousands.
    """
    cells = table.columns[name]
    filled = [(line, cell) for line, cell in zip(table.lines, cells, strict=True) if cell is not None]
    texts = [(line, str(cell)) for line, cell in filled if isinstance(cell, str)]
    decimal, fault, question = _decimal(table, name, [text for _, text in texts], choices)
    if texts and {text.lower() for _, text in texts} <= YES | NO and len(texts) == len(filled):
        return NumericColumn(np.array([_yes(cell) for cell in cells]), 1.0)
    values = np.full(len(cells), np.nan)
    words: list[tuple[int, str]] = []
    for i, cell in enumerate(cells):
        if cell is None:
            continue
        value = (
            _number(str(cell))
            if isinstance(cell, float)
            else _parsed(cell, decimal, explicit=choices.decimal is not None)
        )
        if value is None:
            words.append((table.lines[i], str(cell)))
        else:
            values[i] = value
    share = 1 - sum(not _like_number(word) for _, word in words) / len(filled) if filled else 0.0
    if fault is None and question is None and words:
        fault = _word(name, *words[0])
    return NumericColumn(values, share, fault, question)


def _yes(cell: Cell) -> float:
    return np.nan if cell is None else float(str(cell).lower() in YES)


def _parsed(text: str, decimal: str, *, explicit: bool) -> float | None:
    bare = text.replace("\u2212", "-")
    if explicit and THOUSANDS[decimal].fullmatch(bare):
        bare = re.sub(rf"[^\d{re.escape(decimal)}+-]", "", bare)
    if decimal == ",":
        if POINT.fullmatch(bare):
            return None
        bare = bare.replace(",", ".")
    return _number(bare) if WHOLE.fullmatch(bare) or POINT.fullmatch(bare) else None


def _like_number(text: str) -> bool:
    patterns = (WHOLE, POINT, COMMA, *THOUSANDS.values())
    return any(one.fullmatch(text) for one in patterns)


def _word(name: str, line: int, word: str) -> FitError:
    if any(one.fullmatch(word) for one in THOUSANDS.values()) and not (POINT.fullmatch(word) or COMMA.fullmatch(word)):
        return _thousands(name, word)
    return FitError(
        f"'{word}' is among the numbers of '{name}', in line {line}.",
        code="TS-F008",
        remedy=f"Leave the cell empty if the value is missing (or give --missing {word} if it means missing); write a "
        "number if it is below a limit.",
    )


def _thousands(name: str, word: str) -> FitError:
    mark = "," if THOUSANDS[","].fullmatch(word) and not THOUSANDS["."].fullmatch(word) else "."
    return FitError(
        f"'{word}' in '{name}' has a thousands separator.",
        code="TS-P016",
        remedy=f'Save the numbers without it, or say which mark is the decimal one: --decimal "{mark}".',
    )


def _decimal(
    table: Table, name: str, texts: Sequence[str], choices: Choices
) -> tuple[str, FitError | None, Question | None]:
    """The decimal mark of a column, or why it cannot be determined."""
    if choices.decimal is not None:
        return choices.decimal, None, None
    pointed = [text for text in texts if POINT.fullmatch(text)]
    commas = [text for text in texts if COMMA.fullmatch(text)]
    other = [text for text in texts if _like_number(text) and not any(p.fullmatch(text) for p in (WHOLE, POINT, COMMA))]
    if other:
        return ".", _thousands(name, other[0]), None
    if pointed and commas:
        mixed = FitError(
            f"'{name}' has numbers with a point ({pointed[0]}) and with a comma ({commas[0]}).",
            code="TS-P015",
            remedy="Write all of them in the same way.",
        )
        return ".", mixed, None
    mark, marked = (",", commas) if commas else (".", pointed)
    doubtful = bool(marked) and all(THREES[mark].fullmatch(text) for text in marked)
    if doubtful and (mark == "," or table.comma_file or _has_commas(table)):
        three = marked[0]
        question = Question(
            "TS-P015",
            f"'{three}' in '{name}' may have three decimals or a thousands separator.",
            f'--decimal "{mark}" if it has decimals, --decimal "{"." if mark == "," else ","}" if it has thousands',
        )
        return mark, None, question
    return mark, None, None


def _has_commas(table: Table) -> bool:
    """Whether any column has decimal commas beyond doubt."""
    return any(
        isinstance(cell, str) and COMMA.fullmatch(cell) and not THREES[","].fullmatch(cell)
        for cells in table.columns.values()
        for cell in cells
    )


def code_question(name: str, values: Floats, choices: Choices) -> Question | None:
    """A question if a usual code for a missing value is far outside the other values of a column.

    Far is more than the range of the other values away from them, or half of it for codes of three digits and more.
    """
    if any("none" in text.lower().rpartition("=")[2].split(",") for text in choices.missing
           if text.rpartition("=")[0] in ("", name)):  # fmt: skip
        return None
    seen = values[np.isfinite(values)]
    others = seen[~np.isin(seen, list(CODES))]
    if len(others) < 2:
        return None
    low, high = float(others.min()), float(others.max())
    found = []
    for code in np.unique(seen[np.isin(seen, list(CODES))]):
        gap = max(float(code) - high, low - float(code))
        if gap > (high - low) * (0.5 if abs(code) > 100 else 1.0):
            found.append(float(code))
    if not found:
        return None
    times = sum(int((seen == code).sum()) for code in found)
    codes = ",".join(f"{code:g}" for code in found)
    message = (
        f"{codes} appears {times} time{'s' if times > 1 else ''} in '{name}', and the other values lie between {low:g} and "
        f"{high:g}: "
        "it looks like a code for a missing value."
    )
    return Question(
        "TS-P017", message, f'--missing {codes} if it means missing, --missing "{name}=none" if it is a value'
    )
