"""A new result takes the place of the one before it: whole, or not at all.

The files of a new result are written into ``.new``, its manifest last. From then on there is only one way: what is in the
folder goes to ``.old``, the new files take its place, the manifest last, and ``.old`` becomes an earlier result. Each step is a
rename, and a process that finds one undone does it (:func:`settle`), so whenever the power goes either result is whole.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from trialsim.errors import RunError
from trialsim.regular import inside
from trialsim.runs.earlier import keep_earlier
from trialsim.runs.files import flush_file, flush_folder, rename
from trialsim.runs.lock import alone, writing
from trialsim.runs.record import MANIFEST, sound_manifest

NEW = ".new"
OLD = ".old"

#: How long a reader waits for a process that is putting a result in its place; it takes a moment [s].
PATIENCE = 10.0


def place(out: Path) -> Path | None:
    """Put the result in ``.new`` in its place; what was there becomes an earlier result. The lock is held.

    Returns where that earlier result is, if it is kept.

    Raises
    ------
    OSError
        when a file cannot be moved: what was there is then still there, or the next call continues
    """
    new = out / NEW
    if (new / MANIFEST).is_file():
        _set_aside(out)
        _move_in(out)
    kept = keep_earlier(out, out / OLD) if (out / OLD).is_dir() else None
    if new.is_dir() and not new.is_symlink():
        shutil.rmtree(new)
    if out.is_dir():
        flush_folder(out)
    return kept


def unsettled(out: Path) -> bool:
    """Whether a process was stopped, or is, while it put a result in its place."""
    return (out / NEW / MANIFEST).is_file() or (out / OLD).is_dir()


def settle(out: Path) -> None:
    """Do what is left to do where a process was killed that put a result in its place; nothing otherwise.

    Raises
    ------
    RunError
        TS-R060 when the folder cannot be written, or another process is at it and does not end
    """
    deadline = time.monotonic() + PATIENCE
    while unsettled(out):
        try:
            with alone(out), writing(out):
                place(out)
        except RunError as problem:
            if problem.code == "TS-R006" and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            raise RunError(
                f"{out} was left while a result was put in its place, and that cannot be finished now: {problem.message}",
                code="TS-R060",
                remedy="Both results are kept in it. Check your permissions there, then give the command again.",
            ) from problem


def clear_new(out: Path) -> None:
    """Remove a result that was never finished; its trials are in the store. The lock is held."""
    new = out / NEW
    if new.is_symlink():
        new.unlink()
    elif new.is_dir():
        shutil.rmtree(new)


def _set_aside(out: Path) -> None:
    """Move what is there, and what lies where a new file is to be, to ``.old``; all of it or nothing.

    Done once more after a part of the new files has moved in, it finds nothing: the manifest that names the others went last.
    """
    old = out / OLD
    moved: list[tuple[Path, Path]] = []
    try:
        for name in _in_the_way(out):
            target = _free(old / name)
            target.parent.mkdir(parents=True, exist_ok=True)
            rename(out / name, target)
            moved.append((out / name, target))
    except OSError:
        for source, target in reversed(moved):
            rename(target, source)
        if old.is_dir() and not any(path.is_file() for path in old.rglob("*")):
            shutil.rmtree(old)
        raise
    if old.is_dir():
        flush_folder(old)
    flush_folder(out)


def _in_the_way(out: Path) -> list[str]:
    """Names of the files of the result that is there and of those that lie in place of new ones; the manifest last."""
    held = (sound_manifest(out) or {}).get("outputs", {})
    names = dict.fromkeys([*held, *(path.relative_to(out / NEW).as_posix() for path in _files(out / NEW)), MANIFEST])
    there = [name for name in names if inside(out, name) is not None and _movable(out / name)]
    return sorted(there, key=lambda name: (name == MANIFEST, name))


def _movable(path: Path) -> bool:
    return os.path.lexists(path) and (path.is_symlink() or not path.is_dir())


def _move_in(out: Path) -> None:
    """Move the new files to where they belong, the manifest last."""
    new = out / NEW
    files = sorted(_files(new), key=lambda path: (path == new / MANIFEST, path))
    for path in files:
        if path == new / MANIFEST:
            for folder in {one.parent for one in files}:
                flush_folder(out / folder.relative_to(new))
        target = out / path.relative_to(new)
        target.parent.mkdir(parents=True, exist_ok=True)
        rename(path, target)
    flush_folder(out)


def flush_all(new: Path) -> None:
    """See that every file of a new result is on the disk before it takes its place."""
    for path in _files(new):
        flush_file(path)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())


def _free(path: Path) -> Path:
    """A name that nothing bears."""
    count, free = 1, path
    while os.path.lexists(free):
        count += 1
        free = path.with_name(f"{path.stem}.{count}{path.suffix}")
    return free
