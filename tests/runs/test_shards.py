"""Shards share a run out without a gap; a merge takes any of them, says what is missing, and refuses strangers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.conftest import chunk_names, results, store
from trialsim import study as studies
from trialsim.errors import RunError
from trialsim.runs.record import read_manifest
from trialsim.runs.run import run
from trialsim.runs.shards import Shard, gaps, gather, merge, play_shard, stretches

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


@given(
    st.integers(1, 60),
    st.integers(1, 20),
    st.lists(st.tuples(st.integers(0, 70), st.integers(1, 40)).map(lambda two: range(two[0], sum(two))), max_size=6),
)
def test_stretches_hold_every_replicate_that_is_known_once(replicates: int, size: int, known: list[range]) -> None:
    chunks = [range(low, min(low + size, replicates)) for low in range(0, replicates, size)]
    found = stretches(chunks, sorted(known, key=lambda part: (part.start, -part.stop)))
    assert [one for part in found for one in part] == sorted(
        {one for part in known for one in part if one < replicates}
    )
    for part in found:
        for several in (chunks, known):
            assert any(one.start <= part.start and part.stop <= one.stop for one in several)


def test_a_merge_is_the_run(shards: Path, ancova: studies.Study, tmp_path: Path) -> None:
    merged = merge(gather(tmp_path / "out", sorted(shards.iterdir())))
    assert merged.missing == ()
    assert results(merged.folder.path) == results(run(ancova, tmp_path / "whole", replicates=REPLICATES).folder.path)
    assert run(ancova, tmp_path / "out", replicates=REPLICATES).found == REPLICATES


def test_any_subset_gives_the_result_of_the_rest(shards: Path, ancova: studies.Study, tmp_path: Path) -> None:
    merged = merge(gather(tmp_path / "out", [shards / "shard-1-of-3", shards / "shard-3-of-3"]))
    assert merged.missing == (range(500, 1000), range(2000, 2200))
    told = read_manifest(tmp_path / "out")
    assert told is not None
    assert (told["status"], told["replicates"], told["missing"]) == ("partial", 1500, [[500, 1000], [2000, 2200]])
    played = [range(500), range(1000, 1500), range(1500, 2000)]
    alone = studies.evaluate(ancova, chunks=played)
    assert merged.characteristics.value("power", analysis="main") == alone.value("power", analysis="main")
    again = merge(gather(tmp_path / "out", [shards / "shard-2-of-3"]))
    assert again.missing == ()
    assert results(again.folder.path) == results(run(ancova, tmp_path / "whole", replicates=REPLICATES).folder.path)


def test_a_damaged_chunk_of_a_shard_is_missing(ancova: studies.Study, tmp_path: Path) -> None:
    play_shard(ancova, tmp_path, Shard(1, 2), replicates=1500)
    play_shard(ancova, tmp_path, Shard(2, 2), replicates=1500)
    chunk = store(tmp_path / "shard-2-of-2") / "000000500-000001000.parquet"
    chunk.write_bytes(chunk.read_bytes()[:-9])
    told: list[str] = []
    merged = merge(gather(tmp_path), tell=told.append)
    assert merged.missing == (range(500, 1000),)
    assert "is damaged" in told[0]


def test_a_whole_copy_stands_in_for_a_damaged_one(ancova: studies.Study, tmp_path: Path) -> None:
    harmed = play_shard(ancova, tmp_path / "one", Shard(2, 2), replicates=1500)
    whole = play_shard(ancova, tmp_path / "two", Shard(2, 2), replicates=1500)
    first = play_shard(ancova, tmp_path / "one", Shard(1, 2), replicates=1500)
    chunk = store(harmed) / "000000500-000001000.parquet"
    bytes_ = bytearray(chunk.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    chunk.write_bytes(bytes_)
    told: list[str] = []
    merged = merge(gather(tmp_path / "out", [first, harmed, whole]), tell=told.append)
    assert merged.missing == ()
    assert len(told) == 1
    assert chunk.read_bytes() == bytes_, "a shard's own file was touched"
    assert results(merged.folder.path) == results(run(ancova, tmp_path / "run", replicates=1500).folder.path)


def test_a_last_chunk_that_ends_early_is_taken_as_far_as_it_goes(ancova: studies.Study, tmp_path: Path) -> None:
    """Shards asked for different numbers of replicates: what each has played counts, and nothing twice."""
    play_shard(ancova, tmp_path, Shard(1, 2), replicates=1200)
    play_shard(ancova, tmp_path, Shard(2, 2), replicates=1700)
    merged = merge(gather(tmp_path))
    assert merged.missing == (range(1200, 1500),)
    play_shard(ancova, tmp_path, Shard(1, 2), replicates=1700)
    again = merge(gather(tmp_path))
    assert again.missing == ()
    assert results(tmp_path) == results(run(ancova, tmp_path / "run", replicates=1700).folder.path)


def test_where_no_link_can_be_made_chunks_are_copied(
    shards: Path, ancova: studies.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refused)
    merged = merge(gather(tmp_path / "out", [shards]))
    assert merged.missing == ()
    assert results(tmp_path / "out") == results(run(ancova, tmp_path / "run", replicates=REPLICATES).folder.path)


def test_chunks_speak_for_a_shard_whose_manifest_is_damaged(ancova: studies.Study, tmp_path: Path) -> None:
    folders = [play_shard(ancova, tmp_path, Shard(index, 2), replicates=1200) for index in (1, 2)]
    for name in ("run.json", f"chunks/{store(folders[0]).name}/store.json"):
        (folders[0] / name).write_bytes(bytes(400))
    told: list[str] = []
    merged = merge(gather(tmp_path, tell=told.append))
    assert merged.missing == ()
    assert "shard-1-of-2" in told[0]
    for name in ("run.json", f"chunks/{store(folders[1]).name}/store.json"):
        (folders[1] / name).unlink()
    with pytest.raises(RunError, match="missing or damaged") as refused:
        gather(tmp_path / "other", folders)
    assert refused.value.code == "TS-R014"


def test_a_merge_that_is_refused_leaves_nothing_behind(shards: Path, ancova: studies.Study, tmp_path: Path) -> None:
    other = play_shard(ancova, tmp_path / "other", Shard(2, 3), replicates=REPLICATES, seed=5)
    mine = tmp_path / "mine"
    mine.mkdir()
    for out in (mine, tmp_path / "new"):
        with pytest.raises(RunError):
            gather(out, [shards / "shard-1-of-3", other])
        assert not out.exists() or not list(out.iterdir())


def test_a_shard_that_was_stopped_goes_on(ancova: studies.Study, tmp_path: Path) -> None:
    folder = play_shard(ancova, tmp_path, Shard(2, 2), replicates=3000)
    (store(folder) / "000001500-000002000.parquet").unlink()
    again = play_shard(ancova, tmp_path, Shard(2, 2), replicates=3000)
    assert (read_manifest(again) or {})["found"] == 1000
    assert len(chunk_names(again)) == 3


@pytest.mark.parametrize("stranger", ["seed", "scenario"])
def test_foreign_shards_are_refused(shards: Path, ancova: studies.Study, tmp_path: Path, stranger: str) -> None:
    if stranger == "seed":
        other = play_shard(ancova, tmp_path, Shard(2, 3), replicates=REPLICATES, seed=5)
    else:
        other = play_shard(ancova, tmp_path, Shard(2, 3), replicates=REPLICATES)
        words = json.loads((store(other) / "store.json").read_text())
        (store(other) / "store.json").write_text(json.dumps(words | {"scenario_hash": "0" * 32}))
    with pytest.raises(RunError, match="does not belong here") as refused:
        merge(gather(tmp_path / "out", [shards / "shard-1-of-3", other]))
    assert refused.value.code == "TS-R015"


def test_a_chunk_smuggled_in_from_another_study_is_refused(ancova: studies.Study, tmp_path: Path) -> None:
    other = play_shard(ancova, tmp_path / "other", Shard(2, 3), replicates=REPLICATES, seed=5)
    mine = play_shard(ancova, tmp_path / "mine", Shard(1, 3), replicates=REPLICATES)
    for path in store(other).glob("*.parquet"):
        path.rename(store(mine) / path.name)
    with pytest.raises(RunError) as refused:
        merge(gather(tmp_path / "out", [mine]))
    assert refused.value.code == "TS-R008"


def test_nothing_to_merge_is_said(tmp_path: Path) -> None:
    for out, named in ((tmp_path / "no", []), (tmp_path / "out", [tmp_path])):
        with pytest.raises(RunError) as refused:
            gather(out, named)
        assert refused.value.code == "TS-R014"


def test_shards_after_an_edit_are_those_of_the_edit(ancova: studies.Study, tmp_path: Path) -> None:
    """Those not yet played again are named; the trials before the edit stay, so that undoing it plays none."""
    for index in (1, 2):
        play_shard(ancova, tmp_path, Shard(index, 2), replicates=1000)
    first = results(merge(gather(tmp_path)).folder.path)
    play_shard(ancova, tmp_path, Shard(2, 2), replicates=1000, seed=77)
    with pytest.raises(RunError, match="shard-1-of-2 does not belong here") as refused:
        gather(tmp_path)
    assert refused.value.code == "TS-R015"
    play_shard(ancova, tmp_path, Shard(1, 2), replicates=1000, seed=77)
    edited = merge(gather(tmp_path))
    assert edited.missing == ()
    assert results(tmp_path) == results(run(ancova, tmp_path / "other", replicates=1000, seed=77).folder.path)
    (earlier,) = (tmp_path / "earlier").iterdir()
    assert results(earlier) == first
    for index in (1, 2):
        again = play_shard(ancova, tmp_path, Shard(index, 2), replicates=1000)
        assert (read_manifest(again) or {})["found"] == 500
    assert results(merge(gather(tmp_path)).folder.path) == first
