"""How many changes are exactly a given number, because readings are whole steps: categories, or values that are rounded."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trialsim.response.plan import LOGNORMAL, ORDINAL, ResponsePlan
from trialsim.response.scales import normal_cuts

Floats = NDArray[np.float64]

#: Places at which the first reading is taken, equally likely; 2,000 give four digits of the share.
PLACES = 2_000


def share_of_change(plan: ResponsePlan, first: int, second: int, arm: int, *, change: float = 0.0) -> float:
    """The share of participants of an arm whose reading at ``second`` exceeds that at ``first`` by exactly ``change``.

    As declared at full delivery: the bivariate normal behind both readings, without what activities, drivers and the
    clock move. 0 where readings are not whole steps.
    """
    from scipy import special

    outcome = plan.outcomes[plan.points[first].outcome]
    z = special.ndtri((np.arange(PLACES) + 0.5) / PLACES)
    if outcome.scale == ORDINAL:
        edges = [np.concatenate([[-np.inf], _cuts(plan, d, arm), [np.inf]]) for d in (first, second)]
        score = outcome.categories[np.searchsorted(edges[0][1:-1], z)]
        place = np.searchsorted(outcome.categories, score + change)
        inside = (place < outcome.categories.size) & np.isin(score + change, outcome.categories)
        place = np.minimum(place, outcome.categories.size - 1)
        low, high = edges[1][place], edges[1][place + 1]
    else:
        rounding = outcome.instrument.rounding.value if outcome.instrument.rounding is not None else 0.0
        if rounding <= 0.0 or not math.isclose(change / rounding, round(change / rounding), abs_tol=1e-9):
            return 0.0
        log = outcome.scale == LOGNORMAL
        location, sd = (
            [float(getattr(plan.points[d], name)[arm]) for d in (first, second)] for name in ("location", "sd")
        )
        value = location[0] + sd[0] * z
        step = np.floor((np.exp(value) if log else value) / rounding + 0.5) + round(change / rounding)
        ends = [(step + side) * rounding for side in (-0.5, 0.5)]
        with np.errstate(divide="ignore"):
            ends = [np.log(np.maximum(end, 0.0)) for end in ends] if log else ends
        low, high = ((end - location[1]) / sd[1] for end in ends)
        inside = np.ones(PLACES, dtype=np.bool_)
    rho = float((plan.factor[first] * plan.factor[second]).sum())
    rest = math.sqrt(max(1.0 - rho**2, 1e-12))
    chance = special.ndtr((high - rho * z) / rest) - special.ndtr((low - rho * z) / rest)
    return float(np.where(inside, chance, 0.0).mean())


def _cuts(plan: ResponsePlan, point: int, arm: int) -> Floats:
    return np.asarray(normal_cuts(plan.points[point].cuts[arm : arm + 1])[0])
