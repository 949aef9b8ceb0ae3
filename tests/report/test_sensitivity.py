"""A run shows the tornado of just its study, and of no other."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import trialsim as ts
from trialsim.report.sensitivity import tornado_beside
from trialsim.scenario import Scenario, load, loads

TEXT = """
trialsim: 1
name: small
title: A small study
design:
  arms: {control: usual care, music: music}
  enroll: {each arm: 10}
visits: {end: 1 d}
outcomes:
  fear:
    distribution: normal
    label: Fear
    visits: [end]
    assumed: made up for a test
    level: {mean: {value: 5, range: [4, 6], assumed: made up}, sd: 2}
    effects:
      music: {difference: {value: -2, range: [-3, -1], assumed: made up}}
analyses:
  main: {outcome: fear, visit: end, test: t, label: Fear at the end}
primary: main
simulation: {replicates: 40, seed: 1}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outputs")
    (folder / "small.yaml").write_text(TEXT.lstrip(), encoding="utf-8")
    ts.tornado(folder / "small.yaml", replicates=30, out=folder / "small-tornado", figures="page")
    return folder


def test_the_page_of_a_run_shows_the_tornado_beside_it(folder: Path) -> None:
    assert not (folder / "small-tornado" / "tornado.png").exists()
    ts.run(folder / "small.yaml", folder / "small", figures="all")
    page = (folder / "small" / "report.html").read_text(encoding="utf-8")
    held = json.loads((folder / "small-tornado" / "sweep.json").read_text(encoding="utf-8"))
    assert "in 30 simulated trials each" in page
    assert held["lines"][0] in page.replace("\N{NO-BREAK SPACE}", " ")
    assert len(held["lines"]) == 2  # how many were simulated is said above
    assert "Power at both ends of each plausible range" in page
    shown = pd.read_csv(folder / "small" / "figures" / "sensitivity.csv")
    table = pd.read_csv(folder / "small-tornado" / "tornado.csv")
    pd.testing.assert_frame_equal(shown, table)
    assert (folder / "small" / "figures" / "sensitivity.svg").is_file()
    assert "trialsim tornado small" not in page


def study(folder: Path, *changes: tuple[str, str]) -> Scenario:
    text = (folder / "small.yaml").read_text(encoding="utf-8")
    for one, other in changes:
        assert one in text
        text = text.replace(one, other)
    return loads(text)


def test_another_study_or_other_ranges_are_another_tornado(folder: Path) -> None:
    here = folder / "small"
    kept = tornado_beside(load(folder / "small.yaml"), here)
    assert kept is not None
    assert (kept.replicates, kept.seed, list(kept.axes)) == (30, 1, ["power"])
    same = (("A small study", "Another title"), ("replicates: 40, seed: 1", "replicates: 90, seed: 2"))
    for change in same:
        assert tornado_beside(study(folder, change), here) is not None, change
    others = (("each arm: 10", "each arm: 12"), ("range: [4, 6]", "range: [4, 7]"), ("sd: 2", "sd: 3"))
    for change in others:
        assert tornado_beside(study(folder, change), here) is None, change


@pytest.mark.parametrize("damage", ["a number", "no number", "no hash", "not finished", "no words"])
def test_a_table_that_was_changed_or_is_damaged_is_not_shown(folder: Path, tmp_path: Path, damage: str) -> None:
    here = tmp_path / "other-tornado"
    here.mkdir()
    for name in ("sweep.json", "tornado.csv"):
        (here / name).write_bytes((folder / "small-tornado" / name).read_bytes())
    scenario = load(folder / "small.yaml")
    assert tornado_beside(scenario, tmp_path / "run") is not None
    manifest = json.loads((here / "sweep.json").read_text(encoding="utf-8"))
    if damage == "a number":
        text = (here / "tornado.csv").read_text(encoding="utf-8")
        (here / "tornado.csv").write_text(text.replace(",0.", ",0.9", 1), encoding="utf-8")
    elif damage == "no number":
        (here / "tornado.csv").unlink()
    else:
        change = {"no hash": {"table": 3}, "not finished": {"status": "started"}, "no words": {"lines": None}}[damage]
        (here / "sweep.json").write_text(json.dumps(manifest | change), encoding="utf-8")
    assert tornado_beside(scenario, tmp_path / "run") is None


def test_of_several_that_with_the_most_replicates_is_shown(folder: Path, tmp_path: Path) -> None:
    for name, replicates in (("a", 10), ("b", 50), ("c", 30)):
        (tmp_path / name).mkdir()
        manifest = json.loads((folder / "small-tornado" / "sweep.json").read_text(encoding="utf-8"))
        (tmp_path / name / "sweep.json").write_text(json.dumps(manifest | {"replicates": replicates}), encoding="utf-8")
        (tmp_path / name / "tornado.csv").write_bytes((folder / "small-tornado" / "tornado.csv").read_bytes())
    kept = tornado_beside(load(folder / "small.yaml"), tmp_path / "run")
    assert kept is not None
    assert kept.folder.name == "b"


def test_without_a_tornado_the_page_names_the_command(folder: Path, tmp_path: Path) -> None:
    ts.run(folder / "small.yaml", tmp_path / "alone", figures="page")
    page = (tmp_path / "alone" / "report.html").read_text(encoding="utf-8")
    assert "trialsim tornado small" in page
    assert "Power at both ends of each plausible range" not in page
