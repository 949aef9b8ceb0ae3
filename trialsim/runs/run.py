"""Play a study into its output folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim import study as studies
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.runs.estimates import estimates_file
from trialsim.runs.files import whole_file, write_measures, write_text
from trialsim.runs.folder import RunFolder, claim
from trialsim.runs.manifest import Playing, finish
from trialsim.scenario.dump import dump
from trialsim.scenario.identity import scenario_hash
from trialsim.truth import find_truth

if TYPE_CHECKING:
    from trialsim.cohort import Cohort, Trial
    from trialsim.scenario.model import Scenario

ESTIMATES = "estimates.parquet"
MEASURES = "operating_characteristics.csv"
RESOLVED = "scenario.resolved.yaml"
COHORT = "cohort"


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, the study, the measures, the cohort shown, and the files made."""

    folder: RunFolder
    study: studies.Study
    characteristics: OperatingCharacteristics
    cohort: Cohort
    made: tuple[Path, ...]


def run(
    scenario: Scenario | studies.Study,
    out: Path,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    engine: studies.Engine = "fast",
    truth: bool = True,
    workers: int | None = None,
    chunk: int | None = None,
    progress: Callable[[int], None] | None = None,
    truth_progress: Callable[[int], None] | None = None,
) -> Run:
    """Play a study and write everything but figures and report into ``out``.

    Parameters are those of :func:`trialsim.study.evaluate`. The cohort written is that of replicate 0. The ``truth`` is
    played by the fast engine on at most :data:`trialsim.truth.MOST` replicates; without it there is no bias or coverage.
    ``truth_progress`` is given the number of these done so far.

    Raises
    ------
    RunError
        when ``out`` holds another study or cannot be written
    """
    study = with_simulation(scenario, replicates=replicates, seed=seed)
    told = study.scenario.simulation
    identity = scenario_hash(study.scenario)
    folder = claim(out, scenario_hash=identity, seed=told.seed, name=study.scenario.name)
    write_text(out / RESOLVED, dump(study.scenario))
    true = find_truth(study, workers=workers, chunk=chunk, progress=truth_progress) if truth else None
    with estimates_file(out / ESTIMATES) as growing:
        characteristics = studies.evaluate(
            study, engine=engine, truth=true, workers=workers, chunk=chunk, sink=growing.add, progress=progress,
        )  # fmt: skip
    write_measures(out / MEASURES, characteristics.measures)
    cohort = studies.replay(study, 0, engine=engine).cohort
    made = (out / RESOLVED, out / ESTIMATES, out / MEASURES, *write_cohort(cohort.one(0), out / COHORT))
    playing = Playing(
        scenario=study.scenario.name,
        scenario_hash=identity,
        seed=told.seed,
        replicates=len(characteristics.replicates),
        engine=engine,
        workers=characteristics.workers,
        seconds=characteristics.seconds,
    )
    finish(folder, playing, made=made)
    return Run(folder, study, characteristics, cohort, made)


def with_simulation(
    scenario: Scenario | studies.Study, *, replicates: int | None = None, seed: int | None = None
) -> studies.Study:
    """The study with another number of replicates or another seed, as if its file had said so."""
    study = studies.prepare(scenario)
    told = {"replicates": replicates, "seed": seed}
    simulation = study.scenario.simulation.model_copy(update={k: v for k, v in told.items() if v is not None})
    return replace(study, scenario=study.scenario.model_copy(update={"simulation": simulation}))


def write_cohort(trial: Trial, folder: Path) -> tuple[Path, ...]:
    """Write one trial as tidy CSV files with a codebook; events only where there is a ward."""
    frames = {
        "participants": trial.participants(),
        "visits": trial.visits(),
        "measurements": trial.measurements(),
        "codebook": trial.codebook(),
    }
    if trial.cohort.trace is not None:
        frames["events"] = trial.events()
    made: list[Path] = []
    for name, frame in frames.items():
        path = folder / f"{name}.csv"
        with whole_file(path) as temporary:
            frame.to_csv(temporary, index=False, lineterminator="\n")
        made.append(path)
    return tuple(made)
