"""Commands that search and compare: the answer first, a table as wide as the terminal, nothing more when quiet."""

from __future__ import annotations

import re

import pytest

from trialsim.cli import main

NICU = "nicu-parent-massage"
FEW = ("-r", "40")
#: The words of each command and a label that it shows.
ASKED = {
    "size": (("assurance", "--set", "analyses.main.label=Distress at last", "-r", "200", "--confirm", "0", "--power", "60%",
              "--between", "20..120"), "Distress at last (massage - control)"),
    "compare": ((NICU, "--with", "setting.resources.therapist.units=2", "--out", "out", *FEW),
                "All mothers, on logs (post - pre)"),
    "assurance": (("assurance", "--set", "analyses.main.label=Distress at last", *FEW), "Distress at last (massage - control)"),
    "sweep": ((NICU, "--over", "design.enroll=[20, 22]", *FEW), "Power of All mothers, on logs: from"),
    "tornado": ((NICU, *FEW), "Power of All mothers, on logs as declared"),
    "reproduce": ((NICU, *FEW), "Only mothers who fell (post - pre)"),
}  # fmt: skip
#: What only --all prints. Every published figure is in the table of `reproduce`, which has no --all.
BESIDE = {
    "size": "What the formula ignores",
    "compare": "saved",
    "assurance": "Power along distress.level.sd",
    "sweep": "participants days",
    "tornado": "Cost [EUR] assumption",
}


@pytest.fixture(autouse=True)
def _here(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # type: ignore[arg-type]


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    drawn = () if words[0] == "reproduce" else ("--no-figures",)
    assert main([*words, *drawn]) == 0
    return capsys.readouterr().out


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("command", ASKED)
def test_the_answer_is_first_and_as_wide_as_a_pipe(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words, label = ASKED[command]
    for columns in (None, 120, 50):
        if columns is None:
            monkeypatch.delenv("COLUMNS", raising=False)
        else:
            monkeypatch.setenv("COLUMNS", str(columns))
        out = printed(capsys, command, *words)
        whole = [line for line in out.splitlines() if "outputs/" not in line]  # a path is never broken
        assert max(map(len, whole)) <= (columns or 80), out
        assert out.startswith("Answer  ")
        assert label in flat(out)
        assert not re.search(r"all_mothers|those_who|\bmain\b", out), "people read labels"
    monkeypatch.delenv("COLUMNS")
    quiet = printed(capsys, command, *words, "--quiet")
    assert capsys.readouterr().err == ""
    brief = printed(capsys, command, *words)
    assert brief.startswith(quiet)
    assert "\n\n" not in quiet
    assert "Look" not in quiet
    if command in BESIDE:
        everything = printed(capsys, command, *words, "--all")
        assert everything.startswith(brief.partition("\n\n")[0])
        assert BESIDE[command] in flat(everything)
        assert BESIDE[command] not in flat(brief)
        assert max(map(len, everything.splitlines())) <= 80


def test_a_sweep_shows_the_designs_that_matter_first(capsys: pytest.CaptureFixture[str]) -> None:
    sweep = ("sweep", "textbook-t-test", "--over", "design.enroll=20..78 by 2", "-r", "20")
    brief, everything = printed(capsys, *sweep), printed(capsys, *sweep, "--all")
    rows = re.compile(r"^ +[*?!]?\d+ +\d+ +[\d.]+ %", re.MULTILINE)
    assert len(rows.findall(brief)) == 12
    assert "18 more designs with --all" in flat(brief)
    assert len(rows.findall(everything)) == 30


def test_few_points_of_a_prior_say_little(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("assurance", "assurance", "-r", "100")
    assert "10 points of the prior say little" in flat(printed(capsys, *asked, "--points", "10"))
    assert "say little" not in printed(capsys, *asked, "--points", "50")
