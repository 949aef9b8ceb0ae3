"""Two scenario files with one name share a folder: that is said, and nothing is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from trialsim.cli import main
from trialsim.runs.source import source_of
from trialsim.scenario.shipped import shipped_scenarios

Captured = pytest.CaptureFixture[str]
T_TEST = shipped_scenarios()["textbook-t-test"].path
SHARED = "Both have the name"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(path: str, enroll: int) -> Path:
    file = Path(path)
    file.parent.mkdir(exist_ok=True)
    text = T_TEST.read_text(encoding="utf-8")
    file.write_text(text.replace("each arm: 30", f"each arm: {enroll // 2}"), encoding="utf-8")
    return file


def said(capsys: Captured, scenario: str, *more: str) -> str:
    capsys.readouterr()
    assert main(["run", scenario, "-r", "20", "--no-figures", "--no-truth", *more]) == 0
    return " ".join(capsys.readouterr().err.split())


def test_the_other_file_is_named_and_its_result_is_kept(capsys: Captured) -> None:
    one, two = written("one/mine.yaml", 40), written("two/mine.yaml", 50)
    assert one.read_text() != two.read_text()
    assert SHARED not in said(capsys, str(one))
    first = json.loads(Path("outputs/textbook-t-test/run.json").read_text())
    assert first["source"] == "../../one/mine.yaml"
    told = said(capsys, str(two))
    assert "outputs/textbook-t-test shows the result of one/mine.yaml; this run is of two/mine.yaml." in told
    assert "Both have the name 'textbook-t-test'" in told
    assert "use --out" in told
    (kept,) = Path("outputs/textbook-t-test/earlier").iterdir()
    assert json.loads((kept / "run.json").read_text()) == first
    assert "shows the result of two/mine.yaml; this run is of the shipped scenario" in said(capsys, "textbook-t-test")
    assert "shows the result of the shipped scenario textbook-t-test; this run is of one/mine.yaml." in said(
        capsys, str(one)
    )
    assert len(list(Path("outputs/textbook-t-test/earlier").iterdir())) == 2


def test_an_edit_a_copy_and_a_move_are_no_matter(capsys: Captured) -> None:
    one = written("one/mine.yaml", 40)
    said(capsys, str(one))
    assert SHARED not in said(capsys, str(written("one/mine.yaml", 50))), "edited"
    Path("two").mkdir()
    shutil.copy(one, "two/mine.yaml")
    assert SHARED not in said(capsys, "two/mine.yaml"), "the same content"
    one.unlink()
    Path("two/mine.yaml").rename("two/other.yaml")
    written("two/other.yaml", 60)
    assert SHARED not in said(capsys, "two/other.yaml"), "moved and edited: there is no other file"
    written("three/mine.yaml", 70)
    assert SHARED not in said(capsys, "three/mine.yaml", "--out", "elsewhere")


def test_a_text_and_a_file_in_the_folder_of_the_run_have_no_source(tmp_path: Path) -> None:
    assert source_of("<scenario>", tmp_path) == ""
    inside = written("out/scenario.resolved.yaml", 40)
    assert source_of(str(inside), tmp_path / "out") == ""
    assert source_of(str(T_TEST), tmp_path / "out") == "shipped:textbook-t-test"
