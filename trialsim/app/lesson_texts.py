"""The texts of lessons as pages use them, made from what a process sends: the server loads nothing that simulates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from trialsim.app.pictures import Axis, nice_ticks


@dataclass(frozen=True)
class ShownChoice:
    """An answer to choose, and what it reveals of who chooses it."""

    key: str
    words: str
    right: bool
    reveals: str


@dataclass(frozen=True)
class ShownQuestion:
    """A question with its choices."""

    text: str
    choices: tuple[ShownChoice, ...]

    def choice(self, key: str) -> ShownChoice | None:
        """The choice of this key."""
        return next((one for one in self.choices if one.key == key), None)

    @property
    def right(self) -> ShownChoice:
        """The right choice."""
        return next(one for one in self.choices if one.right)

    @property
    def plain(self) -> list[tuple[str, str, bool]]:
        """Key, words and whether it is right, for a picture."""
        return [(one.key, one.words, one.right) for one in self.choices]


@dataclass(frozen=True)
class LessonTexts:
    """The texts and questions of a lesson, and the axis on which own trials become dots."""

    name: str
    title: str
    part: str
    minutes: int
    goal: str
    story: str
    scenario: str
    reasons: tuple[str, ...]
    tasks: tuple[str, ...]
    learned: str
    predict: ShownQuestion
    decide: ShownQuestion
    transfer: ShownQuestion
    axis: Axis
    mark: float | None
    mark_words: str

    def quiz(self, step: str) -> ShownQuestion:
        """The question of a step; after the class the prediction is asked again."""
        return {"predict": self.predict, "after": self.predict, "decide": self.decide, "transfer": self.transfer}[step]


def lesson_texts(plain: dict[str, Any]) -> LessonTexts:
    """A lesson from plain data."""
    axis = plain["axis"]
    words = {key: plain[key] for key in ("name", "title", "part", "minutes", "goal", "story", "scenario", "learned")}
    return LessonTexts(
        **words,
        reasons=tuple(plain["reasons"]),
        tasks=tuple(plain["tasks"]),
        predict=_quiz(plain["predict"]),
        decide=_quiz(plain["decide"]),
        transfer=_quiz(plain["transfer"]),
        axis=Axis(axis["label"], axis["low"], axis["high"], _ticks(axis), axis["log"]),
        mark=axis["mark"],
        mark_words=axis["mark_words"],
    )


def _quiz(plain: dict[str, Any]) -> ShownQuestion:
    return ShownQuestion(plain["text"], tuple(ShownChoice(**one) for one in plain["choices"]))


def _ticks(axis: dict[str, Any]) -> tuple[float, ...]:
    low, high = axis["low"], axis["high"]
    if not axis["log"]:
        return nice_ticks(low, high)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if math.log10(high / low) < 2 else (1,)
    inside = [float(f"{step}e{one}") for one in decades for step in steps]
    return (low, *(one for one in inside if low * 1.0001 < one < high * 0.9999), high)
