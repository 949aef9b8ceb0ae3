"""``outputs/index.html``: every result beside one another, made anew whenever one is added."""

from __future__ import annotations

import html
import re
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from trialsim.regular import read_regular
from trialsim.report.document import DataTable, Page, PageSection, TableCell, write_page

#: The folder that has an index, its file, and the pages that it links.
OUTPUTS, INDEX, PAGES = "outputs", "index.html", ("report.html", "compare.html", "protocol.html")

#: Bytes of a page that hold its title and its answer, and results of an index at most.
HEAD, MOST = 40_000, 500

TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
ABOUT = re.compile(r'<meta name="description" content="([^"]*)">')
MADE = re.compile(r'<meta name="made" content="([^"]*)">')


def write_index(result: Path) -> Path | None:
    """Write the index of the folder in which ``result`` lies; None where that is not a folder of outputs."""
    outputs = result.resolve().parent
    if outputs.name != OUTPUTS or not outputs.is_dir():
        return None
    found = [page for folder in sorted(outputs.iterdir()) if folder.is_dir() for name in PAGES
             if (page := folder / name).is_file()]  # fmt: skip
    rows = tuple(_row(page, outputs) for page in found[:MOST])
    table = DataTable("Every result in this folder", ("result", "folder", "answer", "made"), rows)
    sentence = f"{len(found)} result{'s' if len(found) != 1 else ''} in this folder."
    index = Page("Results", "Plans of studies, simulated.", (sentence,), (PageSection("Results", (table,)),))
    return write_page(index, outputs / INDEX)


def _row(page: Path, outputs: Path) -> tuple[str | TableCell, ...]:
    head = read_regular(page, most=64 * 2**20)[:HEAD].decode("utf-8", "replace")
    title, about, made = (
        html.unescape(found[1]) if (found := one.search(head)) else "" for one in (TITLE, ABOUT, MADE)
    )
    if not made:
        made = datetime.fromtimestamp(page.stat().st_mtime).astimezone().strftime("%d %B %Y")
    folder = page.parent.name
    return TableCell(title or folder, link=quote(page.relative_to(outputs).as_posix())), folder, about, made
