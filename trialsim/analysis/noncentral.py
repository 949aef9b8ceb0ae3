"""Upper tails of noncentral distributions and probabilities of counts by ``scipy.special``, as ``scipy.stats`` loads slowly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.heavy import special

Floats = NDArray[np.float64]

#: From this noncentrality on, the tail above a critical value is 1.
CERTAIN = 1e6

#: How far below its largest value a density counts as nothing [natural logarithm].
NOTHING_LEFT = 80.0


def noncentral_t_upper(critical: float, df: float, noncentrality: float | Floats) -> Floats:
    """P(T > ``critical``) of a noncentral t, for each noncentrality.

    T = (Z + noncentrality) / s, so it is the normal probability averaged over log(s). The trapezoidal rule has errors below
    1e-12, since the density of log(s) and all its derivatives vanish at both ends.

    >>> round(float(noncentral_t_upper(2.0, 10, 1.5)), 12)  # R 4.3: 1 - pt(2, 10, 1.5)
    0.340845927558
    """
    root = (NOTHING_LEFT / df) ** 0.5
    low, high = -max(NOTHING_LEFT / df, 1.3 * root), 0.5 * np.log1p(2 * NOTHING_LEFT / df + 2 * root)
    log_s = np.linspace(low, high, 400 + int(3200 / df))
    density = np.exp(df * (log_s - np.expm1(2 * log_s) / 2))
    above = special.ndtr(np.asarray(noncentrality)[..., None] - critical * np.exp(log_s))
    return np.asarray(above @ (density / density.sum()))


def noncentral_chi_square_upper(critical: float, df: float, noncentrality: float) -> float:
    """P(X > ``critical``) of a noncentral chi-square, whose degrees of freedom are df + 2 J with J from a Poisson distribution.

    >>> round(noncentral_chi_square_upper(5.991464547107979, 2, 10.0), 12)
    0.815421378711
    """
    if noncentrality > CERTAIN:
        return 1.0
    count, weight = _poisson(noncentrality / 2)
    return float(weight @ special.gammaincc(df / 2 + count, critical / 2))


def noncentral_f_upper(critical: float, df_between: float, df_within: float, noncentrality: float) -> float:
    """P(F > ``critical``) of a noncentral F, whose first degrees of freedom are df + 2 J with J from a Poisson distribution.

    >>> round(noncentral_f_upper(3.0, 2, 60, 10.0), 12)
    0.811646725272
    """
    if noncentrality > CERTAIN:
        return 1.0
    count, weight = _poisson(noncentrality / 2)
    share = df_within / (df_within + df_between * critical)
    return float(weight @ special.betainc(df_within / 2, df_between / 2 + count, share))


def _poisson(mean: float) -> tuple[Floats, Floats]:
    """The counts of a Poisson distribution with any probability left, and their probabilities, which add up to 1."""
    reach = 10.0 * mean**0.5 + 40.0
    count = np.arange(max(0, int(mean - reach)), int(mean + reach) + 1, dtype=np.float64)
    weight = np.exp(special.xlogy(count, mean) - mean - special.gammaln(count + 1))
    return count, weight / weight.sum()


def binomial(count: NDArray[np.int64], n: int, share: float) -> Floats:
    """The probabilities of counts out of n.

    >>> binomial(np.arange(3), 2, 0.5).round(12).tolist()
    [0.25, 0.5, 0.25]
    """
    ways = special.gammaln(n + 1) - special.gammaln(count + 1) - special.gammaln(n - count + 1)
    return np.asarray(np.exp(ways + special.xlogy(count, share) + special.xlog1py(n - count, -share)))


def hypergeometric(count: NDArray[np.int64], na: int, nb: int, drawn: int) -> Floats:
    """The probabilities of counts from ``na`` when ``drawn`` are drawn from ``na`` + ``nb``.

    >>> hypergeometric(np.arange(3), 2, 2, 2).round(12).tolist()
    [0.166666666667, 0.666666666667, 0.166666666667]
    """

    def ways(n: int | NDArray[np.int64], k: int | NDArray[np.int64]) -> Floats:
        return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))

    return np.asarray(np.exp(ways(na, count) + ways(nb, drawn - count) - ways(na + nb, drawn)))
