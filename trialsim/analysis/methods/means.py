"""Tests of means: one-sample, paired, two-sample and Welch t, analysis of variance and its pairs.

Estimand: a mean, or the mean difference a - b. Complete cases: a missing value leaves its participant out.

If nothing varies, the difference is 0 and p is 1, without an interval. If arms differ (or a mean differs from the
null) and nothing varies within, the test has failed: "no spread". An empty arm, or too few values for the degrees of
freedom, is always a failure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis import formulas
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.case import Case, Power, joined
from trialsim.analysis.methods.dunnett import dunnett
from trialsim.analysis.methods.method import ClosedForm, Method, Methods
from trialsim.analysis.methods.spreads import unequal_sds
from trialsim.analysis.moments import ArmMoments, moments
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, TOO_FEW, BoolArray, FloatArray, Rows, first_reason
from trialsim.analysis.tails import ROUNDING, f_rows, t_rows


def _status(empty: BoolArray, *, too_few: BoolArray) -> NDArray[np.int8]:
    return first_reason([(EMPTY_ARM, empty), (TOO_FEW, too_few)])


def _tiny(mean: FloatArray) -> FloatArray:
    """(R,) size of rounding errors next to means (R, G)."""
    return np.asarray(ROUNDING * np.abs(np.where(np.isnan(mean), 0.0, mean)).max(axis=1))


def one_sample_t(
    m: ArmMoments, *, arm: int = 0, null: float = 0.0, alternative: str = "two-sided", level: float = 0.95
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


def paired_t(after: FloatArray, before: FloatArray, *, alternative: str = "two-sided", level: float = 0.95) -> Rows:
    """Paired t test: `one_sample_t` of after - before (both (R, N), NaN where missing); estimate after - before."""
    return one_sample_t(moments(after - before), alternative=alternative, level=level)


def two_sample_t(
    m: ArmMoments, *, a: int, b: int, null: float = 0.0, alternative: str = "two-sided", level: float = 0.95
) -> Rows:
    """Student's two-sample t test with the pooled variance of arms a and b, df n_a + n_b - 2; estimate a - b."""
    na, nb = m.n[:, a], m.n[:, b]
    n = na + nb
    df = np.asarray(n - 2.0, dtype=np.float64)
    ss = m.ss[:, a] + m.ss[:, b]
    with np.errstate(all="ignore"):
        se = np.sqrt(ss / df * (1.0 / na + 1.0 / nb))
    status = _status((na == 0) | (nb == 0), too_few=n < 3)
    estimate, tiny = m.mean[:, a] - m.mean[:, b], _tiny(m.mean[:, [a, b]])
    return t_rows(estimate, se, df=df, n=n, status=status, tiny=tiny, null=null, alternative=alternative, level=level)


def welch_t(
    m: ArmMoments, *, a: int, b: int, null: float = 0.0, alternative: str = "two-sided", level: float = 0.95
) -> Rows:
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
    return t_rows(
        estimate, se, df=df, n=na + nb, status=status, tiny=tiny, null=null, alternative=alternative, level=level
    )


def _residual(m: ArmMoments) -> tuple[FloatArray, FloatArray]:
    """Residual sum of squares and df N - (arms that have values), both (R,)."""
    df = m.n.sum(axis=1) - (m.n > 0).sum(axis=1)
    return np.where(m.n > 0, m.ss, 0.0).sum(axis=1), np.asarray(df, dtype=np.float64)


def anova(m: ArmMoments) -> Rows:
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


def welch_anova(m: ArmMoments) -> Rows:
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


def anova_pair(
    m: ArmMoments, *, a: int, b: int, null: float = 0.0, alternative: str = "two-sided", level: float = 0.95
) -> Rows:
    """Contrast a - b with the residual variance of the whole analysis of variance, df N - K.

    As R's ``pairwise.t.test(pool.sd=TRUE)``; arms without values do not count in K. ``n`` counts arms a and b.
    """
    na, nb = m.n[:, a], m.n[:, b]
    ss, df = _residual(m)
    with np.errstate(all="ignore"):
        se = np.sqrt(ss / df * (1.0 / na + 1.0 / nb))
    status = _status((na == 0) | (nb == 0), too_few=np.asarray(df < 1))
    estimate, tiny = m.mean[:, a] - m.mean[:, b], _tiny(m.mean)
    return t_rows(
        estimate, se, df=df, n=na + nb, status=status, tiny=tiny, null=null, alternative=alternative, level=level
    )


# ---------------------------------------------------------------- closed forms


def _one_sample_power(case: Case) -> Power | None:
    together = joined(case)
    if together is None:
        return None
    n, mean, sd = together
    noncentrality = (mean - case.null) / sd * math.sqrt(n)
    power = formulas.t_power(noncentrality, n - 1, alpha=case.alpha, alternative=case.alternative)
    return Power(power, f"noncentral t, d = {(mean - case.null) / sd:.3f}", "Cohen 1988, chapter 2")


def _difference(case: Case) -> tuple[float, float, float, float, float] | None:
    """Sizes, difference and variances of the two arms; None if an arm has too few participants."""
    a, b = case.two
    na, nb = case.sizes[a], case.sizes[b]
    if min(na, nb) <= 1:
        return None
    x, y = case.arms[a], case.arms[b]
    return na, nb, x.mean - y.mean, x.sd**2, y.sd**2


def power_of_t(case: Case, difference: float, se: float, df: float) -> float:
    """The power of a t-test of a difference: against the null, or within two margins."""
    if case.margins:
        low, high = ((margin - difference) / se for margin in case.margins)
        return formulas.equivalence_t_power(low, high, df, alpha=case.alpha)
    return formulas.t_power((difference - case.null) / se, df, alpha=case.alpha, alternative=case.alternative)


def _welch_power(case: Case) -> Power | None:
    found = _difference(case)
    if found is None:
        return None
    na, nb, difference, variance_a, variance_b = found
    se2 = variance_a / na + variance_b / nb
    df = se2**2 / ((variance_a / na) ** 2 / (na - 1) + (variance_b / nb) ** 2 / (nb - 1))
    power = power_of_t(case, difference, math.sqrt(se2), float(df))
    source = "Welch 1947, doi:10.1093/biomet/34.1-2.28"
    return Power(power, "noncentral t with Welch's degrees of freedom", source, "welch")


def _t_power(case: Case) -> Power | None:
    return pooled_power(case, case.two)


def residual_power(case: Case) -> Power | None:
    """Power of two arms with the residual variance of all."""
    return pooled_power(case, range(len(case.arms)))


def pooled_power(case: Case, which: Sequence[int]) -> Power | None:
    """Power of two arms, with the variance pooled over the arms ``which``."""
    found = _difference(case)
    if found is None:
        return None
    na, nb, difference, _, _ = found
    df = sum(case.sizes[k] - 1 for k in which)
    pooled = sum((case.sizes[k] - 1) * case.arms[k].sd ** 2 for k in which) / df
    se2 = pooled * (1 / na + 1 / nb)
    power = power_of_t(case, difference, math.sqrt(se2), float(df))
    return Power(power, f"noncentral t, d = {difference / math.sqrt(pooled):.3f}", "Cohen 1988, chapter 2")


def between_arms(means: FloatArray, sizes: FloatArray) -> float:
    """Sum of squares between the arms (K,)."""
    return float((sizes * (means - np.average(means, weights=sizes)) ** 2).sum())


def _anova_power(case: Case) -> Power | None:
    sizes, total, count = case.sizes, float(case.sizes.sum()), len(case.arms)
    if min(sizes) <= 1:
        return None
    means, variances = np.array([one.mean for one in case.arms]), np.array([one.sd**2 for one in case.arms])
    pooled = float(((sizes - 1) * variances).sum() / (total - count))
    power = formulas.f_power(between_arms(means, sizes) / pooled, count - 1, total - count, alpha=case.alpha)
    effect = math.sqrt(between_arms(means, sizes) / total / pooled)
    return Power(power, f"noncentral F, f = {effect:.3f}", "Cohen 1988, chapter 8")


def _welch_anova_power(case: Case) -> Power | None:
    sizes, count = case.sizes, len(case.arms)
    if min(sizes) <= 1:
        return None
    means, variances = np.array([one.mean for one in case.arms]), np.array([one.sd**2 for one in case.arms])
    weights = sizes / variances
    between = float((weights * (means - np.average(means, weights=weights)) ** 2).sum())
    tail = float(((1 - weights / weights.sum()) ** 2 / (sizes - 1)).sum())
    power = formulas.f_power(between, count - 1, (count**2 - 1) / (3 * tail), alpha=case.alpha)
    source = "Welch 1951, doi:10.1093/biomet/38.3-4.330"
    return Power(power, "noncentral F with Welch's degrees of freedom", source, "welch-anova")


# ---------------------------------------------------------------- methods


def _run_one(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    sample = data.moments(call.endpoint, call.choice) if arms else data.joined(call.endpoint, call.choice)
    arm = arms[0] if arms else 0
    return one_sample_t(sample, arm=arm, null=call.null, alternative=call.alternative, level=1.0 - call.alpha)


def _run_two(data: Extraction, call: PlannedAnalysis, arms: Sequence[int], *, test: Callable[..., Rows]) -> Rows:
    (a, b), by_arm = arms, data.moments(call.endpoint, call.choice)
    return test(by_arm, a=a, b=b, null=call.null, alternative=call.alternative, level=1.0 - call.alpha)


def _run_all(
    data: Extraction, call: PlannedAnalysis, _arms: Sequence[int], *, test: Callable[[ArmMoments], Rows]
) -> Rows:
    return test(data.moments(call.endpoint, call.choice))


def _jointly(
    data: Extraction, call: PlannedAnalysis, pairs: Sequence[tuple[int, int]], tested: Sequence[Rows], df: FloatArray
) -> FloatArray:
    order = [pairs[0][1], *(a for a, _ in pairs)]
    statistics = np.stack([rows.statistic for rows in tested], axis=1)
    sizes = data.moments(call.endpoint, call.choice).n[:, order]
    return dunnett(statistics, df, sizes, alternative=call.alternative)


def _exactly(power: Callable[[Case], Power | None]) -> ClosedForm:
    return ClosedForm(power, {}, whole_sizes=False, equivalence=True)


_ONE = Method(_run_one, _exactly(_one_sample_power), None, ())

METHODS: Methods = {
    ("one-sample-t", "one"): _ONE,
    ("paired-t", "one"): _ONE,
    ("t", "two"): Method(partial(_run_two, test=two_sample_t), _exactly(_t_power), None, (unequal_sds,)),
    ("welch", "two"): Method(
        partial(_run_two, test=welch_t),
        ClosedForm(_welch_power, {"welch": (0.01, 0.01, 0.01)}, whole_sizes=False, equivalence=True),
        None,
        (),
    ),
    ("residual-t", "two"): Method(partial(_run_two, test=anova_pair), _exactly(residual_power), _jointly, ()),
    ("anova", "all"): Method(partial(_run_all, test=anova), _exactly(_anova_power), None, (unequal_sds,)),
    ("welch-anova", "all"): Method(
        partial(_run_all, test=welch_anova),
        ClosedForm(_welch_anova_power, {"welch-anova": (0.01, 0.01, 0.01)}, whole_sizes=False),
        None,
        (),
    ),
}
