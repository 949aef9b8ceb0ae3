"""A run on the terminal: the answer first, one table in 80 columns, everything only when asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.cli import main
from trialsim.cli.text import wrapped

OUT = "out"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main([*words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_answer_stands_first_and_nothing_is_wider_than_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    run = ("run", "nicu-parent-massage", "--replicates", "60", "--out", OUT, "--no-figures", "--no-truth")
    brief = printed(capsys, *run)
    lines = brief.splitlines()
    assert max(len(line) for line in lines) <= min(columns, 100)
    assert lines[0].startswith("Answer  Power ")
    assert [line.split()[0] for line in lines if line[:1].isupper()][:5] == [
        "Answer",
        "Level",
        "Limits",
        "Takes",
        "Look",
    ]
    assert lines.index("") < 25
    assert "_" not in brief.replace(OUT, ""), "people read labels"
    everything = printed(capsys, *run, "--all")
    assert everything.startswith(brief.partition("\n\n")[0]), "--all begins with the same five lines"
    for words in ("wait [min]", "The nearest closed form"):
        assert words in everything
        assert words not in brief
    quiet = printed(capsys, *run, "--quiet")
    assert brief.startswith(quiet.rstrip("\n"))
    assert "Level" not in quiet
    assert capsys.readouterr().err == ""


def test_quiet_says_nothing_beside_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    run = ["run", "textbook-t-test", "--replicates", "40", "--out", OUT, "--no-figures"]
    assert main([*run]) == 0
    assert "40 simulated trials" in capsys.readouterr().err
    assert main([*run, "-q"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.count("\n") <= 2


def test_numbers_stay_with_their_signs() -> None:
    text = "a level of 5 % and more words (SE 2.3) and 1.0 ± 0.2 apart"
    for width in range(20, 60):
        lines = wrapped(text, width)
        assert " ".join(lines) == text
        assert not any(line.startswith(("%", "±", "2.3", "0.2")) for line in lines)
        assert all(len(line) <= width for line in lines)
