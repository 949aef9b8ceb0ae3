"""Folders of an older trialsim, whose chunks lay in no folder of their content: taken over as they are met, nothing removed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from trialsim.quantities.counts import counted
from trialsim.runs.files import rename, write_json
from trialsim.runs.record import RESOLVED, identity_of, key_of, sound_manifest
from trialsim.runs.sealed import chunk_files
from trialsim.runs.store import CHUNKS
from trialsim.runs.stores import STORE, Content, store_folder
from trialsim.runs.truths import TRUTHS, truths_key
from trialsim.scenario.identity import play_hash


def take_over(out: Path, content: Content, *, tell: Callable[[str], None] = lambda _: None) -> None:
    """Move loose chunks, and true effects beside them, into the stores of their content. The lock is held.

    A chunk that cannot be read goes with the others where they are all of one content, and stays where it is else; so do true
    effects of a study that nobody knows here.
    """
    loose = [(path, _key(path)) for _, path in chunk_files(out / CHUNKS)]
    keys = {key for _, key in loose if key}
    only = next(iter(keys)) if len(keys) == 1 else None
    manifest = sound_manifest(out)
    count = 0
    for path, key in loose:
        if (known := key or only) is not None:
            count += _move(path, store_folder(out, known))
    if count:
        tell(f"{out} was made by an older trialsim; its {counted(count, 'chunk')} went to folders of their content.")
    if manifest is not None and store_folder(out, key_of(manifest)).is_dir():
        _begin(out, store_folder(out, key_of(manifest)), manifest)
    _take_truths(out, content, manifest)


def _take_truths(out: Path, content: Content, manifest: dict[str, object] | None) -> None:
    stores = {truths_key(play_hash(content.study.scenario)): store_folder(out, content.key)}
    if manifest is not None:
        stores[truths_key(identity_of(manifest))] = store_folder(out, key_of(manifest))
    for _, path in chunk_files(out / TRUTHS):
        store = stores.get(_key(path))
        if store is not None:
            _move(path, store / TRUTHS)
    if (out / TRUTHS).is_dir() and not (out / TRUTHS).is_symlink() and not any((out / TRUTHS).iterdir()):
        (out / TRUTHS).rmdir()


def _begin(out: Path, store: Path, manifest: dict[str, object]) -> None:
    """What a store says of itself, from the manifest of the run that filled it."""
    if (store / STORE).exists() or not (out / RESOLVED).is_file():
        return
    (store / RESOLVED).write_bytes((out / RESOLVED).read_bytes())
    asked = manifest.get("asked") or manifest.get("replicates", 0)
    names = ("scenario", "scenario_hash", "play_hash", "seed", "engine", "contract")
    words = {name: manifest[name] for name in names if name in manifest}
    write_json(store / STORE, {"key": key_of(manifest), **words, "replicates": asked})


def _move(path: Path, folder: Path) -> bool:
    """Move a file into a folder, unless one of its name is there; whether it was moved."""
    target = folder / path.name
    if os.path.lexists(target):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    rename(path, target)
    return True


def _key(path: Path) -> str:
    """The key of a file; empty where it cannot be read."""
    import pyarrow.parquet as pq

    try:
        return str(json.loads(pq.read_schema(path).metadata[b"trialsim"])["key"])
    except Exception:  # whatever a reader makes of a damaged file
        return ""
