"""estimates.parquet: the same bytes from any chunks, one row for each replicate, twin and row of the plan."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from trialsim.analysis.estimates import NUMBERS, Estimates
from trialsim.analysis.plan import RowPlan
from trialsim.runs.estimates import GROUP, estimates_file, estimates_table

ROWS = tuple(
    RowPlan("main", contrast, "t", "mean difference", 0.0, 0.05, "nmol/L") for contrast in ("b - a", "c - a", "c - b")
)


def made(replicates: range) -> Estimates:
    """Numbers that depend on the replicate alone."""
    shape = (2, len(replicates), len(ROWS))
    number = np.array(replicates, dtype=np.float64)[None, :, None] + np.arange(6.0).reshape(2, 1, 3) / 10
    numbers = {name: np.broadcast_to(np.sin(number + i), shape).copy() for i, name in enumerate(NUMBERS)}
    status = np.broadcast_to(np.array(replicates)[None, :, None] % 7 == 3, shape).astype(np.int8)
    return Estimates(
        ROWS, ("declared", "null"), replicates, n=np.full(shape, 40, dtype=np.int64), status=status, **numbers
    )


def written(path: Path, cuts: list[int]) -> bytes:
    with estimates_file(path) as growing:
        for low, high in pairwise(cuts):
            growing.add(made(range(low, high)))
    return path.read_bytes()


def test_chunks_change_no_byte(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.parquet", [0, 2500])
    assert whole == written(tmp_path / "b.parquet", [0, 100, 900, 1100, 2400, 2500])
    assert whole != written(tmp_path / "c.parquet", [1, 2501])


def test_row_groups_end_at_fixed_replicates(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", [0, 700, 2500])
    groups = pq.ParquetFile(tmp_path / "a.parquet").metadata
    assert [groups.row_group(i).num_rows for i in range(groups.num_row_groups)] == [6 * GROUP, 6 * GROUP, 6 * 500]


def test_what_is_read_is_what_was_estimated(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", [0, 100, 300])
    frame = pq.read_table(tmp_path / "a.parquet").to_pandas()
    estimates = made(range(300))
    assert len(frame) == 300 * 6
    row = frame[(frame.replicate == 123) & (frame.twin == "null") & (frame.contrast == "c - a")].iloc[0]
    assert row.estimate == estimates.estimate[1, 123, 1]
    assert (row.conf_low, row.conf_high, row.p_raw) == tuple(
        getattr(estimates, name)[1, 123, 1] for name in ("low", "high", "p_raw")
    )
    assert set(frame.status) == {"ok", "an arm has no observed value"}
    names = "replicate twin analysis contrast estimate se df statistic p p_raw conf_low conf_high n status"
    assert " ".join(frame.columns) == names


def test_an_error_leaves_no_file(tmp_path: Path) -> None:
    def fail() -> None:
        with estimates_file(tmp_path / "a.parquet") as growing:
            growing.add(made(range(1200)))
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_the_table_of_one_replicate() -> None:
    assert estimates_table(made(range(5, 6))).num_rows == 6
