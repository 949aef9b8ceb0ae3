"""A row of a checklist: its number, what is asked, who fills it, the text, and where the text comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from trialsim.report.document import DataTable, Gap, RichCell, RichText
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.text import Sentence, gaps_of, merged

#: Who fills a row: the run, a proposed text that an author confirms, or an author alone.
Fill = Literal["auto", "draft", "author"]

#: What a row answers with: text, perhaps with gaps; empty where the study has no such thing.
Answer = Callable[["Material"], RichText]

#: What a table calls those who fill its rows.
FILLS: dict[Fill, str] = {"auto": "from the run", "draft": "draft, to be confirmed", "author": "authors"}

HEADER = ("item", "what is asked", "filled by", "text", "where it comes from")


@dataclass(frozen=True)
class Material:
    """What rows are filled with: the facts, and the sentences of the sections, by the rows that they answer."""

    facts: ProtocolFacts
    sentences: tuple[Sentence, ...]

    def of(self, row: str) -> RichText:
        """The sentences that answer a row, as one text."""
        parts: list[str | Gap] = []
        for one in self.sentences:
            if row in one.rows:
                parts += [" ", *one.parts] if parts else one.parts
        return merged(parts)


@dataclass(frozen=True)
class Item:
    """What a guideline asks: ``number`` is the guideline's; ``reason`` says why an empty answer does not apply.

    An ``author`` row has a ``question`` and no answer; it is printed until it is answered. Rows of one ``key`` are answered
    together; by default each has its own.
    """

    number: str
    asked: str
    fill: Fill
    answer: Answer | None = None
    question: str = ""
    where: str = ""
    reason: str = ""
    key: str = ""


@dataclass(frozen=True)
class Guideline:
    """A guideline: its name with the edition, where it is published, its items, and what is to be known about its table."""

    name: str
    source: str
    items: tuple[Item, ...]
    note: str = ""


@dataclass(frozen=True)
class FilledRow:
    """An item with its text."""

    item: Item
    text: RichText
    fill: Fill

    @property
    def gaps(self) -> list[Gap]:
        """What the authors are asked."""
        return list(gaps_of(self.text))


def filled(guideline: Guideline, material: Material) -> list[FilledRow]:
    """Every row with its text; one that nothing answers asks its question, or gives the reason why it does not apply."""
    return [_filled(guideline, item, material) for item in guideline.items]


def _filled(guideline: Guideline, item: Item, material: Material) -> FilledRow:
    """A row that the run leaves empty is one for the authors."""
    found = () if item.answer is None else merged(item.answer(material))
    fill: Fill = "author" if item.question and not found else item.fill
    return FilledRow(item, _text(guideline, item, found), fill)


def _text(guideline: Guideline, item: Item, found: RichText) -> RichText:
    key = item.key or f"{guideline.name} {item.number}: {item.asked}"
    asked = (Gap(key, item.question),) if item.question else ()
    if found:
        return merged((*found, *((" ", *asked) if asked else ())))
    return asked or (f"Does not apply: {item.reason}.",)


def table(guideline: Guideline, rows: Sequence[FilledRow]) -> DataTable:
    """The rows as a table."""
    cells = tuple(
        (row.item.number, row.item.asked, FILLS[row.fill], RichCell(row.text), row.item.where) for row in rows
    )
    return DataTable(f"{guideline.name} ({guideline.source})", HEADER, cells)


def of_row(row: str) -> Answer:
    """The sentences of the sections that answer a row."""
    return lambda material: material.of(row)


def words(function: Callable[[ProtocolFacts], str]) -> Answer:
    """A text without gaps."""

    def answer(material: Material) -> RichText:
        text = function(material.facts)
        return (text,) if text else ()

    return answer


def author(number: str, asked: str, question: str, key: str = "") -> Item:
    """A row that only the authors fill."""
    return Item(number, asked, "author", question=question, key=key)


def counts(rows: Sequence[FilledRow]) -> Iterator[tuple[str, int]]:
    """How many rows each fills."""
    for fill, name in FILLS.items():
        yield name, sum(row.fill == fill for row in rows)
