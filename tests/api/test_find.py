from __future__ import annotations

from pathlib import Path

import pytest

import trialsim as ts


def test_a_size_with_its_curve_and_folder(study: ts.Study, tmp_path: Path) -> None:
    found = ts.find_size(study, power=0.8, replicates=400, confirm=0, out=tmp_path / "size")
    assert found.at is not None
    assert 100 < found.at < 150  # 128 by the closed form, two-sided 5 %, d = .5
    assert list(found.frame().columns) == ["at", "value", "mcse", "low", "high"]
    assert (tmp_path / "size" / "size.json").is_file()
    assert ts.plots.names(found) == ["power_curve"]


def test_a_folder_of_another_study_is_refused_before_anything_is_played(study: ts.Study, tmp_path: Path) -> None:
    ts.find_size(study, replicates=200, confirm=0, out=tmp_path)
    other = ts.change(study, {"name": "another"})
    with pytest.raises(ts.RunError, match="TS-R002"):
        ts.find_size(other, replicates=200, confirm=0, out=tmp_path, progress=_never)


def _never(*_: object) -> None:
    raise AssertionError("something was played")


def test_an_effect_and_a_precision(study: ts.Study) -> None:
    effect = ts.find_effect(study, power=0.8, replicates=400, confirm=0)
    assert effect.found.axis == "effect"
    width = ts.find_precision(study, width=0.8, replicates=400, confirm=0)
    assert width.found.measure == "width"


def test_assurance_and_what_it_says() -> None:
    found = ts.find_assurance("assurance", replicates=300, points=15)
    assert "mcse" in found.frame().columns
    assert found.lines()
