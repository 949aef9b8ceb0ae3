"""``run.json``: what was played, by which versions, and the hash of every file it made."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import trialsim
from trialsim.runs.files import write_json
from trialsim.runs.folder import MANIFEST, RunFolder, read_manifest, remove_stale
from trialsim.runs.store import CONTRACT

#: Packages whose version may move a digit.
PACKAGES = ("numpy", "numba", "llvmlite", "scipy", "simpy", "pandas", "pyarrow", "pydantic")


@dataclass(frozen=True)
class Playing:
    """What a run played: ``found`` replicates were there already, ``missing`` ones are in no shard."""

    scenario: str
    scenario_hash: str
    seed: int
    replicates: int
    engine: str
    workers: int
    seconds: float
    found: int = 0
    missing: tuple[range, ...] = ()
    shard: tuple[int, int] | None = None


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Version of trialsim, Python and the packages that may move a digit."""
    known = {"trialsim": trialsim.__version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            known[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return known


def finish(folder: RunFolder, playing: Playing, *, made: Iterable[Path]) -> dict[str, Any]:
    """Write ``run.json`` with the hashes of all files made, and remove what an earlier run left over."""
    names = sorted({path.relative_to(folder.path).as_posix() for path in made})
    manifest: dict[str, Any] = {
        "status": "shard" if playing.shard else "partial" if playing.missing else "done",
        "scenario": playing.scenario,
        "scenario_hash": playing.scenario_hash,
        "seed": playing.seed,
        "replicates": playing.replicates,
        "missing": [[part.start, part.stop] for part in playing.missing],
        **({"shard": list(playing.shard)} if playing.shard else {}),
        "found": playing.found,
        "contract": CONTRACT,
        "engine": playing.engine,
        "workers": playing.workers,
        "seconds": round(playing.seconds, 3),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "platform": platform.platform(),
        "processor": platform.machine(),
        "outputs": {name: file_hash(folder.path / name) for name in names},
    }
    remove_stale(folder, names)
    write_json(folder.path / MANIFEST, manifest)
    return manifest


def add_outputs(folder: RunFolder, made: Iterable[Path]) -> dict[str, Any]:
    """Enter further files, such as figures and the report, into a finished ``run.json``.

    Those that are not there yet have no hash: a kill while they are drawn leaves no file that a later run does not know.
    """
    manifest = read_manifest(folder.path) or {"outputs": {}}
    for path in made:
        manifest["outputs"][path.relative_to(folder.path).as_posix()] = _hash(path) or ""
    manifest["outputs"] = dict(sorted(manifest["outputs"].items()))
    write_json(folder.path / MANIFEST, manifest)
    return manifest


def changed_outputs(out: Path) -> list[str]:
    """Names of the files in ``out`` that are gone or no longer what the run wrote."""
    outputs = (read_manifest(out) or {}).get("outputs", {})
    return [name for name, known in outputs.items() if _hash(out / name) != known]


def _hash(path: Path) -> str | None:
    """The hash of a file; None where there is none that can be read."""
    try:
        return file_hash(path)
    except OSError:
        return None
