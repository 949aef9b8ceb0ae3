"""Total latent correlations, with the shares of practitioners and sites.

z = sqrt(icc_p) u + sqrt(icc_s) v + sqrt(1 - icc_p - icc_s) z_own, and without the first part before the first contact. So
two values of one participant, of outcomes a and b with own parts that correlate by rho, correlate by

    sqrt(w_a w_b) rho + shared        w = 1 - icc_s - icc_p after contact, 1 - icc_s before

where ``shared`` is, of one outcome, icc_s, plus icc_p where both visits are after contact and one person served last
before both; of two outcomes it is 0, for u and v are drawn for each outcome.
"""

from __future__ import annotations

import math

from trialsim.response.people import NOBODY, chance_of_one_person
from trialsim.response.plan import ResponsePlan


def total_correlation(plan: ResponsePlan, a: int, b: int, arm: int, *, one_person: float | None = None) -> float:
    """Latent correlation of two points in an arm, with the shares of practitioner and site.

    ``one_person`` is the probability that one person served last before both; by default as the protocol and the number of people
    say.
    """
    first, second = (plan.outcomes[plan.points[d].outcome] for d in (a, b))
    kept = math.sqrt(first.icc_family * second.icc_family) + math.sqrt((1 - first.icc_family) * (1 - second.icc_family))
    rho = float(plan.factor[a] @ plan.factor[b]) * (1.0 if first.icc_family == second.icc_family else kept)
    if a == b or not any((one.icc_practitioner, one.icc_site) != (0.0, 0.0) for one in (first, second)):
        return rho
    steps = [plan.points[d].contact[min(arm, len(plan.arms) - 1)] for d in (a, b)]
    rest = [
        1.0 - one.icc_site - (one.icc_practitioner if step != NOBODY else 0.0)
        for one, step in zip((first, second), steps, strict=True)
    ]
    total = math.sqrt(rest[0] * rest[1]) * rho
    if first is second:
        total += first.icc_site
        if NOBODY not in steps and plan.program is not None:
            same = chance_of_one_person(plan.program, first.practitioner, *steps) if one_person is None else one_person
            total += first.icc_practitioner * same
    return total
