from __future__ import annotations

from pathlib import Path

import pytest

import trialsim as ts
from tests.api.conftest import NAME


def test_designs_in_memory_and_on_disk_compare_alike(study: ts.Study, copied: Path) -> None:
    larger = ts.change(study, {"design.enroll": {"each arm": 60}})
    memory = ts.compare([study, larger], replicates=200).frame()
    typed = ts.compare([copied], variants=["design.enroll={each arm: 60}"], replicates=200).frame()
    numbers = memory.select_dtypes("number")
    assert numbers.equals(typed.select_dtypes("number"))


def test_a_sweep_by_a_dictionary_is_that_by_words(study: ts.Study, tmp_path: Path) -> None:
    words = ts.sweep(study, ["design.enroll=[40, 80]"], replicates=200, out=tmp_path / "sweep", figures=False)
    said = ts.sweep(NAME, {"design.enroll": [40, 80]}, replicates=200)
    assert said.frame()["value"].tolist() == words.frame()["value"].tolist()
    assert (tmp_path / "sweep" / "designs.csv").is_file()
    again = ts.sweep(study, ["design.enroll=[40, 80]"], replicates=200, out=tmp_path / "sweep", figures=False)
    assert again.found.computed == 0
    with pytest.raises(ts.RunError, match="TS-R005"):
        ts.sweep(study)


def test_a_tornado_needs_ranges(study: ts.Study) -> None:
    with pytest.raises(ts.RunError, match="TS-R022"):
        ts.tornado(study, replicates=20)
    found = ts.tornado("sweep-staffing", replicates=20)
    assert set(found.frame()["measure"]) >= {"power"}
    assert ts.plots.names(found) == ["tornado"]


def test_reproducing_needs_a_published_study(study: ts.Study) -> None:
    with pytest.raises(ts.AnalysisError, match="TS-A010"):
        ts.reproduce(study, replicates=20)
    name = next(name for name in ts.shipped() if ts.load(name).published)
    found = ts.reproduce(name, replicates=50)
    assert len(found.frame()) == len(found.placements) > 0
