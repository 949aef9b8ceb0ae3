"""Factors: arms and weights that follow from them, what is written out, and faults with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.errors import ScenarioError
from trialsim.scenario import load, loads
from trialsim.scenario.change import change
from trialsim.scenario.dump import dump
from trialsim.scenario.factors import arms_of, terms_of

TWO = {"massage": ("no", "yes"), "music": ("no", "yes")}

SHIPPED = Path(__file__).parents[2] / "scenarios" / "massage-by-music.yaml"

STUDY = """
trialsim: 1
name: factors
title: Two factors
design: {factors: {massage: [no, yes], music: [no, yes]}, enroll: 40}
visits: {post: 1 d}
outcomes:
  stress:
    distribution: normal
    visits: [post]
    level: {mean: 10, sd: 2}
    effects: {massage: {difference: -0.5}, massage x music: {difference: 0.2}}
analyses:
  main: {outcome: stress, visit: post, test: regression, factors: [massage, music]}
primary: main
"""


def codes(text: str) -> list[tuple[str, str]]:
    with pytest.raises(ScenarioError) as caught:
        loads(text)
    return [(fault.code, fault.path) for fault in caught.value.faults]


def test_weights_of_three_factors_are_orthogonal_differences() -> None:
    factors = {"a": ("0", "1"), "b": ("0", "1"), "c": ("0", "1")}
    terms = terms_of(factors)
    assert list(terms) == ["a", "b", "c", "a x b", "a x c", "b x c", "a x b x c"]
    for name, term in terms.items():
        order = name.count(" x ") + 1
        assert sum(term.weights) == 0.0
        assert {abs(weight) for weight in term.weights} == {2.0**order / 8}
        assert term.size == 2.0 ** (order - 1)
        assert sum(term.present) == 2 ** (3 - order)
        assert sorted(term.sides) == list(range(8))
        others = [other for other in terms.values() if other is not term]
        assert all(sum(x * y for x, y in zip(term.weights, other.weights, strict=True)) == 0.0 for other in others)


def test_the_effect_of_a_factor_averages_over_the_levels_of_the_other() -> None:
    """0/1 coding: -0.5 without music and -0.3 with it are -0.4; planted: the effect at the first level alone."""
    terms, means = terms_of(TWO), [10.0, 10.0, 9.5, 9.7]
    found = {name: sum(w * m for w, m in zip(term.weights, means, strict=True)) for name, term in terms.items()}
    assert found == pytest.approx({"massage": -0.4, "music": 0.1, "massage x music": 0.2})
    assert found["massage"] != pytest.approx(means[2] - means[0])


def test_the_arms_are_written_out_and_the_resolved_form_loads_back() -> None:
    scenario = loads(STUDY)
    assert list(scenario.design.arms) == arms_of(TWO)
    assert scenario.design.reference == "massage no, music no"
    assert loads(dump(scenario)) == scenario
    assert change(scenario, {"design.enroll": 80}).design.enroll.in_all == 80


def test_steps_belong_to_the_arms_with_their_levels() -> None:
    scenario = load(SHIPPED)
    assert scenario.program is not None
    bits = {activity.base: (activity.arms, activity.own) for activity in scenario.program.activities}
    assert bits["hand massage"] == (0b1100, True)
    assert bits["headphones"] == (0b1010, True)
    assert bits["needle"] == (0b1111, False)


@pytest.mark.parametrize(
    ("old", "new", "code", "path"),
    [
        ("music: [no, yes]}", "music: [no]}", "TS-E340", "design.factors.music"),
        (", music: [no, yes]}", "}", "TS-E340", "design.factors"),
        ("design: {", "design: {reference: 'massage yes, music no', ", "TS-E341", "design.reference"),
        ("design: {", "design: {arms: {control: usual care, treated: x}, ", "TS-E341", "design.arms"),
        ("massage x music:", "music x massage:", "TS-E343", "outcomes.stress.effects.music x massage"),
        ("level: {mean: 10, sd: 2}", "level: {by_arm: {'massage no, music no': {mean: 1, sd: 1}}}", "TS-E343",
         "outcomes.stress.level.by_arm"),
        ("factors: [massage, music]}", "factors: [massage, musik]}", "TS-E344", "analyses.main.factors.1"),
        ("factors: [massage, music]}", "factors: [music, music]}", "TS-E344", "analyses.main.factors.1"),
        ("test: regression", "test: regression, margin: -1", "TS-E344", "analyses.main.margin"),
        ("test: regression", "test: t", "TS-E060", "analyses.main.factors"),
        ("design: {factors: {massage: [no, yes], music: [no, yes]}", "design: {arms: {massage: x, music: y}", "TS-E344",
         "analyses.main.factors"),
    ],
)  # fmt: skip
def test_a_fault_has_its_place(old: str, new: str, code: str, path: str) -> None:
    assert old in STUDY
    assert (code, path) in codes(STUDY.replace(old, new))


def test_an_interaction_of_scores_is_an_odds_ratio() -> None:
    scores = STUDY.replace("distribution: normal", "categories: 0..20")
    assert ("TS-E343", "outcomes.stress.effects.massage x music.difference") in codes(scores)


def test_steps_name_levels_and_not_arms() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    wrong = text.replace("when: {massage: yes}", "when: {massages: yes}")
    assert codes(wrong)[0][0] == "TS-E342"
    assert codes(text.replace("when: {massage: yes}", "when: {massage: some}"))[0][0] == "TS-E342"
    arms = text.replace("when: {massage: yes}", "arms: ['massage yes, music no', 'massage yes, music yes']")
    assert codes(arms) == [("TS-E342", "protocol.2.steps.0.arms")]
