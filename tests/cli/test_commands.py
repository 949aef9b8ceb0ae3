"""Commands as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from trialsim.cli import COMMANDS, main
from trialsim.scenario.shipped import shipped_scenarios

NICU = str(shipped_scenarios()["nicu-parent-massage"].path)
ANCOVA = str(shipped_scenarios()["textbook-ancova"].path)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in COMMANDS)


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert "--help" in capsys.readouterr().out


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plya"]) == 2
    assert "plya" in capsys.readouterr().err


def test_init_copies_a_scenario_that_is_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "picu-blood-draw"]) == 0
    assert main(["check", "picu-blood-draw.yaml"]) == 0
    assert "is sound" in capsys.readouterr().out
    assert main(["init", "picu-blood-draw"]) == 4, "a file that exists is kept"
    assert main(["init", "no-such-study"]) == 4


def test_a_shipped_scenario_is_known_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", "textbook-ancova"]) == 0
    Path("textbook-ancova").write_text("trialsim: 1\n", encoding="utf-8")
    assert main(["check", "textbook-ancova"]) == 3, "a file of this name goes before"
    Path("folder").mkdir()
    capsys.readouterr()
    for wrong, told in (("folder", "is a folder"), ("no-such-study", "`trialsim init` lists them")):
        assert main(["run", wrong]) == 2
        assert told in " ".join(capsys.readouterr().err.split())


def test_check_names_the_place_and_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(Path(ANCOVA).read_text(encoding="utf-8").replace("enroll:", "enrol:"), encoding="utf-8")
    assert main(["check", str(broken)]) == 3
    printed = capsys.readouterr().err
    assert "broken.yaml:" in printed
    assert "TS-E003" in printed
    assert "Did you mean 'enroll'?" in printed
    assert "Traceback" not in printed
    assert main(["check", str(broken), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["faults"][0]["code"] == "TS-E003"


def test_explain_says_what_the_arms_differ_by(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(shipped_scenarios()["picu-blood-draw"].path), "--all"]) == 0
    printed = capsys.readouterr().out
    assert "Effects these levels imply" in printed
    assert "music - control" in printed
    assert main(["explain", NICU, "--all"]) == 0
    assert "Clearance allows a fall of at most" in capsys.readouterr().out


def test_the_resolved_form_is_a_scenario_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", ANCOVA, "--resolved"]) == 0
    first = capsys.readouterr().out
    copy = tmp_path / "copy.yaml"
    copy.write_text(first, encoding="utf-8")
    assert main(["explain", str(copy), "--resolved"]) == 0
    assert capsys.readouterr().out == first


def test_run_writes_everything_and_says_where_to_look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "nicu"
    assert main(["run", NICU, "--replicates", "200", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert "report.html" in printed.out
    page = (out / "report.html").read_text(encoding="utf-8")
    for known in (
        "https://doi.org",
        "https://pubmed.ncbi.nlm.nih.gov",
        "https://pmc.ncbi.nlm.nih.gov",
        "http://www.w3.org",
        "http-equiv",
    ):
        page = page.replace(known, "")
    assert "http" not in page, "the page stands alone"
    assert page.count("<svg") >= 8
    table = pd.read_csv(out / "operating_characteristics.csv")
    assert list(table.columns) == [
        "analysis", "contrast", "measure", "value", "mcse", "conf_low", "conf_high", "n_replicates", "n_failed",
    ]  # fmt: skip
    power = table[(table["analysis"] == "all_mothers_log") & (table["measure"] == "power")]
    assert f"{100 * power['value'].iloc[0]:.1f}\N{NO-BREAK SPACE}%" in page
    manifest = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert {"report.html", "figures/power.png", "figures/ward_week.svg"} <= set(manifest["outputs"])


def test_json_is_one_document_and_set_changes_the_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--replicates", "200", "--no-figures", "--json", "--out", str(tmp_path / "small")]
    assert main(["run", ANCOVA, "--set", "design.enroll={each arm: 10}", *options]) == 0
    result = json.loads(capsys.readouterr().out)
    rows = {row["measure"]: row["value"] for row in result["operating_characteristics"] if row["contrast"] == ""}
    assert rows["enrolled"] == 20
    assert result["replicates"] == 200


def test_a_folder_of_another_study_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    assert main(["run", ANCOVA, "--replicates", "100", "--no-figures", "--out", out]) == 0
    before = (tmp_path / "out" / "operating_characteristics.csv").read_bytes()
    capsys.readouterr()
    assert main(["run", NICU, "--replicates", "100", "--no-figures", "--out", out]) == 0
    (earlier,) = (tmp_path / "out" / "earlier").iterdir()
    assert f"The result before this one is kept in {earlier}." in capsys.readouterr().out
    assert (earlier / "operating_characteristics.csv").read_bytes() == before


def test_replay_equals_the_row_of_the_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "batch"
    assert main(["run", NICU, "--replicates", "200", "--no-figures", "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["replay", NICU, "--replicate", "123", "--json", "--events"]) == 0
    again = json.loads(capsys.readouterr().out)
    batch = pd.read_parquet(out / "estimates.parquet")
    batch = batch[batch["replicate"] == 123]
    for row in again["estimates"]:
        here = (batch["twin"] == row["twin"]) & (batch["analysis"] == row["analysis"])
        assert float(batch[here & (batch["contrast"] == row["contrast"])]["estimate"].iloc[0]) == pytest.approx(
            row["estimate"], rel=1e-14
        )
    assert again["events"][0]["event"] == "enters"


def test_cohort_writes_tidy_tables(tmp_path: Path) -> None:
    out = tmp_path / "cohort"
    assert main(["cohort", NICU, "--replicate", "5", "--out", str(out)]) == 0
    participants = pd.read_csv(out / "participants.csv")
    assert len(participants) == 22
    codebook = pd.read_csv(out / "codebook.csv")
    described = set(codebook[codebook["table"] == "participants"]["column"])
    assert set(participants.columns) <= described
    assert main(["cohort", NICU, "--out", str(out)]) == 4, "files are never written over"


def test_reproduce_places_the_published_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", NICU, "--replicates", "300", "--json"]) == 0
    placed = json.loads(capsys.readouterr().out)["placements"]
    kinds = {(one["analysis"], one["kind"]) for one in placed}
    assert ("those_who_fell", "n") in kinds
    assert all(0 <= one["share"] <= 1 for one in placed)
    assert main(["reproduce", ANCOVA]) == 3


def test_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert "properties" in json.loads(capsys.readouterr().out)
