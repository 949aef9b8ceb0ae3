"""Further analyses from a file of their own: a map ``analyses:``, joined to a scenario that keeps all it has."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

from trialsim.errors import ScenarioError
from trialsim.scenario.messages import fault_of
from trialsim.scenario.model import Scenario
from trialsim.scenario.resolve import resolve
from trialsim.scenario.text import MOST_BYTES, BrokenText, Finding, Place, Tree, read_text
from trialsim.scenario.written import WrittenScenario

#: The one key of such a file.
ANALYSES = "analyses"

EXAMPLE = (
    "Write it like this: analyses: {by means: {outcome: fear, visit: during, test: t, contrast: music - control}}."
)


def with_further(scenario: Scenario, file: FilePath) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario with the analyses of a file besides its own, checked and resolved like any other; and their names.

    Raises
    ------
    ScenarioError
        With every fault found: TS-E280 if the file holds anything but analyses, TS-E281 if one has a name that the scenario has
    """
    try:
        with file.open("rb") as stream:
            text = stream.read(MOST_BYTES + 1).decode("utf-8-sig")
    except (OSError, ValueError) as problem:
        finding = Finding("TS-E006", (), f"the file cannot be read ({problem}).", "", Place(str(file), 0, 0))
        raise ScenarioError([fault_of(finding, WrittenScenario())]) from None
    try:
        return _joined(scenario, read_text(text, str(file)))
    except BrokenText as broken:
        raise ScenarioError([fault_of(broken.finding, WrittenScenario())]) from None


def with_analyses(scenario: Scenario, analyses: dict[str, Any]) -> tuple[Scenario, tuple[str, ...]]:
    """The same with analyses as plain data, as a file would hold them."""
    return _joined(scenario, Tree({ANALYSES: analyses}, file="<analyses>"))


def _joined(scenario: Scenario, tree: Tree) -> tuple[Scenario, tuple[str, ...]]:
    first = Place(tree.file, 1, 1)
    further = tree.data.get(ANALYSES) if isinstance(tree.data, dict) else None
    if not isinstance(further, dict) or not further or set(tree.data) != {ANALYSES}:
        others = [str(key) for key in tree.data if key != ANALYSES] if isinstance(tree.data, dict) else []
        has = f"it also has {', '.join(others)}" if others and further else "it has none"
        message = f"a file of further analyses holds analyses: and nothing else; {has}."
        where = tree.keys.get((others[0],), first) if others else first
        raise BrokenText(Finding("TS-E280", (), message, EXAMPLE, where))
    written = scenario.written
    for finding in tree.findings:
        written = written.found(finding)
    for name, what in further.items():
        path = (ANALYSES, name)
        if name in scenario.analyses:
            message = f"the scenario has an analysis '{name}' of its own, which a further one may not replace."
            written = written.found(
                Finding("TS-E281", path, message, "Give it another name.", tree.keys.get(path, first))
            )
            continue
        keys, values = (
            {place[2:]: where for place, where in places.items() if place[:2] == path}
            for places in (tree.keys, tree.values)
        )
        written = written.put(path, what, Tree(what, {(): first, **keys}, {(): first, **values}))
    return resolve(written), tuple(str(name) for name in further)
