"""What runs there are, whether they are whole, and what of them can go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialsim import study as studies
from trialsim.engine import Engine
from trialsim.errors import RunError, TrialsimError
from trialsim.prepared import Study, prepare
from trialsim.runs.files import write_json
from trialsim.runs.folder import FINISHED, MANIFEST, alone, read_manifest, remove_partial, resolved_file, writing
from trialsim.runs.manifest import changed_outputs, unlisted_outputs
from trialsim.runs.run import ESTIMATES, RESOLVED
from trialsim.runs.sealed import read_sealed
from trialsim.runs.shards import Shard, gaps, stretches
from trialsim.runs.store import CHUNKS, DAMAGED, DamagedChunkError, chunk_files, covered, read_chunk, store_key
from trialsim.runs.truths import TRUTHS, truths_key
from trialsim.scenario.load import load

#: Folders deep that runs are looked for.
DEPTH = 4


@dataclass(frozen=True)
class Listed:
    """One run.

    Attributes
    ----------
    folder : where it is
    status : done, partial, started (killed or still playing), shard, or damaged
    scenario, seed, replicates : what was asked for
    kept : replicates in its store
    bytes : on disk
    faults : what is wrong with it, in words
    """

    folder: Path
    status: str
    scenario: str
    seed: int | None
    replicates: int
    kept: int
    bytes: int
    faults: tuple[str, ...] = ()


def find_runs(root: Path, *, check: bool = False) -> list[Listed]:
    """The runs at and below ``root``; with ``check`` every file and chunk is held against its checksum."""
    return [_listed(folder, check=check) for folder in _folders(root, DEPTH)]


def _folders(root: Path, depth: int) -> Iterator[Path]:
    if os.path.lexists(root / MANIFEST) or chunk_files(root / CHUNKS) or (root / ESTIMATES).is_file():
        yield root
    if depth and root.is_dir():
        try:
            below = sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink())
        except OSError:  # not ours to read, or gone since
            return
        for path in below:
            yield from _folders(path, depth - 1)


def _listed(folder: Path, *, check: bool) -> Listed:
    chunks = chunk_files(folder / CHUNKS)
    kept = covered(part for part, _ in chunks)
    files = {path for path in folder.rglob("*") if _own(path, folder)}
    size = sum(
        _bytes(path) for path in files.union(path for _, path in chunks)
    )  # the store may be a link to another disk
    try:
        told = read_manifest(folder)
    except RunError as problem:
        return Listed(folder, "damaged", "", None, 0, kept, size, (problem.message.rstrip("."),))
    if told is None:
        return Listed(folder, "damaged", "", None, 0, kept, size, (f"{MANIFEST} is gone",))
    return Listed(
        folder=folder,
        status=str(told.get("status", "damaged")),
        scenario=str(told.get("scenario", "")),
        seed=told.get("seed"),
        replicates=int(told.get("replicates", 0)),
        kept=kept,
        bytes=size,
        faults=tuple(_faults(folder, told)) if check else (),
    )


def _bytes(path: Path) -> int:
    """On disk; 0 for a file that vanished since it was listed, as those do that another process is writing."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def _own(path: Path, folder: Path) -> bool:
    """Whether a file belongs to this run and not to one below it."""
    return not any((parent / MANIFEST).is_file() for parent in path.parents if folder in parent.parents)


def _faults(folder: Path, told: dict[str, Any]) -> Iterator[str]:
    identity, engine = str(told.get("scenario_hash", "")), _engine(told)
    for name in changed_outputs(folder):
        yield f"{name} is gone or was changed"
    for name in unlisted_outputs(told):
        yield f"{name} is not listed in {MANIFEST}"
    chunks = chunk_files(folder / CHUNKS)
    if not chunks and not _kept(told):
        return
    try:
        study = prepare(load(resolved_file(folder)))
    except (TrialsimError, OSError) as problem:
        yield f"{RESOLVED} cannot be read: {problem}"
        return
    yield from lost_chunks(folder, told, study)
    for _, path in chunks:
        yield from _harm(path, folder, lambda path: read_chunk(path, study, store_key(identity, engine)))
    for _, path in chunk_files(folder / TRUTHS):
        yield from _harm(path, folder, lambda path: read_sealed(path, truths_key(identity)))


def _harm(path: Path, folder: Path, read: Callable[[Path], object]) -> Iterator[str]:
    """What is wrong with a file of the store, in words."""
    try:
        read(path)
    except DamagedChunkError as damage:
        yield f"{path.relative_to(folder)} is damaged: {damage}"
    except RunError as problem:
        yield problem.message.rstrip(".")


def _engine(told: dict[str, Any]) -> Engine:
    return "simpy" if told.get("engine") == "simpy" else "fast"


def _kept(told: dict[str, Any]) -> bool:
    """Whether a manifest says that the chunks of a finished run lie beside it."""
    return told.get("store") == "kept" and told.get("status") in FINISHED


def lost_chunks(folder: Path, told: dict[str, Any], study: Study) -> Iterator[str]:
    """What a finished run played and its store no longer holds, in words; nothing where the store was cleaned away."""
    if not _kept(told):
        return
    total = range(int(told["replicates"]) + sum(high - low for low, high in told.get("missing", [])))
    asked = studies.stored_chunks(study, total, engine=_engine(told))
    if told.get("shard"):
        index, count = (int(one) for one in told["shard"])
        asked = Shard(index, count).chunks(asked)
    held = stretches(asked, [part for part, _ in chunk_files(folder / CHUNKS)])
    absent = [range(low, high) for low, high in told.get("missing", [])]
    reached = 0
    for part in sorted(
        [*held, *absent, *gaps(asked, total.stop), range(total.stop, total.stop)], key=lambda one: one.start
    ):
        if part.start > reached:
            yield f"the chunk of replicates {reached:,} to {part.start - 1:,} is gone from {CHUNKS}"
        reached = max(reached, part.stop)


def clean(folder: Path, *, chunks: bool = False) -> int:
    """Remove what is half written or damaged, and with ``chunks`` the store of a finished run; bytes that became free.

    Without its store a run can be read and verified, not extended.

    Raises
    ------
    RunError
        TS-R006 when a process plays into the folder, TS-R003 when a file cannot be removed
    """
    store = folder / CHUNKS
    with alone(folder), writing(folder):
        before = _listed(folder, check=False).bytes
        remove_partial(folder)
        for one in (store, folder / TRUTHS):
            if (one / DAMAGED).is_dir():
                shutil.rmtree(one / DAMAGED)
        if chunks and (read_manifest(folder) or {}).get("status") == "done":
            for _, path in chunk_files(store):
                path.unlink()
            told = read_manifest(folder) or {}
            write_json(folder / MANIFEST, {**told, "store": "removed"})
            for one in (store, folder / TRUTHS):
                if one.is_symlink():
                    one.unlink()
                elif one.is_dir():
                    shutil.rmtree(one)
        return before - _listed(folder, check=False).bytes
