"""``trialsim compare`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from trialsim.cli import main
from trialsim.scenario.shipped import shipped_scenarios

NICU = str(shipped_scenarios()["nicu-parent-massage"].path)
THERAPIST = "setting.resources.therapist.units=2"


def test_compare_a_design_with_one_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["compare", NICU, "--with", THERAPIST, "--replicates", "200", "--out", str(out), "--no-figures"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "B = A with one therapist more (2 instead of 1 in setting.resources.therapist.units)." in printed
    assert "The power of All mothers, on logs (post - pre) is" in printed
    table = pd.read_csv(out / "comparison.csv")
    assert set(table["scenario"]) == {"B"}
    assert not (out / "compare.html").exists()


def test_compare_speaks_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["compare", "textbook-t-test", "textbook-ancova", "--replicates", "100", "--json", "--no-figures"]
    assert main([*told, "--out", str(tmp_path / "out")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [design["label"] for design in found["designs"]] == ["A", "B"]
    assert {"measure", "difference", "mcse", "mcse_unpaired", "saved"} <= set(found["differences"][0])
    assert found["seed"] == 1


def test_where_it_is_written_if_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "textbook-t-test", NICU, "--replicates", "100", "--no-figures"]) == 0
    assert (tmp_path / "outputs" / "compare-textbook-t-test-nicu-parent-massage" / "comparison.csv").is_file()
    assert "Only in A, so not compared: main (treated - control)" in " ".join(capsys.readouterr().out.split())


def test_faults_have_their_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", NICU]) == 2
    assert "TS-C001" in capsys.readouterr().err
    assert main(["compare", NICU, "no-such-study"]) == 2
    assert "TS-C002" in capsys.readouterr().err
    assert main(["compare", NICU, "--with", "setting.resources.nurse.units=2"]) == 3
    assert "TS-E" in capsys.readouterr().err
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert main(["compare", NICU, NICU, "--replicates", "100", "--out", str(tmp_path)]) == 4
    assert "TS-R001" in capsys.readouterr().err
