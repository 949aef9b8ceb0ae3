"""The store of a run: chunks of replicates, whole or not there, checked when read, and never of another study."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import NUMBERS, Estimates
from trialsim.errors import RunError
from trialsim.runs.files import whole_file
from trialsim.scenario.identity import scenario_hash
from trialsim.study import Played, Study

if TYPE_CHECKING:
    import pyarrow as pa

#: Raised whenever the same scenario and seed would give other numbers, or when chunks hold them in another way.
CONTRACT = 1

CHUNKS = "chunks"
DAMAGED = "damaged"
NAME = re.compile(r"(\d{9,12})-(\d{9,12})\.parquet")

Array = NDArray[Any]


class DamagedChunkError(Exception):
    """A file that does not hold what its name and its checksum say."""


@dataclass(frozen=True)
class ChunkStore:
    """The chunks of one study and seed in a folder, one Parquet file each.

    A file is written under a temporary name, flushed to the disk and renamed; its columns have one row for each replicate.
    Its key is the hash of the resolved scenario (seed included) and of :data:`CONTRACT`.

    Attributes
    ----------
    folder : where the files are
    study : whose chunks they are
    tell : is told in words of damaged files
    """

    folder: Path
    study: Study
    tell: Callable[[str], None] = field(default=lambda _: None)

    @cached_property
    def key(self) -> str:
        """32 hexadecimal digits of all that decides what a chunk holds."""
        return store_key(scenario_hash(self.study.scenario))

    def path(self, replicates: range) -> Path:
        """Where the chunk of ``replicates`` is, or would be."""
        return self.folder / f"{replicates.start:09d}-{replicates.stop:09d}.parquet"

    def save(self, played: Played) -> Path:
        """Write a chunk, whole or not at all."""
        import pyarrow.parquet as pq

        path = self.path(played.estimates.replicates)
        with whole_file(path) as temporary:
            pq.write_table(
                _table(played, self.key), temporary, compression="snappy", use_dictionary=False, write_statistics=False
            )
        for known, shorter in self._files:
            if shorter != path and _holds(played.estimates.replicates, known):
                shorter.unlink(missing_ok=True)
        return path

    def load(self, replicates: range) -> Played | None:
        """The replicates of a chunk from the file that holds all of them; None where there is none.

        A damaged file is told of, moved to the folder ``damaged`` beside it, and counts as not there.
        """
        covering = (path for known, path in self._files if _holds(known, replicates))
        for path in dict.fromkeys((self.path(replicates), *covering)):
            if path.is_file():
                try:
                    return _part(read_chunk(path, self.study, self.key), replicates)
                except DamagedChunkError as damage:
                    self.tell(
                        f"{path} is damaged ({damage}); it is moved to {set_aside(path)} and counts as not played."
                    )
        return None

    @cached_property
    def _files(self) -> list[tuple[range, Path]]:
        """What was there when the store was first asked; what is played now is not asked for again."""
        return chunk_files(self.folder)


def _holds(all_: range, some: range) -> bool:
    return all_.start <= some.start and some.stop <= all_.stop


def store_key(identity: str) -> str:
    """The key of the chunks of a study whose scenario hash is ``identity``."""
    return hashlib.blake2b(f"{identity} {CONTRACT}".encode("ascii"), digest_size=16).hexdigest()


def chunk_files(folder: Path) -> list[tuple[range, Path]]:
    """Chunk files in a folder and the replicates they say they hold, rising."""
    return sorted(_files(folder), key=lambda one: (one[0].start, -one[0].stop))


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


def _files(folder: Path) -> Iterator[tuple[range, Path]]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        name = NAME.fullmatch(path.name)
        if name is not None and int(name[1]) < int(name[2]):
            yield range(int(name[1]), int(name[2])), path


def holds_chunks_of(folder: Path, identity: str) -> bool:
    """Whether a whole chunk in ``folder`` is of the study whose scenario hash is ``identity``, and none of another."""
    import pyarrow.parquet as pq

    keys: set[object] = set()
    for _, path in chunk_files(folder):
        with suppress(Exception):  # damaged ones are no witnesses
            keys.add(json.loads(pq.read_schema(path).metadata[b"trialsim"])["key"])
    return keys == {store_key(identity)}


def set_aside(path: Path) -> Path:
    """Move a damaged file out of the way, never over another one."""
    folder = path.parent / DAMAGED
    folder.mkdir(exist_ok=True)
    count, target = 0, folder / path.name
    while target.exists():
        count += 1
        target = folder / f"{path.stem}.{count}{path.suffix}"
    path.replace(target)
    return target


def read_chunk(path: Path, study: Study, key: str) -> Played:
    """What a file holds, checked against its checksum, its name and the key of the study.

    Raises
    ------
    DamagedChunkError
        when the file is not what it says
    RunError
        TS-R008 when it is a chunk of another study, TS-R009 when it cannot be read at all
    """
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, memory_map=False)
        told = json.loads((table.schema.metadata or {})[b"trialsim"])
        whole = _checksum(told, table)
    except PermissionError as problem:
        raise RunError(f"{path} cannot be read: {problem.strerror}.", code="TS-R009", remedy=UNREADABLE) from problem
    except Exception as problem:  # whatever a reader of Parquet makes of a footer with a flipped bit
        if type(problem) is MemoryError:
            raise
        raise DamagedChunkError("it is cut short or no Parquet file") from problem
    if not whole:
        raise DamagedChunkError("its checksum differs")
    if told["key"] != key:
        raise RunError(
            f"{path} is a chunk of another study, another seed or another version of the engine.",
            code="TS-R008",
            remedy="Remove it, or choose another folder with --out.",
        )
    if path.name != f"{told['start']:09d}-{told['stop']:09d}.parquet":
        raise DamagedChunkError(f"it holds replicates {told['start']} to {told['stop'] - 1}")
    return _played(table, study, told)


UNREADABLE = "Give yourself the right to read it, or remove it: it is then played again."

# ---------------------------------------------------------------- a chunk as a table


def _table(played: Played, key: str) -> pa.Table:
    import pyarrow as pa

    estimates = played.estimates
    start, stop = estimates.replicates.start, estimates.replicates.stop
    columns: dict[str, Any] = {"replicate": pa.array(np.arange(start, stop, dtype=np.int64))}
    for name in NUMBERS:
        columns[name] = _column(getattr(estimates, name).transpose(1, 0, 2))
    columns["n"] = _column(estimates.n.transpose(1, 0, 2).astype(np.int32))
    columns["status"] = _column(estimates.status.transpose(1, 0, 2))
    columns["trial"] = _column(played.trial)
    columns["entry_days"] = _column(played.entry_days)
    if played.waits.size:
        columns["waits"] = _column(played.waits)
    table = pa.table(columns)
    told = {"key": key, "contract": CONTRACT, "start": start, "stop": stop, "twins": list(estimates.twins)}
    sealed = told | {"sha256": _digest(told, table)}
    return table.replace_schema_metadata({"trialsim": json.dumps(sealed)})


def _column(values: Array) -> pa.FixedSizeListArray:
    """(R, ...) as one list of fixed length a replicate."""
    import pyarrow as pa

    rows = len(values)
    flat = np.ascontiguousarray(values).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), flat.size // rows)


def _array(table: pa.Table, name: str) -> Array:
    """(R, L) values of a column of lists."""
    column = table.column(name).combine_chunks()
    flat = column.flatten() if name != "replicate" else column
    values = np.asarray(flat.to_numpy(zero_copy_only=False))
    return values.reshape(table.num_rows, -1) if table.num_rows else values


def _digest(told: dict[str, Any], table: pa.Table) -> str:
    """SHA-256 of what a chunk says of itself and of the bytes of all its numbers."""
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode("utf-8"))
    for name in table.column_names:
        digest.update(name.encode("utf-8"))
        digest.update(np.ascontiguousarray(_array(table, name)).tobytes())
    return digest.hexdigest()


def _checksum(told: dict[str, Any], table: pa.Table) -> bool:
    """Whether a table is what was sealed."""
    return bool(_digest({name: part for name, part in told.items() if name != "sha256"}, table) == told["sha256"])


def _played(table: pa.Table, study: Study, told: dict[str, Any]) -> Played:
    replicates, twins, rows = range(told["start"], told["stop"]), tuple(told["twins"]), study.analysis.rows
    shape = (len(replicates), len(twins), len(rows))

    def of(name: str) -> Array:
        return np.ascontiguousarray(_array(table, name).reshape(shape).transpose(1, 0, 2))

    estimates = Estimates(
        rows=rows,
        twins=twins,
        replicates=replicates,
        n=of("n").astype(np.int64),
        status=of("status"),
        **{name: of(name) for name in NUMBERS},
    )
    days = _array(table, "entry_days")
    return Played(estimates=estimates, trial=_array(table, "trial"), entry_days=days, waits=_waits(table, days.shape))


def _waits(table: pa.Table, shape: tuple[int, ...]) -> NDArray[np.int32]:
    """(R, N, H), where there are needs for staff at all."""
    if "waits" not in table.column_names:
        return np.zeros((*shape, 0), dtype=np.int32)
    return _array(table, "waits").reshape(*shape, -1)


def _part(played: Played, replicates: range) -> Played:
    """The ``replicates`` of a chunk that holds more."""
    estimates = played.estimates
    if estimates.replicates == replicates:
        return played
    first = replicates.start - estimates.replicates.start
    part = slice(first, first + len(replicates))
    arrays = {name: np.ascontiguousarray(getattr(estimates, name)[:, part]) for name in (*NUMBERS, "n", "status")}
    return Played(
        estimates=Estimates(rows=estimates.rows, twins=estimates.twins, replicates=replicates, **arrays),
        trial=played.trial[part],
        entry_days=played.entry_days[part],
        waits=played.waits[part],
    )
