"""What the report says first: of one primary analysis, of several."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.report.page import analysis_rows, answer, cards, render
from trialsim.runs.run import Run, run
from trialsim.scenario import load
from trialsim.scenario.shipped import shipped_scenarios


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Run:
    course = load(shipped_scenarios()["massage-course"].path)
    assert course.primary == ("end_all", "session_1")
    return run(course, tmp_path_factory.mktemp("out"), replicates=100, truth=False)


def value(of: Run, measure: str, contrast: str) -> str:
    return f"{100 * of.characteristics.value(measure, analysis='primary', contrast=contrast).value:.1f} %"


def test_of_several_primary_analyses_any_and_all_are_told(several: Run) -> None:
    some, every = value(several, "power", "any"), value(several, "power", "all")
    assert some != every
    said = answer(several)
    assert f"at least one of the primary analyses end_all and session_1 rejects in {some}" in said
    assert f"all of them in {every}" in said
    assert [card.value for card in cards(several)[:3]] == [some, every, value(several, "rejection_null_twin", "any")]
    rows = analysis_rows(several)
    assert [(row["contrast"], row["power"].split(" ±")[0]) for row in rows[:2]] == [("any", some), ("all", every)]


def test_of_one_primary_analysis_nothing_is_said_of_a_family(tmp_path: Path) -> None:
    one = run(load(shipped_scenarios()["textbook-ancova"].path), tmp_path / "out", replicates=100, truth=False)
    assert answer(one).startswith("With 84 participants in 2 arms as the target, the primary analysis main rejects in")
    assert analysis_rows(one)[0]["analysis"] == "main"


def test_a_number_and_its_sign_stay_together(several: Run) -> None:
    page = render(several, [])
    assert value(several, "power", "any").replace(" ", "\N{NO-BREAK SPACE}") in page
    assert "±\N{NO-BREAK SPACE}" in page
