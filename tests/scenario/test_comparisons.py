"""The rows that families name are the rows that are simulated."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.prepared import prepare
from trialsim.scenario import load
from trialsim.scenario.comparisons import comparisons, family_of_main, split_member

ROOT = Path(__file__).parents[2] / "scenarios" / "lessons"


@pytest.mark.parametrize("name", ["families", "many-arms", "several-visits", "estimands", "yes-or-no", "therapists"])
def test_comparisons_are_the_rows_of_the_plan(name: str) -> None:
    scenario = load(ROOT / f"{name}.yaml")
    plan = prepare(scenario).analysis
    ours = [
        (one, row.contrast, row.main)
        for one, what in scenario.analyses.items()
        for row in comparisons(what, scenario.design)
    ]
    assert ours == [(row.analysis, row.contrast, row.main) for row in plan.rows]


def test_the_names_of_members() -> None:
    assert split_member("fear / music - control") == ("fear", "music - control")
    assert split_member("pain") == ("pain", "")


def test_main_rows_have_the_level_of_their_family_and_pairs_leave_it_alone() -> None:
    scenario = load(ROOT / "families.yaml")
    of_main = family_of_main(scenario)
    assert of_main["fear_all"] == "omnibus"
    assert "fear_during" not in of_main
