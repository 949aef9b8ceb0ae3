"""The sign test of one sample of changes.

Estimand: the median change. The test counts how many changes lie above the null among those that differ from it, and is exact.
If none differs, p is 1. Only an empty sample is a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.exact import upper_p
from trialsim.analysis.methods.case import Case, Power
from trialsim.analysis.methods.method import ClosedForm, Method, Methods
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, FloatArray, IntArray, Rows, first_reason, make_rows
from trialsim.analysis.tails import interval_probability
from trialsim.heavy import special
from trialsim.kinds.designs import WAY

#: Above this size the exact power is not computed.
MOST_EXACT = 2000


@lru_cache(maxsize=1024)
def _binomial_upper(n: int) -> FloatArray:
    """P(S >= s) for s = 0 .. n, S binomial with n and one half."""
    return np.asarray(special.bdtrc(np.arange(-1.0, n), n, 0.5))


def sign(x: FloatArray, *, null: float = 0.0, alternative: str = "two-sided", level: float = 0.95) -> Rows:
    """Sign test of the median of x (R, N), NaN where missing, against ``null``; the statistic is the number above it.

    Values equal to the null are dropped (``n`` counts them); p is that of the binomial distribution with one half, two-sided
    twice the smaller tail, which is also the one by likelihood.

    The estimate is the median of all values; its interval lies between two order statistics and covers at least as often as
    ``level`` says (R: DescTools::SignTest, rstatix::sign_test). With too few values for that level the interval is missing.

    References
    ----------
    Hollander, Wolfe and Chicken 2014, Nonparametric Statistical Methods, section 3.4 to 3.6.
    """
    values = np.sort(np.asarray(x, dtype=np.float64), axis=1)
    n = (~np.isnan(values)).sum(axis=1)
    above = (values > null).sum(axis=1)
    used = above + (values < null).sum(axis=1)
    p = np.ones(n.shape)
    for size in np.unique(used[used > 0]).tolist():
        rows = np.flatnonzero(used == size)
        p[rows] = upper_p(_binomial_upper(size), above[rows], alternative)
    estimate, low, high = _median(values, n, tail=1.0 - interval_probability(level, alternative))
    low = np.where(WAY[alternative] < 0, -np.inf, low)
    high = np.where(WAY[alternative] > 0, np.inf, high)
    status = first_reason([(EMPTY_ARM, n == 0)])
    return make_rows(above.astype(np.float64), p, n=n, status=status, estimate=estimate, low=low, high=high)


def _median(values: FloatArray, n: IntArray, *, tail: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Median of sorted values, and the order statistics outside which a median has at most probability ``tail``."""
    row, last = np.arange(len(values)), np.maximum(n - 1, 0)
    estimate = 0.5 * (values[row, last // 2] + values[row, (last + 1) // 2])
    low, high = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    for size in np.unique(n[n > 0]).tolist():
        # The k-th smallest value is a lower limit if P(S <= k - 1) <= tail; P(S <= s) is P(S >= n - s).
        cut = int(np.count_nonzero(_binomial_upper(size)[1:] <= tail * (1.0 + 1e-12)))
        if cut > 0:
            rows = np.flatnonzero(n == size)
            low[rows], high[rows] = values[rows, cut - 1], values[rows, size - cut]
    return estimate, low, high


# ---------------------------------------------------------------- closed form, method


def sign_power(above: float, below: float, n: int, *, alpha: float, alternative: str = "two-sided") -> float:
    """Exact power of the sign test with the chances of a value above and below the null; the rest is dropped.

    >>> round(sign_power(0.8, 0.2, 20, alpha=0.05), 4)  # at least 15 or at most 5 of 20
    0.8042
    """
    differ = above + below
    if differ <= 0.0:
        return 0.0
    power = 0.0
    for used in range(1, n + 1):
        counts = np.arange(used + 1)
        rejects = upper_p(_binomial_upper(used), counts, alternative) <= alpha
        chance = special.bdtr(counts, used, above / differ)
        mass = np.diff(chance, prepend=0.0)
        share = special.bdtr(used, n, differ) - special.bdtr(used - 1, n, differ)
        power += float(share) * float(mass[rejects].sum())
    return power


def _power(case: Case) -> Power | None:
    n = round(float(case.sizes.sum()))
    if len(case.arms) > 1 or not 0 < n <= MOST_EXACT:
        return None
    (one,) = case.arms
    if one.normal is not None and not one.exact:
        above = one.at_least(case.null)
        below = 1.0 - above
    else:
        above = float(one.weights[one.values > case.null].sum())
        below = float(one.weights[one.values < case.null].sum())
    power = sign_power(above, below, n, alpha=case.alpha, alternative=case.alternative)
    return Power(power, f"binomial, {100 * above:.1f} % above {case.null:g}", "Hollander, Wolfe and Chicken 2014, 3.4")


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    values = data.alone(call.endpoint, call.choice, arms)
    return sign(values, null=call.null, alternative=call.alternative, level=1.0 - call.alpha)


METHODS: Methods = {("sign", "one"): Method(_run, ClosedForm(_power, {}, whole_sizes=True), None, ())}
