"""Tail probabilities, quantiles and intervals on (R,) arrays, by scipy.special only (scipy.stats is slow to import)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.rows import NO_VARIANCE, OK, BoolArray, FloatArray, IntArray, Rows, make_rows
from trialsim.heavy import special
from trialsim.kinds.designs import WAY

#: A spread or a difference below this share of the means is rounding error: "data are essentially constant" in R's t.test.
ROUNDING = 10.0 * float(np.finfo(np.float64).eps)


def t_p(statistic: FloatArray, df: FloatArray, alternative: str = "two-sided") -> FloatArray:
    """p-value of a t statistic (R,) with df degrees of freedom (R,)."""
    way = WAY[alternative]
    if way == 0:
        return np.asarray(2.0 * special.stdtr(df, -np.abs(statistic)))
    return np.asarray(special.stdtr(df, -way * statistic))


def normal_p(z: FloatArray, alternative: str = "two-sided") -> FloatArray:
    """p-value of a standard normal statistic (R,)."""
    way = WAY[alternative]
    if way == 0:
        return np.asarray(np.minimum(2.0 * special.ndtr(-np.abs(z)), 1.0))
    return np.asarray(special.ndtr(-way * z))


def normal_rank_p(
    statistic: FloatArray, mean: FloatArray, sd: FloatArray, *, alternative: str, correction: bool
) -> FloatArray:
    """p-value of a rank statistic (R,) by its normal approximation, with or without continuity correction."""
    shift = 0.5 if correction else 0.0
    if WAY[alternative] == 0:
        return np.asarray(np.minimum(2.0 * special.ndtr(-(np.abs(statistic - mean) - shift) / sd), 1.0))
    far = statistic - mean if WAY[alternative] > 0 else mean - statistic
    return np.asarray(special.ndtr(-(far - shift) / sd))


def f_p(statistic: FloatArray, df_between: FloatArray | float, df_within: FloatArray) -> FloatArray:
    """Upper tail of an F statistic (R,)."""
    return np.asarray(special.fdtrc(df_between, df_within, statistic))


def chi_square_p(statistic: FloatArray, df: FloatArray | float) -> FloatArray:
    """Upper tail of a chi-square statistic (R,)."""
    return np.asarray(special.chdtrc(df, statistic))


def interval_probability(level: float, alternative: str) -> float:
    """Lower-tail probability whose quantile makes an interval of this level: .975 for 95 % two-sided."""
    return 0.5 + level / 2.0 if WAY[alternative] == 0 else level


def t_quantile(probability: float, df: FloatArray) -> FloatArray:
    """Quantile of the t distribution for df (R,); NaN where df is not positive.

    Whole degrees of freedom repeat over replicates, so each is solved once.
    """
    valid = df > 0.0
    safe = np.where(valid, df, 1.0)
    low, high = safe.min(initial=1.0), safe.max(initial=1.0)
    if high - low < safe.size and bool(np.all(safe == np.floor(safe))):
        table = special.stdtrit(np.arange(low, high + 1.0), probability) if safe.size else safe
        quantile = table[(safe - low).astype(np.int64)]
    else:
        quantile = special.stdtrit(safe, probability)
    return np.where(valid, quantile, np.nan)


def limits(estimate: FloatArray, half_width: FloatArray, alternative: str) -> tuple[FloatArray, FloatArray]:
    """Interval around an estimate; a one-sided alternative gives a one-sided interval, as in R and scipy."""
    low = np.full_like(estimate, -np.inf) if WAY[alternative] < 0 else estimate - half_width
    high = np.full_like(estimate, np.inf) if WAY[alternative] > 0 else estimate + half_width
    return low, high


def nothing_varies(status: NDArray[np.int8], *, flat: BoolArray, same: BoolArray) -> tuple[NDArray[np.int8], BoolArray]:
    """The status with "no spread" if there is a difference without any variation, and whether there is neither (R,).

    Parameters
    ----------
    flat : (R,) nothing varies within the arms, up to rounding
    same : (R,) nothing differs between them, or from the null
    """
    fine = status == OK
    return np.where(fine & flat & ~same, np.int8(NO_VARIANCE), status).astype(np.int8), fine & flat & same


def t_rows(
    estimate: FloatArray,
    se: FloatArray,
    *,
    df: FloatArray,
    n: IntArray,
    status: NDArray[np.int8],
    tiny: FloatArray,
    null: float = 0.0,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """Rows of a t test: statistic (estimate - null) / se and the interval estimate +- t se.

    ``tiny`` (R,) is the size of rounding errors. With an SE no larger than that, an estimate at the null has the
    statistic 0, p 1 and no interval; any other has failed ("no spread").
    """
    with np.errstate(all="ignore"):
        statistic = (estimate - null) / se
        half_width = t_quantile(interval_probability(level, alternative), df) * se
        low, high = limits(estimate, half_width, alternative)
        p = t_p(statistic, df, alternative)
    status, calm = nothing_varies(status, flat=se <= tiny, same=np.abs(estimate - null) <= tiny)
    low, high = np.where(calm, np.nan, low), np.where(calm, np.nan, high)
    statistic, p = np.where(calm, 0.0, statistic), np.where(calm, 1.0, p)
    return make_rows(statistic, p, n=n, status=status, estimate=estimate, se=se, df=df, low=low, high=high)


def f_rows(
    statistic: FloatArray,
    *,
    arms: int,
    df: FloatArray,
    n: IntArray,
    status: NDArray[np.int8],
    flat: BoolArray,
    same: BoolArray,
) -> Rows:
    """Rows of an F test of all arms; where nothing varies at all (``flat`` and ``same``), F is 0 and p is 1."""
    status, calm = nothing_varies(status, flat=flat, same=same)
    with np.errstate(all="ignore"):
        p = f_p(np.maximum(statistic, 0.0), arms - 1.0, df)
    return make_rows(np.where(calm, 0.0, statistic), np.where(calm, 1.0, p), n=n, status=status, df=df)
