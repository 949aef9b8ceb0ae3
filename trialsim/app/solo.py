"""Simulated students, for a class whose network keeps clients apart: they answer by shares that are invented for practice.

What they answer says nothing of real students, and every page that shows it says so. Their own trials are simulated like
everybody's.
"""

from __future__ import annotations

import asyncio
from hashlib import blake2b

from trialsim.app.classroom import STEPS, LessonRound
from trialsim.app.own_trials import prepare_trial
from trialsim.app.settings import SIMULATED
from trialsim.app.state import AppPerson
from trialsim.app.web import App

#: The share that answers right, by step: invented.
RIGHT = {"predict": 0.25, "decide": 0.5, "after": 0.5, "transfer": 0.65}

#: The last of them answers after so many seconds [s].
SLOWEST = 12.0


def make_students(app: App) -> None:
    """Simulated students, once."""
    there = sum(one.simulated for one in app.state.students())
    for number in range(there, SIMULATED):
        app.state.join(f"Simulated {number + 1}", simulated=True)


def uniform(*what: object) -> float:
    """A number between 0 and 1 that depends on nothing but what is named.

    >>> uniform(1, "again") == uniform(1, "again"), 0 <= uniform(2) < 1
    (True, True)
    """
    digest = blake2b(repr(what).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def choice_of(app: App, play: LessonRound, person: AppPerson, step: str) -> tuple[str, str]:
    """The answer of a simulated student and the number of its reason."""
    texts = app.lessons[play.lesson]
    quiz = texts.quiz(step)
    wrong = [one.key for one in quiz.choices if not one.right]
    if not wrong or uniform(person.seed, play.lesson, step, "right") < RIGHT[step]:
        key = quiz.right.key
    else:
        key = wrong[int(uniform(person.seed, play.lesson, quiz.text, "wrong") * len(wrong))]
    reason = str(int(uniform(person.seed, play.lesson, "reason") * max(len(texts.reasons), 1)))
    return key, reason if step == "predict" else ""


def simulate_answers(app: App, play: LessonRound) -> None:
    """Let the simulated students answer what is open, one after the other."""
    if not app.settings.solo:
        return
    for person in app.state.students():
        if person.simulated:
            after = 0.4 + SLOWEST * uniform(person.seed, play.id, play.stage)
            asyncio.get_running_loop().call_later(after, _answer, app, play.id, person, play.stage)


def _answer(app: App, number: int, person: AppPerson, stage: str) -> None:
    """Answer the questions of a stage, if the class is still there."""
    play = app.classroom.current()
    if play is None or play.id != number or play.stage != stage or play.lesson not in app.lessons:
        return
    for step in STEPS:
        if play.open(step) and (step != "predict" or stage == "predict"):
            app.classroom.answer(play, person, step, *choice_of(app, play, person, step))
    if "predict" in app.classroom.answers(play, person):
        prepare_trial(app, play, person)
    app.bus.changed("answers", *(["seen"] if stage in ("class", "transfer") else []))
