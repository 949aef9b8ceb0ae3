"""Studentized rank tests of two arms that need no equal spreads: Brunner-Munzel and the win odds.

Estimand: P(A > B) + P(A = B) / 2, and its odds. Both tests may compare with a number other than no effect (a margin).

With fewer than `PERMUTED_BELOW` values in an arm p and interval come from the studentized permutation distribution (Neubert
and Brunner), because t then rejects too often (5 and 5 values: 7.1 % of trials without an effect at 5 %). It also holds where
spreads differ, in contrast to permuting a difference of means or ranks.

Separated arms (all values of one above the other) have no standard error. Their p is that of the permutation distribution at
any size, 1 / C(n_a + n_b, n_a) on the side of the difference and twice that on both; by t alone the test has failed ("separated").
If all values are equal, p is 1. The interval is then Newcombe's, as for Mann-Whitney.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.methods.ranks import newcombe_probability
from trialsim.analysis.ordering import Counts, RankOrder
from trialsim.analysis.placements import placement_variances
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import (
    EMPTY_ARM,
    SEPARATED,
    TOO_FEW,
    BoolArray,
    FloatArray,
    IntArray,
    Rows,
    first_reason,
    make_rows,
)
from trialsim.analysis.studentized import Draws, permuted
from trialsim.analysis.tails import interval_probability, limits, t_p, t_quantile
from trialsim.analysis.tie_groups import tie_groups
from trialsim.heavy import special
from trialsim.kinds.designs import WAY
from trialsim.kinds.tests import BY_T

PERMUTED_BELOW = 15


def brunner_munzel(
    ranked: Counts | RankOrder,
    *,
    a: int,
    b: int,
    draws: Draws | None,
    null: float = 0.5,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """Brunner-Munzel test of P = ``null``, P = P(A > B) + P(A = B) / 2; the statistic is (P - null) / SE.

    t with Satterthwaite's degrees of freedom, as scipy.stats.brunnermunzel; the interval is P +- t SE, cut at 0 and 1, and
    agrees with the test. Two-sided p by permutation is twice the smaller tail.

    Parameters
    ----------
    draws : where the permutations are drawn; None for t at every size

    References
    ----------
    Brunner and Munzel 2000, Biom J 42:17. Neubert and Brunner 2007, doi:10.1016/j.csda.2006.05.024.
    """
    return _studentized(
        ranked, arms=(a, b), draws=draws, null=null, alternative=alternative, level=level, logit=False
    )


def win_odds(
    ranked: Counts | RankOrder,
    *,
    a: int,
    b: int,
    draws: Draws | None,
    null: float = 0.0,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """Win odds P / (1 - P) of arm a over arm b, ties counted half; estimate, SE, limits and ``null`` are logarithms.

    The statistic is (logit P - null) P (1 - P) / SE(P), compared with t with Satterthwaite's degrees of freedom, or
    by permutation on the same scale. Separated arms have infinite odds: p and the one finite limit are given, no estimate.

    References
    ----------
    Brunner, Vandemeulebroecke and Muetze 2021, Stat Med 40:3367, doi:10.1002/sim.8967. Pauly, Asendorpf and Konietschke
    2016, Biom J 58:1319, doi:10.1002/bimj.201500105.
    """
    return _studentized(
        ranked, arms=(a, b), draws=draws, null=null, alternative=alternative, level=level, logit=True
    )


def _studentized(
    ranked: Counts | RankOrder,
    *,
    arms: tuple[int, int],
    draws: Draws | None,
    null: float,
    alternative: str,
    level: float,
    logit: bool,
) -> Rows:
    """Both tests: on the scale of P, or of logit P."""
    sums = ranked.rank_sums([[arms[0]], [arms[1]]])
    na, nb = sums.n[:, 0], sums.n[:, 1]
    u = sums.rank_sum[:, 0] - 0.5 * na * (na + 1)
    with np.errstate(all="ignore"):
        chance = u / (na * nb)
        of_a, of_b = placement_variances(u, sums.square, na, nb)
        se = np.sqrt(of_a + of_b)
        df = (of_a + of_b) ** 2 / (of_a**2 / (na - 1.0) + of_b**2 / (nb - 1.0))
        estimate, error = (special.logit(chance), se / (chance * (1.0 - chance))) if logit else (chance, se)
        statistic = (estimate - null) / error
    apart = (chance == 0.0) | (chance == 1.0)
    status = first_reason(
        [
            (EMPTY_ARM, (na == 0) | (nb == 0)),
            (TOO_FEW, (na < 2) | (nb < 2)),
            (SEPARATED, apart if draws is None else np.zeros_like(apart)),
        ]
    )
    tail = 1.0 - interval_probability(level, alternative)
    with np.errstate(all="ignore"):
        quantile = t_quantile(1.0 - tail, df)
    p, reach_low, reach_high = t_p(statistic, df, alternative), quantile, quantile
    usable = (na > 1) & (nb > 1)
    small = usable & ~apart & (se > 0.0) & (np.minimum(na, nb) < PERMUTED_BELOW)
    if draws is not None and small.any():
        found = permuted(
            tie_groups(ranked, arms), statistic, na, nb, tail=tail, logit=logit, draws=draws, which=small
        )
        p = np.where(small, _permutation_p(found.up, found.down, alternative), p)
        reach_low, reach_high = np.where(small, found.high, quantile), np.where(small, -found.low, quantile)
    with np.errstate(all="ignore"):
        low = limits(estimate, reach_low * error, alternative)[0]
        high = limits(estimate, reach_high * error, alternative)[1]
        once = np.exp(special.gammaln(na + 1.0) + special.gammaln(nb + 1.0) - special.gammaln(na + nb + 1.0))
    p = np.where(apart, _permutation_p(*_separated(once, chance), alternative), p)
    p = np.where(usable & (se == 0.0) & ~apart, 1.0, p)
    statistic = np.where(apart, np.where(chance > 0.5, np.inf, -np.inf), np.where(se == 0.0, 0.0, statistic))
    low, high = _at_edge(chance, na, nb, low, high, usable & ~(se > 0.0), tail=tail, alternative=alternative, logit=logit)
    if not logit:
        low, high = np.maximum(low, 0.0), np.minimum(high, 1.0)
    estimate = np.where(np.isfinite(estimate), estimate, np.nan)
    error, df = np.where(np.isfinite(error), error, np.nan), np.where(np.isfinite(df), df, np.nan)
    return make_rows(
        statistic, p, n=na + nb, status=status, estimate=estimate, se=error, df=df, low=low, high=high
    )


def _permutation_p(up: FloatArray, down: FloatArray, alternative: str) -> FloatArray:
    """One tail, or twice the smaller one."""
    if WAY[alternative] == 0:
        return np.asarray(np.minimum(2.0 * np.minimum(up, down), 1.0))
    return up if WAY[alternative] > 0 else down


def _separated(once: FloatArray, chance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Tails up and down of separated arms: only one division of the sample is as extreme."""
    return np.where(chance > 0.5, once, 1.0), np.where(chance > 0.5, 1.0, once)


def _at_edge(
    chance: FloatArray,
    na: IntArray,
    nb: IntArray,
    low: FloatArray,
    high: FloatArray,
    where: BoolArray,
    *,
    tail: float,
    alternative: str,
    logit: bool,
) -> tuple[FloatArray, FloatArray]:
    """Newcombe's limits where there is no standard error."""
    rows = np.flatnonzero(where)
    if not rows.size:
        return low, high
    z = float(special.ndtri(1.0 - tail))
    edge_low, edge_high = newcombe_probability(chance[rows], na[rows], nb[rows], z=z)
    if WAY[alternative] < 0:
        edge_low = np.zeros_like(edge_low)
    if WAY[alternative] > 0:
        edge_high = np.ones_like(edge_high)
    if logit:
        edge_low, edge_high = special.logit(edge_low), special.logit(edge_high)
    low[rows], high[rows] = edge_low, edge_high
    return low, high


# ---------------------------------------------------------------- methods


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int], *, test: Callable[..., Rows]) -> Rows:
    (a, b), ranked = arms, data.ranked(call.endpoint, call.choice)
    draws = None if call.by == BY_T else Draws(data.data.seed, data.data.replicates)
    return test(ranked, a=a, b=b, draws=draws, alternative=call.alternative, level=1.0 - call.alpha)


_NO_FORMULA = NoClosedForm(
    "Its power depends on how far the values of each arm spread among those of the other. With equal spreads it is near that of "
    "mann-whitney, which has a formula."
)

METHODS: Methods = {
    ("brunner-munzel", "two"): Method(partial(_run, test=brunner_munzel), _NO_FORMULA, None, ()),
    ("win-odds", "two"): Method(partial(_run, test=win_odds), _NO_FORMULA, None, ()),
}
