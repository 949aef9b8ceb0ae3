"""The text of a scenario: YAML 1.2 with places, and nothing that can run away."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialsim.errors import ScenarioError
from trialsim.scenario import loads
from trialsim.scenario.text import BrokenText, read_text, scalar
from trialsim.scenario.written import WrittenScenario

SHIPPED = Path(__file__).parent.parent.parent / "scenarios"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("null", None),
        ("~", None),
        ("1e-3", 1e-3),
        ("-.5", -0.5),
        ("12", 12),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("10:00", "10:00"),
        ("2026-01-05", "2026-01-05"),
        ("80 %", "80 %"),
        (".inf", float("inf")),
    ],
)
def test_unquoted_scalars_are_read_as_meant(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)
    tree = read_text(f"key: {text}", "x")
    assert tree.data == {"key": value}


def test_places_of_keys_and_values() -> None:
    read = read_text("a:\n  - b: 1\n    long key:   {c: [2, 'x']}\n", "f.yaml")
    assert read.data == {"a": [{"b": 1, "long key": {"c": [2, "x"]}}]}
    tree = WrittenScenario.of(read, Path())
    place = tree.place(("a", 0, "long key", "c", 1))
    assert place is not None
    assert (place.file, place.line, place.column) == ("f.yaml", 3, 25)
    key = tree.place(("a", 0, "long key"), on_key=True)
    assert key is not None
    assert (key.line, key.column) == (3, 5)
    nearest = tree.place(("a", 0, "b", "nothing", 3))
    assert nearest == tree.place(("a", 0, "b"), on_key=True)


def test_a_second_key_does_not_replace_the_first() -> None:
    tree = read_text("a: 1\nb: {x: 1}\na: {deep: [1]}\n", "f")
    assert tree.data == {"a": 1, "b": {"x": 1}}
    assert [finding.code for finding in tree.findings] == ["TS-E005"]


def test_a_bomb_is_refused_at_once() -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{i}: &a{i} [{','.join(f'*a{i - 1}' for _ in range(9))}]\n" for i in range(1, 30)
    )
    with pytest.raises(BrokenText, match="aliases"):
        read_text(bomb, "bomb")


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 5000,
        "a: " + "{b: " * 5000,
        "- " * 5000 + "x",
        "a: [" + "1, " * 70_000 + "1]",
        "a: " + "x" * 1_100_000,
    ],
    ids=["brackets", "braces", "dashes", "many parts", "megabyte"],
)
def test_huge_and_deep_files_are_refused(text: str) -> None:
    with pytest.raises(BrokenText):
        read_text(text, "huge")


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    codes = []
    try:
        read_text(text, "any")
    except BrokenText as broken:
        codes.append(broken.finding.code)
    assert set(codes) <= {"TS-E001", "TS-E002"}


LINES = (SHIPPED / "picu-blood-draw.yaml").read_text(encoding="utf-8").splitlines()
SCRAPS = [
    "",
    "0",
    "-1",
    "nan",
    "[]",
    "{}",
    "80 %",
    "1e400",
    "null",
    "x: y",
    "- a",
    "{a: 1}",
    "'",
    "2026-01-05",
    "nmol/L",
]


@given(st.integers(0, len(LINES) - 1), st.integers(0, 120), st.integers(0, 12), st.sampled_from(SCRAPS))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_study_is_read_or_refused_never_a_crash(row: int, start: int, length: int, scrap: str) -> None:
    line = LINES[row]
    start = min(start, len(line))
    damaged = [*LINES[:row], line[:start] + scrap + line[start + length :], *LINES[row + 1 :]]
    lines = [1]
    try:
        loads("\n".join(damaged))
    except ScenarioError as error:
        lines = [fault.line for fault in error.faults]
    assert lines
    assert min(lines) >= 1
