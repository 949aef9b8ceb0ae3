"""Own trials and reveals: asked of a process as soon as they can be needed, kept, and shown when it is their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from trialsim.app.classroom import LessonRound
from trialsim.app.pool import Job, PlayError
from trialsim.app.state import AppPerson
from trialsim.app.web import App

#: Work of nobody in particular has this number in place of a person's.
NOBODY = 0


def when_done(job: Job, then: Callable[[dict[str, Any]], None], otherwise: Callable[[PlayError], None]) -> None:
    """Do something with the result of a play once it is there, or with what went wrong."""

    def look(done: asyncio.Future[dict[str, Any]]) -> None:
        if done.cancelled():
            return
        trouble = done.exception()
        if trouble is None:
            then(done.result())
        elif isinstance(trouble, PlayError):
            otherwise(trouble)

    job.done.add_done_callback(look)


def prepare_trial(app: App, play: LessonRound, person: AppPerson) -> None:
    """Have a person's own trial simulated, if it is not yet."""
    if app.classroom.trial(play, person) is not None or not app.ready:
        return
    job = app.pool.ask(person.id, "trial", {"lesson": play.lesson, "seed": person.seed})

    def keep(shown: dict[str, Any]) -> None:
        app.classroom.keep_trial(play, person, shown)
        app.bus.changed(f"person {person.id}", "answers", "seen")

    when_done(job, keep, lambda _: None)


def prepare_reveal(app: App, play: LessonRound) -> None:
    """Have the reveal of a lesson simulated, if it is not yet."""
    if app.classroom.reveal(play.lesson) is not None or not app.ready:
        return
    job = app.pool.ask(NOBODY, "reveal", {"lesson": play.lesson}, lane="long")

    def keep(shown: dict[str, Any]) -> None:
        app.classroom.keep_reveal(play.lesson, shown)
        app.bus.changed("class")

    when_done(job, keep, lambda _: None)
