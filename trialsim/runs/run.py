"""Play a study into its output folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim import study as studies
from trialsim.engine import Engine
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.tipping import TIPPING_COLUMNS, tipping_points
from trialsim.prepared import Study, prepare
from trialsim.printed import printed, readme
from trialsim.runs.effort import check_replicates
from trialsim.runs.estimates import estimates_file
from trialsim.runs.files import whole_file, write_measures, write_table, write_text
from trialsim.runs.folder import RunFolder, alone, taken, writing
from trialsim.runs.manifest import RunFacts, finish
from trialsim.runs.place import clear_new, flush_all, place
from trialsim.runs.players import ChunkSource, open_player
from trialsim.runs.record import RESOLVED, key_of, sound_manifest
from trialsim.runs.source import source_of
from trialsim.runs.store import ChunkStore, store_key
from trialsim.runs.stores import Content
from trialsim.runs.truths import TRUTHS, TruthStore
from trialsim.scenario.change import change
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import play_hash, scenario_hash
from trialsim.truth import find_truth

if TYPE_CHECKING:
    from trialsim.cohort import Cohort, Trial
    from trialsim.evaluate.truth import Truth
    from trialsim.familywise import FamilywiseErrors
    from trialsim.scenario.model import Scenario

ESTIMATES = "estimates.parquet"
MEASURES = "operating_characteristics.csv"
FAMILYWISE = "familywise.csv"
TIPPING = "tipping_points.csv"
COHORT = "cohort"
README = "README.txt"


@dataclass(frozen=True)
class FinishedRun:
    """A finished run.

    Attributes
    ----------
    folder : where its files are
    study : what was simulated
    characteristics : its measures
    cohort : the one that is shown, of replicate 0
    made : the files made
    facts : what its manifest says
    before : where the result is kept that was in the folder before
    familywise : the familywise error rates of its families, if the run has them
    """

    folder: RunFolder
    study: Study
    characteristics: OperatingCharacteristics
    cohort: Cohort
    made: tuple[Path, ...]
    facts: RunFacts
    before: Path | None = None
    familywise: FamilywiseErrors | None = None

    @property
    def found(self) -> int:
        """Replicates that were in the store already."""
        return self.facts.found

    @property
    def missing(self) -> tuple[range, ...]:
        """Replicates that were asked for and are in no shard."""
        return self.facts.missing


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
    in_place: bool = True,
) -> FinishedRun:
    """Play a study and write everything but figures and report into ``out``.

    Chunks that an earlier run of the same study left in ``out`` are read, not simulated. The result there, of this study or
    another, becomes an earlier result. The cohort written is that of replicate 0. The ``truth`` is simulated here by the fast
    engine, on at most :data:`trialsim.truth.MOST` replicates; without it bias and coverage are not given.

    Parameters
    ----------
    truth : whether true effects are computed, or those computed before (:func:`trialsim.truth.find_truth`)
    workers, executor : who simulates (:func:`trialsim.runs.players.open_player`)
    progress, truth_progress : are given the number of replicates done so far
    tell : is called with a sentence on each damaged file, and when the folder is waited for
    in_place : put the files in their place; without it they lie in ``.new`` for figures to be added, until :func:`placed`

    Raises
    ------
    RunError
        when ``out`` holds what no run made, is in use by the same run, or cannot be written
    """
    study = with_simulation(scenario, replicates=replicates, seed=seed)
    chunks = studies.stored_chunks(study, range(study.scenario.simulation.replicates), engine=engine)
    with (
        taken(Content(study, engine), out, tell=tell) as folder,
        open_player(study, engine=engine, workers=workers, executor=executor) as (player, threads),
    ):
        stored = ChunkSource(ChunkStore(folder.store, study, tell, engine), player)
        true = (
            kept_truth(folder, study, workers=workers, progress=truth_progress, tell=tell) if truth is True else truth
        )
        made = summed_up(
            folder, study, stored, chunks, engine=engine, truth=true or None, workers=threads, progress=progress
        )
        return placed(made) if in_place else made


def kept_truth(
    folder: RunFolder,
    study: Study,
    *,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Truth:
    """The true effects of a study; what was simulated of them before lies in its store, and so does what is simulated now."""
    store = TruthStore(folder.store / TRUTHS, study, tell)
    return find_truth(study, workers=workers, progress=progress, keeping=store.keeping)


def summed_up(
    folder: RunFolder,
    study: Study,
    stored: ChunkSource,
    chunks: Sequence[range],
    *,
    engine: Engine,
    truth: Truth | None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    missing: Sequence[range] = (),
) -> FinishedRun:
    """All files of a run from its chunks, not yet in their place; a chunk that is not there is simulated."""
    clear_new(folder.path)
    new = folder.new
    with estimates_file(new / ESTIMATES) as growing:
        characteristics = studies.evaluate(
            study, engine=engine, truth=truth, workers=workers, chunks=chunks, player=stored, sink=growing.add,
            progress=progress,
        )  # fmt: skip
    write_text(new / RESOLVED, dump(study.scenario))
    write_measures(new / MEASURES, characteristics.measures)
    tipping = [one.cells() for one in tipping_points(study.analysis.rows, characteristics.measures)]
    if tipping:
        write_table(new / TIPPING, TIPPING_COLUMNS, tipping)
    cohort = studies.cohort_of(study, 0, engine=engine)
    tables = (MEASURES, *([TIPPING] if tipping else []))
    made = (
        new / RESOLVED,
        new / ESTIMATES,
        *(new / name for name in tables),
        *write_cohort(cohort.one(0), new / COHORT),
    )
    facts = RunFacts(
        scenario=study.scenario.name,
        scenario_hash=scenario_hash(study.scenario),
        play_hash=play_hash(study.scenario),
        seed=study.scenario.simulation.seed,
        replicates=characteristics.replicates,
        missing=tuple(missing),
        engine=engine,
        workers=characteristics.workers,
        seconds=characteristics.seconds,
        found=sum(len(part) for part in stored.found),
        by=tuple(stored.by),
        source=source_of(study.scenario.written.file, folder.path),
    )
    files = tuple(folder.path / path.relative_to(new) for path in made)
    return FinishedRun(folder, study, characteristics, cohort, files, facts)


def with_familywise(made: FinishedRun, errors: FamilywiseErrors) -> FinishedRun:
    """The run, not yet in its place, with the familywise error rates of its families and their table."""
    with whole_file(made.folder.new / FAMILYWISE) as temporary:
        errors.frame().to_csv(temporary, index=False, lineterminator="\n")
    return replace(made, familywise=errors, made=(*made.made, made.folder.path / FAMILYWISE))


def placed(made: FinishedRun) -> FinishedRun:
    """The run, with its files in their place; the one before is now an earlier result."""
    with alone(made.folder.path):
        return replace(made, before=put_in_place(made.folder, made.facts))


def put_in_place(folder: RunFolder, facts: RunFacts) -> Path | None:
    """Write the manifest of a result and put its files in their place; the lock is held.

    Returns where the result before is kept, if there was one that this one does not contain.

    Raises
    ------
    RunError
        TS-R003 when a file of the result before is held open, TS-R007 when the disk is full
    """
    with writing(folder.path):
        before = sound_manifest(folder.path)
        same = before is not None and key_of(before) == store_key(facts.identity, facts.engine)
        finish(folder.new, facts, before=before if same else None)
        flush_all(folder.new)
        return place(folder.path)


def with_simulation(scenario: Scenario | Study, *, replicates: int | None = None, seed: int | None = None) -> Study:
    """The study with another number of replicates or another seed, as if they were in its file."""
    study = prepare(scenario)
    if replicates is not None:
        check_replicates(replicates)
    values = {"simulation.replicates": replicates, "simulation.seed": seed}
    changes = {path: value for path, value in values.items() if value is not None}
    return replace(study, scenario=change(study.scenario, changes)) if changes else study


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
