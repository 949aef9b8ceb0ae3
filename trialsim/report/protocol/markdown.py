"""A document as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialsim.report.document import Block, BulletList, Code, DataTable, Passage, RichCell, RichText, TableCell, Text
from trialsim.report.protocol.paper import WHAT, ProtocolDocument

#: Letters that Markdown or HTML would read as marks.
MARKS = re.compile(r"([\\`*_{}\[\]<>|#])")


def markdown(document: ProtocolDocument) -> str:
    """The whole document."""
    lines = [f"# {_plain(document.title)}", "", _plain(WHAT), "", f"**{_plain(document.gap_words)}**", ""]
    for note in document.notes:
        lines += [_plain(note), ""]
    for section in document.sections:
        lines += [f"## {_plain(section.title)}", ""]
        for block in section.blocks:
            lines += [*_block(block), ""]
    return "\n".join(lines).rstrip() + "\n"


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Text):
        yield _plain(block.text)
    elif isinstance(block, Passage):
        yield f"**{_plain(block.heading)}** {_rich(block.parts)}" if block.heading else _rich(block.parts)
    elif isinstance(block, BulletList):
        yield from (f"- {_plain(point)}" for point in block.points)
    elif isinstance(block, Code):
        yield from ("```", *block.text.splitlines(), "```")
    elif isinstance(block, DataTable):
        yield f"*{_plain(block.caption)}*"
        yield ""
        yield _row([_plain(name) for name in block.header])
        yield _row(["---"] * len(block.header))
        yield from (_row([_cell(cell) for cell in row]) for row in block.rows)
    else:
        raise TypeError(type(block).__name__)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: str | TableCell | RichCell) -> str:
    if isinstance(cell, RichCell):
        return _rich(cell.parts)
    if isinstance(cell, TableCell):
        return _plain(f"{cell.text} {cell.below}".strip())
    return _plain(cell)


def _rich(parts: RichText) -> str:
    return "".join(_plain(part) if isinstance(part, str) else f"**{_plain(part.shown)}**" for part in parts)


def _plain(text: str) -> str:
    """Text in which nothing is a mark."""
    return MARKS.sub(r"\\\1", " ".join(text.split(" "))).replace("\n", " ")
