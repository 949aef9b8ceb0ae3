"""Parts of the linear predictor besides the arm: the clock, drivers from the trace, covariates, activities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.numbers.draws import stream, stream_key, uniforms
from trialsim.numbers.normal import normal_quantiles
from trialsim.protocol.columns import (
    A_DELIVERED,
    A_END,
    A_FAILED,
    A_PAUSE_START,
    A_PLANNED,
    A_SERVED,
    A_START,
    GAVE_UP,
    GRANTED,
    H_GRANT,
    H_REQUEST,
    H_STATE,
    REFUSED,
    V_REASON,
    V_SERVED,
    VISITED,
)
from trialsim.protocol.program import LONGEST, Program
from trialsim.response.kinetics import log_levels
from trialsim.response.measure import effects_of_people, people_served
from trialsim.response.plan import (
    OutcomePlan,
    PointPlan,
    ResponsePlan,
    log_factor,
    matching,
    spread_of,
    steps_of_activities,
)
from trialsim.scenario.model import CovariateEffect, Driver, Effect, Response, Rhythm
from trialsim.scenario.wedge import MONTH

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HOUR, DAY = 3_600.0, 86_400.0


@dataclass(frozen=True)
class PredictorInputs:
    """The inputs of the predictor for one batch: the trace, who takes part, and where the draws come from."""

    plan: ResponsePlan
    entries: Any
    trace: Any
    seed: int
    replicates: range
    kept: dict[object, Floats | None] = field(default_factory=dict)  # shares given, which several outcomes use

    @property
    def program(self) -> Program:
        """The compiled protocol; only used if there is a ward."""
        assert self.plan.program is not None
        return self.plan.program

    def uniform(self, pattern: str, **names: object) -> Floats:
        """A draw for every participant, (R, N), of a declared stream."""
        return uniforms(
            self.seed, stream(pattern, **names), replicates=self.replicates, participants=self.entries.arm.shape[1]
        )

    def times(self, point: PointPlan) -> Ints:
        """(R, N) tick of the visit, -1 where it did not happen."""
        return np.ascontiguousarray(self.trace.visits[:, :, point.visit_index, 0])

    def served(self, point: PointPlan, group: int) -> Ints:
        """(R, N) who of a group of practitioners had served last at the visit, packed; -1 for nobody, as at enrollment."""
        if point.visit_index < 0:
            return np.full(self.entries.arm.shape, -1, dtype=np.int64)
        return np.ascontiguousarray(self.trace.visits[:, :, point.visit_index, V_SERVED + group])

    def people(self, served: Ints) -> Ints:
        """(R, N) number of the person among the people of all shifts of the resource, -1 for nobody."""
        shifts = [(number, shift) for number, one in enumerate(self.program.resources) for shift in one.shifts]
        found = np.empty(served.shape, dtype=np.int64)
        rows = [(number, shift.first, shift.first_person, shift.people) for number, shift in shifts]
        people_served(
            served,
            np.array(rows, dtype=np.int64),
            _keys([stream("people/{resource}", resource=shift.name) for _, shift in shifts]),
            np.uint64(self.seed), np.uint64(self.replicates.start), found,
        )  # fmt: skip
        return found

    def effects_of_people(self, served: Ints, pattern: str, **names: object) -> Floats:
        """(R, N) the standard normal number that a stream has for the person who served; 0 for nobody."""
        keys = _keys([stream(pattern, resource=resource.name, **names) for resource in self.program.resources])
        found = np.empty(served.shape)
        first = np.uint64(self.replicates.start)
        effects_of_people(served, self.people(served), keys, np.uint64(self.seed), first, found)
        return found


def _keys(names: list[str]) -> NDArray[np.uint64]:
    return np.array([stream_key(name) for name in names] or [0], dtype=np.uint64)


def delivered(inputs: PredictorInputs, point: PointPlan) -> Floats | None:
    """(R, N) share of the arm's own activity time given before the visit; None where that is 1 for everyone."""
    if inputs.trace is None or not point.differs or not any(point.own) or point.terms:
        return None
    return given(inputs, point)


def not_delivered(inputs: PredictorInputs, point: PointPlan) -> Floats | None:
    """(R, N) in a design with factors, what is missing from the predictor of full delivery; None where nothing can be.

    Each effect acts by the share of its factor's activities that was given, an interaction by the smaller share.
    """
    total: Floats | None = None
    for term in point.terms if inputs.trace is not None else ():
        if any(any(by_arm) for by_arm in term.own) and term.shift != 0.0:
            there = np.append(term.present, False)[inputs.entries.arm]  # the last one is for empty places
            share = np.min([_share_of(inputs, by_arm, point) for by_arm in term.own], axis=0)
            total = _plus(total, np.where(there, (1.0 - share) * term.shift, 0.0))
    return total


def _share_of(inputs: PredictorInputs, by_arm: Sequence[Sequence[tuple[int, float]]], point: PointPlan) -> Floats:
    """(R, N) share of a factor's activity time given before the visit; 1 in an arm without such an activity."""
    share = np.ones(inputs.entries.arm.shape)
    for arm, own in enumerate(by_arm):
        if own:
            total = sum(length for _, length in own)
            part = sum(length / total * activity_share(inputs, a, point) for a, length in own)
            share = np.where(inputs.entries.arm == arm, part, share)
    return share


def given(inputs: PredictorInputs, point: PointPlan) -> Floats:
    """(R, N) share of the arm's own activity time given before the visit; 1 in an arm without such an activity."""
    key = ("delivered", point.visit_index)
    if key not in inputs.kept:
        share = np.ones(inputs.entries.arm.shape)
        for arm, own in enumerate(point.own):
            if own:
                total = sum(length for _, length in own)
                own_share = sum(length / total * activity_share(inputs, a, point) for a, length in own)
                share = np.where(inputs.entries.arm == arm, own_share, share)
        inputs.kept[key] = np.asarray(share)
    kept = inputs.kept[key]
    assert kept is not None
    return kept


def activity_share(inputs: PredictorInputs, activity: int, point: PointPlan) -> Floats:
    """(R, N) share of an activity's planned length given before the visit; an attempt counts as given in full."""
    key = ("activity", activity, point.visit_index)
    found = inputs.kept.get(key)
    if found is None:
        found = inputs.kept[key] = _activity_share(inputs, activity, point)
    return found


def _activity_share(inputs: PredictorInputs, activity: int, point: PointPlan) -> Floats:
    row = inputs.trace.activities[:, :, activity]
    done = (row[..., A_END] >= 0) & (row[..., A_END] <= inputs.times(point))
    if inputs.program.activities[activity].tries > 1:
        return np.asarray(done, dtype=np.float64)
    planned = np.maximum(row[..., A_PLANNED], 1)
    return np.where(done, row[..., A_DELIVERED] / planned, 0.0)


def common_shift(inputs: PredictorInputs, outcome: OutcomePlan, point: PointPlan) -> Floats | None:
    """(R, N) the sum of the calendar trend, drivers and covariates in every twin; None if there are none."""
    total: Floats | None = None
    if outcome.secular is not None:
        total = months_passed(inputs, point) * size_of(inputs, outcome.secular, outcome, point)
    for effect in outcome.covariates:
        total = _plus(total, covariate_shift(inputs, effect, size_of(inputs, effect, outcome, point)))
    if inputs.trace is not None:
        for driver in outcome.drivers:
            total = _plus(total, driver_value(inputs, driver, point) * size_of(inputs, driver, outcome, point))
    return total


def months_passed(inputs: PredictorInputs, point: PointPlan) -> Floats:
    """(R, N) months from the start of the study until the visit; until enrollment where it did not take place."""
    entry = inputs.entries.entry
    if inputs.trace is None:
        return np.asarray((entry + point.declared_time) / MONTH)
    if point.visit_index < 0:
        return np.asarray(entry / MONTH)
    ticks = inputs.times(point)
    return np.where(ticks >= 0, ticks, entry) / MONTH


def _plus(total: Floats | None, term: Floats) -> Floats:
    return term if total is None else total + term


def size_of(
    inputs: PredictorInputs,
    effect: Driver | CovariateEffect | Response | Effect,
    outcome: OutcomePlan,
    point: PointPlan,
) -> float:
    """The size of an effect on the scale of the predictor, at the reference level of the visit."""
    return log_factor(effect, outcome, point.cuts[inputs.plan.reference])


def covariate_shift(inputs: PredictorInputs, effect: CovariateEffect, size: float) -> Floats:
    """A covariate's part of the predictor, an effect of this ``size`` there."""
    place = inputs.plan.covariate_names.index(effect.covariate)
    value = inputs.entries.covariates[:, :, place]
    if effect.category is not None:
        category = inputs.plan.covariate_categories[place].index(effect.category)
        return np.where(value == category, size, 0.0)
    assert effect.centered_at is not None  # set by the plan
    per = effect.per.value if effect.per else 1.0
    return np.asarray((value - effect.centered_at.value) / per * size)


def driver_value(inputs: PredictorInputs, driver: Driver, point: PointPlan) -> Floats:
    """(R, N) the driver's value before the visit, in its unit: failed tries, waits, interruptions, time, missed."""
    now = inputs.times(point)
    if driver.driver == "wait":
        return _wait(inputs, driver, now)
    if driver.driver == "missed":
        return _missed(inputs, driver, point)
    total = np.zeros(now.shape)
    for activity in matching(inputs.program, driver.of or ""):
        row = inputs.trace.activities[:, :, activity]
        done = (row[..., A_END] >= 0) & (row[..., A_END] <= now)
        if driver.driver == "failed":
            total += np.where(done, row[..., A_FAILED], 0)
        elif driver.driver == "interrupted":
            total += done & (row[..., A_PAUSE_START] >= 0)
        else:
            per = driver.per.value if driver.per else 60.0
            total += np.where(done, row[..., A_END] - row[..., A_START], 0) / per
    return total


def _missed(inputs: PredictorInputs, driver: Driver, point: PointPlan) -> Floats:
    """How often nobody was available for the step, among its repeats planned before the visit."""
    program = inputs.program
    steps = steps_of_activities(program)
    before = {i for i in matching(program, driver.of or "") if steps[i] < program.visit_step[point.visit_index]}
    holds = [index for index, hold in enumerate(program.holds) if before.intersection(hold.activities)]
    state = inputs.trace.holds[:, :, holds, H_STATE]
    return np.asarray(((state == GAVE_UP) | (state == REFUSED)).sum(axis=2), dtype=np.float64)


def _wait(inputs: PredictorInputs, driver: Driver, now: Ints) -> Floats:
    """Time waited for a resource before the visit, by those who were served."""
    total = np.zeros(now.shape)
    per = driver.per.value if driver.per else 60.0
    for index, hold in enumerate(inputs.program.holds):
        names = {inputs.program.resources[resource].base for resource in hold.resources}
        if driver.resource is None or driver.resource in names:
            row = inputs.trace.holds[:, :, index]
            served = (row[..., H_STATE] == GRANTED) & (row[..., H_GRANT] <= now)
            total += np.where(served, row[..., H_GRANT] - row[..., H_REQUEST], 0) / per
    return total


def rhythm_shift(inputs: PredictorInputs, rhythm: Rhythm, point: PointPlan) -> Floats:
    """(R, N) the clock's part of the predictor at the realized time; 0 at the reference clock and for a missed visit."""
    missed = inputs.trace.visits[:, :, point.visit_index, V_REASON] != VISITED
    return np.where(missed, 0.0, _clock_shift(inputs, rhythm, point))


def _clock_shift(inputs: PredictorInputs, rhythm: Rhythm, point: PointPlan) -> Floats:
    """The clock's part at the times of a visit.

    The slope counts hours to the nearest passing of the reference clock and is constant beyond the nearer end of
    ``between``.
    """
    clock = (inputs.times(point) % int(DAY)).astype(np.float64)
    if rhythm.amplitude is not None and rhythm.peak is not None:
        wave = np.cos(2 * np.pi * (clock - rhythm.peak) / DAY)
        return np.asarray(
            rhythm.amplitude.value * (wave - math.cos(2 * math.pi * (rhythm.reference_clock - rhythm.peak) / DAY))
        )
    if rhythm.slope is None:
        return np.zeros(clock.shape)
    if rhythm.between is not None:
        start, end = rhythm.between
        late, early = (clock - end) % DAY, (start - clock) % DAY
        inside = (clock - start) % DAY <= (end - start) % DAY
        clock = np.where(inside, clock, np.where(late <= early, float(end), float(start)))
    hours = ((clock - rhythm.reference_clock + DAY / 2) % DAY - DAY / 2) / HOUR
    hours = np.where(hours == -12.0, 12.0, hours)  # half a day counts as after
    return np.asarray(rhythm.slope.value * hours)


# ---------------------------------------------------------------- responses to activities


def responders(inputs: PredictorInputs, outcome: OutcomePlan, activity: str, response: Response) -> Floats:
    """(R, N) 1 for those who respond to the activity."""
    share = response.responders.value if response.responders else 1.0
    if share >= 1:
        return np.ones(inputs.entries.arm.shape)
    u = inputs.uniform("responder/{outcome}/{activity}", outcome=outcome.name, activity=activity)
    return (u < share).astype(np.float64)


def activity_shift(inputs: PredictorInputs, outcome: OutcomePlan, point: PointPlan, *, scale: float) -> Floats | None:
    """(R, N) the sum of activities at the visit, the arms' own scaled by ``scale`` (lambda); None if there are none."""
    total: Floats | None = None
    for activity, response in outcome.responses:
        if response.secretion is None:
            term = _at_once(inputs, outcome, point, activity, response, scale)
            total = term if total is None else total if term is None else total + term
    kinetic = [(name, response) for name, response in outcome.responses if response.secretion is not None]
    if kinetic and outcome.half_life > 0:
        total = _plus(total, _secreted(inputs, outcome, point, kinetic, scale))
    return total


def _at_once(
    inputs: PredictorInputs, outcome: OutcomePlan, point: PointPlan, activity: str, response: Response, scale: float
) -> Floats | None:
    """A ratio, difference or odds ratio, with its spread, at later visits of the session or at the visits named.

    At a named visit only the last of an activity's repeats planned before it has an effect, so that effects do not add up.
    """
    program = inputs.program
    session = program.visit_session[point.visit_index]
    acting = tuple(i for i in matching(program, activity) if program.activities[i].session == session)
    if response.visits:
        acting = last_before(program, activity, point) if point.visit in response.visits else ()
    total: Floats | None = None
    for index in acting:
        own = program.activities[index].own
        if own and scale == 0.0:
            continue
        size = response_size(inputs, outcome, point, activity, response, index)
        total = _plus(total, activity_share(inputs, index, point) * size * (scale if own else 1.0))
    return total


def response_size(
    inputs: PredictorInputs, outcome: OutcomePlan, point: PointPlan, activity: str, response: Response, index: int
) -> Floats:
    """(R, N) what a whole activity adds to the predictor of those who respond, with their own spread; 0 for all others."""
    spread = spread_of(response)
    size: Floats | float = size_of(inputs, response, outcome, point)
    if spread is not None:
        size = size + spread * individual(inputs, outcome, activity)
    if response.sd_practitioner is not None and response.sd_practitioner.value > 0:
        size = size + response.sd_practitioner.value * by_practitioner(inputs, outcome, activity, index, response)
    return responders(inputs, outcome, activity, response) * size


def last_before(program: Program, activity: str, point: PointPlan) -> tuple[int, ...]:
    """The last activity with this name planned before a visit, if there is one."""
    steps = steps_of_activities(program)
    earlier = [i for i in matching(program, activity) if steps[i] <= program.visit_step[point.visit_index]]
    return tuple(earlier[-1:])


def individual(inputs: PredictorInputs, outcome: OutcomePlan, activity: str) -> Floats:
    """(R, N) standard normal: a participant's own deviation from the mean effect."""
    u = inputs.uniform("individual effect/{outcome}/{activity}", outcome=outcome.name, activity=activity)
    return standard_normal(u)


def by_practitioner(
    inputs: PredictorInputs, outcome: OutcomePlan, activity: str, index: int, response: Response
) -> Floats:
    """(R, N) standard normal: how the effect of an activity differs with the person who gave it.

    That is the practitioner who had served last when the activity began; 0 if nobody had.
    """
    assert response.sd_practitioner is not None
    group = inputs.program.practitioners.groups.index(response.sd_practitioner.of)
    served = np.ascontiguousarray(inputs.trace.activities[:, :, index, A_SERVED + group])
    return inputs.effects_of_people(
        served, "practitioner effect/{resource}/{outcome}/{activity}", outcome=outcome.name, activity=activity
    )


def standard_normal(u: Floats) -> Floats:
    """Standard normal values of uniform ones, (R, N)."""
    out = np.ascontiguousarray(u)
    normal_quantiles(out)
    return out


def _secreted(
    inputs: PredictorInputs, outcome: OutcomePlan, point: PointPlan, kinetic: list[tuple[str, Response]], scale: float
) -> Floats:
    """The logarithm of the level that results from secretion and clearance."""
    which, amount, lag, lasts, factor, gates = [], [], [], [], [], []
    for name, response in kinetic:
        gate = responders(inputs, outcome, name, response)
        for index in matching(inputs.program, name):
            assert response.secretion is not None
            which.append(index)
            amount.append(response.secretion.value)
            lag.append(round(min(response.lag.value, LONGEST)) if response.lag else 0)
            lasts.append(round(min(response.lasts.value, LONGEST)) if response.lasts else -1)
            factor.append(scale if inputs.program.activities[index].own else 1.0)
            gates.append(gate)
    out = np.zeros(inputs.entries.arm.shape)
    log_levels(
        inputs.trace.activities, np.array(which), np.array(amount), np.array(lag), np.array(lasts), np.stack(gates),
        np.array(factor), outcome.half_life, inputs.times(point), out,
    )  # fmt: skip
    return out
