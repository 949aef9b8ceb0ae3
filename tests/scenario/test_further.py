"""Further analyses from a file of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

import trialsim as ts
from trialsim.errors import Fault
from trialsim.scenario.further import with_analyses, with_further

MEANS = "by means: {outcome: fear, visit: during, test: t, contrast: music - control}"


def faults(tmp_path: Path, text: str) -> list[Fault]:
    file = tmp_path / "choices.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ts.ScenarioError) as refused:
        with_further(ts.load("picu-blood-draw"), file)
    return list(refused.value.faults)


def test_further_analyses_stand_beside_those_of_the_scenario(tmp_path: Path) -> None:
    file = tmp_path / "choices.yaml"
    file.write_text(f"analyses:\n  {MEANS}\n", encoding="utf-8")
    scenario = ts.load("picu-blood-draw")
    made, names = with_further(scenario, file)
    assert names == ("by means",)
    assert [*made.analyses] == [*scenario.analyses, "by means"]
    assert made.primary == scenario.primary
    assert {name: made.analyses[name] for name in scenario.analyses} == scenario.analyses
    assert (
        with_analyses(
            scenario, {"by means": {"outcome": "fear", "visit": "during", "test": "t", "contrast": "music - control"}}
        )[0]
        == made
    )


def test_a_fault_has_its_place_in_the_file(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, f"analyses:\n  {MEANS.replace('during', 'durin')}\n")
    assert (Path(fault.file).name, fault.line) == ("choices.yaml", 2)
    assert "durin" in fault.message
    assert fault.path.startswith("analyses.by means")


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "TS-E280", 1),
        ("analyses: {}\n", "TS-E280", 1),
        ("primary: fear\n", "TS-E280", 1),
        (f"analyses:\n  {MEANS}\nprimary: by means\n", "TS-E280", 3),
        ("analyses:\n  fear_during: {outcome: fear, visit: during, test: anova}\n", "TS-E281", 2),
        ("analyses: [t]\n", "TS-E280", 1),
        ("analyses: {a: {outcome: fear\n", "TS-E001", 1),
    ],
)
def test_what_is_not_such_a_file(tmp_path: Path, text: str, code: str, line: int) -> None:
    found = faults(tmp_path, text)
    assert (found[0].code, found[0].line) == (code, line)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ts.ScenarioError, match="TS-E006"):
        with_further(ts.load("picu-blood-draw"), tmp_path)
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"analyses: \xff")
    with pytest.raises(ts.ScenarioError, match="TS-E006"):
        with_further(ts.load("picu-blood-draw"), file)
