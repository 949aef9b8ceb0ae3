"""Pages in a browser: nothing is fetched, nothing scrolls sideways, everybody can read them, and paper shows every column."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from tests.browser.chromium import Tab, opened, program
from trialsim.cli import main

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(program() is None, reason="there is no Chromium here (apt-get install chromium)"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

WIDTHS = (390, 768, 1280, 1920)
SCHEMES = ("light", "dark")

#: What is asked, by the name of its page.
PAGES = {
    "run": (["run", "picu-blood-draw", "--replicates", "100"], "report.html"),
    "textbook": (["run", "textbook-ancova", "--replicates", "200"], "report.html"),
    "compare": (
        ["compare", "picu-blood-draw", "--with", "setting.resources.nurse.units=1", "--replicates", "60"],
        "compare.html",
    ),
    "size": (["size", "textbook-ancova", "--power", "80%", "--replicates", "500"], "report.html"),
    "tornado": (["tornado", "picu-blood-draw", "--replicates", "40"], "report.html"),
    "protocol": (["protocol", "{run}", "--format", "html"], "protocol.html"),
}

#: Roles of what can be worked with.
CONTROLS = {
    "button",
    "link",
    "textbox",
    "slider",
    "checkbox",
    "combobox",
    "DisclosureTriangle",
    "tab",
    "spinbutton",
    "radio",
}

#: The most sheets of the PICU study.
SHEETS = 11


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, (command, _) in PAGES.items():
        words = [word.format(run=folder / "run") for word in command]  # a protocol is that of the run before it
        assert main([*words, "--out", str(folder / name)]) == 0
    return {name: folder / name / page for name, (_, page) in PAGES.items()}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with opened(tmp_path_factory.mktemp("profile")) as one:
        yield one


@pytest.fixture(scope="module")
def axe() -> str:
    return files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def fetched(tab: Tab) -> list[str]:
    """Addresses that a page asked for, besides itself and what is inside it."""
    asked = [
        event["params"]["request"]["url"] for event in tab.events if event["method"] == "Network.requestWillBeSent"
    ]
    return [url for url in asked if not url.startswith("data:")][1:]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fetches_nothing_and_does_not_scroll_sideways(
    tab: Tab, pages: dict[str, Path], name: str, width: int
) -> None:
    tab.open(pages[name], width=width)
    tab.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert fetched(tab) == []
    wider = (
        "[...document.body.querySelectorAll('*')].filter(one => one.getBoundingClientRect().right > innerWidth + 1 && "
    )
    wider += "!one.closest('.scroll, pre, svg')).map(one => one.outerHTML.slice(0, 80))"
    assert tab.run("document.documentElement.scrollWidth") <= width, tab.run(wider)
    errors = [event for event in tab.events if event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")]
    assert errors == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(
    tab: Tab, pages: dict[str, Path], axe: str, name: str, width: int, scheme: str
) -> None:
    tab.open(pages[name], width=width, scheme=scheme)
    tab.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert tab.run(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
    tab.run(f"{axe}; 0")
    found = json.loads(
        tab.run("axe.run(document, {resultTypes: ['violations']}).then(one => JSON.stringify(one.violations))")
    )
    serious = [
        (one["id"], len(one["nodes"]), one["nodes"][0]["html"][:120])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_axe_would_find_a_picture_without_a_name_and_pale_letters(tab: Tab, pages: dict[str, Path], axe: str) -> None:
    """Planted."""
    tab.open(pages["textbook"])
    tab.run("document.querySelector('[role=img]').removeAttribute('aria-label')")
    tab.run("document.querySelector('h2').style.color = '#eeeeee'")
    tab.run(f"{axe}; 0")
    found = set(tab.run("axe.run(document).then(one => one.violations.map(item => item.id))"))
    assert {"role-img-alt", "color-contrast"} <= found


@pytest.mark.parametrize("name", PAGES)
def test_every_control_has_a_role_and_a_name(tab: Tab, pages: dict[str, Path], name: str) -> None:
    tab.open(pages[name])
    tab.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    nodes = [one for one in tab.ask("Accessibility.getFullAXTree")["nodes"] if not one["ignored"]]
    controls = [
        (one["role"]["value"], one.get("name", {}).get("value", ""))
        for one in nodes
        if one["role"]["value"] in CONTROLS
    ]
    assert len(controls) > 2
    assert [one for one in controls if not one[1].strip()] == []
    headings = [one["name"]["value"] for one in nodes if one["role"]["value"] == "heading"]
    assert not any("Link to" in name for name in headings)
    focusable = [
        one
        for one in nodes
        if any(part["name"] == "focusable" and part["value"]["value"] for part in one["properties"])
    ]
    reached = "[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex]')]"
    count = tab.run(f"{reached}.filter(one => one.checkVisibility()).length")
    assert len(focusable) >= count, "what the keyboard reaches is in the tree"


def letters(text: str) -> str:
    """A text without spaces and ligatures, for comparing it with what a PDF holds."""
    return re.sub(r"\s|\N{SOFT HYPHEN}", "", unicodedata.normalize("NFKC", text)).replace("-", "")


@pytest.mark.parametrize("name", PAGES)
def test_paper_shows_every_column_and_the_number_of_each_page(tab: Tab, pages: dict[str, Path], name: str) -> None:
    import pypdf

    tab.open(pages[name])
    sheets = [letters(one.extract_text()) for one in pypdf.PdfReader(io.BytesIO(tab.printed())).pages]
    whole = "".join(sheets)
    tab.ask("Emulation.setEmulatedMedia", media="print")
    tables = tab.run(
        "[...document.querySelectorAll('table')].filter(one => one.checkVisibility()).map(one => ({"
        "head: [...one.tHead.querySelectorAll('th')].map(cell => cell.innerText), "
        "last: [...one.tBodies[0].rows].map(row => row.cells[row.cells.length - 1].innerText)}))"
    )
    tab.ask("Emulation.setEmulatedMedia", media="")
    assert tables
    lost = [text for table in tables for text in (*table["head"], *table["last"]) if letters(text) not in whole]
    assert lost == []
    assert [number for number, sheet in enumerate(sheets, start=1) if f"{number}/{len(sheets)}" not in sheet] == []
    if name == "run":
        assert len(sheets) <= SHEETS
