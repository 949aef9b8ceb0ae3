"""The assumptions of a scenario by where they come from: each source once, with its numbers in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from trialsim.compare.nouns import noun
from trialsim.quantities.counts import counted
from trialsim.report.document import Block, DataTable, Fold, TableCell, Text
from trialsim.scenario.provenance import Row, provenance

if TYPE_CHECKING:
    from trialsim.scenario.model import Scenario

#: The kinds in their order on the page, with what each is called and what it says.
KINDS = (
    ("source", "printed by a source", "The source prints these numbers."),
    ("computed", "computed from a source", "These numbers were computed from what a source prints."),
    ("assumed", "assumed", "These numbers are judgements; the reason is above each."),
    ("none", "without a stated origin", "Nobody stated where these numbers come from."),
)


def assumptions(scenario: Scenario) -> Iterator[Block]:
    """A sentence with the counts, and a table for each kind of origin; one that says why is not repeated in each row."""
    rows = provenance(scenario)
    counts = [f"{sum(row.kind == kind for row in rows)} {words}" for kind, words, _ in KINDS]
    yield Text(f"Of {len(rows)} numbers {', '.join(counts[:-1])} and {counts[-1]}.")
    for kind, words, what in KINDS:
        here = [row for row in rows if row.kind == kind]
        if here:
            table = DataTable(f"{what} ({len(here)})", *_table(here, scenario))
            yield Fold(f"{counted(len(here), 'number')} {words}", (table,), printed=True)


def _table(rows: Sequence[Row], scenario: Scenario) -> tuple[tuple[str, ...], tuple[tuple[str | TableCell, ...], ...]]:
    """Grouped by source or reason, which has a row of its own above its numbers: what, value, plausible range."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.why, []).append(row)
    cells: list[tuple[str | TableCell, ...]] = []
    for why, group in groups.items():
        cells += [(TableCell(why, mark="group"), "", "")] if why else []
        cells += [(in_words(row.path, scenario), row.value, row.range) for row in group]
    return ("number", "value", "plausible range"), tuple(cells)


def in_words(path: str, scenario: Scenario) -> str:
    """A place of a scenario as people call it; the words of the place itself where it has no others.

    Names of outcomes become their labels.
    """
    parts = tuple(_parts(path, scenario))
    words = noun(parts, ()) or noun(parts[:-1], ())
    if words is None:
        words = " ".join(part for part in parts if not part.isdigit()).replace("_", " ")
        words = words.removeprefix("outcomes ").removeprefix("setting ").removeprefix("protocol ")
    for name, outcome in scenario.outcomes.items():
        if outcome.label and outcome.label != name:
            words = _replaced(words, name, outcome.label)
    return words[:1].upper() + words[1:]


def _replaced(words: str, name: str, label: str) -> str:
    """The name as whole words replaced by the label."""
    return f" {words} ".replace(f" {name} ", f" {label} ").strip()


def _parts(path: str, scenario: Scenario) -> Iterator[str]:
    """The parts of a place; a step of the protocol or a reason by its name, not its number."""
    parts = path.split(".")
    value: object = scenario
    for part in parts:
        if part.isdigit() and isinstance(value, tuple) and int(part) < len(value):
            value = value[int(part)]
            yield _called(value, part)
        else:
            value = value.get(part) if isinstance(value, dict) else getattr(value, part, None)
            if part != "steps":
                yield part


def _called(value: object, place: str) -> str:
    for key in ("name", "activity", "attempt", "visit", "repeat", "reason", "driver", "covariate"):
        found = getattr(value, key, None)
        if isinstance(found, str):
            return found
    return "wait" if hasattr(value, "wait") else place
