"""An Excel workbook in which no text is a formula or a link."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.export.build import TrialExport
from trialsim.export.model import BANNER, SIMULATED, Absent, Cell, Dataset
from trialsim.export.text import CODEBOOK, about, codebook_rows, missing_values
from trialsim.runs.files import whole_file

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

#: Texts are texts: xlsxwriter would otherwise make formulas, links and numbers of some.
PLAIN = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "default_date_format": "yyyy-mm-dd hh:mm",
}

#: The widest column [letters].
WIDEST = 60


def write(export: TrialExport, folder: Path) -> list[Path]:
    """Write the workbook: what it is, both tables, the reasons for missing values, the codebook."""
    import xlsxwriter

    path = folder / "trial.xlsx"
    with whole_file(path) as temporary:
        book = xlsxwriter.Workbook(str(temporary), PLAIN)
        book.set_properties({"title": f"{SIMULATED}: {export.facts.name}", "comments": BANNER})
        book.set_custom_property("trialsim", " | ".join(about(export))[:255])
        _words(book, "README", [[line] for line in about(export)])
        for dataset in (*export.datasets, missing_values(export)):
            _table(book, dataset)
        _words(book, "codebook", [list(CODEBOOK), *codebook_rows(export.datasets)], head=True)
        book.close()
    return [path]


def _words(book: Workbook, name: str, rows: list[list[str]], *, head: bool = False) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    for row, cells in enumerate(rows):
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, bold if row == 0 else None)
    widths = [min(max(len(row[column]) for row in rows) + 1, WIDEST) for column in range(len(rows[0]))]
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    if head:
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(rows) - 1, len(rows[0]) - 1)


def _table(book: Workbook, dataset: Dataset) -> None:
    sheet = book.add_worksheet(dataset.name)
    sheet.set_header(f"&C{SIMULATED} DATA")
    bold = book.add_format({"bold": True, "text_wrap": True})
    for column, (variable, cells) in enumerate(dataset.columns()):
        sheet.write_string(0, column, variable.name, bold)
        sheet.set_column(column, column, max(len(variable.name) + 1, 17 if variable.kind == "when" else 8))
        for row, cell in enumerate(cells, start=1):
            _cell(sheet, row, column, cell)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(dataset.rows), 1), len(dataset.variables) - 1)


def _cell(sheet: Worksheet, row: int, column: int, cell: Cell) -> Any:
    if cell is None or isinstance(cell, Absent):
        return None
    if isinstance(cell, str):
        return sheet.write_string(row, column, cell)
    if isinstance(cell, datetime):
        return sheet.write_datetime(row, column, cell)
    return sheet.write_number(row, column, cell)
