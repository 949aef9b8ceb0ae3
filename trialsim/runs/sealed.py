"""Tables on disk that say what they hold and are checked when read: whole, of this study, under the right name."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trialsim.errors import RunError
from trialsim.regular import check_regular
from trialsim.runs.files import whole_file

if TYPE_CHECKING:
    import pyarrow as pa

DAMAGED = "damaged"
NAME = re.compile(r"(\d{9,12})-(\d{9,12})\.parquet")

#: A file of this kind is never longer [bytes]: 500 replicates of 5,000 analyses under three twins take a tenth of it.
MOST_BYTES = 2**33

UNREADABLE = "Give yourself permission to read it, or remove it: its trials are then simulated again."

Array = NDArray[Any]


class DamagedChunkError(Exception):
    """A file that does not hold what its name and its checksum say."""


def file_of(folder: Path, replicates: range) -> Path:
    """Where the file of ``replicates`` is, or would be."""
    return folder / f"{replicates.start:09d}-{replicates.stop:09d}.parquet"


def chunk_files(folder: Path) -> list[tuple[range, Path]]:
    """Regular files in a folder that are named so, and the replicates they say they hold, rising."""
    return sorted(_files(folder), key=lambda one: (one[0].start, -one[0].stop))


def _files(folder: Path) -> Iterator[tuple[range, Path]]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        name = NAME.fullmatch(path.name)
        if name is not None and int(name[1]) < int(name[2]) and path.is_file():
            yield range(int(name[1]), int(name[2])), path


def keys_in(folder: Path) -> set[object]:
    """The keys of all files of a folder that can be read."""
    import pyarrow.parquet as pq

    keys: set[object] = set()
    for _, path in chunk_files(folder):
        with suppress(Exception):  # damaged ones prove nothing
            keys.add(json.loads(pq.read_schema(path).metadata[b"trialsim"])["key"])
    return keys


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


def write_sealed(path: Path, columns: dict[str, Array], header: dict[str, Any]) -> None:
    """Write ``columns`` (R, ...), one row for each replicate, whole or not at all.

    ``header`` holds the key and the replicates (``start``, ``stop``), and whatever else the reader is to know.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: _column(values) for name, values in columns.items()})
    sealed = header | {"sha256": _digest(header, table)}
    table = table.replace_schema_metadata({"trialsim": json.dumps(sealed)})
    with whole_file(path) as temporary:
        pq.write_table(table, temporary, compression="snappy", use_dictionary=False, write_statistics=False)


def read_sealed(path: Path, key: str) -> tuple[pa.Table, dict[str, Any]]:
    """The table of a file and what it says of itself, checked against its checksum, its key and its name.

    Raises
    ------
    DamagedChunkError
        when the file is not what it says
    RunError
        TS-R008 when it is of another study, TS-R009 when it cannot be read at all
    """
    import pyarrow.parquet as pq

    try:
        check_regular(path, most=MOST_BYTES)
        table = pq.read_table(path, memory_map=False)
        header = json.loads((table.schema.metadata or {})[b"trialsim"])
        whole = _checksum(header, table)
    except PermissionError as problem:
        raise RunError(f"{path} cannot be read: {problem.strerror}.", code="TS-R009", remedy=UNREADABLE) from problem
    except Exception as problem:  # whatever a reader of Parquet makes of a footer with a flipped bit
        if type(problem) is MemoryError:
            raise
        raise DamagedChunkError("it is cut short or is not a Parquet file") from problem
    if not whole:
        raise DamagedChunkError("its checksum differs")
    if header["key"] != key:
        raise RunError(
            f"{path} is a chunk of another study, another seed or another version of the engine.",
            code="TS-R008",
            remedy="Remove it, or choose another folder with --out.",
        )
    if path.name != file_of(path.parent, range(header["start"], header["stop"])).name:
        raise DamagedChunkError(f"it holds replicates {header['start']} to {header['stop'] - 1}")
    return table, header


def array_of(table: pa.Table, name: str) -> Array:
    """(R, L) values of a column of lists."""
    column = table.column(name).combine_chunks()
    values = np.asarray(column.flatten().to_numpy(zero_copy_only=False))
    return values.reshape(table.num_rows, -1) if table.num_rows else values


def _column(values: Array) -> pa.Array:
    """(R, ...) as one list of fixed length a replicate; (R,) as it is."""
    import pyarrow as pa

    if values.ndim == 1:
        return pa.array(values)
    flat = np.ascontiguousarray(values).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), flat.size // len(values))


def _digest(header: dict[str, Any], table: pa.Table) -> str:
    """SHA-256 of what a file says of itself and of the bytes of all its numbers."""
    import pyarrow as pa

    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode("utf-8"))
    for name in table.column_names:
        digest.update(name.encode("utf-8"))
        column = table.column(name)
        plain = not pa.types.is_fixed_size_list(column.type)
        values = column.combine_chunks().to_numpy(zero_copy_only=False) if plain else array_of(table, name)
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _checksum(header: dict[str, Any], table: pa.Table) -> bool:
    """Whether a table is what was sealed."""
    return bool(_digest({name: part for name, part in header.items() if name != "sha256"}, table) == header["sha256"])
