"""Shares of a run played apart, without any service, and put together again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from trialsim import study as studies
from trialsim.chunks import in_order, threads_until_done
from trialsim.errors import RunError
from trialsim.runs.files import whole_file
from trialsim.runs.folder import SHARD, read_manifest, writing
from trialsim.runs.manifest import Playing, finish
from trialsim.runs.players import Stored, open_player
from trialsim.runs.run import RESOLVED, Run, summed_up, taken, with_simulation
from trialsim.runs.store import CHUNKS, CONTRACT, ChunkStore, chunk_files
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.load import load
from trialsim.scenario.model import Scenario
from trialsim.truth import find_truth


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
    scenario: Scenario | studies.Study,
    out: Path,
    shard: Shard,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    engine: studies.Engine = "fast",
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
        stored = Stored(ChunkStore(folder / CHUNKS, study, tell), player)
        done = 0
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
            seconds=0.0,
            found=sum(len(part) for part in stored.found),
            shard=(shard.index, shard.count),
        )
        finish(claimed, playing, made=[folder / RESOLVED])
    return folder


# ---------------------------------------------------------------- putting together


def merge(
    out: Path,
    shards: Sequence[Path] = (),
    *,
    truth: bool = True,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    truth_progress: Callable[[int], None] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Run:
    """One run from the chunks of ``shards`` (or those below them), of the shards below ``out``, and of ``out`` itself.

    Any part of a run will do: what is missing is left out and said (:attr:`Run.missing`). Chunks are linked, or copied where
    the disk knows no links, so that ``out`` stands for itself afterwards.

    Raises
    ------
    RunError
        TS-R014 when there is nothing to merge, TS-R015 when a shard is of another study, seed or version, and as
        :func:`trialsim.runs.run.run`
    """
    given = (one for path in shards for one in (shards_below(path) if read_manifest(path) is None else ()) or (path,))
    folders = [*given, *(path for path in shards_below(out) if not _not_begun(path, tell))]
    folders += [out] if chunk_files(out / CHUNKS) else []
    if not folders:
        raise nothing_below(out)
    first = _told(folders[0])
    for folder in folders:
        _same(folder, first, folders[0])
    replicates = max(_asked(_told(folder)) for folder in folders)
    study = with_simulation(load(folders[0] / RESOLVED), replicates=replicates, seed=first["seed"])
    if scenario_hash(study.scenario) != first["scenario_hash"]:
        raise _foreign(folders[0], "its scenario was changed since")
    with taken(study, out, engine=first["engine"]) as claimed:
        held = ChunkStore(out / CHUNKS, study, tell)
        for part, _ in chunk_files(out / CHUNKS):
            held.load(part)  # a damaged one makes room for that of its shard
        for folder in folders:
            with writing(out):
                _link(folder / CHUNKS, out / CHUNKS)
        store = ChunkStore(out / CHUNKS, study, tell)
        all_ = studies.stored_chunks(study, range(replicates), engine=first["engine"])
        there = [chunk for chunk in all_ if store.load(chunk) is not None]
        if not there:
            raise RunError("no chunk is whole.", code="TS-R014", remedy="Play the shards again.")
        true = find_truth(study, workers=workers, progress=truth_progress) if truth else None
        return summed_up(
            claimed, study, Stored(store, _never), there, engine=first["engine"], truth=true, workers=workers,
            progress=progress, missing=gaps(there, replicates),
        )  # fmt: skip


def gaps(chunks: Sequence[range], replicates: int) -> tuple[range, ...]:
    """The replicates below ``replicates`` that are in none of the rising ``chunks``.

    >>> gaps([range(0, 500), range(1000, 1500)], 2000)
    (range(500, 1000), range(1500, 2000))
    """
    edges = [range(0), *chunks, range(replicates, replicates)]
    return tuple(range(low.stop, high.start) for low, high in pairwise(edges) if high.start > low.stop)


def _never(replicates: range) -> studies.Played:
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


def _not_begun(folder: Path, tell: Callable[[str], None]) -> bool:
    """Whether a shard was stopped, or is, before it had anything to merge; what it lacks is counted as missing."""
    empty = not chunk_files(folder / CHUNKS) and read_manifest(folder) is None
    if empty:
        tell(f"{folder} is empty: its shard has not begun.")
    return empty


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
    return int(told["replicates"]) + sum(int(high) - int(low) for low, high in told.get("missing", []))


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
    """Every chunk of ``source`` also in ``target``."""
    if source.resolve() == target.resolve():
        return
    for _, path in chunk_files(source):
        other = target / path.name
        if other.exists():
            continue
        with whole_file(other) as temporary:
            try:
                os.link(path, temporary)
            except OSError:
                shutil.copyfile(path, temporary)
