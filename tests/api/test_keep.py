from __future__ import annotations

from pathlib import Path

import pytest

import trialsim as ts
from trialsim.api.shards import shard
from trialsim.api.stored import clean_runs
from trialsim.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with figures and page."""
    out = tmp_path_factory.mktemp("run") / "out"
    made = ts.run("textbook-t-test", out, replicates=200)
    assert isinstance(made, ts.Run)
    assert "rejects in" in repr(made)
    assert "power" in ts.plots.names(made)
    return out


def test_python_and_the_command_line_write_the_same_files(folder: Path, tmp_path: Path) -> None:
    """Byte for byte, figures and page too; only what run and store say of themselves holds times and paths."""
    other = tmp_path / "out"
    assert main(["run", "textbook-t-test", "--out", str(other), "--replicates", "200"]) == 0
    mine, theirs = (
        {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (folder, other)
    )
    assert mine.keys() == theirs.keys()
    assert {"report.html", "figures/power.png", "estimates.parquet"} <= mine.keys()
    differ = {name for name in mine if mine[name] != theirs[name]}
    assert {name.rsplit("/", 1)[-1] for name in differ} <= {"run.json", "store.json", "report.html"}


def test_an_opened_run_has_its_tables(folder: Path) -> None:
    run = ts.open_run(folder)
    assert run.study.scenario.name == "textbook-t-test"
    assert "power" in set(run.frame()["measure"])
    assert len(run.frame("participants")) == 60
    assert run.frame("estimates")["replicate"].nunique() == 200
    with pytest.raises(KeyError, match="Did you mean 'estimates'"):
        run.frame("estimate")
    with pytest.raises(ts.RunError, match="TS-R016"):
        ts.plots.power(run)
    assert "200 simulated trials" in repr(run)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ts.RunError, match="TS-R016"):
        ts.open_run(tmp_path)


def test_runs_are_listed_and_verified(folder: Path) -> None:
    found = ts.runs(folder.parent, check=True)
    assert [one.status for one in found] == ["done"]
    assert len(found.frame()) == 1
    assert ts.verify(folder, sample=2).ok
    assert clean_runs(folder.parent)[1] == ()


def test_shards_are_merged_to_the_same_numbers(tmp_path: Path) -> None:
    for index in (1, 2):
        part = shard("textbook-t-test", index, 2, tmp_path / "out", replicates=1000)
        assert part.folder.is_dir()
    merged = ts.merge(tmp_path / "out", figures=False)
    whole = ts.run("textbook-t-test", tmp_path / "whole", replicates=1000, figures=False)
    assert merged.frame().equals(whole.frame())
    assert merged.finished is not None
    assert merged.finished.missing == ()


def test_a_very_large_run_is_refused_unless_it_is_meant(tmp_path: Path) -> None:
    with pytest.raises(ts.RunError, match="large=True"):
        ts.run("textbook-t-test", tmp_path / "out", replicates=10**8)
    with pytest.raises(ts.RunError, match="TS-R018"):
        ts.run("textbook-t-test", tmp_path / "out", replicates=10**9 + 1, large=True)


def test_a_precision_is_reached_and_said(tmp_path: Path) -> None:
    made = ts.run("textbook-t-test", tmp_path / "out", precision=0.03, replicates=2000, truth=False, figures=False)
    assert made.precision is not None
    assert made.characteristics.value("power", analysis="main").mcse <= 0.03


def test_a_run_stays_itself_when_another_study_takes_its_place(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = ts.run("textbook-t-test", out, replicates=100, figures=False, truth=False)
    opened = ts.open_run(out)
    before = first.frame()
    ts.run(
        ts.change("textbook-t-test", {"design.enroll": {"each arm": 10}}),
        out,
        replicates=100,
        figures=False,
        truth=False,
    )
    assert first.frame().equals(before)
    assert opened.frame().equals(before)
    assert opened.frame("estimates").equals(first.frame("estimates"))
    assert opened.study.conduct.target == 60
    assert len(ts.open_run(out).frame("participants")) == 20


def test_a_run_that_a_longer_one_replaced_says_so(tmp_path: Path) -> None:
    out = tmp_path / "out"
    short = ts.run("textbook-t-test", out, replicates=50, figures=False, truth=False)
    ts.run("textbook-t-test", out, replicates=100, figures=False, truth=False)
    with pytest.raises(ts.RunError, match="TS-R063"):
        short.frame()
