"""An empty data-collection set: nobody can compute the list, and a calendar and a REDCap project can be read."""

from __future__ import annotations

import csv
import hashlib
import os
import stat
from collections import Counter
from pathlib import Path
from random import Random

import icalendar
import pytest

import trialsim as ts
from tests.export.conftest import ODD
from tests.export.test_redcap import read
from tests.kinds.rooms import Room
from trialsim.errors import RunError
from trialsim.export.redcap.project import COLUMNS
from trialsim.export.redcap.rules import dictionary_faults, structure_faults
from trialsim.export.template.randomization import (
    MAKERS,
    ListLine,
    NoList,
    list_or_reason,
    list_text,
    write_list,
)
from trialsim.kinds.designs import METHODS

SMALL = ["design.enroll={each arm: 6}"]


def lines_of(subject: str | Path, *changes: str, chance: Random | None = None) -> list[ListLine]:
    found = list_or_reason(ts.prepare(subject, set=list(changes)).conduct, chance)
    assert not isinstance(found, NoList), found.why
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "t"
    ts.template("picu-blood-draw", folder, set=SMALL)
    return folder


def test_only_the_owner_can_read_the_list(made: Path) -> None:
    path = made / "randomization" / "randomization_list.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_mode_does_not_depend_on_that_of_the_process(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_list(lines_of("picu-blood-draw"), tmp_path / "sealed" / "list.csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "sealed" / "list.csv").stat().st_mode) == 0o600


def test_a_list_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    write_list(lines_of("picu-blood-draw"), path)
    with pytest.raises(FileExistsError):
        write_list(lines_of("picu-blood-draw"), path)


def test_the_hash_is_that_of_the_file(made: Path) -> None:
    content = (made / "randomization" / "randomization_list.csv").read_bytes()
    assert (made / "randomization_sha256.txt").read_text().split()[0] == hashlib.sha256(content).hexdigest()


def test_the_same_scenario_and_seed_give_another_list_each_time() -> None:
    """And none of them is that of the simulated trial: two equal ones would be one in more than 10^60."""
    first, second = (list_text(lines_of("picu-blood-draw")) for _ in range(2))
    assert first != second
    assert list_text(lines_of("picu-blood-draw", chance=Random(1))) == list_text(
        lines_of("picu-blood-draw", "simulation.seed=7", chance=Random(1))
    ), "the seed of the scenario is not looked at"


def test_the_codes_keep_a_short_list_from_being_found_by_its_hash() -> None:
    codes = [one.code for one in lines_of("picu-blood-draw", *SMALL)]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 8 for code in codes)


def test_blocks_hold_the_ratio_in_every_stratum() -> None:
    changes = ("design.allocation.ratio=2:1:1", "design.allocation.block=8", "design.enroll=30")
    lines = lines_of("picu-blood-draw", *changes)
    blocks: dict[tuple[str, int], list[str]] = {}
    for one in lines:
        blocks.setdefault((one.stratum, one.block), []).append(one.arm)
    assert {stratum for stratum, _ in blocks} == {"girl", "boy"}
    assert all(Counter(arms) == {"control": 4, "music": 2, "massage": 2} for arms in blocks.values())
    assert all(sum(one.stratum == stratum for one in lines) == 32 for stratum in ("girl", "boy"))
    assert len({tuple(arms) for arms in blocks.values()}) > 1


def test_places_left_and_simple_allocation() -> None:
    simple = "design.allocation={method: simple}"
    assert {one.arm for one in lines_of("picu-blood-draw", simple)} == {"control", "music", "massage"}
    own = ("design.allocation={method: places left}", "design.enroll={control: 5, music: 6, massage: 7}")
    assert Counter(one.arm for one in lines_of("picu-blood-draw", *own)) == {"control": 5, "music": 6, "massage": 7}


def test_every_method_has_a_list_or_a_reason() -> None:
    assert Room("lists", MAKERS, [one.name for one in METHODS]).faults() == []


@pytest.mark.parametrize(
    ("subject", "why"),
    [("minimization", "looks at who is in"), ("nicu-parent-massage", ""), ("ward-cluster", "Whole sites")],
)
def test_where_there_is_no_list_its_reason_is_said(subject: str, why: str) -> None:
    found = list_or_reason(ts.prepare(subject).conduct)
    assert isinstance(found, NoList) or not why
    assert why in (found.why if isinstance(found, NoList) else "")


def test_a_list_that_would_be_too_long_is_refused() -> None:
    with pytest.raises(RunError, match="TS-R338"):
        lines_of("picu-blood-draw", "design.enroll=60000")


def test_nothing_outside_the_list_shows_an_arm_or_a_block(made: Path) -> None:
    """Block sizes stay in the list; the README says where they are and not what they are."""
    words = (made / "README.txt").read_text(encoding="utf-8")
    assert "SECRET" in words
    assert not any(character.isdigit() for character in words.partition("Block sizes")[2].partition("\n")[0])


def test_the_redcap_project_is_empty_and_keeps_the_rules(made: Path) -> None:
    header, dictionary = read(made / "redcap" / "dictionary.csv")
    _, arms = read(made / "redcap" / "arms.csv")
    _, events = read(made / "redcap" / "events.csv")
    _, mapping = read(made / "redcap" / "mapping.csv")
    assert dictionary_faults(header, dictionary) == []
    assert structure_faults(arms, events, mapping, {row[COLUMNS[1]] for row in dictionary}) == []
    assert "simulated" not in {row[COLUMNS[0]] for row in dictionary}
    assert not (made / "redcap" / "import.csv").exists()


def test_the_calendar_is_read_by_another_program(made: Path, tmp_path: Path) -> None:
    ts.template(ODD, tmp_path / "odd")
    for folder, visits in ((made, 6), (tmp_path / "odd", 3)):
        raw = (folder / "visit_calendar.ics").read_bytes()
        assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
        events = icalendar.Calendar.from_ical(raw).walk("VEVENT")
        assert len(events) == visits + 1
        starts = [event["DTSTART"].dt for event in events]
        assert starts == sorted(starts)
        assert len({event["UID"] for event in events}) == len(events)
    titles = [str(event["SUMMARY"]) for event in events]
    assert titles[0] == 'Enrollment: מחקר בכאב, "quoted", with; semicolons and <tags>'
    days = [(start - starts[0]).days for start in starts[1:]]
    assert days == [0, 1, 2]


def test_the_staffing_plan_counts_what_the_trials_did(made: Path) -> None:
    (nurse,) = csv.DictReader((made / "staffing_plan.csv").read_text(encoding="utf-8").splitlines())
    assert (nurse["resource"], nurse["units"], nurse["people"], nurse["hours"]) == (
        "nurse",
        "2",
        "12",
        "daily 07:00-19:00",
    )
    cohort = ts.simulate("picu-blood-draw", 20, set=SMALL)
    frame = cohort.frame("staffing")
    assert float(nurse["calls_in_a_trial"]) == pytest.approx(len(frame) / 20, abs=0.051)  # printed to .1
    hours = (frame["given_back"] - frame["granted"]).dt.total_seconds().sum() / 3600 / 20
    assert float(nurse["hours_in_a_trial"]) == pytest.approx(hours, abs=0.051)
