"""``trialsim run --familywise`` as people and scripts read it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from trialsim.cli import main

ROOT = Path(__file__).parents[2]
LESSON = str(ROOT / "scenarios" / "lessons" / "families.yaml")
SMALL = ("--replicates", "60", "--no-figures", "--no-truth")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("families") / "out"


def test_the_table_fits_80_columns_and_names_the_worst(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["run", LESSON, "--out", str(folder), *SMALL, "--familywise"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert "family confirmatory, level 5 %" in text
    assert "Family confirmatory: at worst" in text
    assert "more rows with --all and in familywise.csv." in " ".join(text.split())
    table = pd.read_csv(folder / "familywise.csv")
    assert set(table["measure"]) == {"familywise_error"}
    assert len(table[table["family"] == "confirmatory"]) == 7


def test_scripts_read_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", LESSON, "--out", str(folder), *SMALL, "--familywise", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    schema = json.loads((ROOT / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    rows = document["familywise"]["rows"]
    table = pd.read_csv(folder / "familywise.csv")
    assert [row["rates"][0]["value"] for row in rows] == table["value"].tolist()
    assert document["familywise"]["unreachable"] == {}


def test_quietly_it_prints_the_answer_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", LESSON, "--out", str(folder), *SMALL, "--familywise", "--quiet"]) == 0
    assert "family" not in capsys.readouterr().out


def test_a_study_without_families_is_refused_before_it_is_simulated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["run", "textbook-t-test", "--out", str(out), *SMALL, "--familywise"]) == 4
    assert "TS-E168" in capsys.readouterr().err
    assert not (out / "run.json").exists()


def test_a_shard_cannot_say_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", LESSON, "--out", str(tmp_path / "out"), "--shard", "1/2", "--familywise"]) == 2
    assert "--familywise" in capsys.readouterr().err
