"""Every lesson: its texts are complete, its right answer is right in its scenario, its pictures are well formed."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from trialsim.lessons import LESSONS, PARTS, Lesson, QuizQuestion, alone, own_trial, reveal
from trialsim.scenario.shipped import shipped_scenarios

ALL = pytest.mark.parametrize("one", LESSONS, ids=lambda one: one.name)


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


@ALL
def test_the_right_answer_is_right_in_the_scenario(one: Lesson) -> None:
    assert reveal(one, replicates=min(one.replicates, 1000)).answer == one.predict.right.key


@ALL
def test_an_own_trial_is_the_same_again_and_differs_by_seed(one: Lesson) -> None:
    first, second = own_trial(one, 11), own_trial(one, 12)
    assert own_trial(one, 11) == first
    assert first.numbers != second.numbers
    assert {choice.key for choice in one.decide.choices} >= set(first.right)
    assert first.right


@ALL
def test_pictures_are_well_formed_and_described(one: Lesson) -> None:
    for svg in (own_trial(one, 3).picture, reveal(one, replicates=400, own=3).picture):
        root = ET.fromstring(alone(svg))
        names = {part.get("id") for part in root.iter() if part.get("id")}
        assert names == set((root.get("aria-labelledby") or "").split())
        assert all(len(root.findtext(f"{{*}}{tag}") or "") > 5 for tag in ("title", "desc"))
        assert "nan" not in svg
        assert not re.search(r"<script|style=|href", svg)
