"""What `trialsim runs` finds wrong, and what it can remove."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runs.conftest import store
from trialsim.cli import main

Captured = pytest.CaptureFixture[str]


def run(out: Path, *more: str) -> int:
    return main(["run", "textbook-t-test", "--out", str(out), "-r", "20", "--no-figures", "--no-truth", *more])


@pytest.fixture
def made(tmp_path: Path) -> Path:
    assert run(tmp_path / "out") == 0
    return tmp_path / "out"


@pytest.mark.parametrize("harm", ["", "{", None])
def test_a_destroyed_store_json_is_found(made: Path, harm: str | None, capsys: Captured) -> None:
    assert main(["runs", str(made), "--verify"]) == 0
    words = store(made) / "store.json"
    before = json.loads(words.read_text())
    if harm is None:
        words.unlink()
    else:
        words.write_text(harm)
    capsys.readouterr()
    assert main(["runs", str(made), "--verify"]) == 1
    said = capsys.readouterr().err
    assert "store.json is gone or damaged; the same run writes it again" in " ".join(said.split())
    assert run(made) == 0
    assert main(["runs", str(made), "--verify"]) == 0, "the same run has written it again"
    assert json.loads(words.read_text())["scenario_hash"] == before["scenario_hash"]


def test_the_store_json_of_another_study_is_found(made: Path, capsys: Captured) -> None:
    words = store(made) / "store.json"
    words.write_text(json.dumps(json.loads(words.read_text()) | {"scenario_hash": "0" * 64}))
    assert main(["runs", str(made), "--verify"]) == 1
    assert "store.json is that of another study" in " ".join(capsys.readouterr().err.split())


def entries(out: Path, capsys: Captured) -> dict[str, str]:
    """The key of every result, by its folder."""
    capsys.readouterr()
    main(["runs", str(out), "--json"])
    return {Path(one["folder"]).name: one["key"] for one in json.loads(capsys.readouterr().out)["runs"]
            if one["status"] != "started"}  # fmt: skip


def test_a_damaged_earlier_result_has_a_key_that_removes_it_alone(made: Path, capsys: Captured) -> None:
    (made / "run.json").write_text("{")
    assert run(made, "--set", "design.enroll=50") == 0
    (made / "run.json").write_text("{")
    assert run(made, "--set", "design.enroll=40") == 0
    found = entries(made, capsys)
    assert {"unknown", "unknown-2"} <= set(found)
    assert len({*found.values(), ""}) == len(found) + 1, "each has a key of its own"
    stores = sorted(path.name for path in (made / "chunks").iterdir())
    assert main(["runs", str(made), "--remove", found["unknown"]]) == 1, "another damaged one is left"
    left = entries(made, capsys)
    assert "unknown" not in left
    assert left["unknown-2"] == found["unknown-2"]
    assert sorted(path.name for path in (made / "chunks").iterdir()) == stores, "no store goes with it"
    assert main(["runs", str(made), "--remove", found["out"]]) == 4, "that of the result shown"
    assert (made / "run.json").is_file()
