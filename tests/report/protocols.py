"""Documents of small runs, made once for all tests; and the pages in docs, made by ``python -m tests.report.protocols``."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from trialsim import study as studies
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.table import Measure
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.markdown import markdown
from trialsim.report.protocol.paper import ProtocolDocument, protocol_document
from trialsim.runs.run import with_simulation
from trialsim.scenario import load
from trialsim.truth import find_truth

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"
PAGES = ROOT / "docs" / "protocol"

#: The studies in the docs, and how many trials their pages show.
SHOWN, TRIALS = ("picu-blood-draw", "nicu-parent-massage"), 10_000

#: Trials of a test.
FEW = 60


@cache
def facts_of(name: str, replicates: int = FEW) -> ProtocolFacts:
    """A shipped study with the measures of a small run."""
    (path,) = SCENARIOS.rglob(f"{name}.yaml")
    study = with_simulation(studies.prepare(load(path)), replicates=replicates)
    found = studies.evaluate(study, truth=find_truth(study))
    return ProtocolFacts(study, replace(found, seconds=0.0, workers=1), f"outputs/{name}", None, {"trialsim": "0.1.0"})


@cache
def document_of(name: str) -> ProtocolDocument:
    """Its document."""
    return protocol_document(facts_of(name))


def with_measures(facts: ProtocolFacts, changes: dict[tuple[str, str, str], float | None]) -> ProtocolFacts:
    """The same with other values of some measures, by analysis, contrast and measure; None takes a measure away."""
    found: list[Measure] = []
    for one in facts.characteristics.measures:
        key = one.analysis, one.contrast, one.measure
        if key not in changes:
            found.append(one)
        elif (value := changes[key]) is not None:
            found.append(replace(one, value=value, conf_low=value - 0.01, conf_high=value + 0.01))
    made: OperatingCharacteristics = replace(facts.characteristics, measures=tuple(found))
    return ProtocolFacts(facts.study, made, facts.source, None, facts.versions)


def section(document: ProtocolDocument) -> str:
    """The sample-size section as one text."""
    return "\n".join(document.paragraphs)


def whole(document: ProtocolDocument) -> str:
    """Every word of the document but the places where its texts come from, and the command at its end."""
    rows = [
        (row.item.number, row.item.asked, *("" if isinstance(part, str) else part.question for part in row.text),
         "".join(part if isinstance(part, str) else "" for part in row.text))
        for _, found in document.rows
        for row in found
    ]  # fmt: skip
    tables = [cell for row in rows for cell in row]
    return "\n".join([section(document), *document.notes, *tables])


def page(name: str) -> str:
    """The page of a study in docs."""
    return markdown(protocol_document(facts_of(name, TRIALS)))


def main() -> None:
    """Make the pages again."""
    PAGES.mkdir(exist_ok=True)
    for name in SHOWN:
        (PAGES / f"{name}.md").write_text(page(name), encoding="utf-8")


if __name__ == "__main__":
    main()
