"""The store of a run: chunks of replicates, whole or not there, checked when read, and never of another study."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import NUMBERS, Estimates
from trialsim.engine import Engine
from trialsim.looks.results import OF_TRIAL, OF_TWINS, TYPES, LookResults
from trialsim.prepared import Study
from trialsim.runs.sealed import (
    DAMAGED,
    DamagedChunkError,
    array_of,
    chunk_files,
    file_of,
    read_sealed,
    set_aside,
    write_sealed,
)
from trialsim.runs.versions import versions
from trialsim.scenario.identity import play_hash
from trialsim.study import ReplicateResults

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "CHUNKS", "CONTRACT", "DAMAGED", "ChunkStore", "DamagedChunkError", "chunk_files", "covered",
    "read_chunk", "set_aside", "store_key",
]  # fmt: skip

#: Raised whenever the same scenario and seed would give other numbers, or when chunks hold them in another way.
CONTRACT = 2

CHUNKS = "chunks"
ENGINES: tuple[Engine, ...] = ("fast", "simpy")

Array = NDArray[Any]


@dataclass(frozen=True)
class ChunkStore:
    """The chunks of one study and seed in a folder, one Parquet file each.

    A file is written under a temporary name, flushed to the disk and renamed; its columns have one row for each replicate.
    Its key is the hash of the resolved scenario (seed included), of :data:`CONTRACT` and of the engine.

    Attributes
    ----------
    folder : where the files are
    study : whose chunks they are
    engine : what simulates them
    tell : is called with a sentence on each damaged file
    """

    folder: Path
    study: Study
    tell: Callable[[str], None] = field(default=lambda _: None)
    engine: Engine = "fast"

    @cached_property
    def key(self) -> str:
        """32 hexadecimal digits of all that decides what a chunk holds."""
        return store_key(play_hash(self.study.scenario), self.engine)

    def path(self, replicates: range) -> Path:
        """Where the chunk of ``replicates`` is, or would be."""
        return file_of(self.folder, replicates)

    def save(self, played: ReplicateResults) -> Path:
        """Write a chunk, whole or not at all."""
        path = self.path(played.estimates.replicates)
        _write(path, played, self.key)
        for known, shorter in self._files:
            if shorter != path and _holds(played.estimates.replicates, known):
                shorter.unlink(missing_ok=True)
        return path

    def load(self, replicates: range) -> ReplicateResults | None:
        """The replicates of a chunk from the file that holds all of them; None where there is none.

        A damaged file is named, moved to the folder ``damaged`` beside it, and counts as not there.
        """
        covering = (path for known, path in self._files if _holds(known, replicates))
        for path in dict.fromkeys((self.path(replicates), *covering)):
            if path.is_file():
                try:
                    return _part(read_chunk(path, self.study, self.key), replicates)
                except DamagedChunkError as damage:
                    self.tell(
                        f"{path} is damaged ({damage}); it is moved to {set_aside(path)} and counts as not simulated."
                    )
        return None

    @cached_property
    def _files(self) -> list[tuple[range, Path]]:
        """What was there when the store was first asked; what is simulated now is not looked up again."""
        return chunk_files(self.folder)


def _holds(all_: range, some: range) -> bool:
    return all_.start <= some.start and some.stop <= all_.stop


def store_key(identity: str, engine: Engine = "fast", contract: int = CONTRACT) -> str:
    """The key of the chunks that ``engine`` simulates of a study whose hash (:func:`play_hash`) is ``identity``."""
    return hashlib.blake2b(f"{identity} {contract} {engine}".encode("ascii"), digest_size=16).hexdigest()


def covered(parts: Iterable[range], replicates: int | None = None) -> int:
    """How many replicates (below ``replicates``) the rising ``parts`` hold, those that two of them hold counted once.

    >>> covered([range(0, 500), range(200, 500), range(1000, 1500)], 1200)
    700
    """
    count = reached = 0
    for part in parts:
        stop = part.stop if replicates is None else min(part.stop, replicates)
        count += max(stop - max(part.start, reached), 0)
        reached = max(reached, stop)
    return count


def read_chunk(path: Path, study: Study, key: str) -> ReplicateResults:
    """What a file holds, checked against its checksum, its name and the key of the study.

    Raises
    ------
    DamagedChunkError
        when the file is not what it says
    RunError
        TS-R008 when it is a chunk of another study, TS-R009 when it cannot be read at all
    """
    table, header = read_sealed(path, key)
    return _played(table, study, header)


# ---------------------------------------------------------------- a chunk as a table


def _write(path: Path, played: ReplicateResults, key: str) -> None:
    estimates = played.estimates
    start, stop = estimates.replicates.start, estimates.replicates.stop
    columns: dict[str, Array] = {"replicate": np.arange(start, stop, dtype=np.int64)}
    columns |= {name: getattr(estimates, name).transpose(1, 0, 2) for name in NUMBERS}
    columns["n"] = estimates.n.transpose(1, 0, 2).astype(np.int32)
    columns["status"] = estimates.status.transpose(1, 0, 2)
    columns |= {"trial": played.trial, "entry_days": played.entry_days}
    if played.waits.size:
        columns["waits"] = played.waits
    if played.looks is not None:
        columns |= look_columns(played.looks)
    header = {"key": key, "contract": CONTRACT, "start": start, "stop": stop, "twins": list(estimates.twins)}
    write_sealed(path, columns, header | {"versions": played.by or versions()})


def _played(table: pa.Table, study: Study, header: dict[str, Any]) -> ReplicateResults:
    replicates, twins, rows = range(header["start"], header["stop"]), tuple(header["twins"]), study.analysis.rows
    shape = (len(replicates), len(twins), len(rows))

    def of(name: str) -> Array:
        return np.ascontiguousarray(array_of(table, name).reshape(shape).transpose(1, 0, 2))

    estimates = Estimates(
        rows=rows,
        twins=twins,
        replicates=replicates,
        n=of("n").astype(np.int64),
        status=of("status"),
        **{name: of(name) for name in NUMBERS},
    )
    days = array_of(table, "entry_days")
    waits = _waits(table, days.shape)
    looks = None if study.looks is None else _looks(table, study.looks.interim, len(twins))
    return ReplicateResults(estimates, array_of(table, "trial"), days, waits, by=dict(header["versions"]), looks=looks)


def look_columns(looks: LookResults) -> dict[str, Array]:
    """The looks of each trial as columns, one row for each trial."""
    found = {f"look_{name}": np.moveaxis(getattr(looks, name), 1, 0) for name in OF_TWINS}
    found["look_closed"] = looks.closed
    return {name: values for name, values in found.items() if values.size} | {
        f"look_{name}": getattr(looks, name) for name in OF_TRIAL
    }


def _looks(table: pa.Table, interim: int, twins: int) -> LookResults:
    replicates = table.num_rows

    def of(name: str) -> Array:
        if not interim:
            return np.empty((twins, replicates, 0))
        return np.ascontiguousarray(
            np.moveaxis(array_of(table, f"look_{name}").reshape(replicates, twins, interim), 0, 1)
        )

    arrays: dict[str, Array] = {name: of(name).astype(TYPES.get(name, np.float64)) for name in OF_TWINS}
    arrays |= {name: array_of(table, f"look_{name}").astype(np.int64) for name in OF_TRIAL}
    flat = array_of(table, "look_closed") if "look_closed" in table.column_names else np.empty((replicates, 0))
    arrays["closed"] = flat.reshape(replicates, interim, flat.shape[1] // max(interim, 1))
    return LookResults(**arrays)


def _waits(table: pa.Table, shape: tuple[int, ...]) -> NDArray[np.int32]:
    """(R, N, H), where there are needs for staff at all."""
    if "waits" not in table.column_names:
        return np.zeros((*shape, 0), dtype=np.int32)
    return np.asarray(array_of(table, "waits").reshape(*shape, -1), dtype=np.int32)


def _part(played: ReplicateResults, replicates: range) -> ReplicateResults:
    """The ``replicates`` of a chunk that holds more."""
    estimates = played.estimates
    if estimates.replicates == replicates:
        return played
    first = replicates.start - estimates.replicates.start
    part = slice(first, first + len(replicates))
    arrays = {name: np.ascontiguousarray(getattr(estimates, name)[:, part]) for name in (*NUMBERS, "n", "status")}
    return ReplicateResults(
        estimates=Estimates(rows=estimates.rows, twins=estimates.twins, replicates=replicates, **arrays),
        trial=played.trial[part],
        entry_days=played.entry_days[part],
        waits=played.waits[part],
        by=played.by,
        looks=None if played.looks is None else played.looks.part(part),
    )
