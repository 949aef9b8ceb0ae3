"""A run keeps the looks of its trials and not the decisions: other bounds simulate nothing, and each result is kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import trialsim as ts
from tests.looks.conftest import PLAIN, plain
from trialsim.looks.results import OF_TWINS
from trialsim.runs.store import ChunkStore, read_chunk
from trialsim.scenario import loads
from trialsim.scenario.change import change
from trialsim.scenario.identity import play_hash, scenario_hash
from trialsim.study import play

BOUNDS = "design.looks.efficacy.spending=pocock"


@pytest.mark.parametrize("priced", [False, True])
def test_a_chunk_holds_what_was_simulated(tmp_path: Path, priced: bool) -> None:
    costs = {"currency": "EUR", "participant": "10 EUR"} if priced else None
    study = plain(costs=costs)
    store = ChunkStore(tmp_path, study)
    played = play(study, range(30))
    path = store.save(played)
    again, part = read_chunk(path, study, store.key), store.load(range(10, 20))
    assert played.looks is not None
    assert again.looks is not None
    assert part is not None
    assert part.looks is not None
    for name in played.looks.__dataclass_fields__:
        stored, simulated = getattr(again.looks, name), getattr(played.looks, name)
        assert stored.dtype == simulated.dtype
        assert np.array_equal(stored, simulated, equal_nan=True)
        some = simulated[:, 10:20] if name in OF_TWINS else simulated[10:20]
        assert np.array_equal(getattr(part.looks, name), some, equal_nan=True)


def test_other_bounds_simulate_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    quick = {"replicates": 300, "figures": False, "truth": False}
    first = ts.run(PLAIN, out, **quick)
    power = first.characteristics.value("power", analysis="main").value
    other = ts.run(PLAIN, out, set=[BOUNDS], **quick)
    assert other.finished is not None
    assert other.finished.found == 300
    assert other.characteristics.value("power", analysis="main").value != power
    kept = other.finished.before
    assert kept is not None
    assert json.loads((kept / "run.json").read_text())["scenario_hash"] == first.manifest["scenario_hash"]
    back = ts.run(PLAIN, out, **quick)
    assert back.characteristics.value("power", analysis="main").value == power
    assert len(list((out / "chunks").iterdir())) == 1
    assert ts.verify(out).lines()[0].endswith("equal.")
    later = ts.run(PLAIN, out, set=["design.looks.at=[40 %, 80 %]"], **quick)
    assert later.finished is not None
    assert later.finished.found == 0


def test_two_hashes_of_a_study() -> None:
    study = loads(PLAIN)
    other = change(study, {"design.looks.efficacy.spending": "pocock"})
    moved = change(study, {"design.looks.at": ["40 %"]})
    assert play_hash(other) == play_hash(study) != play_hash(moved)
    assert len({scenario_hash(one) for one in (study, other, moved)}) == 3
    without = change(study, {"design.looks": None})
    assert play_hash(without) == scenario_hash(without)
