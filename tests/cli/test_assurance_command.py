"""``trialsim assurance`` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from trialsim.cli import main

LESSON = str(Path(__file__).parent.parent.parent / "scenarios/lessons/assurance.yaml")


def test_it_says_the_assurance_beside_the_power(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["assurance", LESSON, "--replicates", "400", "--out", str(tmp_path / "out")])
    said = capsys.readouterr()
    out = " ".join(said.out.split())
    assert code == 0
    assert "Averaged over the prior, the power of main (massage - control) is" in out
    assert "20 points (a Latin hypercube) with about 20 trials each" in out
    assert "rests on a pilot of 14 participants in each arm" in out
    assert "winner's curse" in out
    assert "800 simulated trials" in said.err
    measures = pd.read_csv(tmp_path / "out/assurance.csv").set_index("measure")
    assert 0 < measures.loc["assurance", "value"] < measures.loc["power_at_design_values", "value"] < 1
    along = pd.read_csv(tmp_path / "out/assurance_along.csv")
    assert set(along["belief"]) == {
        "attrition.chance", "outcomes.distress.level.sd", "outcomes.distress.effects.massage.difference",
    }  # fmt: skip
    points = pd.read_csv(tmp_path / "out/assurance_points.csv")
    assert int(points["replicates"].sum()) == 400
    assert (tmp_path / "out/assurance.png").stat().st_size > 20_000
    assert (tmp_path / "out/assurance.svg").is_file()


def test_json_and_one_point_a_trial(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["assurance", LESSON, "--replicates", "60", "--points", "each", "--no-figures", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert told["points"] == told["replicates"] == 60
    assert told["folder"] is None
    assert told["bounds"] == pytest.approx([told["assurance"]["value"]] * 2)
    assert [belief["n"] for belief in told["beliefs"]] == [None, 14, 14]
    assert not list(tmp_path.iterdir())


def test_what_has_no_answer_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    textbook = LESSON.replace("lessons/assurance", "textbook-ancova")
    assert main(["assurance", textbook, "--replicates", "40"]) == 2
    assert "TS-V001" in capsys.readouterr().err
    assert main(["assurance", LESSON, "--points", "few"]) == 2
    assert "is not a whole number" in capsys.readouterr().err
    assert main(["assurance", LESSON, "--points", "500", "--replicates", "100"]) == 2
    assert "TS-V002" in capsys.readouterr().err
