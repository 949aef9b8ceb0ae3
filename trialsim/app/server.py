"""The server: pages by address, what happens at the start and at the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from trialsim.app import bench, lecturer, student
from trialsim.app.bus import Bus
from trialsim.app.classroom import Classroom
from trialsim.app.desk import Desk
from trialsim.app.guard import Guard
from trialsim.app.inquiries import go_on
from trialsim.app.lesson_texts import lesson_texts
from trialsim.app.own_trials import NOBODY, prepare_reveal, prepare_trial
from trialsim.app.pool import Pool
from trialsim.app.settings import Settings
from trialsim.app.solo import make_students, simulate_answers
from trialsim.app.state import LECTURER, STUDENT, State
from trialsim.app.web import App, app_of, asset, needed, show

#: The most processes for short questions.
MOST_QUICK = 2

#: Kinds of the files of style and script.
ASSETS = {"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8"}

ROUTES = [
    Route("/", student.door),
    Route("/join", student.join, methods=["POST"]),
    Route("/leave", student.leave, methods=["POST"]),
    Route("/lesson", student.lesson),
    Route("/lesson/answer", student.answer, methods=["POST"]),
    Route("/lecture", lecturer.lecture),
    Route("/lecture/enter", lecturer.enter),
    Route("/lecture/act", lecturer.act, methods=["POST"]),
    Route("/lecture/wall", lecturer.wall),
    Route("/lecture/class-counts.csv", lecturer.export),
    Route("/bench", bench.bench),
    Route("/bench/new", bench.new, methods=["POST"]),
    Route("/bench/{document:int}", bench.document),
    Route("/bench/{document:int}/save", bench.save, methods=["POST"]),
    Route("/bench/{document:int}/delete", bench.delete, methods=["POST"]),
    Route("/bench/{document:int}/scenario.yaml", bench.download),
    Route("/bench/{document:int}/ask", bench.ask, methods=["POST"]),
    Route("/bench/{document:int}/asked/{inquiry:int}", bench.inquiry),
    Route("/bench/{document:int}/asked/{inquiry:int}/cancel", bench.cancel, methods=["POST"]),
    Route("/bench/{document:int}/asked/{inquiry:int}/{part}", bench.part),
]


async def static(request: Request) -> Response:
    """A file of style or script; its address changes with it, so that a browser may keep it."""
    name = request.path_params["name"]
    if name not in ASSETS:
        raise HTTPException(404)
    return Response(
        asset(name), media_type=ASSETS[name], headers={"cache-control": "public, max-age=31536000, immutable"}
    )


async def events(request: Request) -> Response:
    """News for an open page."""
    person = needed(
        request, *((LECTURER, STUDENT) if request.query_params.get("of") == "lecture" else (STUDENT, LECTURER))
    )
    topics = frozenset({"class", "seen", f"person {person.id}", *(["answers"] if person.lecturer else [])})
    stream = app_of(request).bus.listen(person.id, topics)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def refused(request: Request, trouble: Exception) -> Response:
    """What cannot be done, as a page in words."""
    assert isinstance(trouble, HTTPException)
    if trouble.status_code == 303 and trouble.headers:
        return Response(status_code=303, headers=dict(trouble.headers))
    words = (
        trouble.detail if trouble.status_code != 404 or trouble.detail != "Not Found" else "This page does not exist."
    )
    return show(request, "trouble.html", status=trouble.status_code, person=None, home="/", words=words, view="trouble")


async def broken(_: Request, trouble: Exception) -> Response:
    """A defect of trialsim: the terminal shows it, the page does not."""
    logging.getLogger("uvicorn.error").error("a page failed", exc_info=trouble)
    return PlainTextResponse(
        "This page failed; the terminal of the app shows why. Nothing that was stored is lost.\n", 500
    )


def make_parts(settings: Settings) -> App:
    """The parts of the app, before anything runs."""
    state, bus = State(settings.folder), Bus()
    pool = Pool(settings.workers, settings.seconds, quick=min(settings.workers, MOST_QUICK))
    parts = App(settings, state, Classroom(state), pool, bus)

    def progress(key: str, share: float, words: str) -> None:
        job = pool.jobs.get(key)
        for person in job.people if job is not None else ():
            bus.progress(f"person {person}", share, words)

    pool.progress = progress
    return parts


async def get_ready(parts: App) -> None:
    """Warm all processes, read the lessons, and go on with what was asked before the app ended."""
    await parts.pool.start()
    found = await parts.pool.ask(NOBODY, "lessons", {}).done
    parts.lessons = {one["name"]: lesson_texts(one) for one in found["lessons"]}
    parts.plans = found["plans"]
    parts.shipped = (await parts.pool.ask(NOBODY, "shipped", {}).done)["scenarios"]
    parts.ready = True
    if parts.settings.solo:
        make_students(parts)
    play = parts.classroom.current()
    if play is not None and play.lesson in parts.lessons:
        prepare_reveal(parts, play)
        for person in parts.classroom.without_trial(play):
            prepare_trial(parts, play, person)
        simulate_answers(parts, play)
    go_on(parts, Desk(parts.state))
    parts.bus.changed("class")


def make_app(settings: Settings, parts: App | None = None) -> ASGIApp:
    """The app, to be served."""
    parts = make_parts(settings) if parts is None else parts

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        if not parts.ready:
            await get_ready(parts)
        try:
            yield
        finally:
            parts.bus.close()
            await asyncio.shield(parts.pool.stop())
            parts.state.close()

    routes = [*ROUTES, Route("/static/{version}/{name}", static), Route("/events", events)]
    inner = Starlette(routes=routes, lifespan=life, exception_handlers={HTTPException: refused, Exception: broken})
    inner.state.parts = parts
    return Guard(inner, settings)


def serve(settings: Settings, started: Callable[[App], None]) -> None:
    """Serve until the app is stopped; ``started`` is called when everything is warm and the port is open."""
    import uvicorn

    parts = make_parts(settings)

    class Server(uvicorn.Server):
        """A server that says when browsers can reach it."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                started(parts)

    config = uvicorn.Config(
        make_app(settings, parts), host=settings.host, port=settings.port, log_level="warning", access_log=False, lifespan="on",
        timeout_graceful_shutdown=2, server_header=False, proxy_headers=False, limit_concurrency=600, backlog=256, ws="none",
    )  # fmt: skip
    Server(config).run()
