"""Practitioners and sites in plain words: who counts, from when on, and how values correlate with what they share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from trialsim.protocol.program import Program
from trialsim.quantities.fields import OfPractitioners
from trialsim.report.words import join, number
from trialsim.response.joint import total_correlation
from trialsim.response.people import NOBODY, count_of_people
from trialsim.response.plan import OutcomePlan, ResponsePlan
from trialsim.scenario.model import Scenario

#: Correlations closer to the declared ones than this are not shown.
NOTABLE = 0.01

Row = tuple[str, str, str, str, str]


def who_counts(scenario: Scenario, plan: ResponsePlan) -> Iterator[str]:
    """Who counts as a practitioner, from which visit on, and whose SD is declared."""
    program = plan.program
    for outcome in plan.outcomes:
        declared = scenario.outcomes[outcome.name]
        share = declared.icc.practitioner
        if program is not None and share is not None and share.value > 0:
            yield from _sharing(outcome, share, plan, program)
        for activity, response in declared.responds_to.items():
            varies = response.sd_practitioner
            if program is not None and varies is not None and varies.value > 0:
                yield (
                    f"{outcome.name}: the effect of {activity} differs between practitioners, {_people(program, varies.of)}, "
                    f"with an SD of {number(varies)} {_scale(outcome)}. It is that of whoever had served last when {activity} "
                    "begins; the effect declared is the mean over all therapists."
                )


def _scale(outcome: OutcomePlan) -> str:
    return "on its own scale" if outcome.scale.in_unit else "on the scale of its logarithm or log odds"


def _people(program: Program, of: Sequence[str]) -> str:
    """``the people of anna (1) or bert (1)``; with several sites, of each of them."""
    counts = {one.base: one.people for one in program.resources}
    each = " at each site" if program.sites else ""
    return f"the people of {join([f'{name} ({counts[name]}{each})' for name in of], 'or')}"


def _sharing(outcome: OutcomePlan, share: OfPractitioners, plan: ResponsePlan, program: Program) -> Iterator[str]:
    points = [point for point in plan.points if plan.outcomes[point.outcome] is outcome]
    text = (
        f"{outcome.name}: {number(share)} of the variance belongs to who served last of {_people(program, share.of)}. "
    )
    after: dict[tuple[str, ...], list[str]] = {}
    for arm, name in enumerate(plan.arms):
        felt = tuple(point.visit for point in points if point.contact[arm] != NOBODY)
        after.setdefault(felt, []).append(name)
    visits = [point.visit for point in points]
    parts = [_from(felt, visits, "" if len(after) == 1 else f"in {join(arms)} ") for felt, arms in after.items()]
    yield text + "; ".join(parts)[:1].upper() + "; ".join(parts)[1:] + "."
    people = count_of_people(program, outcome.practitioner)
    kept = math.sqrt(1 - share.value / people)
    yield (
        f"{outcome.name}: the declared spread is that of people over all therapists. A trial has {people} of them: shared evenly "
        f"it shows about {100 * kept:.3g} % of the SD among those who were served."
    )


def _from(felt: Sequence[str], visits: Sequence[str], where: str) -> str:
    if not felt:
        return f"{where}it is felt at none of the visits, for nobody is served before them"
    rest = [visit for visit in visits if visit not in felt]
    before = f" and not before contact, at {_shortened(rest)}" if rest else ""
    return f"{where}it is felt from '{felt[0]}' on{before}"


def _shortened(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return join(quoted) if len(quoted) <= 4 else f"{', '.join(quoted[:3])} and {len(quoted) - 3} more"


# ---------------------------------------------------------------- correlations


def total_correlations(plan: ResponsePlan) -> list[Row]:
    """Latent correlations that differ from the declared ones by over .01: of what, why, arms, declared, in all."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    matrix = plan.factor @ plan.factor.T
    shared = [outcome.icc_practitioner > 0 or outcome.icc_site > 0 for outcome in plan.outcomes]
    for a, first in enumerate(plan.points):
        for b, second in enumerate(plan.points[a + 1 :], a + 1):
            if not (shared[first.outcome] or shared[second.outcome]):
                continue
            for arm, name in enumerate(plan.arms):
                for why, total in _cases(plan, a, b, arm):
                    if abs(total - matrix[a, b]) > NOTABLE:
                        names = [plan.outcomes[point.outcome].name for point in (first, second)]
                        key = (_which(names, first.visit == second.visit), why, f"{matrix[a, b]:.2f}", f"{total:.2f}")
                        arms = found.setdefault(key, [])
                        if name not in arms:
                            arms.append(name)
    return [
        (of, why, "all" if len(arms) == len(plan.arms) else join(arms), declared, total)
        for (of, why, declared, total), arms in found.items()
    ]


def _which(names: Sequence[str], same_visit: bool) -> str:
    if names[0] == names[1]:
        return f"{names[0]}, two visits"
    return f"{names[0]} with {names[1]}, {'same visit' if same_visit else 'two visits'}"


def _cases(plan: ResponsePlan, a: int, b: int, arm: int) -> Iterator[tuple[str, float]]:
    """Each way in which two points can be shared, with the correlation in all."""
    first, second = plan.points[a], plan.points[b]
    steps = (first.contact[arm], second.contact[arm])
    of = [plan.outcomes[point.outcome] for point in (first, second)]
    if all(one.icc_practitioner == 0 for one in of):
        yield "one site", total_correlation(plan, a, b, arm)
    elif first.outcome != second.outcome:
        yield "each with a part of its own", total_correlation(plan, a, b, arm)
    elif steps == (NOBODY, NOBODY):
        yield "both before contact", total_correlation(plan, a, b, arm)
    elif NOBODY in steps:
        yield "one before contact, one after", total_correlation(plan, a, b, arm)
    else:
        yield "served by one person", total_correlation(plan, a, b, arm, one_person=1.0)
        if steps[0] != steps[1] and plan.program is not None and count_of_people(plan.program, of[0].practitioner) > 1:
            yield "served by two people", total_correlation(plan, a, b, arm, one_person=0.0)
