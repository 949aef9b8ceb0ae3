"""Every lesson: its texts are complete, its right answer is right in its scenario, its pictures are well formed."""

from __future__ import annotations

import functools
import math
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from tests.test_words import words_in
from trialsim.api.subjects import study_of
from trialsim.errors import RunError
from trialsim.lessons import (
    LESSONS,
    PARTS,
    TIMETABLES,
    Lesson,
    QuizQuestion,
    Reveal,
    alone,
    lesson_named,
    own_trial,
    reveal,
)
from trialsim.lessons.glossary import EXERCISES, GLOSSARY
from trialsim.lessons.play import FEWEST
from trialsim.lessons.shelf import ORDER, TEXTS
from trialsim.lessons.studies import contest, halflife, limit, missing, pilot
from trialsim.lessons.table import STUDIES
from trialsim.scenario.shipped import shipped_scenarios

ALL = pytest.mark.parametrize("one", LESSONS, ids=lambda one: one.name)

#: A title has one line of a picture.
TITLE = 62


#: Trials with which the right answer is five standard errors and more away from the next one; by default the fewest are enough.
ENOUGH = {
    "again": 2000,
    "many": 4200,
    "peeking": 2000,
    "therapist": 1000,
    "replicates": 4000,
    "carryover": 9500,
    "contest": 4000,
}


@functools.cache
def revealed(name: str) -> Reveal:
    """The answer from few trials, once for all tests."""
    return reveal(lesson_named(name), replicates=ENOUGH.get(name, FEWEST), own=3)


def faults(one: Lesson) -> list[str]:
    """What a lesson lacks."""
    found = [f"{field} is empty" for field, value in vars(one).items() if value in ("", ())]
    for name in ("predict", "decide", "transfer"):
        asked: QuizQuestion = getattr(one, name)
        if len(asked.choices) < 3:
            found.append(f"{name}: fewer than three answers")
        if name != "decide" and sum(choice.right for choice in asked.choices) != 1:
            found.append(f"{name}: not one right answer")
        found += [f"{name} {choice.key}: says nothing" for choice in asked.choices if len(choice.reveals) < 20]
    found += [f"{word} is not in the glossary" for word in one.glossary if word not in GLOSSARY]
    return found


@ALL
def test_a_lesson_is_complete(one: Lesson) -> None:
    assert faults(one) == []
    assert one.part in PARTS
    assert one.scenario in shipped_scenarios()
    assert any(one.scenario in task for task in one.tasks)


def test_a_lesson_without_a_transfer_is_seen() -> None:
    """Planted."""
    one = LESSONS[0]
    assert faults(replace(one, transfer=QuizQuestion("Which?", ())))
    assert faults(replace(one, tasks=()))
    assert faults(replace(one, glossary=("no such word",)))


def test_every_text_is_a_lesson_with_a_study_and_a_place_in_the_course() -> None:
    assert {path.stem for path in TEXTS.glob("*.toml")} == {*ORDER, "glossary", "exercises"}
    assert tuple(STUDIES) == ORDER
    weeks = [name for one in TIMETABLES if not one.steps for name in one.lessons]
    assert tuple(weeks) == ORDER
    assert all(name in ORDER for one in TIMETABLES for name in one.lessons)
    assert [PARTS.index(one.part) for one in LESSONS] == sorted(PARTS.index(one.part) for one in LESSONS)


@pytest.mark.parametrize("path", sorted(TEXTS.glob("*.toml")), ids=lambda path: path.stem)
def test_texts_use_plain_words(path: object) -> None:
    assert words_in(path.read_text(encoding="utf-8"), code=False) == []  # type: ignore[attr-defined]


@ALL
def test_the_right_answer_is_right_in_the_scenario(one: Lesson) -> None:
    assert revealed(one.name).answer == one.predict.right.key


def test_a_wrong_answer_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: with a power of 97 % another answer is right."""
    from trialsim.lessons.studies import again

    larger = study_of("run-it-again", set=("design.enroll={each arm: 124}",))
    monkeypatch.setattr("trialsim.lessons.trials.study", lambda _scenario, _changes=(): larger)
    assert again.simulate(lesson_named("again"), FEWEST, None).answer == "a"


@ALL
def test_an_own_trial_is_the_same_again_and_differs_by_seed(one: Lesson) -> None:
    first, second = own_trial(one, 11), own_trial(one, 12)
    assert own_trial(one, 11) == first
    assert (first.numbers, first.picture) != (second.numbers, second.picture)
    assert {choice.key for choice in one.decide.choices} >= set(first.right)
    assert first.right
    assert math.isfinite(first.value)
    assert not re.search(r"[{}]|nan", first.words + first.afterwards)


@ALL
def test_numbers_have_errors_and_words_are_filled(one: Lesson) -> None:
    found = revealed(one.name)
    exact = {"cost"}
    for number in found.numbers:
        assert math.isfinite(number.value), number
        assert number.mcse is not None or number.name.split("_")[0] in exact, number
    assert all(not re.search(r"[{}]|nan\b", words) for words in found.words)
    assert len({number.name for number in found.numbers}) == len(found.numbers)


@ALL
def test_pictures_are_well_formed_and_described(one: Lesson) -> None:
    for svg in (own_trial(one, 3).picture, revealed(one.name).picture):
        root = ET.fromstring(alone(svg))
        names = {part.get("id") for part in root.iter() if part.get("id")}
        assert names == set((root.get("aria-labelledby") or "").split())
        assert 5 < len(root.findtext("{*}title") or "") <= TITLE, root.findtext("{*}title")
        assert len(root.findtext("{*}desc") or "") > 20
        assert "nan" not in svg
        assert not re.search(r"<script|style=|href", svg)


def test_numbers_of_texts_are_those_of_the_scenarios() -> None:
    def effect(scenario: str, outcome: str, arm: str) -> float:
        found = study_of(scenario).scenario.outcomes[outcome].effects[arm]
        return float((found.difference or found.ratio).value)

    assert effect("small-pilot", "stress", "massage") == pilot.TRUE
    assert effect("too-afraid-to-answer", "fear", "music") == missing.TRUE
    assert effect("below-the-limit", "left out", "massage") == limit.TRUE
    known = study_of("below-the-limit").scenario.outcomes["left out"].instrument
    assert known is not None
    assert known.detection_limit is not None
    assert known.detection_limit.value == limit.LIMIT
    half_life = study_of("secretion-stops").scenario.outcomes["cortisol"].half_life
    assert half_life is not None
    assert half_life.value / 60 == halflife.HALF_LIFE
    assert [one.key for one in contest.DESIGNS] == [choice.key for choice in lesson_named("contest").predict.choices]


def test_an_unknown_lesson_is_answered_with_the_nearest() -> None:
    with pytest.raises(RunError, match="peekin") as raised:
        lesson_named("peekin")
    assert "peeking" in raised.value.remedy


def test_exercises_are_complete() -> None:
    assert len(EXERCISES) >= 10
    assert all(set(one) == {"title", "question", "answer"} for one in EXERCISES)


# ---------------------------------------------------------------- figures, from all trials of a lesson

#: Figures that each lesson is built on: lesson, number, and where it must lie.
FIGURES = (
    ("again", "again", 0.697, 0.03), ("again", "after", 0.697, 0.05),
    ("peeking", "any", 0.142, 0.02),                    # Armitage, McPherson and Rowe 1969
    ("pilot", "times", 2.7, 0.08), ("pilot", "power", 0.133, 0.015), ("pilot", "wrong", 0.018, 0.015),
    ("clock", "massage", 1 - math.exp(-0.264), 0.005), ("clock", "between", 0.05, 0.015),
    ("baseline", "need_change", 0.80, 0.015), ("baseline", "need_both", 0.64, 0.02),
    ("responders", "fell", 0.88, 0.03), ("responders", "moved", 0.05, 0.012),
    ("rater", "large", -0.3, 0.01),
    ("halflife", "fall15", 0.148, 0.01), ("halflife", "fall30", 0.274, 0.01), ("halflife", "fall60", 0.473, 0.01),
    ("limit", "model", 0.65, 0.01), ("therapist", "rejects", 0.2177, 0.035),
    ("estimands", "full", -10, 0.3), ("busy", "half", 20, 1.5), ("carryover", "recipe", 0.085, 0.01),
    ("replicates", "power", 0.8015, 0.008), ("replicates", "half", 7.84, 1.1),
)  # fmt: skip


@pytest.mark.verify
@pytest.mark.parametrize(("name", "number", "expected", "within"), FIGURES, ids=str)
def test_figures_from_all_trials(name: str, number: str, expected: float, within: float) -> None:
    """Exact or published figures; ``within`` is at least three Monte Carlo standard errors."""
    found = _full(name).number(number)
    assert found.mcse is not None
    assert 3 * found.mcse <= within
    assert abs(found.value - expected) <= within


@functools.cache
def _full(name: str) -> Reveal:
    return reveal(lesson_named(name))


@pytest.mark.verify
@ALL
def test_the_right_answer_is_right_with_all_trials(one: Lesson) -> None:
    assert _full(one.name).answer == one.predict.right.key


@pytest.mark.verify
def test_the_shipped_scenario_of_looks_stops_as_often_as_its_lesson_says() -> None:
    from trialsim.api.play import analyze, simulate

    found = analyze(simulate("peeking", 2000))
    assert found.rejected[0, :, 0].mean() == _peeked(2000)


def _peeked(replicates: int) -> float:
    from trialsim.lessons.studies.peeking import paths

    return float((paths("peeking", replicates) < 0.05).any(axis=1).mean())
