"""Every broken file says what is wrong with it: message, code, place. The table is tests/broken/EXPECTED.txt."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from trialsim.errors import ScenarioError
from trialsim.scenario import load, loads, render_faults

FOLDER = Path(__file__).parent.parent / "broken"
FILES = sorted(FOLDER.glob("*.yaml"))
said_of = runpy.run_path(str(FOLDER / "remake.py"))["said_of"]
FOREIGN = ("Input should", "validation error", "pydantic", "type=", "Traceback", "ruamel", "[key]", "<level>", "None")


def expected() -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for line in (FOLDER / "EXPECTED.txt").read_text(encoding="utf-8").splitlines():
        table.setdefault(line.split(":", 1)[0], []).append(line)
    return table


def differences(said: list[str], wanted: list[str]) -> list[str]:
    """What is said and not wanted, and what is wanted and not said."""
    extra = [f"not wanted: {line}" for line in said if line not in wanted]
    return extra + [f"not said: {line}" for line in wanted if line not in said]


def test_there_are_enough_and_each_is_in_the_table() -> None:
    assert len(FILES) >= 100
    assert {file.name for file in FILES} == set(expected())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_broken_file_says_what_the_table_says(file: Path) -> None:
    said = said_of(file)
    assert said, "the file loads"
    assert differences(said, expected()[file.name]) == []


@pytest.mark.parametrize(
    ("part", "planted"),
    [
        (":8:23", ":8:24"),
        (":8:23", ":9:23"),
        ("TS-E040", "TS-E041"),
        ("has 3 numbers", "has 2 numbers"),
        ("Write 1:1", "Write 2:1"),
    ],
)
def test_a_planted_fault_is_seen(part: str, planted: str) -> None:
    """The comparison can fail: a wrong column, line, code, message or remedy in the table is reported."""
    (wanted,) = expected()["ratio-length.yaml"]
    assert part in wanted
    said = said_of(FOLDER / "ratio-length.yaml")
    assert len(differences(said, [wanted.replace(part, planted, 1)])) == 2
    assert differences(said, [wanted]) == []


def test_a_file_without_its_fault_loads() -> None:
    """The broken files are broken by their fault alone."""
    text = (FOLDER / "ratio-length.yaml").read_text(encoding="utf-8")
    assert loads(text.replace('"1:1:1"', '"1:1"')).name == "small"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_is_shown_with_its_line_and_a_caret(file: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(file)
    assert caught.value.exit_code == 3
    shown = render_faults(caught.value)
    assert not any(word in shown for word in FOREIGN if word != "None" or "None" not in file.read_text("latin-1"))
    lines = shown.split("\n")
    for fault in caught.value.faults:
        assert fault.line >= 1
        assert fault.column >= 1
        assert any(fault.code in line and fault.message in line for line in lines)
        if fault.source_line.strip() and len(fault.source_line) <= 110:
            carets = [i for i, line in enumerate(lines) if line == "    " + " " * (fault.column - 1) + "^"]
            assert any(lines[i - 1] == "    " + fault.source_line.replace("\t", " ") for i in carets)


def test_the_caret_stands_under_the_fault() -> None:
    with pytest.raises(ScenarioError) as caught:
        load(FOLDER / "ratio-length.yaml")
    head, line, caret = render_faults(caught.value).split("\n")
    assert head.endswith("has 3 numbers, design.arms has 2 (control, treated). Write 1:1.")
    assert line[caret.index("^") :].startswith('"1:1:1"')


def test_color_only_when_asked_for() -> None:
    with pytest.raises(ScenarioError) as caught:
        load(FOLDER / "ratio-length.yaml")
    assert "\x1b[31m" in render_faults(caught.value, color=True)
    assert "\x1b" not in render_faults(caught.value)


def test_a_file_that_does_not_exist() -> None:
    with pytest.raises(ScenarioError) as caught:
        load("nowhere/study.yaml")
    assert [fault.code for fault in caught.value.faults] == ["TS-E006"]


def test_every_code_is_documented_and_every_documented_code_exists() -> None:
    import re

    root = FOLDER.parent.parent
    used: set[str] = set()
    for pattern in (
        "trialsim/scenario/**/*.py",
        "trialsim/protocol/*.py",
        "trialsim/quantities/*.py",
        "trialsim/looks/*.py",
        "trialsim/familywise/*.py",
        "trialsim/*.py",
    ):
        for file in root.glob(pattern):
            used |= set(re.findall(r"TS-E\d{3}", file.read_text(encoding="utf-8")))
    documented = set(
        re.findall(r"^\| (TS-E\d{3}) \|", (root / "docs/errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert used == documented


def test_nearly_every_code_has_its_broken_file() -> None:
    said = {line.split()[1] for lines in expected().values() for line in lines}
    import re

    documented = set(re.findall(r"TS-E\d{3}", (FOLDER.parent.parent / "docs/errors.md").read_text(encoding="utf-8")))
    elsewhere = {
        "TS-E006",
        "TS-E008",
        "TS-E167",
        "TS-E168",
        "TS-E280",
        "TS-E281",
        "TS-E328",
        "TS-E345",
        "TS-E384",
    }  # no file, the command line, run --familywise, compare --analyses, bounds that cross: tested elsewhere
    assert documented - said == elsewhere
