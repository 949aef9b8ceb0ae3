"""REDCap: the files that build a project and fill it with the simulated trial."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from trialsim.export.build import TrialExport
from trialsim.export.model import Absent, Cell, Variable
from trialsim.export.redcap.project import COLUMNS, RECORD_ID, Event, Field, RedcapProject, project
from trialsim.export.text import about, cell_text, safe, write_rows
from trialsim.runs.files import write_text

#: How a project is built, in the order of the steps.
STEPS = """\
Build the project, in this order:

1. Create an empty project, and in Project Setup enable "Use longitudinal data collection with defined events?".
2. Data Dictionary: upload dictionary.csv. An upload REPLACES every instrument of the project: never upload it into a project that
   is in production, nor into one with instruments of your own.
3. Define My Events: upload arms.csv, then events.csv. There is one REDCap arm: arms of REDCap are schedules, and one for each
   treatment would show the allocation to everyone.
4. Designate Instruments for My Events: upload mapping.csv.
5. Project Setup, Additional customizations, Missing Data Codes: paste missing_data_codes.txt.
6. User Rights: take the rights to the form `allocation` from all who rate or measure.
"""

FILL = """7. Data Import Tool: upload import.csv with date format Y-M-D. It is simulated: only into a project for tests.
"""


def write(export: TrialExport, folder: Path) -> list[Path]:
    """Write the project, its data and a README with the steps."""
    made = project(export.study, export.layout)
    paths = write_project(made, folder)
    header, rows = import_rows(export, made)
    paths.append(write_rows(folder / "import.csv", header, rows))
    write_text(folder / "README.txt", "\n".join([*about(export), "", STEPS + FILL]))
    return [*paths, folder / "README.txt"]


def write_project(made: RedcapProject, folder: Path) -> list[Path]:
    """Write what builds the project."""
    dictionary = [[safe(cell) for cell in row] for row in made.dictionary()]
    codes = "".join(f"{code}, {' '.join(label.split())}\n" for code, label in made.missing)
    write_text(folder / "missing_data_codes.txt", codes)
    return [
        write_rows(folder / "dictionary.csv", COLUMNS, dictionary),
        write_rows(folder / "arms.csv", ("arm_num", "name"), made.arms()),
        write_rows(folder / "events.csv", ("event_name", "arm_num", "unique_event_name"), made.event_rows()),
        write_rows(folder / "mapping.csv", ("arm_num", "unique_event_name", "form"), made.mapping()),
        folder / "missing_data_codes.txt",
    ]


def import_rows(export: TrialExport, made: RedcapProject) -> tuple[list[str], list[list[str]]]:
    """The header and the rows: one a participant and event."""
    forms = list(dict.fromkeys(one.form for one in made.fields))
    others = [one for one in made.fields if one.name != RECORD_ID]
    header = [RECORD_ID, "redcap_event_name", *(one.name for one in others), *(f"{form}_complete" for form in forms)]
    places = {one.name: place for place, one in enumerate(export.layout.long)}
    who = export.long.place("id")
    by_person: dict[str, list[tuple[Cell, ...]]] = {}
    for row in export.long.rows:
        by_person.setdefault(str(row[who]), []).append(row)
    rows = []
    for person, visits in by_person.items():
        for event in made.events:
            row = visits[export.layout.visits[event.visit] - 1 if event.visit else 0]
            cells = list(_cells(event, others, row, places))
            done = [_complete(event, form, row, export.layout.long) for form in forms]
            rows.append([person, event.unique, *cells, *done])
    return header, rows


def _cells(event: Event, fields: list[Field], row: tuple[Cell, ...], places: dict[str, int]) -> Iterator[str]:
    for field in fields:
        yield redcap_cell(row[places[field.variable.name]], field.variable) if field.form in event.forms else ""


def redcap_cell(cell: Cell, variable: Variable) -> str:
    """A cell as REDCap takes it: a missing value by its code, a date to the minute."""
    if isinstance(cell, Absent):
        return str(variable.missing[cell.index].number)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    return cell_text(cell)


def _complete(event: Event, form: str, row: tuple[Cell, ...], variables: tuple[Variable, ...]) -> str:
    """Complete where the visit took place or there is none, otherwise not begun; empty where the form is not of the event."""
    if form not in event.forms:
        return ""
    status = next(place for place, one in enumerate(variables) if one.role == "status")
    return "2" if not event.visit or row[status] == 1 or form == "visit" else "0"
