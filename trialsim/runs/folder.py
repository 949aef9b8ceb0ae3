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
from trialsim.runs.files import PARTIAL, write_json

MANIFEST = "run.json"
LOCK = ".lock"

#: Folders of shards.
SHARD = re.compile(r"shard-(\d+)-of-(\d+)")

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

    ``told`` is entered into its manifest as well.

    Raises
    ------
    RunError
        TS-R001 when the folder holds other files, TS-R002 when it holds another study or seed,
        TS-R003 when it cannot be written
    """
    earlier = owner(out, scenario_hash=scenario_hash, seed=seed, name=name)
    kept = dict((earlier or {}).get("outputs", {}))
    identity = {"status": "started", "scenario": name, "scenario_hash": scenario_hash, "seed": seed}
    claimed = {**identity, **told, "outputs": kept}
    with writing(out):
        write_json(out / MANIFEST, claimed)
        remove_partial(out)
    return RunFolder(out, tuple(kept))


def owner(out: Path, *, scenario_hash: str, seed: int, name: str = "") -> dict[str, Any] | None:
    """The manifest of an earlier run of the same study in ``out``; None for a new or empty folder.

    Raises
    ------
    RunError
        as :func:`claim`
    """
    if out.exists() and not out.is_dir():
        raise RunError(f"{out} is a file.", code="TS-R001", remedy="Name a folder with --out.")
    earlier = read_manifest(out)
    if earlier is None and out.is_dir() and any(not _ours(path) for path in out.iterdir()):
        raise RunError(
            f"{out} holds files that no run of trialsim made.",
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


def _ours(path: Path) -> bool:
    """Whether this is a shard, or only what a run leaves that was killed before it wrote anything."""
    partial = path.name.startswith(".") and path.name.endswith(PARTIAL)
    return path.name == LOCK or partial or (SHARD.fullmatch(path.name) is not None and path.is_dir())


def remove_partial(folder: Path) -> None:
    """Delete what killed processes left half written, in a folder whose lock is held."""
    for path in folder.rglob(f".*{PARTIAL}"):
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
            f"{problem.filename or out} cannot be written: {problem.strerror or problem}.",
            code="TS-R003",
            remedy="Give yourself the right to write there, or choose another folder with --out.",
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
    except ValueError as problem:
        raise RunError(
            f"{out / MANIFEST} is damaged.",
            code="TS-R004",
            remedy="Choose another folder with --out.",
        ) from problem
    if not isinstance(value, dict):
        raise RunError(
            f"{out / MANIFEST} is damaged.",
            code="TS-R004",
            remedy="Choose another folder with --out.",
        )
    return value


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
