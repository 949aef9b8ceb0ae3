"""Truth and bias as a principal investigator reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialsim.report import document
from trialsim.report.run_page import run_page
from trialsim.report.truth import Cell, has_clock, has_interference, truth_rows, twin_rows
from trialsim.runs.run import FinishedRun, run
from trialsim.scenario import load

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FinishedRun]:
    folder = tmp_path_factory.mktemp("runs")
    names = {"estimands": "lessons/estimands", "nicu": "nicu-parent-massage", "t": "lessons/textbook-t-test"}
    found = {key: run(load(SCENARIOS / f"{name}.yaml"), folder / key, replicates=600) for key, name in names.items()}
    untrue = run(load(SCENARIOS / "lessons/textbook-t-test.yaml"), folder / "untrue", replicates=200, truth=False)
    return found | {"untrue": untrue}


def test_far_off_is_marked_and_chance_is_not(finished: dict[str, FinishedRun]) -> None:
    rows = {row["analysis"]: row for row in truth_rows(finished["estimands"].characteristics, ("as_it_happens",))}
    always = rows["if_always_given"]
    assert isinstance(always["bias"], Cell)
    assert isinstance(always["coverage"], Cell)
    assert always["bias"].marked
    assert always["coverage"].marked
    assert always["bias"].below.endswith(" %")
    assert always["estimand"] == "log ratio, hypothetical"
    assert rows["as_it_happens"]["primary"] == "primary"
    (textbook,) = truth_rows(finished["t"].characteristics, ("main",))
    assert isinstance(textbook["bias"], Cell)
    assert textbook["truth"] == Cell("0.5")
    assert not textbook["bias"].marked


def test_what_is_no_type_1_error_is_not_called_so(finished: dict[str, FinishedRun]) -> None:
    rows = {row["analysis"]: row for row in twin_rows(finished["nicu"].characteristics, ("all_mothers_log",))}
    mothers, fell = rows["all_mothers_log"], rows["those_who_fell"]
    assert mothers["null"] != mothers["no_change"]
    assert (mothers["called"], fell["called"]) == (Cell("type I error"), Cell("type I error"))
    assert fell["null_truth"] == Cell("")
    assert isinstance(fell["verdict"], Cell)
    assert fell["verdict"].marked
    assert fell["verdict"].text.startswith("rejects too often (1")
    (untrue,) = twin_rows(finished["untrue"].characteristics, ("main",))
    assert untrue["called"] == Cell("rejections without effects")


def test_columns_that_no_row_needs_are_left_out(finished: dict[str, FinishedRun]) -> None:
    assert has_clock(finished["nicu"].characteristics)
    assert not has_clock(finished["t"].characteristics)
    assert has_interference(finished["estimands"].characteristics)
    assert not has_interference(finished["nicu"].characteristics)


def test_the_page_has_both_sections_and_says_when_truth_was_not_looked_for(finished: dict[str, FinishedRun]) -> None:
    page = document.render(run_page(finished["t"], []))
    assert "<summary>Truth and bias</summary>" in page
    assert "<caption>When there is nothing to find</caption>" in page
    assert "interference" not in page.lower()
    untrue = document.render(run_page(finished["untrue"], []))
    assert "Truth and bias" not in untrue
    assert "not computed in this run" in untrue
