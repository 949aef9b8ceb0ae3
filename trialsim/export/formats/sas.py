"""SAS transport files: version 5 with names of 8 letters, version 8 beside it, and a program that reads both with formats."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.export.build import TrialExport
from trialsim.export.frames import frame, nothing, pyreadstat
from trialsim.export.model import BANNER, SIMULATED, Dataset, number_text
from trialsim.export.names import ascii_text
from trialsim.export.text import about, missing_values, safe, write_rows
from trialsim.runs.files import whole_file, write_text

if TYPE_CHECKING:
    import pandas as pd

#: Letters that a transport file of version 5 and one of version 8 allow in a label.
LABEL_5, LABEL_8 = 40, 256


def write(export: TrialExport, folder: Path) -> list[Path]:
    """Write each table in both versions, the table of names, and the program."""
    made = []
    tables = [*export.datasets, missing_values(export)]
    for one in tables:
        made += [_write(one, folder / f"{one.name}.xpt", short=True), _write(one, folder / f"{one.name}_v8.xpt")]
    names = {one.short: one for dataset in export.datasets for one in dataset.variables}
    made.append(
        write_rows(
            folder / "names.csv",
            ("short_name", "name", "label"),
            ([short, one.name, safe(one.full_label)] for short, one in sorted(names.items())),
        )
    )
    write_text(folder / "read.sas", program(export, tables))
    return [*made, folder / "read.sas"]


def _write(dataset: Dataset, path: Path, *, short: bool = False) -> Path:
    labels = [
        ascii_text(one.full_label, longest=LABEL_5, instead=one.name) if short else one.full_label[:LABEL_8]
        for one in dataset.variables
    ]
    with whole_file(path) as temporary:
        pyreadstat().write_xport(
            _in_ascii(dataset, short=short),
            str(temporary),
            file_label=BANNER[:LABEL_5],
            column_labels=labels,
            table_name=dataset.name.upper()[:8],
            file_format_version=5 if short else 8,
        )
    return path


def _in_ascii(dataset: Dataset, *, short: bool) -> pd.DataFrame:
    table = frame(dataset, nothing, short=short)
    if short:
        for one in dataset.variables:
            if one.kind == "text":
                table[one.short] = [ascii_text(cell, longest=200) for cell in table[one.short]]
    return table


def program(export: TrialExport, tables: Iterable[Dataset]) -> str:
    """A SAS program that reads the files of version 5 and gives their codes labels."""
    lines = [f"* {_comment(line)};" for line in about(export)]
    lines += ["* Set the folder of this file, then run it.;", "%let folder = .;", "", "proc format;"]
    coded = {one.short: one for dataset in export.datasets for one in dataset.variables if one.codes}
    for place, variable in enumerate(coded.values(), start=1):
        pairs = " ".join(f"{number_text(code.value)} = {_quoted(code.label)}" for code in variable.codes)
        lines.append(f"  value f{place}_ {pairs};")
    lines.append("run;")
    formats = {short: f"f{place}_." for place, short in enumerate(coded, start=1)}
    for one in tables:
        name = one.name.upper()[:8]
        mine = " ".join(f"{v.short} {formats[v.short]}" for v in one.variables if v.short in formats)
        lines += [
            "",
            f'libname in xport "&folder./{one.name}.xpt";',
            f"data {name} (label={_quoted(SIMULATED + ' DATA')});",
            f"  set in.{name};",
            *([f"  format {mine};"] if mine else []),
            "run;",
        ]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    """A text for a comment, in which SAS would read quotation marks, macros and the end of the comment."""
    return "".join(" " if letter in "'\"%&;*" else letter for letter in " ".join(text.split()))


def _quoted(text: str) -> str:
    """A text between apostrophes, in which SAS reads nothing as its own."""
    return "'" + text.replace("'", "''") + "'"
