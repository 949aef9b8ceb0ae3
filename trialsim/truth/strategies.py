"""How each estimand strategy handles missed and stopped treatment (ICH E9 R1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.endpoints import TrialArrays, endpoint_values, within
from trialsim.analysis.fitted import potential
from trialsim.analysis.plan import Endpoint, PercentRule, PlannedAnalysis, RowTest
from trialsim.analysis.substitution import NOTHING
from trialsim.conduct import NEVER
from trialsim.kinds.designs import STRATEGY
from trialsim.kinds.tests.options import DEFAULT_TRIM
from trialsim.prepared import Study
from trialsim.protocol.columns import V_REASON, VISITED
from trialsim.protocol.compile import compile_protocol
from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Resource, ShiftStaff, Step
from trialsim.protocol.tapes import draw_tapes
from trialsim.response.events import events_of_everyone
from trialsim.response.predictor import PredictorInputs, given
from trialsim.response.visit_times import visit_hours
from trialsim.truth.plays import Play, SharedDraws, play

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: The smallest share of treatment that counts as given in full; below it, treatment was missed or stopped.
IN_FULL = 1.0 - 1e-9

#: The most units of a resource that a scenario may have.
MOST_UNITS = 1000


@dataclass(frozen=True)
class TargetEffect:
    """One target effect: of arm a against arm b, of all arms by ``weights``, or in the arm ``alone``.

    ``fitted`` is the analysis and its question where the truth is what the analysis itself finds (``Estimand.by_fit``). With
    ``whole`` the arms are those of the periods of a crossover, in all of them.
    """

    row: int
    estimand: str
    endpoint: Endpoint
    arms: tuple[int, ...] | None
    alone: int
    exclude: tuple[tuple[int, int], ...]
    strategy: str
    responders: PercentRule | None
    strata: tuple[int, ...] = ()
    trim: float = DEFAULT_TRIM
    fitted: tuple[PlannedAnalysis, RowTest] | None = None
    weights: tuple[float, ...] = ()
    whole: bool = False

    @property
    def later(self) -> tuple[int, ...]:
        """The columns whose values are those after treatment began: every visit of the endpoint but the start of a change."""
        several = () if self.fitted is None else self.fitted[0].repeated
        ends = several or (self.endpoint,)
        return tuple(point for one in ends for point in (one.over.points if one.over is not None else (one.visit,)))


def needed_points(wanted: Sequence[TargetEffect]) -> frozenset[int] | None:
    """The positions on the D axis that the targets read; None for all, where a target looks at other visits as well."""
    for one in wanted:
        strategy = STRATEGY[one.strategy]
        if one.fitted is not None or one.endpoint.instead != NOTHING or one.responders is not None:
            return None
        if strategy.while_treated or strategy.stratum or strategy.composite:
            return None
    return frozenset(point for one in wanted for point in one.endpoint.points)


@dataclass(frozen=True)
class Plays:
    """All simulations of a batch.

    ``alone`` has everyone in each arm in turn, ``ideal`` the same on a ward where nothing is missed, ``mixed`` the
    trial's own arms, ``same`` everyone in each arm of a crossover in all periods; None if they are not needed.
    """

    shared: SharedDraws
    alone: Sequence[Play]
    ideal: Sequence[Play] | None
    mixed: Play | None
    same: Sequence[Play] | None = None
    twins_of_arms: tuple[str, ...] = ()


def play_all(shared: SharedDraws, undisturbed: Study | None, same: Study | None, *, mixed: bool) -> Plays:
    """Everyone in each arm; on the undisturbed ward; in each arm of ``same``; and in the trial's own arms if ``mixed``."""
    arms = range(len(shared.study.analysis.arms))
    ideal = None if undisturbed is None else [play(on_ideal_ward(shared, undisturbed), arm) for arm in arms]
    trial = play(shared, None) if mixed else None
    alone = [play(shared, arm) for arm in arms]
    if same is None:
        return Plays(shared, alone, ideal, trial)
    draws, treatments = _on(shared, same), range(len(same.scenario.design.arms))
    return Plays(shared, alone, ideal, trial, [play(draws, arm) for arm in treatments], same.twins)


def _on(shared: SharedDraws, study: Study) -> SharedDraws:
    """The same people in another study."""
    tapes = None
    if study.program is not None:
        people = shared.entries.entry.shape[1]
        tapes = draw_tapes(study.program, seed=shared.seed, replicates=shared.replicates, participants=people)
    return replace(shared, study=study, tapes=tapes)


# ---------------------------------------------------------------- hypothetical: nothing is missed


def undisturbed(study: Study) -> Study | None:
    """The study on a ward with enough staff, where nobody gives up and nothing is interrupted; None without a ward.

    Opening hours, attempts that fail and the lengths of all steps stay as they are.
    """
    scenario, program = study.scenario, study.program
    if program is None or scenario.setting is None:
        return None
    setting = scenario.setting
    freed = compile_protocol(
        tuple(_steadily(step) for step in scenario.protocol),
        {name: _enough(one) for name, one in setting.resources.items()},
        arms=program.arms,
        starts=setting.starts,
        sites=program.sites,
        practitioners=program.practitioners,
    )
    return replace(study, program=freed, response=replace(study.response, program=freed))


def _enough(resource: Resource) -> Resource:
    changes: dict[str, object] = {"other_work": None, "queue_limit": None, "breaks": None}
    if isinstance(resource.units, int):
        return resource.model_copy(update={**changes, "units": MOST_UNITS, "people": MOST_UNITS})
    enough = {hours: ShiftStaff(units=MOST_UNITS, people=MOST_UNITS) for hours in resource.units}
    return resource.model_copy(update={**changes, "units": enough})


def _steadily(step: Step) -> Step:
    """The step without limits to patience and without interruptions."""
    if isinstance(step, (Repeat, Period)):
        return step.model_copy(update={"steps": tuple(_steadily(inner) for inner in step.steps)})
    if isinstance(step, Hold):
        inside = tuple(_steadily(inner) for inner in step.steps)
        return step.model_copy(update={"steps": inside, "give_up_after": None})
    if isinstance(step, Activity):
        return step.model_copy(update={"give_up_after": None, "interrupted": None})
    return step.model_copy(update={"give_up_after": None}) if isinstance(step, Attempt) else step


def on_ideal_ward(shared: SharedDraws, study: Study) -> SharedDraws:
    """The same people and lengths on another ward, and nobody leaves."""
    assert study.program is not None
    entries = replace(
        shared.entries,
        leave=np.full_like(shared.entries.leave, NEVER),
        leave_reason=np.full_like(shared.entries.leave_reason, -1),
    )
    participants = entries.entry.shape[1]
    tapes = draw_tapes(study.program, seed=shared.seed, replicates=shared.replicates, participants=participants)
    return replace(shared, study=study, entries=entries, tapes=tapes)


# ---------------------------------------------------------------- what is compared, and among whom


def endpoint_of(plays: Plays, played: Play, target: TargetEffect, twin: int) -> Floats:
    """(R, N) the endpoint of everyone in a simulation."""
    endpoint = complete(target.endpoint)
    times = after = None
    if played.trace is not None and endpoint.over is not None and endpoint.over.realized:
        times = visit_hours(plays.shared.study.response, played.trace.visits)
    if STRATEGY[target.strategy].composite:
        after = _after(plays.shared, played, endpoint.instead.events)[twin : twin + 1]
    return endpoint_values(_values(plays, played, target, twin), endpoint, times=times, after=after)


def _values(plays: Plays, played: Play, target: TargetEffect, twin: int) -> Floats:
    """(1, R, N, D) the values that the endpoint is made of."""
    whole = played.read(target.endpoint.transform)
    values = whole[twin : twin + 1]
    if STRATEGY[target.strategy].while_treated:
        values = values.copy()
        for visit in target.later:
            values[0, :, :, visit] = _last_on_treatment(plays.shared, played, visit, whole[twin])
    return values


def potential_of(plays: Plays, played: Play, target: TargetEffect, twin: int, arm: int, who: Flags) -> TrialArrays:
    """The outcomes of those who count in a simulation, as the data of the analysis itself."""
    assert target.fitted is not None  # asked only of such targets
    shared, plan, names = plays.shared, plays.shared.study.response, target.endpoint.instead.events
    inputs = PredictorInputs(plan, played.entries, played.trace, shared.seed, shared.replicates)
    data = potential(
        target.fitted[0], inputs, plan, values=_values(plays, played, target, twin)[0], censored=played.censored[twin],
        at_risk=played.at_risk, arm=arm, who=who,
    )  # fmt: skip
    return replace(data, events={names: _after(shared, played, names)[twin : twin + 1]} if names else {})


def complete(endpoint: Endpoint) -> Endpoint:
    """The endpoint of values of which none is missing: no earlier value takes the place of another."""
    return replace(endpoint, instead=replace(endpoint.instead, last=()))


def _after(shared: SharedDraws, played: Play, events: Sequence[str]) -> Flags:
    """(T, R, N, D) whether one of the events came before each visit of a simulation."""
    study = shared.study
    inputs = PredictorInputs(study.response, played.entries, played.trace, shared.seed, shared.replicates)
    return events_of_everyone(inputs, events, study.conduct.leave_reasons, played.values)


def in_arm(plays: Plays, target: TargetEffect, arm: int) -> Play:
    """The simulation of the strategy with everyone in an arm."""
    if target.whole and plays.same is not None:
        return plays.same[arm]
    undisturbed = STRATEGY[target.strategy].undisturbed
    return plays.ideal[arm] if undisturbed and plays.ideal is not None else plays.alone[arm]


def who_counts(plays: Plays, target: TargetEffect) -> Flags:
    """(R, N) the enrolled without excluded categories; in the responder stratum those who respond.

    A responder's value in arm a differs by the required percent from the own value in arm b; in a design of one arm,
    from the own value without the declared effects.
    """
    entries = plays.shared.entries
    who = entries.arm >= 0
    for covariate, category in target.exclude:
        who = who & (entries.covariates[:, :, covariate] != category)
    if STRATEGY[target.strategy].stratum and target.responders is not None:
        twins, visit = plays.shared.study.twins, target.endpoint.visit
        a, b = (target.alone, target.alone) if target.arms is None else (target.arms[0], target.arms[-1])
        treated = plays.alone[a].exact[twins.index("declared"), :, :, visit]
        other = plays.alone[b].exact[twins.index("declared" if target.arms is not None else "null"), :, :, visit]
        with np.errstate(invalid="ignore", divide="ignore"):
            who = who & within(np.where(other != 0.0, 100.0 * (treated - other) / other, np.nan), target.responders)
    return np.asarray(who)


def _last_on_treatment(shared: SharedDraws, played: Play, visit: int, values: Floats) -> Floats:
    """(R, N) from ``values`` (R, N, D): the value at the visit, or at the last visit before it on treatment.

    A participant is on treatment who came to the visit and received all of the own arm's activities planned before it. NaN if
    no such visit took place.
    """
    plan = shared.study.response
    inputs = PredictorInputs(plan, played.entries, played.trace, shared.seed, shared.replicates)
    carried = np.full(played.entries.arm.shape, np.nan)
    for d in _up_to(shared.study, visit):
        point = plan.points[d]
        if played.trace is None:
            on = played.entries.leave >= played.entries.entry + point.declared_time
        else:
            came = played.trace.visits[:, :, point.visit_index, V_REASON] == VISITED
            on = came & (given(inputs, point) >= IN_FULL)
        carried = np.where(on, values[:, :, d], carried)
    return carried


def _up_to(study: Study, visit: int) -> list[int]:
    """Columns of the same outcome up to a visit, in the order of the protocol."""
    order = study.response.in_order(study.response.pairs[visit][0])
    return list(order[: order.index(visit) + 1])
