"""What is refused before any page: other hosts and origins, requests that are too large; headers of every answer."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trialsim.app.settings import MOST_BYTES, Settings

TOO_LARGE = "This is too large: a scenario has at most 1 MB."

#: Methods that change nothing.
SAFE = ("GET", "HEAD")

#: No script, style or picture but ours; no other page may show ours in a frame; forms lead to us only.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # without a referrer browsers hide the origin of a form as well
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


def host_of(value: str) -> tuple[str, int | None]:
    """Name and port of a Host header.

    >>> host_of("127.0.0.1:8765"), host_of("[::1]:80"), host_of("a b")
    (('127.0.0.1', 8765), ('[::1]', 80), ('', None))
    """
    try:
        parts = urlsplit(f"http://{value}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return "", None
    if parts.netloc != value or not name or parts.username is not None or any(one.isspace() for one in value):
        return "", None
    return (f"[{name}]" if ":" in name else name), port


@dataclass(frozen=True)
class Guard:
    """The outermost layer of the app."""

    app: ASGIApp
    settings: Settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or go on with headers added to the answer."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    found.setdefault(name, value)
                found.setdefault("cache-control", "no-store")
            await send(message)

        refused = self.refused(scope["method"], headers)
        if refused is not None:
            await refused(scope, receive, with_headers)
            return
        await self.app(scope, self._limited(receive), with_headers)

    def refused(self, method: str, headers: Headers) -> PlainTextResponse | None:
        """The answer to what may not come in; None if it may."""
        hosts = headers.getlist("host")
        name, port = host_of(hosts[0]) if len(hosts) == 1 else ("", None)
        if name.lower() not in self.settings.names or (port or 80) != self.settings.port:
            return PlainTextResponse("This address is not one of trialsim app.\n", 421)
        if method not in SAFE:
            origin = headers.get("origin", "")
            if origin.lower() != f"http://{hosts[0]}".lower():
                return PlainTextResponse("This form was not sent from a page of trialsim app.\n", 403)
        if headers.get("sec-fetch-site", "same-origin") == "cross-site" and method not in SAFE:
            return PlainTextResponse("This form was not sent from a page of trialsim app.\n", 403)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return PlainTextResponse(f"{TOO_LARGE}\n", 413)
        return None

    @staticmethod
    def _limited(receive: Receive) -> Receive:
        """The request, which ends where it is too large, whatever its header says."""
        size = 0

        async def limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MOST_BYTES:
                raise HTTPException(413, TOO_LARGE)
            return message

        return limited
