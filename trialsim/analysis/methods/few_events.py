"""The caveat of models of ratios with few events."""

from __future__ import annotations

import numpy as np

from trialsim.analysis.plan import PlannedAnalysis
from trialsim.kinds.tests.options import BY_WALD
from trialsim.response.plan import ResponsePlan

#: Shares below this, or above 1 minus this, leave few events (or few others) in samples of a bedside study.
RARE = 0.1


def wald_with_few_events(call: PlannedAnalysis, response: ResponsePlan) -> str | None:
    """A warning if yes or no is rare in an arm: odds ratios are then estimated too large, and Wald's intervals are too short."""
    point = response.points[call.endpoint.visit]
    if call.by != BY_WALD or not response.outcomes[point.outcome].scale.yes_or_no or call.endpoint.start is not None:
        return None
    shares = {arm: float(1.0 / (1.0 + np.exp(point.cuts[arm, 0]))) for arm in sorted(call.main.arms)}
    rare = [
        f"{100 * share:.3g} % ({response.arms[arm]})" for arm, share in shares.items() if not RARE <= share <= 1 - RARE
    ]
    if not rare:
        return None
    return (
        f"{call.name}: yes in {' and '.join(rare)}. With few events the odds ratio of {call.test} is too far from 1 on average, "
        "and Wald's p can be far off, in either direction. Better: firth: always with by: lr, or fisher."
    )
