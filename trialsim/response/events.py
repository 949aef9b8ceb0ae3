"""Events after which a value is part of a composite: leaving for a reason, or a value missing for one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.protocol.columns import LEFT
from trialsim.response.missingness import declared, ward_reasons
from trialsim.response.plan import REASONS, ResponsePlan
from trialsim.response.predictor import PredictorInputs

Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]


def after_events(plan: ResponsePlan, events: Sequence[str], *, left: Flags, leaves_for: Flags, reason: Codes) -> Flags:
    """(T, R, N, D) whether one of the events came before each visit, or was the reason that it has no value.

    A reason for missing values is an event from the first visit on at which a value of the same outcome is missing for it.

    Parameters
    ----------
    left : (R, N, D) whether the participant had left before the visit
    leaves_for : (R, N) whether the reason to leave is one of the events
    reason : (T, R, N, D) codes of declared reasons
    """
    codes = [code for code, name in enumerate(plan.reasons) if code >= len(REASONS) and name in events]
    found = np.isin(reason, codes)
    for outcome in plan.outcomes:
        order = list(plan.in_order(outcome.name))
        found[..., order] = np.logical_or.accumulate(found[..., order], axis=-1)
    return np.asarray(found | (left & leaves_for[:, :, None]))


def leaves_for(events: Sequence[str], reasons: Sequence[str], leave_reason: NDArray[np.int8]) -> Flags:
    """(R, N) whether the participant would leave for one of the events; ``reasons`` are those of the codes."""
    return np.isin(leave_reason, [code for code, name in enumerate(reasons) if name in events])


def events_of_everyone(
    inputs: PredictorInputs, events: Sequence[str], reasons: Sequence[str], values: NDArray[np.float64]
) -> Flags:
    """(T, R, N, D) whether one of the events came before each visit, where no value (T, R, N, D) is lost otherwise."""
    plan = inputs.plan
    left = np.stack([ward_reasons(inputs, point) == LEFT for point in plan.points], axis=-1)
    there, reason = values.copy(), np.zeros(values.shape, np.int8)
    for d, point in enumerate(plan.points):
        declared(inputs, plan, plan.outcomes[point.outcome], point, there, reason, d)
    who = leaves_for(events, reasons, inputs.entries.leave_reason)
    return after_events(plan, events, left=left, leaves_for=who, reason=reason)
