"""When visits took place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.protocol.columns import V_TIME
from trialsim.response.plan import ResponsePlan

#: Ticks in an hour.
HOUR = 3600.0


def visit_hours(plan: ResponsePlan, visits: NDArray[np.int64]) -> NDArray[np.float64]:
    """(R, N, D) the time of each point [h], from the visits of a trace; NaN where the visit did not take place."""
    ticks = visits[:, :, [point.visit_index for point in plan.points], V_TIME]
    return np.where(ticks >= 0, ticks / HOUR, np.nan)
