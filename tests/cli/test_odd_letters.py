"""Letters that steer a terminal, words that look like commands, names that are none: they can do no more than be shown."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from rich.table import Table

from trialsim.cli import main
from trialsim.cli.console import plain_console
from trialsim.quantities.letters import ODD
from trialsim.scenario import loads
from trialsim.scenario.shipped import shipped_scenarios

ANCOVA = shipped_scenarios()["textbook-ancova"].path
Captured = pytest.CaptureFixture[str]
STEERING = "a\x1b[31mred\x1b]0;owned\x07 \u202etxt.exe\u2066 b\x9b2J"


def printed(*what: object, **how: object) -> str:
    screen = io.StringIO()
    plain_console(file=screen, width=200).print(*what, **how)  # type: ignore[arg-type]  # handed on
    return screen.getvalue()


def test_no_console_hands_on_what_steers_a_terminal() -> None:
    shown = printed(STEERING)
    assert ODD.search(shown) is None
    assert shown.startswith(r"a\x1b[31mred\x1b]0;owned \u202etxt.exe")  # rich leaves BEL out


def test_nor_does_a_table_in_cells_headings_or_its_title() -> None:
    table = Table(title=STEERING)
    table.add_column(STEERING)
    table.add_row(STEERING)
    assert printed(table).count(r"\x1b]0;owned") == 3
    assert ODD.search(printed(table)) is None


def test_own_colors_stay() -> None:
    """Planted fault turned around: a console that took out every ESC would lose its colors as well."""
    screen = io.StringIO()
    plain_console(file=screen, force_terminal=True, color_system="standard", no_color=False).print("x", style="red")
    assert ("\x1b[" in screen.getvalue()) == ("NO_COLOR" not in os.environ)


def test_words_in_brackets_and_between_colons_are_words() -> None:
    words = "[red]a[/red] [/] :smile: [link=http://x]b[/link]"
    table = Table("x")
    table.add_row(words)
    assert printed(words) == f"{words}\n"
    assert words in printed(table)


def test_no_command_writes_markup() -> None:
    """Texts are not markup: what is bold has a style."""
    folder = Path(__file__).parents[2] / "trialsim" / "cli"
    assert [
        file.name for file in folder.glob("*.py") if "[/]" in file.read_text(encoding="utf-8").replace("``[/]``", "")
    ] == []


@pytest.mark.parametrize("word", ["a\x1b[31m", "\x07", "\u202eb", "\ud800", "a\x85b"])
def test_words_typed_with_such_letters_are_refused(word: str, capsys: Captured) -> None:
    for words in (
        ["check", word],
        ["run", str(ANCOVA), "--out", word],
        ["check", str(ANCOVA), "--set", f"title={word}"],
    ):
        assert main(words) == 2
        shown = capsys.readouterr().err
        assert "not readable text" in shown
        assert ODD.search(shown) is None


@pytest.mark.parametrize("name", ["x" * 5_000, "loop.yaml", "a/b/c.yaml", "."])
@pytest.mark.parametrize("command", ["check", "explain", "run", "size"])
def test_names_that_are_no_file(
    command: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    if hasattr(os, "symlink") and os.name != "nt":
        (tmp_path / "loop.yaml").symlink_to("pool.yaml")
        (tmp_path / "pool.yaml").symlink_to("loop.yaml")
    options = ["--power", "80%"] if command == "size" else []
    assert main([command, name, *options]) == 2
    shown = capsys.readouterr().err
    assert "Traceback" not in shown
    assert len(shown) < 1_000


# ---------------------------------------------------------------- the script for Slurm


def slurm(capsys: Captured, *options: str) -> str:
    capsys.readouterr()
    assert main(["slurm", *options]) == 0
    return capsys.readouterr().out


@pytest.mark.skipif(shutil.which("bash") is None or os.name == "nt", reason="needs bash")
def test_a_hostile_title_is_a_comment_and_every_word_is_quoted(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "a; touch owned #.yaml"
    text = ANCOVA.read_text(encoding="utf-8").splitlines()
    text = [
        r'title: "x\n#SBATCH --mail-user=eve\n$(touch owned) `touch owned` \\"' if line.startswith("title:") else line
        for line in text
    ]
    file.write_text("\n".join(text), encoding="utf-8")
    script = slurm(capsys, str(file), "--out", str(tmp_path / "$(touch owned)"), "--set", "design.enroll.each arm=20")
    heads = [line for line in script.splitlines() if line.startswith("#SBATCH")]
    assert all(
        line.split("=")[0].split(" ")[1].startswith("--") and " " not in line.removeprefix("#SBATCH ") for line in heads
    )
    assert "--mail-user" not in "\n".join(heads)
    shim = tmp_path / "bin"
    shim.mkdir()
    (shim / "trialsim").write_text('#!/bin/sh\nfor word in "$@"; do printf "%s\\n" "$word"; done\n', encoding="utf-8")
    (shim / "trialsim").chmod(0o755)
    environment = os.environ | {"SLURM_ARRAY_TASK_ID": "1", "PATH": f"{shim}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash"], input=script, text=True, capture_output=True, check=True, cwd=tmp_path, env=environment
    )
    assert done.stdout.splitlines()[:2] == ["run", file.as_posix()]
    assert (tmp_path / "$(touch owned)").as_posix() in done.stdout.splitlines()
    assert "design.enroll.each arm=20" in done.stdout.splitlines()
    assert not list(tmp_path.rglob("owned"))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--time", "1 --mail-user=eve"),
        ("--time", "1:00:00\n#SBATCH --x"),
        ("--memory", "2G --export=ALL"),
        ("--memory", "$(id)"),
        ("--time", ""),
    ],
)
def test_time_and_memory_are_what_slurm_reads_as_one_value(option: str, value: str, capsys: Captured) -> None:
    assert main(["slurm", str(ANCOVA), option, value]) == 2
    assert "Slurm reads" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "value"), [("--time", "90"), ("--time", "2-12:30:00"), ("--memory", "4000M")])
def test_usual_times_and_memories(option: str, value: str, capsys: Captured) -> None:
    assert f"{option.replace('memory', 'mem')}={value}" in slurm(capsys, str(ANCOVA), option, value)


# ---------------------------------------------------------------- names of studies


@pytest.mark.parametrize(
    "name", [".", "..", "CON", "aux", "NUL.txt", "com1", "x.", "a b", "-rf", "a:b", "a*", "~", "$x", "_x", "a\\b"]
)
def test_names_that_are_no_folder_everywhere(name: str) -> None:
    from trialsim.errors import ScenarioError

    text = ANCOVA.read_text(encoding="utf-8")
    old = next(line for line in text.splitlines() if line.startswith("name:"))
    with pytest.raises(ScenarioError) as caught:
        loads(text.replace(old, f"name: '{name}'"))
    assert {fault.code for fault in caught.value.faults} <= {"TS-E132", "TS-E018"}
    assert all(fault.line == 2 or fault.line == text.splitlines().index(old) + 1 for fault in caught.value.faults)


@pytest.mark.parametrize("name", ["pain-2026", "étude.2", "研究", "a_b", "console", "nullify", "2026", "x" * 80])
def test_usual_names(name: str) -> None:
    text = ANCOVA.read_text(encoding="utf-8")
    old = next(line for line in text.splitlines() if line.startswith("name:"))
    assert loads(text.replace(old, f"name: '{name}'")).name == name
