"""Rank tests of arms: Mann-Whitney, Kruskal-Wallis.

A rank test needs a summary that can rank groups of arms: `ordering.Counts` for an outcome with few categories,
`ordering.RankOrder` for any other.

Where all values are tied the statistic is that of no difference and p is 1: P(X > Y) is one half with Newcombe's interval.
Only an empty arm is a failure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trialsim.analysis import formulas
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.exact import mann_whitney_upper, upper_p
from trialsim.analysis.methods.case import Case, Power, shares_at, superiority
from trialsim.analysis.methods.method import ClosedForm, Method, Methods
from trialsim.analysis.ordering import Counts, RankOrder
from trialsim.analysis.placements import placement_variances
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import (
    EMPTY_ARM,
    BoolArray,
    FloatArray,
    IntArray,
    Rows,
    first_reason,
    make_rows,
)
from trialsim.analysis.tails import chi_square_p, interval_probability, limits, normal_rank_p
from trialsim.heavy import special
from trialsim.kinds.designs import WAY
from trialsim.response.scales.moments import EndpointDistribution

EXACT_MANN_WHITNEY = 8  # scipy: exact when the smaller arm has at most 8 values and nothing is tied


def kruskal(ranked: Counts | RankOrder) -> Rows:
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
    ranked: Counts | RankOrder,
    *,
    a: int,
    b: int,
    alternative: str = "two-sided",
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
        p = normal_rank_p(u, half, np.sqrt(variance), alternative=alternative, correction=correction)
        p = np.where(variance > 1e-9, p, 1.0)
        estimate = u / (na * nb)
        se = _delong(u, sums.square, na, nb)
        low, high = logit_limits(estimate, se, na, nb, alternative=alternative, level=level)
    exact = (np.minimum(na, nb) <= EXACT_MANN_WHITNEY) & (sums.ties == 0.0) & (na > 0) & (nb > 0)
    _fill_exact_u(p, u, na, nb, exact, alternative=alternative)
    status = first_reason([(EMPTY_ARM, (na == 0) | (nb == 0))])
    return make_rows(u, p, n=n, status=status, estimate=estimate, se=se, low=low, high=high)


def _fill_exact_u(
    p: FloatArray, u: FloatArray, na: IntArray, nb: IntArray, exact: BoolArray, *, alternative: str
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
    """DeLong's standard error from U of arm a and the squared placements; NaN with fewer than 2 values in an arm."""
    of_a, of_b = placement_variances(u, square, na, nb)
    return np.asarray(np.sqrt(of_a + of_b))


def logit_limits(
    estimate: FloatArray, se: FloatArray, na: IntArray, nb: IntArray, *, alternative: str, level: float
) -> tuple[FloatArray, FloatArray]:
    """Limits of P(A > B) on the logit scale; Newcombe's where the SE is 0 or all values of one arm lie above the other."""
    z = float(special.ndtri(interval_probability(level, alternative)))
    half_width = z * se / (estimate * (1.0 - estimate))
    low, high = limits(special.logit(estimate), half_width, alternative)
    low, high = special.expit(low), special.expit(high)
    at_edge = ~(se > 0.0) | (estimate <= 0.0) | (estimate >= 1.0)
    rows = np.flatnonzero(at_edge & (na > 0) & (nb > 0))
    if rows.size:
        edge_low, edge_high = newcombe_probability(estimate[rows], na[rows], nb[rows], z=z)
        low[rows] = 0.0 if WAY[alternative] < 0 else edge_low
        high[rows] = 1.0 if WAY[alternative] > 0 else edge_high
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


# ---------------------------------------------------------------- closed forms

#: Odds ratios of all cuts that differ by less than this count as equal.
PROPORTIONAL = 1e-6


def _mann_whitney_power(case: Case) -> Power:
    a, b = case.two
    na, nb = float(case.sizes[a]), float(case.sizes[b])
    x, y = case.arms[a], case.arms[b]
    chance = superiority(x, y)
    if not x.exact:
        power = formulas.noether_power(chance, na, nb, alpha=case.alpha, alternative=case.alternative)
        return Power(
            power, f"normal approximation, P(X > Y) = {chance:.3f}",
            "Noether 1987, doi:10.1080/01621459.1987.10478478", "noether",
        )  # fmt: skip
    odds = common_odds(x, y)
    if odds is not None:
        shares = (x.weights + y.weights) / 2
        power = formulas.whitehead_power(odds, shares, na, nb, alpha=case.alpha, alternative=case.alternative)
        name = f"proportional odds, odds ratio {math.exp(odds):.3g}"
        return Power(power, name, "Whitehead 1993, doi:10.1002/sim.4780122404", "whitehead")
    values = np.union1d(x.values, y.values)
    shares = (na * shares_at(x, values) + nb * shares_at(y, values)) / (na + nb)
    power = formulas.tied_rank_power(chance, shares, na, nb, alpha=case.alpha, alternative=case.alternative)
    return Power(
        power, f"normal approximation with ties, P(X > Y) + P(X = Y)/2 = {chance:.3f}",
        "Zhao, Rahardja and Qu 2008, doi:10.1002/sim.2912", "tied ranks",
    )  # fmt: skip


def common_odds(x: EndpointDistribution, y: EndpointDistribution) -> float | None:
    """The log odds ratio of scoring higher in x, if it is the same at every cut."""
    if not np.array_equal(x.values, y.values) or len(x.values) < 2:
        return None
    p, q = np.cumsum(x.weights)[:-1], np.cumsum(y.weights)[:-1]
    if not ((p > 0) & (p < 1) & (q > 0) & (q < 1)).all():
        return None
    logs = np.log(q / (1 - q)) - np.log(p / (1 - p))
    return float(logs.mean()) if np.ptp(logs) < PROPORTIONAL else None


def _kruskal_power(case: Case) -> Power | None:
    arms, sizes = case.arms, case.sizes
    if min(sizes) <= 1:
        return None
    weights = sizes / sizes.sum()
    relative = np.array([sum(w * superiority(x, y) for w, y in zip(weights, arms, strict=True)) for x in arms])
    shares = None
    if all(one.exact for one in arms):
        values = np.unique(np.concatenate([one.values for one in arms]))
        shares = sum((w * shares_at(one, values) for w, one in zip(weights, arms, strict=True)), np.zeros(len(values)))
    noncentrality = formulas.kruskal_noncentrality(relative, sizes, shares)
    power = formulas.chi_square_power(noncentrality, len(arms) - 1, alpha=case.alpha)
    source = "Fan, Zhang and Zhang 2011, doi:10.1111/j.1541-0420.2010.01407.x"
    return Power(power, "noncentral chi-square", source, "kruskal")


# ---------------------------------------------------------------- methods


def _run_two(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    (a, b), ranked = arms, data.ranked(call.endpoint, call.choice)
    return mann_whitney(ranked, a=a, b=b, alternative=call.alternative, level=1.0 - call.alpha)


def _run_all(data: Extraction, call: PlannedAnalysis, _arms: Sequence[int]) -> Rows:
    return kruskal(data.ranked(call.endpoint, call.choice))


_MANN_WHITNEY_ERRORS = {
    "noether": (0.07, 0.04, 0.02),
    "whitehead": (0.05, 0.02, 0.02),
    "tied ranks": (0.08, 0.04, 0.03),
}

METHODS: Methods = {
    ("mann-whitney", "two"): Method(
        _run_two, ClosedForm(_mann_whitney_power, _MANN_WHITNEY_ERRORS, whole_sizes=False), None, ()
    ),
    ("kruskal-wallis", "all"): Method(
        _run_all, ClosedForm(_kruskal_power, {"kruskal": (0.09, 0.05, 0.02)}, whole_sizes=False), None, ()
    ),
}
