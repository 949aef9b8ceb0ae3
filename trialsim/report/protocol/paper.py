"""The document: sections, checklists, what was left out, and how many questions are open for the authors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from trialsim.quantities.counts import counted
from trialsim.report.document import (
    Block,
    Code,
    DataTable,
    Gap,
    PageSection,
    Passage,
    RichCell,
    RichText,
    Text,
)
from trialsim.report.protocol.burden import burden_sentences
from trialsim.report.protocol.checklists.guidelines import guidelines
from trialsim.report.protocol.checklists.row import FilledRow, Guideline, Material, filled, table
from trialsim.report.protocol.estimand import estimand_blocks
from trialsim.report.protocol.facts import GOAL, ProtocolFacts
from trialsim.report.protocol.one_group import one_group_paragraphs, pilot_paragraphs
from trialsim.report.protocol.sensitivity import left_out
from trialsim.report.protocol.size import Paragraphs, size_paragraphs, sizes_needed
from trialsim.report.protocol.text import Sentence, gaps_of, merged, passage, share
from trialsim.report.schedule import schedule

WHAT = (
    "Text for a protocol, an ethics application and a paper, from a simulation. Everything here follows from assumptions; it is not "
    "the result of a study. Read every sentence before you use it."
)

ROUNDED = (
    "Intervals in brackets are 95 % simulation intervals: they show only the error of the simulation, and not how uncertain the "
    "assumptions are. Simulated means are rounded so that their standard error is at most one step of the last digit, or have it beside them."
)


@dataclass(frozen=True)
class ProtocolDocument:
    """A document: its title, its sections, and every row of its checklists; ``paragraphs`` are those of the sample size.

    ``replicates`` is the number of simulated trials.
    """

    title: str
    name: str
    sections: tuple[PageSection, ...]
    rows: tuple[tuple[Guideline, tuple[FilledRow, ...]], ...]
    sentences: tuple[Sentence, ...]
    notes: tuple[str, ...]
    paragraphs: tuple[str, ...] = ()
    replicates: int = 0

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What the authors are asked, each question once."""
        return tuple(_gaps(self.sections))

    @property
    def gap_words(self) -> str:
        """How many questions are open, and how many of them in the section on the sample size."""
        count, first = len(self.gaps), len(_gaps(self.sections[:1]))
        if not count:
            return "No question is open for the authors."
        return (
            f"{counted(count, 'gap')}, {first} of them in the section “Sample size”. What only the authors know is in bold and in square "
            "brackets, and is asked once for all its places."
        )


def protocol_document(facts: ProtocolFacts, answers: Mapping[str, str] | None = None) -> ProtocolDocument:
    """The document of a study, with the answers that the authors have given by the key of the gap."""
    given = _Answers(answers or {})
    paragraphs = tuple(tuple(given.sentence(one) for one in part) for part in _size(facts))
    burden = tuple(given.sentence(one) for one in burden_sentences(facts))
    sentences = (*(one for part in paragraphs for one in part), *burden)
    material = Material(facts, sentences)
    rows = tuple(
        (guideline, tuple(given.row(row) for row in filled(guideline, material))) for guideline in guidelines(facts)
    )
    estimands = tuple(given.table(one) for one in estimand_blocks(facts))
    sections = (
        PageSection("Sample size", _size_blocks(paragraphs, burden)),
        PageSection("Estimand", estimands),
        PageSection("Schedule", (schedule(facts.study),)),
        *(PageSection(guideline.name, tuple(_blocks(guideline, found))) for guideline, found in rows),
        PageSection("How to make this again", tuple(_again(facts))),
    )
    return ProtocolDocument(
        title=f"{facts.scenario.title}: protocol text and checklists",
        name=facts.scenario.name,
        sections=sections,
        rows=rows,
        sentences=sentences,
        notes=tuple(text for text in (left_out(facts), *_notes(facts), given.unused()) if text),
        paragraphs=tuple(" ".join(map(str, part)) for part in (*paragraphs, burden) if part),
        replicates=facts.characteristics.replicates,
    )


def _notes(facts: ProtocolFacts) -> Iterator[str]:
    """What is not in the text: a size for the goal where the result cannot be extended, and trials that are missing."""
    powers = [one for row in facts.rows if (one := facts.power(row)) is not None]
    low = any(one.value < GOAL for one in powers)
    if low and not (facts.one_group or facts.pilot or facts.too_often) and not sizes_needed(facts):
        yield (
            f"The power is below {share(GOAL)}, and how many participants would be needed cannot be extended from this run. It is found "
            f"by: trialsim size {facts.scenario.name} --power {share(GOAL)}".replace(" %", "%")
        )
    if facts.missing:
        yield f"Trials are missing in the run in {facts.source}: the numbers are those of the trials that are there."


def _size(facts: ProtocolFacts) -> Paragraphs:
    if facts.one_group:
        return one_group_paragraphs(facts)
    return pilot_paragraphs(facts) if facts.pilot else size_paragraphs(facts)


def _size_blocks(paragraphs: Paragraphs, burden: Sequence[Sentence]) -> tuple[Block, ...]:
    """The paragraphs, the first with its heading; then the burden, and how numbers are rounded."""
    first, *rest = [part for part in paragraphs if part]
    return (
        passage(first, "Sample size."),
        *(passage(part) for part in rest),
        passage(burden, "Burden."),
        Text(ROUNDED, quiet=True),
    )


def _blocks(guideline: Guideline, rows: Sequence[FilledRow]) -> Iterator[Block]:
    if guideline.note:
        yield Text(guideline.note)
    open_ = sum(1 for row in rows if row.gaps)
    yield Text(f"{len(rows)} rows, {open_} with a question for the authors.", quiet=True)
    yield table(guideline, rows)


def _again(facts: ProtocolFacts) -> Iterator[Block]:
    result = facts.characteristics
    yield Text("Save the scenario of the supplement as study.yaml, install trialsim, and type:")
    yield Code(
        f"trialsim run study.yaml --replicates {result.replicates} --seed {result.seed}\ntrialsim protocol study.yaml"
    )


# ---------------------------------------------------------------- answers


class _Answers:
    """What the authors have answered, by the key of the question; which of it was used."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = given
        self.used: set[str] = set()

    def parts(self, parts: RichText) -> RichText:
        """A text in which answers take the place of their questions."""
        found: list[str | Gap] = []
        for part in parts:
            answer = self.given.get(part.key) if isinstance(part, Gap) else None
            if isinstance(part, Gap) and answer is not None:
                self.used.add(part.key)
                found.append(answer)
            else:
                found.append(part)
        return merged(found)

    def sentence(self, one: Sentence) -> Sentence:
        """The same of a sentence."""
        return replace(one, parts=self.parts(one.parts))

    def row(self, row: FilledRow) -> FilledRow:
        """The same of a row of a checklist."""
        return replace(row, text=self.parts(row.text))

    def table(self, table_: DataTable) -> DataTable:
        """The same of every cell of a table."""
        rows = tuple(
            tuple(RichCell(self.parts(cell.parts)) if isinstance(cell, RichCell) else cell for cell in row)
            for row in table_.rows
        )
        return replace(table_, rows=rows)

    def unused(self) -> str:
        """Answers to no question of this study; empty where there are none."""
        left = [key for key in self.given if key not in self.used]
        return f"These answers belong to no question of this study and are not used: {'; '.join(left)}." if left else ""


def _gaps(sections: Sequence[PageSection]) -> list[Gap]:
    found: dict[str, Gap] = {}
    for section in sections:
        for block in section.blocks:
            for gap in _gaps_of_block(block):
                found.setdefault(gap.key, gap)
    return list(found.values())


def _gaps_of_block(block: Block) -> Iterator[Gap]:
    if isinstance(block, Passage):
        yield from gaps_of(block.parts)
    elif isinstance(block, DataTable):
        for row in block.rows:
            for cell in row:
                if isinstance(cell, RichCell):
                    yield from gaps_of(cell.parts)
