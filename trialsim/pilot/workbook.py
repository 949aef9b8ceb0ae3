"""From a sheet of an .xlsx workbook to rows of cells."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from trialsim.pilot.data import Cell, FitError

#: A workbook is a zip file; this is the largest size unpacked.
MOST_UNPACKED = 100_000_000


def rows_of(file: Path, content: bytes, sheet: str | None) -> tuple[list[tuple[int, list[Cell]]], tuple[str, ...]]:
    """The rows of a sheet with their numbers, and notes.

    Raises
    ------
    FitError
        TS-F001 it is not a workbook, TS-P013 openpyxl is not installed, TS-P014 several sheets are filled, TS-P028 a
        formula has no value
    """
    try:
        import openpyxl
    except ImportError:
        raise FitError(
            f"{file} is a workbook, and reading it needs the package openpyxl.",
            code="TS-P013",
            remedy="Install it with: python -m pip install openpyxl; or save the sheet as CSV.",
        ) from None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
                raise FitError(f"{file} is too large.", code="TS-F001", remedy="Keep only the sheet that you need.")
        values = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(content), data_only=False)
    except FitError:
        raise
    except Exception as error:  # openpyxl raises errors of many kinds
        raise FitError(
            f"{file} cannot be read as a workbook: {error}.", code="TS-F001", remedy="Save the sheet as CSV."
        ) from None
    filled = [one.title for one in values.worksheets if any(cell.value is not None for row in one.rows for cell in row)]
    wanted = sheet if sheet is not None else filled[0] if len(filled) == 1 else None
    if wanted is None or wanted not in filled:
        what = f"{file} has no filled sheet '{sheet}'" if sheet else f"{file} has {len(filled)} filled sheets"
        remedy = f"Name one with --sheet: {', '.join(filled)}." if filled else "Fill a sheet, or give another file."
        raise FitError(f"{what}.", code="TS-P014", remedy=remedy)
    out = []
    for number, (row, written) in enumerate(zip(values[wanted].rows, formulas[wanted].rows, strict=True), start=1):
        for cell, source in zip(row, written, strict=True):
            if cell.value is None and source.data_type == "f":
                raise FitError(
                    f"the formula in {cell.coordinate} of {file} has no value yet.",
                    code="TS-P028",
                    remedy="Open the workbook in a spreadsheet program, let it compute, and save it.",
                )
        out.append((number, [_plain(cell.value) for cell in row]))
    return out, (f"Read from the sheet '{wanted}'.",) if len(values.worksheets) > 1 else ()


def _plain(value: Any) -> Cell:
    """Numbers as numbers, days and times as words, yes and no as 1 and 0."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    return None if value is None else str(value)
