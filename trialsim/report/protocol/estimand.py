"""The estimand of each primary analysis (ICH E9(R1)) as a protocol prints it: what nobody has decided is asked."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.report.document import DataTable, Gap, RichCell, RichText
from trialsim.report.estimand_table import ASK, estimand_rows
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.text import capital

#: What is done about events in one group, in which nothing is compared.
ONE_GROUP = "everybody counts, whatever happens"


def estimand_blocks(facts: ProtocolFacts) -> Iterator[DataTable]:
    """A table for each primary analysis."""
    for name in facts.scenario.primary:
        caption, rows = estimand_rows(facts.study, name)
        cells = tuple((attribute, RichCell(_asked(facts, name, text))) for attribute, text in rows)
        yield DataTable(caption, ("attribute", "as planned"), cells)


def _asked(facts: ProtocolFacts, name: str, text: str) -> RichText:
    """The text, in which what the authors have to state is a question."""
    before, ask, reason = text.partition(ASK)
    if ask:
        event = before.partition(":")[0]
        return (before, Gap(f"E9(R1) {name}: {event}", f"how is this handled? {capital(reason)}"))
    event, colon, _ = text.partition(": treatment policy: ")
    if facts.one_group and colon:
        return (f"{event}: {ONE_GROUP}",)
    return (text,)
