"""A result as a page of its own: one file that needs no other, in the style of every page of trialsim."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.app.pictures import alone
from trialsim.app.tasks import Plain
from trialsim.report.document import BulletList, Code, DataTable, Graphic, HeadlineCard, Page, PageSection, render


def page_of(shown: Plain) -> str:
    """The page of a result."""
    sentences = tuple(shown.get("sentences", ())) or (shown.get("answer", shown["title"]),)
    sections = tuple(_sections(shown, sentences[1:]))
    cards = tuple(HeadlineCard(**one) for one in shown.get("cards", ()))
    return render(Page(shown["title"], "Made in the workbench of trialsim.", sentences[:1], sections, cards))


def _sections(shown: Plain, more: tuple[str, ...]) -> Iterator[PageSection]:
    if more:
        yield PageSection("The answer", (BulletList(tuple(one.removeprefix("- ") for one in more)),))
    if shown.get("lines"):
        yield PageSection("In short", (_lines(shown),))
    for one in shown["pictures"]:
        yield PageSection(one["heading"], (Graphic(one["heading"], one["text"], alone(one["svg"])),))
    for point in shown.get("points", ()):
        yield PageSection(f"{shown['path']} = {point['value']}", (_lines(point),))
    if shown.get("table"):
        rows = tuple(tuple(row) for row in shown["table"]["rows"])
        table = DataTable("Each number with its Monte Carlo standard error", tuple(shown["table"]["header"]), rows)
        yield PageSection("Numbers", (table,))
    if shown.get("resolved"):
        yield PageSection("The scenario, with every default", (Code(shown["resolved"]),))


def _lines(shown: Plain) -> BulletList:
    return BulletList(tuple(f"{one['name']}: {one['text']}" for one in shown["lines"]))
