"""The whole flow on one page: scenario -> plans -> simulated trials -> estimates -> operating characteristics."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis import estimates as analyses
from trialsim.analysis.endpoints import TrialArrays
from trialsim.analysis.estimates import Estimates
from trialsim.analysis.plan import AnalysisPlan
from trialsim.analysis.planning.build import plan_analyses
from trialsim.chunks import chunk_ranges, chunk_size, in_order, threads_until_done, usable_cores
from trialsim.cohort import Cohort
from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.columns import analysis_columns, analysis_values
from trialsim.evaluate.first_replicates import FIGURE_REPLICATES, FirstReplicates, join_first
from trialsim.evaluate.looks import closed_columns, look_bias_columns, look_bias_values, look_columns, look_values
from trialsim.evaluate.moments import BLOCK, ColumnMoments, block_moments, merge
from trialsim.evaluate.summaries import DAY, TRIAL
from trialsim.evaluate.table import measures, side_by_side
from trialsim.evaluate.trial import trial_columns, trial_values
from trialsim.evaluate.truth import (
    Truth,
    bias_columns,
    bias_values,
    centered_coverage,
    truth_measures,
    without_selected,
    without_trifles,
)
from trialsim.evaluate.verdict import level_rows
from trialsim.evaluate.waits import AllWaits, Waits, behind_means, count_waits, wait_measures, waits_of
from trialsim.kinds.designs import FAMILY, PERIOD
from trialsim.kinds.tests import TEST
from trialsim.looks.closing import closed_entries
from trialsim.looks.cuts import find_cuts
from trialsim.looks.decisions import Decisions, decide
from trialsim.looks.plan import LookPlan, plan_looks
from trialsim.looks.results import LookResults, join_results, look
from trialsim.memory import at_once, most_with_days, trial_bytes
from trialsim.prepared import Study, events_of, prepare, ward_events
from trialsim.protocol.columns import A_DELIVERED, COMPLETED, E_REASON, LEFT
from trialsim.response import respond
from trialsim.response.events import after_events, leaves_for
from trialsim.response.predictor import PredictorInputs
from trialsim.response.visit_covariates import VisitCovariateColumn, visit_covariate
from trialsim.response.visit_times import visit_hours
from trialsim.scenario.model import Scenario

Floats = NDArray[np.float64]
#: Replicates in a chunk that is stored on disk, if a block of them does not take long by itself.
STORED_CHUNK = 500

#: Memory of a trial from which a block of them takes long enough to be stored by itself [bytes].
LARGE_TRIAL = 2**26 // (2 * BLOCK)

#: The largest chunk [replicates].
LARGEST_CHUNK = 2000


@dataclass(frozen=True)
class ReplayedTrial:
    """One replicate again: its cohort and its estimates."""

    replicate: int
    cohort: Cohort
    estimates: Estimates


def simulate(
    scenario: Scenario | Study,
    replicates: range,
    *,
    seed: int | None = None,
    engine: Engine = "fast",
    twins: Sequence[str] | None = None,
    scale: float = 1.0,
    record: bool = False,
) -> Cohort:
    """Simulate ``replicates`` of a study: participants, events on the ward, measurements.

    ``twins`` are by default those of the study; ``scale`` multiplies the declared effects; ``record`` keeps the
    events of each replicate in the trace.
    """
    study = prepare(scenario)
    seed = study.scenario.simulation.seed if seed is None else seed
    entries, trace = ward_events(
        study.conduct, study.program, seed=seed, replicates=replicates, engine=engine, record=record
    )
    measurements = respond(
        study.response,
        entries,
        trace,
        seed=seed,
        replicates=replicates,
        twins=study.twins if twins is None else tuple(twins),
        scale=scale,
    )
    return Cohort(
        scenario=study.scenario,
        entries=entries,
        trace=trace,
        measurements=measurements,
        replicates=replicates,
        seed=seed,
        program=study.program,
        conduct_plan=study.conduct,
        response_plan=study.response,
    )


def analyze(cohort: Cohort, *, plan: AnalysisPlan | None = None) -> Estimates:
    """Every analysis of the scenario on every trial of a cohort, under each twin that was simulated."""
    plan = plan_analyses(cohort.scenario, cohort.response_plan) if plan is None else plan
    return analyses.analyze(
        plan, trial_arrays(cohort, plan), twins=cohort.measurements.twins, replicates=cohort.replicates
    )


def analyze_cohort(cohort: Cohort) -> Estimates:
    """Every analysis of the scenario of a cohort; of a design with looks that of the looks where the trial stopped."""
    plan = plan_analyses(cohort.scenario, cohort.response_plan)
    looks = plan_looks(cohort.scenario, plan)
    return decided(looks, analyze(cohort, plan=plan), look_at(looks, cohort))[1]


def trial_arrays(cohort: Cohort, plan: AnalysisPlan | None = None) -> TrialArrays:
    """The data of a cohort for the analyses of a plan, by default those of its scenario.

    Without a ward everyone received the treatment and completed.
    """
    plan = plan_analyses(cohort.scenario, cohort.response_plan) if plan is None else plan
    entries, trace, program = cohort.entries, cohort.trace, cohort.program
    realized = any(call.endpoint.over is not None and call.endpoint.over.realized for call in plan.calls)
    enrolled = entries.arm >= 0
    received, completed = enrolled, enrolled
    if trace is not None and program is not None:
        completed = enrolled & (trace.ends[:, :, E_REASON] == COMPLETED)
        received = enrolled.copy()
        for arm in range(len(program.arms)):
            own = [a for a, activity in enumerate(program.activities) if activity.own and activity.arms >> arm & 1]
            if own:
                given = (trace.activities[:, :, own, A_DELIVERED] > 0).any(axis=2)
                received &= given | (entries.arm != arm)
    return TrialArrays(
        values=cohort.measurements.values,
        arm=entries.arm,
        covariates=entries.covariates,
        received=received,
        completed=completed,
        site=entries.site.astype(np.int64),
        stratum=entries.stratum.astype(np.int64),
        visit_covariates=visit_covariates(cohort, plan),
        times=visit_hours(cohort.response_plan, trace.visits) if trace is not None and realized else None,
        seed=cohort.seed,
        replicates=cohort.replicates,
        censored=cohort.measurements.censored,
        at_risk=cohort.measurements.at_risk,
        events=events_asked(cohort, plan),
        family=entries.family,
    )


def events_asked(cohort: Cohort, plan: AnalysisPlan) -> dict[tuple[str, ...], NDArray[np.bool_]]:
    """By the names of events that an analysis of a plan asks for, (T, R, N, D) whether one came before each visit."""
    reason, entries = cohort.measurements.reason, cohort.entries
    found = {}
    for names in {call.endpoint.instead.events for call in plan.calls} - {()}:
        who = leaves_for(names, cohort.conduct_plan.leave_reasons, entries.leave_reason)
        found[names] = after_events(cohort.response_plan, names, left=reason[0] == LEFT, leaves_for=who, reason=reason)
    return found


def visit_covariates(cohort: Cohort, plan: AnalysisPlan) -> dict[tuple[str, int], VisitCovariateColumn]:
    """The covariates of visits that the analyses of a plan ask for, by name and position on the D axis."""
    asked = {(name, call.endpoint.visit) for call in plan.calls for name in call.visit_covariates}
    asked |= {(call.clusters, call.endpoint.visit) for call in plan.calls if call.clusters not in ("", FAMILY)}
    asked |= {(PERIOD.name, call.endpoint.visit) for call in plan.calls if TEST[call.test].calendar}
    response = cohort.response_plan
    inputs = PredictorInputs(response, cohort.entries, cohort.trace, cohort.seed, cohort.replicates)
    strata = len(cohort.conduct_plan.strata)
    return {(name, d): visit_covariate(inputs, response.points[d], name, strata=strata) for name, d in sorted(asked)}


def replay(
    scenario: Scenario | Study, replicate: int, *, seed: int | None = None, engine: Engine = "fast"
) -> ReplayedTrial:
    """Simulate one replicate alone; its estimates are those of the same row of any batch."""
    study = prepare(scenario)
    cohort = cohort_of(study, replicate, seed=seed, engine=engine)
    return ReplayedTrial(replicate, cohort, analyze_at_stop(study, cohort, study.analysis))


def cohort_of(study: Study, replicate: int, *, seed: int | None = None, engine: Engine = "fast") -> Cohort:
    """One replicate with the events on its ward; it is not analyzed."""
    one = range(replicate, replicate + 1)
    return simulate(study, one, seed=seed, engine=engine, record=study.program is not None)


# ---------------------------------------------------------------- many replicates


@dataclass(frozen=True)
class ReplicateResults:
    """The results of a range of replicates: everything that a run keeps of them.

    Attributes
    ----------
    estimates : of every twin
    trial : (R, M) numbers of each trial, in the order of :func:`trialsim.evaluate.trial.trial_columns`
    entry_days : (R, N) day of enrollment counted from the start, NaN where nobody was enrolled
    waits : (R, N, H) wait for each need [ticks], -1 where not served; H is 0 without a ward
    by : versions of the packages that simulated them, if it was not this process
    looks : the analysis at each look, of a design with looks; ``estimates`` are those of its end
    """

    estimates: Estimates
    trial: Floats
    entry_days: NDArray[np.float32]
    waits: NDArray[np.int32]
    by: dict[str, str] | None = None
    looks: LookResults | None = None


def play(
    scenario: Scenario | Study, replicates: range, *, seed: int | None = None, engine: Engine = "fast"
) -> ReplicateResults:
    """Simulate and analyze ``replicates`` of a study, as few at a time as the memory budget requires, down to one.

    A replicate does not depend on those simulated with it, so no digit depends on their number.
    """
    study = prepare(scenario)
    few = at_once(trial_bytes(study), largest=BLOCK if engine == "simpy" else LARGEST_CHUNK)
    return _join([_play(study, part, seed=seed, engine=engine) for part in chunk_ranges(replicates, few, block=1)])


def _play(study: Study, replicates: range, *, seed: int | None, engine: Engine) -> ReplicateResults:
    """All of ``replicates`` at once; afterwards the memory of their arrays is free."""
    cohort = simulate(study, replicates, seed=seed, engine=engine)
    entry = cohort.entries.entry
    return ReplicateResults(
        estimates=analyze(cohort, plan=study.analysis),
        trial=trial_values(study, cohort),
        entry_days=np.where(entry >= 0, entry / DAY, np.nan).astype(np.float32),
        waits=waits_of(cohort),
        looks=with_closed(study, cohort, look_at(study.looks, cohort), engine=engine),
    )


def with_closed(study: Study, cohort: Cohort, looks: LookResults | None, *, engine: Engine) -> LookResults | None:
    """The looks with what the trial takes if enrollment closes at the decision of each: the ward is simulated again.

    What a decision sees depends on nobody who enrolls after it, but lengths, hours of staff and costs do. A look that does not
    come, or after whose decision nobody enrolls, has the numbers of the trial itself.
    """
    wanted = closed_columns(study)
    if looks is None or study.looks is None or not (wanted or study.program):
        return looks
    closed, with_overrun = [], []
    for k in range(study.looks.interim):
        enrolled = np.where(looks.tick[:, k] >= 0, looks.enrolled[:, k], looks.enrolled[:, -1])
        entries = closed_entries(cohort.entries, enrolled)
        seed, which = cohort.seed, cohort.replicates
        trace = None
        if study.program is not None:
            trace = events_of(study.program, entries, seed=seed, replicates=which, engine=engine)
        twins = cohort.measurements.twins
        measured = respond(study.response, entries, trace, seed=seed, replicates=which, twins=twins)
        again = replace(cohort, entries=entries, trace=trace, measurements=measured)
        closed.append(trial_values(study, again)[:, wanted])
        with_overrun.append(analyze(again, plan=study.looks.alone).estimate[:, :, 0])
    if not closed:
        return looks
    return replace(looks, closed=np.stack(closed, axis=1), with_overrun=np.stack(with_overrun, axis=2))


def look_at(plan: LookPlan | None, cohort: Cohort, *, inside: NDArray[np.bool_] | None = None) -> LookResults | None:
    """What is kept of the looks at each trial of a cohort; None for a design without looks.

    ``inside`` (R, N) are the participants of a smaller trial, if the looks are those of it.
    """
    if plan is None:
        return None
    cuts = find_cuts(plan, cohort.response_plan, cohort.entries, cohort.trace, inside=inside)
    twins, replicates = cohort.measurements.twins, cohort.replicates
    return look(plan, trial_arrays(cohort, plan.alone), cuts, twins=twins, replicates=replicates)


def decided(
    plan: LookPlan | None, estimates: Estimates, looks: LookResults | None
) -> tuple[Decisions | None, Estimates]:
    """What is decided at the looks, and the estimates at the stop; without looks the estimates themselves."""
    if plan is None or looks is None:
        return None, estimates
    return decide(plan, estimates, looks)


def analyze_at_stop(study: Study, cohort: Cohort, plan: AnalysisPlan) -> Estimates:
    """The analyses of a plan on every trial of a cohort; of a design with looks that of the looks where the trial stopped."""
    estimates = analyze(cohort, plan=plan)
    looks = None if study.looks is None else study.looks.within(plan)
    return decided(looks, estimates, look_at(looks, cohort))[1]


def _join(parts: Sequence[ReplicateResults]) -> ReplicateResults:
    """Consecutive parts, joined."""
    if len(parts) == 1:
        return parts[0]
    return ReplicateResults(
        estimates=analyses.join([part.estimates for part in parts]),
        trial=np.concatenate([part.trial for part in parts]),
        entry_days=np.concatenate([part.entry_days for part in parts]),
        waits=np.concatenate([part.waits for part in parts]),
        looks=None
        if parts[0].looks is None
        else join_results([part.looks for part in parts if part.looks is not None]),
    )


@dataclass(frozen=True)
class _Chunk:
    """The sums of a chunk."""

    estimates: Estimates
    blocks: list[ColumnMoments]
    waits: Waits
    kept: FirstReplicates | None


def evaluate(
    scenario: Scenario | Study,
    *,
    replicates: int | range | None = None,
    seed: int | None = None,
    engine: Engine = "fast",
    truth: Truth | None = None,
    workers: int | None = None,
    chunk: int | None = None,
    chunks: Sequence[range] = (),
    player: Callable[[range], ReplicateResults] | None = None,
    sink: Callable[[Estimates], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> OperatingCharacteristics:
    """Operating characteristics of a study: simulate, analyze and sum up, a chunk of replicates at a time.

    Chunks, workers and engine change no digit of the result. Memory does not grow with the number of replicates.

    Parameters
    ----------
    replicates : how many, or which; by default the scenario's own number
    truth : true effects (:func:`trialsim.truth.find_truth`), for bias, RMSE, coverage and errors of sign and size
    workers : threads; by default one for each core
    chunk : replicates in one chunk; by default chosen by memory
    chunks : the chunks themselves, in ascending order, if only some of the replicates are needed
    player : replaces :func:`play` for a chunk: from a store, or on other machines; called by several threads
    sink : called with the estimates of each chunk, in order
    progress : called with the number of replicates done so far

    Raises
    ------
    RunError
        TS-R005 if no replicate is requested
    """
    began = time.perf_counter()
    study = prepare(scenario)
    simulation = study.scenario.simulation
    seed = simulation.seed if seed is None else seed
    which = simulation.replicates if replicates is None else replicates
    which = which if isinstance(which, range) else range(which)
    if not len(which):
        raise RunError("no replicate is requested.", code="TS-R005", remedy="Ask for at least 1.")
    workers = usable_cores() if workers is None else workers
    size = chunk or _chunk_size(study, len(which), workers=workers, engine=engine)
    chunks = chunks or chunk_ranges(which, size, block=BLOCK)
    player = player or partial(play, study, seed=seed, engine=engine)
    work = partial(_sum_up, study, player, truth=truth, first=chunks[0].start)
    total: list[ColumnMoments] = []
    kept: list[FirstReplicates] = []
    waits = AllWaits()
    done = 0
    with threads_until_done(workers) as threads:
        for part in in_order(threads, work, chunks, ahead=workers + 2):
            total = [merge([*total, *part.blocks])]
            waits.add(part.waits)
            if part.kept is not None:
                kept.append(part.kept)
            if sink is not None:
                sink(part.estimates)
            done += len(part.estimates.replicates)
            if progress is not None:
                progress(done)
    plan = study.analysis
    judged = bias_columns(plan, truth) if truth is not None else []
    columns = [
        *analysis_columns(plan, study.twins),
        *judged,
        *look_columns(study),
        *look_bias_columns(study, truth),
        *trial_columns(study),
    ]
    told_of = behind_means(measures(columns, total[0]), wait_measures(study, waits.total(), done))
    first = join_first(kept)
    if truth is not None:
        told_of = without_trifles(plan, truth, told_of)
        told_of = without_selected([*told_of, *centered_coverage(first, told_of)]) + truth_measures(plan, truth)
    told_of += level_rows(plan, study.twins, truth, told_of)
    return OperatingCharacteristics(
        scenario=study.scenario.name,
        replicates=done,
        seed=seed,
        engine=engine,
        workers=workers,
        seconds=time.perf_counter() - began,
        primary=study.scenario.primary,
        measures=tuple(side_by_side(told_of, last=TRIAL)),
        kept=first,
    )


def _sum_up(
    study: Study, player: Callable[[range], ReplicateResults], replicates: range, *, truth: Truth | None, first: int
) -> _Chunk:
    """Simulate a chunk and compute the moments of all its numbers."""
    played = player(replicates)
    decisions, estimates = decided(study.looks, played.estimates, played.looks)
    played = replace(played, estimates=estimates)
    judged = [] if truth is None else [bias_values(study.analysis, estimates, truth)]
    if decisions is not None and played.looks is not None:
        judged.append(look_values(study, decisions, played.looks, estimates, played.trial))
        if truth is not None and look_bias_columns(study, truth):
            judged.append(look_bias_values(study, decisions, estimates.twins, truth))
    values = np.concatenate([analysis_values(study.analysis, estimates), *judged, played.trial], axis=1)
    return _Chunk(
        estimates=played.estimates,
        blocks=block_moments(values, replicates),
        waits=count_waits(played.waits),
        kept=_keep(study, played, first=first),
    )


def _keep(study: Study, played: ReplicateResults, *, first: int) -> FirstReplicates | None:
    """Data for figures of the first replicates, from ``first`` on; days of enrollment as far as memory allows."""
    estimates = played.estimates
    start = estimates.replicates.start
    stop = min(first + FIGURE_REPLICATES, estimates.replicates.stop)
    count = stop - start
    if count <= 0:
        return None
    with_days = max(first + most_with_days(study.conduct.target) - start, 0)
    declared = estimates.twins.index("declared")
    return FirstReplicates(
        parts=(range(start, stop),),
        twins=estimates.twins,
        rows=estimates.rows,
        estimate=estimates.estimate[:, :count].copy(),
        p=estimates.p[:, :count].copy(),
        low=estimates.low[declared, :count].copy(),
        high=estimates.high[declared, :count].copy(),
        columns=tuple(trial_columns(study)),
        trial=played.trial[:count].copy(),
        entry_days=played.entry_days[: min(count, with_days)].copy(),
    )


def _chunk_size(study: Study, replicates: int, *, workers: int, engine: Engine) -> int:
    """Replicates in a chunk: whole blocks, as many as one worker simulates at a time if that is more than a block."""
    if engine == "simpy":
        return BLOCK
    largest = at_once(trial_bytes(study), largest=LARGEST_CHUNK)
    return chunk_size(replicates, largest=largest, workers=workers, block=BLOCK)


def stored_chunks(study: Study, replicates: range, *, engine: Engine) -> list[range]:
    """The chunks in which a run is stored: the same ones for any number of replicates and workers."""
    slow = engine == "simpy" or trial_bytes(study) > LARGE_TRIAL
    return chunk_ranges(replicates, BLOCK if slow else STORED_CHUNK, block=BLOCK)
