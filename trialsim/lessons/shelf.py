"""All lessons in the order of the course, their texts read from the files beside this one. Nothing here needs a simulation."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from trialsim.errors import RunError
from trialsim.lessons.records import ClassAxis, Lesson, QuizChoice, QuizQuestion

TEXTS = Path(__file__).parent / "texts"

#: The order of the course.
ORDER = (
    "again", "notsignificant", "many", "peeking", "pilot",
    "clock", "regression", "within", "baseline", "responders", "rater",
    "halflife", "limit", "ordinal",
    "busy", "onenurse", "missing", "estimands", "therapist",
    "replicates", "carryover", "contest",
)  # fmt: skip


def read_lesson(name: str) -> Lesson:
    """The lesson in ``texts/NAME.toml``; lines of a text are joined."""
    found: dict[str, Any] = _joined(tomllib.loads((TEXTS / f"{name}.toml").read_text(encoding="utf-8")))
    axis = found.pop("axis")
    return Lesson(
        name=name,
        minutes=found.pop("minutes", 20),
        replicates=found.pop("replicates", 4000),
        predict=_question(found.pop("predict")),
        decide=_question(found.pop("decide")),
        transfer=_question(found.pop("transfer")),
        axis=ClassAxis(
            axis["label"], float(axis["low"]), float(axis["high"]), axis.get("log", False), axis.get("mark"),
            axis.get("mark_words", ""),
        ),
        phrases=tuple(found.pop("phrases").items()),
        **_frozen(found),
    )  # fmt: skip


def _frozen(found: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}


def _joined(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _joined(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_joined(inner) for inner in value]
    return tidy(value) if isinstance(value, str) else value


def tidy(text: str) -> str:
    """A text on one line, with minus signs before numbers outside of commands."""
    parts = " ".join(text.split()).split("`")
    parts[::2] = [re.sub(r"(?<![\w-])-(?=\d)", "\N{MINUS SIGN}", part) for part in parts[::2]]
    return "`".join(parts)


def _question(asked: dict[str, Any]) -> QuizQuestion:
    choices = (
        QuizChoice("abcdefgh"[number], one["words"], one.get("right", False), one["reveals"])
        for number, one in enumerate(asked["choices"])
    )
    return QuizQuestion(asked["text"], tuple(choices))


#: Every lesson, in order.
LESSONS: tuple[Lesson, ...] = tuple(read_lesson(name) for name in ORDER)


def lesson_named(name: str) -> Lesson:
    """The lesson with this name.

    Raises
    ------
    RunError
        TS-R010 if there is none
    """
    by_name = {one.name: one for one in LESSONS}
    if name not in by_name:
        from trialsim.quantities.refuse import did_you_mean

        remedy = did_you_mean(name, list(by_name), what="Lessons")
        raise RunError(f"there is no lesson '{name}'.", code="TS-R010", remedy=remedy)
    return by_name[name]
