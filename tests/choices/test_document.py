"""docs/choosing-an-analysis.md, its numbers and the studies they come from agree."""

from __future__ import annotations

import json
from typing import Any

import pytest

import trialsim as ts
from tests.choices.document import CASES, HERE, KEPT, PAGE, STUDIES, Study, marks, tables, with_tables
from trialsim.api.choices import _with_choices
from trialsim.compare.choices import named, questions, same_question
from trialsim.prepared import prepare


@pytest.fixture(scope="module")
def numbers() -> dict[str, Any]:
    return json.loads(KEPT.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_the_page_has_the_tables_of_the_numbers(numbers: dict[str, Any]) -> None:
    text, made = PAGE.read_text(encoding="utf-8"), tables(numbers)
    assert sorted(marks(text)) == sorted(made)
    assert with_tables(text, made) == text, "python -m tests.choices.document writes the page"


@pytest.mark.parametrize("name", STUDIES)
def test_the_numbers_are_of_the_analyses_of_the_study(name: str, numbers: dict[str, Any]) -> None:
    """The same arms, analyses and order as the study has them now, of the trials that the page names."""
    study: Study = STUDIES[name]
    scenario, further = _with_choices(ts.load(study.scenario), study.choices)
    prepared = prepare(scenario)
    chosen = named(prepared, further) if further else same_question(prepared)
    rows = prepared.analysis.rows
    asked = {one.contrast: one for one in questions(prepared, chosen)}
    assert set(numbers[name]) == set(study.contrasts)
    for contrast, kept in numbers[name].items():
        order = [asked[contrast].choices[place] for group in asked[contrast].groups for place in group]
        assert [row["analysis"] for row in kept] == [rows[choice.row].shown for choice in order]
        assert {row["trials"] for row in kept} == {study.trials}


def test_the_cases_are_of_analyses_that_exist(numbers: dict[str, Any]) -> None:
    assert list(numbers["cases"]) == [case.name for case in CASES]
    for case in CASES:
        known = {*ts.load(case.scenario).analyses, *case.further}
        assert {case.wrong, case.better} <= known


def test_the_page_shows_each_file_of_further_analyses_as_it_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for file in sorted(HERE.glob("*.yaml")):
        assert file.read_text(encoding="utf-8") in text, file.name


@pytest.mark.verify
def test_the_numbers_are_found_again(numbers: dict[str, Any]) -> None:
    """Fewer trials of the same seed are the first of them: within five standard errors of their own."""
    from tests.choices.document import QUICK, compared, rows_of

    for name, study in STUDIES.items():
        found = compared(study, QUICK)
        for contrast in study.contrasts:
            for row, kept in zip(rows_of(found, contrast), numbers[name][contrast], strict=True):
                error = (kept["power"] * (1 - kept["power"]) / QUICK) ** 0.5
                assert abs(row["power"] - kept["power"]) < 5 * error + 1e-9, (name, contrast, row["analysis"])
