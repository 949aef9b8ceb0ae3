"""Play a study into its output folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim import study as studies
from trialsim.engine import Engine
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.prepared import Study, prepare
from trialsim.printed import printed, readme
from trialsim.runs.estimates import estimates_file
from trialsim.runs.files import whole_file, write_measures, write_text
from trialsim.runs.folder import RunFolder, alone, claim, owner, reopen, writing
from trialsim.runs.manifest import Playing, finish
from trialsim.runs.players import Stored, open_player
from trialsim.runs.store import CHUNKS, CONTRACT, ChunkStore
from trialsim.runs.truths import TRUTHS, TruthStore
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import scenario_hash
from trialsim.truth import find_truth

if TYPE_CHECKING:
    from trialsim.cohort import Cohort, Trial
    from trialsim.evaluate.truth import Truth
    from trialsim.scenario.model import Scenario

ESTIMATES = "estimates.parquet"
MEASURES = "operating_characteristics.csv"
RESOLVED = "scenario.resolved.yaml"
COHORT = "cohort"
README = "README.txt"


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes
    ----------
    folder : where its files are
    study : what was played
    characteristics : its measures
    cohort : the one that is shown, of replicate 0
    made : the files made
    found : replicates that were in the folder already
    missing : replicates that were asked for and are in no shard
    """

    folder: RunFolder
    study: Study
    characteristics: OperatingCharacteristics
    cohort: Cohort
    made: tuple[Path, ...]
    found: int = 0
    missing: tuple[range, ...] = ()


def run(
    scenario: Scenario | Study,
    out: Path,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    truth: bool | Truth = True,
    workers: int | None = None,
    executor: Executor | str = "threads",
    progress: Callable[[int], None] | None = None,
    truth_progress: Callable[[int], None] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Run:
    """Play a study and write everything but figures and report into ``out``.

    Chunks that an earlier run of the same study left in ``out`` are read, not played. The cohort written is that of
    replicate 0. The ``truth`` is played here by the fast engine, on at most :data:`trialsim.truth.MOST` replicates; without it
    there is no bias or coverage.

    Parameters
    ----------
    truth : whether true effects are looked for, or what was found (:func:`trialsim.truth.find_truth`)
    workers, executor : who plays (:func:`trialsim.runs.players.open_player`)
    progress, truth_progress : are given the number of replicates done so far
    tell : is told in words of damaged files

    Raises
    ------
    RunError
        when ``out`` holds another study, is in use, or cannot be written
    """
    study = with_simulation(scenario, replicates=replicates, seed=seed)
    total = study.scenario.simulation.replicates
    chunks = studies.stored_chunks(study, range(total), engine=engine)
    with (
        taken(study, out, engine=engine) as folder,
        open_player(study, engine=engine, workers=workers, executor=executor) as told,
    ):
        player, threads = told
        stored = Stored(ChunkStore(out / CHUNKS, study, tell, engine), player)
        true = (
            kept_truth(folder, study, workers=workers, progress=truth_progress, tell=tell) if truth is True else truth
        )
        return summed_up(
            folder, study, stored, chunks, engine=engine, truth=true or None, workers=threads, progress=progress
        )


def kept_truth(
    folder: RunFolder,
    study: Study,
    *,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Truth:
    """The true effects of a study; what was played of them before lies in the folder, and so does what is played now."""
    store = TruthStore(folder.path / TRUTHS, study, tell)
    return find_truth(study, workers=workers, progress=progress, keeping=store.keeping)


@contextmanager
def taken(study: Study, out: Path, *, engine: Engine) -> Iterator[RunFolder]:
    """The folder of a study, locked for as long as the block lasts, with the resolved scenario in it."""
    identity, seed, name = scenario_hash(study.scenario), study.scenario.simulation.seed, study.scenario.name
    owner(out, scenario_hash=identity, seed=seed, name=name, engine=engine)
    with alone(out):
        told = {"replicates": study.scenario.simulation.replicates, "engine": engine, "contract": CONTRACT}
        folder = claim(out, scenario_hash=identity, seed=seed, name=name, told=told)
        with writing(out):
            if RESOLVED not in folder.previous or not (out / RESOLVED).is_file():
                write_text(out / RESOLVED, dump(study.scenario))
            yield folder


def summed_up(
    folder: RunFolder,
    study: Study,
    stored: Stored,
    chunks: Sequence[range],
    *,
    engine: Engine,
    truth: Truth | None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    missing: Sequence[range] = (),
) -> Run:
    """All files of a run from its chunks; a chunk that is not there is played."""
    out = folder.path
    with estimates_file(out / ESTIMATES) as growing:
        characteristics = studies.evaluate(
            study, engine=engine, truth=truth, workers=workers, chunks=chunks, player=stored, sink=growing.add,
            progress=progress,
        )  # fmt: skip
        reopen(folder)  # up to here every file is still that of the run before
    write_text(out / RESOLVED, dump(study.scenario))
    write_measures(out / MEASURES, characteristics.measures)
    cohort = studies.replay(study, 0, engine=engine).cohort
    made = (out / RESOLVED, out / ESTIMATES, out / MEASURES, *write_cohort(cohort.one(0), out / COHORT))
    found = sum(len(part) for part in stored.found)
    playing = Playing(
        scenario=study.scenario.name,
        scenario_hash=scenario_hash(study.scenario),
        seed=study.scenario.simulation.seed,
        replicates=characteristics.replicates,
        missing=tuple(missing),
        engine=engine,
        workers=characteristics.workers,
        seconds=characteristics.seconds,
        found=found,
        by=tuple(stored.by),
    )
    finish(folder, playing, made=made)
    return Run(folder, study, characteristics, cohort, made, found, tuple(missing))


def with_simulation(scenario: Scenario | Study, *, replicates: int | None = None, seed: int | None = None) -> Study:
    """The study with another number of replicates or another seed, as if its file had said so."""
    study = prepare(scenario)
    told = {"replicates": replicates, "seed": seed}
    simulation = study.scenario.simulation.model_copy(update={k: v for k, v in told.items() if v is not None})
    return replace(study, scenario=study.scenario.model_copy(update={"simulation": simulation}))


def write_cohort(trial: Trial, folder: Path, *, allocation: bool = False) -> tuple[Path, ...]:
    """Write one trial as tidy CSV files with a codebook and a README that says what made them.

    Tables of the ward are written where there is one; ``allocation`` adds stratum and block of each participant.
    """
    tables = printed(trial, allocation=allocation)
    made = [folder / README]
    write_text(made[0], readme(trial, tables))
    for name, frame in tables.items():
        made.append(folder / f"{name}.csv")
        with whole_file(made[-1]) as temporary:
            frame.to_csv(temporary, index=False, lineterminator="\n")
    return tuple(made)
