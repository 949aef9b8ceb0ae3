"""``estimates.parquet``: one row for each replicate, twin and row of the plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trialsim.runs.files import whole_file

if TYPE_CHECKING:
    import pyarrow as pa

    from trialsim.analysis.estimates import Estimates

#: Replicates in one row group, counted over the whole simulation.
GROUP = 1000


class EstimatesFile:
    """``estimates.parquet`` as it grows: batches come in order, row groups end at fixed replicates."""

    def __init__(self, temporary: Path) -> None:
        self._path = temporary
        self._writer: Any = None
        self._pending: list[pa.Table] = []

    def add(self, estimates: Estimates) -> None:
        """Append one batch, in the order of its replicates."""
        start, stop = estimates.replicates.start, estimates.replicates.stop
        cuts = [start, *range(start - start % GROUP + GROUP, stop, GROUP), stop]
        table = estimates_table(estimates)
        rows = table.num_rows // max(stop - start, 1)
        for low, high in pairwise(cuts):
            self._pending.append(table.slice((low - start) * rows, (high - low) * rows))
            if high % GROUP == 0:
                self._flush()

    def close(self) -> None:
        """Write what is left and end the file."""
        self._flush()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self._pending:
            return
        table = pa.concat_tables(self._pending).combine_chunks()
        self._pending = []
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._path,
                table.schema,
                compression="snappy",
                write_statistics=["replicate"],
                use_dictionary=["twin", "analysis", "contrast", "status"],
            )
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))


@contextmanager
def estimates_file(path: Path) -> Iterator[EstimatesFile]:
    """``estimates.parquet`` at ``path``, there only if everything was written."""
    with whole_file(path) as temporary:
        growing = EstimatesFile(temporary)
        try:
            yield growing
        finally:
            growing.close()


def estimates_table(estimates: Estimates) -> pa.Table:
    """One row for each replicate, twin and row of the plan, in that order."""
    import pyarrow as pa

    twins, rows = list(estimates.twins), estimates.rows
    replicates = np.arange(estimates.replicates.start, estimates.replicates.stop, dtype=np.int64)
    shape = (len(replicates), len(twins), len(rows))

    def spread(values: np.ndarray[Any, Any], axis: int) -> np.ndarray[Any, Any]:
        place = [1, 1, 1]
        place[axis] = -1
        return np.broadcast_to(values.reshape(place), shape).ravel()

    def words(labels: Sequence[str], axis: int) -> pa.DictionaryArray:
        known = list(dict.fromkeys(labels))
        codes = np.array([known.index(label) for label in labels], dtype=np.int16)
        return pa.DictionaryArray.from_arrays(pa.array(spread(codes, axis)), pa.array(known, pa.string()))

    columns: dict[str, Any] = {
        "replicate": pa.array(spread(replicates, 0)),
        "twin": words(twins, 1),
        "analysis": words([row.analysis for row in rows], 2),
        "contrast": words([row.contrast for row in rows], 2),
    }
    for name in ("estimate", "se", "df", "statistic", "p", "p_raw", "low", "high"):
        values = getattr(estimates, name).transpose(1, 0, 2)
        columns[{"low": "conf_low", "high": "conf_high"}.get(name, name)] = pa.array(
            np.ascontiguousarray(values).ravel()
        )
    columns["n"] = pa.array(np.ascontiguousarray(estimates.n.transpose(1, 0, 2)).ravel().astype(np.int32))
    texts = list(estimates.status_text)
    codes = np.ascontiguousarray(estimates.status.transpose(1, 0, 2)).ravel().astype(np.int16)
    columns["status"] = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(texts, pa.string()))
    return pa.table(columns)
