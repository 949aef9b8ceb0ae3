"""Open pages hear what they show: together if it comes at once, and nothing of others."""

from __future__ import annotations

import asyncio
from typing import Any

from trialsim.app.bus import MOST_PAGES, Bus


async def _next(page: Any, seconds: float = 2.0) -> str:
    found: str = await asyncio.wait_for(anext(page), seconds)
    return found


def test_a_page_hears_of_its_topics_once_for_many_changes() -> None:
    async def work() -> None:
        bus = Bus()
        ada, bob = (bus.listen(number, frozenset({"class", f"person {number}"})) for number in (1, 2))
        for page in (ada, bob):
            assert "retry" in await _next(page)
        waiting = asyncio.ensure_future(_next(ada, 5))
        other = asyncio.ensure_future(_next(bob, 0.8))
        await asyncio.sleep(0)
        for _ in range(40):
            bus.changed("person 1")
        bus.progress("person 1", 0.5, "half")
        assert '"words": "half"' in await waiting
        assert "event: changed" in await _next(ada)
        assert (await asyncio.gather(other, return_exceptions=True))[0].__class__ is TimeoutError

    asyncio.run(work())


def test_pages_end_with_the_server_and_one_person_has_only_some() -> None:
    async def work() -> None:
        bus = Bus()
        pages = [bus.listen(1, frozenset({"class"})) for _ in range(MOST_PAGES + 2)]
        for page in pages:
            await _next(page)
        assert len(bus._pages) == MOST_PAGES
        bus.close()
        for page in pages:
            assert [one async for one in page if "changed" in one] == []

    asyncio.run(work())
