"""Pages of the workbench: open, edit as text or as a form, ask, look, and take home."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from trialsim.app.desk import DONE, FAILED, LONGEST_TEXT, MOST_DOCUMENTS, WAITING, Desk, Document, Inquiry
from trialsim.app.inquiries import begin, check_of, ends
from trialsim.app.pool import PlayError, key_of, looked_at
from trialsim.app.questions import question_of
from trialsim.app.settings import MOST_OF_A_LECTURER, MOST_OF_A_STUDENT
from trialsim.app.state import LECTURER, STUDENT, AppPerson
from trialsim.app.web import App, app_of, form_of, needed, show, to
from trialsim.app.wording import as_command, as_python

#: What can be taken home of a result: the part of it, the end of the file's name, and its kind.
PARTS = {
    "page": ("page", "html", "text/html; charset=utf-8"),
    "data": ("csv", "csv", "text/csv; charset=utf-8"),
    "text": ("text", "md", "text/markdown; charset=utf-8"),
}

#: A page waits so long for a check, and so long where it is a form or all in words; then it says that it is under way [s].
SOON, FORM_SECONDS = 0.25, 5.0

#: Who may use the workbench; somebody who is both is the lecturer here.
ROLES = (LECTURER, STUDENT)


def desk_of(request: Request) -> Desk:
    """The scenarios and questions of everybody."""
    return Desk(app_of(request).state)


def document_of(request: Request, person: AppPerson) -> Document:
    """The scenario of this address, if it is the person's own."""
    found = desk_of(request).document(person, int(request.path_params["document"]))
    if found is None:
        raise HTTPException(404, "You have no scenario at this address.")
    return found


async def quick(app: App, person: AppPerson, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer to a short question; what is wrong with it is shown as a page."""
    key = key_of(kind, asked)
    if key in app.recent:
        app.recent.move_to_end(key)
        return app.recent[key]
    if not app.ready:
        raise HTTPException(503, "trialsim is still compiling; load the page again in a few seconds.")
    try:
        found = await asyncio.shield(app.pool.ask(person.id, kind, asked).done)
    except PlayError as trouble:
        raise HTTPException(422, trouble.words) from None
    app.remember(key, found)
    return found


async def checked_soon(
    app: App, person: AppPerson, one: Document, *, everything: bool, seconds: float
) -> dict[str, Any] | None:
    """What a check finds, if it is there within some seconds; else the page is changed when it is."""
    work = asyncio.ensure_future(quick(app, person, "check", check_of(one.text, one.file, everything=everything)))
    try:
        return await asyncio.wait_for(asyncio.shield(work), seconds)
    except TimeoutError:
        work.add_done_callback(lambda _: app.bus.changed(f"person {person.id}"))
        work.add_done_callback(looked_at)
        return None


# ---------------------------------------------------------------- scenarios


async def bench(request: Request) -> Response:
    """All scenarios of a person, and shipped ones to start from."""
    app, person = app_of(request), needed(request, *ROLES)
    documents = desk_of(request).documents(person)
    return show(
        request, "bench.html", person=person, home="/bench", documents=documents, shipped=app.shipped, view="bench"
    )


async def new(request: Request) -> Response:
    """A new scenario: a shipped one, a file, or a text."""
    app, person = app_of(request), needed(request, *ROLES)
    form = await form_of(request, person)
    desk = desk_of(request)
    if len(desk.documents(person)) >= MOST_DOCUMENTS:
        raise HTTPException(422, f"You have {MOST_DOCUMENTS} scenarios; remove one first.")
    if form.upload is not None:
        name, raw = form.upload
        try:
            text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            raise HTTPException(422, "The file is not UTF-8 text.") from None
        return to(f"/bench/{desk.new(person, name, checked_text(text)).id}")
    name = form.text("shipped", longest=80)
    found = await quick(app, person, "whole", {"name": name})
    return to(f"/bench/{desk.new(person, f'my-{name}', found['text']).id}")


def checked_text(text: str) -> str:
    """A text that may be stored; anything else about it is for the check."""
    if len(text) > LONGEST_TEXT:
        raise HTTPException(413, "A scenario has at most 1 MB.")
    if "\0" in text:
        raise HTTPException(422, "The file is not text.")
    return text


async def document(request: Request) -> Response:
    """A scenario: its text or form, what is understood of it, and what can be asked."""
    app, person = app_of(request), needed(request, *ROLES)
    one = document_of(request, person)
    as_form = request.query_params.get("as") == "form"
    everything = request.query_params.get("explain") == "all"
    seconds = FORM_SECONDS if as_form or everything else SOON
    checked = await checked_soon(app, person, one, everything=everything, seconds=seconds)
    desk = desk_of(request)
    return show(
        request, "document.html", person=person, home="/bench", document=one, checked=checked, as_form=as_form,
        everything=everything, inquiries=desk.inquiries(person, one), words=as_command, view=f"document {one.id}",
        digest=digest_of(one.text), most=most_of(person),
        others=[other for other in desk.documents(person) if other.id != one.id],
    )  # fmt: skip


def most_of(person: AppPerson) -> int:
    """How many replicates a person may ask for."""
    return MOST_OF_A_LECTURER if person.lecturer else MOST_OF_A_STUDENT


async def save(request: Request) -> Response:
    """Keep the text, or the values of the form."""
    app, person = app_of(request), needed(request, *ROLES)
    one = document_of(request, person)
    form = await form_of(request, person)
    if form.text("as", longest=10) != "form":
        desk_of(request).save(person, one, checked_text(form.text("text")))
        return to(f"/bench/{one.id}#checked")
    if form.text("of", longest=40) != digest_of(one.text):
        raise HTTPException(409, "The text was changed in another window. Go back and load the page again.")
    values = {key[1:]: form.text(key, longest=2_000) for key in form.texts if key[:1] == "f" and key[1:].isdecimal()}
    found = await quick(app, person, "edit", {"text": one.text, "values": values})
    desk_of(request).save(person, one, checked_text(found["text"]))
    return to(f"/bench/{one.id}?as=form#checked")


def digest_of(text: str) -> str:
    """By which a form knows the text it was made from."""
    from hashlib import blake2b

    return blake2b(text.encode(), digest_size=12).hexdigest()


async def delete(request: Request) -> Response:
    """Remove a scenario."""
    person = needed(request, *ROLES)
    one = document_of(request, person)
    await form_of(request, person)
    desk_of(request).delete(person, one)
    return to("/bench")


async def download(request: Request) -> Response:
    """The file of a scenario."""
    person = needed(request, *ROLES)
    one = document_of(request, person)
    return attachment(one.text, one.file, "text/yaml; charset=utf-8")


def attachment(text: str, name: str, kind: str) -> Response:
    """A file to be saved, never shown."""
    return Response(text, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


# ---------------------------------------------------------------- questions


async def ask(request: Request) -> Response:
    """Ask something of a scenario."""
    app, person = app_of(request), needed(request, *ROLES)
    one = document_of(request, person)
    form = await form_of(request, person)
    if not app.ready:
        raise HTTPException(503, "trialsim is still compiling; try again in a few seconds.")
    other = await _other(request, person, form.text("other", longest=20))
    kind, asked = question_of(form, one, other, most=most_of(person), seconds=app.settings.seconds / 2)
    made = begin(app, desk_of(request), person, one, kind, asked)
    return to(f"/bench/{one.id}/asked/{made.id}")


async def _other(request: Request, person: AppPerson, number: str) -> Document | None:
    return desk_of(request).document(person, int(number)) if number.isdecimal() else None


def inquiry_of(request: Request, person: AppPerson, one: Document) -> Inquiry:
    """The question of this address, if it is the person's own."""
    found = desk_of(request).inquiry(person, int(request.path_params["inquiry"]))
    if found is None or found.document != one.id:
        raise HTTPException(404, "You have no question at this address.")
    return found


async def inquiry(request: Request) -> Response:
    """A question: how far it is, or its answer."""
    app, person = app_of(request), needed(request, *ROLES)
    one = document_of(request, person)
    asked = inquiry_of(request, person, one)
    result = app.state.result(asked.key) if asked.state == DONE else None
    point = request.query_params.get("point", "")
    return show(
        request, "inquiry.html", person=person, home="/bench", document=one, inquiry=asked, result=result,
        waits=asked.state == WAITING,
        failed=asked.state == FAILED, view=f"inquiry {asked.id} {asked.state}", command=as_command(asked.kind, asked.asked),
        python=as_python(asked.kind, asked.asked), point=int(point) if point.isdecimal() else None, ahead=ahead_of(app, asked),
    )  # fmt: skip


def ahead_of(app: App, asked: Inquiry) -> int:
    """Simulations before this one."""
    keys = [one.key for one in app.pool.jobs.values() if one.limit == app.pool.seconds]
    return keys.index(asked.key) if asked.key in keys else 0


async def cancel(request: Request) -> Response:
    """Wait no longer for an answer."""
    app, person = app_of(request), needed(request, *ROLES)
    one = document_of(request, person)
    asked = inquiry_of(request, person, one)
    await form_of(request, person)
    ends(desk_of(request), asked.id, "You stopped it.")
    app.pool.give_up(person.id)
    return to(f"/bench/{one.id}/asked/{asked.id}")


async def part(request: Request) -> Response:
    """A part of an answer as a file."""
    app, person = app_of(request), needed(request, *ROLES)
    one = document_of(request, person)
    asked = inquiry_of(request, person, one)
    if request.path_params["part"] not in PARTS:
        raise HTTPException(404, "This file does not exist.")
    key, end, kind = PARTS[request.path_params["part"]]
    result = app.state.result(asked.key)
    if result is None or key not in result:
        raise HTTPException(404, "There is no answer yet.")
    return attachment(result[key], f"{one.name}-{asked.kind}.{end}", kind)
