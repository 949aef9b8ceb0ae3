"""Exact null distributions of rank statistics, of a share and of the 2 x 2 table, made once for each sample size."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.heavy import special
from trialsim.kinds.designs import WAY


@lru_cache(maxsize=256)
def signed_rank_upper(n: int) -> FloatArray:
    """P(W >= w) for w = 0 .. n(n+1)/2, where W is the sum of the ranks 1..n with a plus sign."""
    mass = np.ones(1)
    for rank in range(1, n + 1):
        longer = np.zeros(mass.size + rank)
        longer[: mass.size] += 0.5 * mass
        longer[rank:] += 0.5 * mass
        mass = longer
    return np.asarray(np.cumsum(mass[::-1])[::-1])


@lru_cache(maxsize=1024)
def mann_whitney_upper(na: int, nb: int) -> FloatArray:
    """P(U >= u) for u = 0 .. na nb, for samples without ties.

    The number of orders with U = u is the coefficient of q^u in the Gaussian binomial (na + nb choose na),
    built here as the product over i of (1 - q^(nb + i)) / (1 - q^i).
    """
    small, large = min(na, nb), max(na, nb)
    ways = np.zeros(small * large + 1)
    ways[0] = 1.0
    for i in range(1, small + 1):
        if large + i < ways.size:
            ways[large + i :] -= ways[: ways.size - large - i].copy()
        for start in range(i):
            ways[start::i] = np.cumsum(ways[start::i])
    total = ways.sum()
    return np.asarray(np.cumsum(ways[::-1])[::-1] / total)


def upper_p(upper: FloatArray, statistic: IntArray, alternative: str) -> FloatArray:
    """p-value from the upper tail of a symmetric distribution on 0 .. len - 1; two-sided is twice the smaller tail."""
    top = upper.size - 1
    if WAY[alternative] > 0:
        return np.asarray(upper[statistic])
    if WAY[alternative] < 0:
        return np.asarray(upper[top - statistic])
    return np.asarray(np.minimum(2.0 * upper[np.maximum(statistic, top - statistic)], 1.0))


@lru_cache(maxsize=65536)
def table_p(a: int, row: int, column: int, total: int, alternative: str) -> float:
    """Fisher's exact p-value of the 2 x 2 table with this first cell, first row, first column and total.

    Two-sided: the sum of all tables that are not more probable than this one; tables within a factor 1 + 1e-7
    count as equally probable (R's ``fisher.test``; scipy.stats.fisher_exact has the same rule with 1e-14).
    """
    low, high = max(0, row + column - total), min(row, column)
    cell = np.arange(low, high, dtype=np.float64)
    with np.errstate(divide="ignore"):
        ratio = (column - cell) * (row - cell) / ((cell + 1.0) * (total - column - row + cell + 1.0))
    log_mass = np.concatenate(([0.0], np.cumsum(np.log(ratio))))
    mass = np.exp(log_mass - log_mass.max())
    mass /= mass.sum()
    here = a - low
    if WAY[alternative] > 0:
        p = mass[here:].sum()
    elif WAY[alternative] < 0:
        p = mass[: here + 1].sum()
    else:
        p = mass[mass <= mass[here] * (1.0 + 1e-7)].sum()
    return float(min(p, 1.0))


@lru_cache(maxsize=65536)
def share_p(events: int, n: int, null: float, alternative: str) -> float:
    """Exact p-value of ``events`` out of ``n`` if each has the probability ``null``; 1 where n is 0.

    Two-sided: the sum of all numbers of events that are not more probable than this one; those within a factor 1 + 1e-7
    count as equally probable (R's ``binom.test`` and scipy.stats.binomtest have the same rule).

    >>> round(share_p(8, 10, 0.5, "two-sided"), 6)
    0.109375
    """
    if WAY[alternative] > 0:
        return float(special.bdtrc(events - 1.0, n, null)) if events > 0 else 1.0
    if WAY[alternative] < 0:
        return float(special.bdtr(events, n, null))
    mass = _binomial_mass(n, null)
    likely = mass > mass[events] * (1.0 + 1e-7)
    if not likely.any():
        return 1.0
    first, last = int(likely.argmax()), n - int(likely[::-1].argmax())  # the mass has one top: all likelier ones adjoin
    lower = float(special.bdtr(first - 1.0, n, null)) if first > 0 else 0.0
    upper = float(special.bdtrc(last, n, null)) if last < n else 0.0
    return min(lower + upper, 1.0)


@lru_cache(maxsize=1024)
def _binomial_mass(n: int, share: float) -> FloatArray:
    """(n + 1,) probabilities of 0 .. n events."""
    events = np.arange(n + 1.0)
    ways = special.gammaln(n + 1.0) - special.gammaln(events + 1.0) - special.gammaln(n - events + 1.0)
    return np.asarray(np.exp(ways + special.xlogy(events, share) + special.xlog1py(n - events, -share)))
