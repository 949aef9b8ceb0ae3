"""Pages of the lecturer: the lessons, the one that is being given, the door for the wall, and counts to take home."""

from __future__ import annotations

import csv
import hmac
import io
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from trialsim.app import pictures
from trialsim.app.classroom import STAGES, STEPS, TRUTH_FROM, LessonRound
from trialsim.app.lesson_texts import LessonTexts
from trialsim.app.network import qr_code
from trialsim.app.own_trials import prepare_reveal
from trialsim.app.solo import simulate_answers
from trialsim.app.state import LECTURER
from trialsim.app.student import class_dots, split_of
from trialsim.app.web import App, app_of, form_of, needed, person_of, show, to, too_many_tries, with_session

#: The button that leads to the next stage.
NEXT = {"predict": "Next: own trials", "trial": "Next: the class", "class": "Reveal", "reveal": "Next: another study",
        "transfer": "Next: answers and end", "end": ""}  # fmt: skip


async def enter(request: Request) -> Response:
    """The lecturer comes in with the key of the terminal."""
    app = app_of(request)
    if person_of(request, LECTURER) is not None:
        return to("/lecture")
    key = request.query_params.get("key", "")
    if not hmac.compare_digest(key.encode(), app.state.key.encode()):
        status = 429 if too_many_tries(app, request) else 403
        raise HTTPException(
            status, "This is not the lecturer's address. It is in the terminal in which the app was started."
        )
    _, secret = app.state.join("Lecturer", role=LECTURER)
    return with_session(to("/lecture"), LECTURER, secret)


async def lecture(request: Request) -> Response:
    """The lecturer's view of the class."""
    app, person = app_of(request), needed(request, LECTURER)
    return show(request, "lecture.html", person=person, home="/lecture", **view_of(app))


def view_of(app: App) -> dict[str, Any]:
    """What the lecturer sees."""
    play = app.classroom.current()
    students = app.state.students()
    found: dict[str, Any] = {
        "students": [one for one in students if not one.simulated],
        "simulated": sum(one.simulated for one in students),
        "play": play, "code": app.state.code, "join": f"{app.settings.join_address}/?code={app.state.code}",
        "played": {one.lesson for one in app.classroom.rounds() if one.ended}, "view": "lessons",
    }  # fmt: skip
    texts = app.lesson_of(play) if play is not None else None
    if play is None or texts is None:
        return {**found, "play": None}
    if play.revealed:
        prepare_reveal(app, play)  # again, should it have failed
    counts = app.classroom.counts(play)
    found |= {
        "texts": texts, "next": NEXT[play.stage], "answered": {step: sum(counts[step].values()) for step in STEPS},
        "present": len(students), "view": f"{play.id} {play.stage} {play.paused} {play.misconceptions}",
        "trials": len(app.classroom.trials(play)), "dots": class_dots(app, play, texts, own=None),
        "before": split_of(app, play, texts, "predict", marked=play.revealed),
        "reveal": app.classroom.reveal(play.lesson),
        "transfer": split_of(app, play, texts, "transfer", marked=play.stage == "end"),
        "decided": pictures.split(texts.decide.plain, [("class", dict(counts["decide"]))], marked=False),
        "gains": gains(app, play, texts), "misconceptions": misconceptions(app, play, texts),
    }  # fmt: skip
    return found


def gains(app: App, play: LessonRound, texts: LessonTexts) -> list[tuple[str, int, int]]:
    """How many were right (and of how many) before, after and at transfer, and how many moved from wrong to right."""
    counts = app.classroom.counts(play)
    right, new = texts.predict.right.key, texts.transfer.right.key
    rows = [
        ("Right before", counts["predict"][right], sum(counts["predict"].values())),
        ("Right after the class", counts["after"][right], sum(counts["after"].values())),
        ("Right in the other study", counts["transfer"][new], sum(counts["transfer"].values())),
    ]
    moved = app.classroom.moved(play, "predict", "transfer")
    wrong = {pair: count for pair, count in moved.items() if pair[0] != right}
    rows.append(
        (
            "Wrong before, right in the other study",
            sum(n for pair, n in wrong.items() if pair[1] == new),
            sum(wrong.values()),
        )
    )
    return rows


def misconceptions(app: App, play: LessonRound, texts: LessonTexts) -> list[dict[str, Any]]:
    """Each choice of the prediction with its count, what it reveals, and the reason most often given; the largest first."""
    counts, reasons = app.classroom.counts(play)["predict"], app.classroom.reasons(play)
    found = []
    for one in texts.predict.choices:
        given = {reason: count for (choice, reason), count in reasons.items() if choice == one.key}
        most = max(given, key=lambda reason: given[reason], default="")
        reason = texts.reasons[int(most)] if most.isdecimal() and int(most) < len(texts.reasons) else ""
        found.append({"choice": one, "count": counts[one.key], "reason": reason, "of": given.get(most, 0)})
    return sorted(found, key=lambda one: -one["count"])


async def act(request: Request) -> Response:
    """A button of the lecturer."""
    app, person = app_of(request), needed(request, LECTURER)
    form = await form_of(request, person)
    action = form.text("action", longest=30)
    play = app.classroom.current()
    if action == "start":
        name = form.text("lesson", longest=60)
        if name not in app.lessons:
            raise HTTPException(422, "This lesson does not exist.")
        play = app.classroom.start(name)
        prepare_reveal(app, play)
    elif play is not None and form.text("play", longest=20) == str(play.id):
        _act(app, play, action)
    play = app.classroom.current()
    if play is not None:
        simulate_answers(app, play)
    app.bus.changed("class", "answers")
    return to("/lecture")


def _act(app: App, play: LessonRound, action: str) -> None:
    """Do what a button says to the lesson that is given."""
    order = list(STAGES)
    if action == "next" and play.stage != order[-1]:
        app.classroom.to(play, order[order.index(play.stage) + 1])
    elif action == "reveal":
        app.classroom.to(play, TRUTH_FROM)
    elif action in ("pause", "resume"):
        app.classroom.pause(play, paused=action == "pause")
    elif action in ("misconceptions", "hide"):
        app.classroom.show_misconceptions(play, shown=action == "misconceptions")
    elif action == "finish":
        app.classroom.finish(play)


async def wall(request: Request) -> Response:
    """How to join, large enough for a wall."""
    app, person = app_of(request), needed(request, LECTURER)
    address = app.settings.join_address
    students = [one for one in app.state.students() if not one.simulated]
    return show(request, "wall.html", person=person, home="/lecture", address=address, code=app.state.code, students=students,
                view="wall", qr=qr_code(f"{address}/?code={app.state.code}"))  # fmt: skip


async def export(request: Request) -> Response:
    """Counts of all answers, without names: lesson, step, choice, whether it is right, and how many chose it."""
    app = app_of(request)
    needed(request, LECTURER)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["play", "lesson", "step", "choice", "words", "right", "answers", "of", "simulated_students"])
    simulated = {one.id for one in app.state.students() if one.simulated}
    for number, play in enumerate(app.classroom.rounds(), start=1):
        texts = app.lesson_of(play)
        if texts is None:
            continue
        counts = app.classroom.counts(play)
        for step in STEPS:
            total = sum(counts[step].values())
            for one in texts.quiz(step).choices:
                right = "depends on the trial" if step == "decide" else "yes" if one.right else "no"
                table.writerow(
                    [number, play.lesson, step, one.key, one.words, right, counts[step][one.key], total, len(simulated)]
                )
    name = 'attachment; filename="class-counts.csv"'
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers={"content-disposition": name})
