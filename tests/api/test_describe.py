from __future__ import annotations

from pathlib import Path

import pytest

import trialsim as ts
from tests.api.conftest import NAME

WRONG = "trialsim: 1\nname: x\ntitle: X\ndesign: {arms: {a: one, b: two}, enrol: 5}\n"


def test_check_finds_every_fault_and_raises_none() -> None:
    found = ts.check(WRONG)
    assert not found.ok
    assert len(found.frame()) == len(found.faults) > 1
    assert "Did you mean 'enroll'" in repr(found)
    with pytest.raises(ts.ScenarioError) as refused:
        ts.load(WRONG)
    assert refused.value.faults == found.faults


def test_a_sound_scenario_says_so(copied: Path) -> None:
    found = ts.check(copied)
    assert found.ok
    assert len(found.frame()) == 0
    assert "It is sound: Two arms, one visit, t-test." in repr(found)


def test_an_explanation_is_lines_and_a_table() -> None:
    told = ts.explain(NAME)
    assert set(told.frame().columns) == {"section", "line"}
    assert all(section.title in repr(told) or len(told.lines()) > 16 for section in told.sections)


def test_shipped_scenarios_can_be_looked_up() -> None:
    shelf = ts.shipped()
    assert NAME in shelf
    assert len(shelf) == len(shelf.frame()) == len(list(shelf))


def test_the_schema_is_of_the_scenario_file() -> None:
    assert "design" in ts.schema()["properties"]


def test_a_change_that_is_impossible_is_refused() -> None:
    with pytest.raises(ts.ScenarioError, match="enrol"):
        ts.change(NAME, {"design.enrol": 5})


def test_printed_statistics_become_a_scenario() -> None:
    made = ts.fit(given=["control: mean 5, sd 1.1, n 14", "music: mean 4, sd 1, n 14"])
    assert made.scenario.design.arms.keys() == {"control", "music"}
    assert len(made.frame()) > 0
    assert "music" in made.text
    with pytest.raises(ts.TrialsimError, match="TS-F007"):
        ts.fit()
