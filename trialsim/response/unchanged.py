"""How many changes are exactly a given number, because readings are whole steps: categories, or values that are rounded."""

from __future__ import annotations

import math

import numpy as np

from trialsim.heavy import special
from trialsim.response.plan import ResponsePlan
from trialsim.response.scales.parts import ReadingPair

#: Equally likely values of the first reading; 2,000 give four digits of the share.
PLACES = 2_000


def share_of_change(plan: ResponsePlan, first: int, second: int, arm: int, *, change: float = 0.0) -> float:
    """The share of participants of an arm whose reading at ``second`` exceeds that at ``first`` by exactly ``change``.

    As declared at full delivery: the bivariate normal behind both readings, without the effects of activities, drivers and the
    clock. 0 if readings are not whole steps.
    """
    outcome, points = plan.outcomes[plan.points[first].outcome], (plan.points[first], plan.points[second])
    z = special.ndtri((np.arange(PLACES) + 0.5) / PLACES)
    rounding = outcome.instrument.rounding.value if outcome.instrument.rounding is not None else 0.0
    found = outcome.parts.readings(ReadingPair(*points, arm, outcome.categories, rounding, z, change))
    if found is None:
        return 0.0
    low, high, inside = found
    rho = float((plan.factor[first] * plan.factor[second]).sum())
    rest = math.sqrt(max(1.0 - rho**2, 1e-12))
    chance = special.ndtr((high - rho * z) / rest) - special.ndtr((low - rho * z) / rest)
    return float(np.where(inside, chance, 0.0).mean())
