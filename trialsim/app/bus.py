"""News for open pages, as server-sent events: that something they show has changed, and how far a play is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

#: A line is sent at least this often, so that nobody on the way closes a quiet connection [s].
HEARTBEAT = 15.0

#: Changes of this many seconds are sent as one, so that forty answers are not forty reloads of each page [s].
TOGETHER = 0.4

#: The most open pages of one person.
MOST_PAGES = 6


@dataclass(eq=False)
class OpenPage:
    """An open page: the topics that it shows, and what it has not been sent yet."""

    person: int
    topics: frozenset[str]
    changed: bool = False
    progress: dict[str, Any] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Bus:
    """All open pages, and the news for each."""

    def __init__(self) -> None:
        self._pages: set[OpenPage] = set()
        self._closed = False

    def changed(self, *topics: str) -> None:
        """Pages that show one of these topics ask again for what they show."""
        for page in self._pages:
            if page.topics & set(topics):
                page.changed = True
                page.news.set()

    def progress(self, topic: str, share: float, words: str) -> None:
        """How far a play is, for pages that wait for it."""
        for page in self._pages:
            if topic in page.topics:
                page.progress = {"share": round(share, 4), "words": words}
                page.news.set()

    def close(self) -> None:
        """Let every page go: the server ends."""
        self._closed = True
        for page in self._pages:
            page.news.set()

    async def listen(self, person: int, topics: frozenset[str]) -> AsyncIterator[str]:
        """Events for one page until it is left."""
        mine = [one for one in self._pages if one.person == person]
        if len(mine) >= MOST_PAGES:
            self._pages.discard(mine[0])
        page = OpenPage(person, topics)
        self._pages.add(page)
        try:
            yield "retry: 1500\n\n"
            while not self._closed and page in self._pages:
                try:
                    await asyncio.wait_for(page.news.wait(), HEARTBEAT)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                await asyncio.sleep(TOGETHER)
                page.news.clear()
                if page.progress:
                    yield f"event: progress\ndata: {json.dumps(page.progress)}\n\n"
                    page.progress = {}
                if page.changed:
                    page.changed = False
                    yield "event: changed\ndata: {}\n\n"
        finally:
            self._pages.discard(page)
