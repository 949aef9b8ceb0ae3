"""Simulate a study into its folder, with figures and page."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.api.arguments import checked
from trialsim.api.failures import Failure, first_failures, options_of
from trialsim.api.finished import Run
from trialsim.api.subjects import Folder, Subject, shipped_name, study_of
from trialsim.engine import Engine
from trialsim.familywise import check_families
from trialsim.familywise import familywise as familywise_errors
from trialsim.figures.process import Artist, second_process
from trialsim.prepared import Study
from trialsim.runs import run as playing
from trialsim.runs.effort import check_effort
from trialsim.runs.event_log import MOST as MOST_LOGGED
from trialsim.runs.event_log import check_ward, with_event_log
from trialsim.runs.folder import check
from trialsim.runs.lock import alone
from trialsim.runs.shards import Shard
from trialsim.runs.source import other_file
from trialsim.runs.stores import Content, store_folder
from trialsim.sweep.precision import MOST, PrecisionTarget, in_words, run_until
from trialsim.truth import MOST as MOST_TRUTHS

if TYPE_CHECKING:
    from trialsim.figures.render import FigureFiles
    from trialsim.report.figures import Drawings

Stages = Callable[[str, int, int | None], None]


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
    say, word = progress or (lambda *_: None), tell or to_stderr
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
        drawings = drawings_of(study, engine, figures, artist) if figures else None
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
            draw(finished, say, drawings)
        finished = playing.placed(finished)
    write_links(folder)
    source = shipped_name(Path(study.scenario.written.file)) or shlex.quote(study.scenario.written.file)
    failed = failed_of(finished, folder, engine=engine, source=source)
    return Run(folder, finished, reached, failed, source, options_of(set, seed, engine))


def failed_of(finished: playing.FinishedRun, folder: Path, *, engine: Engine, source: str) -> tuple[Failure, ...]:
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


def write_links(folder: Path) -> None:
    """The page that links every result."""
    from trialsim.report.index import write_index

    write_index(folder)


def to_stderr(text: str) -> None:
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


def drawings_of(study: Study, engine: Engine, figures: bool | FigureFiles, artist: Artist | None) -> Drawings:
    """The figures of a run, those of single trials begun; the drawing room is only loaded when it is wanted."""
    from trialsim.report.figures import Drawings

    drawings = Drawings("all" if isinstance(figures, bool) else figures, artist)
    drawings.begin_early(study, engine)
    return drawings


def draw(finished: playing.FinishedRun, say: Stages, drawings: Drawings) -> None:
    """Figures and report."""
    from trialsim.report.folder import write_pages

    say("Drawing figures and writing the report", 0, None)
    write_pages(finished, drawings)
