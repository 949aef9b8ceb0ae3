"""``trialsim fit`` as it is typed, and on to ``trialsim assurance``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trialsim.cli import main
from trialsim.scenario import load, loads

ROOT = Path(__file__).parent.parent.parent / "scenarios"


def test_a_cohort_becomes_a_scenario_that_assurance_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ancova = str(ROOT / "textbook-ancova.yaml")
    assert main(["cohort", ancova, "--out", str(tmp_path / "cohort"), "--set", "design.enroll={each arm: 400}"]) == 0
    plan = tmp_path / "plan.yaml"
    assert main(["fit", str(tmp_path / "cohort/measurements.csv"), "--out", str(plan)]) == 0
    scenario = load(plan)
    effect = scenario.outcomes["score"].effects["treated"].difference
    assert effect is not None
    assert effect.value == pytest.approx(-0.2, abs=0.1)  # SE 0.023
    capsys.readouterr()
    enroll = ["--set", "design.enroll={each arm: 42}"]
    assert main(["assurance", str(plan), *enroll, "--replicates", "400", "--no-figures"]) == 0
    assert "Averaged over the prior" in capsys.readouterr().out
    assert main(["fit", str(tmp_path / "cohort/measurements.csv"), "--out", str(plan)]) == 4, "a file is kept"
    assert "exists and is kept" in capsys.readouterr().err


def test_printed_statistics_in_words_and_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--given", "control: mean 5, sd 1.1, n 14", "--given", "massage: mean 4.2, sd 0.9, n 12"]
    more = ["--given", "correlation: r 0.6, n 26", "--given", "baseline: mean 5.1, sd 1, n 26", "--outcome", "distress"]
    assert main(["fit", *given, *more]) == 0
    words = capsys.readouterr().out
    assert loads(words).analyses["distress"].test == "ancova"
    file = tmp_path / "smith.yaml"
    file.write_text(
        "outcome: distress\narms:\n  control: {mean: 5, sd: 1.1, n: 14}\n  massage: {mean: 4.2, sd: 0.9, n: 12}\n"
        "baseline: {mean: 5.1, sd: 1, n: 26}\ncorrelation: {r: 0.6, n: 26}\n",
        encoding="utf-8",
    )
    assert main(["fit", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["scenario"]["outcomes"]["distress"]["effects"]["massage"]["difference"]["value"] == -0.8
    assert loads(words).outcomes == loads(words.replace("Printed statistics", "smith.yaml")).outcomes


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "Give a file"),
        (["--given", "a: mean 5"], 3, "TS-F007"),
        (["--given", "a: mean 5, sd 1, n 9", "--given", "a: mean 5, sd 1, n 9"], 3, "given twice"),
        (["--given", "a: mean 5, sd 1, n 9", "--distribution", "ordinal"], 2, "--scale 0..10"),
        (["--given", "a: mean 5 furlong, sd 1, n 9"], 3, "TS-F007"),
    ],
)
def test_what_was_typed_wrongly_is_said(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", *arguments]) == code
    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("arms: [1, 2", "TS-F001"),
        ("outcome: x\n", "TS-F007"),
        ("arms: {a: {mean: 1, sd: 2, n: 9}}\nmedien: 3\n", "TS-F007"),
        ("arms: {a: 3}\n", "TS-F007"),
        ("arms: {a: {mean: 1, sd: 2, n: 9}}\ncorrelation: 0.5\n", "TS-F007"),
        ("arms: {a: {median: 5, iqr: 3, n: 9}}\n", "TS-F007"),
        ("arms: {a: {median: 5, iqr: [x, 9], n: 9}}\n", "TS-F007"),
        ("arms: {a: {mean: 1, sd: 2, n: 9}}\nunit: [3]\n", "TS-F007"),
        ("arms: {a: {mean: 1, sd: 2, n: 9}}\ndistribution: gaussian\n", "TS-F007"),
    ],
)
def test_a_file_of_statistics_is_checked(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(text, encoding="utf-8")
    assert main(["fit", str(file)]) == 3
    assert said in capsys.readouterr().err


def test_the_tour_of_the_documentation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The plan, the scenario, its check, what it means, assurance and size, as docs/fit.md goes through them."""
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "pilot.csv", "--plan"]) == 0
    plan = capsys.readouterr().err
    for words in (
        "id                        participant",
        "group                     arm",
        "age                       covariate",
    ):
        assert words in plan
    assert main(["fit", "pilot.csv", "--outcome", "cortisol", "--out", "plan.yaml"]) == 0
    capsys.readouterr()
    assert main(["check", "plan.yaml"]) == 0
    assert "is sound" in capsys.readouterr().out
    scenario = load(tmp_path / "plan.yaml")
    assert scenario.analyses["cortisol"].test == "ancova"
    assert scenario.outcomes["cortisol"].correlation.between_sessions is not None
    assert (
        main(["size", "plan.yaml", "--power", "80%", "--no-figures", "--replicates", "1000", "--confirm", "500"]) == 0
    )
    sized = capsys.readouterr().out
    assert "participants" in sized
    few = ["--set", "design.enroll={each arm: 35}", "--replicates", "400", "--points", "20", "--no-figures"]
    assert main(["assurance", "plan.yaml", *few]) == 0
    averaged = capsys.readouterr().out
    assert "Averaged over the prior" in averaged
    assert "winner's curse" in averaged


def test_what_is_open_is_asked_and_the_plan_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "pilot.csv"
    file.write_text("id,sex,pain_pre,pain_post\n1,f,3,4\n2,m,4,2\n3,f,999,6\n4,m,2,1\n5,f,2,9\n", encoding="utf-8")
    assert main(["fit", str(file)]) == 3
    printed = capsys.readouterr().err
    assert "sex        covariate" in printed
    assert "leaves 1 questions" not in printed
    assert "--missing 999" in printed
    assert main(["fit", str(file), "--missing", "999"]) == 3
    assert '--scale "pain=0..10"' in capsys.readouterr().err
    assert main(["fit", str(file), "--missing", "999", "--scale", "pain=0..10", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["role"] for one in told["plan"]["columns"]] == ["participant", "covariate", "outcome", "outcome"]
    assert told["scenario"]["outcomes"]["pain"]["categories"] == "0..10"
    assert main(["fit", str(file), "--plan", "--json"]) == 0
    assert [one["code"] for one in json.loads(capsys.readouterr().out)["questions"]] == ["TS-P017"]


def test_no_fault_codes_of_a_file_that_nobody_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An outcome whose name no scenario takes is left out or refused in words about the pilot."""
    rows = "".join(f"{i},{'ab'[i % 2]},{i}.5,{i + 1}.25,{i}.1,{i % 5}.5\n" for i in range(12))
    file = tmp_path / "pilot.csv"
    file.write_text(f"id,arm,primary_pre,primary_post,x_pre,x_post\n{rows}", encoding="utf-8")
    assert main(["fit", str(file), "--primary", "x"]) == 0
    assert "primary is left out" in capsys.readouterr().err
    assert main(["fit", str(file), "--outcome", "primary"]) == 3
    printed = capsys.readouterr().err
    assert "TS-P026" in printed
    assert "TS-E" not in printed


def test_a_file_that_is_not_there_and_idle_options_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "nothing.csv"]) == 2
    assert "trialsim fit pilot.csv" in capsys.readouterr().err
    assert main(["fit", "--given", "a: mean 5, sd 1, n 9", "--arm", "group"]) == 2
    assert "--arm is for a file" in capsys.readouterr().err
