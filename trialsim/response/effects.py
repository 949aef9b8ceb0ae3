"""What declared levels imply between two arms: difference, ratio, odds ratios, Cohen's d, P(X > Y)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trialsim.numbers.normal import ndtr
from trialsim.response.kinetics import largest_fall
from trialsim.response.plan import LOGNORMAL, ORDINAL, PairPlan, ResponsePlan
from trialsim.response.scales import shares_of


@dataclass(frozen=True)
class ImpliedEffect:
    """One arm against the reference at one visit, for full delivery and before the instrument.

    ``superiority`` is P(X > Y) + P(X = Y) / 2 for a participant X of the arm and Y of the reference.
    """

    outcome: str
    visit: str
    arm: str
    difference: float
    cohens_d: float
    superiority: float
    ratio: float | None
    odds_ratios: tuple[float, ...]


def implied_effects(plan: ResponsePlan) -> Iterator[ImpliedEffect]:
    """Every declared difference between arms; effects that come through activities are not among them."""
    for point in plan.points:
        for arm, name in enumerate(plan.arms):
            if arm != plan.reference and point.differs:
                yield _effect(plan, point, arm, name)


@np.errstate(all="ignore")  # levels without spread, or beyond what a number can hold, give infinity or nothing
def _effect(plan: ResponsePlan, point: PairPlan, arm: int, name: str) -> ImpliedEffect:
    outcome = plan.outcomes[point.outcome]
    if outcome.scale == ORDINAL:
        return _ordinal(plan, point, arm, name)
    a, b = plan.reference, arm
    means, sds = np.array(point.location), np.array(point.sd)
    ratio = None
    if outcome.scale == LOGNORMAL:
        ratio = float(np.exp(means[b] - means[a]))
        superiority = float(ndtr(np.divide(means[b] - means[a], np.hypot(sds[a], sds[b]))))
        raw = np.exp(means + sds**2 / 2)
        sds = raw * np.sqrt(np.expm1(sds**2))
        means = raw
    else:
        superiority = float(ndtr(np.divide(means[b] - means[a], np.hypot(sds[a], sds[b]))))
    difference = float(means[b] - means[a])
    d = float(np.divide(difference, np.sqrt((sds[a] ** 2 + sds[b] ** 2) / 2)))
    return ImpliedEffect(outcome.name, point.visit, name, difference, d, superiority, ratio, ())


@np.errstate(all="ignore")
def _ordinal(plan: ResponsePlan, point: PairPlan, arm: int, name: str) -> ImpliedEffect:
    outcome = plan.outcomes[point.outcome]
    p, q = shares_of(point.cuts[plan.reference]), shares_of(point.cuts[arm])
    scores = outcome.categories
    means = np.array([p @ scores, q @ scores])
    variances = np.array([p @ scores**2, q @ scores**2]) - means**2
    difference = float(means[1] - means[0])
    below = np.concatenate([[0.0], np.cumsum(p)[:-1]])
    superiority = float(q @ (below + p / 2))
    odds = tuple(float(x) for x in np.exp(point.cuts[plan.reference] - point.cuts[arm]))
    d = float(np.divide(difference, np.sqrt(max(variances.mean(), 0.0))))
    return ImpliedEffect(outcome.name, point.visit, name, difference, d, superiority, None, odds)


@dataclass(frozen=True)
class Ceiling:
    """The largest fall that clearance allows between the start of an activity and a later visit of its session.

    ``declared`` is the fall in expectation if the activity has its declared effect on secretion all the time;
    ``possible`` that of no secretion at all. ``gap`` is in seconds.
    """

    outcome: str
    activity: str
    visit: str
    gap: float
    possible: float
    declared: float


def ceilings(plan: ResponsePlan) -> Iterator[Ceiling]:
    """For each outcome with kinetics: what an activity can do by the next visit of its session."""
    program = plan.program
    if program is None:
        return
    from trialsim.protocol.compile import expected_length

    for outcome in plan.outcomes:
        for name, response in outcome.responses:
            if response.secretion is None or outcome.half_life <= 0 or response.secretion.value >= 0:
                continue
            for activity in program.activities:
                later = [
                    point.visit
                    for point in plan.points
                    if plan.outcomes[point.outcome] is outcome
                    and program.visit_session[point.visit_index] == activity.session
                ]
                if name in (activity.name, activity.base) and len(later) > 1:
                    lag = response.lag.value if response.lag else 0.0
                    gap = max(expected_length(activity, program) - lag, 0.0)
                    possible = largest_fall(gap, outcome.half_life)
                    drop = min(-response.secretion.value, 1.0)
                    yield Ceiling(outcome.name, activity.name, later[-1], gap, possible, possible * drop)
