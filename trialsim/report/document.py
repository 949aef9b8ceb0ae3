"""A page: sections of text, tables and pictures, written as one file that needs no other."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from trialsim.quantities.letters import file_names
from trialsim.report.svg import inlined, own_names
from trialsim.typed import COMMAND
from trialsim.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

#: A drawing is tall from this height on, as a share of its width.
TALL = 0.85

#: Public identifiers in a text, and where they lead.
LINKS = (
    (re.compile(r"doi:(10\.\d{4,9}/[^\s<>;,]*[^\s<>;,.)])"), "https://doi.org/{}"),
    (re.compile(r"PMID (\d{4,9})"), "https://pubmed.ncbi.nlm.nih.gov/{}/"),
    (re.compile(r"(PMC\d{4,9})"), "https://pmc.ncbi.nlm.nih.gov/articles/{}/"),
)


#: A setting of the size of a block, which belongs into the sealed list only.
SEALED = re.compile(r"(allocation\.block=)[^\s'\"]+")


@dataclass(frozen=True)
class TableCell:
    """A cell of a table: its text, small print ``below``, a ``mark`` (``bad``, ``far``, ``group``), and a ``link``."""

    text: str
    below: str = ""
    mark: str = ""
    link: str = ""


@dataclass(frozen=True)
class Gap:
    """What only the authors of a document know: the ``key`` of their answer, given once for all places, and the question."""

    key: str
    question: str

    @property
    def shown(self) -> str:
        """The question in its place, until it is answered."""
        return f"[Authors: {self.question}]"


#: Text in which the authors may be asked something.
RichText = tuple[str | Gap, ...]


@dataclass(frozen=True)
class RichCell:
    """A cell of a table in which the authors may be asked something."""

    parts: RichText


@dataclass(frozen=True)
class Passage:
    """A paragraph in which the authors may be asked something; the ``heading`` begins it in bold."""

    parts: RichText
    heading: str = ""
    kind: ClassVar[str] = "passage"


@dataclass(frozen=True)
class Text:
    """A paragraph; ``quiet`` in small letters."""

    text: str
    quiet: bool = False
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class BulletList:
    """Points of a list."""

    points: tuple[str, ...]
    kind: ClassVar[str] = "list"


@dataclass(frozen=True)
class Code:
    """Lines as they are typed or as a file has them."""

    text: str
    kind: ClassVar[str] = "code"


@dataclass(frozen=True)
class DataTable:
    """A table with a caption: ``numbers`` are the columns that are aligned right, ``strong`` the rows that matter most."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str | TableCell | RichCell, ...], ...]
    numbers: tuple[int, ...] = ()
    strong: tuple[int, ...] = ()
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Graphic:
    """A picture inside the page: ``svg`` is its text, ``alt`` what it shows in a sentence."""

    heading: str
    alt: str
    svg: str
    kind: ClassVar[str] = "drawing"

    @property
    def tall(self) -> bool:
        """Whether it is about as high as wide, so that it needs more of a sheet of paper."""
        box = re.search(r'viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"', self.svg)
        return box is not None and float(box[2]) > TALL * float(box[1])


@dataclass(frozen=True)
class MovingPicture:
    """A picture that a script moves: ``data`` is its JSON, ``stills`` what is seen without the script, in three forms.

    ``summary`` says what the stills show, ``clock`` is day, date and time, ``counts`` are (key, number, what) of that moment, and
    ``strip`` the whole time as paths by class.
    """

    heading: str
    text: str
    data: str
    stills: tuple[str, ...]
    summary: str
    clock: tuple[str, str, str]
    counts: tuple[tuple[str, str, str], ...]
    strip: tuple[tuple[str, str], ...]
    share: float
    ends: tuple[str, str]
    trials: int
    outcomes: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "moving"


@dataclass(frozen=True)
class Fold:
    """Blocks behind a line that opens them; on paper only those with ``printed`` are shown."""

    summary: str
    blocks: tuple[Block, ...]
    printed: bool = False
    kind: ClassVar[str] = "fold"


Block = Text | Passage | BulletList | Code | DataTable | Graphic | MovingPicture | Fold


@dataclass(frozen=True)
class PageSection:
    """A heading with blocks."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def anchor(self) -> str:
        """The name of its place on the page."""
        return next(iter(file_names([self.title.lower()]).values()))


@dataclass(frozen=True)
class HeadlineCard:
    """A number to be seen first."""

    value: str
    label: str
    error: str
    bad: bool = False


@dataclass(frozen=True)
class Page:
    """A page: its title, what it is, the answer in a few sentences, numbers to be seen first, and sections."""

    title: str
    what: str
    answer: tuple[str, ...]
    sections: tuple[PageSection, ...]
    cards: tuple[HeadlineCard, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    made: date | None = None

    @property
    def command(self) -> str:
        """The command that was typed, without the size of a block."""
        return SEALED.sub(r"\1...", COMMAND.get())

    @property
    def day(self) -> str:
        """The date of the page in words."""
        when = self.made or datetime.now(UTC).date()
        return f"{when.day} {when:%B %Y}"


def _unbroken(value: object) -> object:
    """Text in which a number stays on one line with its sign."""
    return (
        value.replace(" %", "\N{NO-BREAK SPACE}%").replace("± ", "±\N{NO-BREAK SPACE}") if type(value) is str else value
    )


def linked(text: str) -> Markup:
    """Text with links to the DOIs and PubMed numbers in it; everything else is escaped."""
    from markupsafe import Markup, escape

    found = str(escape(_unbroken(text)))
    for pattern, address in LINKS:
        found = pattern.sub(lambda one, to=address: f'<a href="{to.format(one[1])}">{one[0]}</a>', found)  # type: ignore[misc]
    return Markup(found)  # escaped above


def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader

    made = Environment(
        loader=PackageLoader("trialsim.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_unbroken,
    )
    made.filters["linked"] = linked
    return made


def render(page: Page) -> str:
    """The page as text: one file, whose style and pictures are inside and which asks nothing of the network."""
    from markupsafe import Markup

    numbered = [_numbered(section, place) for place, section in enumerate(page.sections)]
    templates = _templates()
    script = _script(templates, page)
    return templates.get_template("page.html").render(
        page=page,
        sections=numbered,
        version=__version__,
        picture=Markup,  # drawn here
        script=Markup(script),  # a file of this package
        script_hash=_hash_of(script),
    )


def _script(pages: Environment, page: Page) -> str:
    """The script that moves the pictures of a page; none where there are no such pictures."""
    if not any(block.kind == MovingPicture.kind for section in page.sections for block in section.blocks):
        return ""
    assert pages.loader is not None
    return pages.loader.get_source(pages, "moving.js")[0]


def _hash_of(script: str) -> str:
    """The hash by which the security policy of a page allows this script and no other."""
    return b64encode(sha256(script.encode()).digest()).decode()


def _numbered(section: PageSection, place: int) -> PageSection:
    """The section, in whose pictures no name of a part occurs in another picture of the page."""
    found = tuple(_own_names(block, f"s{place}b{at}") for at, block in enumerate(section.blocks))
    return PageSection(section.title, found)


def _own_names(block: Block, prefix: str) -> Block:
    if isinstance(block, Graphic):
        return Graphic(block.heading, block.alt, own_names(block.svg, prefix))
    if isinstance(block, Fold):
        inner = tuple(_own_names(one, f"{prefix}f{at}") for at, one in enumerate(block.blocks))
        return Fold(block.summary, inner, block.printed)
    return block


def write_page(page: Page, path: Path) -> Path:
    """Write a page whole or not at all."""
    from trialsim.runs.files import write_text

    write_text(path, render(page))
    return path


def points(lines: Sequence[str]) -> tuple[BulletList, ...]:
    """A list, or nothing without lines."""
    return (BulletList(tuple(lines)),) if lines else ()


def graphic(heading: str, text: str, svg: Path) -> Graphic:
    """A figure that was saved, for a page: its heading, what it shows, and its picture."""
    return Graphic(heading, text, inlined(svg.read_text(encoding="utf-8")))
