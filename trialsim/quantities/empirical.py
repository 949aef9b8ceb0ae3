"""Values of an empirical distribution: written out, or a column of a CSV file beside the scenario."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from trialsim.quantities.refuse import did_you_mean, refuse
from trialsim.quantities.values import read_value

MOST_VALUES = 100_000
MOST_BYTES = 20_000_000
MOST_IN_LINE = 2**16
KEYS = ("file", "column", "unit")


def read_empirical(inner: object, kind: str, info: Any) -> tuple[float, ...]:
    """Values in canonical units from ``[12 min, 15 min, ..]`` or ``{file: lengths.csv, column: minutes, unit: min}``.

    Raises
    ------
    PydanticCustomError
        TS-E019: no such file or column, or a cell that is not a number.
    """
    if isinstance(inner, Mapping):
        cells, unit = _cells(inner, info)
        texts: Sequence[object] = [f"{cell} {unit}".strip() for cell in cells]
    elif isinstance(inner, Sequence) and not isinstance(inner, str):
        texts = inner
    else:
        refuse(
            "TS-E019",
            "'empirical' needs values.",
            remedy="Write [12 min, 15 min], or {file: x.csv, column: a, unit: min}.",
        )
    if not texts or len(texts) > MOST_VALUES:
        refuse(
            "TS-E019",
            f"{len(texts)} values are too few or too many.",
            remedy=f"1 to {MOST_VALUES} are possible.",
        )
    values = [read_value(_as_number(text, kind), kind)[0] for text in texts]
    if kind == "duration" and min(values) < 0:
        refuse("TS-E013", "a value is negative.", remedy="A duration is 0 or more.")
    return tuple(sorted(values))


def beside(folder: Path, name: str) -> Path | None:
    """The file of this name in a folder or below it; None if the name leads outside or is not a usable name."""
    try:
        file = (folder / name).resolve()
        file.is_file()
    except (OSError, ValueError, RuntimeError):  # a null character, a loop of links, a name that is too long
        return None
    return file if file.is_relative_to(folder.resolve()) else None


def _as_number(text: object, kind: str) -> object:
    if kind == "amount" and isinstance(text, str):
        try:
            return float(text)
        except ValueError:
            return text
    return text


def _cells(inner: Mapping[Any, Any], info: Any) -> tuple[list[str], str]:
    for key in inner:
        if key not in KEYS:
            refuse("TS-E003", f"unknown key '{key}'.", remedy=did_you_mean(str(key), KEYS), at=(key,))
    context = getattr(info, "context", None) or {}
    name = inner.get("file")
    if not isinstance(name, str):
        refuse("TS-E019", "the CSV file is not named.", remedy="Write file: lengths.csv.")
    file = beside(Path(context.get("folder", ".")), name)
    if file is None:
        message = f"the CSV file '{name}' lies outside the scenario's folder. A scenario can only read files in its own folder."
        refuse("TS-E019", message, remedy="Copy it beside the scenario.", at=("file",))
    if not file.is_file():
        refuse(
            "TS-E019",
            f"the CSV file '{name}' cannot be read.",
            remedy="Put it into the scenario's folder.",
            at=("file",),
        )
    try:
        if file.stat().st_size > MOST_BYTES:
            refuse(
                "TS-E019", f"'{name}' has more than {MOST_BYTES / 1e6:.0f} MB.", remedy="Keep one column.", at=("file",)
            )
        with file.open(encoding="utf-8-sig", newline="") as stream:
            cells = _column(stream, name, inner.get("column"))
    except (OSError, UnicodeDecodeError, csv.Error):
        refuse("TS-E019", f"the CSV file '{name}' cannot be read.", remedy="Save it as CSV in UTF-8.", at=("file",))
    for cell in cells:
        try:
            float(cell)
        except ValueError:
            refuse(
                "TS-E019", f"'{cell}' in '{name}' is not a number.", remedy="Put the unit in unit:, not in the cells."
            )
    return cells, str(inner.get("unit") or "")


def _column(stream: TextIO, name: str, asked: object) -> list[str]:
    """The cells of one column that are not empty, read a line at a time; never more than a few beyond :data:`MOST_VALUES`."""
    rows = csv.reader(_lines(stream))
    columns = next(rows, [])
    column = asked if asked is not None or len(columns) != 1 else columns[0]
    if column not in columns:
        remedy = did_you_mean(str(column), columns, what="Columns") or "The file is empty."
        refuse("TS-E019", f"'{name}' has no column '{column}'.", remedy=remedy, at=("column",))
    place = columns.index(str(column))
    cells: list[str] = []
    for row in rows:
        if place < len(row) and (cell := row[place].strip()):
            cells.append(cell)
            if len(cells) > MOST_VALUES:
                refuse(
                    "TS-E019", f"'{name}' has more than {MOST_VALUES:,} values.", remedy="Keep a sample of them.",
                    at=("file",),
                )  # fmt: skip
    return cells


def _lines(stream: TextIO) -> Iterator[str]:
    """Lines of a stream.

    Raises
    ------
    csv.Error
        if a line is too long to be a line of a table
    """
    while line := stream.readline(MOST_IN_LINE):
        if len(line) == MOST_IN_LINE:
            raise csv.Error(f"a line has more than {MOST_IN_LINE:,} letters")
        yield line
