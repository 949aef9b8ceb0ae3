"""A folder that an older trialsim made is gone on with, or kept as it is: nothing in it is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.runs.conftest import chunk_names, results, store
from trialsim import study as studies
from trialsim.runs.listing import find_runs
from trialsim.runs.record import read_manifest
from trialsim.runs.run import run
from trialsim.runs.shards import Shard, gather, merge, play_shard
from trialsim.runs.verify import verify


def as_before(out: Path, *, status: str | None = None) -> None:
    """Turn a folder into what an older trialsim would have made of it: loose chunks, and one manifest for all."""
    chunks = store(out)
    for path in chunks.glob("*.parquet"):
        path.rename(out / "chunks" / path.name)
    if (chunks / "truth").is_dir():
        (chunks / "truth").rename(out / "truth")
    shutil.rmtree(chunks)
    words = json.loads((out / "run.json").read_text())
    words.pop("key")
    (out / "run.json").write_text(json.dumps({**words, "status": status or words["status"]}))


@pytest.fixture
def old(ancova: studies.Study, tmp_path: Path) -> Path:
    run(ancova, tmp_path / "out", replicates=700)
    as_before(tmp_path / "out")
    return tmp_path / "out"


def test_it_is_read_as_it_is(old: Path) -> None:
    (one,) = find_runs(old, check=True)
    assert (one.status, one.kept, one.faults) == ("done", 700, ())
    assert verify(old, sample=3).word == "equal"
    (old / "chunks" / "000000500-000000700.parquet").unlink()
    (one,) = find_runs(old, check=True)
    assert one.faults == ("the chunk of replicates 500 to 699 is gone from chunks",)


def test_it_goes_on(old: Path, ancova: studies.Study, tmp_path: Path) -> None:
    truths = {path.name: path.read_bytes() for path in (old / "truth").iterdir()}
    said: list[str] = []
    more = run(ancova, old, replicates=1500, tell=said.append)
    assert more.found == 500
    assert results(old) == results(run(ancova, tmp_path / "other", replicates=1500).folder.path)
    assert "was made by an older trialsim" in said[0]
    assert not (old / "truth").exists()
    assert all((store(old) / "truth" / name).read_bytes() == known for name, known in truths.items())


def test_after_an_edit_its_result_and_its_trials_are_kept(old: Path, ancova: studies.Study) -> None:
    before = results(old)
    run(ancova, old, replicates=700, seed=5)
    (earlier,) = (old / "earlier").iterdir()
    assert results(earlier) == before
    assert verify(earlier, sample=3).word == "equal"
    again = run(ancova, old, replicates=700)
    assert again.found == 700
    assert results(old) == before


def test_one_that_was_stopped_goes_on(old: Path, ancova: studies.Study) -> None:
    words = json.loads((old / "run.json").read_text())
    for name in words["outputs"]:
        if name != "scenario.resolved.yaml":
            (old / name).unlink()
    (old / "run.json").write_text(json.dumps({**words, "status": "started", "outputs": {}}))
    assert [(one.status, one.kept) for one in find_runs(old)] == [("started", 700)]
    assert run(ancova, old, replicates=700).found == 700
    assert not (old / "earlier").exists(), "there was no result to keep"


def test_without_its_manifest_its_chunks_speak(old: Path, ancova: studies.Study) -> None:
    (old / "run.json").unlink()
    damaged = old / "chunks" / "000000000-000000500.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-9])
    said: list[str] = []
    assert run(ancova, old, replicates=700, tell=said.append).found == 200
    assert any("is damaged" in text for text in said)
    assert len(chunk_names(old)) == 2


def test_its_shards_are_merged(ancova: studies.Study, tmp_path: Path) -> None:
    for index in (1, 2):
        as_before(play_shard(ancova, tmp_path, Shard(index, 2), replicates=1200))
    assert merge(gather(tmp_path)).missing == ()
    assert results(tmp_path) == results(run(ancova, tmp_path / "other", replicates=1200).folder.path)
    again = play_shard(ancova, tmp_path, Shard(1, 2), replicates=1200)
    assert (read_manifest(again) or {})["found"] == 700
