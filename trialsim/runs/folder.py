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
from trialsim.regular import check_regular, inside, kind_of, read_regular
from trialsim.runs.effort import MOST_REPLICATES
from trialsim.runs.files import PARTIAL, room_for, write_json
from trialsim.runs.store import CHUNKS, ENGINES, chunk_files, engine_of_chunks
from trialsim.runs.truths import TRUTHS, holds_truths_of

MANIFEST = "run.json"
LOCK = ".lock"

#: Words of a manifest whose files are of one piece.
FINISHED = ("done", "partial", "shard")

#: What a manifest may say of a run.
STATUS = ("started", *FINISHED)

#: Names of files that a run writes at the end; nothing else may stand in their place, nor for those of its folders.
FILES = ("scenario.resolved.yaml", "estimates.parquet", "operating_characteristics.csv", "report.html")
FOLDERS = (CHUNKS, TRUTHS, "cohort", "figures")

#: A manifest is never longer [bytes].
MOST_BYTES = 2**24

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
    engine = told.get("engine")
    earlier = owner(
        out, scenario_hash=scenario_hash, seed=seed, name=name, engine=None if engine is None else str(engine)
    )
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


def owner(
    out: Path, *, scenario_hash: str, seed: int, name: str = "", engine: str | None = None
) -> dict[str, Any] | None:
    """The manifest of an earlier run of the same study in ``out``; None for a new or empty folder.

    A folder whose manifest is gone or damaged belongs to the study whose chunks lie in it: nothing played is lost. ``engine``
    is what is to play into it.

    Raises
    ------
    RunError
        as :func:`claim`; TS-R032 when the trials in it were played by the other engine, TS-R030 and TS-R031 when something lies
        in place of one of its files or folders
    """
    with writing(out):
        if out.exists() and not out.is_dir():
            raise RunError(f"{out} is a file.", code="TS-R001", remedy="Name a folder with --out.")
        if not _has_sound_manifest(out) and (played_by := _witnesses(out, scenario_hash)):
            _same_engine(out, played_by, engine)
            _room(out)
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
    if earlier is not None and (earlier.get("status") in FINISHED or chunk_files(out / CHUNKS)):
        _same_engine(out, str(earlier.get("engine", "fast")), engine)
    _room(out)
    return earlier


def _witnesses(out: Path, identity: str) -> str:
    """The engine of the trials in a folder without a manifest; ``any`` where only true effects lie there, else empty."""
    return engine_of_chunks(out / CHUNKS, identity) or ("any" if holds_truths_of(out / TRUTHS, identity) else "")


def _same_engine(out: Path, held: str, asked: str | None) -> None:
    """A folder holds what one engine played: another would find every trial there and play none.

    Raises
    ------
    RunError
        TS-R032 when it was the other one
    """
    if asked is not None and held in ENGINES and held != asked:
        raise RunError(
            f"{out} holds trials that the engine {held} played, not {asked}.",
            code="TS-R032",
            remedy=f"Choose another folder with --out, or go on with --engine {held}.",
        )


def _room(out: Path) -> None:
    """See that nothing lies in place of what a run writes, before it plays for hours.

    Raises
    ------
    RunError
        TS-R030, TS-R031 when there does
    """
    for name in (*FILES, LOCK):
        room_for(out / name)
    for name in FOLDERS:
        room_for(out / name / "file")
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
    partial = path.name.startswith(".") and path.name.endswith(PARTIAL)
    litter = LITTER.fullmatch(path.name) is not None
    if path.name in (CHUNKS, TRUTHS) and path.is_dir():
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
        text = read_regular(out / MANIFEST, most=MOST_BYTES, folder=out).decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as problem:
        raise RunError(
            f"{out / MANIFEST} cannot be read: {getattr(problem, 'strerror', None) or problem}.",
            code="TS-R004",
            remedy="Remove it, or choose another folder with --out; where its chunks are whole, the same command mends it.",
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


def resolved_file(out: Path) -> Path:
    """The resolved scenario of a run, seen to be a file that can be read.

    Raises
    ------
    RunError
        TS-R033 when it is missing, or something else lies in its place
    """
    path = out / FILES[0]
    try:
        check_regular(path, folder=out)
    except OSError as problem:
        why = "is missing" if isinstance(problem, FileNotFoundError) else f"cannot be read: {problem.strerror}"
        raise RunError(
            f"{path} {why}.",
            code="TS-R033",
            remedy="Copy the whole folder; the command that made the run writes it anew.",
        ) from problem
    return path


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
    for name in set(folder.previous) - set(made):
        stale = inside(folder.path, name)
        if stale is not None and not stale.is_dir():
            stale.unlink(missing_ok=True)
