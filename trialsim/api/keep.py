"""Runs in their folders, with figures and page."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.api.arguments import checked
from trialsim.api.failures import Failure, first_failures, options_of
from trialsim.api.subjects import Folder, Subject, shipped_name, study_of
from trialsim.cohort import TABLES, Cohort
from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.familywise import FamilywiseErrors, check_families
from trialsim.familywise import familywise as familywise_errors
from trialsim.figures.process import Artist, second_process
from trialsim.prepared import Study
from trialsim.quantities.counts import counted
from trialsim.quantities.refuse import did_you_mean
from trialsim.result import Result
from trialsim.runs import run as playing
from trialsim.runs.effort import check_effort
from trialsim.runs.event_log import MOST as MOST_LOGGED
from trialsim.runs.event_log import check_ward, with_event_log
from trialsim.runs.folder import check
from trialsim.runs.lock import alone
from trialsim.runs.place import settle
from trialsim.runs.record import MANIFEST, RESOLVED, read_manifest, resolved_file
from trialsim.runs.shards import Shard, gather, play_shard
from trialsim.runs.shards import merge as put_together
from trialsim.runs.source import other_file
from trialsim.runs.stores import EARLIER, Content, store_folder
from trialsim.scenario import load
from trialsim.sweep.precision import MOST, PrecisionTarget, in_words, run_until
from trialsim.truth import MOST as MOST_TRUTHS

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.figures.render import FigureFiles
    from trialsim.report.figures import Drawings, Picture

Stages = Callable[[str, int, int | None], None]


@dataclass(frozen=True, repr=False)
class Run(Result):
    """A finished run in its folder.

    Attributes
    ----------
    folder : where its files are
    finished : what was simulated or merged in this process; None where the folder was opened
    precision : the sentence on the precision that was requested
    failed : which analyses failed in some trials, and why
    source, options : the scenario as it is typed for a replay, and what it must be given besides
    """

    folder: Path
    finished: playing.FinishedRun | None = None
    precision: str | None = None
    failed: tuple[Failure, ...] = ()
    source: str = "FILE"
    options: str = ""

    def __post_init__(self) -> None:
        """The manifest is read now: another result may take the place of this one later."""
        _ = self.manifest

    @property
    def failures(self) -> tuple[str, ...]:
        """A sentence for each analysis that failed in some trials, with the command that shows the first of them."""
        return tuple(one.words(self.source, self.options) for one in self.failed)

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """What ``run.json`` says: scenario, seed, replicates, versions, hashes of the files."""
        known = read_manifest(self.folder)
        if known is None:
            raise RunError(f"{self.folder} holds no run.", code="TS-R016", remedy="`trialsim runs` lists runs.")
        return known

    @property
    def place(self) -> Path:
        """Where the files are now: in ``folder``, or below it since another result took their place.

        Raises
        ------
        RunError
            TS-R063 when a longer run of the same study replaced them, or they were removed
        """
        own = ("key", "scenario_hash", "seed", "engine", "replicates")
        for place in (self.folder, *sorted((self.folder / EARLIER).glob("*"))):
            known = read_manifest(place)
            if known is not None and all(known.get(key) == self.manifest.get(key) for key in own):
                return place
        raise RunError(
            f"another result has replaced this one in {self.folder}.",
            code="TS-R063",
            remedy="ts.open_run opens the new one.",
        )

    @cached_property
    def study(self) -> Study:
        """The study."""
        return study_of(load(resolved_file(self.place))) if self.finished is None else self.finished.study

    @property
    def characteristics(self) -> OperatingCharacteristics:
        """The measures, with what figures need; they are there after :func:`run` and :func:`merge`.

        Raises
        ------
        RunError
            TS-R016 when the folder was only opened
        """
        return self._played.characteristics

    @property
    def familywise(self) -> FamilywiseErrors | None:
        """The familywise error rates, if this run has them."""
        return self._played.familywise

    @property
    def cohort(self) -> Cohort:
        """The trial that is shown, replicate 0."""
        return self._played.cohort

    @property
    def _played(self) -> playing.FinishedRun:
        if self.finished is None:
            raise RunError(
                f"{self.folder} was opened, and its figures and measures in memory are those of a run.",
                code="TS-R016",
                remedy=f"Write ts.run(scenario, {str(self.folder)!r}): it reads the trials there and simulates nothing twice.",
            )
        return self.finished

    def frame(self, table: str = "operating_characteristics") -> pd.DataFrame:
        """A table of the run: operating_characteristics, familywise, tipping_points, estimates, or one of the cohort shown.

        Raises
        ------
        KeyError
            for an unknown table
        """
        import pandas as pd

        whole = {
            "operating_characteristics": playing.MEASURES,
            "familywise": playing.FAMILYWISE,
            "tipping_points": playing.TIPPING,
        }
        known = (*whole, "estimates", *TABLES)
        if table not in known:
            raise KeyError(f"There is no table '{table}'. {did_you_mean(table, known)}")
        place = self.place
        if table == "estimates":
            return pd.read_parquet(place / playing.ESTIMATES)
        path = place / whole.get(table, f"{playing.COHORT}/{table}.csv")
        if not path.is_file():
            raise KeyError(f"This run has no table '{table}'.")
        return pd.read_csv(path)

    def brief(self) -> pd.DataFrame:
        """The primary analyses."""
        table = self.frame()
        first = table[table["analysis"].isin([*self.study.scenario.primary, "primary"])]
        return first[["analysis", "contrast", "measure", "value", "mcse", "n_failed"]]

    def lines(self) -> list[str]:
        """The answer in a sentence, and where everything is."""
        manifest = self.manifest
        trials = counted(manifest["replicates"], "simulated trial")
        what = f"{manifest['scenario']}: {trials}, seed {manifest['seed']}, in {self.folder}."
        if self.finished is None:
            return [what]
        from trialsim.report.page import answer

        return [answer(self.finished), what, *([self.precision] if self.precision else []), *self.failures]

    def pictures(self) -> Iterator[Picture]:
        """The figures of the report."""
        from trialsim.report.figures import pictures

        return pictures(self._played)


@checked
def run(
    subject: Subject,
    out: Folder | None = None,
    *,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    truth: bool = True,
    figures: bool | FigureFiles = True,
    familywise: bool = False,
    event_log: int = 0,
    precision: float | None = None,
    precision_of: str | None = None,
    large: bool = False,
    workers: int | None = None,
    executor: Executor | str = "threads",
    progress: Stages | None = None,
    tell: Callable[[str], None] | None = None,
    allow_code: bool = False,
) -> Run:
    """Simulate a study many times into its folder: tables, one synthetic trial, figures and a report.

    A run that was stopped continues where it stopped, and one with more replicates than before adds those that it lacks. After an
    edit of the study it simulates the new one, and the result before becomes an earlier result (``earlier/KEY``): undo the edit,
    and it is back without being simulated again.

    Parameters
    ----------
    out : by default ``outputs/NAME``
    replicates : simulated trials; by default the scenario's number. With ``precision`` the most that may be simulated
    truth : whether true effects are found
    figures : whether the page is made, and with which files of figures: ``"page"`` none, ``"all"`` (also ``True``) PNG and SVG,
        ``"print"`` those for a journal as well
    familywise : whether the familywise error rate of each family is found, in configurations of effects that are switched off
    event_log : of how many trials the events on the ward are written in the formats of vidigi, bupaR and XES, at most 1,000
    precision, precision_of : play until the Monte Carlo standard error of a measure is this small; by default of the power
    large : do not ask before a very large run
    workers, executor : where it is simulated; by default in threads, one a core. They change no digit
    progress : is given a stage, the number of replicates done, and their total
    tell : is called with a sentence on each damaged file
    allow_code : whether the study's own Python functions may run (``test: python``); read them first

    Raises
    ------
    RunError
        when ``out`` holds what no run made, is in use, or cannot be written; TS-R017 before a very large run
    """
    study = study_of(subject, set=set, replicates=replicates, seed=seed, allow_code=allow_code)
    folder = folder_of(study, out)
    check_folder(study, folder, engine=engine)
    check_effort(study, workers=workers, large=large or precision is not None)
    say, word = progress or (lambda *_: None), tell or _to_stderr
    if familywise:
        check_families(study)
    if event_log:
        check_ward(study)

    def play(total: int) -> playing.FinishedRun:
        return playing.run(
            study, folder, replicates=total, truth=truth, engine=engine, workers=workers, executor=executor, tell=word,
            progress=lambda done: say("Simulating", done, total),
            truth_progress=lambda done: say("True effects", done, min(total, MOST_TRUTHS)),
            in_place=False,
        )  # fmt: skip

    shared = other_file(Content(study, engine), folder)
    if shared:
        word(shared)
    with alone(folder, Content(study, engine).subject, tell=word), second_process(wanted=bool(figures)) as artist:
        drawings = _drawings(study, engine, figures, artist) if figures else None
        reached = None
        if precision is None:
            finished = play(study.scenario.simulation.replicates)
        else:
            wanted = PrecisionTarget.of_words(precision_of)
            finished, needed = run_until(play, precision, wanted=wanted, most=replicates or MOST)
            reached = in_words(needed, precision)
        if familywise:
            finished = _with_familywise(finished, engine=engine, workers=workers, say=say)
        if event_log:
            finished = with_event_log(
                finished, min(event_log, MOST_LOGGED), progress=lambda done: say("Writing event logs", done, None)
            )
        if drawings is not None:
            _draw(finished, say, drawings)
        finished = playing.placed(finished)
    _index(folder)
    source = shipped_name(Path(study.scenario.written.file)) or shlex.quote(study.scenario.written.file)
    failed = _failed(finished, folder, engine=engine, source=source)
    return Run(folder, finished, reached, failed, source, options_of(set, seed, engine))


def _failed(finished: playing.FinishedRun, folder: Path, *, engine: Engine, source: str) -> tuple[Failure, ...]:
    """The analyses that failed in some trials."""
    measures = finished.characteristics.measures
    return first_failures(finished.study, measures, folder / playing.ESTIMATES, engine=engine, source=source)


def _with_familywise(
    finished: playing.FinishedRun, *, engine: Engine, workers: int | None, say: Stages
) -> playing.FinishedRun:
    """The familywise error rates, in as many replicates as the run has."""
    total = finished.characteristics.replicates
    errors = familywise_errors(
        finished.study, replicates=total, engine=engine, workers=workers,
        progress=lambda done: say("Switching effects off", done, total),
    )  # fmt: skip
    return playing.with_familywise(finished, errors)


def _index(folder: Path) -> None:
    """The page that links every result."""
    from trialsim.report.index import write_index

    write_index(folder)


def _to_stderr(text: str) -> None:
    """Words for who did not say where they go: a folder that is waited for must not look like a program that hangs."""
    sys.stderr.write(f"{text}\n")


def folder_of(study: Study, out: Folder | None, *, shard: tuple[int, int] | None = None) -> Path:
    """Where a run goes, by default ``outputs/NAME``; or of a shard of it, by its number and how many there are."""
    folder = Path(out) if out is not None else Path("outputs") / study.scenario.name
    return folder if shard is None else folder / Shard(*shard).name


def check_folder(study: Study, folder: Path, *, engine: Engine) -> None:
    """See that a folder is new, empty, or one of runs.

    Raises
    ------
    RunError
        as :func:`trialsim.runs.folder.check`
    """
    check(folder, Content(study, engine).key)


def store_of(study: Study, folder: Path, *, engine: Engine) -> Path:
    """Where the trials of a study are kept in a folder."""
    return store_folder(folder, Content(study, engine).key)


def _drawings(study: Study, engine: Engine, figures: bool | FigureFiles, artist: Artist | None) -> Drawings:
    """The figures of a run, those of single trials begun; the drawing room is only loaded when it is wanted."""
    from trialsim.report.figures import Drawings

    drawings = Drawings("all" if isinstance(figures, bool) else figures, artist)
    drawings.begin_early(study, engine)
    return drawings


def _draw(finished: playing.FinishedRun, say: Stages, drawings: Drawings) -> None:
    """Figures and report."""
    from trialsim.report.folder import write_pages

    say("Drawing figures and writing the report", 0, None)
    write_pages(finished, drawings)


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
        study, folder, mine, engine=engine, workers=workers, executor=executor, tell=tell or _to_stderr,
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
    word = tell or _to_stderr
    parts = gather(out, [Path(one) for one in shards], tell=word)
    with alone(out, Content(parts.study, parts.engine).subject, tell=word):
        merged = put_together(
            parts, truth=truth, workers=workers, tell=word,
            progress=lambda done: say("Summing up", done, None),
            truth_progress=lambda done: say("True effects", done, None),
            in_place=False,
        )  # fmt: skip
        if figures:
            _draw(merged, say, _drawings(merged.study, parts.engine, True, None))
        merged = playing.placed(merged)
    _index(out)
    source = shlex.quote(str(out / RESOLVED))
    failed = _failed(merged, out, engine=parts.engine, source=source)
    return Run(out, merged, None, failed, source, options_of((), None, parts.engine))


def open_run(folder: Folder) -> Run:
    """A finished run of any time and machine, from its folder; nothing is simulated.

    Raises
    ------
    RunError
        TS-R016 when it holds no finished run
    """
    out = Path(folder)
    settle(out)
    manifest = read_manifest(out)
    if manifest is None or not (out / playing.MEASURES).is_file() or "replicates" not in manifest:
        raise RunError(
            f"{out} holds no finished run.",
            code="TS-R016",
            remedy=f"Name a folder with {MANIFEST}; `trialsim runs` lists them.",
        )
    return Run(out)
