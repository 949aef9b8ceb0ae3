"""Rows of models fitted by maximum likelihood: the estimate of arm a against arm b, its standard error, z and interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.newton import ENDLESS, LOST
from trialsim.analysis.rows import NOT_CONVERGED, SEPARATED, FloatArray, IntArray, Rows, make_rows
from trialsim.analysis.tails import interval_probability, limits, normal_p
from trialsim.heavy import special


def wald_rows(
    estimate: FloatArray,
    se: FloatArray,
    *,
    n: IntArray,
    status: NDArray[np.int8],
    null: float = 0.0,
    alternative: str = "two-sided",
    level: float = 0.95,
    z: FloatArray | None = None,
) -> Rows:
    """Rows of estimates that are normal: z = (estimate - null) / se unless another ``z`` (R,) is given; the interval by se."""
    with np.errstate(all="ignore"):
        statistic = (estimate - null) / se if z is None else z
        half_width = float(special.ndtri(interval_probability(level, alternative))) * se
        low, high = limits(estimate, half_width, alternative)
        p = normal_p(statistic, alternative)
    return make_rows(statistic, p, n=n, status=status, estimate=estimate, se=se, low=low, high=high)


def ended(how: NDArray[np.int8]) -> list[tuple[int, NDArray[np.bool_]]]:
    """Statuses of fits that found no estimate, for :func:`trialsim.analysis.rows.first_reason`."""
    return [(SEPARATED, how == ENDLESS), (NOT_CONVERGED, how == LOST)]
