"""A study played into its folder: everything there, equal when played again, never over another study."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.runs.conftest import store
from trialsim.codebook import COLUMNS
from trialsim.evaluate.table import TABLE_COLUMNS
from trialsim.prepared import prepare
from trialsim.runs.manifest import changed_outputs
from trialsim.runs.record import read_manifest
from trialsim.runs.run import FinishedRun, run, write_cohort
from trialsim.scenario import Scenario, load, resolve
from trialsim.study import simulate

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="module")
def nicu() -> Scenario:
    return load(SCENARIOS / "nicu-parent-massage.yaml")


@pytest.fixture(scope="module")
def played(nicu: Scenario, tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    return run(nicu, tmp_path_factory.mktemp("outputs") / "nicu", replicates=200)


def test_everything_is_there_and_as_its_hash_says(played: FinishedRun) -> None:
    out = played.folder.path
    chunks = store(out).relative_to(out).as_posix()
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names == {
        "run.json", "scenario.resolved.yaml", "operating_characteristics.csv", "estimates.parquet",
        "cohort/participants.csv", "cohort/visits.csv", "cohort/measurements.csv", "cohort/events.csv",
        "cohort/activities.csv", "cohort/staffing.csv",
        "cohort/codebook.csv", "cohort/screening.csv", "cohort/README.txt", ".lock",
        *(f"{chunks}/{name}" for name in (
            "000000000-000000200.parquet", "store.json", "scenario.resolved.yaml",
            "truth/000000000-000000100.parquet", "truth/000000100-000000200.parquet",
        )),
    }  # fmt: skip
    assert changed_outputs(out) == []
    manifest = read_manifest(out)
    assert manifest is not None
    assert (manifest["replicates"], manifest["seed"], manifest["engine"]) == (200, 2024, "fast")


def test_the_table_on_disk_is_the_table(played: FinishedRun) -> None:
    with (played.folder.path / "operating_characteristics.csv").open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert tuple(rows[0]) == TABLE_COLUMNS
    assert len(rows) == len(played.characteristics.measures)
    power = played.characteristics.value("power", analysis="all_mothers_log")
    told = next(row for row in rows if (row["analysis"], row["measure"]) == ("all_mothers_log", "power"))
    assert float(told["value"]) == power.value
    assert float(told["mcse"]) == power.mcse > 0


def test_the_estimates_on_disk_give_the_same_power(played: FinishedRun) -> None:
    frame = pq.read_table(played.folder.path / "estimates.parquet").to_pandas()
    rows = frame[(frame.analysis == "all_mothers_log") & (frame.twin == "declared") & (frame.status == "ok")]
    power = played.characteristics.value("power", analysis="all_mothers_log")
    assert (rows.p <= 0.05).mean() == pytest.approx(power.value, abs=1e-12)
    assert frame.replicate.nunique() == 200


def test_the_resolved_scenario_plays_the_same_study(played: FinishedRun, tmp_path: Path) -> None:
    again = run(load(played.folder.path / "scenario.resolved.yaml"), tmp_path / "again")
    for name in ("operating_characteristics.csv", "estimates.parquet", "cohort/measurements.csv"):
        assert (again.folder.path / name).read_bytes() == (played.folder.path / name).read_bytes(), name
    assert resolve(again.study.scenario.written) == again.study.scenario


def test_the_cohort_is_tidy(played: FinishedRun) -> None:
    folder = played.folder.path / "cohort"
    frames = {path.stem: pd.read_csv(path) for path in folder.glob("*.csv")}
    assert len(frames["participants"]) <= 22
    assert not frames["measurements"].empty
    assert list(frames["codebook"].columns) == list(COLUMNS)
    described = set(frames["codebook"]["column"])
    for name, frame in frames.items():
        assert name == "codebook" or set(frame.columns) <= described, name


def test_another_seed_takes_the_place_and_loses_nothing(played: FinishedRun, nicu: Scenario, tmp_path: Path) -> None:
    out = Path(shutil.copytree(played.folder.path, tmp_path / "out"))
    before = (out / "operating_characteristics.csv").read_bytes()
    run(nicu, out, replicates=200, seed=1)
    (earlier,) = (out / "earlier").iterdir()
    assert (earlier / "operating_characteristics.csv").read_bytes() == before
    assert (out / "operating_characteristics.csv").read_bytes() != before


def test_more_replicates_of_the_same_study_replace_it(nicu: Scenario, tmp_path: Path) -> None:
    run(nicu, tmp_path / "out", replicates=100)
    more = run(nicu, tmp_path / "out", replicates=300)
    assert changed_outputs(tmp_path / "out") == []
    assert more.characteristics.value("power", analysis="all_mothers_log").n_replicates == 300


def test_a_study_without_a_ward_has_no_events(tmp_path: Path) -> None:
    made = run(load(SCENARIOS / "textbook-ancova.yaml"), tmp_path / "out", replicates=100).made
    assert "events.csv" not in {path.name for path in made}


@pytest.mark.parametrize("name", ["nicu-parent-massage", "textbook-ancova"])
def test_the_codebook_describes_the_tables_that_are_written(name: str, tmp_path: Path) -> None:
    trial = simulate(prepare(load(SCENARIOS / f"{name}.yaml")), range(1), record=name.startswith("nicu")).one(0)
    tables = {path.stem for path in write_cohort(trial, tmp_path)}
    assert tables - {"codebook", "README"} == set(trial.codebook()["table"])
