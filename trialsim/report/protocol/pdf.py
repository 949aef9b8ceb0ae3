"""A document as a PDF that screen readers can read (PDF/UA-1), set by Typst."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from trialsim.errors import RunError
from trialsim.report.document import Block, BulletList, Code, DataTable, Passage, RichCell, RichText, TableCell, Text
from trialsim.report.protocol.paper import WHAT, ProtocolDocument
from trialsim.report.protocol.tools import required

#: The standard that the file keeps.
STANDARD = "ua-1"

#: Letters that Typst would read as marks.
MARKS = re.compile(r"([\\#*_`$<>@=\[\]/~'\"+\-])")

#: Widths of the columns of a checklist.
CHECKLIST = "(1.5fr, 4fr, 2fr, 11fr, 3.2fr)"

HEAD = """\
#set document(title: [{title}], description: [{what}], author: ())
#set page(paper: "a4", flipped: true, margin: (x: 18mm, y: 16mm), numbering: "1 / 1")
#set text(lang: "en", size: 10pt)
#set par(justify: false)
#show heading.where(level: 1): set text(size: 15pt)
#show heading.where(level: 2): set text(size: 12pt)
#show table: set text(size: 7.5pt)
#show figure: set block(breakable: true)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure: set align(left)
#show figure.caption: set block(sticky: true)
#set table(stroke: 0.4pt + gray, inset: 3pt, align: left + top)
#let gap(body) = highlight(fill: rgb("#fff2b3"), strong(body))
"""


def write_pdf(document: ProtocolDocument, path: Path) -> Path:
    """Write the document whole or not at all.

    Raises
    ------
    RunError
        TS-R321 where typst is not installed, TS-R322 when it cannot set this document
    """
    from trialsim.runs.files import whole_file

    made = pdf(document)
    with whole_file(path) as temporary:
        Path(temporary).write_bytes(made)
    return path


def pdf(document: ProtocolDocument) -> bytes:
    """The file."""
    setter = required("typst", "PDF files")
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        made = setter.compile(
            typst_text(document).encode(), format="pdf", pdf_standards=STANDARD, ignore_system_fonts=True, timestamp=int(midnight.timestamp())
        )  # fmt: skip
    except Exception as problem:  # the package raises errors of its own
        raise RunError(
            f"the PDF cannot be set: {str(problem).splitlines()[0]}",
            code="TS-R322",
            remedy="Choose another form with --format md,html,docx.",
        ) from problem
    assert isinstance(made, bytes)
    return made


def typst_text(document: ProtocolDocument) -> str:
    """The document in Typst's notation."""
    lines = [HEAD.format(title=_plain(document.title), what=_plain(WHAT)), f"= {_plain(document.title)}", ""]
    lines += [_plain(WHAT), "", f"*{_plain(document.gap_words)}*", ""]
    for note in document.notes:
        lines += [_plain(note), ""]
    for section in document.sections:
        lines += [f"== {_plain(section.title)}", ""]
        for block in section.blocks:
            lines += [*_block(block), ""]
    return "\n".join(lines)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Text):
        yield _plain(block.text)
    elif isinstance(block, Passage):
        yield f"*{_plain(block.heading)}* {_rich(block.parts)}" if block.heading else _rich(block.parts)
    elif isinstance(block, BulletList):
        yield from (f"- {_plain(point)}" for point in block.points)
    elif isinstance(block, Code):
        yield from ("```", *block.text.splitlines(), "```")
    elif isinstance(block, DataTable):
        yield from _table(block)
    else:
        raise TypeError(type(block).__name__)


def _table(block: DataTable) -> Iterator[str]:
    columns = CHECKLIST if len(block.header) == CHECKLIST.count("fr") else f"{len(block.header)}"
    yield "#figure(kind: table, supplement: none, numbering: none, caption: [" + _plain(block.caption) + "],"
    yield f"table(columns: {columns},"
    header = ", ".join(f"[*{_plain(name)}*]" if name else "[]" for name in block.header)
    yield f"table.header({header}),"
    for row in block.rows:
        yield ", ".join(f"[{_cell(cell)}]" for cell in row) + ","
    yield "))"


def _cell(cell: str | TableCell | RichCell) -> str:
    if isinstance(cell, RichCell):
        return _rich(cell.parts)
    return _plain(f"{cell.text} {cell.below}".strip() if isinstance(cell, TableCell) else cell)


def _rich(parts: RichText) -> str:
    return "".join(_plain(part) if isinstance(part, str) else f"#gap[{_plain(part.shown)}]" for part in parts)


def _plain(text: str) -> str:
    """Text in which nothing is a mark."""
    return MARKS.sub(r"\\\1", text).replace("\n", " ")
