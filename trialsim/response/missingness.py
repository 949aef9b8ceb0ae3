"""Why a value is missing: the ward, a lost sample, its window, and declared reasons (MCAR, MAR, MNAR)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trialsim.protocol.columns import A_END, LEFT, NOT_ENROLLED, VISITED
from trialsim.response.plan import LOST, OUTSIDE_WINDOW, REASONS, OutcomePlan, PointPlan, ResponsePlan, matching
from trialsim.response.predictor import PredictorInputs
from trialsim.scenario.model import MissingValues, Window

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]


def ward_reasons(inputs: PredictorInputs, point: PointPlan) -> Codes:
    """(R, N) why the visit has no value: the codes of the trace; without a ward, leaving before or an empty place."""
    if inputs.trace is None:
        gone = inputs.entries.leave < inputs.entries.entry + point.declared_time
        return np.where(inputs.entries.arm < 0, NOT_ENROLLED, np.where(gone, LEFT, VISITED)).astype(np.int8)
    return np.asarray(inputs.trace.visits[:, :, point.visit_index, 1], dtype=np.int8)


def outside_window(inputs: PredictorInputs, window: Window, point: PointPlan) -> Flags:
    """(R, N) whether the sample was taken too early or too late after the last end of the named activity.

    An arm that never has the activity has no window.
    """
    now = inputs.times(point)
    since = np.full(now.shape, -1, dtype=np.int64)
    arms = 0
    for activity in matching(inputs.program, window.after):
        end = inputs.trace.activities[:, :, activity, A_END]
        since = np.maximum(since, np.where((end >= 0) & (end <= now), end, -1))
        arms |= inputs.program.activities[activity].arms
    for place, visit in enumerate(inputs.program.visits):
        if visit == window.after:
            time = inputs.trace.visits[:, :, place, 0]
            since = np.maximum(since, np.where((time >= 0) & (time <= now), time, -1))
            arms = -1
    passed = now - since
    late = passed > window.latest.value if window.latest else np.zeros(now.shape, dtype=np.bool_)
    early = passed < window.earliest.value if window.earliest else np.zeros(now.shape, dtype=np.bool_)
    concerned = (arms >> np.maximum(inputs.entries.arm, 0).astype(np.int64)) & 1 == 1
    return np.asarray(concerned & ((since < 0) | late | early))


def lose(
    inputs: PredictorInputs,
    outcome: OutcomePlan,
    point: PointPlan,
    values: Floats,
    reason: Codes,
    d: int,
    *,
    ward: Codes,
) -> None:
    """Remove values (T, R, N, D) of column ``d`` that are missing because of the ward, a lost sample or the window.

    ``ward`` (R, N) are the reasons of the ward, 0 for none.
    """
    codes = ward.copy()
    if outcome.lost > 0:
        u = inputs.uniform("lost/{outcome}/{visit}", outcome=outcome.name, visit=point.visit)
        codes[(codes == 0) & (u < outcome.lost)] = LOST
    window = outcome.window
    if window is not None and window.otherwise == "drop" and (not window.visits or point.visit in window.visits):
        codes[(codes == 0) & outside_window(inputs, window, point)] = OUTSIDE_WINDOW
    if codes.any():
        for twin in range(len(values)):
            column = values[twin, :, :, d]
            column[codes != 0] = np.nan
            here = reason[twin, :, :, d]
            here[codes != 0] = codes[codes != 0]


def declared(
    inputs: PredictorInputs,
    plan: ResponsePlan,
    outcome: OutcomePlan,
    point: PointPlan,
    values: Floats,
    reason: Codes,
    d: int,
) -> None:
    """Remove values for the declared reasons, in file order: each sees the values that the reasons before it left."""
    for number, rule in enumerate(outcome.missing):
        if rule.visits and point.visit not in rule.visits:
            continue
        u = inputs.uniform("missing/{outcome}/{visit}/{number}", outcome=outcome.name, visit=point.visit, number=number)
        concerned = np.isin(inputs.entries.arm, [plan.arms.index(arm) for arm in rule.arms or plan.arms])
        code = len(REASONS) + plan.reasons[len(REASONS) :].index(rule.reason)
        for twin in range(len(values)):
            column, here = values[twin, :, :, d], reason[twin, :, :, d]
            gone = concerned & np.isfinite(column) & (u < _chance(rule, plan, values[twin], d))
            column[gone] = np.nan
            here[gone] = code


def _chance(rule: MissingValues, plan: ResponsePlan, values: Floats, d: int) -> Floats | float:
    """Chance of a missing value, (R, N): at the reference value, changed by the value it depends on; (R, N, D) values.

    If the value it depends on is missing itself, the chance is that at the reference.
    """
    base = rule.chance.value
    if rule.mechanism == "MCAR" or base in (0.0, 1.0):
        return base
    looked_at = d if rule.mechanism == "MNAR" else plan.point_index(rule.given or "", rule.at or "")
    x = values[:, :, looked_at]
    center = rule.centered_at.value if rule.centered_at else 0.0
    per = rule.per.value if rule.per else 1.0
    slope = math.log(rule.odds_ratio.value) if rule.odds_ratio else 0.0
    logit = math.log(base / (1 - base)) + slope * np.where(np.isfinite(x), (x - center) / per, 0.0)
    return np.asarray(1 / (1 + np.exp(-logit)))
