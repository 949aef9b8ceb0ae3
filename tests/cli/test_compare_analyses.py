"""``trialsim compare --analyses`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from trialsim.cli import main

FEW = ["--replicates", "100", "--no-figures"]
FURTHER = "analyses:\n  by t: {outcome: pain, visit: week 4, test: t}\n"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_without_a_word_all_that_answer_the_primary_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "last-value", "--analyses", *FEW]) == 0
    text = printed(capsys)
    assert "only complete cases has a power" in text
    assert "Left out: last value and last or first value, which reject too often." in text
    assert "these answer different questions" in text
    out = tmp_path / "outputs" / "compare-last-value-analyses"
    assert set(pd.read_csv(out / "analyses.csv")["analysis"]) == {
        "complete cases", "last value", "last or first value", "worst after ICU or stopping", "90 after ICU",
    }  # fmt: skip
    assert {"power", "rejection_null_twin", "interval_width"} == set(pd.read_csv(out / "differences.csv")["measure"])
    assert not (out / "compare.html").exists()


def test_names_and_a_file_between_commas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "choices.yaml").write_text(FURTHER, encoding="utf-8")
    assert main(["compare", "last-value", "--analyses", "last value, choices.yaml", "--json", *FEW]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["analyses"] == ["complete cases", "last value", "by t"]
    typed = ["compare", "last-value", "--analyses", "last value", "--analyses", "choices.yaml", "--json", *FEW]
    assert main([*typed, "--out", "twice"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["differences"] == first["differences"]


def test_the_scenario_may_come_after_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--analyses", "last-value", *FEW]) == 0
    assert "only complete cases has a power" in printed(capsys)


def test_quietly_the_answer_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "last-value", "--analyses", "--quiet", *FEW]) == 0
    text = printed(capsys)
    assert text.startswith("Answer")
    assert "Note" not in text


def test_all_prints_bias_widths_and_every_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "last-value", "--analyses", "--all", *FEW]) == 0
    text = printed(capsys)
    assert "interval width" in text
    assert "against" in text


def test_page_and_figure(tmp_path: Path) -> None:
    assert main(["compare", "last-value", "--analyses", "--replicates", "100", "--out", "out"]) == 0
    page = (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")
    assert "5 analyses compared" in page
    assert (tmp_path / "out" / "figures" / "analyses.svg").is_file()
    record = json.loads((tmp_path / "out" / "analyses.json").read_text(encoding="utf-8"))
    assert (record["kind"], record["status"]) == ("comparison of analyses", "done")


@pytest.mark.parametrize(
    ("typed", "code", "exit_code"),
    [
        (["compare", "last-value", "textbook-t-test", "--analyses"], "TS-U024", 2),
        (["compare", "last-value", "--with", "design.enroll=40", "--analyses"], "TS-U024", 2),
        (["compare", "last-value", "--play", "--analyses"], "TS-U024", 2),
        (["compare", "last-value", "--analyses", "last valu"], "TS-R280", 2),
        (["compare", "last-value", "--analyses", "welch"], "TS-R280", 2),
        (["compare", "last-value", "--analyses", "no.yaml"], "TS-R280", 2),
        (["compare", "textbook-t-test", "--analyses"], "TS-R281", 2),
        (["compare", "no-such-study", "--analyses"], "TS-R010", 4),
        (["compare", "--analyses"], "TS-U023", 2),
        (["compare"], "TS-U023", 2),
        (["compare", "last-value", "--analyses", "other.yaml"], "TS-E280", 3),
    ],
)
def test_faults_have_their_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], typed: list[str], code: str, exit_code: int
) -> None:
    (tmp_path / "other.yaml").write_text("title: no analyses\n", encoding="utf-8")
    assert main(typed) == exit_code
    assert code in capsys.readouterr().err


def test_the_folder_of_another_answer_is_not_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "last-value", "--analyses", "--out", "out", *FEW]) == 0
    assert main(["compare", "repeated-values", "--analyses", "last visit alone", "--out", "out", *FEW]) == 4
    assert "TS-R002" in capsys.readouterr().err
