"""Measurements: every value at its actual time, after the treatment actually delivered."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.errors import TrialsimError
from trialsim.numbers.draws import fill_normal, stream, stream_key
from trialsim.response.follow import FollowUp, course, follow_up
from trialsim.response.measure import (
    assay_errors,
    correlate,
    mix_practitioner,
    mix_site,
    mix_site_period,
    read_off,
)
from trialsim.response.missingness import declared, lose, ward_reasons
from trialsim.response.plan import BELOW_LIMIT, OutcomePlan, PointPlan, ResponsePlan, plan_response
from trialsim.response.predictor import (
    PredictorInputs,
    activity_shift,
    common_shift,
    delivered,
    not_delivered,
    rhythm_shift,
    standard_normal,
)
from trialsim.response.scales.parts import NOTHING, Twin, ValueColumn

Floats = NDArray[np.float64]

__all__ = ["Measurements", "ResponsePlan", "plan_response", "respond"]

#: Twins of a trial: lambda as a share of the declared one, and whether the time of day changes the outcome.
TWINS = {"declared": (1.0, True), "null": (0.0, True), "no change": (0.0, False)}


@dataclass(frozen=True)
class Measurements:
    """Measured values of R trials under T twins.

    Attributes
    ----------
    values : (T, R, N, D) in the outcome's unit, NaN where missing; D are ``ResponsePlan.pairs``
    reason : (T, R, N, D) int8, position in ``ResponsePlan.reasons``; 0 is measured
    censored : (T, R, N, D) int8, -1 where the value is only known to be lower (the assay read it below the detection
        limit), 1 where it is only known to be higher; 0 also where it was lost for another reason
    at_risk : (R, N, D) for how long events were counted [d], NaN where nobody counted; None if no outcome is a count
    """

    twins: tuple[str, ...]
    values: Floats
    reason: NDArray[np.int8]
    censored: NDArray[np.int8]
    at_risk: Floats | None


def respond(
    plan: ResponsePlan,
    entries: Any,
    trace: Any,
    *,
    seed: int,
    replicates: range,
    twins: Sequence[str] = ("declared",),
    scale: float = 1.0,
    complete: bool = False,
    rounded: bool = True,
    needed: Collection[int] | None = None,
) -> Measurements:
    """Measure every outcome of every participant under each twin, with the same draws.

    Parameters
    ----------
    entries, trace : arrays of :class:`trialsim.conduct.Entries` and, with a ward, of an event trace
    twins : with a :class:`trialsim.response.plan.SwitchedTwin` also "declared" and "null", whose values it takes
    scale : lambda of the declared twin; the declared effects are multiplied by it
    complete : no value is lost or hidden by a detection limit; every visit needs a time in the trace
    rounded : whether the instrument rounds
    needed : the only positions on the D axis whose values are wanted, the others stay NaN; by default all
    """
    inputs = PredictorInputs(plan, entries, trace, seed, replicates)
    shape = (len(twins), *entries.arm.shape, len(plan.points))
    at_risk = np.full(shape[1:], np.nan) if any(one.scale.follow == "over" for one in plan.outcomes) else None
    measured = Measurements(tuple(twins), np.empty(shape), np.zeros(shape, np.int8), np.zeros(shape, np.int8), at_risk)
    z = _latent(inputs)
    for d, point in enumerate(plan.points):
        if needed is not None and d not in needed:
            measured.values[:, :, :, d] = np.nan
            continue
        outcome = plan.outcomes[point.outcome]
        followed = follow_up(inputs, point, complete=complete) if point.follow is not None else None
        felt = point if point.follow is None else replace(point, visit_index=point.follow.start)
        latent = _rated(inputs, outcome, point, _mixed(inputs, outcome, felt, z[d]))
        _true_values(inputs, outcome, point, d, latent, scale, measured, followed)
        _switch(inputs, point.outcome, d, measured)
        _measure(inputs, outcome, point, d, measured, limited=not complete, rounded=rounded)
        if not complete and (trace is not None or outcome.lost > 0 or outcome.leaves):
            ward = ward_reasons(inputs, point) if followed is None else followed.reason
            lose(inputs, outcome, point, measured.values, measured.reason, d, ward=ward)
    for d, point in enumerate(() if complete else plan.points):
        declared(inputs, plan, plan.outcomes[point.outcome], point, measured.values, measured.reason, d)
    _once(inputs, measured)
    _refuse_endless(plan, measured.values)
    if measured.censored.any():
        measured.censored[(measured.reason != 0) & (measured.reason != BELOW_LIMIT)] = 0
    return measured


#: The largest value in a study; its fourth power is still a number.
LARGEST = 1e30


class EffectOverflowError(TrialsimError, ValueError):
    """Effects multiply to values beyond any number that can be analyzed."""

    exit_code = 3


def _refuse_endless(plan: ResponsePlan, values: Floats) -> None:
    """Refuse values (T, R, N, D) that no analysis could compute with; NaN is a missing value."""
    if not values.size or (
        np.fmax.reduce(values, axis=None) <= LARGEST and np.fmin.reduce(values, axis=None) >= -LARGEST
    ):
        return
    for d, (outcome, visit) in enumerate(plan.pairs):
        if (np.abs(values[..., d]) > LARGEST).any():
            raise EffectOverflowError(
                f"values of {outcome!r} at {visit!r} exceed {LARGEST:.0e}: its effects multiply to impossible values.",
                code="TS-N010",
                remedy="Check the sizes and the per: of its rhythm, drivers, covariates and responses.",
            )


def _latent(inputs: PredictorInputs) -> Floats:
    """(D, R, N) correlated standard normals, each by its own stream and enrollment number."""
    plan = inputs.plan
    z = np.empty((len(plan.points), *inputs.entries.arm.shape))
    first = np.uint64(inputs.replicates.start)
    for d, key in enumerate(plan.streams):
        fill_normal(np.uint64(inputs.seed), key, np.uint64(0), first, z[d])
    if plan.correlated:
        correlate(plan.factor, z)
    if inputs.entries.family is not None:
        _alike(inputs, z)
    return z


def _alike(inputs: PredictorInputs, z: Floats) -> None:
    """Mix in what children of one mother share, which correlates over visits and outcomes as their own parts do."""
    plan, family = inputs.plan, inputs.entries.family
    shared = np.empty(z.shape)
    for d, (outcome, visit) in enumerate(plan.pairs):
        key = stream_key(stream("family/{outcome}/{visit}", outcome=outcome, visit=visit))
        fill_normal(np.uint64(inputs.seed), np.uint64(key), np.uint64(0), np.uint64(inputs.replicates.start), shared[d])
    if plan.correlated:
        correlate(plan.factor, shared)
    for d, point in enumerate(plan.points):
        share = plan.outcomes[point.outcome].icc_family
        z[d] = math.sqrt(share) * np.take_along_axis(shared[d], family, axis=1) + math.sqrt(1.0 - share) * z[d]


def _once(inputs: PredictorInputs, measured: Measurements) -> None:
    """Leave out what siblings have of their mother: she is measured beside the first of them."""
    plan, family = inputs.plan, inputs.entries.family
    if family is None:
        return
    later = (np.diff(family, axis=1, prepend=-1) == 0) & (inputs.entries.arm >= 0)
    for d, point in enumerate(plan.points):
        if plan.outcomes[point.outcome].per_family:
            measured.values[:, later, d] = np.nan
            measured.reason[:, later, d] = len(plan.reasons) - 1
            measured.censored[:, later, d] = 0


def _mixed(inputs: PredictorInputs, outcome: OutcomePlan, point: PointPlan, z: Floats) -> Floats:
    """Add the shares of practitioner and site in the variance; the total variance stays 1."""
    practitioner = outcome.icc_practitioner if inputs.trace is not None else 0.0
    if practitioner == 0.0 and outcome.icc_site == 0.0:
        return z
    seed, first = np.uint64(inputs.seed), np.uint64(inputs.replicates.start)
    if practitioner > 0.0:
        served = inputs.served(point, outcome.practitioner)
        effect = inputs.effects_of_people(served, "practitioner/{resource}/{outcome}", outcome=outcome.name)
        z = z.copy()
        mix_practitioner(practitioner, outcome.icc_site, served, effect, z)
    else:
        z = z * math.sqrt(1.0 - outcome.icc_site)
    if outcome.icc_site > 0.0:
        lasting = outcome.icc_site * outcome.cac
        key = np.uint64(stream_key(stream("site effect/{outcome}", outcome=outcome.name)))
        mix_site(math.sqrt(lasting), inputs.entries.site, key, seed, first, z)
        if outcome.cac < 1.0:
            key = np.uint64(stream_key(stream("site period effect/{outcome}", outcome=outcome.name)))
            of_period = math.sqrt(outcome.icc_site - lasting)
            mix_site_period(of_period, inputs.entries.site, inputs.entries.period, key, seed, first, z)
    return z


def _rated(inputs: PredictorInputs, outcome: OutcomePlan, point: PointPlan, z: Floats) -> Floats:
    """A rater's error on the latent scale of the outcome, where it belongs there."""
    error = outcome.instrument.rater_sd
    if error is None or outcome.scale.rater != "latent":
        return z
    u = inputs.uniform("rater/{outcome}/{visit}", outcome=outcome.name, visit=point.visit)
    return z + error.value * standard_normal(u)


def _true_values(
    inputs: PredictorInputs,
    outcome: OutcomePlan,
    point: PointPlan,
    d: int,
    z: Floats,
    scale: float,
    measured: Measurements,
    followed: FollowUp | None,
) -> None:
    """Fill column ``d`` of the values (T, R, N, D): levels, delivered treatment, shifts, and ``z`` (R, N)."""
    margins = {one.name: one.shift[d] for one in inputs.plan.margins}
    switched = {one.name for one in inputs.plan.switched}
    kinds = [TWINS["null" if name in margins or name in switched else name] for name in measured.twins]
    lambdas = [factor * scale for factor, _ in kinds]
    reference, arm = inputs.plan.reference, inputs.entries.arm
    if followed is not None and point.follow is not None:
        begins = replace(point, visit_index=point.follow.start)
        shifts = [common_shift(inputs, outcome, begins)] * len(lambdas)
        during = course(inputs, outcome, point, followed)
        column = ValueColumn(point, outcome.categories, reference, arm, None, d, during)
        if measured.at_risk is not None and outcome.scale.follow == "over":
            measured.at_risk[:, :, d] = np.where(followed.reason == 0, during.until[-1], np.nan)
    else:
        shifts = _shifts(inputs, outcome, point, lambdas, [clock for _, clock in kinds])
        lost = not_delivered(inputs, point)
        if lost is not None:
            shifts = [_less(shift, factor, lost) for shift, factor in zip(shifts, lambdas, strict=True)]
        column = ValueColumn(point, outcome.categories, reference, arm, delivered(inputs, point), d)
    shifts = [_moved(inputs, one, margins.get(name)) for one, name in zip(shifts, measured.twins, strict=True)]
    twins = [Twin(*one) for one in zip(lambdas, shifts, measured.values, measured.censored, strict=True)]
    outcome.parts.fill(column, z, twins)


def _switch(inputs: PredictorInputs, outcome: int, d: int, measured: Measurements) -> None:
    """Fill column ``d`` of twins with some effects off: a participant's values are those without effects if the arm's are off.

    Nobody's values depend on another participant's, so these are the values that would be simulated.
    """
    for twin in inputs.plan.switched:
        if twin.name in measured.twins:
            to, declared_, null = (measured.twins.index(name) for name in (twin.name, "declared", "null"))
            off = np.append(twin.off[outcome], False)[inputs.entries.arm]  # the last one is for empty places
            for values in (measured.values, measured.censored):
                values[to, :, :, d] = np.where(off, values[null, :, :, d], values[declared_, :, :, d])


def _shifts(
    inputs: PredictorInputs, outcome: OutcomePlan, point: PointPlan, lambdas: list[float], clocks: list[bool]
) -> list[Floats | None]:
    """(R, N) of each twin: covariates, drivers, the clock, and responses to activities; None for nothing."""
    common = common_shift(inputs, outcome, point)
    if inputs.trace is None:
        return [common] * len(lambdas)
    clock = rhythm_shift(inputs, outcome.rhythm, point) if outcome.rhythm else None
    found = []
    for factor, with_clock in zip(lambdas, clocks, strict=True):
        parts = [common, clock if with_clock else None]
        if outcome.responses:
            parts.append(activity_shift(inputs, outcome, point, scale=factor))
        present = [part for part in parts if part is not None]
        found.append(np.ascontiguousarray(sum(present[1:], start=present[0])) if present else None)
    return found


def _less(shift: Floats | None, factor: float, lost: Floats) -> Floats | None:
    """(R, N) the shift of a twin without the part of the effects that was not delivered."""
    if factor == 0.0:
        return shift
    return np.ascontiguousarray(-factor * lost if shift is None else shift - factor * lost)


def _moved(inputs: PredictorInputs, shift: Floats | None, by_arm: Floats | None) -> Floats | None:
    """(R, N) the shift of a twin with what an arm is moved by in it; ``by_arm`` (K,) is None or 0 where none is."""
    if by_arm is None or not by_arm.any():
        return shift
    own = np.append(by_arm, 0.0)[inputs.entries.arm]  # the last one is for empty places, arm -1
    return own if shift is None else np.ascontiguousarray(shift + own)


def lognormal_sd(cv: float) -> float:
    """SD of the logarithm of a lognormal error with this coefficient of variation."""
    return math.sqrt(math.log1p(cv**2))


def _measure(
    inputs: PredictorInputs,
    outcome: OutcomePlan,
    point: PointPlan,
    d: int,
    measured: Measurements,
    *,
    limited: bool,
    rounded: bool,
) -> None:
    """Put the true values of column ``d`` through the instrument; the twins share its errors.

    Its detection limit applies only if ``limited``, its rounding only if ``rounded``.
    """
    tool = outcome.instrument
    if tool.rater_sd is not None and outcome.scale.rater == "value":
        u = inputs.uniform("rater/{outcome}/{visit}", outcome=outcome.name, visit=point.visit)
        measured.values[:, :, :, d] += tool.rater_sd.value * standard_normal(u)
    if not any((tool.assay_cv, tool.plate_cv, tool.rounding, tool.detection_limit)):
        return
    errors = _errors(inputs, outcome, point) if tool.assay_cv or tool.plate_cv else None
    limit = tool.detection_limit.value if tool.detection_limit and limited else -math.inf
    substitutes = {"limit/2": limit / 2, "limit/sqrt(2)": limit / math.sqrt(2), "censored": limit}
    substitute = substitutes.get(tool.below or "missing", math.nan)
    rounding = tool.rounding.value if tool.rounding and rounded else 0.0
    for twin in range(len(measured.twins)):
        read_off(
            errors is not None, NOTHING if errors is None else errors, limit, substitute, rounding, d,
            measured.values[twin], measured.reason[twin], BELOW_LIMIT, measured.censored[twin],
        )  # fmt: skip


def _errors(inputs: PredictorInputs, outcome: OutcomePlan, point: PointPlan) -> Floats:
    """(R, N) factors by which assay and plate change the values."""
    tool, seed, first = outcome.instrument, np.uint64(inputs.seed), np.uint64(inputs.replicates.start)
    errors = np.zeros(inputs.entries.arm.shape)
    if tool.assay_cv:
        key = stream_key(stream("assay/{outcome}/{visit}", outcome=outcome.name, visit=point.visit))
        fill_normal(seed, np.uint64(key), np.uint64(0), first, errors)
    assay_errors(
        lognormal_sd(tool.assay_cv.value) if tool.assay_cv else 0.0,
        lognormal_sd(tool.plate_cv.value) if tool.plate_cv else 0.0,
        np.uint64(stream_key(stream("plate/{assay}", assay=outcome.assay))),
        outcome.plate_size or 2**40, seed, first, errors,
    )  # fmt: skip
    return errors
