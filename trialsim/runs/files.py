"""Writing files whole or not at all."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple
from pathlib import Path

from trialsim.errors import RunError
from trialsim.evaluate.table import TABLE_COLUMNS, Measure
from trialsim.regular import kind_of

#: How the names of files end that are still being written, or were when a process was killed.
PARTIAL = ".partial"

#: Waits before a file is renamed once more that another program holds open: a virus scanner, a folder in a cloud [s].
WAITS = (0.05, 0.2, 0.5, 1.0)

#: What disks on a network say that cannot flush; the file is then as safe as they make it.
NO_FLUSH = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path`` that takes its place when the block ends well, and vanishes when it does not."""
    room_for(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
    try:
        yield temporary
        flush_file(temporary)
        rename(temporary, path)
        flush_folder(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def room_for(path: Path) -> None:
    """See that nothing lies where a file is to be written that no file can replace, and no file where its folder is to be.

    Raises
    ------
    RunError
        TS-R030 when a folder lies there, TS-R031 when a file lies in place of its folder
    """
    if path.is_dir():
        raise RunError(
            f"{path} is a folder; a file of this name is to be written.",
            code="TS-R030",
            remedy="Remove it or give it another name, or choose another folder with --out.",
        )
    above = next((folder for folder in path.parents if os.path.lexists(folder)), path.parent)
    if os.path.lexists(above) and not above.is_dir():
        raise RunError(
            f"{above} is {kind_of(above)}; a folder of this name is to be written into.",
            code="TS-R031",
            remedy="Remove it or give it another name, or choose another folder with --out.",
        )


def _flush(handle: int) -> None:
    """Onto the disk, where the disk can be asked."""
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in NO_FLUSH:
            raise


def flush_file(path: Path) -> None:
    """See that a file is on the disk, where the disk can be asked."""
    if path.is_symlink():
        return
    with path.open("rb+") as written:
        _flush(written.fileno())


def rename(temporary: Path, path: Path) -> None:
    """Give a file its name, in place of an older one; wait a moment for who holds that one open."""
    for wait in WAITS:
        try:
            temporary.replace(path)
        except PermissionError:
            time.sleep(wait)
        else:
            return
    temporary.replace(path)


def flush_folder(folder: Path) -> None:
    """So that the new name, too, survives a loss of power; Windows has no way to ask for it and needs none."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        _flush(opened)
    finally:
        os.close(opened)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 with plain line feeds."""
    with whole_file(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def write_json(path: Path, value: object) -> None:
    """Write ``value`` as JSON, keys in their own order."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_measures(path: Path, measures: Iterable[Measure]) -> None:
    """Write the table of operating characteristics."""
    write_table(path, TABLE_COLUMNS, map(astuple, measures))


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as CSV; numbers in full, an absent number as an empty cell."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    for row in rows:
        table.writerow("" if isinstance(cell, float) and cell != cell else cell for cell in row)
    write_text(path, text.getvalue())


def remove_partial(folder: Path, *, keep: Callable[[Path], bool] = lambda _: False) -> None:
    """Delete what killed processes left half written or half removed, in a folder whose lock is held.

    Folders below it that are to be left alone, because others may be at them, are those that ``keep`` tells.
    """
    for path in folder.iterdir():
        left = path.name.startswith(".") and path.name.endswith(PARTIAL)
        if path.is_dir() and not path.is_symlink():
            if left:
                shutil.rmtree(path)
            elif not keep(path):
                remove_partial(path, keep=keep)
        elif left:
            path.unlink(missing_ok=True)
