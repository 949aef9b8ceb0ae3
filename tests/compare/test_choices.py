"""Which analyses compare the same arms, and which of them may be ranked by power."""

from __future__ import annotations

import pytest

import trialsim as ts
from trialsim.compare.choices import left_out, named, only, other_visits, questions, same_question
from trialsim.compare.sides import CompareError
from trialsim.prepared import Study
from trialsim.scenario.further import with_analyses

NICU = "nicu-parent-massage"


def groups(study: Study, names: tuple[str, ...]) -> list[list[list[str]]]:
    """The analyses of each question by the groups that may be ranked."""
    rows = study.analysis.rows
    return [
        [[rows[question.choices[place].row].analysis for place in group] for group in question.groups]
        for question in questions(study, names)
    ]


def pair(**keys: object) -> dict[str, object]:
    return {"outcome": "fear", "visit": "during", "contrast": "music - control", **keys}


@pytest.fixture(scope="module")
def music() -> Study:
    """One pair of arms at one visit by many analyses."""
    further = {
        "ranks": pair(test="mann-whitney"),
        "spread": pair(test="brunner-munzel"),
        "wins": pair(test="win-odds"),
        "t": pair(test="t"),
        "turned": pair(test="welch", contrast="control - music"),
        "at one percent": pair(test="t", alpha="1 %"),
        "change": {"outcome": "fear", "change": {"from": "baseline", "to": "during"}, "test": "t", "contrast": "music - control"},
        "later change": {
            "outcome": "fear", "change": {"from": "before", "to": "during"}, "test": "t", "contrast": "music - control",
        },
        "adjusted": pair(test="ancova", baseline="baseline"),
        "completers": pair(test="ancova", baseline="baseline", population="completers"),
        "without girls": pair(test="t", exclude={"sex": "girl"}),
        "model": {
            "outcome": "fear", "visits": ["before", "during"], "test": "mmrm", "baseline": "baseline", "at": "during",
            "contrast": "music - control",
        },
        "odds": pair(test="proportional-odds"),
        "odds by Wald": pair(test="proportional-odds", by="wald"),
        "odds adjusted": pair(test="proportional-odds", baseline="baseline"),
        "other arms": pair(test="t", contrast="music - massage"),
        "all arms": {"outcome": "fear", "visit": "during", "test": "anova", "then": {"pairs": "t", "against": "control"}},
        "one by one": {"outcome": "fear", "visit": "during", "test": "anova",
                       "then": {"pairs": "t", "against": "control", "adjust": "none", "gate": False}},
    }  # fmt: skip
    return ts.prepare(with_analyses(ts.load("picu-blood-draw"), further)[0])


def test_the_same_question_is_outcome_visit_and_arms() -> None:
    study = ts.prepare("picu-blood-draw")
    assert same_question(study) == ("fear_during", "fear_during_anova")
    assert other_visits(study, same_question(study)) == ("Fear before the needle", "Fear after the needle")
    assert [one.contrast for one in questions(study, same_question(study))] == [
        "all arms", "music - control", "massage - control",
    ]  # fmt: skip
    mothers = same_question(ts.prepare(NICU))
    assert mothers[0] == "all_mothers_log"
    assert "infants_log" not in mothers


def test_only_the_same_number_at_the_same_level_may_be_ranked(music: Study) -> None:
    """Means with and without adjustment are one number; ranks, win odds and odds are others, and so are levels and people."""
    found = dict(
        zip(
            [one.contrast for one in questions(music, same_question(music))],
            groups(music, same_question(music)),
            strict=True,
        )
    )
    assert found["music - control"] == [
        ["fear_during"],
        ["fear_during_anova", "all arms"],
        ["ranks", "spread"],
        ["wins"],
        ["t", "turned", "change", "adjusted", "completers", "model", "one by one"],
        ["at one percent"],
        ["later change"],
        ["without girls"],
        ["odds", "odds by Wald"],
        ["odds adjusted"],
    ]
    assert found["all arms"] == [["fear_during"], ["fear_during_anova", "all arms", "one by one"]]
    assert "music - massage" not in found


def test_groups_chosen_by_the_outcome_are_never_ranked() -> None:
    study = ts.prepare(NICU)
    assert [len(group) for group in groups(study, same_question(study))[0]] == [1] * 5


def test_last_values_are_after_the_same_number_as_complete_cases() -> None:
    study = ts.prepare("last-value")
    assert groups(study, same_question(study)) == [
        [["complete cases", "last value", "last or first value"], ["worst after ICU or stopping"], ["90 after ICU"]]
    ]


def test_names_labels_and_slips() -> None:
    study = ts.prepare("picu-blood-draw")
    assert named(study, ["Fear during the needle, by means", "pain_during"]) == (
        "fear_during",
        "fear_during_anova",
        "pain_during",
    )
    with pytest.raises(CompareError, match="Did you mean 'fear_before'") as refused:
        named(study, ["fear_befor"])
    assert refused.value.code == "TS-R280"
    with pytest.raises(
        CompareError, match=r"by t: \{outcome: fear, visit: during, test: t, contrast: music - control\}"
    ):
        named(study, ["t"])
    with pytest.raises(CompareError, match="two analyses that compare the same arms") as alone:
        questions(ts.prepare("textbook-ancova"), ("main",))
    assert alone.value.code == "TS-R281"


def test_what_nothing_is_compared_with_is_named() -> None:
    study = ts.prepare(NICU)
    names = named(study, ["all_mothers", "infants_log"])
    scenario = with_analyses(
        study.scenario, {"other arm": {"outcome": "maternal_cortisol", "visit": "pre", "test": "one-sample-t"}}
    )[0]
    there = ts.prepare(scenario)
    chosen = named(there, ["all_mothers", "other arm"])
    assert left_out(study, names, questions(study, names)) == ()
    assert left_out(there, chosen, questions(there, chosen)) == (), (
        "a sample of one arm is one sample, whatever its visit"
    )
    three = ts.prepare("many-arms")
    first = same_question(three)
    assert set(left_out(three, first, questions(three, first))) < set(first)


def test_the_study_keeps_only_what_is_compared() -> None:
    study = ts.prepare("picu-blood-draw")
    fewer = only(study, ("fear_during", "cortisol_day1"))
    assert [call.name for call in fewer.analysis.calls] == ["fear_during", "cortisol_day1"]
    assert [fewer.analysis.call_of(row).name for row in range(len(fewer.analysis.rows))] == ["fear_during"] * 3 + [
        "cortisol_day1"
    ] * 3
    assert fewer.analysis.rows[fewer.analysis.primary[0]].analysis == "fear_during"
    families = ts.prepare("families")
    assert only(families, same_question(families)) is families, "hypotheses that are tested together stay together"


def test_a_factor_is_compared_with_the_same_factor() -> None:
    """Four arms take part in each factor: with other weights they are another question."""
    study = ts.prepare("massage-by-music")
    names = same_question(study)
    asked = questions(study, names)
    assert names == ("fear", "together")
    assert [one.contrast for one in asked] == ["massage", "music"]
    assert {study.analysis.rows[choice.row].contrast for choice in asked[0].choices} == {"massage"}


def test_what_is_looked_at_is_not_ranked_with_what_is_tested_once() -> None:
    study = ts.prepare("picu-sequential")
    names = same_question(study)
    assert only(study, names) is study, "a trial that may stop stays what it is"
    choices = questions(study, names)[0].choices
    assert [choice.control == choices[0].control for choice in choices] == [True, False]
