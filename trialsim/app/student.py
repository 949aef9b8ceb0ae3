"""Pages of a student: the door, and the lesson as it is given."""

from __future__ import annotations

import hmac
import unicodedata
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from trialsim.app import pictures
from trialsim.app.classroom import STEPS, LessonRound
from trialsim.app.lesson_texts import LessonTexts
from trialsim.app.own_trials import prepare_trial
from trialsim.app.state import LECTURER, STUDENT, AppPerson
from trialsim.app.web import App, app_of, form_of, needed, person_of, show, to, too_many_tries, with_session
from trialsim.quantities.letters import odd_letter

#: The longest nickname.
LONGEST_NICKNAME = 24


async def door(request: Request) -> Response:
    """Where a student comes in."""
    if person_of(request, STUDENT) is not None:
        return to("/lesson")
    lecturer = person_of(request, LECTURER)
    return show(
        request,
        "door.html",
        person=None,
        view="door",
        code=request.query_params.get("code", "")[:12],
        trouble="",
        nickname="",
        lecturer=lecturer,
    )


async def join(request: Request) -> Response:
    """A new student with a nickname and the join code."""
    app = app_of(request)
    form = await form_of(request, None)
    nickname = readable(form.text("nickname", longest=200))
    code = "".join(form.text("code", longest=40).split()).upper()
    trouble = _trouble(app, request, nickname, code)
    if trouble:
        lecturer = person_of(request, LECTURER)
        return show(request, "door.html", status=422, person=None, view="door", code=code, trouble=trouble, nickname=nickname,
                    lecturer=lecturer)  # fmt: skip
    person, secret = app.state.join(app.state.free_nickname(nickname))
    app.bus.changed("answers")
    return with_session(to("/lesson"), STUDENT, secret) if person else to("/")


def readable(nickname: str) -> str:
    """A nickname on one line, without letters that steer what shows them."""
    text = unicodedata.normalize("NFC", " ".join(nickname.split()))
    return "".join(one for one in text if odd_letter(one) is None)[:LONGEST_NICKNAME]


def _trouble(app: App, request: Request, nickname: str, code: str) -> str:
    """Why somebody cannot join; empty if they can."""
    if not hmac.compare_digest(code.encode(), app.state.code.encode()):
        if too_many_tries(app, request):
            return "Too many wrong codes. Wait a minute, then look at the code again."
        return "This is not the join code. It is on the lecturer's screen."
    if not nickname:
        return "Choose a nickname; it need not be your name."
    if sum(not one.simulated for one in app.state.students()) >= app.settings.limit:
        return f"The class is full: {app.settings.limit} students have joined."
    return ""


async def leave(request: Request) -> Response:
    """Forget the session in this browser."""
    await form_of(request, needed(request, STUDENT))
    response = to("/")
    response.delete_cookie("trialsim-student")
    return response


# ---------------------------------------------------------------- the lesson


async def lesson(request: Request) -> Response:
    """The lesson as this student sees it now."""
    app, person = app_of(request), needed(request, STUDENT)
    return show(request, "lesson.html", person=person, home="/lesson", **view_of(app, person))


def view_of(app: App, person: AppPerson) -> dict[str, Any]:
    """What a student sees of the lesson; nothing of the truth before it is revealed."""
    play = app.classroom.current() or app.classroom.last()
    texts = app.lesson_of(play) if play is not None else None
    if play is None or texts is None:
        return {"play": None, "view": "waiting", "step": ""}
    answers = app.classroom.answers(play, person)
    trial = app.classroom.trial(play, person) if "predict" in answers else None
    step = step_of(play, set(answers))
    if step in ("", "decide") and trial is None and "predict" in answers and play.stage in ("trial", "class"):
        prepare_trial(app, play, person)
    shown = _shown_trial(play, trial, "decide" in answers)
    found: dict[str, Any] = {
        "play": play,
        "texts": texts,
        "answers": answers,
        "step": step,
        "trial": shown,
        "view": f"{play.id} {play.stage} {step} {play.paused} {play.misconceptions} {shown is not None}",
    }
    if play.stage in ("class", "reveal", "transfer", "end"):
        found["class_dots"] = class_dots(app, play, texts, own=trial)
        found["class_split"] = split_of(app, play, texts, "predict", marked=play.revealed)
    if play.revealed:
        found["reveal"] = app.classroom.reveal(play.lesson)
    if play.stage == "end":
        found["transfer_split"] = split_of(app, play, texts, "transfer", marked=True)
    return found


def step_of(play: LessonRound, answered: set[str]) -> str:
    """What a student is asked now; empty if nothing."""
    for step in STEPS:
        if step in answered or not play.open(step):
            continue
        if step in ("decide", "after") and "predict" not in answered:
            continue
        return step
    return ""


def _shown_trial(play: LessonRound, trial: dict[str, Any] | None, decided: bool) -> dict[str, Any] | None:
    """One's own trial, without what is shown after the decision before it is made; from the own-trial stage on."""
    if trial is None or play.stage == "predict":
        return None
    if decided or play.stage != "trial":
        return trial
    return {key: value for key, value in trial.items() if key not in ("right", "afterwards")}


def class_dots(app: App, play: LessonRound, texts: LessonTexts, *, own: dict[str, Any] | None) -> str:
    """The trials of the class as dots."""
    values = [one["value"] for one in app.classroom.trials(play).values()]
    mine = own["value"] if own is not None else None
    if not values:
        return ""
    return pictures.dots(values, texts.axis, own=mine, mark=texts.mark, mark_words=texts.mark_words)


def split_of(app: App, play: LessonRound, texts: LessonTexts, step: str, *, marked: bool) -> str:
    """How the class is split in a step; of the prediction also after the class was seen, once the truth is."""
    counts = app.classroom.counts(play)
    first = "before" if step == "predict" else "class"
    rows = [(first, dict(counts[step]))]
    if step == "predict" and marked:
        rows.append(("after", dict(counts["after"])))
    return pictures.split(texts.quiz(step).plain, rows, marked=marked)


async def answer(request: Request) -> Response:
    """Lock an answer."""
    app, person = app_of(request), needed(request, STUDENT)
    form = await form_of(request, person)
    play, step = app.classroom.current(), form.text("step", longest=20)
    texts = app.lesson_of(play) if play is not None else None
    if play is None or texts is None or form.text("play", longest=20) != str(play.id) or step not in STEPS:
        return to("/lesson")
    if step != step_of(play, set(app.classroom.answers(play, person))):
        return to("/lesson")  # the class has gone on, or it is locked already
    choice, reason = form.text("choice", longest=8), form.text("reason", longest=8)
    if texts.quiz(step).choice(choice) is None:
        raise HTTPException(422, "Choose one of the answers.")
    if step == "predict" and not (reason.isdecimal() and int(reason) < len(texts.reasons)):
        raise HTTPException(422, "Choose a reason as well: an answer without one teaches less.")
    app.classroom.answer(play, person, step, choice, reason if step == "predict" else "")
    if step == "predict":
        prepare_trial(app, play, person)
    app.bus.changed("answers", f"person {person.id}", *(["seen"] if play.stage in ("class", "transfer") else []))
    return to("/lesson#now")
