"""A lesson as plain data, for programs: texts, questions with their answers, an own trial, and what is revealed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from trialsim.lessons.play import own_trial, reveal
from trialsim.lessons.records import Lesson, QuizQuestion
from trialsim.lessons.shelf import LESSONS


def list_document() -> dict[str, Any]:
    """All lessons in a few words each."""
    return {
        "lessons": [
            {"name": one.name, "title": one.title, "part": one.part, "minutes": one.minutes, "goal": one.goal}
            for one in LESSONS
        ]
    }


def lesson_document(lesson: Lesson, seed: int, replicates: int | None = None) -> dict[str, Any]:
    """One lesson with everything in it."""
    found = reveal(lesson, replicates=replicates, own=seed)
    own = own_trial(lesson, seed)
    return {
        "lesson": lesson.name,
        "title": lesson.title,
        "part": lesson.part,
        "minutes": lesson.minutes,
        "goal": lesson.goal,
        "story": lesson.story,
        "scenario": lesson.scenario,
        "predict": _question(lesson.predict),
        "reasons": list(lesson.reasons),
        "own_trial": {
            "seed": seed,
            "words": own.words,
            "numbers": [asdict(one) for one in own.numbers],
            "value": own.value,
            "right": list(own.right),
            "afterwards": own.afterwards,
            "picture": own.picture,
        },
        "decide": _question(lesson.decide),
        "reveal": {
            "replicates": found.replicates,
            "seed": found.seed,
            "right": found.answer,
            "words": list(found.words),
            "numbers": [asdict(one) for one in found.numbers],
            "picture": found.picture,
        },
        "transfer": _question(lesson.transfer),
        "learned": lesson.learned,
        "tasks": list(lesson.tasks),
    }


def _question(asked: QuizQuestion) -> dict[str, Any]:
    return {"text": asked.text, "choices": [asdict(choice) for choice in asked.choices]}
