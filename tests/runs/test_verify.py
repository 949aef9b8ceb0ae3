"""A run that is what it says passes; any changed number, file or scenario is found and named."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.runs.conftest import chunk_names, store
from trialsim import study as studies
from trialsim.errors import RunError
from trialsim.runs.listing import clean, find_runs
from trialsim.runs.run import run
from trialsim.runs.shards import Shard, gather, merge, play_shard
from trialsim.runs.verify import verify


@pytest.fixture(scope="module")
def finished(picu: studies.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(picu, tmp_path_factory.mktemp("run") / "out", replicates=700, truth=False).folder.path


@pytest.fixture
def out(finished: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished, tmp_path / "out")
    return tmp_path / "out"


def changed(out: Path, column: str, row: int, value: object) -> None:
    table = pq.read_table(out / "estimates.parquet")
    values = table[column].to_pylist()
    values[row] = value
    place = table.column_names.index(column)
    pq.write_table(table.set_column(place, column, pa.array(values)), out / "estimates.parquet")


def test_an_honest_run_is_equal(out: Path) -> None:
    verdict = verify(out, sample=7)
    assert (verdict.word, verdict.changed, verdict.versions) == ("equal", (), {})
    assert verdict.replicates[0] == 0
    assert verdict.replicates[-1] == 699
    assert len(verdict.replicates) == 7


def test_a_changed_number_is_found_and_named(out: Path) -> None:
    table = pq.read_table(out / "estimates.parquet")
    row = int(np.flatnonzero(np.isfinite(table["p"].to_numpy()))[0])
    changed(out, "p", row, 0.0123)
    verdict = verify(out, sample=3)
    assert verdict.word == "different"
    assert [(one.column, one.stored) for one in verdict.differences] == [("p", 0.0123)]
    assert verdict.changed == ("estimates.parquet",)


def test_the_last_digits_of_another_machine_are_told_apart(out: Path) -> None:
    table = pq.read_table(out / "estimates.parquet")
    row = int(np.flatnonzero(np.isfinite(table["p"].to_numpy()))[0])
    changed(out, "p", row, float(np.nextafter(table["p"][row].as_py(), 1)))
    verdict = verify(out, sample=3)
    assert verdict.word == "equal within 1e-09"
    assert 0 < verdict.largest < 1e-15


def test_a_row_that_is_gone_is_found(out: Path) -> None:
    table = pq.read_table(out / "estimates.parquet")
    pq.write_table(table.slice(1), out / "estimates.parquet")
    assert [one.column for one in verify(out, sample=2).differences] == ["row"]


def test_a_changed_scenario_is_no_basis(out: Path) -> None:
    resolved = out / "scenario.resolved.yaml"
    resolved.write_text(resolved.read_text().replace("enroll: {each arm: 33}", "enroll: {each arm: 34}"))
    with pytest.raises(RunError, match="is not the scenario") as refused:
        verify(out)
    assert refused.value.code == "TS-R016"


def test_a_partial_run_is_verified_where_it_stands(ancova: studies.Study, tmp_path: Path) -> None:
    play_shard(ancova, tmp_path, Shard(2, 3), replicates=2000)
    merge(gather(tmp_path))
    verdict = verify(tmp_path, sample=5)
    assert verdict.word == "equal"
    assert all(500 <= one < 1000 for one in verdict.replicates)


def test_no_run_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(RunError) as refused:
        verify(tmp_path)
    assert refused.value.code == "TS-R016"


# ---------------------------------------------------------------- what runs there are


def test_runs_are_listed_with_what_is_wrong(out: Path) -> None:
    (one,) = find_runs(out.parent, check=True)
    assert (one.folder, one.status, one.replicates, one.kept, one.faults) == (out, "done", 700, 700, ())
    chunk = store(out) / chunk_names(out)[0]
    chunk.write_bytes(chunk.read_bytes()[:-20])
    (out / "cohort" / "visits.csv").write_text("edited")
    (one,) = find_runs(out.parent, check=True)
    assert len(one.faults) == 2
    assert "cohort/visits.csv is gone or was changed" in one.faults
    assert any(chunk.name in fault for fault in one.faults)


def test_a_damaged_manifest_is_listed_as_damaged(out: Path) -> None:
    (out / "run.json").write_text("{")
    assert [one.status for one in find_runs(out.parent)] == ["damaged"]


def test_shards_are_listed_beside_their_run(ancova: studies.Study, tmp_path: Path) -> None:
    play_shard(ancova, tmp_path, Shard(1, 2), replicates=1000)
    merge(gather(tmp_path))
    assert [(one.status, one.kept) for one in find_runs(tmp_path)] == [("partial", 500), ("shard", 500)]


def test_cleaning_removes_what_is_of_no_use_and_nothing_else(out: Path, picu: studies.Study) -> None:
    (store(out) / ".x.partial").write_bytes(b"half")
    (store(out) / "damaged").mkdir()
    (store(out) / "damaged" / "a.parquet").write_bytes(b"12345")
    (out / "notes.txt").write_text("mine")
    assert clean(out) == 9
    assert len(chunk_names(out)) == 2
    assert clean(out, chunks=True) > 100_000
    assert not (out / "chunks").exists()
    assert verify(out, sample=1).word == "equal"
    assert (out / "notes.txt").read_text() == "mine"
    assert run(picu, out, replicates=700, truth=False).found == 0


def test_a_store_on_another_disk_is_cleaned_as_well(out: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "big disk"
    shutil.move(out / "chunks", elsewhere)
    try:
        (out / "chunks").symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    (elsewhere / "notes.txt").write_text("mine")
    assert clean(out, chunks=True) > 100_000
    assert (out / "chunks").is_symlink(), "the next run keeps its trials there as well"
    assert [path.name for path in elsewhere.iterdir()] == ["notes.txt"]
    assert verify(out, sample=1).word == "equal"
