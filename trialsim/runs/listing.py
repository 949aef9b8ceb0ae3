"""What runs there are, whether they are whole, and what of them can go."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialsim import study as studies
from trialsim.errors import RunError, TrialsimError
from trialsim.prepared import Study, prepare
from trialsim.runs.earlier import earlier_folders, remove_empty
from trialsim.runs.files import PARTIAL, remove_partial, write_json
from trialsim.runs.folder import has_owner
from trialsim.runs.lock import alone, writing
from trialsim.runs.manifest import changed_outputs, unlisted_outputs
from trialsim.runs.place import NEW, OLD, clear_new, settle
from trialsim.runs.record import (
    FINISHED,
    MANIFEST,
    RESOLVED,
    engine_of,
    identity_of,
    key_of,
    read_manifest,
    resolved_file,
    sound_manifest,
)
from trialsim.runs.run import ESTIMATES
from trialsim.runs.sealed import read_sealed
from trialsim.runs.shards import Shard, gaps, stretches
from trialsim.runs.store import CHUNKS, DAMAGED, DamagedChunkError, chunk_files, read_chunk
from trialsim.runs.stores import EARLIER, STORE, chunks_of, kept, root_of, short, store_folders
from trialsim.runs.truths import TRUTHS, truths_key
from trialsim.scenario.load import load

#: Folders deep that runs are looked for.
DEPTH = 4


@dataclass(frozen=True)
class RunEntry:
    """One result, or one store without a result.

    Attributes
    ----------
    folder : where it is
    status : done, partial, started (killed or still simulating), shard, or damaged
    key : of its content, as it names its store; empty where it is not known
    scenario, seed, replicates : what was requested
    kept : replicates in its store
    bytes : on disk
    faults : what is wrong with it, in words
    """

    folder: Path
    status: str
    key: str
    scenario: str
    seed: int | None
    replicates: int
    kept: int
    bytes: int
    faults: tuple[str, ...] = ()

    @property
    def earlier(self) -> bool:
        """Whether another result is in its place now."""
        return self.folder.parent.name == EARLIER


def find_runs(root: Path, *, check: bool = False) -> list[RunEntry]:
    """The runs at and below ``root``; with ``check`` every file and chunk is held against its checksum."""
    return [one for folder in _folders(root, DEPTH) for one in _listed(folder, check=check)]


def _folders(root: Path, depth: int) -> Iterator[Path]:
    if os.path.lexists(root / MANIFEST) or _stores(root) or (root / ESTIMATES).is_file():
        yield root
    if depth and root.is_dir():
        try:
            below = sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink())
        except OSError:  # not ours to read, or gone since
            return
        for path in below:
            if path.name not in (CHUNKS, NEW, OLD) and not path.name.endswith(PARTIAL):
                yield from _folders(path, depth - 1)


def _stores(folder: Path) -> list[Path]:
    """The stores in a folder itself; loose chunks are those of an older trialsim."""
    return [*store_folders(folder), *([folder / CHUNKS] if chunk_files(folder / CHUNKS) else [])]


def _listed(folder: Path, *, check: bool) -> Iterator[RunEntry]:
    """The result in a folder, and the stores there that no result in it or before it is of."""
    try:
        settle(folder)
        manifest = read_manifest(folder)
        why = f"{MANIFEST} is gone" if manifest is None else ""
    except RunError as problem:
        manifest, why = None, problem.message.rstrip(".")
    stores = _stores(folder)
    own = [] if manifest is None else [chunks_of(folder, manifest)]
    files = {path for path in folder.rglob("*") if _own(path, folder)}
    size = sum(map(_bytes, files))
    if manifest is not None:
        yield RunEntry(
            folder=folder,
            status=str(manifest.get("status", "damaged")),
            key=short(key_of(manifest)),
            scenario=str(manifest.get("scenario", "")),
            seed=manifest.get("seed"),
            replicates=int(manifest.get("replicates", 0)),
            kept=sum(map(kept, own)),
            bytes=size + sum(map(_size, own)),
            faults=tuple(_faults(folder, manifest)) if check else (),
        )
    of_earlier = {chunks_of(path, known) for path in earlier_folders(folder) if (known := sound_manifest(path))}
    rest = [store for store in stores if store not in own and store not in of_earlier]
    if manifest is None and (os.path.lexists(folder / MANIFEST) or (folder / ESTIMATES).is_file()):
        alone_there, rest = (rest[0], []) if len(rest) == 1 else (None, rest)
        held = (kept(alone_there), _size(alone_there)) if alone_there is not None else (0, 0)
        key = alone_there.name if alone_there is not None and alone_there != folder / CHUNKS else ""
        if folder.parent.name == EARLIER:  # nothing else names it, and it can be removed by its key
            key = _key_of_files(folder, files)
        yield RunEntry(folder, "damaged", key, "", None, 0, held[0], size + held[1], (why,))
    for store in rest:
        yield _listed_store(folder, store, check=check)


def _key_of_files(folder: Path, files: set[Path]) -> str:
    """The key of a result that cannot say what it is of: from its name and its files."""
    listed = sorted((path.relative_to(folder).as_posix(), _bytes(path)) for path in files)
    return short(hashlib.blake2b(repr((folder.name, listed)).encode(), digest_size=16).hexdigest())


def _listed_store(folder: Path, store: Path, *, check: bool) -> RunEntry:
    """A store whose run was stopped, or is simulating."""
    name = store.name if store != folder / CHUNKS else ""
    words = sound_manifest(store, STORE)
    if words is None:
        why = (f"it is not known of which study the chunks in {store.relative_to(folder)} are",)
        return RunEntry(folder, "damaged", name, "", None, 0, kept(store), _size(store), why)
    return RunEntry(
        folder=folder,
        status="started",
        key=name,
        scenario=str(words.get("scenario", "")),
        seed=words.get("seed"),
        replicates=int(words.get("replicates", 0)),
        kept=kept(store),
        bytes=_size(store),
        faults=tuple(_store_faults(folder, store, words)) if check else (),
    )


def _size(store: Path) -> int:
    """Of a store on disk, also where it is a link to another disk."""
    return sum(_bytes(path) for path in store.rglob("*"))


def _bytes(path: Path) -> int:
    """On disk; 0 for a file that vanished since it was listed, as those do that another process is writing."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def _own(path: Path, folder: Path) -> bool:
    """Whether a file belongs to this result and neither to a store nor to a result below it."""
    if folder / CHUNKS in path.parents:
        return False
    return not any((parent / MANIFEST).is_file() for parent in path.parents if folder in parent.parents)


def _faults(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    for name in changed_outputs(folder):
        yield f"{name} is gone or was changed"
    for name in unlisted_outputs(manifest):
        yield f"{name} is not listed in {MANIFEST}"
    store = chunks_of(folder, manifest)
    yield from _words_lost(folder, store, manifest)
    if not chunk_files(store) and not _kept(manifest):
        return
    try:
        study = prepare(load(resolved_file(folder)))
    except (TrialsimError, OSError) as problem:
        yield f"{RESOLVED} cannot be read: {problem}"
        return
    yield from lost_chunks(folder, manifest, study)
    yield from _harmed(folder, store, study, manifest)


def _words_lost(folder: Path, store: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """That the store of a result no longer says what it is for; loose chunks of an older trialsim never did."""
    root = root_of(folder)
    if store == root / CHUNKS or not store.is_dir():
        return
    words, where = sound_manifest(store, STORE), (store / STORE).relative_to(root).as_posix()
    if words is None:
        yield f"{where} is gone or damaged; the same run writes it again"
    elif key_of(words) != key_of(manifest):
        yield f"{where} is that of another study"


def _store_faults(folder: Path, store: Path, words: dict[str, Any]) -> Iterator[str]:
    """What is wrong in a store without a result."""
    try:
        study = prepare(load(resolved_file(store)))
    except (TrialsimError, OSError) as problem:
        yield f"{store.relative_to(folder) / RESOLVED} cannot be read: {problem}"
        return
    yield from _harmed(folder, store, study, words)


def _harmed(folder: Path, store: Path, study: Study, words: dict[str, Any]) -> Iterator[str]:
    root, identity = root_of(folder), identity_of(words)
    for _, path in chunk_files(store):
        yield from _harm(path, root, lambda path: read_chunk(path, study, key_of(words)))
    truths = store / TRUTHS if store != root / CHUNKS else root / TRUTHS
    for _, path in chunk_files(truths):
        yield from _harm(path, root, lambda path: read_sealed(path, truths_key(identity)))


def _harm(path: Path, folder: Path, read: Callable[[Path], object]) -> Iterator[str]:
    """What is wrong with a file of the store, in words."""
    try:
        read(path)
    except DamagedChunkError as damage:
        yield f"{path.relative_to(folder)} is damaged: {damage}"
    except RunError as problem:
        yield problem.message.rstrip(".")


def _kept(manifest: dict[str, Any]) -> bool:
    """Whether a manifest says that the chunks of a finished run lie beside it."""
    return manifest.get("store") == "kept" and manifest.get("status") in FINISHED


def lost_chunks(folder: Path, manifest: dict[str, Any], study: Study) -> Iterator[str]:
    """What a finished run simulated and its store no longer holds, in words; nothing where the store was removed."""
    if not _kept(manifest):
        return
    total = range(int(manifest["replicates"]) + sum(high - low for low, high in manifest.get("missing", [])))
    asked = studies.stored_chunks(study, total, engine=engine_of(manifest))
    if manifest.get("shard"):
        index, count = (int(one) for one in manifest["shard"])
        asked = Shard(index, count).chunks(asked)
    store = chunks_of(folder, manifest)
    held = stretches(asked, [part for part, _ in chunk_files(store)])
    absent = [range(low, high) for low, high in manifest.get("missing", [])]
    reached = 0
    for part in sorted(
        [*held, *absent, *gaps(asked, total.stop), range(total.stop, total.stop)], key=lambda one: one.start
    ):
        if part.start > reached:
            where = store.relative_to(root_of(folder)).as_posix()
            yield f"the chunk of replicates {reached:,} to {part.start - 1:,} is gone from {where}"
        reached = max(reached, part.stop)


def clean(folder: Path, *, chunks: bool = False) -> int:
    """Remove what is half written or damaged, and with ``chunks`` the stores of finished runs; bytes that became free.

    Without its store a run can be read and verified, not extended.

    Raises
    ------
    RunError
        TS-R006 when a process simulates into the folder, TS-R003 when a file cannot be removed
    """
    if folder.parent.name == EARLIER:
        return 0  # goes with its folder
    settle(folder)
    with alone(folder), writing(folder):
        before = _total(folder)
        clear_new(folder)
        remove_partial(folder, keep=has_owner)
        for store in _stores(folder):
            for one in (store, store / TRUTHS, folder / TRUTHS):
                if (one / DAMAGED).is_dir():
                    shutil.rmtree(one / DAMAGED)
        for path in (folder, *earlier_folders(folder)) if chunks else ():
            _without_store(path)
        remove_empty(folder / CHUNKS)
        return before - _total(folder)


def _without_store(folder: Path) -> None:
    """Remove the store of a finished run, and have its manifest say so."""
    manifest = sound_manifest(folder) or {}
    if manifest.get("status") != "done":
        return
    root, store = root_of(folder), chunks_of(folder, manifest)
    write_json(folder / MANIFEST, {**manifest, "store": "removed"})
    for one in (store, root / TRUTHS) if store == root / CHUNKS else (store,):
        remove_tree(one)


def remove_tree(folder: Path) -> None:
    """Remove a folder, or the link to one on another disk with the chunks there."""
    if folder.is_symlink():
        for _, path in chunk_files(folder):
            path.unlink()
        folder.unlink()
    elif folder.is_dir():
        shutil.rmtree(folder)


def _total(folder: Path) -> int:
    return sum(
        _bytes(path) for path in {*folder.rglob("*"), *(path for one in _stores(folder) for path in one.rglob("*"))}
    )
