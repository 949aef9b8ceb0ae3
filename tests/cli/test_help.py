"""Help: every command in a group, with examples that can be typed, in colors that are read on white and on black."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest

from trialsim.cli import COMMANDS, main, trialsim_group
from trialsim.cli.help import EXAMPLES, PURPOSES, STEPS, STYLES
from trialsim.errors import Fault
from trialsim.scenario import render_faults

#: Colors that vanish on white (yellow, white, bright ones) or on black (black, blue), and faint letters.
LOST = {"2", "30", "33", "34", "37", "90", "93", "97"}


def test_every_command_stands_in_one_group_and_has_examples() -> None:
    assert sorted(name for names in STEPS.values() for name in names) == sorted(COMMANDS)
    assert set(EXAMPLES) == set(COMMANDS)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_examples_can_be_typed(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each word that begins with a dash is an option of the command, and help shows each example on one line of 80."""
    monkeypatch.setenv("COLUMNS", "80")
    assert main([name, "-h"]) == 0
    printed = capsys.readouterr().out
    command = trialsim_group.get_command(None, name)  # type: ignore[arg-type]  # the name card would do
    assert command is not None
    trialsim_group.called = (name,)  # type: ignore[attr-defined]  # as if it were called
    command = trialsim_group.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    known = {one for param in command.params for one in (*param.opts, *param.secondary_opts)}
    for example in EXAMPLES[name]:
        first, called, *words = shlex.split(example.partition(" > ")[0])
        assert (first, called) == ("trialsim", name)
        assert {word for word in words if re.match(r"--?[a-z]", word)} <= known, example
        assert example in printed, "on one line"


def test_groups_are_shown_and_hold_no_option_that_is_gone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["-h"]) == 0
    printed = capsys.readouterr().out
    assert all(step in printed for step in STEPS)
    known: set[str] = {"--help"}
    for name in COMMANDS:
        assert main([name, "-h"]) == 0
        printed = capsys.readouterr().out
        known |= set(re.findall(r"--[a-z][a-z-]*", printed))
        assert "What is written and printed" in printed
        assert max(len(line) for line in printed.splitlines()) <= 80
    assert {one for names in PURPOSES.values() for one in names} <= known


def lost_in(text: str) -> set[str]:
    """Codes of colors that some background swallows."""
    codes = {code for found in re.findall(r"\x1b\[([\d;]*)m", text) for code in found.split(";")}
    return codes & LOST


@pytest.mark.parametrize(
    "words",
    [
        ["-h"], ["run", "-h"], ["explain", "picu-blood-draw"], ["replay", "textbook-t-test", "-r", "3"], ["plya"],
        ["run", "nicu-parent-massage", "-r", "60", "-s", "primary=those_who_fell", "--no-figures", "--no-truth", "-o", "out"],
        ["tornado", "nicu-parent-massage", "-r", "20", "--no-figures", "-o", "out"],
        ["compare", "nicu-parent-massage", "nicu-parent-massage", "-r", "60", "--all", "--no-figures", "-o", "out"],
        ["compare", "nicu-parent-massage", "--analyses", "-r", "60", "--all", "--no-figures", "-o", "analyses"],
    ],
)  # fmt: skip
def test_no_color_vanishes_on_white_or_black(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    from trialsim.cli import console, text

    monkeypatch.chdir(str(tmp_path))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    colored = {"force_terminal": True, "color_system": "standard", "no_color": False}
    monkeypatch.setattr(console, "stderr", console.plain_console(stderr=True, soft_wrap=True, **colored))
    for name in ("text_console", "table_console"):
        monkeypatch.setattr(text, name, lambda: console.plain_console(width=80, **colored))
    main(words)
    told = capsys.readouterr()
    assert "\x1b[" in told.out + told.err, "there are colors or bold letters to look at"
    assert lost_in(told.out + told.err) == set()


def test_faults_and_warnings_have_colors_that_stay() -> None:
    fault = Fault("TS-E003", "design", "unknown key.", "Remove it.", "x.yaml", 3, 1, "enrol: 3")
    for one in (fault, replace(fault, warning=True)):
        shown = render_faults([one], color=True)
        assert "\x1b[3" in shown
        assert lost_in(shown) == set()


def test_a_color_that_vanishes_is_seen() -> None:
    """Planted."""
    assert lost_in("\x1b[33mwarning\x1b[0m \x1b[1;37mx\x1b[0m \x1b[1;31my\x1b[0m") == {"33", "37"}
    assert not any(word in style for style in STYLES.values() for word in ("yellow", "white", "black", "dim", "blue"))
