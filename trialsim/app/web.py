"""What all pages share: the app's parts, who asks, forms that come from our own pages, and templates."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from time import monotonic
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from trialsim.app.bus import Bus
from trialsim.app.classroom import STAGES, Classroom, LessonRound
from trialsim.app.lesson_texts import LessonTexts
from trialsim.app.pool import Pool
from trialsim.app.settings import MOST_BYTES, Settings
from trialsim.app.state import LECTURER, STUDENT, AppPerson, State

#: The cookie of each role.
COOKIES = {LECTURER: "trialsim-lecturer", STUDENT: "trialsim-student"}

#: A session ends after so many seconds: a semester.
SESSION_SECONDS = 180 * 24 * 3600

#: The most parts of a form: a scenario's form has a few hundred.
MOST_FIELDS = 3_000

#: Answers to short questions that are kept for who asks the same.
MOST_RECENT = 400

#: Wrong join codes or keys that one address may try in a minute.
MOST_TRIES = 20


@dataclass(eq=False)
class App:
    """The parts of the app, for its pages."""

    settings: Settings
    state: State
    classroom: Classroom
    pool: Pool
    bus: Bus
    lessons: dict[str, LessonTexts] = field(default_factory=dict)
    plans: list[dict[str, Any]] = field(default_factory=list)
    shipped: list[dict[str, str]] = field(default_factory=list)
    tries: dict[str, list[float]] = field(default_factory=dict)
    recent: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)
    ready: bool = False

    def remember(self, key: str, found: dict[str, Any]) -> None:
        """Keep the answer to a short question for who asks the same."""
        self.recent[key] = found
        while len(self.recent) > MOST_RECENT:
            self.recent.popitem(last=False)

    def lesson_of(self, play: LessonRound) -> LessonTexts | None:
        """The texts of the lesson that is given."""
        return self.lessons.get(play.lesson)


def app_of(request: Request) -> App:
    """The parts of the app that answers."""
    found: App = request.app.state.parts
    return found


# ---------------------------------------------------------------- who asks


def person_of(request: Request, *roles: str) -> AppPerson | None:
    """Who asks, by the first of these roles that has a session in this browser."""
    for role in roles:
        secret = request.cookies.get(COOKIES[role], "")
        found = app_of(request).state.person_of(secret, role) if secret else None
        if found is not None:
            return found
    return None


def needed(request: Request, *roles: str) -> AppPerson:
    """Who asks; somebody without a session is sent to the door."""
    found = person_of(request, *roles)
    if found is None:
        raise HTTPException(303, headers={"location": "/"})
    return found


def with_session(response: Response, role: str, secret: str) -> Response:
    """The answer with a session, which no script can read and no other site can use."""
    response.set_cookie(COOKIES[role], secret, max_age=SESSION_SECONDS, path="/", httponly=True, samesite="strict")
    return response


def too_many_tries(app: App, request: Request) -> bool:
    """Whether an address has tried too often; each call counts as a try."""
    address = request.client.host if request.client else ""
    recent = [one for one in app.tries.get(address, ()) if monotonic() - one < 60.0]
    app.tries[address] = [*recent, monotonic()]
    return len(recent) >= MOST_TRIES


@dataclass(frozen=True)
class SentForm:
    """A form that was sent: its texts by name, and the file with it, if there is one (name and content)."""

    texts: dict[str, str]
    upload: tuple[str, bytes] | None = None

    def text(self, name: str, *, longest: int = MOST_BYTES) -> str:
        """A text with line ends as in files; empty if there is none."""
        return self.texts.get(name, "")[:longest].replace("\r\n", "\n").replace("\r", "\n")


async def form_of(request: Request, person: AppPerson | None) -> SentForm:
    """The form that was sent, whose token is that of the person's own pages."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        raise HTTPException(415, "A form is wanted.")
    async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=MOST_BYTES) as sent:
        texts = {name: value for name, value in sent.items() if isinstance(value, str)}
        files = [one for one in sent.values() if isinstance(one, UploadFile) and one.filename]
        form = SentForm(texts, (str(files[0].filename), await files[0].read()) if files else None)
    if person is not None and not hmac.compare_digest(form.text("token").encode(), person.token.encode()):
        raise HTTPException(403, "This form was not sent from your own page. Load the page again.")
    return form


# ---------------------------------------------------------------- answers


def to(address: str) -> RedirectResponse:
    """Go on to a page; a reload sends nothing again."""
    return RedirectResponse(address, status_code=303)


def show(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page."""
    app = app_of(request)
    text = (
        templates()
        .get_template(template)
        .render(
            app=app, settings=app.settings, request_path=request.url.path, stages=STAGES, asset=asset_hash(), **values
        )
    )
    return HTMLResponse(text, status)


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The templates; every word that is put in is escaped."""
    made = Environment(loader=PackageLoader("trialsim.app"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters["drawn"] = Markup
    made.filters["quoted"] = lambda text: quote(text, safe="")
    made.filters["commands"] = _with_commands
    made.policies["json.dumps_kwargs"] = {"sort_keys": False}
    return made


def _with_commands(text: str) -> Markup:
    """A text in which what is between backticks is a command."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(one) if at % 2 else one for at, one in enumerate(parts))


@lru_cache(maxsize=1)
def asset_hash() -> str:
    """Of style and script: an address that changes with them."""
    found = sha256()
    for name in ("app.css", "app.js"):
        found.update(asset(name))
    return found.hexdigest()[:12]


@lru_cache(maxsize=4)
def asset(name: str) -> bytes:
    """A file of style or script."""
    return files("trialsim.app").joinpath("static", name).read_bytes()


Handler = Callable[[Request], Any]
