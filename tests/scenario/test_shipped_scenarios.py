"""The shipped scenarios load, say where every number comes from, and together show every key."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from trialsim.protocol.steps import Activity, Attempt, Hold, Repeat, Visit, Wait
from trialsim.quantities.records import PROVENANCE, Number, OfPractitioners, Record, SiteShare, Spread
from trialsim.scenario import load, loads, resolve
from trialsim.scenario.checks.names import records
from trialsim.scenario.draft import draft_of
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.load import read_file
from trialsim.scenario.model import Draft
from trialsim.scenario.oneof import OneOf
from trialsim.scenario.provenance import provenance

ROOT = Path(__file__).parent.parent.parent / "scenarios"
FILES = sorted(ROOT.rglob("*.yaml"))
#: Examples that run Python code are not shipped as scenarios.
EXAMPLES = sorted((ROOT.parent / "examples").rglob("*.yaml"))
#: Numbers with a key that other numbers do not have.
OWN_KEY: dict[type[Record], str] = {OfPractitioners: "of", SiteShare: "open"}
STEPS = (Wait, Visit, Activity, Attempt, Hold, Repeat)


def draft(file: Path) -> Draft:
    """A scenario before defaults are filled in."""
    written = read_file(file)
    found, findings, _ = draft_of(written, written.data)
    assert found is not None
    assert findings == []
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_loads_and_its_resolved_form_loads_back_equal(file: Path) -> None:
    scenario = load(file)
    assert resolve(scenario.written) == scenario
    again = loads(dump(scenario))
    assert again == scenario
    assert dump(again) == dump(scenario)
    assert scenario_hash(again) == scenario_hash(scenario)
    assert scenario.name == file.stem


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_number_says_where_it_comes_from(file: Path) -> None:
    rows = provenance(load(file))
    assert rows
    assert [row.path for row in rows if row.kind == "none"] == []


def keys_of(record: type[Record]) -> set[tuple[str, str]]:
    """Every (record, key) that can be written below a record."""
    found: set[tuple[str, str]] = set()
    todo: list[type[Record]] = [record, *STEPS]
    seen: set[type[Record]] = set()
    while todo:
        one = todo.pop()
        if one in seen or one in (Number, Spread):
            continue
        if one in OWN_KEY:
            found.add((one.__name__, OWN_KEY[one]))
            continue
        seen.add(one)
        for name, info in one.model_fields.items():
            if name not in PROVENANCE:
                found.add((one.__name__, info.alias or name))
            todo += _records_in(info.annotation)
    return found


def _records_in(annotation: Any) -> list[type[Record]]:
    from typing import get_args

    if isinstance(annotation, type) and issubclass(annotation, Record):
        return [annotation]
    return [inner for part in get_args(annotation) for inner in _records_in(part)]


def keys_used(scenario: Draft) -> set[tuple[str, str]]:
    """Every (record, key) a scenario sets."""
    return {
        (type(record).__name__, type(record).model_fields[name].alias or name)
        for _, record in records(scenario)
        for name in record.model_fields_set
    }


#: Keys that are never written by hand: what a period has from the design.
WRITTEN_OUT = {("Period", "sequences")}


def test_every_key_of_the_format_is_shown_in_a_shipped_scenario() -> None:
    known = keys_of(Draft)
    assert len(known) > 150
    used: set[tuple[str, str]] = set()
    for file in (*FILES, *EXAMPLES):
        used |= keys_used(draft(file))
    assert sorted(known - used - WRITTEN_OUT) == []


def test_the_key_test_sees_a_key_that_is_missing() -> None:
    """Planted fault: without the courses of massages and the therapists, repeats and sites are not shown."""
    used: set[tuple[str, str]] = set()
    for file in (*FILES, *EXAMPLES):
        if file.stem not in (
            "massage-clinic",
            "massage-course",
            "therapists",
            "own-therapists",
            "one-therapist-an-arm",
            "shared-therapists",
            "eight-wards",
            "sleep-through-on-wards",
            "minimization",
            "nights-and-holidays",
            "pilot-nicu",
            "pilot-on-a-full-ward",
        ):
            used |= keys_used(draft(file))
    missing = keys_of(Draft) - used
    assert {
        ("Repeat", "times"),
        ("Setting", "sites"),
        ("Resource", "queue_limit"),
        ("OfPractitioners", "of"),
    } <= missing


def _words(annotation: Any) -> set[object]:
    from typing import Literal, get_args, get_origin

    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    if isinstance(annotation, OneOf):
        return set(annotation.words)
    return {word for part in get_args(annotation) for word in _words(part)}


def test_every_word_that_can_be_chosen_is_shown() -> None:
    known: set[tuple[str, str, object]] = set()
    used: set[tuple[str, str, object]] = set()
    for file in (*FILES, *EXAMPLES):
        for _, record in records(load(file)):
            for name, info in type(record).model_fields.items():
                words = _words(info.annotation).union(*(_words(part) for part in info.metadata))
                known |= {(type(record).__name__, name, word) for word in words}
                if words and getattr(record, name) is not None:
                    value = getattr(record, name)
                    used |= {
                        (type(record).__name__, name, one) for one in (value if type(value) is tuple else (value,))
                    }
    assert {
        ("Analysis", "test", "wilcoxon"),
        ("Allocation", "method", "in turn"),
        ("Then", "adjust", "dunnett"),
    } <= known
    left = {(record, str(word)) for record, _, word in known - used}
    assert left == {("PublishedFigure", "higher")}  # no shipped study found more fear than with usual care


def test_importing_the_loader_loads_no_heavy_library() -> None:
    """No plotting, simulation or data-frame library; make bench has its time."""
    assert heavy_libraries("import trialsim.scenario") == []


def test_a_check_compiles_nothing() -> None:
    """Neither Numba nor SciPy is loaded, so that a check answers at once; make bench has its time."""
    file = str(ROOT / "picu-blood-draw.yaml")
    assert heavy_libraries(f"from trialsim.cli import main; assert main(['check', {file!r}]) == 0") == []


def test_heavy_libraries_are_seen() -> None:
    """Planted: what plays a trial imports Numba."""
    code = "from trialsim.numbers.draws import uniforms; uniforms(1, 'x', replicates=range(1), participants=1)"
    assert "numba" in heavy_libraries(code)


def heavy_libraries(code: str) -> list[str]:
    """The heavy libraries that a process imports in which this is done alone."""
    heavy = "[one for one in ('numba', 'pandas', 'matplotlib', 'simpy', 'scipy') if one in sys.modules]"
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(); print(*{heavy})"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return run.stdout.splitlines()[-1].split()


def test_every_key_is_in_the_documentation() -> None:
    text = (ROOT.parent / "docs/scenario-format.md").read_text(encoding="utf-8")
    written = {key for _, key in keys_of(Draft) if not key.startswith("<")}  # tags are never written
    missing = {key for key in written if not re.search(rf"(?<![\w]){re.escape(key)}(?![\w])", text)}
    assert missing == set()
