"""``run.json`` and ``store.json`` as they are read: what a folder says of itself, believed only where it can be true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.regular import check_regular, read_regular
from trialsim.runs.effort import MOST_REPLICATES
from trialsim.runs.store import CONTRACT, ENGINES, store_key

MANIFEST = "run.json"
RESOLVED = "scenario.resolved.yaml"

#: Words of a manifest whose files are of one piece.
FINISHED = ("done", "partial", "shard")

#: What a manifest may say of a run.
STATUS = ("started", *FINISHED)

#: A manifest is never longer [bytes].
MOST_BYTES = 2**24


def read_manifest(out: Path, name: str = MANIFEST) -> dict[str, Any] | None:
    """The manifest of a run (or, by its ``name``, of a store), None where there is none.

    Raises
    ------
    RunError
        TS-R004 when it is there and cannot be read
    """
    try:
        text = read_regular(out / name, most=MOST_BYTES, folder=out).decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as problem:
        raise RunError(
            f"{out / name} cannot be read: {getattr(problem, 'strerror', None) or problem}.",
            code="TS-R004",
            remedy="Remove it, or choose another folder with --out; where its chunks are whole, the same command repairs it.",
        ) from problem
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not _sound(value):
        raise RunError(
            f"{out / name} is damaged, or is not a file of trialsim.",
            code="TS-R004",
            remedy="Choose another folder with --out; where its chunks are whole, the command that made them repairs it.",
        )
    return dict(value)


def sound_manifest(out: Path, name: str = MANIFEST) -> dict[str, Any] | None:
    """As :func:`read_manifest`, None also where it cannot be read."""
    try:
        return read_manifest(out, name)
    except RunError:
        return None


def resolved_file(out: Path) -> Path:
    """The resolved scenario of a run, seen to be a file that can be read.

    Raises
    ------
    RunError
        TS-R033 when it is missing, or something else lies in its place
    """
    path = out / RESOLVED
    try:
        check_regular(path, folder=out)
    except OSError as problem:
        why = "is missing" if isinstance(problem, FileNotFoundError) else f"cannot be read: {problem.strerror}"
        raise RunError(
            f"{path} {why}.",
            code="TS-R033",
            remedy="Copy the whole folder; the command that made the run writes it again.",
        ) from problem
    return path


def engine_of(manifest: dict[str, Any]) -> Engine:
    """The engine that simulated a run."""
    return "simpy" if manifest.get("engine") == "simpy" else "fast"


def key_of(manifest: dict[str, Any]) -> str:
    """The key of the chunks of a run: scenario, seed, engine and contract."""
    contract = int(manifest.get("contract", CONTRACT))
    return store_key(identity_of(manifest), engine_of(manifest), contract)


def identity_of(manifest: dict[str, Any]) -> str:
    """The hash of all that decides what was simulated; of an older manifest that of its scenario."""
    return str(manifest.get("play_hash", manifest["scenario_hash"]))


def _sound(value: object) -> bool:
    """Whether this can be a manifest: what is read from one has its kind."""
    if not isinstance(value, dict):
        return False
    identity, played = value.get("scenario_hash"), value.get("play_hash", "")
    if not all(isinstance(one, str) and one.isascii() for one in (identity, played)):
        return False
    counts = (value.get("replicates", 0), value.get("asked", 0), value.get("contract", 0))
    if not _number(value.get("seed"), 2**64 - 1) or not all(_number(one, MOST_REPLICATES) for one in counts):
        return False
    if value.get("status", "started") not in STATUS or value.get("engine", "fast") not in ENGINES:
        return False
    maps = (value.get("outputs", {}), value.get("versions", {}))
    if not all(isinstance(one, dict) and all(isinstance(text, str) for text in one.values()) for one in maps):
        return False
    source = value.get("source", "")
    if not isinstance(source, str) or "\0" in source or any("\0" in name for name in maps[0]):
        return False
    missing = value.get("missing", [])
    return isinstance(missing, list) and all(
        isinstance(part, list) and len(part) == 2 and all(_number(end, MOST_REPLICATES) for end in part)
        for part in missing
    )


def _number(value: object, most: int) -> bool:
    return isinstance(value, int) and 0 <= value <= most
