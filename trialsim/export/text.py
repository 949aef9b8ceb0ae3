"""Tables as text: CSV that no spreadsheet takes for formulas, the codebook, the list of missing values, the README."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from trialsim.export.build import TrialExport
from trialsim.export.model import BANNER, SIMULATED, Absent, Cell, Dataset, Variable, number_text
from trialsim.runs.files import write_text

#: What a spreadsheet takes for the beginning of a formula.
FORMULA = re.compile(r"^\s*[=+\-@\t\r|]")

#: A number is none, nor a number, a comma and words: a choice of REDCap, which no spreadsheet can compute.
NUMBER = re.compile(r"^-?\d+(\.\d+)?(, .*)?$")


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe before what looks like one.

    >>> safe("=1+1"), safe("-991"), safe("-x"), safe(" @a"), safe("a=1")
    ("'=1+1", '-991', "'-x", "' @a", 'a=1')
    """
    return f"'{text}" if FORMULA.match(text) and not NUMBER.match(text) else text


def cell_text(cell: Cell) -> str:
    """A cell as CSV has it; a missing value is empty, whatever its reason."""
    if cell is None or isinstance(cell, Absent):
        return ""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%dT%H:%M:%S")
    if isinstance(cell, str):
        return safe(cell)
    return number_text(cell)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    """Write a table of texts as CSV in UTF-8; texts are made safe before they come here."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    table.writerows(rows)
    write_text(path, text.getvalue())
    return path


def write_csv(dataset: Dataset, path: Path) -> Path:
    """Write a table as CSV."""
    header = [one.name for one in dataset.variables]
    rows = ([cell_text(cell) for cell in row] for row in dataset.rows)
    return write_rows(path, header, rows)


#: The columns of the codebook.
CODEBOOK = (
    "table", "variable", "short_name", "label", "type", "measure", "unit", "decimals", "low", "high", "codes", "missing_codes",
)  # fmt: skip


def codebook_rows(datasets: Iterable[Dataset]) -> list[list[str]]:
    """One row a table and variable."""
    return [_codebook_row(dataset.name, one) for dataset in datasets for one in dataset.variables]


def _codebook_row(table: str, one: Variable) -> list[str]:
    ends = ["" if end is None else number_text(end) for end in (one.low, one.high)]
    codes = "; ".join(f"{number_text(code.value)} = {code.label}" for code in one.codes)
    missing = "; ".join(f"{code.number} (.{code.letter}) = {code.label}" for code in one.missing)
    return [
        table,
        one.name,
        one.short,
        one.label,
        one.kind,
        one.measure,
        one.unit,
        str(one.decimals),
        *ends,
        codes,
        missing,
    ]


def write_codebook(datasets: Iterable[Dataset], path: Path) -> Path:
    """Write the codebook."""
    return write_rows(path, CODEBOOK, ([safe(cell) for cell in row] for row in codebook_rows(datasets)))


def missing_values(export: TrialExport) -> Dataset:
    """Every planned value that is missing, with its reason: for formats without codes for missing values."""
    kept = [
        Variable("id", "Participant", "text", "nominal", short="ID"),
        Variable("simulated", f"{SIMULATED} DATA: no person exists", "text", "nominal", short="SIMULATE"),
        Variable("variable", "Variable of the wide table", "text", "nominal", short="VARIABLE"),
        Variable("reason", "Why the value is missing", "text", "nominal", short="REASON"),
    ]
    rows: list[tuple[Cell, ...]] = [
        (row[0], SIMULATED, one.name, one.missing[cell.index].label)
        for row in export.wide.rows
        for one, cell in zip(export.wide.variables, row, strict=True)
        if isinstance(cell, Absent)
    ]
    return Dataset("missing", "Values that are missing, with the reason", tuple(kept), tuple(rows), ("id", "variable"))


def about(export: TrialExport) -> list[str]:
    """What the data are, in lines: the head of every README and note."""
    return [BANNER, "One trial, simulated by trialsim from the assumptions of a scenario.", *export.facts.lines()]


def readme(export: TrialExport, listed: Sequence[tuple[str, str]]) -> str:
    """The README of the folder: what the data are, and what each file is."""
    width = max((len(name) for name, _ in listed), default=0) + 2
    scripts = any(name == "scripts/" for name, _ in listed)
    lines = [
        *about(export),
        "",
        "The files:",
        *(f"  {name:<{width}}{what}" for name, what in listed),
        "",
        "Values are as the instruments print them, times are to the minute; analyses of a run use values before this rounding.",
        *(["scripts/expected.csv has both estimates: those of these tables, and those of the run."] if scripts else []),
        "A missing value is an empty cell in CSV, Excel and SAS files (table `missing` has the reasons), a number declared as",
        "missing in SPSS files, and .a to .z in Stata files. codebook.csv has every name, label, code and reason.",
    ]
    return "\n".join(lines) + "\n"
