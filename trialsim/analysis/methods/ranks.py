"""Rank tests: Wilcoxon signed rank, Mann-Whitney, Kruskal-Wallis.

A rank test takes a summary that can rank groups of arms: `ordering.Counts` for an outcome on few levels,
`ordering.Ordered` for any other.

Where all values are tied (or all changes are zero) the statistic is that of no difference and p is 1: P(X > Y) is one half
with Newcombe's interval, the pseudomedian is the null without an interval. Only an empty arm is a failure.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from trialsim.analysis.exact import mann_whitney_upper, signed_rank_upper, upper_p
from trialsim.analysis.ordering import Counts, Ordered, order
from trialsim.analysis.rows import (
    EMPTY_ARM,
    BoolArray,
    FloatArray,
    IntArray,
    Rows,
    first_reason,
    make_rows,
)
from trialsim.analysis.tails import Alternative, chi_square_p, interval_probability, limits

EXACT_MANN_WHITNEY = 8  # scipy: exact when the smaller arm has at most 8 values and nothing is tied
EXACT_WILCOXON = 50  # scipy: exact up to 50 differences without zeros and ties


def kruskal(ranked: Counts | Ordered) -> Rows:
    """Kruskal-Wallis test over all K arms: H with tie correction, chi-square with K - 1 df, as scipy; no estimate.

    References
    ----------
    Kruskal and Wallis 1952, J Am Stat Assoc 47:583, doi:10.1080/01621459.1952.10483441.
    """
    sums = ranked.rank_sums([[k] for k in range(ranked.arms)])
    n = sums.n.sum(axis=1)
    total = n.astype(np.float64)
    df = ranked.arms - 1.0
    with np.errstate(all="ignore"):
        distance = sums.rank_sum / sums.n - 0.5 * (total[:, None] + 1.0)
        between = 12.0 / (total * (total + 1.0)) * (sums.n * distance**2).sum(axis=1)
        untied = 1.0 - sums.ties / (total**3 - total)
        statistic = np.where(untied > 0.0, between / untied, 0.0)
    status = first_reason([(EMPTY_ARM, (sums.n == 0).any(axis=1))])
    return make_rows(statistic, chi_square_p(statistic, df), n=n, status=status, df=df)


def mann_whitney(
    ranked: Counts | Ordered,
    *,
    a: int,
    b: int,
    alternative: Alternative = "two-sided",
    level: float = 0.95,
    correction: bool = True,
) -> Rows:
    """Mann-Whitney U test of arms a and b; the estimate is P(A > B) + P(A = B) / 2.

    p as scipy.stats.mannwhitneyu(method="auto"): exact if the smaller arm has at most 8 values and nothing is tied,
    else normal with tie correction and (``correction``) continuity correction. The statistic is U of arm a.
    SE of the estimate by DeLong, interval on the logit scale; where all values of one arm lie above the other, or the
    SE is 0, the interval is the score-type interval of Newcombe (method 5).

    References
    ----------
    DeLong et al. 1988, Biometrics 44:837, doi:10.2307/2531595. Newcombe 2006, Stat Med 25:559, doi:10.1002/sim.2324.
    """
    sums = ranked.rank_sums([[a], [b]])
    na, nb = sums.n[:, 0], sums.n[:, 1]
    n = na + nb
    u = sums.rank_sum[:, 0] - 0.5 * na * (na + 1)
    with np.errstate(all="ignore"):
        variance = na * nb / 12.0 * (n + 1.0 - sums.ties / (n * (n - 1.0)))
        half = np.asarray(0.5 * na * nb, np.float64)
        p = _normal_u(u, half, np.sqrt(variance), alternative=alternative, correction=correction)
        p = np.where(variance > 1e-9, p, 1.0)
        estimate = u / (na * nb)
        se = _delong(u, sums.square, na, nb)
        low, high = _logit_limits(estimate, se, na, nb, alternative=alternative, level=level)
    exact = (np.minimum(na, nb) <= EXACT_MANN_WHITNEY) & (sums.ties == 0.0) & (na > 0) & (nb > 0)
    _fill_exact_u(p, u, na, nb, exact, alternative=alternative)
    status = first_reason([(EMPTY_ARM, (na == 0) | (nb == 0))])
    return make_rows(u, p, n=n, status=status, estimate=estimate, se=se, low=low, high=high)


def _normal_u(
    u: FloatArray, mean: FloatArray, sd: FloatArray, *, alternative: Alternative, correction: bool
) -> FloatArray:
    shift = 0.5 if correction else 0.0
    if alternative == "two-sided":
        return np.asarray(np.minimum(2.0 * special.ndtr(-(np.abs(u - mean) - shift) / sd), 1.0))
    far = u - mean if alternative == "greater" else mean - u
    return np.asarray(special.ndtr(-(far - shift) / sd))


def _fill_exact_u(
    p: FloatArray, u: FloatArray, na: IntArray, nb: IntArray, exact: BoolArray, *, alternative: Alternative
) -> None:
    """Replace p by its exact value where ``exact``; each pair of sample sizes is tabulated once."""
    where = np.flatnonzero(exact)
    if not where.size:
        return
    sizes, inverse = np.unique(na[where] * 2**32 + nb[where], return_inverse=True)
    for index, size in enumerate(sizes):
        rows = where[inverse == index]
        upper = mann_whitney_upper(int(size) // 2**32, int(size) % 2**32)
        p[rows] = upper_p(upper, np.rint(u[rows]).astype(np.int64), alternative)


def _delong(u: FloatArray, square: FloatArray, na: IntArray, nb: IntArray) -> FloatArray:
    """DeLong's standard error from U of arm a and the squared placements; NaN with fewer than 2 values in an arm.

    Everything before the divisions is a multiple of 1/4, so no variance comes out as exactly 0.
    """
    total = na * nb
    ss_a = (na * square[:, 0] - u**2) / na / nb.astype(np.float64) ** 2
    ss_b = (nb * square[:, 1] - (total - u) ** 2) / nb / na.astype(np.float64) ** 2
    return np.asarray(np.sqrt(ss_a / (na - 1.0) / na + ss_b / (nb - 1.0) / nb))


def _logit_limits(
    estimate: FloatArray, se: FloatArray, na: IntArray, nb: IntArray, *, alternative: Alternative, level: float
) -> tuple[FloatArray, FloatArray]:
    z = float(special.ndtri(interval_probability(level, alternative)))
    half_width = z * se / (estimate * (1.0 - estimate))
    low, high = limits(special.logit(estimate), half_width, alternative)
    low, high = special.expit(low), special.expit(high)
    at_edge = ~(se > 0.0) | (estimate <= 0.0) | (estimate >= 1.0)
    rows = np.flatnonzero(at_edge & (na > 0) & (nb > 0))
    if rows.size:
        edge_low, edge_high = newcombe_probability(estimate[rows], na[rows], nb[rows], z=z)
        low[rows] = 0.0 if alternative == "less" else edge_low
        high[rows] = 1.0 if alternative == "greater" else edge_high
    return low, high


def newcombe_probability(
    estimate: FloatArray, na: IntArray, nb: IntArray, *, z: float
) -> tuple[FloatArray, FloatArray]:
    """Newcombe's method 5 for P(A > B): all theta with |theta - estimate| <= z sqrt(V(theta)), by bisection."""
    typical = 0.5 * (na + nb) - 1.0

    def outside(theta: FloatArray) -> BoolArray:
        spread = 1.0 + typical * ((1.0 - theta) / (2.0 - theta) + theta / (1.0 + theta))
        return np.asarray((theta - estimate) ** 2 > z * z * theta * (1.0 - theta) * spread / (na * nb))

    ends = []
    for far in (0.0, 1.0):
        out, inside = np.full_like(estimate, far), estimate.copy()
        for _ in range(60):
            middle = 0.5 * (out + inside)
            beyond = outside(middle)
            out, inside = np.where(beyond, middle, out), np.where(beyond, inside, middle)
        ends.append(inside)
    return ends[0], ends[1]


def wilcoxon(
    x: FloatArray,
    *,
    null: float = 0.0,
    alternative: Alternative = "two-sided",
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
    Where so few values are left that the level cannot be reached, the limits are the smallest and the largest value; R
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
        p = _normal_u(w, mean, _signed_rank_sd(n, sums.ties), alternative=alternative, correction=correction)
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
    x: FloatArray, n: IntArray, exact: BoolArray, sd: FloatArray, *, alternative: Alternative, level: float
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
            varies = walsh[:, 0] < walsh[:, -1]  # with one value only there is no interval
            low = walsh[pick, cut] if alternative != "less" else np.full(rows.size, -np.inf)
            high = walsh[pick, count - 1 - cut] if alternative != "greater" else np.full(rows.size, np.inf)
            out[1, rows], out[2, rows] = np.where(varies, low, np.nan), np.where(varies, high, np.nan)
    return out[0], out[1], out[2]


def _exact_cut(n: int, tail: float) -> int:
    """How many Walsh averages the interval leaves out on each side: one less than the tail's quantile of W+, as R."""
    lower = signed_rank_upper(n)[::-1]
    return int(np.searchsorted(lower, tail)) - 1
