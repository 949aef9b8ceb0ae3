"""Questions of the workbench on their way: noted, asked of a process, and answered also after the app was started again."""

from __future__ import annotations

import time
from typing import Any

from trialsim.app.desk import DONE, FAILED, Desk, Document, Inquiry
from trialsim.app.own_trials import when_done
from trialsim.app.pool import NobodyWaitsError, PlayError, key_of
from trialsim.app.state import Person
from trialsim.app.web import App


def begin(app: App, desk: Desk, person: Person, document: Document, kind: str, asked: dict[str, Any]) -> Inquiry:
    """Note a question and ask it; what the person waited for is given up."""
    found = desk.ask(person, document, kind, asked, key_of(kind, asked))
    pursue(app, desk, found)
    return found


def pursue(app: App, desk: Desk, asked: Inquiry) -> None:
    """Ask a process, if nobody has asked the same before."""
    if app.state.result(asked.key) is not None:
        app.pool.give_up(asked.person)
        desk.settle(asked.id, DONE)
        return
    began = time.monotonic()
    job = app.pool.ask(asked.person, asked.kind, asked.asked, lane="long")

    def keep(result: dict[str, Any]) -> None:
        app.state.keep_result(asked.key, result, time.monotonic() - began)
        desk.settle(asked.id, DONE)
        app.bus.changed(f"person {asked.person}")

    def note(trouble: PlayError) -> None:
        if not isinstance(trouble, NobodyWaitsError):
            ends(desk, asked.id, trouble.words)
            app.bus.changed(f"person {asked.person}")

    when_done(job, keep, note)


def ends(desk: Desk, number: int, trouble: str) -> None:
    """A question without an answer."""
    desk.settle(number, FAILED, trouble)


def go_on(app: App, desk: Desk) -> None:
    """Ask again what was asked before the app ended, in the same order."""
    for asked in desk.waiting():
        pursue(app, desk, asked)
