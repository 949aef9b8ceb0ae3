"""What runs there are, whether they are whole, and what of them can go."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trialsim import study as studies
from trialsim.errors import RunError, TrialsimError
from trialsim.runs.folder import MANIFEST, alone, read_manifest, remove_partial, writing
from trialsim.runs.manifest import changed_outputs
from trialsim.runs.run import RESOLVED
from trialsim.runs.store import CHUNKS, DAMAGED, DamagedChunkError, chunk_files, covered, read_chunk, store_key
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
    if (root / MANIFEST).is_file():
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
        told = read_manifest(folder) or {}
    except RunError as problem:
        return Listed(folder, "damaged", "", None, 0, kept, size, (problem.message.rstrip("."),))
    return Listed(
        folder=folder,
        status=str(told.get("status", "damaged")),
        scenario=str(told.get("scenario", "")),
        seed=told.get("seed"),
        replicates=int(told.get("replicates", 0)),
        kept=kept,
        bytes=size,
        faults=tuple(_faults(folder, str(told.get("scenario_hash", "")))) if check else (),
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


def _faults(folder: Path, identity: str) -> Iterator[str]:
    for name in changed_outputs(folder):
        yield f"{name} is gone or was changed"
    chunks = chunk_files(folder / CHUNKS)
    if not chunks:
        return
    try:
        study = studies.prepare(load(folder / RESOLVED))
    except (TrialsimError, OSError) as problem:
        yield f"{RESOLVED} cannot be read: {problem}"
        return
    for _, path in chunks:
        try:
            read_chunk(path, study, store_key(identity))
        except DamagedChunkError as damage:
            yield f"{path.relative_to(folder)} is damaged: {damage}"
        except RunError as problem:
            yield problem.message.rstrip(".")


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
        if (store / DAMAGED).is_dir():
            shutil.rmtree(store / DAMAGED)
        if chunks and (read_manifest(folder) or {}).get("status") == "done":
            for _, path in chunk_files(store):
                path.unlink()
            if store.is_symlink():
                store.unlink()
            elif store.is_dir():
                shutil.rmtree(store)
        return before - _listed(folder, check=False).bytes
