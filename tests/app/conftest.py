"""The app with a pool that answers in this process, and browsers that ask it."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from trialsim.app.pool import Job, Pool
from trialsim.app.server import make_app, make_parts
from trialsim.app.settings import Settings
from trialsim.app.web import App
from trialsim.app.worker import answer


class Here:
    """In place of a desk: nobody is listening for progress."""

    @staticmethod
    def report(share: float, *_: str) -> None:
        assert 0 <= share <= 1


class PoolHere(Pool):
    """A pool whose plays are done in this process, one after the other."""

    async def start(self) -> None:
        self._queues = {"long": asyncio.Queue(), "quick": asyncio.Queue()}
        for lane in self._queues:
            self._go(self._answer(lane))

    async def _answer(self, lane: Any) -> None:
        while True:
            job: Job = await self._queues[lane].get()
            if not job.canceled:
                self._finish(job, answer({"kind": job.kind, "asked": job.asked}, Here()))  # type: ignore[arg-type]


def parts_in(folder: Path, **changes: Any) -> App:
    """The parts of an app whose plays are done here."""
    parts = make_parts(Settings(folder=folder / ".app", **changes))
    pool = PoolHere(1, parts.settings.seconds)
    pool.progress = parts.pool.progress
    parts.pool = pool
    return parts


class Client:
    """Asks an app that runs in a thread of its own, without a network."""

    def __init__(self, parts: App) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._life = AsyncExitStack()
        guard: Any = make_app(parts.settings, parts)
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app=guard), base_url=parts.settings.address)
        self.run(self._life.enter_async_context(guard.app.router.lifespan_context(guard.app)))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What something finds in the loop of the app."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=120)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One answer; nothing is followed, no cookie is kept."""
        self._client.cookies.clear()
        found: httpx.Response = self.run(self._client.request(method, path, **more))
        return found

    def close(self) -> None:
        """End the app."""
        self.run(self._client.aclose())
        self.run(self._life.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=20)
        self._loop.close()


class Browser:
    """A browser: it keeps cookies, sends what a form on the page sends, and says where it comes from."""

    def __init__(self, client: Client, address: str) -> None:
        self.client, self.address, self.text = client, address, ""
        self.status = 0
        self.cookies: dict[str, str] = {}

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"host": self.address.removeprefix("http://"), **more.pop("headers", {})}
        if method == "POST":
            headers.setdefault("origin", self.address)
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        found = self.client.request(method, path, headers=headers, **more)
        for line in found.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        self.status, self.text = found.status_code, found.text
        return found

    def get(self, path: str, **more: Any) -> Any:
        """A page, wherever it leads."""
        found = self._ask("GET", path, **more)
        while found.status_code == 303:
            path = found.headers["location"].removeprefix(self.address)
            found = self._ask("GET", path.partition("#")[0], **more)
        self.path = path.partition("#")[0]
        while "It is being checked." in found.text:  # as a browser without a script
            found = self._ask("GET", self.path, **more)
        return found

    def post(self, path: str, data: dict[str, Any] | None = None, *, lead: bool = True, **more: Any) -> Any:
        """What a form sends; the page it leads to."""
        found = self._ask("POST", path, data=data, **more)
        if lead and found.status_code == 303:
            return self.get(found.headers["location"].partition("#")[0])
        return found

    @property
    def token(self) -> str:
        """The word in the forms of the page."""
        found = re.search(r'name="token" value="([^"]+)"', self.text)
        assert found is not None, self.text[:500]
        return unescape(found[1])

    def send(self, path: str, /, **values: Any) -> Any:
        """Send a form of the page, with its token."""
        return self.post(path, {"token": self.token, **{key: str(value) for key, value in values.items()}})


class Class:
    """An app with a lecturer and students."""

    def __init__(self, client: Client, parts: App) -> None:
        self.client, self.parts = client, parts
        self.address = parts.settings.address

    def browser(self) -> Browser:
        """A browser without a session."""
        return Browser(self.client, self.address)

    def lecturer(self) -> Browser:
        """The lecturer, at the list of lessons."""
        found = self.browser()
        found.get(f"/lecture/enter?key={self.parts.state.key}")
        assert found.path == "/lecture"
        return found

    def student(self, nickname: str = "Ada") -> Browser:
        """A student who has joined."""
        found = self.browser()
        found.post("/join", {"nickname": nickname, "code": self.parts.state.code})
        assert found.status == 200, found.text
        found.get("/lesson")
        return found

    def act(self, lecturer: Browser, action: str, **more: Any) -> None:
        """A button of the lecturer."""
        lecturer.get("/lecture")
        play = self.parts.classroom.current()
        lecturer.send("/lecture/act", action=action, play=play.id if play else "", **more)
        assert lecturer.status == 200, lecturer.text

    def answer(self, student: Browser, step: str, choice: str, **more: Any) -> Any:
        """A student's answer."""
        student.get("/lesson")
        play = self.parts.classroom.current()
        assert play is not None
        return student.post("/lesson/answer", {"token": token_of(student, self.parts), "play": str(play.id), "step": step,
                                               "choice": choice, **more})  # fmt: skip


def token_of(browser: Browser, parts: App) -> str:
    """The token of a student, who has no form on the page at every stage."""
    person = parts.state.person_of(browser.cookies["trialsim-student"], "student")
    assert person is not None
    return person.token


@pytest.fixture
def a_class(tmp_path: Path) -> Iterator[Callable[..., Class]]:
    """Makes an app; all are ended together."""
    open_ones: list[Client] = []

    def make(folder: Path = tmp_path, **changes: Any) -> Class:
        parts = parts_in(folder, **changes)
        client = Client(parts)
        open_ones.append(client)
        return Class(client, parts)

    yield make
    for one in open_ones:
        one.close()
