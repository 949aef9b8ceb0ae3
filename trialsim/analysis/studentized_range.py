"""The studentized range: the distribution of the largest difference of K standardized means over their estimated SD.

P(Q > q) = E_S P(range of K standard normals > q S), S = sqrt(chi-square(df) / df), and
P(range > w) = K integral phi(z) {Phi(z)^(K-1) - [Phi(z) - Phi(z - w)]^(K-1)} dz, whose bracket is
Phi(z - w) times a sum of positive terms: small tails keep their digits.

References
----------
Tukey 1953; Copenhaver and Holland 1988, J Stat Comput Simul 30:1, doi:10.1080/00949658808811082. Both integrals are trapezoid
sums over smooth densities that vanish at both ends, which converge exponentially (Trefethen and Weideman 2014, SIAM Review
56:385, doi:10.1137/130932132).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from trialsim.analysis.rows import FloatArray
from trialsim.heavy import special

#: The largest value of K standard normals lies between these, up to 1e-17.
Z_LOW, Z_HIGH, Z_STEP = -8.5, 8.5, 0.25

#: Nodes for log S from so many degrees of freedom on: within 1e-10 of ten times as many.
SD_NODES = ((60.0, 24), (20.0, 36), (3.0, 96), (0.0, 400))

#: Numbers of the integrand held in memory at once.
HELD = 2_000_000

#: Degrees of freedom from which quantiles are tabulated in one piece down to infinity.
LARGE = 1024.0


def range_p(q: FloatArray, df: FloatArray, groups: int) -> FloatArray:
    """P(Q > q) of K ``groups`` for q and df (E,), elementwise; NaN where q or df is missing or df is not positive.

    Examples
    --------
    >>> round(float(range_p(np.array([3.36669]), np.array([96.0]), 3)[0]), 6)
    0.05
    """
    q, df = np.asarray(q, np.float64), np.asarray(df, np.float64)
    out = np.full(q.shape, np.nan)
    usable = np.isfinite(df) & (df > 0.0) & ~np.isnan(q)
    above = np.inf
    for least, nodes in SD_NODES:
        rows = np.flatnonzero(usable & (df >= least) & (df < above))
        above = least
        size = max(1, HELD // nodes)
        for start in range(0, rows.size, size):
            part = rows[start : start + size]
            out[part] = _tail(q[part], df[part], groups, nodes)
    return out


def _tail(q: FloatArray, df: FloatArray, groups: int, nodes: int) -> FloatArray:
    """P(Q > q) with so many nodes for log S; the same sum for one element as for many."""
    low = 0.5 * np.log(2.0 * special.gammaincinv(0.5 * df, 1e-16) / df)
    high = 0.5 * np.log(2.0 * special.gammainccinv(0.5 * df, 1e-18) / df)
    x = low[:, None] + (high - low)[:, None] * (np.arange(nodes) / (nodes - 1.0))
    half = 0.5 * df[:, None]
    weight = np.exp(half * (2.0 * x - np.exp(2.0 * x) + 1.0))  # the density of log S; its largest value, at 0, is 1
    beyond = normal_range_p((q[:, None] * np.exp(x)).reshape(-1), groups).reshape(x.shape)
    return np.asarray(np.minimum((weight * beyond).sum(axis=1) / weight.sum(axis=1), 1.0))


def normal_range_p(w: FloatArray, groups: int) -> FloatArray:
    """P(range of K standard normals > w), elementwise."""
    total = np.zeros(w.shape)
    for z in np.arange(Z_LOW, Z_HIGH + 0.5 * Z_STEP, Z_STEP).tolist():
        whole = float(special.ndtr(z))
        beyond = special.ndtr(z - w)
        inside = whole - beyond
        powers = np.ones_like(w)
        for other in range(1, groups - 1):  # whole^(K-2) + whole^(K-3) inside + ... + inside^(K-2)
            powers = powers * inside + whole**other
        total += np.exp(-0.5 * z * z) * beyond * powers
    return np.asarray(np.minimum(groups * Z_STEP / np.sqrt(2.0 * np.pi) * total, 1.0))


def range_quantile(probability: float, df: FloatArray, groups: int) -> FloatArray:
    """The q with P(Q > q) = 1 - ``probability``, for df (E,); NaN where df is not at least 1.

    By interpolation between Chebyshev nodes in 1 / df, octave by octave.

    Examples
    --------
    >>> round(float(range_quantile(0.95, np.array([96.0]), 3)[0]), 5)
    3.36669
    """
    df = np.asarray(df, np.float64)
    df = np.where((df < 1.0) & (df > 1.0 - 1e-9), 1.0, df)  # Satterthwaite's, rounded
    out = np.full(df.shape, np.nan)
    usable = np.isfinite(df) & (df >= 1.0)
    octave = np.where(usable, np.minimum(np.floor(np.log2(np.where(usable, df, 1.0))), np.log2(LARGE)), -1.0)
    for one in np.unique(octave[usable]).tolist():
        rows = np.flatnonzero(octave == one)
        out[rows] = _interpolated(1.0 / df[rows], *_quantile_nodes(probability, int(one), groups))
    return out


@lru_cache(maxsize=256)
def _quantile_nodes(probability: float, octave: int, groups: int) -> tuple[FloatArray, FloatArray]:
    """Chebyshev nodes in 1 / df and the logarithms of the quantiles there."""
    low, high = (0.0 if 2.0**octave >= LARGE else 2.0 ** -(octave + 1)), 2.0**-octave
    count = 15
    node = 0.5 * (low + high) + 0.5 * (high - low) * np.cos(np.pi * (np.arange(count) + 0.5) / count)
    df = 1.0 / node
    below, above = np.full(count, -3.0), np.full(count, 12.0)
    for _ in range(52):
        middle = 0.5 * (below + above)
        too_low = range_p(np.exp(middle), df, groups) > 1.0 - probability
        below, above = np.where(too_low, middle, below), np.where(too_low, above, middle)
    return node, 0.5 * (below + above)


def _interpolated(x: FloatArray, node: FloatArray, value: FloatArray) -> FloatArray:
    """Exp of the barycentric interpolant through Chebyshev nodes of the first kind."""
    count = node.size
    weight = np.sin(np.pi * (np.arange(count) + 0.5) / count) * np.where(np.arange(count) % 2 == 0, 1.0, -1.0)
    top, bottom = np.zeros(x.shape), np.zeros(x.shape)
    exact = np.full(x.shape, np.nan)
    with np.errstate(all="ignore"):
        for one in range(count):
            ratio = weight[one] / (x - node[one])
            top += ratio * value[one]
            bottom += ratio
            exact = np.where(x == node[one], value[one], exact)
        return np.asarray(np.exp(np.where(np.isnan(exact), top / bottom, exact)))
