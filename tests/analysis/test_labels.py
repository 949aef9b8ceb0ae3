"""Labels of analyses: what people read in place of names; they decide nothing."""

from __future__ import annotations

import pytest

from trialsim.analysis.labels import labels_of
from trialsim.scenario import load
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.model import Analysis
from trialsim.scenario.shipped import shipped_scenarios
from trialsim.study import prepare


def analyses(**labels: str | None) -> dict[str, Analysis]:
    return {name: Analysis(label=label, outcome="x", test="t") for name, label in labels.items()}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"fear_during": None, "main": "The main one"}, {"fear_during": "fear during", "main": "The main one"}),
        ({"a": "Fear", "b": "Fear"}, {"a": "Fear (a)", "b": "Fear (b)"}),
        ({"a_b": None, "a b": None}, {"a_b": "a b (a_b)", "a b": "a b (a b)"}),
        ({"a": "X", "b": "X", "c": "X (a)"}, {"a": "a", "b": "b", "c": "c"}),
    ],
)
def test_no_two_analyses_are_shown_under_one_name(given: dict[str, str | None], shown: dict[str, str]) -> None:
    assert labels_of(analyses(**given)) == shown


def test_a_label_reaches_every_row_and_changes_no_study() -> None:
    path = shipped_scenarios()["picu-blood-draw"].path
    known, other = load(path), load(path, set=["analyses.fear_during.label=Another"])
    assert scenario_hash(known) == scenario_hash(other)
    assert scenario_hash(known) != scenario_hash(load(path, set=["analyses.fear_during.visit=after"]))  # planted
    rows = [row for row in prepare(other).analysis.rows if row.analysis == "fear_during"]
    assert [row.title for row in rows] == [
        "Another: all arms",
        "Another: music - control",
        "Another: massage - control",
    ]
    assert "label: Another" in dump(other)
