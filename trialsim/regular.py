"""Reading files named in other files: only regular files, inside a folder, and of limited size."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath


def inside(folder: Path, name: str) -> Path | None:
    """The path of ``name`` below ``folder``; None if it is absolute, has ``..``, or leads outside by links.

    Both forms of paths are checked, so that a list of files means the same on every system.
    """
    spelled = (PurePosixPath(name), PureWindowsPath(name))
    if not name or any(path.is_absolute() or path.drive or path.root or ".." in path.parts for path in spelled):
        return None
    return folder / name if leads_inside(folder / name, folder) else None


def leads_inside(path: Path, folder: Path) -> bool:
    """Whether a path is below ``folder`` after all links are followed."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a null character, a loop of links
        return False


def check_regular(path: Path, *, most: int | None = None, folder: Path | None = None) -> None:
    """Check that a path is a regular file of at most ``most`` bytes, below ``folder``; it is not opened.

    Raises
    ------
    OSError
        if the file does not exist or is something else; ``strerror`` says so in words
    """
    if folder is not None and path.is_symlink() and not leads_inside(path, folder):
        raise OSError(errno.EPERM, "it is a link to a place outside the folder", str(path))
    _check(path.stat(), path, most)


def open_regular(path: Path, *, most: int | None = None, folder: Path | None = None) -> io.BufferedReader:
    """A regular file, opened for reading; never a pipe or a device, which could block or never end.

    Raises
    ------
    OSError
        as :func:`check_regular`
    """
    check_regular(path, most=most, folder=folder)
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _check(os.fstat(handle), path, most)  # it may have been replaced in between
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: Path, *, most: int, folder: Path | None = None) -> bytes:
    """All bytes of a regular file of at most ``most``.

    Raises
    ------
    OSError
        as :func:`check_regular`
    """
    with open_regular(path, most=most, folder=folder) as opened:
        return opened.read(most)


def kind_of(path: Path) -> str:
    """The kind of file at a path, in words: ``a folder``, ``a pipe``, ``a device``, ``a link``, ``a file``; empty for nothing."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return ""
    return _kind(mode)


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFDIR: "a folder", stat.S_IFREG: "a file", stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
    }  # fmt: skip
    return kinds.get(stat.S_IFMT(mode), "a special file")


def _check(known: os.stat_result, path: Path, most: int | None) -> None:
    if stat.S_ISDIR(known.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(known.st_mode):
        raise OSError(errno.EINVAL, f"it is {_kind(known.st_mode)} and not a file", str(path))
    if most is not None and known.st_size > most:
        raise OSError(errno.EFBIG, f"it has {known.st_size:,} bytes, more than {most:,}", str(path))
