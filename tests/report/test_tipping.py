"""Tipping points: the table in the folder, in the terminal and on the page, held against the rows they are made of."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import trialsim as ts
from trialsim.evaluate.tipping import TIPPING_COLUMNS, tipping_points
from trialsim.report.tipping import tipped, tipping_rows
from trialsim.scenario import loads

STUDY = """
trialsim: 1
name: tipping
title: How much worse must those fare who leave?
design: {arms: {usual: usual care, yoga: yoga}, reference: usual, enroll: {each arm: 25}}
visits: {before: 0 d, week 4: 28 d}
attrition: [{reason: moved, chance: 30 %, within: 28 d}]
outcomes:
  pain:
    better: lower
    distribution: normal
    visits: [before, week 4]
    level: {mean: 60, sd: 10}
    correlation: {between_sessions: 0.7}
    effects: {yoga: {difference: -10, visits: [week 4]}}
analyses:
  main:
    outcome: pain
    visit: week 4
    test: ancova
    baseline: before
    missing: multiple imputation
    imputations: 3
    delta: [0, 20, 60]
  plain: {outcome: pain, visit: week 4, test: ancova, baseline: before}
primary: main
simulation: {replicates: 60, seed: 2}
"""


@cache
def made(folder: Path) -> ts.Run:
    return ts.run(loads(STUDY), out=folder / "run", figures="page")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ts.Run:
    return made(tmp_path_factory.getbasetemp())


def test_points_are_the_rows_of_each_delta(run: ts.Run) -> None:
    table = run.frame()
    found = tipping_points(run.study.analysis.rows, run.characteristics.measures)
    assert [(one.analysis, one.contrast, one.delta) for one in found] == [
        ("main", "yoga - usual", delta) for delta in (0.0, 20.0, 60.0)
    ]
    for one in found:
        here = table[(table["analysis"] == "main") & (table["contrast"] == f"yoga - usual, delta {one.delta:g}")]
        by = here.set_index("measure")["value"]
        assert one.power is not None
        assert one.estimate is not None
        assert one.power.value == pytest.approx(by["power"], abs=1e-12)
        assert one.estimate.value == pytest.approx(by["mean_estimate"], rel=1e-12)
        assert one.of_first == pytest.approx(by["power"] / found[0].power.value)
    assert found[0].estimate.value < found[1].estimate.value < found[2].estimate.value


def test_the_folder_has_the_table(run: ts.Run) -> None:
    table = pd.read_csv(run.folder / "tipping_points.csv")
    assert tuple(table.columns) == TIPPING_COLUMNS
    assert list(table["delta"]) == [0, 20, 60]
    assert table.equals(run.frame("tipping_points"))
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "Tipping points" in page
    assert "tipping_points.csv" in str(sorted(run.manifest["outputs"]))


def test_the_table_of_people(run: ts.Run) -> None:
    head, first, second, third = tipping_rows(run.characteristics)
    assert (head.name, head.head) == ("main: yoga - usual", True)
    assert [first.name, second.name, third.name] == ["  delta 0", "  delta 20", "  delta 60"]
    assert (first.of_first, second.of_first.endswith(" %")) == ("", True)
    (text,) = tipped(run.characteristics)
    assert text.startswith("main (yoga - usual): from a delta of")
    found = tipping_points(run.study.analysis.rows, run.characteristics.measures)
    half = next(one.delta for one in found if one.of_first < 0.5)
    assert f"delta of {half:g} on" in text


def test_only_the_first_delta_is_judged(run: ts.Run) -> None:
    rulings = {one.contrast: one.ruling for one in run.characteristics.verdicts if one.analysis == "main"}
    assert rulings["yoga - usual, delta 60"] == rulings["yoga - usual, delta 20"] == "moved"
    assert rulings["yoga - usual, delta 0"] != "moved"
    primary = {one.contrast for one in run.study.analysis.rows if one.main and one.analysis == "main"}
    assert primary == {"yoga - usual, delta 0"}


def test_studies_without_deltas_have_no_table() -> None:
    study = ts.prepare(loads(STUDY.replace("    delta: [0, 20, 60]\n", "").replace("tipping", "none")))
    assert tipping_points(study.analysis.rows, ()) == []
    assert all(row.delta is None for row in study.analysis.rows)


def test_a_power_that_is_unknown_has_no_share() -> None:
    study = ts.prepare(loads(STUDY))
    found = tipping_points(study.analysis.rows, ())
    assert [one.power for one in found] == [None] * 3
    assert all(math.isnan(one.of_first) and math.isnan(one.cells()[3]) for one in found)
