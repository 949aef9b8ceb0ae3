"""Yuen's t test of trimmed means: the most extreme values of each arm do not count.

Estimand: the difference a - b of the trimmed means. If nothing varies the difference is 0 and p is 1, without an interval; arms
that differ without any spread within have failed ("no spread").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, TOO_FEW, FloatArray, IntArray, Rows, first_reason
from trialsim.analysis.tails import ROUNDING, t_rows
from trialsim.kinds.tests.options import DEFAULT_TRIM


def trimmed_mean(
    y: FloatArray,
    arm: NDArray[np.int8],
    *,
    a: int,
    b: int,
    trim: float = DEFAULT_TRIM,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """Yuen's t test for unequal variances, as scipy.stats.ttest_ind(equal_var=False, trim=...); estimate a - b.

    Of n values floor(trim n) are cut at each end, so that h are left; the variance is that of the Winsorized values, and
    the degrees of freedom are Satterthwaite's with h - 1. An arm needs h of at least 2.

    References
    ----------
    Yuen 1974, Biometrika 61:165, doi:10.1093/biomet/61.1.165.
    """
    n_a, h_a, mean_a, variance_a = _trimmed(y, arm == a, trim)
    n_b, h_b, mean_b, variance_b = _trimmed(y, arm == b, trim)
    with np.errstate(all="ignore"):
        variance = variance_a + variance_b
        df = variance**2 / (variance_a**2 / (h_a - 1.0) + variance_b**2 / (h_b - 1.0))
    status = first_reason([(EMPTY_ARM, (n_a == 0) | (n_b == 0)), (TOO_FEW, (h_a < 2) | (h_b < 2))])
    tiny = np.asarray(ROUNDING * np.fmax(np.abs(mean_a), np.abs(mean_b)))
    return t_rows(
        mean_a - mean_b,
        np.sqrt(variance),
        df=df,
        n=n_a + n_b,
        status=status,
        tiny=tiny,
        alternative=alternative,
        level=level,
    )


def _trimmed(
    y: FloatArray, mine: NDArray[np.bool_], trim: float
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """Number of values, number left, trimmed mean and the variance of that mean, (R,) each."""
    values = np.sort(np.where(mine, y, np.nan), axis=1)
    n = (~np.isnan(values)).sum(axis=1)
    cut = np.floor(trim * n + 1e-9).astype(np.int64)
    place = np.arange(values.shape[1])
    kept = (place >= cut[:, None]) & (place < (n - cut)[:, None])
    row, top = np.arange(len(values)), max(values.shape[1] - 1, 0)
    low, high = values[row, np.minimum(cut, top)], values[row, np.clip(n - cut - 1, 0, top)]
    h = (n - 2.0 * cut).astype(np.float64)
    with np.errstate(all="ignore"):
        away = np.where(kept, values - low[:, None], 0.0)  # from a value of the sample: equal values have no spread
        mean = away.sum(axis=1) / h
        winsorized = away.sum(axis=1) + cut * (high - low)
        center = winsorized / n
        inner = np.where(kept, (away - center[:, None]) ** 2, 0.0).sum(axis=1)
        squares = inner + cut * (center**2 + (high - low - center) ** 2)
        return n, h, low + mean, np.asarray(squares / (h * (h - 1.0)))


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    (a, b), y = arms, data.chosen(call.endpoint, call.choice)
    return trimmed_mean(y, data.arm, a=a, b=b, trim=call.trim, alternative=call.alternative, level=1.0 - call.alpha)


_NO_FORMULA = NoClosedForm("The power of Yuen's test cannot be computed from a mean and an SD.")

METHODS: Methods = {("trimmed-mean", "two"): Method(_run, _NO_FORMULA, None, ())}
