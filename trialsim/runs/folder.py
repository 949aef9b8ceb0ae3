"""Whose output folder it is: one that runs made, whatever they simulated; nothing of anybody else's is ever touched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trialsim.errors import RunError
from trialsim.regular import kind_of
from trialsim.runs.files import PARTIAL, remove_partial, room_for
from trialsim.runs.lock import FULL, LOCK, PLAYING, alone, writing
from trialsim.runs.place import NEW, OLD, clear_new, place
from trialsim.runs.record import FINISHED, MANIFEST, MOST_BYTES, RESOLVED, read_manifest, resolved_file, sound_manifest
from trialsim.runs.sealed import keys_in
from trialsim.runs.store import CHUNKS
from trialsim.runs.stores import EARLIER, Content, begin_store, store_folder, store_folders
from trialsim.runs.takeover import take_over
from trialsim.runs.truths import TRUTHS

__all__ = [
    "FINISHED", "FULL", "LOCK", "MANIFEST", "MOST_BYTES", "RunFolder", "alone", "check", "foreign_files", "read_manifest",
    "resolved_file", "taken", "writing",
]  # fmt: skip

#: Names of files that a run writes at the end; nothing else may be in their place, nor in that of its folders.
FILES = (
    RESOLVED,
    "estimates.parquet",
    "operating_characteristics.csv",
    "familywise.csv",
    "tipping_points.csv",
    "report.html",
)
FOLDERS = (CHUNKS, EARLIER, "cohort", "figures")

#: Folders of shards.
SHARD = re.compile(r"shard-(\d+)-of-(\d+)")

#: What file managers and network disks leave in a folder that is empty to its owner.
LITTER = re.compile(
    r"\.DS_Store|\._.*|\.localized|Icon\r|(?i:desktop\.ini|thumbs\.db)|\.directory|\.nfs\w+|\.fuse_hidden\w+"
)


@dataclass(frozen=True)
class RunFolder:
    """An output folder, held for one content: its result is in ``path`` at the end, its chunks lie in ``store``."""

    path: Path
    store: Path

    @property
    def new(self) -> Path:
        """Where the files of a result are written."""
        return self.path / NEW


@contextmanager
def taken(content: Content, out: Path, *, tell: Callable[[str], None] = lambda _: None) -> Iterator[RunFolder]:
    """``out`` for a content, locked for as long as the block lasts.

    The result there stays until :func:`trialsim.runs.place.place`; what an older trialsim or a killed process left there is put
    in order.

    Raises
    ------
    RunError
        as :func:`check`; TS-R006 when another process simulates the same into it, TS-R007 when the disk is full
    """
    check(out, content.key)
    with alone(out, content.subject, tell=tell):
        with writing(out):
            place(out)
            clear_new(out)
            take_over(out, content, tell=tell)
            store = begin_store(out, content)
            remove_partial(out, keep=has_owner)
        with writing(out):
            yield RunFolder(out, store)


def check(out: Path, key: str) -> None:
    """See that ``out`` is new, empty, or a folder of runs, and that nothing lies in place of what a run writes.

    A folder whose manifest is gone or damaged is one of runs where chunks lie in it: nothing simulated is lost.

    Raises
    ------
    RunError
        TS-R001 when the folder holds other files, TS-R003 when it cannot be read, TS-R004 when its manifest is damaged and no
        chunks speak for it, TS-R030 and TS-R031 when something lies in place of a file or folder of a run
    """
    with writing(out):
        if out.exists() and not out.is_dir():
            raise RunError(f"{out} is a file.", code="TS-R001", remedy="Name a folder with --out.")
        speaks = sound_manifest(out) is not None or bool(store_folders(out)) or bool(keys_in(out / CHUNKS))
        if not speaks and read_manifest(out) is None and (foreign := foreign_files(out)):
            raise RunError(
                f"{out} holds files that were not made by a run of trialsim: {_some(foreign)}.",
                code="TS-R001",
                remedy="Choose another folder with --out, or empty this one.",
            )
    _room(out, key)


def _room(out: Path, key: str) -> None:
    """See that nothing lies in place of what a run writes, before it simulates for hours.

    Raises
    ------
    RunError
        TS-R030, TS-R031 when there does
    """
    for name in (*FILES, MANIFEST, LOCK, PLAYING):
        room_for(out / name)
    store = store_folder(out, key)
    for folder in (*(out / name for name in (*FOLDERS, NEW, OLD)), store, store / TRUTHS):
        room_for(folder / "file")
    lock = out / LOCK
    if kind_of(lock) not in ("", "a file"):
        raise RunError(
            f"{lock} is {kind_of(lock)}; the file that locks the folder is to be written there.",
            code="TS-R030",
            remedy="Remove it, or choose another folder with --out.",
        )


def foreign_files(out: Path) -> list[str]:
    """Names of what lies in ``out`` and no killed run or file manager can have left there."""
    return sorted(path.name for path in out.iterdir() if not _ours(path)) if out.is_dir() else []


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")


def _ours(path: Path) -> bool:
    """Whether this is a shard, or only what a run leaves that was killed before it wrote anything."""
    litter = LITTER.fullmatch(path.name) is not None
    if path.is_dir() and path.name in (CHUNKS, TRUTHS):
        return not any(one.is_file() and not _partial(one) for one in path.rglob("*"))
    if path.is_dir() and path.name == EARLIER:
        return all((one / MANIFEST).is_file() for one in path.iterdir())
    if path.is_dir():
        return path.name in (NEW, OLD) or SHARD.fullmatch(path.name) is not None
    return path.name in (LOCK, PLAYING) or _partial(path) or litter


def _partial(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(PARTIAL)


def has_owner(folder: Path) -> bool:
    """Whether a folder has a lock or a result of its own: others may be at it."""
    return any((folder / name).exists() for name in (LOCK, MANIFEST))
