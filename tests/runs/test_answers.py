"""A folder of answers belongs to one kind of answer about one thing; nothing else is ever overwritten."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from trialsim.cli import main
from trialsim.errors import RunError
from trialsim.runs.answers import Owner, finished, taken

Captured = pytest.CaptureFixture[str]


STUDY = """
trialsim: 1
name: small
title: A small study without a ward
design: {arms: {control: usual care, treated: treatment}, enroll: {in all: 40}}
visits: {before: 0 d, after: 1 d}
outcomes:
  score:
    distribution: normal
    visits: [before, after]
    level: {mean: 10, sd: {value: 2, range: [1, 3]}}
    effects: {treated: {visits: [after], difference: {value: 2, prior: {normal: {mean: 2, sd: 0.5}}}}}
analyses:
  main: {outcome: score, visit: after, test: t}
primary: main
simulation: {replicates: 200, seed: 1}
"""


def take(folder: Path, scenario: str, kind: str = "sweep", identity: str = "") -> None:
    with taken(folder, Owner(kind, scenario, "sweep.json", identity)):
        pass


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    mine, letters = tmp_path / "mine", tmp_path / "letters"
    take(mine, "a")
    finished(mine, Owner("sweep", "a", "sweep.json"), {"designs": 3})
    take(mine, "a")
    for kind, name in (("sweep", "b"), ("tornado", "a")):
        with pytest.raises(RunError, match="TS-R002"):
            take(mine, name, kind)
    letters.mkdir()
    (letters / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(RunError, match="TS-R001"):
        take(letters, "a")
    with pytest.raises(RunError, match="TS-R001"):
        take(letters / "letter.txt", "a")
    assert [path.name for path in letters.iterdir()] == ["letter.txt"]
    for damage in (b"{", b"[" * 100_000, b"[1]", b'{"kind": 1}', b"\xff\xfe"):
        (mine / "sweep.json").write_bytes(damage)
        with pytest.raises(RunError, match="TS-R004"):
            take(mine, "a")


def test_a_comparison_after_an_edit_keeps_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    study, words = (
        Path("study.yaml"),
        ["compare", "study.yaml", "--with", "design.enroll.in all=50", "--replicates", "200"],
    )
    study.write_text(STUDY, encoding="utf-8")
    assert main(words) == 0
    (out,) = (one for one in Path("outputs").iterdir() if one.is_dir())
    first = (out / "comparison.csv").read_bytes()
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    for mean in (12, 13):
        study.write_text(STUDY.replace("value: 2, prior", f"value: {mean - 9}, prior"), encoding="utf-8")
        assert main(words) == 0
    kept = sorted((out / "earlier").iterdir())
    assert len(kept) == 2
    assert first in [(path / "comparison.csv").read_bytes() for path in kept]
    assert all((path / "compare.html").is_file() and (path / "figures").is_dir() for path in kept)
    study.write_text(STUDY, encoding="utf-8")
    assert main(words) == 0
    assert (out / "comparison.csv").read_bytes() == first
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"
    capsys.readouterr()


def test_two_processes_never_write_into_one_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = (
        "import sys; from pathlib import Path; from trialsim.runs.answers import Owner, taken\n"
        "with taken(Path(sys.argv[1]), Owner('sweep', 'a', 'sweep.json')): print('held', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(out)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(RunError, match="TS-R006"):
            take(out, "a")
        other.communicate()
    take(out, "a")


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("size", ["--replicates", "500"]),
        ("assurance", ["--points", "50", "--replicates", "200"]),
        ("compare", ["--with", "design.enroll.in all=50", "--replicates", "200"]),
        ("sweep", ["--over", "design.enroll.in all=[40, 50]", "--replicates", "200"]),
        ("tornado", ["--replicates", "200"]),
    ],
)
def test_every_answer_refuses_the_folder_of_another_before_it_plays(
    command: str, more: list[str], tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(STUDY, encoding="utf-8")
    words = [command, str(study), *more, "--out"]
    assert main([*words, str(tmp_path / "one")]) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "one").rglob("*") if path.is_file()}

    def played(*_: object, **__: object) -> None:
        raise AssertionError("a trial was played")

    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "size.txt").write_text("dear", encoding="utf-8")
    study.write_text(STUDY.replace("name: small", "name: other"), encoding="utf-8")
    with monkeypatch.context() as never:
        never.setattr("trialsim.study.play", played)
        for folder, code in ((tmp_path / "one", "TS-R002"), (tmp_path / "letters", "TS-R001"), (study, "TS-R001")):
            capsys.readouterr()
            assert main([*words, str(folder)]) == 4
            assert code in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (tmp_path / "one").rglob("*") if path.is_file()} == before
    study.write_text(STUDY, encoding="utf-8")
    assert main([*words, str(tmp_path / "one")]) == 0, "the same question may be asked again"
