"""Pages: what stands in them is escaped, linked and asks nothing of the network; the index; pictures inside."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from trialsim.report.document import (
    BulletList,
    Code,
    DataTable,
    Fold,
    Graphic,
    Page,
    PageSection,
    TableCell,
    Text,
    linked,
    render,
)
from trialsim.report.index import write_index
from trialsim.report.svg import inlined, own_names
from trialsim.typed import COMMAND

SVG = '<svg viewBox="0 0 10 20"><defs><path id="m1" d="M 1 2"/></defs><g id="a"><use xlink:href="#m1"/></g></svg>'


def page_of(*blocks: object, answer: str = "Power 80 %.") -> Page:
    return Page(
        "A <b>title</b>", "What.", ("Assumed.", answer), (PageSection("One", tuple(blocks)),), made=date(2026, 1, 5)
    )  # type: ignore[arg-type]


class Tags(HTMLParser):
    """Every tag with its attributes, and whether each one is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "use", "path"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("meta", "br", "use", "path"):
            assert self.open.pop() == tag


def test_words_of_a_file_become_no_markup() -> None:
    bad = "<script>alert(1)</script>"
    blocks = (
        Text(bad), BulletList((bad,)), Code(bad), Graphic(bad, bad, SVG),
        Fold(bad, (DataTable(bad, (bad,), ((TableCell(bad, bad, link='"><i>'),), (TableCell(bad, bad),), (bad,))),)),
    )  # fmt: skip
    text = render(page_of(*blocks, answer=bad))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 12
    tags = Tags(text)
    assert not tags.open
    assert {tag for tag, _ in tags.found} & {"script", "link", "iframe", "i"} == set()


def test_nothing_is_asked_of_the_network() -> None:
    text = render(page_of(Text("doi:10.1371/journal.pmed.1004589 and PMID 12780978."), Graphic("a", "b", SVG)))
    policy = next(at["content"] for tag, at in Tags(text).found if at.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    asking = [at for tag, at in Tags(text).found if tag != "a" and ({"src", "href", "srcset", "action"} & at.keys())]
    assert all(str(at.get("href")).startswith("#") for at in asking)
    assert "url(http" not in text
    assert "@import" not in text


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("Borm 2007, doi:10.1016/j.jclinepi.2007.02.006).", "https://doi.org/10.1016/j.jclinepi.2007.02.006"),
        ("consent, PMID 22120768", "https://pubmed.ncbi.nlm.nih.gov/22120768/"),
        ("see PMC6216070", "https://pmc.ncbi.nlm.nih.gov/articles/PMC6216070/"),
    ],
)
def test_identifiers_are_links(text: str, to: str) -> None:
    assert f'href="{to}"' in linked(text)


def test_every_column_has_a_name_and_pictures_a_description() -> None:
    table = DataTable("Caption", ("a", "b"), (("1", "2"),), (1,), (0,))
    found = Tags(render(page_of(table, Graphic("Heading", "What it shows.", SVG)))).found
    assert [at.get("scope") for tag, at in found if tag == "th"] == ["col", "col"]
    assert [at["aria-label"] for _, at in found if at.get("role") == "img"] == ["Heading. What it shows."]
    assert [at.get("lang") for tag, at in found if tag == "html"] == ["en"]


def test_names_inside_pictures_occur_once() -> None:
    text = render(page_of(Graphic("a", "a", SVG), Fold("f", (Graphic("b", "b", SVG),))))
    names = re.findall(r' id="([^"]+)"', text)
    assert len(names) == len(set(names))
    assert set(re.findall(r'xlink:href="#([^"]+)"', text)) <= set(names)
    assert own_names(SVG, "x").count('id="') == 1, "names that nothing refers to are left out"


def test_pictures_are_shorter_inside() -> None:
    text = (
        '<?xml version="1.0"?>\n<svg width="9pt" height="8pt" viewBox="0 0 9 8">\n <path d="M 1.239999 2"/>\n</svg>\n'
    )
    assert inlined(text) == '<svg viewBox="0 0 9 8"><path d="M 1.23 2"/></svg>'
    assert Graphic("a", "b", SVG).tall
    assert not Graphic("a", "b", inlined(text).replace("9 8", "9 4")).tall


def test_the_size_of_a_block_is_not_in_the_command() -> None:
    token = COMMAND.set("trialsim run x --set design.allocation.block=4 -r 200")
    try:
        text = render(page_of(Text("a")))
    finally:
        COMMAND.reset(token)
    assert "design.allocation.block=... -r 200" in text
    assert "block=4" not in text


def test_the_index_links_every_page(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    for name, file in (("b one", "report.html"), ("a", "compare.html")):
        (outputs / name).mkdir(parents=True)
        (outputs / name / file).write_text(render(page_of(Text("x"), answer=f"Answer of {name}.")), encoding="utf-8")
    (outputs / "c").mkdir()
    assert write_index(outputs / "a") == outputs / "index.html"
    text = (outputs / "index.html").read_text(encoding="utf-8")
    links = [at["href"] for tag, at in Tags(text).found if tag == "a" and not str(at["href"]).startswith("#")]
    assert links == ["a/compare.html", "b%20one/report.html"]
    for part in ("Answer of a.", "Answer of b one.", "A &lt;b&gt;title&lt;/b&gt;", "5 January 2026"):
        assert part in text
    assert write_index(tmp_path / "elsewhere") is None
    assert not (tmp_path / "index.html").exists()
