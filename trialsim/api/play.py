"""Simulate a study: participants, estimates, operating characteristics, true effects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim import study as studies
from trialsim import truth as truths
from trialsim.analysis.estimates import Estimates
from trialsim.api.arguments import checked
from trialsim.api.subjects import Subject, study_of
from trialsim.cohort import Cohort
from trialsim.engine import Engine
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.truth import Truth
from trialsim.prepared import Study
from trialsim.quantities.counts import counted
from trialsim.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.report.figures import Picture


@checked
def simulate(
    subject: Subject,
    replicates: range | int = 1,
    *,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    seed: int | None = None,
    engine: Engine = "fast",
    record: bool = False,
) -> Cohort:
    """Simulated trials: participants, events on the ward, measurements.

    Parameters
    ----------
    subject : a path, the name of a shipped scenario, the text of one, a Scenario or a Study
    replicates : which trials, or how many; each is the same whatever is simulated with it
    record : keep the events on the ward, in order, for ``frame("events")``

    Examples
    --------
    >>> import trialsim as ts
    >>> ts.simulate("textbook-t-test", range(1)).frame("measurements").columns[:4].tolist()  # doctest: +SKIP
    ['participant', 'arm', 'outcome', 'visit']
    """
    which = range(replicates) if isinstance(replicates, int) else replicates
    return studies.simulate(study_of(subject, set=set), which, seed=seed, engine=engine, record=record)


def analyze(cohort: Cohort) -> Estimates:
    """Every analysis of the scenario on every trial of a cohort, under each twin that was simulated."""
    if not isinstance(cohort, Cohort):
        raise TypeError(f"a cohort is wanted, as ts.simulate gives it, not a {type(cohort).__name__}.")
    return studies.analyze_cohort(cohort)


@dataclass(frozen=True, repr=False)
class Replay(Result):
    """One replicate again: ``cohort`` and ``estimates``, those of the same row of any batch."""

    study: Study
    replicate: int
    cohort: Cohort
    estimates: Estimates

    def frame(self, table: str = "estimates") -> pd.DataFrame:
        """The estimates, or a table of the cohort: participants, visits, measurements, ..., events."""
        return self.estimates.frame(self.replicate) if table == "estimates" else self.cohort.frame(table)

    @property
    def failures(self) -> tuple[str, ...]:
        """What went wrong in functions of the study's own."""
        calls = (call for call in self.study.analysis.calls if call.own is not None)
        found = [(call.name, call.own.failures.first) for call in calls if call.own is not None]
        return tuple(
            f"{name}: {first[2]}." for name, first in found if first is not None and first[0] == self.replicate
        )

    def lines(self) -> list[str]:
        """What was simulated."""
        return [f"{self.study.scenario.name}: replicate {self.replicate}, seed {self.cohort.seed}."]

    def write(self, folder: str | Path, *, allocation: bool = False) -> tuple[Path, ...]:
        """Write the trial as tidy CSV files with a codebook; ``allocation`` adds stratum and block of each participant."""
        from trialsim.runs.run import write_cohort

        return write_cohort(self.cohort.one(self.replicate), Path(folder), allocation=allocation)


@checked
def replay(
    subject: Subject,
    replicate: int,
    *,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    seed: int | None = None,
    engine: Engine = "fast",
    allow_code: bool = False,
) -> Replay:
    """Simulate one replicate again, with the events on its ward; its estimates are those of the same row of any batch."""
    study = study_of(subject, set=set, allow_code=allow_code)
    played = studies.replay(study, replicate, seed=seed, engine=engine)
    return Replay(study, replicate, played.cohort, played.estimates)


@dataclass(frozen=True, repr=False)
class TrueEffects(Result):
    """The true effect that each analysis estimates: ``truth``, from simulations with everyone in each arm."""

    study: Study
    truth: Truth

    def frame(self) -> pd.DataFrame:
        """One row for each twin and analysis with an estimand: value, its Monte Carlo standard error, interference."""
        import pandas as pd

        truth = self.truth
        rows = [
            (twin, row.analysis, row.contrast, row.effect, row.unit, truth.value[t, j], truth.mcse[t, j],
             truth.interference[j], truth.interference_mcse[j])
            for t, twin in enumerate(truth.twins)
            for j, row in enumerate(self.study.analysis.rows)
            if truth.value[t, j] == truth.value[t, j]
        ]  # fmt: skip
        names = [
            "twin",
            "analysis",
            "contrast",
            "estimand",
            "unit",
            "value",
            "mcse",
            "interference",
            "interference_mcse",
        ]
        return pd.DataFrame(rows, columns=names)

    def lines(self) -> list[str]:
        """What was simulated."""
        return [f"{self.study.scenario.name}: true effects from {len(self.truth.replicates):,} replicates."]


@checked
def find_truth(
    subject: Subject,
    *,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int | range | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> TrueEffects:
    """The true effects of a study under each of its twins, from simulations with everyone in each arm.

    Parameters
    ----------
    replicates : how many, or which; by default those of the scenario, at most 2,000
    """
    study = study_of(subject, set=set)
    found = truths.find_truth(
        study, replicates=replicates, seed=seed, engine=engine, workers=workers, progress=progress
    )
    return TrueEffects(study, found)


@dataclass(frozen=True, repr=False)
class Evaluation(Result):
    """Operating characteristics of a study.

    Attributes
    ----------
    study : the study
    characteristics : its measures, each with its Monte Carlo standard error
    """

    study: Study
    characteristics: OperatingCharacteristics

    @cached_property
    def cohort(self) -> Cohort:
        """The trial in figures: replicate 0."""
        kept = self.characteristics
        return studies.cohort_of(self.study, 0, seed=kept.seed, engine="simpy" if kept.engine == "simpy" else "fast")

    def frame(self) -> pd.DataFrame:
        """One row for each measure: analysis, contrast, measure, value, mcse, interval, trials counted and failed."""
        return self.characteristics.frame()

    def brief(self) -> pd.DataFrame:
        """The primary analyses."""
        table = self.frame()
        first = table[table["analysis"].isin([*self.characteristics.primary, "primary"])]
        return first[["analysis", "contrast", "measure", "value", "mcse", "n_failed"]]

    def lines(self) -> list[str]:
        """The answer in a sentence, and what was simulated."""
        from trialsim.report.page import answer

        kept = self.characteristics
        return [answer(self), f"{kept.scenario}: {counted(kept.replicates, 'simulated trial')}, seed {kept.seed}."]

    def pictures(self) -> Iterator[Picture]:
        """The figures of a report."""
        from trialsim.report.figures import pictures

        return pictures(self)


@checked
def evaluate(
    subject: Subject,
    *,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    truth: bool | TrueEffects = True,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    allow_code: bool = False,
) -> Evaluation:
    """Operating characteristics: power, error rates, bias, coverage, length and cost, each with its error. Nothing is written.

    Parameters
    ----------
    replicates : how many; by default the number of the scenario
    truth : whether true effects are computed (for bias and coverage), or the result of :func:`find_truth`
    workers : threads; by default one for each core. They change no digit, nor does the engine.
    allow_code : whether the study's own Python functions may run (``test: python``); read them first
    """
    study = study_of(subject, set=set, replicates=replicates, seed=seed, allow_code=allow_code)
    true = find_truth(study, engine=engine, workers=workers) if truth is True else truth
    found = studies.evaluate(
        study,
        engine=engine,
        truth=true.truth if isinstance(true, TrueEffects) else None,
        workers=workers,
        progress=progress,
    )
    return Evaluation(study, found)
