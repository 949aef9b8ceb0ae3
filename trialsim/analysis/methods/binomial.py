"""Exact tests of a share: one sample against a number, and McNemar's test of yes or no at two visits of the same people.

Estimand of one sample: the share of the second category; of pairs: the share at the second visit minus that at the first.

Both tests are exact, and two-sided by likelihood: the sum of all results that are no more probable than the one seen
(`exact.share_p`). Their intervals are not the inverse of the two-sided test, so rarely one of the two excludes the
null and the other does not.

Where nobody or everybody says yes, p and interval exist. Without any change McNemar's p is 1. Only an empty sample is a
failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trialsim.analysis import formulas
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.exact import share_p
from trialsim.analysis.methods.case import Case, Power, joined, shares_at
from trialsim.analysis.methods.categorical import wilson
from trialsim.analysis.methods.method import ClosedForm, Method, Methods
from trialsim.analysis.ordering import Counts
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, FloatArray, IntArray, Rows, first_reason, make_rows
from trialsim.analysis.tails import interval_probability
from trialsim.heavy import special
from trialsim.kinds.designs import WAY


def clopper_pearson(
    events: IntArray, n: IntArray, *, alternative: str = "two-sided", level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """The exact interval of a proportion (R,): all shares that neither one-sided test rejects; NaN where n is 0.

    References
    ----------
    Clopper and Pearson 1934, Biometrika 26:404, doi:10.1093/biomet/26.4.404.

    >>> low, high = clopper_pearson(np.array([6]), np.array([20]))
    >>> print(f"{low[0]:.4f} to {high[0]:.4f}")
    0.1189 to 0.5428
    """
    tail = 1.0 - interval_probability(level, alternative)
    with np.errstate(all="ignore"):
        low = np.where(events > 0, special.betaincinv(np.maximum(events, 1), n - events + 1.0, tail), 0.0)
        high = np.where(events < n, special.betaincinv(events + 1.0, np.maximum(n - events, 1), 1.0 - tail), 1.0)
    if WAY[alternative] < 0:
        low = np.zeros_like(low)
    if WAY[alternative] > 0:
        high = np.ones_like(high)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def binomial(
    c: Counts, *, arm: int | None = None, null: float = 0.5, alternative: str = "two-sided", level: float = 0.95
) -> Rows:
    """Exact test that the share of the second category is ``null``, in an arm or in all together, as R's ``binom.test``.

    The interval is Clopper and Pearson's, whose one-sided limits are the inverse of the one-sided tests: an exact test is
    not reported with an approximate interval. The statistic is the number of events.
    """
    table = c.table.sum(axis=1) if arm is None else c.table[:, arm]
    events, n = table[:, 1], table.sum(axis=1)
    with np.errstate(all="ignore"):
        share = events / n
        se = np.sqrt(share * (1.0 - share) / n)
    low, high = clopper_pearson(events, n, alternative=alternative, level=level)
    status = first_reason([(EMPTY_ARM, n == 0)])
    p = _exact_p(events, n, null=null, alternative=alternative)
    return make_rows(events.astype(np.float64), p, n=n, status=status, estimate=share, se=se, low=low, high=high)


def mcnemar(before: FloatArray, after: FloatArray, *, alternative: str = "two-sided", level: float = 0.95) -> Rows:
    """McNemar's exact test of yes (1) or no (0) at two visits (R, N), NaN where missing; the estimate is after - before.

    Of those who changed, the number who changed to yes is binomial at one half. ``greater`` means more yes after. Only
    participants with both values count. The statistic is the number who changed to yes; the standard error is Wald's.

    The interval is Newcombe's (method 10): Wilson's intervals of both shares, joined by their correlation. It stays
    inside -1 to 1 and has a width when nobody changes; Wald's has neither, and covers too seldom in small samples.

    References
    ----------
    Newcombe 1998, Stat Med 17:2635, doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C.
    Fagerland, Lydersen and Laake 2014, Stat Med 33:2850, doi:10.1002/sim.6148.
    """
    pairs = _pairs(before, after)
    n = pairs.sum(axis=1)
    gained, lost = pairs[:, 1], pairs[:, 2]
    with np.errstate(all="ignore"):
        estimate = (gained - lost) / n
        se = np.sqrt((gained + lost) / n - estimate**2) / np.sqrt(n)
    low, high = _paired_interval(pairs, alternative=alternative, level=level)
    status = first_reason([(EMPTY_ARM, n == 0)])
    p = _exact_p(gained, gained + lost, null=0.5, alternative=alternative)
    return make_rows(gained.astype(np.float64), p, n=n, status=status, estimate=estimate, se=se, low=low, high=high)


def _pairs(before: FloatArray, after: FloatArray) -> IntArray:
    """(R, 4) pairs by change: yes at both visits, changed to yes, changed to no, no at both."""
    first, second = before == 1.0, after == 1.0
    both = ~(np.isnan(before) | np.isnan(after))
    cells = [first & second, ~first & second, first & ~second, ~first & ~second]
    return np.stack([(both & cell).sum(axis=1) for cell in cells], axis=1).astype(np.int64)


def _paired_interval(pairs: IntArray, *, alternative: str, level: float) -> tuple[FloatArray, FloatArray]:
    """Newcombe's interval of the difference of paired shares."""
    z = float(special.ndtri(interval_probability(level, alternative)))
    yes, gained, lost, no = (pairs[:, cell].astype(np.float64) for cell in range(4))
    n = pairs.sum(axis=1)
    with np.errstate(all="ignore"):
        p1, p2 = (yes + lost) / n, (yes + gained) / n
        low1, high1 = wilson(pairs[:, 0] + pairs[:, 2], n, z=z)
        low2, high2 = wilson(pairs[:, 0] + pairs[:, 1], n, z=z)
        product = yes * no - gained * lost
        product = np.where(product > 0.0, np.maximum(product - n / 2.0, 0.0), product)  # continuity, as Newcombe
        margins = (yes + lost) * (gained + no) * (yes + gained) * (lost + no)
        phi = np.where(margins > 0.0, product / np.sqrt(margins), 0.0)
        below = _joined(p2 - low2, high1 - p1, phi)
        above = _joined(high2 - p2, p1 - low1, phi)
        low = np.full_like(p1, -1.0) if WAY[alternative] < 0 else p2 - p1 - below
        high = np.full_like(p1, 1.0) if WAY[alternative] > 0 else p2 - p1 + above
    return low, high


def _joined(x: FloatArray, y: FloatArray, phi: FloatArray) -> FloatArray:
    """Length of two distances whose estimates have the correlation ``phi``, subtracted."""
    return np.asarray(np.sqrt(np.maximum(x**2 - 2.0 * phi * x * y + y**2, 0.0)))


def _exact_p(events: IntArray, n: IntArray, *, null: float, alternative: str) -> FloatArray:
    """(R,) exact p-values, each distinct result computed once."""
    kinds, inverse = np.unique(np.stack([events, n], axis=1), axis=0, return_inverse=True)
    each = [share_p(int(e), int(size), null, alternative) for e, size in kinds]
    return np.array(each, dtype=np.float64)[inverse.reshape(-1)]


# ---------------------------------------------------------------- closed forms


def _binomial_power(case: Case) -> Power | None:
    n, together = round(float(case.sizes.sum())), joined(case)
    if together is None or n > formulas.MOST_EXACT:
        return None
    power = formulas.binomial_power(together[1], n, null=case.null, alpha=case.alpha, alternative=case.alternative)
    return Power(power, "exact: every possible number of yes", "Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404")


def _mcnemar_power(case: Case) -> Power | None:
    n = round(float(case.sizes.sum()))
    if len(case.arms) != 1 or not case.arms[0].exact or n > formulas.MOST_EXACT:
        return None
    lost, _, gained = shares_at(case.arms[0], np.array([-1.0, 0.0, 1.0])).tolist()
    power = formulas.mcnemar_power(gained, lost, n, alpha=case.alpha, alternative=case.alternative)
    name = f"exact, {gained:.3g} change to yes and {lost:.3g} to no"
    return Power(power, name, "McNemar 1947, doi:10.1007/BF02295996")


# ---------------------------------------------------------------- methods


def _run_binomial(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    table, arm = data.counts(call.endpoint, call.choice), arms[0] if arms else None
    return binomial(table, arm=arm, null=call.null, alternative=call.alternative, level=1.0 - call.alpha)


def _run_mcnemar(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    """The limits of yes apply to the value at each visit."""
    start = call.endpoint.start
    assert start is not None  # McNemar's test takes a change
    plain = replace(call.endpoint, start=None, each=False)
    before, after = (data.alone(replace(plain, visit=visit), call.choice, arms) for visit in (start, plain.visit))
    return mcnemar(before, after, alternative=call.alternative, level=1.0 - call.alpha)


METHODS: Methods = {
    ("binomial", "one"): Method(_run_binomial, ClosedForm(_binomial_power, {}, whole_sizes=True), None, ()),
    ("mcnemar", "one"): Method(_run_mcnemar, ClosedForm(_mcnemar_power, {}, whole_sizes=True), None, ()),
}
