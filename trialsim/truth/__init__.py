"""The true effect of every analysis: everyone in each arm in turn, with the same draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.effects import OF_EVERYONE, OF_EVERYONE_BY_FIT, one_sample, two_arms, weighted
from trialsim.analysis.endpoints import strata_numbers
from trialsim.analysis.fitted import fitted_effect
from trialsim.analysis.plan import AnalysisPlan, PlannedAnalysis, RowTest
from trialsim.chunks import chunk_ranges, chunk_size, in_order, threads_until_done, usable_cores
from trialsim.conduct import conduct
from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.evaluate.moments import BLOCK, ColumnMoments, block_moments, merge
from trialsim.evaluate.truth import Truth
from trialsim.kinds.designs import STRATEGY
from trialsim.kinds.estimands import ESTIMAND, NO_ESTIMAND
from trialsim.memory import at_once, truth_bytes
from trialsim.prepared import Study, prepare
from trialsim.protocol.tapes import draw_tapes
from trialsim.scenario.model import Scenario
from trialsim.truth.periods import constant, mean_of
from trialsim.truth.plays import Play, SharedDraws
from trialsim.truth.strategies import (
    Plays,
    TargetEffect,
    complete,
    endpoint_of,
    in_arm,
    needed_points,
    play_all,
    potential_of,
    undisturbed,
    who_counts,
)

Floats = NDArray[np.float64]

#: Simulates replicates and returns their effects, (R, M).
Effects = Callable[[range], Floats]

#: The most replicates simulated for the truth; and the most at a time.
MOST = 2000
LARGEST = 500


def targets(plan: AnalysisPlan) -> tuple[TargetEffect, ...]:
    """The target effects: one for each row that has an estimand."""
    found: list[TargetEffect] = []
    for call in plan.calls:
        for row, asked in zip(call.rows, call.questions, strict=True):
            if plan.rows[row].estimand != NO_ESTIMAND:
                found.append(_target(call, row, plan.rows[row].estimand, asked))
    return tuple(found)


def _target(call: PlannedAnalysis, row: int, estimand: str, asked: RowTest) -> TargetEffect:
    exclude, strategy = call.choice.exclude, call.strategy
    alone = asked.arms[0] if asked.samples == "one" and asked.arms else 0
    fitted = (replace(call, endpoint=complete(call.endpoint)), asked) if ESTIMAND[estimand].by_fit else None
    endpoint, arms, whole = call.endpoint, asked.arms if asked.weights else None, False
    if call.periods is not None:
        endpoint, whole = replace(endpoint, start=None), call.periods.whole  # the first period, untouched
        if whole:
            endpoint, arms = mean_of(call.periods), call.periods.arms(asked.arms)
    return TargetEffect(
        row,
        estimand,
        endpoint,
        arms,
        alone,
        exclude,
        strategy,
        call.responders,
        call.strata,
        call.trim,
        fitted,
        asked.weights if asked.samples == "factor" else (),
        whole,
    )


def find_truth(
    scenario: Scenario | Study,
    *,
    replicates: int | range | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    workers: int | None = None,
    chunk: int | None = None,
    progress: Callable[[int], None] | None = None,
    keeping: Callable[..., Effects] | None = None,
) -> Truth:
    """The true effects of a study under each of its twins.

    Parameters are those of :func:`trialsim.study.evaluate`; at most the first :data:`MOST` replicates of a run are simulated
    by default. ``keeping`` wraps the function that simulates a block of replicates, so that the block can be read from a store
    (:class:`trialsim.runs.truths.TruthStore`).

    Raises
    ------
    RunError
        TS-R005 if no replicate is requested
    """
    study = prepare(scenario)
    simulation = study.scenario.simulation
    seed = simulation.seed if seed is None else seed
    which = min(simulation.replicates, MOST) if replicates is None else replicates
    which = which if isinstance(which, range) else range(which)
    if not len(which):
        raise RunError("no replicate is requested.", code="TS-R005", remedy="Ask for at least 1.")
    workers = usable_cores() if workers is None else workers
    wanted = targets(study.analysis)
    ideal = undisturbed(study) if any(STRATEGY[target.strategy].undisturbed for target in wanted) else None
    same = constant(study) if any(target.whole for target in wanted) else None
    few = at_once(truth_bytes(study), largest=LARGEST)
    chunks = chunk_ranges(
        which, chunk or chunk_size(len(which), largest=few, workers=workers, block=BLOCK), block=BLOCK
    )
    work: Effects = partial(_effects, study, wanted, (ideal, same), seed=seed, engine=engine, few=few)
    if keeping is not None and wanted:  # without estimands nothing is stored
        chunks = chunk_ranges(which, BLOCK, block=BLOCK)
        beside = sum(marginal_of(target) is not None for target in wanted)
        work = keeping(work, columns=(len(study.twins) + 1) * len(wanted) + beside)
    total: list[ColumnMoments] = []
    with threads_until_done(workers) as threads:
        for part, values in zip(chunks, in_order(threads, work, chunks, ahead=workers + 2), strict=True):
            total = [merge([*total, *block_moments(values, part)])]
            if progress is not None:
                progress(part.stop - which.start)
    return _truth(study, wanted, total[0], which)


def shares_staff(study: Study) -> bool:
    """Whether participants of different arms compete for staff."""
    return study.program is not None and bool(study.program.resources) and len(study.analysis.arms) > 1


def _effects(
    study: Study,
    wanted: tuple[TargetEffect, ...],
    others: tuple[Study | None, Study | None],
    replicates: range,
    *,
    seed: int,
    engine: Engine,
    few: int,
) -> Floats:
    """(R, M) effects by twin and target, then the interference of each target; ``few`` replicates are simulated at a time."""
    parts = chunk_ranges(replicates, few, block=1)
    return np.concatenate([_effects_of(study, wanted, others, part, seed=seed, engine=engine) for part in parts])


def _effects_of(
    study: Study,
    wanted: tuple[TargetEffect, ...],
    others: tuple[Study | None, Study | None],
    replicates: range,
    *,
    seed: int,
    engine: Engine,
) -> Floats:
    """(R, M) effects, all replicates simulated at once; afterwards the memory of their arrays is free."""
    entries = conduct(study.conduct, seed=seed, replicates=replicates)
    tapes = None
    if study.program is not None:
        participants = entries.entry.shape[1]
        tapes = draw_tapes(study.program, seed=seed, replicates=replicates, participants=participants)
    shared = SharedDraws(study, entries, tapes, seed, replicates, engine, needed_points(wanted))
    plays = play_all(shared, *others, mixed=shares_staff(study))
    columns = [_effect(plays, target, twin) for twin in range(len(study.twins)) for target in wanted]
    declared = study.twins.index("declared")
    columns += [_interference(plays, target, declared) for target in wanted]
    columns += [_effect(plays, one, declared) for target in wanted if (one := marginal_of(target)) is not None]
    return np.stack(columns, axis=1) if columns else np.empty((len(replicates), 0))


def _effect(plays: Plays, target: TargetEffect, twin: int) -> Floats:
    """(R,) the effect among all participants who count."""
    if target.whole and plays.shared.study.twins[twin] not in plays.twins_of_arms:
        return np.full(len(plays.shared.replicates), np.nan)
    who = who_counts(plays, target)
    alone = [in_arm(plays, target, arm) for arm in (target.arms if target.arms is not None else (target.alone,))]
    if target.arms is None:
        null = plays.shared.study.analysis.rows[target.row].no_effect
        return one_sample(target.estimand, endpoint_of(plays, alone[0], target, twin), who, null=null)
    return _between(plays, target, twin, alone, who=[who] * len(alone))


def marginal_of(target: TargetEffect) -> TargetEffect | None:
    """Beside an effect that does not collapse (conditional), that of everyone in either arm (marginal); None for any other."""
    adjusts = target.fitted is None or any(
        (target.fitted[0].baselines, target.fitted[0].covariates, target.fitted[0].visit_covariates)
    )
    if not adjusts:
        return None  # it is of everyone itself
    if target.estimand in OF_EVERYONE:
        return replace(target, estimand=OF_EVERYONE[target.estimand], strata=(), fitted=None)
    if target.estimand not in OF_EVERYONE_BY_FIT or target.fitted is None:
        return None
    call, asked = target.fitted
    return replace(target, fitted=(replace(call, baselines=(), covariates=(), visit_covariates=()), asked))


def _between(
    plays: Plays, target: TargetEffect, twin: int, played: Sequence[Play], *, who: Sequence[NDArray[np.bool_]]
) -> Floats:
    """(R,) the effect of those who count in one simulation against those who count in another, or of several by their weights."""
    if target.weights:
        values = [endpoint_of(plays, one, target, twin) for one in played]
        return weighted(target.estimand, values, who, target.weights)
    a, b = played
    if target.fitted is not None:
        return _by_fit(plays, target, twin, played, who=who)
    return two_arms(
        target.estimand,
        *(endpoint_of(plays, one, target, twin) for one in played),
        who_a=who[0],
        who_b=who[1],
        categories=target.endpoint.categories,
        strata=_strata(plays, target),
        marks=_marks(a, b, target, twin),
        trim=target.trim,
    )


def _by_fit(
    plays: Plays, target: TargetEffect, twin: int, played: Sequence[Play], *, who: Sequence[NDArray[np.bool_]]
) -> Floats:
    """(R,) what the analysis finds with those who count once in either arm."""
    assert target.fitted is not None  # asked only of such targets
    assert target.arms is not None  # ratios are of two arms
    call, asked = target.fitted
    a, b = (
        potential_of(plays, one, target, twin, arm, counted)
        for one, arm, counted in zip(played, target.arms, who, strict=True)
    )
    return fitted_effect(call, asked, a, b)


def _marks(a: Play, b: Play, target: TargetEffect, twin: int) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """(R, N) which values of two simulations are censored."""
    return a.censored[twin, :, :, target.endpoint.visit], b.censored[twin, :, :, target.endpoint.visit]


def _strata(plays: Plays, target: TargetEffect) -> NDArray[np.int64] | None:
    """(R, N) the stratum of everyone; None if the effect is not one within strata."""
    entries = plays.shared.entries
    if not target.strata:
        return None
    return strata_numbers(target.strata, entries.site.astype(np.int64), entries.covariates)


def _interference(plays: Plays, target: TargetEffect, twin: int) -> Floats:
    """(R,) the effect in the trial's own mixture minus that with everyone in either arm, for the same participants."""
    if plays.mixed is None or target.arms is None or target.whole or STRATEGY[target.strategy].undisturbed:
        return np.full(len(plays.shared.replicates), np.nan)
    counted = who_counts(plays, target)
    own = [counted & (plays.shared.entries.arm == arm) for arm in target.arms]
    together = _between(plays, target, twin, [plays.mixed] * len(target.arms), who=own)
    apart = _between(plays, target, twin, [plays.alone[arm] for arm in target.arms], who=own)
    return np.asarray(together - apart)


def _truth(study: Study, wanted: tuple[TargetEffect, ...], moments: ColumnMoments, replicates: range) -> Truth:
    twins, rows = study.twins, study.analysis.rows
    with np.errstate(invalid="ignore", divide="ignore"):
        every, errors = np.where(moments.n > 0, moments.mean, np.nan), moments.sd / np.sqrt(moments.n)
        whole = (len(twins) + 1) * len(wanted)
        mean = every[:whole].reshape(len(twins) + 1, len(wanted))
        mcse = errors[:whole].reshape(mean.shape)
    value, error = np.full((len(twins), len(rows)), np.nan), np.full((len(twins), len(rows)), np.nan)
    interference, its_error = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for index, target in enumerate(wanted):
        row = target.row
        value[:, row], error[:, row] = mean[:-1, index], mcse[:-1, index]
        interference[row], its_error[row] = mean[-1, index], mcse[-1, index]
    beside = [target.row for target in wanted if marginal_of(target) is not None]
    found = zip(every[whole:].tolist(), errors[whole:].tolist(), strict=True)
    of_everyone = dict(zip(beside, found, strict=True))
    return Truth(replicates, twins, value, error, interference, its_error, of_everyone)
