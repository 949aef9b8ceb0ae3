"""Lessons for the class: their texts, one's own trial, and what is revealed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from trialsim.app.tasks import Plain, Report
from trialsim.lessons import LESSONS, TIMETABLES, lesson_named, own_trial
from trialsim.lessons import reveal as revealed
from trialsim.lessons.records import LabeledNumber, Lesson
from trialsim.lessons.timetables import Timetable

#: Parts of a lesson that pages show; what computes stays here.
SHOWN = ("name", "title", "part", "minutes", "goal", "story", "scenario", "reasons", "tasks", "learned", "glossary")


def texts(_: Plain, __: Report) -> Plain:
    """Every lesson with its questions, in order."""
    return {"lessons": [_texts(one) for one in LESSONS], "plans": [_plan(one) for one in TIMETABLES]}


def _plan(one: Timetable) -> dict[str, Any]:
    return {"title": one.title, "lessons": list(one.lessons), "steps": [list(step) for step in one.steps]}


def _texts(one: Lesson) -> dict[str, Any]:
    plain = {key: getattr(one, key) for key in SHOWN}
    questions = {key: asdict(getattr(one, key)) for key in ("predict", "decide", "transfer", "axis")}
    return {**plain, **questions}


def trial(asked: Plain, _: Report) -> Plain:
    """One's own trial: what is shown before the decision, and after it."""
    found = own_trial(lesson_named(asked["lesson"]), asked["seed"])
    return {
        "numbers": _numbers(found.numbers),
        "value": float(found.value),
        "picture": found.picture,
        "words": found.words,
        "right": list(found.right),
        "afterwards": found.afterwards,
    }


def reveal(asked: Plain, _: Report) -> Plain:
    """The answer from many simulated trials."""
    found = revealed(lesson_named(asked["lesson"]))
    return {
        "replicates": found.replicates,
        "numbers": _numbers(found.numbers),
        "answer": found.answer,
        "words": list(found.words),
        "picture": found.picture,
    }


def _numbers(numbers: tuple[LabeledNumber, ...]) -> list[dict[str, Any]]:
    return [{"name": one.name, "label": one.label, "text": one.text, "value": float(one.value)} for one in numbers]
