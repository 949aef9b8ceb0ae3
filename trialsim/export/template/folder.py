"""The folder of an empty data-collection set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random

from trialsim.cohort import Cohort
from trialsim.export.formats.redcap import STEPS, write_project
from trialsim.export.layout import layout
from trialsim.export.model import Dataset
from trialsim.export.redcap.project import project
from trialsim.export.template import calendar, staffing
from trialsim.export.template.randomization import NoList, list_or_reason, write_list
from trialsim.export.text import safe, write_codebook, write_rows
from trialsim.prepared import Study
from trialsim.runs.files import write_text

#: Where the list lies, and where its hash does.
LIST = "randomization/randomization_list.csv"
HASH = "randomization_sha256.txt"

HEAD = """\
An empty set to collect the data of a study, made by trialsim from its scenario. There are no data in it.

  data_dictionary.csv            every variable: name, label, type, unit, range, codes, codes for missing values
  redcap/                        what builds an empty REDCap project (steps below)
  visit_calendar.ics             the visits of one participant, for any calendar program; move the first day
"""

STAFF = """\
  staffing_plan.csv              calls and hours of each resource, means of simulated trials
"""

RANDOMIZED = f"""\
  {LIST:<30} who gets which arm: SECRET, readable only by the owner of the file
  {HASH:<30} its SHA-256, for the protocol: it proves later that the list was not changed

The list comes from this computer's own entropy. No seed makes it again, and it is not the one of any simulation. Give it to the
person who keeps it, apart from all who enroll, treat or rate, and delete it here: those who can read it can foresee the next arm.
Block sizes are in the list only; keep them out of the protocol. Where an arm is full, its remaining lines are skipped.
"""


@dataclass(frozen=True)
class TemplateFiles:
    """What was written: the files, the SHA-256 of the list (empty for none), and why there is no list (empty if there is)."""

    files: tuple[Path, ...]
    sha256: str
    no_list: str


def write_template(
    study: Study, cohort: Cohort, folder: Path, *, enrolled: datetime, chance: Random | None = None
) -> TemplateFiles:
    """Write the set.

    Parameters
    ----------
    cohort : simulated trials, for the times of visits and the hours of staff on a ward
    enrolled : when the participant of the calendar is enrolled
    chance : the source of chance for the list; by default that of the operating system
    """
    lines = list_or_reason(study.conduct, chance)  # a list that is too long is refused before anything is written
    variables = layout(study, simulated=False)
    tables = [
        replace(Dataset("long", "One row for each participant and visit", variables.long, ()), key=("id", "visit")),
        Dataset("wide", "One row for each participant", variables.wide, ()),
    ]
    built = project(study, variables)
    made = [write_codebook(tables, folder / "data_dictionary.csv"), *write_project(built, folder / "redcap")]
    write_text(
        folder / "visit_calendar.ics", calendar.calendar_text(study, calendar.visit_times(study, cohort), enrolled)
    )
    made.append(folder / "visit_calendar.ics")
    words = HEAD
    staff = staffing.staffing_rows(study, cohort)
    if staff:
        made.append(
            write_rows(folder / "staffing_plan.csv", staffing.COLUMNS, ([safe(cell) for cell in row] for row in staff))
        )
        words += STAFF
    digest, why = "", ""
    if isinstance(lines, NoList):
        why = lines.why
        words += f"\nThere is no randomization list. {why}\n"
    else:
        digest = write_list(lines, folder / LIST)
        write_text(folder / HASH, f"{digest}  {Path(LIST).name}\n")
        made += [folder / LIST, folder / HASH]
        words += RANDOMIZED
        if study.conduct.family is not None and study.conduct.family.together:
            words += "Children of one mother share a line.\n"
    write_text(folder / "README.txt", f"{study.scenario.title}\n\n{words}\n{STEPS}")
    return TemplateFiles((folder / "README.txt", *made), digest, why)
