"""Warnings about models of ordered scores: one odds ratio for all cuts, and Wald's test where almost everybody has one score."""

from __future__ import annotations

import numpy as np

from trialsim.analysis.plan import PlannedAnalysis
from trialsim.kinds.tests.options import BY_WALD
from trialsim.response.plan import PointPlan, ResponsePlan

#: Odds ratios of two cuts that differ by more than this factor are named in a warning.
FACTOR = 1.05

#: In an arm in which more than this share has one score, Wald's test knows little of the others.
MOST = 0.9


def odds_by_cut(call: PlannedAnalysis, response: ResponsePlan) -> str | None:
    """A warning if the declared levels do not have one odds ratio for all cuts, or have no cuts."""
    point = _scored(call, response)
    if point is None:
        plain = call.endpoint.start is None and call.endpoint.over is None
        what = "a number" if plain else "a change or a summary"
        return (
            f"{call.name}: the endpoint is {what}, not a score with declared levels. {call.test} assumes one odds ratio for "
            "all cuts between values, which no declared level promises; its level without an effect does not depend on that."
        )
    a, *others = _compared(call, response)
    for b in others:
        ratios = np.exp(point.cuts[b] - point.cuts[a])
        if ratios.max() > FACTOR * ratios.min():
            return (
                f"{call.name}: the odds ratio of a higher score is {ratios.min():.3g} to {ratios.max():.3g} by the cut of the "
                f"scale ({response.arms[a]} against {response.arms[b]}). {call.test} assumes one for all cuts and finds a value "
                "between them."
            )
    return None


def wald_with_one_score(call: PlannedAnalysis, response: ResponsePlan) -> str | None:
    """A warning if almost everybody in an arm has the same score, and p is by Wald."""
    point = _scored(call, response)
    if point is None or call.by not in (BY_WALD, ""):
        return None
    for arm in _compared(call, response):
        at_most = np.concatenate([[0.0], 1.0 / (1.0 + np.exp(-point.cuts[arm])), [1.0]])
        share = float(np.diff(at_most).max())
        if share > MOST:
            return (
                f"{call.name}: {100 * share:.0f} % of {response.arms[arm]} have the same score. With few others Wald's p can be "
                "far off, and a trial in which nobody has another score has none; the simulated level shows by how much."
            )
    return None


def _compared(call: PlannedAnalysis, response: ResponsePlan) -> list[int]:
    """The arms of the model, for all arms the reference last."""
    arms = list(call.main.arms)
    if call.main.samples == "two":
        return arms
    return [*(arm for arm in arms if arm != response.reference), response.reference]


def _scored(call: PlannedAnalysis, response: ResponsePlan) -> PointPlan | None:
    """Where the endpoint is measured, if it is a score with declared levels."""
    point = response.points[call.endpoint.visit]
    plain = call.endpoint.start is None and call.endpoint.over is None
    return point if plain and point.cuts.shape[1] else None
