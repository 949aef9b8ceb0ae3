"""``trialsim run --event-log``: which files it writes, of how many trials, and when it is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.busy_ward import BUSY
from trialsim.cli import main
from trialsim.eventlog import ACTIVITIES, VIDIGI, ActivityLog, vidigi_rows
from trialsim.prepared import prepare
from trialsim.runs.event_log import write_event_log
from trialsim.scenario import loads
from trialsim.study import cohort_of

QUICK = ("--no-figures", "--no-truth")


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("busy") / "busy.yaml"
    path.write_text(BUSY, encoding="utf-8")
    return path


def test_a_run_writes_the_logs_of_its_first_trials_and_says_of_how_many(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = scenario.parent / "out"
    assert main(["run", str(scenario), "--out", str(out), "--replicates", "6", *QUICK, "--event-log", "2"]) == 0
    assert "Event logs of the first 2 simulated trials, for vidigi, bupaR and pm4py" in " ".join(
        capsys.readouterr().out.split()
    )
    folder = out / "event_log"
    assert "Replicates: 0 to 1 (2 simulated trials)" in (folder / "README.txt").read_text(encoding="utf-8")
    outputs = json.loads((out / "run.json").read_text(encoding="utf-8"))["outputs"]
    names = {
        f"event_log/{name}" for name in ("README.txt", "vidigi.csv", "activities.csv", "activities.xes", "codebook.csv")
    }
    assert names <= set(outputs)
    vidigi, activities = (pd.read_csv(folder / f"{name}.csv") for name in ("vidigi", "activities"))
    assert (tuple(vidigi.columns), tuple(activities.columns)) == (VIDIGI, ACTIVITIES)
    assert set(vidigi["run_number"]) == set(activities["run_number"]) == {0, 1}
    book = pd.read_csv(folder / "codebook.csv")
    assert set(book["table"]) == {"vidigi", "activities"}


def test_cells_are_the_rows_and_minutes_are_exact_to_the_second(tmp_path: Path) -> None:
    study = prepare(loads(BUSY))
    write_event_log(study, tmp_path, replicates=range(1))
    trial = cohort_of(study, 0).one(0)
    table = pd.read_csv(tmp_path / "vidigi.csv")
    rows = list(vidigi_rows(trial))
    assert [round(60 * time) for time in table["time"]] == [round(60 * row.time) for row in rows]
    assert all(abs(60 * time - round(60 * time)) < 0.01 for time in table["time"])
    assert table["resource_id"].fillna(0).astype(int).tolist() == [row.resource_id or 0 for row in rows]
    states = pd.read_csv(tmp_path / "activities.csv", parse_dates=["timestamp"], keep_default_na=False)
    wanted = list(ActivityLog().rows(trial))
    for column in ACTIVITIES:
        assert states[column].tolist() == [getattr(row, column) for row in wanted], column
    assert len(list(tmp_path.iterdir())) == 5


def test_more_than_the_run_has_are_all_of_them(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = scenario.parent / "all"
    assert main(["run", str(scenario), "--out", str(out), "--replicates", "3", *QUICK, "--event-log"]) == 0
    assert "first 3 simulated trials" in " ".join(capsys.readouterr().out.split())
    assert set(pd.read_csv(out / "event_log" / "vidigi.csv")["run_number"]) == {0, 1, 2}


def test_a_study_without_a_ward_is_refused_before_it_is_simulated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["run", "textbook-t-test", "--out", str(out), *QUICK, "--event-log"]) == 4
    assert "TS-R064" in capsys.readouterr().err
    assert not (out / "run.json").exists()


def test_a_shard_has_no_log(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(scenario), "--out", str(scenario.parent / "part"), "--shard", "1/2", "--event-log"]) == 2
    assert "--event-log" in capsys.readouterr().err
