"""The stores of a folder: one for each content that was ever simulated into it, so that an edit and its undoing both resume."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trialsim.engine import Engine
from trialsim.prepared import Study
from trialsim.runs.files import write_json, write_text
from trialsim.runs.lock import Subject
from trialsim.runs.record import RESOLVED, key_of, sound_manifest
from trialsim.runs.store import CHUNKS, CONTRACT, chunk_files, covered, store_key
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import play_hash, scenario_hash

#: What a store says of itself.
STORE = "store.json"

#: Results of a folder before the current one.
EARLIER = "earlier"

#: Letters of a key that name a store and an earlier result.
LETTERS = 8
NAME = re.compile(rf"[0-9a-f]{{{LETTERS}}}")


@dataclass(frozen=True)
class Content:
    """All that decides what a run simulates, and how many replicates are requested."""

    study: Study
    engine: Engine

    @property
    def key(self) -> str:
        """32 hexadecimal digits: the hash of scenario, seed, engine and contract."""
        return store_key(play_hash(self.study.scenario), self.engine)

    @property
    def subject(self) -> Subject:
        """What a lock says of it."""
        known = self.study.scenario
        return Subject(self.key, known.name, known.simulation.replicates)


def short(key: str) -> str:
    """A key as it names a folder."""
    return key[:LETTERS]


def store_folder(out: Path, key: str) -> Path:
    """Where the chunks of a content are, or would be."""
    return out / CHUNKS / short(key)


def root_of(folder: Path) -> Path:
    """The folder with the stores of a result: itself, or that in which it was earlier."""
    above = folder.parent
    return above.parent if above.name == EARLIER and (above.parent / CHUNKS).is_dir() else folder


def chunks_of(folder: Path, manifest: dict[str, Any]) -> Path:
    """Where the chunks of a result are; beside it, in no folder of their own, where an older trialsim made it."""
    root = root_of(folder)
    store = store_folder(root, key_of(manifest))
    return store if store.is_dir() or not chunk_files(root / CHUNKS) else root / CHUNKS


def store_folders(out: Path) -> list[Path]:
    """The stores of a folder, by name."""
    chunks = out / CHUNKS
    if not chunks.is_dir():
        return []
    return sorted(path for path in chunks.iterdir() if NAME.fullmatch(path.name) and path.is_dir() and _used(path))


def _used(store: Path) -> bool:
    return any((store / name).is_file() for name in (STORE, RESOLVED)) or bool(chunk_files(store))


def kept(store: Path) -> int:
    """How many replicates a store holds."""
    return covered(part for part, _ in chunk_files(store))


def begin_store(out: Path, content: Content) -> Path:
    """The store of a content, with word of what it is for; the one begun last says so by its time."""
    known = content.study.scenario
    store = store_folder(out, content.key)
    write_text(store / RESOLVED, dump(known))
    words = {
        "key": content.key,
        "scenario": known.name,
        "scenario_hash": scenario_hash(known),
        **({} if play_hash(known) == scenario_hash(known) else {"play_hash": play_hash(known)}),
        "seed": known.simulation.seed,
        "engine": content.engine,
        "contract": CONTRACT,
        "replicates": known.simulation.replicates,
        "begun": datetime.now(UTC).isoformat(timespec="microseconds"),
    }
    write_json(store / STORE, words)
    return store


@dataclass(frozen=True)
class Store:
    """A folder of chunks with a description: ``words`` are those of a manifest, ``files`` where its scenario is."""

    chunks: Path
    words: dict[str, Any]
    files: Path

    @property
    def begun(self) -> str:
        """When it was last used."""
        return str(self.words.get("begun", ""))


def sound_stores(out: Path) -> list[Store]:
    """The stores that can say what they are for, the one begun last at the end."""
    found = [
        Store(path, words, path)
        for path in store_folders(out)
        if (words := sound_manifest(path, STORE)) is not None and "replicates" in words
    ]
    return sorted(found, key=lambda one: one.begun)
