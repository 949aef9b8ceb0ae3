"""Whose output folder it is: never over another study, and only what a run made is ever removed."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from filelock import FileLock, Timeout

from trialsim.errors import RunError
from trialsim.runs.effort import MOST_REPLICATES
from trialsim.runs.files import PARTIAL, write_json
from trialsim.runs.store import CHUNKS, holds_chunks_of

MANIFEST = "run.json"
LOCK = ".lock"

#: Words of a manifest whose files are of one piece.
FINISHED = ("done", "partial", "shard")

#: What a manifest may say of a run.
STATUS = ("started", *FINISHED)
ENGINES = ("fast", "simpy")

#: Folders of shards.
SHARD = re.compile(r"shard-(\d+)-of-(\d+)")

#: What file managers and network disks leave in a folder that is empty to its owner.
LITTER = re.compile(
    r"\.DS_Store|\._.*|\.localized|Icon\r|(?i:desktop\.ini|thumbs\.db)|\.directory|\.nfs\w+|\.fuse_hidden\w+"
)

#: What systems call a full disk, and a full share of it.
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class RunFolder:
    """An output folder that belongs to one study; ``previous`` are the files an earlier run of it made."""

    path: Path
    previous: tuple[str, ...] = ()


def claim(
    out: Path, *, scenario_hash: str, seed: int, name: str = "", told: Mapping[str, object] = MappingProxyType({})
) -> RunFolder:
    """Take ``out`` for a study: a new or empty folder, or one that an earlier run of the same study made.

    ``told`` is entered into its manifest as well. A finished run stays one until its files are written anew
    (:func:`reopen`), whatever stops the longer one before.

    Raises
    ------
    RunError
        TS-R001 when the folder holds other files, TS-R002 when it holds another study or seed,
        TS-R003 when it cannot be written
    """
    earlier = owner(out, scenario_hash=scenario_hash, seed=seed, name=name)
    kept = dict((earlier or {}).get("outputs", {}))
    if earlier is not None and earlier.get("status") in FINISHED:
        claimed = {**earlier, "asked": told.get("replicates", 0)}
    else:
        identity = {"status": "started", "scenario": name, "scenario_hash": scenario_hash, "seed": seed}
        claimed = {**identity, **told, "outputs": kept}
    with writing(out):
        write_json(out / MANIFEST, claimed)
        remove_partial(out)
    return RunFolder(out, tuple(kept))


def reopen(folder: RunFolder) -> None:
    """Say that the files of a folder are being written: those of a finished run are no longer of one piece."""
    write_json(folder.path / MANIFEST, {**(read_manifest(folder.path) or {}), "status": "started"})


def owner(out: Path, *, scenario_hash: str, seed: int, name: str = "") -> dict[str, Any] | None:
    """The manifest of an earlier run of the same study in ``out``; None for a new or empty folder.

    A folder whose manifest is gone or damaged belongs to the study whose chunks lie in it: nothing played is lost.

    Raises
    ------
    RunError
        as :func:`claim`
    """
    with writing(out):
        if out.exists() and not out.is_dir():
            raise RunError(f"{out} is a file.", code="TS-R001", remedy="Name a folder with --out.")
        if not _has_sound_manifest(out) and holds_chunks_of(out / CHUNKS, scenario_hash):
            return None
        earlier = read_manifest(out)
        foreign = foreign_files(out)
    if foreign and earlier is None:
        raise RunError(
            f"{out} holds files that no run of trialsim made: {_some(foreign)}.",
            code="TS-R001",
            remedy="Choose another folder with --out, or empty this one.",
        )
    if earlier is not None and (earlier.get("scenario_hash"), earlier.get("seed")) != (scenario_hash, seed):
        raise RunError(
            f"{out} holds another study: {_identity(earlier)}; this one is {name or 'scenario'} "
            f"({scenario_hash[:12]}), seed {seed}.",
            code="TS-R002",
            remedy="Choose another folder with --out, or remove this one.",
        )
    return earlier


def foreign_files(out: Path) -> list[str]:
    """Names of what lies in ``out`` and no killed run or file manager can have left there."""
    return sorted(path.name for path in out.iterdir() if not _ours(path)) if out.is_dir() else []


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")


def _ours(path: Path) -> bool:
    """Whether this is a shard, or only what a run leaves that was killed before it wrote anything."""
    partial = path.name.startswith(".") and path.name.endswith(PARTIAL)
    litter = LITTER.fullmatch(path.name) is not None
    if path.name == CHUNKS and path.is_dir():
        return not any(one.is_file() for one in path.rglob("*"))
    return path.name == LOCK or partial or litter or (SHARD.fullmatch(path.name) is not None and path.is_dir())


def remove_partial(folder: Path) -> None:
    """Delete what killed processes left half written, in a folder whose lock is held.

    Runs and shards below it have locks of their own and may be playing: they are left alone.
    """
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            if not any((path / name).exists() for name in (LOCK, MANIFEST)):
                remove_partial(path)
        elif path.name.startswith(".") and path.name.endswith(PARTIAL):
            path.unlink(missing_ok=True)


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Hold the lock of an output folder; the system frees it when the process ends, however it ends.

    Raises
    ------
    RunError
        TS-R006 when another process holds it, TS-R003 when the folder cannot be written
    """
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / LOCK, timeout=0, thread_local=False, is_singleton=True)
        try:
            lock.acquire()
        except Timeout as problem:
            raise RunError(
                f"another process is playing into {out}.",
                code="TS-R006",
                remedy="Wait for it, or choose another folder with --out.",
            ) from problem
        except RuntimeError as problem:
            raise RunError(
                f"the disk of {out} knows no locks.",
                code="TS-R006",
                remedy="Choose a folder on another disk with --out.",
            ) from problem
    try:
        yield
    finally:
        lock.release()


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Errors of the disk in words.

    Raises
    ------
    RunError
        TS-R003 when ``out`` cannot be written, TS-R007 when the disk is full
    """
    try:
        yield
    except OSError as problem:
        if problem.errno in FULL or "No space left" in str(problem):
            raise RunError(
                f"the disk of {out} is full. What was finished is kept.",
                code="TS-R007",
                remedy="Make room; the same command then goes on where it stopped.",
            ) from problem
        raise RunError(
            f"{problem.filename2 or problem.filename or out} cannot be written: {problem.strerror or problem}.",
            code="TS-R003",
            remedy="Close it where it is open, give yourself the right to write there, or choose another folder with --out.",
        ) from problem


def read_manifest(out: Path) -> dict[str, Any] | None:
    """The manifest of a run, None where there is none.

    Raises
    ------
    RunError
        TS-R004 when it is there and cannot be read
    """
    try:
        text = (out / MANIFEST).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as problem:
        raise RunError(
            f"{out / MANIFEST} cannot be read: {problem}.", code="TS-R004", remedy="Choose another folder with --out."
        ) from problem
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not _sound(value):
        raise RunError(
            f"{out / MANIFEST} is damaged, or not of trialsim.",
            code="TS-R004",
            remedy="Choose another folder with --out; where its chunks are whole, the command that made them mends it.",
        )
    return dict(value)


def _has_sound_manifest(out: Path) -> bool:
    try:
        return read_manifest(out) is not None
    except RunError:
        return False


def _sound(value: object) -> bool:
    """Whether this can be a manifest: what is read from one has its kind."""
    if not isinstance(value, dict):
        return False
    identity = value.get("scenario_hash")
    if not isinstance(identity, str) or not identity.isascii():
        return False
    counts = (value.get("replicates", 0), value.get("asked", 0), value.get("contract", 0))
    if not _number(value.get("seed"), 2**64 - 1) or not all(_number(one, MOST_REPLICATES) for one in counts):
        return False
    if value.get("status", "started") not in STATUS or value.get("engine", "fast") not in ENGINES:
        return False
    maps = (value.get("outputs", {}), value.get("versions", {}))
    if not all(isinstance(one, dict) and all(isinstance(text, str) for text in one.values()) for one in maps):
        return False
    if any("\0" in name for name in maps[0]):
        return False
    missing = value.get("missing", [])
    return isinstance(missing, list) and all(
        isinstance(part, list) and len(part) == 2 and all(_number(end, MOST_REPLICATES) for end in part)
        for part in missing
    )


def _number(value: object, most: int) -> bool:
    return isinstance(value, int) and 0 <= value <= most


def _identity(manifest: dict[str, Any]) -> str:
    name, known = manifest.get("scenario", ""), str(manifest.get("scenario_hash", ""))
    return f"{name or 'a scenario'} ({known[:12]}), seed {manifest.get('seed')}"


def remove_stale(folder: RunFolder, made: Iterable[str]) -> None:
    """Delete what an earlier run of this study made and this one did not; nothing else."""
    root = folder.path.resolve()
    for name in set(folder.previous) - set(made):
        stale = (folder.path / name).resolve()
        if stale.is_relative_to(root):
            stale.unlink(missing_ok=True)
