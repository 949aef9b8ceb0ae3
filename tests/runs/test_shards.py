"""Shards share a run out without a gap; a merge takes any of them, says what is missing, and refuses strangers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.conftest import chunk_names, results
from trialsim import study as studies
from trialsim.errors import RunError
from trialsim.runs.folder import read_manifest
from trialsim.runs.run import run
from trialsim.runs.shards import Shard, gaps, merge, play_shard

REPLICATES = 2200


@pytest.fixture(scope="module")
def shards(ancova: studies.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shards") / "out"
    for index in (1, 2, 3):
        play_shard(ancova, out, Shard(index, 3), replicates=REPLICATES)
    return out


@given(st.integers(1, 40), st.integers(1, 60))
def test_every_chunk_is_in_exactly_one_shard(count: int, chunks: int) -> None:
    all_ = [range(100 * i, 100 * i + 100) for i in range(chunks)]
    played = [chunk for index in range(count) for chunk in Shard(index + 1, count).chunks(all_)]
    assert sorted(played, key=lambda part: part.start) == all_


@given(st.sets(st.integers(0, 11)))
def test_gaps_are_what_is_not_there(there: set[int]) -> None:
    found = gaps([range(10 * i, 10 * i + 10) for i in sorted(there)], 120)
    missing = {one // 10 for part in found for one in part}
    assert missing == set(range(12)) - there
    assert sum(map(len, found)) == 120 - 10 * len(there)


def test_a_merge_is_the_run(shards: Path, ancova: studies.Study, tmp_path: Path) -> None:
    merged = merge(tmp_path / "out", sorted(shards.iterdir()))
    assert merged.missing == ()
    assert results(merged.folder.path) == results(run(ancova, tmp_path / "whole", replicates=REPLICATES).folder.path)
    assert run(ancova, tmp_path / "out", replicates=REPLICATES).found == REPLICATES


def test_any_subset_gives_the_result_of_the_rest(shards: Path, ancova: studies.Study, tmp_path: Path) -> None:
    merged = merge(tmp_path / "out", [shards / "shard-1-of-3", shards / "shard-3-of-3"])
    assert merged.missing == (range(500, 1000), range(2000, 2200))
    told = read_manifest(tmp_path / "out")
    assert told is not None
    assert (told["status"], told["replicates"], told["missing"]) == ("partial", 1500, [[500, 1000], [2000, 2200]])
    played = [range(500), range(1000, 1500), range(1500, 2000)]
    alone = studies.evaluate(ancova, chunks=played)
    assert merged.characteristics.value("power", analysis="main") == alone.value("power", analysis="main")
    again = merge(tmp_path / "out", [shards / "shard-2-of-3"])
    assert again.missing == ()
    assert results(again.folder.path) == results(run(ancova, tmp_path / "whole", replicates=REPLICATES).folder.path)


def test_a_damaged_chunk_of_a_shard_is_missing(ancova: studies.Study, tmp_path: Path) -> None:
    play_shard(ancova, tmp_path, Shard(1, 2), replicates=1500)
    play_shard(ancova, tmp_path, Shard(2, 2), replicates=1500)
    chunk = tmp_path / "shard-2-of-2" / "chunks" / "000000500-000001000.parquet"
    chunk.write_bytes(chunk.read_bytes()[:-9])
    told: list[str] = []
    merged = merge(tmp_path, tell=told.append)
    assert merged.missing == (range(500, 1000),)
    assert "is damaged" in told[0]


def test_a_shard_that_was_stopped_goes_on(ancova: studies.Study, tmp_path: Path) -> None:
    folder = play_shard(ancova, tmp_path, Shard(2, 2), replicates=3000)
    (folder / "chunks" / "000001500-000002000.parquet").unlink()
    again = play_shard(ancova, tmp_path, Shard(2, 2), replicates=3000)
    assert (read_manifest(again) or {})["found"] == 1000
    assert len(chunk_names(again)) == 3


@pytest.mark.parametrize("stranger", ["seed", "scenario"])
def test_foreign_shards_are_refused(shards: Path, ancova: studies.Study, tmp_path: Path, stranger: str) -> None:
    if stranger == "seed":
        other = play_shard(ancova, tmp_path, Shard(2, 3), replicates=REPLICATES, seed=5)
    else:
        other = play_shard(ancova, tmp_path, Shard(2, 3), replicates=REPLICATES)
        told = json.loads((other / "run.json").read_text())
        (other / "run.json").write_text(json.dumps(told | {"scenario_hash": "0" * 32}))
    with pytest.raises(RunError, match="does not belong here") as refused:
        merge(tmp_path / "out", [shards / "shard-1-of-3", other])
    assert refused.value.code == "TS-R015"


def test_a_chunk_smuggled_in_from_another_study_is_refused(ancova: studies.Study, tmp_path: Path) -> None:
    other = play_shard(ancova, tmp_path / "other", Shard(2, 3), replicates=REPLICATES, seed=5)
    mine = play_shard(ancova, tmp_path / "mine", Shard(1, 3), replicates=REPLICATES)
    for path in (other / "chunks").iterdir():
        path.rename(mine / "chunks" / path.name)
    with pytest.raises(RunError) as refused:
        merge(tmp_path / "out", [mine])
    assert refused.value.code == "TS-R008"


def test_nothing_to_merge_is_said(tmp_path: Path) -> None:
    for out, named in ((tmp_path / "no", []), (tmp_path / "out", [tmp_path])):
        with pytest.raises(RunError) as refused:
            merge(out, named)
        assert refused.value.code == "TS-R014"


def test_shards_never_go_where_another_study_is(shards: Path, ancova: studies.Study) -> None:
    with pytest.raises(RunError) as refused:
        play_shard(ancova, shards, Shard(1, 3), replicates=REPLICATES, seed=77)
    assert refused.value.code == "TS-R002"
