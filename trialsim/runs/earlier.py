"""Results of a folder before the current one: kept by content, without figures where there are many."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from trialsim.runs.files import PARTIAL, flush_folder, rename, write_json
from trialsim.runs.manifest import changed_outputs
from trialsim.runs.record import FINISHED, MANIFEST, RESOLVED, key_of, sound_manifest
from trialsim.runs.stores import EARLIER, short

#: Earlier results that keep their figures, the newest.
WITH_FIGURES = 10
FIGURES = "figures/"

#: The name of something of which the content is not known.
UNKNOWN = "unknown"


def earlier_folders(out: Path) -> list[Path]:
    """The earlier results of a folder, the newest first."""
    held = out / EARLIER
    shown = [path for path in held.iterdir() if not path.name.startswith(".")] if held.is_dir() else []
    found = [path for path in shown if (path / MANIFEST).is_file()]  # what is hidden is being removed
    return sorted(
        found, key=lambda path: (str((sound_manifest(path) or {}).get("finished", "")), path.name), reverse=True
    )


def keep_earlier(out: Path, old: Path) -> Path | None:
    """Make an earlier result of ``old``, which was in ``out``, unless the current result has all of it; where it is."""
    kept = sound_manifest(old)
    empty = not any(path.is_file() or path.is_symlink() for path in old.rglob("*"))
    if empty or _only_words(old, kept) or covers(out, old):
        discard(old)
        target = None
    else:
        target = _keep(out, old, UNKNOWN if kept is None else short(key_of(kept)))
    now = sound_manifest(out)
    for path in earlier_folders(out):
        if now is not None and path.name.startswith(short(key_of(now))) and covers(out, path):
            discard(path)
    remove_empty(out / "figures", out / "cohort", out / EARLIER)
    drop_figures(out)
    return target


def _keep(out: Path, old: Path, name: str) -> Path:
    target, count = out / EARLIER / name, 1
    target.parent.mkdir(exist_ok=True)
    while target.exists():
        if covers(old, target):
            discard(target)
        elif covers(target, old):
            discard(old)
            return target
        else:
            count += 1
            target = out / EARLIER / f"{name}-{count}"
    rename(old, target)
    flush_folder(target.parent)
    return target


def covers(more: Path, less: Path) -> bool:
    """Whether a result has all of another, which nobody has changed: the same content, as many replicates, the same files."""
    one, two = sound_manifest(more), sound_manifest(less)
    if one is None or two is None or not one.get("status") == two.get("status") == "done":
        return False
    if key_of(one) != key_of(two) or one.get("scenario_hash") != two.get("scenario_hash"):
        return False
    if one.get("replicates", 0) < two.get("replicates", 0):
        return False
    names = {path.relative_to(less).as_posix() for path in less.rglob("*") if not path.is_dir()} - {MANIFEST}
    return names <= set(two.get("outputs", {})) <= set(one.get("outputs", {})) and not changed_outputs(less)


def _only_words(old: Path, manifest: dict[str, Any] | None) -> bool:
    """Whether nothing lies there but what the store says as well: the words of a run that was stopped, or of a shard."""
    names = {path.relative_to(old).as_posix() for path in old.rglob("*") if not path.is_dir()}
    return manifest is not None and manifest.get("status") in ("started", "shard") and names <= {MANIFEST, RESOLVED}


def drop_figures(out: Path) -> None:
    """Remove the figures of earlier results beyond the newest; pages and tables stay."""
    for path in earlier_folders(out)[WITH_FIGURES:]:
        manifest = sound_manifest(path) or {}
        outputs = manifest.get("outputs", {})
        drawn = [name for name in outputs if name.startswith(FIGURES)]
        if not drawn or manifest.get("status") not in FINISHED:
            continue
        write_json(path / MANIFEST, {**manifest, "outputs": {k: v for k, v in outputs.items() if k not in drawn}})
        for name in drawn:
            (path / "figures" / Path(name).name).unlink(missing_ok=True)
        remove_empty(path / "figures")


def discard(folder: Path) -> None:
    """Remove a folder: out of sight first, so that a process that is killed leaves no half of it."""
    gone = folder.with_name(f".{folder.name.strip('.')}{PARTIAL}")
    if gone.is_dir():
        shutil.rmtree(gone)
    rename(folder, gone)
    shutil.rmtree(gone)


def remove_empty(*folders: Path) -> None:
    """Remove those folders that are there and empty; a link to a folder stays."""
    for folder in folders:
        if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
            folder.rmdir()
