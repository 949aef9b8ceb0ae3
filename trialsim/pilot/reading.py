"""From a pilot file (CSV in the usual forms, or a sheet of a workbook) to a table of cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from trialsim.pilot.data import Cell, FitError, Table
from trialsim.regular import check_regular, read_regular

#: The largest pilot file; read as a table, a file takes up to a hundred times as much memory.
MOST_BYTES = 10_000_000
MOST_ROWS = 100_000
MOST_COLUMNS = 1000
MOST_IN_LINE = 2**16

#: Words for an empty cell, in any case.
EMPTY = {"", "na", "n/a", "n.a.", "nan", "#n/a", "null", "."}


def read_table(file: Path, *, sheet: str | None = None) -> Table:
    """The cells of a pilot file.

    Supported are UTF-8, UTF-16 and cp1252; commas, semicolons or tabs; ``.xlsx`` if openpyxl is installed.

    Raises
    ------
    FitError
        TS-F001 it is not a table, TS-P010 titles or merged cells above the names, TS-P011 two columns with the same
        name, TS-P012 a row with a different length,
        TS-P013 a workbook without openpyxl, TS-P014 several sheets, TS-P028 a formula without a value
    """
    try:
        content = read_regular(file, most=MOST_BYTES)
    except OSError as error:
        if _too_long(file):
            raise _too_large(f"{file} has more than {MOST_BYTES / 1e6:.0f} MB") from None
        raise _unread(file, error.strerror or str(error)) from None
    if content.startswith(b"PK\x03\x04"):
        from trialsim.pilot.workbook import rows_of

        rows, notes = rows_of(file, content, sheet)
        return _table(file.name, rows, comma_file=False, notes=notes)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise _unread(file, "it is a workbook in the old format (.xls)", "Save it as .xlsx or CSV.")
    if sheet is not None:
        raise FitError(f"{file} has no sheets.", code="TS-P014", remedy="Leave --sheet out.")
    text, notes = _decoded(file, content)
    separator, text, skipped = _separator(text)
    first = text.partition("\n")[0]
    if len(first) >= MOST_IN_LINE:
        raise _too_large(f"the first line of {file} has more than {MOST_IN_LINE:,} letters")
    if first.count(separator) >= MOST_COLUMNS:
        raise _too_large(f"{file} has more than {MOST_COLUMNS:,} columns")
    if text.count("\n") > MOST_ROWS + 1:
        raise _too_large(f"{file} has more than {MOST_ROWS:,} rows")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    rows = []
    before = 0
    try:
        for row in reader:
            rows.append((before + 1 + skipped, list[Cell](row)))
            before = reader.line_num
    except csv.Error as error:
        raise _unread(file, f"line {reader.line_num + skipped}: {error}", "Close every quotation mark.") from None
    return _table(file.name, rows, comma_file=separator == ";", notes=notes)


def _too_long(file: Path) -> bool:
    try:
        check_regular(file)
        return file.stat().st_size > MOST_BYTES
    except OSError:
        return False


def _too_large(what: str) -> FitError:
    return FitError(
        f"{what}.", code="TS-F001", remedy="A pilot is a small table; keep only the columns and rows that you need."
    )


def _unread(file: Path, why: str, remedy: str = "Save it as CSV with a first line of column names.") -> FitError:
    return FitError(f"{file} cannot be read: {why}.", code="TS-F001", remedy=remedy)


def _decoded(file: Path, content: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and a note on its encoding."""
    notes: tuple[str, ...] = ()
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16"), ()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            raise _unread(file, "it is not text in UTF-8 or cp1252") from None
        notes = ("The file is not UTF-8 and was read as cp1252 (Western European, as Excel on Windows writes it).",)
    if "\x00" in text:
        raise _unread(file, "it is not text")
    return text, notes


def _separator(text: str) -> tuple[str, str, int]:
    """The separator of cells, the text without Excel's ``sep=`` line, and the number of lines left out."""
    first, _, rest = text.partition("\n")
    declared = re.fullmatch(r'"?sep=(.)"?\r?', first)
    if declared:
        return declared[1], rest, 1
    top = text[: MOST_IN_LINE * 4].splitlines()[:20]

    def width(mark: str) -> tuple[int, int]:
        counts = [len(next(csv.reader([line], delimiter=mark), [])) for line in top]
        return counts[0] if counts else 0, max(counts, default=0)

    return max(";\t,", key=width), text, 0


def _table(name: str, rows: Sequence[tuple[int, list[Cell]]], *, comma_file: bool, notes: tuple[str, ...]) -> Table:
    """Columns from rows with their lines; the first row has the names."""
    rows = [(line, [_cell(one) for one in row]) for line, row in rows]
    rows = [(line, row) for line, row in rows if any(one is not None for one in row)]
    if len(rows) < 2:
        raise FitError(
            f"{name} has no rows.", code="TS-F001", remedy="Give a first line of names, then a line for each row."
        )
    if len(rows) > MOST_ROWS:
        raise _too_large(f"{name} has more than {MOST_ROWS:,} rows")
    head = rows[0][1]
    while head and head[-1] is None and all(len(row) < len(head) or row[len(head) - 1] is None for _, row in rows):
        head = head[:-1]  # a separator at the end of each line
    _check_lengths(name, head, rows)
    full = [(line, (row + [None] * len(head))[: len(head)]) for line, row in rows[1:]]
    names = _names(name, head, [(rows[0][0], head), *full])
    columns = {one: [row[i] for _, row in full] for i, one in enumerate(names) if one is not None}
    return Table(name, columns, tuple(line for line, _ in full), comma_file, notes)


def _cell(value: Cell) -> Cell:
    """A cell without blanks around it; None if it is empty or marked as missing."""
    if not isinstance(value, str):
        return value
    text = " ".join(value.split())
    return None if text.lower() in EMPTY else text


def _check_lengths(name: str, head: list[Cell], rows: Sequence[tuple[int, list[Cell]]]) -> None:
    lengths = {len(row) - _empty_end(row, len(head)) for _, row in rows[1:]}
    if lengths == {len(head) + 1}:
        raise FitError(
            f"every row of {name} has one cell more than the first line has names: row names without a column name, or "
            "decimal commas between commas.",
            code="TS-P012",
            remedy="Name the first column; or put semicolons between the cells, or quotation marks around 5,1.",
        )
    for line, row in rows[1:]:
        length = len(row) - _empty_end(row, len(head))
        if length != len(head):
            raise FitError(
                f"line {line} of {name} has {length} cells, the first line {len(head)} names.",
                code="TS-P012",
                remedy="Give each row a cell for each name. Put cells with the separator, such as 5,1, in quotation marks.",
            )


def _empty_end(row: list[Cell], wanted: int) -> int:
    """Empty cells at the end of a row beyond the names."""
    extra = 0
    while len(row) - extra > wanted and row[len(row) - extra - 1] is None:
        extra += 1
    return extra


def _names(name: str, head: list[Cell], rows: Sequence[tuple[int, list[Cell]]]) -> list[str | None]:
    """A name for each column; None for a column of row numbers without a name."""
    names: list[str | None] = [None if one is None else str(one) for one in head]
    unnamed = [i for i, one in enumerate(names) if one is None]
    if unnamed == [0]:
        numbers = [str(row[0]) for _, row in rows[1:]]
        if len(set(numbers)) == len(numbers):  # row names, as R and pandas write them
            names[0], unnamed = "(row names)", []
    if unnamed:
        raise _merged(name, rows)
    seen: set[str] = set()
    for one in names:
        if str(one).casefold() in seen:
            raise FitError(
                f"two columns of {name} are called '{one}'.",
                code="TS-P011",
                remedy="Give each column its own name.",
            )
        seen.add(str(one).casefold())
    return names


def _merged(name: str, rows: Sequence[tuple[int, list[Cell]]]) -> FitError:
    """Titles or merged cells above the names: the correct first line, if it can be determined."""
    width = len(rows[0][1])
    place = next((i for i, (_, row) in enumerate(rows) if all(one is not None for one in row)), None)
    full = rows[place][1] if place is not None else []
    if place is None or place == 0 or any(not isinstance(one, str) or re.fullmatch(r"[-+\d.,]+", one) for one in full):
        bare = [i + 1 for i, one in enumerate(rows[0][1]) if one is None]
        return FitError(
            f"the first line of {name} has no name for column {bare[0]} of {width}.",
            code="TS-P010",
            remedy="Give each column one name, in one line, and leave no lines above it.",
        )
    above: list[str] = [""] * width
    for _, row in rows[1 if sum(one is not None for one in rows[0][1]) == 1 else 0 : place]:
        carried = ""
        for i, one in enumerate(row):  # a merged cell has its name in its first column only
            carried = str(one) if one is not None else carried
            above[i] = f"{above[i]} {carried}".strip()
    twice = [str(one).casefold() for one in full]
    better = [
        f"{up} {one}" if twice.count(str(one).casefold()) > 1 else str(one) for up, one in zip(above, full, strict=True)
    ]
    line = rows[place][0]
    return FitError(
        f"the names of {name} are in line {line}, below titles or merged cells.",
        code="TS-P010",
        remedy=f"Delete the lines above it, and make it: {', '.join(better)}.",
    )
