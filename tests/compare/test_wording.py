"""What was changed, in words that a nurse reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.compare.changes import changes
from trialsim.compare.wording import phrases
from trialsim.scenario import load, loads
from trialsim.scenario.model import Scenario
from trialsim.scenario.shipped import shipped_scenarios

PICU = "picu-blood-draw"
NICU = "nicu-parent-massage"


def scenario(name: str, *sets: str) -> Scenario:
    return load(shipped_scenarios()[name].path, set=sets)


def edited(name: str, *edits: tuple[str, str]) -> Scenario:
    """A shipped scenario with its text changed."""
    path: Path = shipped_scenarios()[name].path
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return loads(text, folder=path.parent)


#: Scenario, change, what is said before the parentheses and inside them before the place.
SAID = [
    (PICU, "setting.resources.nurse.units=1", "one nurse fewer", "1 instead of 2 in "),
    (PICU, "setting.resources.nurse.units=4", "two nurses more", "4 instead of 2 in "),
    (NICU, "design.enroll=20", "two participants fewer, 9.09 %", "20 instead of 22 in "),
    (PICU, "design.within=24 months", "the time allowed for enrollment 24 months instead of 18 months", "33.3 % longer; "),
    (PICU, "setting.patients.consent=60 %", "the share who consent 60 % instead of 80.1 %", "20.1 percentage points lower; "),
    (PICU, "setting.patients.arrive.every=60 h", "the mean time between patients 60 h instead of 30 h", "100 % longer; "),
    (PICU, "setting.resources.nurse.hours=daily", "the hours of the nurse daily instead of daily 07:00-19:00", ""),
    (NICU, "outcomes.maternal_cortisol.half_life=60 min", "the half-life of maternal_cortisol 60 min instead of 65 min",
     "7.69 % shorter; "),
    (NICU, "outcomes.maternal_cortisol.responds_to.massage.secretion=-54 %",
     "the change of secretion of maternal_cortisol by massage -54 % instead of -60 %", "6 percentage points closer to 0; "),
    (PICU, "analyses.fear_during.then.adjust=bonferroni",
     "for the pairs of fear_during the adjustment bonferroni instead of holm", ""),
    ("textbook-t-test", "outcomes.score.effects.treated.difference=0.55",
     "the effect of treated on score 0.55 instead of 0.5", "10 % higher; "),
    ("textbook-t-test", "analyses.main.test=welch", "for main the test welch instead of t", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "words", "aside"), SAID)
def test_one_change_is_one_phrase(name: str, change: str, words: str, aside: str) -> None:
    place = change.partition("=")[0] + (".in all" if "enroll" in change else "")
    assert phrases(scenario(name), scenario(name, change)) == [f"{words} ({aside}{place})"]


def test_another_way_to_say_the_target() -> None:
    more = phrases(scenario(PICU), scenario(PICU, "design.enroll={each arm: 40}"))
    assert more == ["seven participants more in each arm, 21.2 % (40 instead of 33 in design.enroll.each arm)"]
    other = phrases(scenario(PICU), scenario(PICU, "design.enroll=120"))
    assert other == ["the target 120 in all instead of 33 in each arm (design.enroll)"]


def test_the_same_change_at_several_visits_is_told_once() -> None:
    found = phrases(scenario(NICU), edited(NICU, ("value: 5.9 nmol/L", "value: 6.5 nmol/L")))
    words = "the median of maternal_cortisol at pre and post 6.5 nmol/L instead of 5.9 nmol/L"
    assert found == [f"{words} (10.2 % higher; outcomes.maternal_cortisol.by_visit.*.median)"]


def test_steps_of_the_protocol() -> None:
    edits = (
        ("lasts: {mean: 16 min, sd: 2 min, ", "lasts: {mean: 20 min, sd: 2 min, "),
        ("succeeds: {value: 80 %", "succeeds: {value: 70 %"),
        ("give_up_after: 60 min", "give_up_after: 90 min"),
    )
    found = phrases(scenario(PICU), edited(PICU, *edits))
    assert len(found) == 3
    text = "; ".join(found)
    assert "the patience for session with nurse 90 min instead of 60 min (50 % longer" in text
    assert "the length of hand massage mean 20 min, SD 2 min instead of mean 16 min, SD 2 min (25 % longer" in text
    assert "the chance that a try of needle succeeds 70 % instead of 80 % (10 percentage points lower" in text


def test_a_step_that_came_and_one_that_went() -> None:
    longer = edited(PICU, ("      - visit: after\n", "      - {activity: rest, lasts: 10 min}\n      - visit: after\n"))
    assert phrases(scenario(PICU), longer) == ["a new step 'rest' inside 'session with nurse'"]
    assert phrases(longer, scenario(PICU)) == ["without the step 'rest' inside 'session with nurse'"]


def test_an_arm_that_went_is_told_once() -> None:
    two = edited(
        "many-arms",
        (", story: a story", ""),
        ("      story: {difference: -3, visits: [after]}\n", ""),
    )
    assert phrases(scenario("many-arms"), two) == ["without the arm story (a story)"]


def test_analyses_and_outcomes_by_name() -> None:
    line = "  sleep: {outcome: sleeps, visit: after, test: chi-square, then: {pairs: fisher, against: control}}\n"
    without = edited("many-arms", (line, ""))
    assert phrases(scenario("many-arms"), without) == ["without the analysis sleep"]
    assert phrases(without, scenario("many-arms")) == ["a new analysis sleep"]


def test_what_decides_nothing_is_no_change() -> None:
    """Words, sources, seed and number of replicates."""
    edits = [("title: Hand", "title: A hand"), ("control: usual care", "control: as usual"), ("seed: 2023", "seed: 1")]
    words = edited(PICU, *edits, ("PMID 22120768", "PMID 1"))
    assert phrases(scenario(PICU), words) == []
    assert phrases(scenario(PICU), scenario(PICU)) == []


def test_what_has_no_words_is_told_as_path() -> None:
    found = phrases(
        scenario(PICU), edited(PICU, ("distribution: lognormal\n", "distribution: lognormal\n    as: observed\n"))
    )
    assert len(found) == 1
    lines = phrases(scenario(PICU), edited(PICU, ("centered_at: 15 y", "centered_at: 14 y")))
    assert lines == ["outcomes.fear.covariates.age.centered_at: 15 y -> 14 y"]


@pytest.mark.parametrize(
    "a", ["picu-blood-draw", "nicu-parent-massage", "many-arms", "massage-course", "detection-limit"]
)
@pytest.mark.parametrize("b", ["busy-ward", "textbook-ancova", "cold-spray", "plain-queue"])
def test_any_two_shipped_scenarios_can_be_told_apart(a: str, b: str) -> None:
    there, back = phrases(scenario(a), scenario(b)), phrases(scenario(b), scenario(a))
    assert there
    assert back
    assert all(
        isinstance(phrase, str) and "Record" not in phrase and "Number(" not in phrase for phrase in there + back
    )


def test_every_change_of_a_shipped_scenario_to_another_is_found() -> None:
    """Nothing that the identity of a study holds may change without a word: a planted change anywhere is seen."""
    base = scenario(PICU)
    planted = [
        "setting.resources.nurse.people=10", "setting.resources.nurse.other_work.share=61 %", "design.allocation.block=3",
        "design.allocation.stratify=[]", "outcomes.fear.correlation.within_session=0.59",
        "outcomes.pain.correlation.with.fear=0.49", "outcomes.cortisol.rhythm.slope=-0.1 per h",
        "outcomes.cortisol.instrument.plate=40 samples", "outcomes.cortisol.lost=5 %", "primary=pain_during",
        "analyses.cortisol_day1.transform=none", "outcomes.fear.icc.practitioner=3 %",
    ]  # fmt: skip
    for change in planted:
        assert len(phrases(base, scenario(PICU, change))) == 1, change


def test_changes_are_the_same_seen_from_both_sides() -> None:
    a, b = scenario(PICU), scenario(NICU)
    there, back = changes(a, b), changes(b, a)
    turned = {"added": "removed", "removed": "added"}
    assert {(one.path, one.kind) for one in there} == {(one.path, turned.get(one.kind, one.kind)) for one in back}
