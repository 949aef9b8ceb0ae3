"""``trialsim lesson``: the list, a lesson in a pipe with and without answers, JSON, notebooks, slips."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from trialsim.cli import main

CALL = ["lesson", "again", "--seed", "3", "-r", "400"]


def run(
    words: list[str], typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Exit code and output of a command whose standard input is a pipe."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    code = main(words)
    found = capsys.readouterr()
    return code, found.out + found.err


def test_the_list_has_every_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    from trialsim.lessons import LESSONS

    assert main(["lesson"]) == 0
    out = capsys.readouterr().out
    assert all(one.name in out and one.title in out for one in LESSONS)


def test_without_answers_all_are_explained(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(CALL, "", monkeypatch, capsys)
    assert code == 0
    for words in (
        "1  Predict",
        "2  Your own trial (seed 3)",
        "3  Decide",
        "4  Reveal",
        "5  The same question",
        "Remember:",
    ):
        assert words in out
    assert out.count("Not so:") == 6  # three wrong answers of the prediction and of the transfer


def test_answers_are_read_line_by_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(CALL, "a\n1\nb\nb\n", monkeypatch, capsys)
    assert code == 0
    assert "Not so: 97 %" in out
    assert "Right: 70 %" in out
    assert "Not so: 95 %" not in out
    assert "Right: About 6" in out


def test_a_slip_in_a_pipe_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(CALL, "z\n", monkeypatch, capsys)
    assert code == 4
    assert "'z' is not one of a, b, c, d" in out


def test_json_has_questions_trial_and_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CALL, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["reveal"]["right"] == "d"
    assert found["own_trial"]["seed"] == 3
    assert [choice["right"] for choice in found["predict"]["choices"]] == [False, False, False, True]


def test_pictures_and_notebooks_are_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _ = run([*CALL, "--pictures", "p"], "", monkeypatch, capsys)
    assert code == 0
    assert {path.name for path in (tmp_path / "p").iterdir()} == {"again.svg", "again-own.svg"}
    assert main(["lesson", "again", "--notebook", "again.py"]) == 0
    assert main(["lesson", "again", "--notebook", "again.py"]) == 4, "a file that exists is kept"
    assert main(["lesson", "again", "--notebook", "again.txt"]) == 4
    assert main(["lesson", "agian"]) == 4
    assert "again" in capsys.readouterr().err
