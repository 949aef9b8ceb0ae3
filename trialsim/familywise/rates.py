"""The familywise error rate, simulated in each configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.plan import AnalysisPlan, PlannedFamily, RowPlan
from trialsim.chunks import chunk_ranges, chunk_size, in_order, threads_until_done, usable_cores
from trialsim.engine import Engine
from trialsim.evaluate.columns import DECLARED, NULL, any_rejected
from trialsim.evaluate.moments import BLOCK, ColumnMoments, block_moments, merge
from trialsim.evaluate.table import MeasureColumn, measures
from trialsim.evaluate.truth import Truth
from trialsim.evaluate.verdict import judge
from trialsim.familywise.configurations import check_families, configurations, effects_of_family, switched, without_arms
from trialsim.familywise.nulls import is_true_null
from trialsim.familywise.records import Configuration, FamilywiseError, FamilywiseErrors
from trialsim.memory import at_once, trial_bytes
from trialsim.prepared import Study, prepare
from trialsim.response import respond
from trialsim.scenario.model import Scenario
from trialsim.study import analyze, simulate
from trialsim.truth import MOST, find_truth

Floats = NDArray[np.float64]

#: How many configurations are measured at a time.
AT_A_TIME = 8

#: The most replicates of a chunk.
LARGEST = 500

#: The measure of the rate.
ERROR = "familywise_error"


def familywise(
    scenario: Scenario | Study,
    *,
    replicates: int | range | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    truth: Truth | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> FamilywiseErrors:
    """Familywise error rates of the families of a study.

    The ward of each trial is simulated once, and its values are measured again for each configuration, with the same draws.

    Parameters
    ----------
    replicates : how many, or which; by default the scenario's own number
    truth : true effects of the twins of :func:`without_arms`, if they are known
    progress : called with the number of replicates done so far

    Raises
    ------
    RunError
        TS-E168 if the study has no family, TS-E167 if there are too many configurations
    """
    study = prepare(scenario)
    effects = check_families(study)
    which = study.scenario.simulation.replicates if replicates is None else replicates
    which = which if isinstance(which, range) else range(which)
    if truth is None:
        few = range(which.start, which.start + min(len(which), MOST))
        truth = find_truth(without_arms(study, effects), replicates=few, seed=seed, engine=engine, workers=workers)
    spread = _spread(study, which, seed=seed, engine=engine)
    asked = [
        TrueNulls(one, family, nulls)
        for family in study.analysis.families
        for one in configurations(family.name, effects_of_family(study, family, effects))
        if (nulls := tuple(row for row in family.rows if is_true_null(study, row, one, effects, truth, spread[row])))
    ]
    total = _play(study, asked, which, seed=seed, engine=engine, workers=workers, progress=progress)
    return _summed_up(study, asked, total, len(which))


@dataclass(frozen=True)
class TrueNulls:
    """A family in a configuration, with the rows whose null hypothesis is true there."""

    configuration: Configuration
    family: PlannedFamily
    nulls: tuple[int, ...]


def _spread(study: Study, which: range, *, seed: int | None, engine: Engine) -> Floats:
    """(rows,) the empirical standard errors of the estimates, in the first replicates."""
    first = range(which.start, which.start + min(len(which), LARGEST))
    found = []
    for part in chunk_ranges(first, at_once(trial_bytes(study, twins=1), largest=LARGEST), block=1):
        cohort = simulate(study, part, seed=seed, engine=engine, twins=(DECLARED,))
        found.append(analyze(cohort, plan=study.analysis).estimate[0])
    estimates = np.concatenate(found)
    with np.errstate(invalid="ignore", divide="ignore"):
        n = np.isfinite(estimates).sum(axis=0)
        centered = estimates - np.nansum(estimates, axis=0) / n
        return np.asarray(np.sqrt(np.nansum(centered**2, axis=0) / (n - 1)))


def _play(
    study: Study,
    asked: Sequence[TrueNulls],
    which: range,
    *,
    seed: int | None,
    engine: Engine,
    workers: int | None,
    progress: Callable[[int], None] | None,
) -> ColumnMoments | None:
    """The moments of each question: 1 where a true null hypothesis is rejected; None without questions."""
    if not asked:
        return None
    workers = usable_cores() if workers is None else workers
    few = at_once(trial_bytes(study, twins=2 + AT_A_TIME), largest=LARGEST)
    chunks = chunk_ranges(which, chunk_size(len(which), largest=few, workers=workers, block=BLOCK), block=BLOCK)
    work = partial(_rejected, study, asked, few=few, seed=seed, engine=engine)
    total: list[ColumnMoments] = []
    with threads_until_done(workers) as threads:
        for part, values in zip(chunks, in_order(threads, work, chunks, ahead=workers + 2), strict=True):
            total = [merge([*total, *block_moments(values, part)])]
            if progress is not None:
                progress(part.stop - which.start)
    return total[0]


def _rejected(
    study: Study, asked: Sequence[TrueNulls], replicates: range, *, few: int, seed: int | None, engine: Engine
) -> Floats:
    """(R, questions) whether a true null hypothesis is rejected; ``few`` replicates are simulated at a time."""
    parts = chunk_ranges(replicates, few, block=1)
    return np.concatenate([_rejected_at_once(study, asked, part, seed=seed, engine=engine) for part in parts])


def _rejected_at_once(
    study: Study, asked: Sequence[TrueNulls], replicates: range, *, seed: int | None, engine: Engine
) -> Floats:
    """All of ``replicates`` at once: the ward is simulated once, and every configuration is measured with the same draws."""
    plan = members_only(study.analysis)
    place = {(row.analysis, row.contrast): index for index, row in enumerate(plan.rows)}
    cohort = simulate(study, replicates, seed=seed, engine=engine, twins=(DECLARED,))
    every = list(dict.fromkeys(question.configuration for question in asked))
    found = np.empty((len(replicates), len(asked)))
    for start in range(0, len(every), AT_A_TIME):
        some = every[start : start + AT_A_TIME]
        response = replace(study.response, switched=tuple(switched(study, one, one.name) for one in some))
        names = tuple(one.name for one in some)
        measured = respond(
            response,
            cohort.entries,
            cohort.trace,
            seed=cohort.seed,
            replicates=replicates,
            twins=(DECLARED, NULL, *names),
        )
        measured = replace(
            measured,
            twins=names,
            values=measured.values[2:],
            reason=measured.reason[2:],
            censored=measured.censored[2:],
        )
        rejected = analyze(replace(cohort, measurements=measured), plan=plan).rejected
        for column, question in enumerate(asked):
            if question.configuration in some:
                rows = [
                    place[study.analysis.rows[row].analysis, study.analysis.rows[row].contrast]
                    for row in question.nulls
                ]
                found[:, column] = any_rejected(rejected[some.index(question.configuration)][:, rows])
    return found


def members_only(plan: AnalysisPlan) -> AnalysisPlan:
    """The plan of the analyses that families have members in."""
    keep = {plan.rows[row].analysis for family in plan.families for row in family.rows}
    rows = [index for index, row in enumerate(plan.rows) if row.analysis in keep]
    place = {row: index for index, row in enumerate(rows)}
    calls = tuple(replace(call, first_row=place[call.first_row]) for call in plan.calls if call.name in keep)
    families = tuple(replace(one, rows=tuple(place[row] for row in one.rows)) for one in plan.families)
    return AnalysisPlan(calls, tuple(plan.rows[row] for row in rows), (), plan.arms, plan.stratified, families)


def _summed_up(
    study: Study, asked: Sequence[TrueNulls], total: ColumnMoments | None, replicates: int
) -> FamilywiseErrors:
    plan = study.analysis
    columns = [MeasureColumn(one.family.name, one.configuration.name, ERROR, "decision") for one in asked]
    table = measures(columns, total) if total is not None else []
    found = []
    for one in asked:
        rates = tuple(row for row in table if (row.analysis, row.contrast) == (one.family.name, one.configuration.name))
        bounded = len(rates) > 1
        n = rates[0].n_replicates - (0 if bounded else rates[0].n_failed)
        ruling, more = judge(rates[0].value, rates[-1].value, n, one.family.alpha)
        names = tuple(member_name(plan.rows[row]) for row in one.nulls)
        found.append(
            FamilywiseError(
                one.family.name,
                one.configuration.name,
                tuple(effect.names for effect in one.configuration.off),
                names,
                one.family.alpha,
                rates,
                ruling,
                more,
            )
        )
    reached = {(one.family.name, row) for one in asked for row in one.nulls}
    never = {
        family.name: tuple(member_name(plan.rows[row]) for row in family.rows if (family.name, row) not in reached)
        for family in plan.families
    }
    return FamilywiseErrors(
        study.scenario.name, replicates, tuple(found), {name: rows for name, rows in never.items() if rows}
    )


def member_name(row: RowPlan) -> str:
    """The name of a member in files: ``analysis/contrast``."""
    return f"{row.analysis}/{row.contrast}"
