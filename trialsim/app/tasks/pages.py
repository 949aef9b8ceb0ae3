"""A result as a page of its own: one file that needs no other, in the style of every page of trialsim."""

from __future__ import annotations

from trialsim.app.pictures import alone
from trialsim.app.tasks import Plain
from trialsim.report.document import (
    BulletList,
    Code,
    DataTable,
    Graphic,
    HeadlineCard,
    Page,
    PageSection,
    render,
)


def page_of(shown: Plain) -> str:
    """The page of a result."""
    sentences = tuple(shown.get("sentences", ())) or (shown.get("answer", shown["title"]),)
    sections = []
    for one in shown["pictures"]:
        sections.append(PageSection(one["heading"], (Graphic(one["heading"], one["text"], alone(one["svg"])),)))
    if shown.get("lines"):
        sections.insert(0, PageSection("In short", (BulletList(tuple(f"{one['name']}: {one['text']}" for one in shown["lines"])),)))
    for point in shown.get("points", ()):
        lines = tuple(f"{one['name']}: {one['text']}" for one in point["lines"])
        sections.append(PageSection(f"{shown['path']} = {point['value']}", (BulletList(lines),)))
    if shown.get("table"):
        rows = tuple(tuple(row) for row in shown["table"]["rows"])
        sections.append(PageSection("Numbers", (DataTable("Each number with its Monte Carlo standard error", tuple(shown["table"]["header"]), rows),)))
    if shown.get("resolved"):
        sections.append(PageSection("The scenario, with every default", (Code(shown["resolved"]),)))
    first = tuple(HeadlineCard(**one) for one in shown.get("cards", ()))
    return render(Page(shown["title"], "Made in the workbench of trialsim.", sentences[:1], tuple(
        [PageSection("The answer", (BulletList(sentences[1:]),))] if len(sentences) > 1 else []) + tuple(sections), first))
