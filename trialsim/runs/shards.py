"""Shares of a run played apart, without any service, and put together again."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from trialsim import study as studies
from trialsim.chunks import in_order, threads_until_done
from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.prepared import Study
from trialsim.runs.files import whole_file, write_text
from trialsim.runs.folder import MANIFEST, SHARD, read_manifest, reopen, resolved_file
from trialsim.runs.manifest import Playing, finish
from trialsim.runs.players import Stored, open_player
from trialsim.runs.run import RESOLVED, Run, kept_truth, summed_up, taken, with_simulation
from trialsim.runs.store import CHUNKS, CONTRACT, ChunkStore, chunk_files, engine_of_chunks
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import scenario_hash
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
    told = study.scenario.simulation
    chunks = shard.chunks(studies.stored_chunks(study, range(told.replicates), engine=engine))
    folder = out / shard.name
    with (
        taken(study, folder, engine=engine) as claimed,
        open_player(study, engine=engine, workers=workers, executor=executor) as (player, threads),
        threads_until_done(threads) as pool,
    ):
        stored = Stored(ChunkStore(folder / CHUNKS, study, tell, engine), player)
        done, began = 0, time.perf_counter()
        for part in in_order(pool, lambda chunk: len(stored(chunk).trial), chunks, ahead=threads + 2):
            done += part
            if progress is not None:
                progress(done)
        playing = Playing(
            scenario=study.scenario.name,
            scenario_hash=scenario_hash(study.scenario),
            seed=told.seed,
            replicates=told.replicates,
            engine=engine,
            workers=threads,
            seconds=time.perf_counter() - began,
            found=sum(len(part) for part in stored.found),
            shard=(shard.index, shard.count),
            by=tuple(stored.by),
        )
        reopen(claimed)
        write_text(folder / RESOLVED, dump(study.scenario))
        finish(claimed, playing, made=[folder / RESOLVED])
    return folder


# ---------------------------------------------------------------- putting together


@dataclass(frozen=True)
class Parts:
    """What can be merged into ``out``: ``folders`` with chunks of one study, of which ``replicates`` were asked for."""

    out: Path
    folders: tuple[Path, ...]
    study: Study
    engine: Engine

    @property
    def replicates(self) -> int:
        """How many were asked for, there or not."""
        return self.study.scenario.simulation.replicates


def gather(out: Path, shards: Sequence[Path] = (), *, tell: Callable[[str], None] = lambda _: None) -> Parts:
    """``shards`` (or those below them), the shards below ``out``, and ``out`` itself; nothing is written.

    A shard whose ``run.json`` is damaged belongs to the study whose chunks lie in it.

    Raises
    ------
    RunError
        TS-R014 when there is nothing to merge, TS-R015 when a shard is of another study, seed or version
    """
    given = (one for path in shards for one in (() if _begun(path) else shards_below(path)) or (path,))
    folders = [*given, *(path for path in shards_below(out) if not _empty(path, tell))]
    folders += [out] if chunk_files(out / CHUNKS) else []
    if not folders:
        raise nothing_below(out)
    sound = [folder for folder in folders if not _damaged(folder)]
    if not sound:
        raise RunError(
            f"{folders[0] / MANIFEST} is missing or damaged.", code="TS-R014",
            remedy="The command that played the shard mends it: what it played is kept.",
        )  # fmt: skip
    first = _told(sound[0])
    for folder in folders:
        if folder in sound:
            _same(folder, first, sound[0])
        elif engine_of_chunks(folder / CHUNKS, first["scenario_hash"]) != first["engine"]:
            raise _foreign(
                folder, f"its {MANIFEST} is missing or damaged, and its chunks are not of the study in {sound[0]}"
            )
        else:
            tell(f"{folder / MANIFEST} is missing or damaged; the chunks beside it are of this study and are taken.")
    replicates = max(_asked(_told(folder)) for folder in sound)
    study = with_simulation(load(resolved_file(sound[0])), replicates=replicates, seed=first["seed"])
    if scenario_hash(study.scenario) != first["scenario_hash"]:
        raise _foreign(sound[0], "its scenario was changed since")
    return Parts(out, tuple(folders), study, first["engine"])


def merge(
    parts: Parts,
    *,
    truth: bool = True,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    truth_progress: Callable[[int], None] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Run:
    """One run from all chunks of all ``parts``.

    Any part of a run will do: what is missing is left out and said (:attr:`Run.missing`). Chunks are linked, or copied where
    the disk knows no links, so that the folder of the run stands for itself afterwards.

    Raises
    ------
    RunError
        TS-R014 when no chunk is whole, and as :func:`trialsim.runs.run.run`
    """
    study, engine, held = parts.study, parts.engine, parts.out / CHUNKS
    with taken(study, parts.out, engine=engine) as claimed:
        store = ChunkStore(held, study, tell, engine)
        for part, _ in chunk_files(held):
            store.load(part)  # a damaged one makes room for that of its shard, and that for one of another shard
        for folder in parts.folders:
            for part, path in chunk_files(folder / CHUNKS):
                if not (held / path.name).exists():
                    _link(path, held / path.name)
                    store.load(part)
        whole = [part for part, _ in chunk_files(held)]
        there = stretches(studies.stored_chunks(study, range(parts.replicates), engine=engine), whole)
        if not there:
            raise RunError("no chunk is whole.", code="TS-R014", remedy="Play the shards again.")
        true = kept_truth(claimed, study, workers=workers, progress=truth_progress, tell=tell) if truth else None
        return summed_up(
            claimed, study, Stored(ChunkStore(held, study, tell, engine), _never), there, engine=engine, truth=true,
            workers=workers, progress=progress, missing=gaps(there, parts.replicates),
        )  # fmt: skip


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
        f"the chunk of replicates {replicates.start} to {replicates.stop - 1} vanished while it was merged.",
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
    """Whether anything was played into a folder itself."""
    return (folder / MANIFEST).is_file() or bool(chunk_files(folder / CHUNKS))


def _empty(folder: Path, tell: Callable[[str], None]) -> bool:
    """Whether a shard was stopped, or is, before it had anything to merge; what it lacks is counted as missing."""
    if _begun(folder):
        return False
    tell(f"{folder} is empty: its shard has not begun.")
    return True


def _damaged(folder: Path) -> bool:
    """Whether the manifest of a folder cannot be read, and chunks can speak for it."""
    try:
        return read_manifest(folder) is None and bool(chunk_files(folder / CHUNKS))
    except RunError:
        return True


def _told(folder: Path) -> dict[str, Any]:
    """The manifest of a shard or a run.

    Raises
    ------
    RunError
        TS-R014 when there is none
    """
    told = read_manifest(folder)
    if told is None or not all(key in told for key in ("replicates", "engine", "contract")):
        raise RunError(
            f"{folder} is no shard of a run.",
            code="TS-R014",
            remedy="Leave it out, or play it: its run.json is missing.",
        )
    return told


def _asked(told: dict[str, Any]) -> int:
    """How many replicates were asked for, there or not."""
    finished = int(told["replicates"]) + sum(int(high) - int(low) for low, high in told.get("missing", []))
    return max(finished, int(told.get("asked", 0)))


def _same(folder: Path, first: dict[str, Any], known: Path) -> None:
    told = _told(folder)
    for key, word in (("scenario_hash", "another study"), ("seed", "another seed"), ("engine", "another engine")):
        if told[key] != first[key]:
            raise _foreign(folder, f"{word} than {known} ({told[key]}, not {first[key]})")
    if told["contract"] != CONTRACT:
        raise _foreign(folder, "it was played by another version of trialsim")


def _foreign(folder: Path, why: str) -> RunError:
    return RunError(f"{folder} does not belong here: {why}.", code="TS-R015", remedy="Leave it out of the merge.")


def _link(source: Path, target: Path) -> None:
    """The file ``source`` also as ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another disk, one without links, or a file that only its owner may link
        with whole_file(target) as temporary:
            shutil.copyfile(source, temporary)
