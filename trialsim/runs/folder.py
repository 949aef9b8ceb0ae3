"""Whose output folder it is: never over another study, and only what a run made is ever removed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trialsim.errors import RunError
from trialsim.runs.files import write_json

MANIFEST = "run.json"


@dataclass(frozen=True)
class RunFolder:
    """An output folder that belongs to one study; ``previous`` are the files an earlier run of it made."""

    path: Path
    previous: tuple[str, ...] = ()


def claim(out: Path, *, scenario_hash: str, seed: int, name: str = "") -> RunFolder:
    """Take ``out`` for a study: a new or empty folder, or one that an earlier run of the same study made.

    Raises
    ------
    RunError
        TS-R001 when the folder holds other files, TS-R002 when it holds another study or seed,
        TS-R003 when it cannot be written
    """
    if out.exists() and not out.is_dir():
        raise RunError(f"{out} is a file.", code="TS-R001", remedy="Name a folder with --out.")
    earlier = read_manifest(out)
    if earlier is None and out.is_dir() and any(out.iterdir()):
        raise RunError(
            f"{out} holds files that no run of trialsim made.",
            code="TS-R001",
            remedy="Choose another folder with --out, or empty this one.",
        )
    if earlier is not None and (earlier.get("scenario_hash"), earlier.get("seed")) != (
        scenario_hash,
        seed,
    ):
        raise RunError(
            f"{out} holds another study: {_identity(earlier)}; this one is {name or 'scenario'} "
            f"({scenario_hash[:12]}), seed {seed}.",
            code="TS-R002",
            remedy="Choose another folder with --out, or remove this one.",
        )
    previous = tuple((earlier or {}).get("outputs", {}))
    folder = RunFolder(out, previous)
    claimed = {
        "status": "started",
        "scenario": name,
        "scenario_hash": scenario_hash,
        "seed": seed,
    }
    try:
        write_json(
            out / MANIFEST,
            claimed | {"outputs": dict((earlier or {}).get("outputs", {}))},
        )
    except OSError as problem:
        raise RunError(
            f"{out} cannot be written: {problem.strerror or problem}.",
            code="TS-R003",
            remedy="Choose another folder with --out.",
        ) from problem
    return folder


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
