"""Estimates of a finished run, read back from its folder a row group at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from trialsim.analysis.estimates import NUMBERS, Estimates
from trialsim.analysis.rows import STATUS_TEXT
from trialsim.compare.sides import Side, strange
from trialsim.errors import RunError
from trialsim.evaluate.table import Measure
from trialsim.runs.run import ESTIMATES, MEASURES

#: Columns of the file with another name than in :class:`trialsim.analysis.estimates.Estimates`.
OTHER_NAMES = {"low": "conf_low", "high": "conf_high"}


def stored_estimates(side: Side, replicates: range) -> Iterator[Estimates]:
    """The estimates of ``replicates`` in batches of at most one row group, in order.

    Raises
    ------
    RunError
        TS-C004 if the file does not match its study
    """
    import pyarrow.parquet as pq

    assert side.folder is not None
    rows = side.study.analysis.rows
    with pq.ParquetFile(side.folder / ESTIMATES) as file:
        start = 0
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            twins = table.column("twin").combine_chunks().dictionary.to_pylist()
            each = len(twins) * len(rows)
            if not each or table.num_rows % each or file.metadata.num_rows != side.replicates * each:
                raise _strange(side.folder)
            count = table.num_rows // each
            here = range(start, start + count)
            start += count
            if table.column("replicate")[0].as_py() != here.start:
                raise _strange(side.folder)
            batch = _estimates(table, side, tuple(twins), here)
            yield _cut(batch, range(max(here.start, replicates.start), min(here.stop, replicates.stop)))
            if here.stop >= replicates.stop:
                return


def _strange(folder: Path) -> RunError:
    return strange(folder, f"{ESTIMATES} does not contain the analyses of its scenario")


def _estimates(table: object, side: Side, twins: tuple[str, ...], replicates: range) -> Estimates:
    import pyarrow as pa

    assert isinstance(table, pa.Table)
    rows = side.study.analysis.rows
    shape = (len(replicates), len(twins), len(rows))

    def numbers(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        flat = table.column(name).to_numpy()
        return np.ascontiguousarray(flat.reshape(shape).transpose(1, 0, 2))

    names = [table.column(name)[: len(rows)].to_pylist() for name in ("analysis", "contrast")]
    if [(row.analysis, row.contrast) for row in rows] != list(zip(*names, strict=True)):
        assert side.folder is not None
        raise _strange(side.folder)
    status = table.column("status").combine_chunks()
    codes = {text: code for code, text in STATUS_TEXT.items()}
    known = np.array([codes[text] for text in status.dictionary.to_pylist()], dtype=np.int8)
    return Estimates(
        rows=rows,
        twins=twins,
        replicates=replicates,
        **{name: numbers(OTHER_NAMES.get(name, name)) for name in NUMBERS},
        n=numbers("n").astype(np.int64),
        status=known[status.indices.to_numpy()].reshape(shape).transpose(1, 0, 2),
    )


def _cut(estimates: Estimates, replicates: range) -> Estimates:
    """The part of a batch that lies in ``replicates``."""
    first = estimates.replicates.start
    part = slice(max(replicates.start - first, 0), max(replicates.stop - first, 0))
    arrays = {name: getattr(estimates, name)[:, part] for name in (*NUMBERS, "n", "status")}
    return Estimates(rows=estimates.rows, twins=estimates.twins, replicates=replicates, **arrays)


def stored_measures(side: Side) -> list[Measure]:
    """The table of operating characteristics of a finished run.

    Raises
    ------
    RunError
        TS-C004 if the file does not contain such a table
    """
    assert side.folder is not None
    found = []
    try:
        with (side.folder / MEASURES).open(encoding="utf-8", newline="") as opened:
            for row in csv.DictReader(opened):
                value, mcse, low, high = (
                    float(row[name] or "nan") for name in ("value", "mcse", "conf_low", "conf_high")
                )
                replicates, failed = int(row["n_replicates"]), int(row["n_failed"])
                of = row["analysis"], row["contrast"], row["measure"]
                found.append(Measure(*of, value, mcse, low, high, replicates, failed))
    except (ValueError, KeyError, TypeError) as problem:
        raise strange(side.folder, f"{MEASURES} is not a table of operating characteristics") from problem
    return found
