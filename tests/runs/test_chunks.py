"""The store: what is read is what was saved, damage is always found, and no chunk of another study is taken."""

from __future__ import annotations

import random
import struct
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from trialsim import study as studies
from trialsim.analysis.estimates import NUMBERS
from trialsim.errors import RunError
from trialsim.runs.run import with_simulation
from trialsim.runs.store import ChunkStore, DamagedChunkError, read_chunk, store_key


def everything(played: studies.ReplicateResults) -> bytes:
    parts = [getattr(played.estimates, name) for name in (*NUMBERS, "n", "status")]
    return b"".join(
        np.ascontiguousarray(part).tobytes() for part in (*parts, played.trial, played.entry_days, played.waits)
    )


@pytest.fixture(scope="module")
def played(picu: studies.Study) -> studies.ReplicateResults:
    return studies.play(picu, range(100, 300))


@pytest.fixture
def store(picu: studies.Study, tmp_path: Path) -> ChunkStore:
    return ChunkStore(tmp_path / "chunks", picu, tell=lambda _: None)


def test_what_is_read_is_what_was_saved(store: ChunkStore, played: studies.ReplicateResults) -> None:
    store.save(played)
    again = store.load(range(100, 300))
    assert again is not None
    assert everything(again) == everything(played)
    for field in fields(again.estimates):
        kept, new = getattr(played.estimates, field.name), getattr(again.estimates, field.name)
        assert type(new) is type(kept)
        if isinstance(new, np.ndarray):
            assert (new.dtype, new.shape, new.flags.c_contiguous) == (kept.dtype, kept.shape, True), field.name


def test_a_part_of_a_chunk(store: ChunkStore, picu: studies.Study, played: studies.ReplicateResults) -> None:
    store.save(played)
    part = store.load(range(120, 250))
    assert part is not None
    assert everything(part) == everything(studies.play(picu, range(120, 250)))
    assert store.load(range(120, 301)) is None
    assert store.load(range(200)) is None


def test_a_longer_chunk_takes_the_place_of_a_shorter_one(picu: studies.Study, tmp_path: Path) -> None:
    ChunkStore(tmp_path / "chunks", picu).save(studies.play(picu, range(100)))
    ChunkStore(tmp_path / "chunks", picu).save(studies.play(picu, range(200)))
    assert [path.name for path in (tmp_path / "chunks").iterdir()] == ["000000000-000000200.parquet"]


def test_any_flipped_bit_is_found_or_does_no_harm(
    picu: studies.Study, played: studies.ReplicateResults, tmp_path: Path
) -> None:
    """300 files with one bit flipped: never another number. Most are found damaged; a few bits carry nothing."""
    path = ChunkStore(tmp_path, picu).save(played)
    whole, key, chance = path.read_bytes(), ChunkStore(tmp_path, picu).key, random.Random(1)
    found = 0
    for _ in range(300):
        bytes_ = bytearray(whole)
        bytes_[chance.randrange(len(bytes_))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes_)
        try:
            again = read_chunk(path, picu, key)
        except DamagedChunkError:
            found += 1
        else:
            assert everything(again) == everything(played)
    assert found > 250


def test_a_harmed_footer_is_damage_and_nothing_else(picu: studies.Study, tmp_path: Path) -> None:
    """A flipped bit may ask the reader for any type, length or memory there is: 3,000 files."""
    played = studies.play(picu, range(20))
    path = ChunkStore(tmp_path, picu).save(played)
    whole, key, chance = path.read_bytes(), ChunkStore(tmp_path, picu).key, random.Random(2)
    (footer,) = struct.unpack("<I", whole[-8:-4])
    found = 0
    for _ in range(3000):
        bytes_ = bytearray(whole)
        bytes_[-1 - chance.randrange(footer + 8)] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes_)
        try:
            again = read_chunk(path, picu, key)
        except DamagedChunkError:
            found += 1
        else:
            assert everything(again) == everything(played)
    assert found > 1000


def test_any_file_cut_short_is_found(picu: studies.Study, played: studies.ReplicateResults, tmp_path: Path) -> None:
    store = ChunkStore(tmp_path, picu)
    path = store.save(played)
    whole = path.read_bytes()
    for length in (0, 3, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedChunkError):
            read_chunk(path, picu, store.key)


def test_a_damaged_chunk_is_named_and_moved_aside(
    picu: studies.Study, played: studies.ReplicateResults, tmp_path: Path
) -> None:
    told: list[str] = []
    path = ChunkStore(tmp_path, picu).save(played)
    for count in (1, 2):
        path.write_bytes(b"PAR1 and nothing more")
        assert ChunkStore(tmp_path, picu, tell=told.append).load(range(100, 300)) is None
        assert not path.exists()
        assert len(list((tmp_path / "damaged").iterdir())) == count
    assert str(path) in told[0]
    assert "counts as not simulated" in told[0]


def test_a_chunk_under_another_name_is_damaged(
    picu: studies.Study, played: studies.ReplicateResults, tmp_path: Path
) -> None:
    """A copied file must not pass for other replicates."""
    store = ChunkStore(tmp_path, picu)
    store.save(played).rename(tmp_path / "000000300-000000500.parquet")
    assert store.load(range(300, 500)) is None


def test_a_chunk_of_another_seed_is_refused(
    picu: studies.Study, played: studies.ReplicateResults, tmp_path: Path
) -> None:
    ChunkStore(tmp_path, picu).save(played)
    other = ChunkStore(tmp_path, with_simulation(picu, seed=9))
    with pytest.raises(RunError) as refused:
        other.load(range(100, 300))
    assert refused.value.code == "TS-R008"


def test_the_key_is_of_the_scenario_and_of_nothing_that_changes_no_number(picu: studies.Study, tmp_path: Path) -> None:
    assert ChunkStore(tmp_path, picu).key == ChunkStore(tmp_path, with_simulation(picu, replicates=7)).key
    assert ChunkStore(tmp_path, picu).key != ChunkStore(tmp_path, with_simulation(picu, seed=7)).key
    assert store_key("a") != store_key("b")
