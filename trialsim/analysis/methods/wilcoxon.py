"""Wilcoxon's signed rank test of one sample of changes.

Where all changes are zero, W is that of no difference and p is 1: the pseudomedian is the null, without an interval. Only an
empty arm is a failure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trialsim.analysis import formulas
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.exact import signed_rank_upper, upper_p
from trialsim.analysis.methods.case import Case, Power, joined, positive_pair
from trialsim.analysis.methods.method import ClosedForm, Method, Methods
from trialsim.analysis.ordering import order
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, BoolArray, FloatArray, IntArray, Rows, first_reason, make_rows
from trialsim.analysis.tails import interval_probability, normal_rank_p
from trialsim.heavy import special
from trialsim.kinds.designs import TRANSFORM, WAY
from trialsim.response.plan import ResponsePlan
from trialsim.response.unchanged import share_of_change

EXACT_WILCOXON = 50  # scipy: exact up to 50 differences without zeros and ties

#: The smallest share of changes at the null that causes a warning.
MANY = 0.25


def wilcoxon(
    x: FloatArray,
    *,
    null: float = 0.0,
    alternative: str = "two-sided",
    level: float = 0.95,
    correction: bool = True,
) -> Rows:
    """Wilcoxon signed rank test of values x (R, N) against ``null``, NaN where missing; the statistic is W+, as R's V.

    Values equal to the null are dropped (Wilcoxon's way); ``n`` counts them. p is exact with at most 50 values, none of
    them equal to the null or tied in distance from it (R: at most 49), else normal with tie correction and
    (``correction``) continuity correction, as R's ``wilcox.test``.

    The estimate is Hodges and Lehmann's pseudomedian of the values that are left (the median of the Walsh averages). Its
    interval holds every shift that the same test does not reject, as R's: the Walsh averages whose rank is the quantile
    of W+. The normal one takes the variance of W+ at a shift between two Walsh averages, where only equal values tie.
    Values that are all equal have no interval.
    If too few values are left to reach the level, the limits are the smallest and the largest value; R
    gives an interval of a lower level instead.

    References
    ----------
    Hollander, Wolfe, Chicken 2014, Nonparametric Statistical Methods, section 3.1 to 3.3.
    """
    values = np.asarray(x, dtype=np.float64)
    nonzero = np.where(values == null, np.nan, values)
    distance = nonzero - null
    sign = (distance > 0.0).astype(np.int8)
    sums = order(np.abs(distance), sign, arms=2).rank_sums([[0], [1]])
    n = sums.n.sum(axis=1)
    w = sums.rank_sum[:, 1]
    observed = (~np.isnan(values)).sum(axis=1)
    with np.errstate(all="ignore"):
        mean = 0.25 * n * (n + 1.0)
        p = normal_rank_p(w, mean, _signed_rank_sd(n, sums.ties), alternative=alternative, correction=correction)
    p = np.where(n > 0, p, 1.0)
    exact = (n > 0) & (observed <= EXACT_WILCOXON) & (observed == n) & (sums.ties == 0.0)
    for size in np.unique(n[exact]):
        rows = np.flatnonzero(exact & (n == size))
        p[rows] = upper_p(signed_rank_upper(int(size)), np.rint(w[rows]).astype(np.int64), alternative)
    equal = order(nonzero, np.zeros_like(sign), arms=1).rank_sums([[0]]).ties
    sd = _signed_rank_sd(n, equal)
    estimate, low, high = _pseudomedian(nonzero, n, exact, sd, alternative=alternative, level=level)
    estimate = np.where(n > 0, estimate, null)
    status = first_reason([(EMPTY_ARM, observed == 0)])
    return make_rows(w, p, n=observed, status=status, estimate=estimate, low=low, high=high)


def _signed_rank_sd(n: IntArray, ties: FloatArray) -> FloatArray:
    """Standard deviation of W+ over n ranks with the sum of t^3 - t over ties."""
    return np.asarray(np.sqrt(n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0))


def _pseudomedian(
    x: FloatArray, n: IntArray, exact: BoolArray, sd: FloatArray, *, alternative: str, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Median of the Walsh averages and the limits cut from their order, replicates of equal n together."""
    out = np.full((3, n.size), np.nan)
    z = float(special.ndtri(interval_probability(level, alternative)))
    ascending = np.sort(x, axis=1)
    for size in np.unique(n[n > 0]):
        size = int(size)
        first, second = np.triu_indices(size)
        block = max(1, 2_000_000 // first.size)
        members = np.flatnonzero(n == size)
        for start in range(0, members.size, block):
            rows = members[start : start + block]
            values = ascending[rows, :size]
            walsh = np.sort(0.5 * (values[:, first] + values[:, second]), axis=1)
            count = first.size
            cut = np.floor(0.5 * count - z * sd[rows] - 0.5).astype(np.int64)
            cut[exact[rows]] = _exact_cut(size, 1.0 - interval_probability(level, alternative))
            cut = np.clip(cut, 0, (count - 1) // 2)
            pick = np.arange(rows.size)
            out[0, rows] = 0.5 * (walsh[:, (count - 1) // 2] + walsh[:, count // 2])
            varies = walsh[:, 0] < walsh[:, -1]  # one value alone has no interval
            low = walsh[pick, cut] if WAY[alternative] >= 0 else np.full(rows.size, -np.inf)
            high = walsh[pick, count - 1 - cut] if WAY[alternative] <= 0 else np.full(rows.size, np.inf)
            out[1, rows], out[2, rows] = np.where(varies, low, np.nan), np.where(varies, high, np.nan)
    return out[0], out[1], out[2]


def _exact_cut(n: int, tail: float) -> int:
    """How many Walsh averages the interval excludes on each side: one less than the tail's quantile of W+, as R."""
    lower = signed_rank_upper(n)[::-1]
    return int(np.searchsorted(lower, tail)) - 1


# ---------------------------------------------------------------- closed form, caveat, method


def _power(case: Case) -> Power | None:
    together = joined(case)
    if together is None or len(case.arms) > 1:
        return None
    chance = positive_pair(case.arms[0], case.null)
    power = formulas.signed_rank_power(chance, together[0], alpha=case.alpha, alternative=case.alternative)
    measured = "signed ranks with ties" if case.arms[0].exact else "signed ranks"
    return Power(power, "normal approximation of the signed rank test", "Noether 1987", measured)


def zeros_dropped(call: PlannedAnalysis, response: ResponsePlan) -> str | None:
    """A warning if a quarter or more of the changes are expected to be dropped, because they are exactly the null."""
    first, second = call.endpoint.start, call.endpoint.visit
    if first is None or (not TRANSFORM[call.endpoint.transform].keeps and call.null != 0.0):
        return None
    arms = range(len(response.arms))
    share = max(share_of_change(response, first, second, arm, change=call.null) for arm in arms)
    if share < MANY:
        return None
    return (
        f"{call.name}: about {100 * share:.0f} % of the changes are exactly {call.null:g}, because readings are whole "
        "steps. Wilcoxon's test drops them: its estimate is that of the participants who change, and its "
        "interval covers the truth less often than stated. A paired-t uses everybody."
    )


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    values = data.alone(call.endpoint, call.choice, arms)
    return wilcoxon(values, null=call.null, alternative=call.alternative, level=1.0 - call.alpha)


_ERRORS = {"signed ranks": (0.14, 0.09, 0.05), "signed ranks with ties": (0.15, 0.12, 0.08)}

METHODS: Methods = {
    ("wilcoxon", "one"): Method(_run, ClosedForm(_power, _ERRORS, whole_sizes=False), None, (zeros_dropped,)),
}
