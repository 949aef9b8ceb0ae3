"""``run.json``: what was simulated, by which versions, and the hash of every file it made."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trialsim.engine import Engine
from trialsim.regular import check_regular, inside, open_regular
from trialsim.runs.files import write_json
from trialsim.runs.record import MANIFEST, read_manifest
from trialsim.runs.store import CONTRACT, store_key
from trialsim.runs.versions import joined, versions

__all__ = ["RunFacts", "changed_outputs", "file_hash", "finish", "unlisted_outputs", "versions"]

#: What a run always makes. A manifest that does not list one of them is not believed.
ALWAYS = ("estimates.parquet", "operating_characteristics.csv", "scenario.resolved.yaml")
SHARDS_ALWAYS = ("scenario.resolved.yaml",)

#: No file of a run is longer [bytes], but the estimates, which are so many bytes a replicate at most.
MOST_BYTES = 2**30
MOST_BYTES_EACH = 2**20


@dataclass(frozen=True)
class RunFacts:
    """What a command simulated: ``found`` replicates were there already, ``missing`` ones are in no shard.

    ``play_hash`` differs from ``scenario_hash`` if rules are applied to what is simulated (bounds of looks).
    ``workers`` and ``seconds`` are of this command; ``by`` are the versions by which all replicates were simulated, whenever and
    wherever; ``source`` is the scenario's file (:func:`trialsim.runs.source.source_of`).
    """

    scenario: str
    scenario_hash: str
    seed: int
    replicates: int
    engine: Engine
    workers: int
    seconds: float
    found: int = 0
    missing: tuple[range, ...] = ()
    shard: tuple[int, int] | None = None
    by: Sequence[dict[str, str]] = ()
    source: str = ""
    play_hash: str = ""

    @property
    def identity(self) -> str:
        """The hash of all that decides what was simulated."""
        return self.play_hash or self.scenario_hash

    @property
    def all_found(self) -> bool:
        """Whether the command simulated nothing itself."""
        return self.found >= self.replicates and self.shard is None


def file_hash(path: Path) -> str:
    """SHA-256 of a regular file, in hexadecimal."""
    with open_regular(path) as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def finish(new: Path, facts: RunFacts, *, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Write the manifest of a result whose files are all in ``new``, with the hash of each.

    Where nothing was simulated, workers and seconds are those of the result of the same content ``before``.
    """
    names = sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
    earlier = before or {}
    played = {name: earlier[name] for name in ("workers", "seconds") if name in earlier} if facts.all_found else {}
    manifest: dict[str, Any] = {
        "status": "shard" if facts.shard else "partial" if facts.missing else "done",
        "key": store_key(facts.identity, facts.engine),
        "scenario": facts.scenario,
        "scenario_hash": facts.scenario_hash,
        **({} if facts.identity == facts.scenario_hash else {"play_hash": facts.identity}),
        "seed": facts.seed,
        "replicates": facts.replicates,
        "missing": [[part.start, part.stop] for part in facts.missing],
        **({"shard": list(facts.shard)} if facts.shard else {}),
        **({"source": facts.source} if facts.source else {}),
        "found": facts.found,
        "contract": CONTRACT,
        "engine": facts.engine,
        "workers": played.get("workers", facts.workers),
        "seconds": played.get("seconds", round(facts.seconds, 3)),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": joined([*facts.by, versions()]),
        "platform": platform.platform(),
        "processor": platform.machine(),
        "store": "kept",
        "outputs": {name: file_hash(new / name) for name in names if name != MANIFEST},
    }
    write_json(new / MANIFEST, manifest)
    return manifest


def changed_outputs(out: Path) -> list[str]:
    """Names of the files in ``out`` that are gone or no longer what the run wrote.

    A name that leads out of the folder, or to something that is not a regular file of a possible size, counts as changed and
    is not read.
    """
    manifest = read_manifest(out) or {}
    outputs: dict[str, str] = manifest.get("outputs", {})
    most = MOST_BYTES + MOST_BYTES_EACH * int(manifest.get("replicates", 0))
    return [name for name, known in outputs.items() if _hash_inside(out, name, most) != known]


def unlisted_outputs(manifest: dict[str, Any]) -> list[str]:
    """Names of what every finished run makes and this manifest does not list, so that they cannot be checked."""
    always = {"shard": SHARDS_ALWAYS, "done": ALWAYS, "partial": ALWAYS}.get(str(manifest.get("status")), ())
    return [name for name in always if name not in manifest.get("outputs", {})]


def _hash_inside(out: Path, name: str, most: int) -> str | None:
    """The hash of a file that a manifest names; None where it is not one of the folder that can be read."""
    path = inside(out, name)
    if path is None:
        return None
    try:
        check_regular(path, most=most if name == ALWAYS[0] else MOST_BYTES)
    except OSError:
        return None
    return _hash(path)


def _hash(path: Path) -> str | None:
    """The hash of a file; None where there is none that can be read."""
    try:
        return file_hash(path)
    except OSError:
        return None
