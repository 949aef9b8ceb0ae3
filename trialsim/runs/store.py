"""Files of a run: written whole or not at all, and never over another study."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trialsim.errors import RunError
from trialsim.evaluate.table import TABLE_COLUMNS, Measure

if TYPE_CHECKING:
    import pyarrow as pa

    from trialsim.analysis.estimates import Estimates

MANIFEST = "run.json"

#: Replicates in one row group of estimates.parquet, counted over the whole simulation.
GROUP = 1000


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path`` that takes its place when the block ends well, and vanishes when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 with plain line feeds."""
    with whole_file(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def write_json(path: Path, value: object) -> None:
    """Write ``value`` as JSON, keys in their own order."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_measures(path: Path, measures: Iterable[Measure]) -> None:
    """Write the table of operating characteristics; numbers in full, an absent number as an empty cell."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(TABLE_COLUMNS)
    for measure in measures:
        table.writerow("" if isinstance(cell, float) and cell != cell else cell for cell in astuple(measure))
    write_text(path, text.getvalue())


# ---------------------------------------------------------------- whose folder it is


@dataclass(frozen=True)
class RunFolder:
    """An output folder that belongs to one study; ``previous`` are the files an earlier run of it made."""

    path: Path
    previous: tuple[str, ...] = ()


def claim(out: Path, *, scenario_hash: str, seed: int, name: str = "") -> RunFolder:
    """Take ``out`` for a study: a new or empty folder, or one that an earlier run of the same study made.

    Raises
    ------
    RunError
        TS-R001 when the folder holds other files, TS-R002 when it holds another study or seed,
        TS-R003 when it cannot be written
    """
    if out.exists() and not out.is_dir():
        raise RunError(f"{out} is a file.", code="TS-R001", remedy="Name a folder with --out.")
    earlier = read_manifest(out)
    if earlier is None and out.is_dir() and any(out.iterdir()):
        raise RunError(
            f"{out} holds files that no run of trialsim made.",
            code="TS-R001",
            remedy="Choose another folder with --out, or empty this one.",
        )
    if earlier is not None and (earlier.get("scenario_hash"), earlier.get("seed")) != (
        scenario_hash,
        seed,
    ):
        raise RunError(
            f"{out} holds another study: {_identity(earlier)}; this one is {name or 'scenario'} "
            f"({scenario_hash[:12]}), seed {seed}.",
            code="TS-R002",
            remedy="Choose another folder with --out, or remove this one.",
        )
    previous = tuple((earlier or {}).get("outputs", {}))
    folder = RunFolder(out, previous)
    claimed = {
        "status": "started",
        "scenario": name,
        "scenario_hash": scenario_hash,
        "seed": seed,
    }
    try:
        write_json(
            out / MANIFEST,
            claimed | {"outputs": dict((earlier or {}).get("outputs", {}))},
        )
    except OSError as problem:
        raise RunError(
            f"{out} cannot be written: {problem.strerror or problem}.",
            code="TS-R003",
            remedy="Choose another folder with --out.",
        ) from problem
    return folder


def read_manifest(out: Path) -> dict[str, Any] | None:
    """The manifest of a run, None where there is none.

    Raises
    ------
    RunError
        TS-R004 when it is there and cannot be read
    """
    try:
        text = (out / MANIFEST).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        value = json.loads(text)
    except ValueError as problem:
        raise RunError(
            f"{out / MANIFEST} is damaged.",
            code="TS-R004",
            remedy="Choose another folder with --out.",
        ) from problem
    if not isinstance(value, dict):
        raise RunError(
            f"{out / MANIFEST} is damaged.",
            code="TS-R004",
            remedy="Choose another folder with --out.",
        )
    return value


def _identity(manifest: dict[str, Any]) -> str:
    name, known = manifest.get("scenario", ""), str(manifest.get("scenario_hash", ""))
    return f"{name or 'a scenario'} ({known[:12]}), seed {manifest.get('seed')}"


def remove_stale(folder: RunFolder, made: Iterable[str]) -> None:
    """Delete what an earlier run of this study made and this one did not; nothing else."""
    root = folder.path.resolve()
    for name in set(folder.previous) - set(made):
        stale = (folder.path / name).resolve()
        if stale.is_relative_to(root):
            stale.unlink(missing_ok=True)


# ---------------------------------------------------------------- estimates


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
                compression="zstd",
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
