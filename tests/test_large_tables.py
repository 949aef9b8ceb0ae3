"""Tables that are too large are refused from their size and first lines, before they fill the memory."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from trialsim.errors import ScenarioError
from trialsim.pilot import FitError, read_pilot
from trialsim.pilot.reading import MOST_COLUMNS, MOST_ROWS
from trialsim.quantities.empirical import MOST_VALUES
from trialsim.scenario.load import loads
from trialsim.scenario.shipped import shipped_scenarios

#: What refusing may take [bytes]; a file of 20 MB held as a map a row takes a hundred times as much.
MOST = 20 * 2**20


def pilot(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "pilot.csv"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("id,arm,pre,post\n" + "1,a,1,2\n" * (MOST_ROWS + 2), "rows"),
        ("id,arm,pre,post\n" + "1,a,1,2\n" * 1_400_000, "10 MB"),
        ("id,arm," + ",".join(f"x{i}" for i in range(MOST_COLUMNS)) + "\n1,a" + ",1" * MOST_COLUMNS + "\n", "columns"),
        ("x," * 2**16, "letters"),
    ],
    ids=["rows", "bytes", "columns", "first line"],
)
def test_a_large_pilot_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = pilot(tmp_path, text)
    tracemalloc.start()
    with pytest.raises(FitError, match=why) as found:
        read_pilot(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.value.code == "TS-F001"
    assert peak < MOST


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_no_pilot_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pilot.csv")
    with pytest.raises(FitError, match="a pipe"):
        read_pilot(tmp_path / "pilot.csv")


def with_lengths(folder: Path) -> None:
    text = shipped_scenarios()["picu-blood-draw"].path.read_text(encoding="utf-8")
    line = "lasts: {median: 3 min, cv: 0.5, assumed: no figure for one attempt}"
    assert line in text
    loads(text.replace(line, "lasts: {empirical: {file: x.csv, column: m, unit: min}}"), folder=folder)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("m\n" + "12\n" * 6_000_000, f"more than {MOST_VALUES:,} values"),
        ("m\n" + "12," * 6_000_000, "cannot be read"),
        ("x," * 9_000_000, "cannot be read"),
        ("m\n" + "12\n" * 7_000_000, "20 MB"),
    ],
    ids=["values", "a line", "the first line", "bytes"],
)
def test_large_lengths_are_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    loads(
        shipped_scenarios()["picu-blood-draw"].path.read_text(encoding="utf-8")
    )  # what is imported then does not count
    tracemalloc.start()
    with pytest.raises(ScenarioError, match=why):
        with_lengths(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST


def test_lengths_are_read(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("\ufeffid,m\n1, 3\n2,\n3\n4,5\n", encoding="utf-8")
    with_lengths(tmp_path)
