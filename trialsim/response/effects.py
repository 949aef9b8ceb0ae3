"""What declared levels imply between two arms: difference, ratio, odds ratios, Cohen's d, P(X > Y)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trialsim.response.kinetics import largest_fall
from trialsim.response.plan import ResponsePlan
from trialsim.scenario.factors import Term


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
    """Every declared difference between arms, without effects that come through activities."""
    for point in plan.points:
        for arm, name in enumerate(plan.arms):
            if arm != plan.reference and point.differs:
                outcome = plan.outcomes[point.outcome]
                found = outcome.parts.implied(point, plan.reference, arm, outcome.categories)
                yield ImpliedEffect(**vars(found), outcome=outcome.name, visit=point.visit, arm=name)


@dataclass(frozen=True)
class ImpliedContrast:
    """What an analysis of a factor or an interaction looks for at one visit, at full delivery and before the instrument.

    Attributes
    ----------
    difference : of the means of the arms, by the weights of the term
    shift : the declared effect on the scale of the predictor; None where none is declared
    activities : names of the activities by whose share it acts
    """

    outcome: str
    visit: str
    term: str
    difference: float
    shift: float | None
    activities: tuple[str, ...]


def implied_contrasts(plan: ResponsePlan, terms: Mapping[str, Term]) -> Iterator[ImpliedContrast]:
    """Every factor, and every interaction that is declared, where the arms differ."""
    for point in plan.points:
        outcome = plan.outcomes[point.outcome]
        declared = {term.name: term for term in point.terms}
        for name, term in terms.items() if point.differs else ():
            if len(term.factors) > 1 and name not in declared:
                continue
            apart = [
                outcome.parts.implied(point, plan.reference, k, outcome.categories).difference
                for k in range(len(plan.arms))
            ]
            own = declared[name].own if name in declared else ()
            done = {index for by_arm in own for one in by_arm for index, _ in one}
            names = () if plan.program is None else tuple(plan.program.activities[i].base for i in sorted(done))
            yield ImpliedContrast(
                outcome.name, point.visit, name, float(sum(w * d for w, d in zip(term.weights, apart, strict=True))),
                declared[name].shift if name in declared else None, tuple(dict.fromkeys(names)),
            )  # fmt: skip


@dataclass(frozen=True)
class LargestDecrease:
    """The largest decrease that clearance allows between the start of an activity and a later visit of its session.

    ``declared`` is the expected decrease if the activity has its declared effect on secretion all the time;
    ``possible`` is the decrease without any secretion. ``gap`` is in seconds.
    """

    outcome: str
    activity: str
    visit: str
    gap: float
    possible: float
    declared: float


def ceilings(plan: ResponsePlan) -> Iterator[LargestDecrease]:
    """For each outcome with kinetics: the largest decrease that an activity can cause by the next visit of its session."""
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
                    yield LargestDecrease(outcome.name, activity.name, later[-1], gap, possible, possible * drop)
