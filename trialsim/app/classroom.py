"""A lesson as it is given: stages, answers that are locked, own trials, and counts of all of them."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from typing import Any

from trialsim.app.state import AppPerson, State, now

#: The stages of a lesson, in order, and what happens in each.
STAGES = {
    "predict": "Predict",
    "trial": "Own trial",
    "class": "The class",
    "reveal": "Reveal",
    "transfer": "Another study",
    "end": "End",
}

#: The steps that are answered, and the stages in which each is open.
STEPS = {
    "predict": ("predict", "trial"),
    "decide": ("trial",),
    "after": ("class",),
    "transfer": ("transfer",),
}

#: From this stage on the truth may be shown.
TRUTH_FROM = "reveal"


@dataclass(frozen=True)
class LessonRound:
    """A lesson that is being given, or was."""

    id: int
    lesson: str
    stage: str
    paused: bool
    misconceptions: bool
    ended: bool

    @property
    def revealed(self) -> bool:
        """Whether the truth may be shown."""
        order = list(STAGES)
        return order.index(self.stage) >= order.index(TRUTH_FROM)

    def open(self, step: str) -> bool:
        """Whether a step can be answered now."""
        return not self.paused and not self.ended and self.stage in STEPS[step]


@dataclass(frozen=True)
class Answer:
    """An answer, which nothing changes any more."""

    choice: str
    reason: str


class Classroom:
    """Lessons as they are given, in the state of the app."""

    def __init__(self, state: State) -> None:
        self._state = state

    # ------------------------------------------------------------ the lecturer's actions

    def start(self, lesson: str) -> LessonRound:
        """Begin a lesson; the one before it ends."""
        with self._state.together():
            self._state.write("UPDATE rounds SET ended = ? WHERE ended IS NULL", now())
            made = self._state.write(
                "INSERT INTO rounds (lesson, stage, began) VALUES (?, 'predict', ?)", lesson, now()
            )
        found = self.play(made)
        assert found is not None
        return found

    def to(self, play: LessonRound, stage: str) -> None:
        """Go on to a stage; never back, because what was shown was seen."""
        order = list(STAGES)
        if order.index(stage) > order.index(play.stage):
            self._state.write("UPDATE rounds SET stage = ?, paused = 0 WHERE id = ?", stage, play.id)

    def pause(self, play: LessonRound, *, paused: bool) -> None:
        """Close or open all forms."""
        self._state.write("UPDATE rounds SET paused = ? WHERE id = ?", int(paused), play.id)

    def show_misconceptions(self, play: LessonRound, *, shown: bool) -> None:
        """Show everybody what each wrong answer reveals, or hide it."""
        self._state.write("UPDATE rounds SET misconceptions = ? WHERE id = ?", int(shown), play.id)

    def finish(self, play: LessonRound) -> None:
        """End a lesson."""
        self._state.write("UPDATE rounds SET ended = ?, stage = 'end' WHERE id = ?", now(), play.id)

    # ------------------------------------------------------------ students' actions

    def answer(self, play: LessonRound, person: AppPerson, step: str, choice: str, reason: str = "") -> bool:
        """Lock an answer; False if there is one, which then is kept."""
        made = self._state.write(
            "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?)", play.id, person.id, step, choice, reason, now()
        )
        return made > 0

    def keep_trial(self, play: LessonRound, person: AppPerson, shown: dict[str, Any]) -> None:
        """Keep a person's own trial."""
        text = json.dumps(shown, allow_nan=False)
        self._state.write("INSERT OR IGNORE INTO trials VALUES (?, ?, ?)", play.id, person.id, text)

    # ------------------------------------------------------------ what is known

    def current(self) -> LessonRound | None:
        """The lesson that is being given."""
        return _play(self._state.row("SELECT * FROM rounds WHERE ended IS NULL ORDER BY id DESC"))

    def play(self, number: int) -> LessonRound | None:
        """The play of this number."""
        return _play(self._state.row("SELECT * FROM rounds WHERE id = ?", number))

    def last(self) -> LessonRound | None:
        """The lesson given last, whether it has ended or not."""
        return _play(self._state.row("SELECT * FROM rounds ORDER BY id DESC"))

    def rounds(self) -> list[LessonRound]:
        """All that were given, the first one first."""
        return [one for one in map(_play, self._state.rows("SELECT * FROM rounds ORDER BY id")) if one is not None]

    def answers(self, play: LessonRound, person: AppPerson) -> dict[str, Answer]:
        """What a person has answered, by step."""
        found = self._state.rows("SELECT * FROM answers WHERE play = ? AND person = ?", play.id, person.id)
        return {row["step"]: Answer(row["choice"], row["reason"]) for row in found}

    def counts(self, play: LessonRound) -> dict[str, Counter[str]]:
        """How often each choice was answered, by step."""
        found: dict[str, Counter[str]] = {step: Counter() for step in STEPS}
        for row in self._state.rows(
            "SELECT step, choice, COUNT(*) AS n FROM answers WHERE play = ? GROUP BY 1, 2", play.id
        ):
            found[row["step"]][row["choice"]] = row["n"]
        return found

    def moved(self, play: LessonRound, first: str, then: str) -> Counter[tuple[str, str]]:
        """How often each pair of choices in two steps was answered by the same person."""
        rows = self._state.rows(
            "SELECT a.choice AS x, b.choice AS y, COUNT(*) AS n FROM answers a JOIN answers b ON a.play = b.play AND "
            "a.person = b.person WHERE a.play = ? AND a.step = ? AND b.step = ? GROUP BY 1, 2",
            play.id, first, then,
        )  # fmt: skip
        return Counter({(row["x"], row["y"]): row["n"] for row in rows})

    def reasons(self, play: LessonRound) -> Counter[tuple[str, str]]:
        """How often each reason was given with each choice of the prediction."""
        rows = self._state.rows(
            "SELECT choice, reason, COUNT(*) AS n FROM answers WHERE play = ? AND step = 'predict' GROUP BY 1, 2",
            play.id,
        )
        return Counter({(row["choice"], row["reason"]): row["n"] for row in rows})

    def trial(self, play: LessonRound, person: AppPerson) -> dict[str, Any] | None:
        """A person's own trial, if it was simulated."""
        row = self._state.row("SELECT shown FROM trials WHERE play = ? AND person = ?", play.id, person.id)
        return None if row is None else json.loads(row["shown"])

    def trials(self, play: LessonRound) -> dict[int, dict[str, Any]]:
        """Every own trial, by person."""
        rows = self._state.rows("SELECT person, shown FROM trials WHERE play = ?", play.id)
        return {row["person"]: json.loads(row["shown"]) for row in rows}

    def without_trial(self, play: LessonRound) -> list[AppPerson]:
        """Who has predicted and has no trial yet."""
        rows = self._state.rows(
            "SELECT a.person FROM answers a LEFT JOIN trials t ON t.play = a.play AND t.person = a.person "
            "WHERE a.play = ? AND a.step = 'predict' AND t.person IS NULL",
            play.id,
        )
        return [one for one in (self._state.person(row["person"]) for row in rows) if one is not None]

    # ------------------------------------------------------------ what a lesson reveals

    def keep_reveal(self, lesson: str, shown: dict[str, Any]) -> None:
        """Keep the figure and the words of a lesson's reveal."""
        text = json.dumps(shown, allow_nan=False)
        self._state.write("INSERT OR REPLACE INTO reveals VALUES (?, ?)", lesson, text)

    def reveal(self, lesson: str) -> dict[str, Any] | None:
        """The figure and the words of a lesson's reveal, if they were computed."""
        row = self._state.row("SELECT shown FROM reveals WHERE lesson = ?", lesson)
        return None if row is None else json.loads(row["shown"])


def _play(row: sqlite3.Row | None) -> LessonRound | None:
    if row is None:
        return None
    return LessonRound(
        row["id"],
        row["lesson"],
        row["stage"],
        bool(row["paused"]),
        bool(row["misconceptions"]),
        row["ended"] is not None,
    )
