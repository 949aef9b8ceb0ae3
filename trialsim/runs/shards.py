"""Shares of a run simulated apart, without any service, and put together again."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from trialsim import study as studies
from trialsim.chunks import in_order, threads_until_done
from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.prepared import Study
from trialsim.runs.files import whole_file, write_text
from trialsim.runs.folder import SHARD, taken
from trialsim.runs.manifest import RunFacts
from trialsim.runs.players import ChunkSource, open_player
from trialsim.runs.record import MANIFEST, RESOLVED, engine_of, key_of, resolved_file, sound_manifest
from trialsim.runs.run import FinishedRun, kept_truth, placed, put_in_place, summed_up, with_simulation
from trialsim.runs.sealed import keys_in
from trialsim.runs.store import CHUNKS, CONTRACT, ChunkStore, chunk_files
from trialsim.runs.stores import STORE, Content, Store, chunks_of, sound_stores, store_folder, store_folders
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import play_hash, scenario_hash
from trialsim.scenario.load import load
from trialsim.scenario.model import Scenario


@dataclass(frozen=True)
class Shard:
    """The ``index``-th (from 1) of ``count`` shares: every ``count``-th chunk."""

    index: int
    count: int

    @property
    def name(self) -> str:
        """Its folder."""
        digits = len(str(self.count))
        return f"shard-{self.index:0{digits}d}-of-{self.count}"

    def chunks(self, all_: Sequence[range]) -> list[range]:
        """Those of ``all_`` chunks that are its own."""
        return list(all_[self.index - 1 :: self.count])


def play_shard(
    scenario: Scenario | Study,
    out: Path,
    shard: Shard,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    workers: int | None = None,
    executor: Executor | str = "threads",
    progress: Callable[[int], None] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Path:
    """Play a share of a run into a folder of its own below ``out``, and return that folder.

    Raises
    ------
    RunError
        as :func:`trialsim.runs.run.run`
    """
    study = with_simulation(scenario, replicates=replicates, seed=seed)
    asked = study.scenario.simulation
    chunks = shard.chunks(studies.stored_chunks(study, range(asked.replicates), engine=engine))
    folder = out / shard.name
    with (
        taken(Content(study, engine), folder, tell=tell) as claimed,
        open_player(study, engine=engine, workers=workers, executor=executor) as (player, threads),
        threads_until_done(threads) as pool,
    ):
        stored = ChunkSource(ChunkStore(claimed.store, study, tell, engine), player)
        done, began = 0, time.perf_counter()
        for part in in_order(pool, lambda chunk: len(stored(chunk).trial), chunks, ahead=threads + 2):
            done += part
            if progress is not None:
                progress(done)
        facts = RunFacts(
            scenario=study.scenario.name,
            scenario_hash=scenario_hash(study.scenario),
            play_hash=play_hash(study.scenario),
            seed=asked.seed,
            replicates=asked.replicates,
            engine=engine,
            workers=threads,
            seconds=time.perf_counter() - began,
            found=sum(len(part) for part in stored.found),
            shard=(shard.index, shard.count),
            by=tuple(stored.by),
        )
        write_text(claimed.new / RESOLVED, dump(study.scenario))
        put_in_place(claimed, facts)
    return folder


# ---------------------------------------------------------------- putting together


@dataclass(frozen=True)
class Parts:
    """What can be merged into ``out``: ``stores`` with chunks of one study, of which ``replicates`` were asked for."""

    out: Path
    stores: tuple[Path, ...]
    study: Study
    engine: Engine

    @property
    def replicates(self) -> int:
        """How many were asked for, there or not."""
        return self.study.scenario.simulation.replicates


def gather(out: Path, shards: Sequence[Path] = (), *, tell: Callable[[str], None] = lambda _: None) -> Parts:
    """``shards`` (or those below them), the shards below ``out``, and ``out`` itself; nothing is written.

    Each counts with what was last simulated into it, and all of it must be of one study. A shard whose words are damaged belongs
    to the study whose chunks lie in it.

    Raises
    ------
    RunError
        TS-R014 when nothing can be merged, TS-R015 when a shard is of another study, seed or version
    """
    given = (one for path in shards for one in (() if _begun(path) else shards_below(path)) or (path,))
    folders = [*given, *(path for path in shards_below(out) if not _empty(path, tell))]
    folders += [out] if not folders and _begun(out) else []
    if not folders:
        raise nothing_below(out)
    last = {folder: store for folder in folders if (store := _last_store(folder)) is not None}
    if not last:
        raise RunError(
            f"{folders[0]} has chunks, but {STORE} and {MANIFEST} are missing or damaged.", code="TS-R014",
            remedy="The command that simulated the shard repairs it: what it simulated is kept.",
        )  # fmt: skip
    known, first = max(last.items(), key=lambda one: one[1].begun)
    key = key_of(first.words)
    if first.words.get("contract") != CONTRACT:
        raise _foreign(known, "it was simulated by another version of trialsim")
    stores, asked = [], []
    for folder in dict.fromkeys([*folders, out]):
        held = _chunks_with(folder, key)
        if folder in last and key_of(last[folder].words) == key:
            asked.append(_asked(folder, last[folder]))
        elif held is None and folder in folders:
            raise _foreign(folder, _difference(last.get(folder), first, known))
        elif folder in last:
            tell(f"{folder} was last used for another study; its earlier trials of the study in {known} are merged.")
        elif folder in folders:
            tell(f"{STORE} of {folder} is missing or damaged, so its study is not known; its chunks are merged.")
        stores += [held] if held is not None else []
    study = with_simulation(load(resolved_file(first.files)), replicates=max(asked), seed=first.words["seed"])
    if scenario_hash(study.scenario) != first.words["scenario_hash"]:
        raise _foreign(known, "its scenario was changed later")
    return Parts(out, tuple(stores), study, engine_of(first.words))


def merge(
    parts: Parts,
    *,
    truth: bool = True,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    truth_progress: Callable[[int], None] | None = None,
    tell: Callable[[str], None] = lambda _: None,
    in_place: bool = True,
) -> FinishedRun:
    """One run from all chunks of all ``parts``.

    Any part of a run will do: what is missing is left out and named (``missing`` of the run). Chunks are linked, or copied where
    the disk knows no links, so that the folder of the run is complete on its own afterwards.

    Raises
    ------
    RunError
        TS-R014 when no chunk is whole, and as :func:`trialsim.runs.run.run`
    """
    study, engine = parts.study, parts.engine
    with taken(Content(study, engine), parts.out, tell=tell) as claimed:
        held = claimed.store
        store = ChunkStore(held, study, tell, engine)
        for part, _ in chunk_files(held):
            store.load(part)  # a damaged one makes room for that of its shard, and that for one of another shard
        for folder in parts.stores:
            for part, path in chunk_files(folder):
                if not (held / path.name).exists():
                    _link(path, held / path.name)
                    store.load(part)
        whole = [part for part, _ in chunk_files(held)]
        there = stretches(studies.stored_chunks(study, range(parts.replicates), engine=engine), whole)
        if not there:
            raise RunError("no chunk is whole.", code="TS-R014", remedy="Simulate the shards again.")
        true = kept_truth(claimed, study, workers=workers, progress=truth_progress, tell=tell) if truth else None
        made = summed_up(
            claimed, study, ChunkSource(ChunkStore(held, study, tell, engine), _never), there, engine=engine, truth=true,
            workers=workers, progress=progress, missing=gaps(there, parts.replicates),
        )  # fmt: skip
        return placed(made) if in_place else made


def stretches(chunks: Sequence[range], known: Sequence[range]) -> list[range]:
    """The rising parts of ``chunks`` that the rising ``known`` hold, each inside one chunk and one of the known.

    >>> stretches([range(0, 500), range(500, 1000)], [range(0, 500), range(600, 700), range(650, 1000)])
    [range(0, 500), range(600, 700), range(700, 1000)]
    """
    found: list[range] = []
    following, reached = iter(chunks), 0
    chunk = next(following, None)
    for part in known:
        low = max(part.start, reached)
        while chunk is not None and low < part.stop:
            high = min(part.stop, chunk.stop)
            if low < high:
                found.append(range(low, high))
                low = reached = high
            if low >= chunk.stop:
                chunk = next(following, None)
    return found


def gaps(chunks: Sequence[range], replicates: int) -> tuple[range, ...]:
    """The replicates below ``replicates`` that are in none of the rising ``chunks``.

    >>> gaps([range(0, 500), range(1000, 1500)], 2000)
    (range(500, 1000), range(1500, 2000))
    """
    edges = [range(0), *chunks, range(replicates, replicates)]
    return tuple(range(low.stop, high.start) for low, high in pairwise(edges) if high.start > low.stop)


def _never(replicates: range) -> studies.ReplicateResults:
    raise RunError(
        f"the chunk of replicates {replicates.start} to {replicates.stop - 1} disappeared while it was merged.",
        code="TS-R014",
        remedy="Merge again.",
    )


def nothing_below(folder: Path) -> RunError:
    """The error of a folder without shards."""
    return RunError(
        f"there is no shard below {folder}.",
        code="TS-R014",
        remedy="Name the folder that was given to `trialsim run --shard` with --out, or the shards themselves.",
    )


def shards_below(folder: Path) -> list[Path]:
    """The folders of shards in ``folder``, by name."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and SHARD.fullmatch(path.name))


def _begun(folder: Path) -> bool:
    """Whether anything was simulated into a folder itself."""
    return (folder / MANIFEST).is_file() or bool(store_folders(folder)) or bool(chunk_files(folder / CHUNKS))


def _empty(folder: Path, tell: Callable[[str], None]) -> bool:
    """Whether a shard was stopped, or is, before it had anything to merge; what it lacks is counted as missing."""
    if _begun(folder):
        return False
    tell(f"{folder} is empty: its shard has not started.")
    return True


def _last_store(folder: Path) -> Store | None:
    """What was last simulated into a folder, as it says of itself; None where it says nothing that can be read.

    Raises
    ------
    RunError
        TS-R014 when nothing was simulated
    """
    if (known := sound_stores(folder)) and known[-1].begun:
        return known[-1]
    manifest = sound_manifest(folder)
    if manifest is not None and all(name in manifest for name in ("replicates", "engine", "contract")):
        return Store(chunks_of(folder, manifest), manifest, folder)  # an older trialsim wrote nothing else
    if known:
        return known[-1]
    if not store_folders(folder) and not chunk_files(folder / CHUNKS):
        raise RunError(
            f"{folder} is not a shard of a run.",
            code="TS-R014",
            remedy="Leave it out, or simulate it: its run.json is missing.",
        )
    return None


def _chunks_with(folder: Path, key: str) -> Path | None:
    """Where the chunks of a content are in a folder; None where there are none."""
    store, loose = store_folder(folder, key), folder / CHUNKS
    if chunk_files(store) or not chunk_files(loose):
        return store if store.is_dir() else None
    return loose if keys_in(loose) in ({key}, set()) else None


def _asked(folder: Path, store: Store) -> int:
    """How many replicates were asked for, there or not."""
    manifest = sound_manifest(folder) or {}
    if manifest and key_of(manifest) == key_of(store.words):
        missing = sum(int(high) - int(low) for low, high in manifest.get("missing", []))
        finished = int(manifest.get("replicates", 0)) + missing
        return max(finished, int(store.words["replicates"]), int(manifest.get("asked", 0)))
    return int(store.words["replicates"])


def _difference(store: Store | None, first: Store, known: Path) -> str:
    """Why what was simulated last into a folder does not belong to the rest."""
    if store is None:
        return f"its study cannot be read, and its chunks are not of the study in {known}"
    for name, word in (
        ("scenario_hash", "another study"), ("seed", "another seed"), ("engine", "another engine"),
        ("contract", "another version of trialsim"),
    ):  # fmt: skip
        if store.words.get(name) != first.words.get(name):
            return f"{word} than {known} ({store.words.get(name)}, not {first.words.get(name)})"
    return f"its chunks are not of the study in {known}"


def _foreign(folder: Path, why: str) -> RunError:
    return RunError(
        f"{folder} does not belong here: {why}.",
        code="TS-R015",
        remedy="Leave it out of the merge, or simulate it again.",
    )


def _link(source: Path, target: Path) -> None:
    """The file ``source`` also as ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another disk, one without links, or a file that only its owner may link
        with whole_file(target) as temporary:
            shutil.copyfile(source, temporary)
