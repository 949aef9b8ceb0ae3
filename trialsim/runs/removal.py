"""Removing what was simulated under one key: its store, and its result if that is an earlier one."""

from __future__ import annotations

import re
from pathlib import Path

from trialsim.errors import RunError
from trialsim.runs.earlier import discard, remove_empty
from trialsim.runs.listing import RunEntry, find_runs, remove_tree
from trialsim.runs.lock import alone, writing
from trialsim.runs.record import MANIFEST, sound_manifest
from trialsim.runs.store import CHUNKS
from trialsim.runs.stores import EARLIER, STORE, root_of, store_folder

KEY = re.compile(r"[0-9a-f]{4,32}")


def remove(root: Path, key: str) -> tuple[RunEntry, ...]:
    """Remove the earlier results and stores below ``root`` whose key begins with ``key``; what was removed.

    Raises
    ------
    RunError
        TS-R061 when no run has this key or several have, TS-R062 when it is the key of the current result of a folder
    """
    found = [one for one in find_runs(root) if KEY.fullmatch(key) and one.key and _same(one.key, key)]
    if not found:
        raise RunError(
            f"no run below {root} has the key '{key}'.", code="TS-R061",
            remedy="`trialsim runs` shows the key of each; at least four of its letters are needed.",
        )  # fmt: skip
    going = [one for one in found if one.earlier or one.status == "started" or _is_nameless_store(one)]
    if not going:
        raise RunError(
            f"{found[0].folder} shows the result {found[0].key}.", code="TS-R062",
            remedy="Only earlier results are removed by key. To remove this one too, remove its folder.",
        )  # fmt: skip
    if len({(root_of(one.folder), one.key) for one in going}) > 1:
        places = ", ".join(f"{one.key} in {one.folder}" for one in going)
        raise RunError(
            f"several runs have a key that begins with '{key}': {places}.", code="TS-R061",
            remedy="Write more of the key, or name the folder as well.",
        )  # fmt: skip
    folder = root_of(going[0].folder)
    shown = any(one not in going and (one.folder, one.key) == (folder, going[0].key) for one in found)
    with alone(folder), writing(folder):
        for one in going:
            if one.earlier:
                discard(one.folder)
        if not shown and not (going[0].earlier and going[0].status == "damaged"):  # its key names no store
            remove_tree(store_folder(folder, going[0].key))
        remove_empty(folder / EARLIER, folder / CHUNKS)
    return tuple(going)


def _is_nameless_store(one: RunEntry) -> bool:
    """Whether an entry is a store that does not say of which study it is, and not a damaged result with its store."""
    store = store_folder(one.folder, one.key)
    shown = sound_manifest(one.folder) is not None or not (one.folder / MANIFEST).exists()
    return one.status == "damaged" and shown and store.is_dir() and sound_manifest(store, STORE) is None


def _same(key: str, asked: str) -> bool:
    return key.startswith(asked) or asked.startswith(key)
