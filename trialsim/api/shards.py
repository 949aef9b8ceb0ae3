"""Shares of a run on several machines, and putting them together."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.api.failures import options_of
from trialsim.api.finished import Run
from trialsim.api.keep import Stages, check_folder, draw, drawings_of, failed_of, folder_of, to_stderr, write_links
from trialsim.api.subjects import Folder, Subject, study_of
from trialsim.engine import Engine
from trialsim.result import Result
from trialsim.runs import run as playing
from trialsim.runs.effort import check_effort
from trialsim.runs.lock import alone
from trialsim.runs.record import RESOLVED
from trialsim.runs.shards import Shard, gather, play_shard
from trialsim.runs.shards import merge as put_together
from trialsim.runs.stores import Content

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class ShardResult(Result):
    """One share of a run: ``shard`` and the ``folder`` it is in."""

    shard: Shard
    folder: Path

    def frame(self) -> pd.DataFrame:
        """Its number, how many there are, and its folder."""
        import pandas as pd

        return pd.DataFrame([(self.shard.index, self.shard.count, str(self.folder))], columns=["shard", "of", "folder"])

    def brief(self) -> pd.DataFrame:
        """Nothing: the line says it."""
        return self.frame().iloc[:0]

    def lines(self) -> list[str]:
        """Where it is."""
        return [f"Shard {self.shard.index} of {self.shard.count} is in {self.folder}."]


def shard(
    subject: Subject,
    index: int,
    count: int,
    out: Folder | None = None,
    *,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    large: bool = False,
    workers: int | None = None,
    executor: Executor | str = "threads",
    progress: Stages | None = None,
    tell: Callable[[str], None] | None = None,
    allow_code: bool = False,
) -> ShardResult:
    """Simulate the ``index``-th of ``count`` shares of a run (from 1); :func:`merge` puts them together.

    Parameters are otherwise those of :func:`run`.
    """
    study = study_of(subject, set=set, replicates=replicates, seed=seed, allow_code=allow_code)
    folder, mine = folder_of(study, out), Shard(index, count)
    check_folder(study, folder, engine=engine)
    check_effort(study, workers=workers, large=large)
    say = progress or (lambda *_: None)
    made = play_shard(
        study, folder, mine, engine=engine, workers=workers, executor=executor, tell=tell or to_stderr,
        progress=lambda done: say("Simulating", done, None),
    )  # fmt: skip
    return ShardResult(mine, made)


def merge(
    folder: Folder,
    shards: Sequence[Folder] = (),
    *,
    truth: bool = True,
    figures: bool = True,
    workers: int | None = None,
    progress: Stages | None = None,
    tell: Callable[[str], None] | None = None,
) -> Run:
    """Put the shards of a run together: those below ``folder``, and ``shards`` that lie elsewhere.

    What is missing is in ``finished.missing``, and the result is that of the rest. A run that was stopped is summed up the same
    way.
    """
    say, out = progress or (lambda *_: None), Path(folder)
    word = tell or to_stderr
    parts = gather(out, [Path(one) for one in shards], tell=word)
    with alone(out, Content(parts.study, parts.engine).subject, tell=word):
        merged = put_together(
            parts, truth=truth, workers=workers, tell=word,
            progress=lambda done: say("Summing up", done, None),
            truth_progress=lambda done: say("True effects", done, None),
            in_place=False,
        )  # fmt: skip
        if figures:
            draw(merged, say, drawings_of(merged.study, parts.engine, True, None))
        merged = playing.placed(merged)
    write_links(out)
    source = shlex.quote(str(out / RESOLVED))
    failed = failed_of(merged, out, engine=parts.engine, source=source)
    return Run(out, merged, None, failed, source, options_of((), None, parts.engine))
