"""Tests of means: one-sample, paired, two-sample and Welch t, analysis of variance and its pairs.

Estimand: a mean, or the mean difference a - b. Complete cases: a missing value leaves its participant out.

Where nothing varies, the difference is 0 and p is 1, without an interval. Where arms differ (or a mean differs from the
null) and nothing varies within, the test has failed: "no spread". An empty arm, or too few values for the degrees of
freedom, is a failure whatever the values are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.moments import Moments, moments
from trialsim.analysis.rows import EMPTY_ARM, TOO_FEW, BoolArray, FloatArray, Rows, first_reason
from trialsim.analysis.tails import ROUNDING, Alternative, f_rows, t_rows


def _status(empty: BoolArray, *, too_few: BoolArray) -> NDArray[np.int8]:
    return first_reason([(EMPTY_ARM, empty), (TOO_FEW, too_few)])


def _tiny(mean: FloatArray) -> FloatArray:
    """(R,) size of rounding errors next to means (R, G)."""
    return np.asarray(ROUNDING * np.abs(np.where(np.isnan(mean), 0.0, mean)).max(axis=1))


def one_sample_t(
    m: Moments, *, arm: int = 0, null: float = 0.0, alternative: Alternative = "two-sided", level: float = 0.95
) -> Rows:
    """Student's one-sample t test of mean = null.

    Parameters
    ----------
    m : summary (R, K) of the outcome, or of differences within participants
    arm : which column of the summary
    """
    n, mean, ss = m.n[:, arm], m.mean[:, arm], m.ss[:, arm]
    df = np.asarray(n - 1.0, dtype=np.float64)
    with np.errstate(all="ignore"):
        se = np.sqrt(ss / df / n)
    status = _status(n == 0, too_few=n < 2)
    tiny = _tiny(np.column_stack([mean, np.full_like(mean, null)]))
    return t_rows(mean, se, df=df, n=n, status=status, tiny=tiny, null=null, alternative=alternative, level=level)


def paired_t(
    after: FloatArray, before: FloatArray, *, alternative: Alternative = "two-sided", level: float = 0.95
) -> Rows:
    """Paired t test: `one_sample_t` of after - before (both (R, N), NaN where missing); estimate after - before."""
    return one_sample_t(moments(after - before), alternative=alternative, level=level)


def two_sample_t(m: Moments, *, a: int, b: int, alternative: Alternative = "two-sided", level: float = 0.95) -> Rows:
    """Student's two-sample t test with the pooled variance of arms a and b, df n_a + n_b - 2; estimate a - b."""
    na, nb = m.n[:, a], m.n[:, b]
    n = na + nb
    df = np.asarray(n - 2.0, dtype=np.float64)
    ss = m.ss[:, a] + m.ss[:, b]
    with np.errstate(all="ignore"):
        se = np.sqrt(ss / df * (1.0 / na + 1.0 / nb))
    status = _status((na == 0) | (nb == 0), too_few=n < 3)
    estimate, tiny = m.mean[:, a] - m.mean[:, b], _tiny(m.mean[:, [a, b]])
    return t_rows(estimate, se, df=df, n=n, status=status, tiny=tiny, alternative=alternative, level=level)


def welch_t(m: Moments, *, a: int, b: int, alternative: Alternative = "two-sided", level: float = 0.95) -> Rows:
    """Welch's t test for unequal variances, Satterthwaite degrees of freedom; estimate a - b.

    References
    ----------
    Welch 1947, Biometrika 34:28, doi:10.1093/biomet/34.1-2.28.
    """
    na, nb = m.n[:, a], m.n[:, b]
    with np.errstate(all="ignore"):
        va, vb = m.ss[:, a] / (na - 1.0) / na, m.ss[:, b] / (nb - 1.0) / nb
        variance = va + vb
        df = variance**2 / (va**2 / (na - 1.0) + vb**2 / (nb - 1.0))
    status = _status((na == 0) | (nb == 0), too_few=(na < 2) | (nb < 2))
    estimate, tiny = m.mean[:, a] - m.mean[:, b], _tiny(m.mean[:, [a, b]])
    se = np.sqrt(np.maximum(variance, 0.0))
    return t_rows(estimate, se, df=df, n=na + nb, status=status, tiny=tiny, alternative=alternative, level=level)


def _residual(m: Moments) -> tuple[FloatArray, FloatArray]:
    """Residual sum of squares and df N - (arms that have values), both (R,)."""
    df = m.n.sum(axis=1) - (m.n > 0).sum(axis=1)
    return np.where(m.n > 0, m.ss, 0.0).sum(axis=1), np.asarray(df, dtype=np.float64)


def anova(m: Moments) -> Rows:
    """One-way analysis of variance over all K arms: F with K - 1 and N - K degrees of freedom; no estimate.

    An arm without values gives the status `EMPTY_ARM`; it is not dropped, because that would change the hypothesis.
    """
    n = m.n.sum(axis=1)
    arms = m.n.shape[1]
    ss, df = _residual(m)
    with np.errstate(all="ignore"):
        grand = (m.n * m.mean).sum(axis=1) / n
        between = (m.n * (m.mean - grand[:, None]) ** 2).sum(axis=1)
        statistic = between / (arms - 1.0) / (ss / df)
        flat, same = np.sqrt(ss / df) <= _tiny(m.mean), np.sqrt(between / n) <= _tiny(m.mean)
    status = _status((m.n == 0).any(axis=1), too_few=np.asarray(df < 1))
    return f_rows(statistic, arms=arms, df=df, n=n, status=status, flat=flat, same=same)


def welch_anova(m: Moments) -> Rows:
    """Welch's analysis of variance for unequal variances, as R's ``oneway.test``; no estimate.

    An arm whose values do not vary has no weight: the test has failed, unless nothing varies at all.

    References
    ----------
    Welch 1951, Biometrika 38:330, doi:10.1093/biomet/38.3-4.330, equations 25 to 28.
    """
    arms = m.n.shape[1]
    with np.errstate(all="ignore"):
        weight = m.n * (m.n - 1.0) / m.ss
        total = weight.sum(axis=1)
        grand = (weight * m.mean).sum(axis=1) / total
        spill = ((1.0 - weight / total[:, None]) ** 2 / (m.n - 1.0)).sum(axis=1) / (arms**2 - 1.0)
        between = (weight * (m.mean - grand[:, None]) ** 2).sum(axis=1) / (arms - 1.0)
        statistic = between / (1.0 + 2.0 * (arms - 2.0) * spill)
        df = 1.0 / (3.0 * spill)
        sd, tiny = np.sqrt(m.ss / (m.n - 1.0)), _tiny(m.mean)
        flat = np.asarray((sd <= tiny[:, None]).any(axis=1))
        same = (sd <= tiny[:, None]).all(axis=1) & (np.ptp(m.mean, axis=1) <= tiny)
    status = _status((m.n == 0).any(axis=1), too_few=np.asarray((m.n < 2).any(axis=1)))
    return f_rows(statistic, arms=arms, df=df, n=m.n.sum(axis=1), status=status, flat=flat, same=same)


def anova_pair(m: Moments, *, a: int, b: int, alternative: Alternative = "two-sided", level: float = 0.95) -> Rows:
    """Contrast a - b with the residual variance of the whole analysis of variance, df N - K.

    As R's ``pairwise.t.test(pool.sd=TRUE)``; arms without values do not count in K. ``n`` counts arms a and b.
    """
    na, nb = m.n[:, a], m.n[:, b]
    ss, df = _residual(m)
    with np.errstate(all="ignore"):
        se = np.sqrt(ss / df * (1.0 / na + 1.0 / nb))
    status = _status((na == 0) | (nb == 0), too_few=np.asarray(df < 1))
    estimate, tiny = m.mean[:, a] - m.mean[:, b], _tiny(m.mean)
    return t_rows(estimate, se, df=df, n=na + nb, status=status, tiny=tiny, alternative=alternative, level=level)
