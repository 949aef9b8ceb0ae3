"""Questions of the workbench on their way: noted, asked of a process, and answered also after the app was started again."""

from __future__ import annotations

import time
from typing import Any

from trialsim.app.desk import DONE, FAILED, Desk, Document, Inquiry
from trialsim.app.own_trials import when_done
from trialsim.app.pool import NobodyWaitsError, PlayError, key_of
from trialsim.app.state import AppPerson
from trialsim.app.web import App


def check_of(text: str, file: str, *, everything: bool = False) -> dict[str, Any]:
    """What a check is asked of a scenario."""
    return {"text": text, "file": file, "everything": everything}


def begin(app: App, desk: Desk, person: AppPerson, document: Document, kind: str, asked: dict[str, Any]) -> Inquiry:
    """Note a question and pursue it; what the person waited for is given up."""
    found = desk.ask(person, document, kind, asked, key_of(kind, asked))
    app.pool.give_up(person.id, but=found.key)
    pursue(app, desk, found)
    return found


def pursue(app: App, desk: Desk, asked: Inquiry) -> None:
    """Answer a question that somebody asked before; check any other one, and queue it if it is sound and not too much."""
    if app.state.result(asked.key) is not None:
        desk.settle(asked.id, DONE)
        return
    wanted = check_of(asked.asked["text"], asked.asked["file"])
    key = key_of("check", wanted)

    def decide(checked: dict[str, Any]) -> None:
        app.remember(key, checked)
        trouble = trouble_of(asked, checked, app.settings.seconds / 2)
        if trouble:
            ends(desk, asked.id, trouble)
            app.bus.changed(f"person {asked.person}")
        elif desk.waits(asked.id):
            _queue(app, desk, asked)

    if key in app.recent:
        decide(app.recent[key])
    else:
        when_done(app.pool.ask(asked.person, "check", wanted), decide, lambda trouble: _note(app, desk, asked, trouble))


def trouble_of(asked: Inquiry, checked: dict[str, Any], most: float) -> str:
    """Why a question is not queued: faults, or more than its share of this computer; empty if it is."""
    if checked["faults"]:
        first = checked["faults"][0]
        return f"The study cannot be simulated: line {first['line']}: {first['message']} {first['remedy']}"
    points = len(asked.asked.get("values", "x"))
    seconds = checked["seconds"] / 1_000 * asked.asked["replicates"] * points
    if seconds > most:
        return (
            f"This would take some {seconds:,.0f} seconds of the lecturer's computer; one question may take {most:g}. "
            "Ask for fewer trials or fewer values."
        )
    return ""


def _queue(app: App, desk: Desk, asked: Inquiry) -> None:
    """Ask a process, together with all who ask the same."""
    began = time.monotonic()
    job = app.pool.ask(asked.person, asked.kind, asked.asked, lane="long")

    def keep(result: dict[str, Any]) -> None:
        app.state.keep_result(asked.key, result, time.monotonic() - began)
        desk.settle(asked.id, DONE)
        app.bus.changed(f"person {asked.person}")

    when_done(job, keep, lambda trouble: _note(app, desk, asked, trouble))


def _note(app: App, desk: Desk, asked: Inquiry, trouble: PlayError) -> None:
    """A question that has no answer, unless a newer one took its place."""
    if not isinstance(trouble, NobodyWaitsError):
        ends(desk, asked.id, trouble.words)
        app.bus.changed(f"person {asked.person}")


def ends(desk: Desk, number: int, trouble: str) -> None:
    """A question without an answer."""
    desk.settle(number, FAILED, trouble)


def go_on(app: App, desk: Desk) -> None:
    """Ask again what was asked before the app ended, in the same order."""
    for asked in desk.waiting():
        pursue(app, desk, asked)
