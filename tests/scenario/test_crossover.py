"""Crossovers as they are read: sequences in place of arms, steps of periods, and what is written out."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.errors import ScenarioError
from trialsim.familywise import check_families
from trialsim.prepared import prepare
from trialsim.scenario import load, loads
from trialsim.scenario.change import change
from trialsim.scenario.dump import dump
from trialsim.scenario.outline import outline

PLAIN = Path(__file__).parents[1] / "kinds" / "periods.yaml"
SHIPPED = Path(__file__).parents[2] / "scenarios" / "picu-crossover.yaml"


@pytest.mark.parametrize("file", [PLAIN, SHIPPED])
def test_what_is_written_out_is_the_same_scenario(file: Path) -> None:
    scenario = load(file)
    again = loads(dump(scenario))
    assert again == scenario
    assert dump(again) == dump(scenario)


def test_the_sequences_are_the_arms_and_steps_belong_to_those_that_have_theirs() -> None:
    scenario = load(SHIPPED)
    assert list(scenario.design.arms) == list(scenario.design.sequences) == ["music first", "control first"]
    assert scenario.design.enroll.each_arm == 20
    program = scenario.program
    assert program is not None
    assert program.visits == ("before 1", "during 1", "before 2", "during 2")
    assert [(one.name, one.arms, one.period) for one in program.activities if one.own] == [
        ("music 1", 0b01, 1),
        ("music 2", 0b10, 2),
    ]
    assert [name for name in program.names if "washout" in name] == ["washout 2"]


def test_visits_have_their_period() -> None:
    scenario = load(PLAIN)
    found = outline((), scenario.visits, scenario.design.arms, periods=2).visits
    assert {name: (one.base, one.period) for name, one in found.items()} == {
        "post 1": ("post", 1),
        "post 2": ("post", 2),
    }
    assert outline((), scenario.visits, scenario.design.arms).visits["post 1"].period == 0


def test_a_visit_means_both_periods_to_the_analysis_of_their_difference() -> None:
    analysis = load(PLAIN).analyses["crossover-t"]
    assert analysis.visit is None
    assert analysis.change is not None
    assert (analysis.change.end, analysis.change.start, analysis.contrast) == ("post 1", "post 2", "a - b")


def test_sizes_are_changed_by_sequence_or_in_all() -> None:
    assert change(load(PLAIN), {"design.enroll": {"each sequence": 9}}).design.enroll.each_arm == 9
    assert change(load(PLAIN), {"design.enroll": 30}).design.enroll.in_all == 30


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        (
            "visit: post, test",
            "over: {visits: [post 1, post 2], by: mean}, test",
            "TS-E383",
            "analyses.crossover-t.over",
        ),
        ("visit: post, test", "change: {from: post 1, to: post 2}, test", "TS-E383", "analyses.crossover-t.change"),
        (
            "test: crossover-t",
            "test: crossover-t, dichotomize: {at_least: 1}",
            "TS-E383",
            "analyses.crossover-t.dichotomize",
        ),
        (
            "test: crossover-t",
            "test: crossover-t, subset: {percent_change: {below: -10 %}}",
            "TS-E383",
            "analyses.crossover-t.subset",
        ),
        ("    period_effects", "    as: observed\n    period_effects", "TS-E382", "outcomes.value.as"),
        ("  periods: 2\n", "  periods: 2\n  treatments: {a: A}\n", "TS-E380", "design.arms"),
        ("a: {difference: 1.2}", "c: {difference: 1.2}", "TS-E031", "outcomes.value.effects.c"),
    ],
)
def test_a_fault_has_its_place(old: str, new: str, code: str, place: str) -> None:
    text = PLAIN.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(ScenarioError) as caught:
        loads(text.replace(old, new))
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [(code, place)]


def test_three_arms_have_three_periods_and_no_period_differences() -> None:
    text = (
        PLAIN.read_text(encoding="utf-8")
        .replace("{b: B, a: A}", "{b: B, a: A, c: C}")
        .replace("periods: 2", "periods: 3")
    )
    text = text.replace("{AB: [a, b], BA: [b, a]}", "{X: [a, b, c], Y: [b, c, a], Z: [c, a, b]}").replace(
        "[0, 1.5]", "[0, 1, 2]"
    )
    text = text.replace("test: crossover-t", "test: crossover-t, contrast: a - b").replace(
        "post 2: 8 d}", "post 2: 8 d, post 3: 15 d}"
    )
    with pytest.raises(ScenarioError) as caught:
        loads(text)
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [("TS-E383", "analyses.crossover-t.test")]
    third = loads(text.replace("visit: post, test: crossover-t, contrast: a - b", "visit: post 3, test: anova"))
    assert prepare(third).response.points[2].location.tolist() == pytest.approx([12.0, 13.2, 12.0, 12.0])


def test_effects_are_not_switched_off_by_sequence() -> None:
    families = "families: {all: {analyses: [crossover-t], method: holm}}\n"
    study = prepare(loads(PLAIN.read_text(encoding="utf-8") + families))
    with pytest.raises(Exception, match="every arm") as caught:
        check_families(study)
    assert getattr(caught.value, "code", "") == "TS-E384"
