"""An empty REDCap project is built from the files, and filled, by REDCap's rules as far as they are public."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from trialsim.export.build import TrialExport
from trialsim.export.formats import redcap
from trialsim.export.model import Absent
from trialsim.export.redcap.project import COLUMNS, project, unique_event_name
from trialsim.export.redcap.rules import dictionary_faults, import_faults, structure_faults

Rows = list[dict[str, str]]


def read(path: Path) -> tuple[list[str], Rows]:
    table = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    rows = list(table)
    return list(table.fieldnames or ()), rows


class Project:
    """What is built from the files: each step refuses what REDCap would."""

    def __init__(self, folder: Path) -> None:
        self.header, self.dictionary = read(folder / "dictionary.csv")
        _, self.arms = read(folder / "arms.csv")
        _, self.events = read(folder / "events.csv")
        _, self.mapping = read(folder / "mapping.csv")
        codes = (folder / "missing_data_codes.txt").read_text(encoding="utf-8").splitlines()
        self.missing = {line.partition(",")[0] for line in codes}
        self.import_header, self.data = read(folder / "import.csv")

    def faults(self) -> list[str]:
        forms = {row[COLUMNS[1]] for row in self.dictionary}
        return [
            *dictionary_faults(self.header, self.dictionary),
            *structure_faults(self.arms, self.events, self.mapping, forms),
            *import_faults(self.import_header, self.data, self.dictionary, self.mapping, self.missing),
        ]


@pytest.fixture
def built(trial: TrialExport, tmp_path: Path) -> Project:
    redcap.write(trial, tmp_path)
    return Project(tmp_path)


def test_a_project_is_built_and_filled(built: Project, trial: TrialExport) -> None:
    assert built.faults() == []
    people = len(trial.wide.rows)
    assert len(built.data) == people * len(built.events)
    for name, variable in trial.layout.outcomes.items():
        column = [row[variable] for row in built.data]
        planned = [d for d, (outcome, _) in enumerate(trial.study.response.pairs) if outcome == name]
        cells = [cell for d in planned for cell in trial.wide.column(trial.layout.values[d])]
        lost = sum(isinstance(cell, Absent) for cell in cells)
        assert sum(text in built.missing for text in column) == lost
        assert sum(text not in ("", *built.missing) for text in column) == len(cells) - lost


def test_the_schedule_does_not_show_the_allocation(built: Project) -> None:
    """One arm; who is in which arm of the trial is in a form of its own, and in no other."""
    assert len(built.arms) == 1
    forms = {row[COLUMNS[1]] for row in built.dictionary if row[COLUMNS[0]] in ("arm", "stratum", "block")}
    assert forms == {"allocation"}
    others = {row[COLUMNS[0]] for row in built.dictionary if row[COLUMNS[1]] == "allocation"}
    assert others <= {"arm", "stratum", "block"}


def test_the_readme_warns_and_every_row_says_that_it_is_simulated(built: Project, tmp_path: Path) -> None:
    words = (tmp_path / "README.txt").read_text(encoding="utf-8")
    assert words.startswith("SIMULATED DATA")
    assert "REPLACES every instrument" in words
    assert {row["simulated"] for row in built.data if row["redcap_event_name"] == "enrollment_arm_1"} == {"SIMULATED"}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Day 1", "day_1_arm_1"),
        ("  Visit (2)!", "visit_2_arm_1"),
        ("A label longer than eighteen letters", "a_label_longer_tha_arm_1"),
        ("Before a blank at the cut", "before_a_blank_at_arm_1"),
    ],
)
def test_unique_event_names(label: str, name: str) -> None:
    assert unique_event_name(label) == name


def planted(project: Project, fault: str) -> None:
    field = next(row for row in project.dictionary if row[COLUMNS[3]] == "radio")
    simulated = next(row for row in project.dictionary if row[COLUMNS[0]] == "simulated")
    number = next(row for row in project.dictionary if row[COLUMNS[7]] == "number")
    value = next(row for row in project.data if row[number[COLUMNS[0]]])
    match fault:
        case "name":
            field[COLUMNS[0]] = "1st"
        case "twice":
            project.dictionary.append(dict(project.dictionary[-1]))
        case "apart":
            project.dictionary.append(simulated)
            project.dictionary.remove(simulated)
            project.dictionary.append({**simulated, COLUMNS[0]: "other"})
        case "piping":
            field[COLUMNS[4]] = "Pain [x]"
        case "choices":
            field[COLUMNS[5]] = "1, a | 1, b"
        case "validation":
            number[COLUMNS[7]] = "float"
        case "event":
            project.events[1]["unique_event_name"] = "visit_arm_2"
        case "form":
            project.mapping.pop(0)
        case "value":
            value[number[COLUMNS[0]]] = "a lot"
        case "below":
            number[COLUMNS[8]] = "1000000"
        case "elsewhere":
            project.data[1]["simulated"] = "SIMULATED"
        case "order":
            project.import_header.reverse()
        case "own":
            field[COLUMNS[0]] = "visit_complete"


@pytest.mark.parametrize(
    "fault",
    [
        "name",
        "twice",
        "apart",
        "piping",
        "choices",
        "validation",
        "event",
        "form",
        "value",
        "below",
        "elsewhere",
        "order",
        "own",
    ],
)
def test_a_fault_is_seen(fault: str, odd: TrialExport, tmp_path: Path) -> None:
    redcap.write(odd, tmp_path)
    built = Project(tmp_path)
    planted(built, fault)
    assert built.faults()


def test_labels_hold_no_piping_and_no_formula(odd: TrialExport) -> None:
    layout = odd.layout
    long = tuple(replace(one, label="=1+1 [x] | <script>") for one in layout.long)
    rows = project(odd.study, replace(layout, long=long)).dictionary()
    assert all("[" not in row[4] and "|" not in row[4] and "<s" not in row[4] for row in rows)
