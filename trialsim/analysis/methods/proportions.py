"""Score tests of two arms on yes or no: risk difference, risk ratio and odds ratio, at any null, with their intervals.

Estimands, of the second category, arm a against arm b: the difference of shares; the logarithm of their ratio; the
logarithm of the ratio of their odds.

All three are score tests: the variance is that of the shares which fit best among those that meet the null, without the
factor N / (N - 1) of Miettinen and Nurminen. At the difference of Farrington and Manning, at the ratio of Koopman. At no
effect the three are one test, Pearson's chi-square without correction, so p is the same whichever is reported. The
intervals of both ratios hold the nulls that the same test does not reject. The interval of the difference is Newcombe's,
which may disagree with p near the limit.

Where nobody or everybody has the event the difference is 0, p is 1 at no difference, and the intervals exist. A ratio has
no estimate (NaN) if it is one of nothing: in one arm alone nobody has the event (or for odds, everybody), so that its
logarithm is infinite, with p and one limit; or in both, with p 1 and every ratio inside the interval. The decision exists in
all these trials, so they count for power and coverage, but not for the mean of the estimates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from trialsim.analysis import formulas
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.case import Case, Power, shares_at
from trialsim.analysis.methods.categorical import risk_difference
from trialsim.analysis.methods.method import ClosedForm, Method, Methods
from trialsim.analysis.ordering import Counts
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, FloatArray, IntArray, Rows, first_reason, make_rows
from trialsim.analysis.tails import interval_probability, normal_p
from trialsim.heavy import special
from trialsim.kinds.designs import GREATER, LESS, WAY

#: The score statistic (R,) of events and sizes (R, 2) at a null (R,).
Score = Callable[[IntArray, IntArray, FloatArray], FloatArray]

HALVINGS = 62  # of an interval of width 2 or of logarithms up to 120: to the last digit
FAR = 60.0  # no finite limit of a log ratio is as far


def _two(c: Counts, a: int, b: int) -> tuple[IntArray, IntArray]:
    """Events and sizes (R, 2) of arms a and b."""
    table = c.table[:, [a, b], :]
    return table[:, :, 1], table.sum(axis=2)


def _over_sd(gap: FloatArray, variance: FloatArray) -> FloatArray:
    """The standardized gap; without any variance 0, or infinite if there is a gap."""
    with np.errstate(all="ignore"):
        return np.where(variance > 0.0, gap / np.sqrt(variance), np.where(gap == 0.0, 0.0, np.copysign(np.inf, gap)))


# ---------------------------------------------------------------- statistics


def difference_score(events: IntArray, n: IntArray, null: FloatArray) -> FloatArray:
    """Score statistic (R,) of p_a - p_b = null, by the shares that fit best at that difference (found by bisection).

    References
    ----------
    Farrington and Manning 1990, Stat Med 9:1447, doi:10.1002/sim.4780091208.
    """
    low, high = np.maximum(0.0, -null), np.minimum(1.0, 1.0 - null)
    with np.errstate(all="ignore"):
        for _ in range(HALVINGS):
            pb = 0.5 * (low + high)
            pa = pb + null
            slope = _slope(events[:, 0], n[:, 0], pa) + _slope(events[:, 1], n[:, 1], pb)
            low, high = np.where(slope > 0.0, pb, low), np.where(slope > 0.0, high, pb)
        pb = np.clip(0.5 * (low + high), 0.0, 1.0)
        pa = np.clip(pb + null, 0.0, 1.0)
        variance = pa * (1.0 - pa) / n[:, 0] + pb * (1.0 - pb) / n[:, 1]
        return _over_sd(events[:, 0] / n[:, 0] - events[:, 1] / n[:, 1] - null, variance)


def _slope(events: IntArray, n: IntArray, share: FloatArray) -> FloatArray:
    """Derivative of the log likelihood of a share; nothing is taken from what did not happen, also at 0 and 1."""
    none = n - events
    up = np.where(events > 0, events / share, 0.0)
    return np.asarray(up - np.where(none > 0, none / (1.0 - share), 0.0))


def ratio_score(events: IntArray, n: IntArray, null: FloatArray) -> FloatArray:
    """Score statistic (R,) of log(p_a / p_b) = null.

    References
    ----------
    Koopman 1984, Biometrics 40:513, doi:10.2307/2531405.
    Miettinen and Nurminen 1985, Stat Med 4:213, doi:10.1002/sim.4780040211, equation 10.
    """
    xa, xb, na, nb = events[:, 0], events[:, 1], n[:, 0], n[:, 1]
    ratio = np.exp(null)
    with np.errstate(all="ignore"):
        a, b, c = (na + nb) * ratio, na * ratio + xa + nb + xb * ratio, 1.0 * (xa + xb)
        pb = 2.0 * c / (b + np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0)))
        pa = np.minimum(ratio * pb, 1.0)
        variance = pa * (1.0 - pa) / na + ratio**2 * pb * (1.0 - pb) / nb
        return _over_sd(xa / na - ratio * xb / nb, variance)


def odds_score(events: IntArray, n: IntArray, null: FloatArray) -> FloatArray:
    """Score statistic (R,) of log(odds_a / odds_b) = null.

    References
    ----------
    Miettinen and Nurminen 1985, Stat Med 4:213, doi:10.1002/sim.4780040211, equations 12 to 14.
    """
    xa, na, nb = events[:, 0], n[:, 0], n[:, 1]
    with np.errstate(all="ignore"):
        yes, no = _share_b(events, n, null), _share_b(n - events, n, -null)
        times = np.exp(null)
        pa, qa = times * yes / (times * yes + no), no / (times * yes + no)
        spread_a, spread_b = na * pa * qa, nb * yes * no
        variance = spread_a * spread_b / (spread_a + spread_b)
        return _over_sd(qa * xa - pa * (na - xa), np.where(np.isnan(variance), 0.0, variance))


def _share_b(events: IntArray, n: IntArray, log_odds: FloatArray) -> FloatArray:
    """(R,) the share of arm b that fits best at this log odds ratio, without cancellation however near to 0."""
    happened, more = events.sum(axis=1), np.expm1(log_odds)
    a, b = n[:, 1] * more, n[:, 0] * (1.0 + more) + n[:, 1] - happened * more
    root = np.sqrt(np.maximum(b * b + 4.0 * a * happened, 0.0))
    return np.asarray(np.where(b > 0.0, 2.0 * happened / (b + root), (root - b) / (2.0 * a)))


# ---------------------------------------------------------------- tests


def difference(
    c: Counts, *, a: int, b: int, null: float = 0.0, alternative: str = "two-sided", level: float = 0.95
) -> Rows:
    """Score test of the risk difference a - b (`difference_score`) with Newcombe's interval; the statistic is z."""
    events, n = _two(c, a, b)
    estimate, se, low, high = risk_difference(events, n, alternative=alternative, level=level)
    z = _each(events, n, partial(_at, score=difference_score, null=null))[0]
    p = _p(z, events, n, null=null, alternative=alternative)
    status = first_reason([(EMPTY_ARM, (n == 0).any(axis=1))])
    return make_rows(z, p, n=n.sum(axis=1), status=status, estimate=estimate, se=se, low=low, high=high)


def ratio(c: Counts, *, a: int, b: int, null: float = 0.0, alternative: str = "two-sided", level: float = 0.95) -> Rows:
    """Score test that the log risk ratio a / b is ``null`` (`ratio_score`), with Koopman's interval; the statistic is z.

    The standard error is that of the log ratio of two samples, missing if an arm has no events.
    """
    events, n = _two(c, a, b)
    with np.errstate(all="ignore"):
        estimate = np.log(events[:, 0] / n[:, 0]) - np.log(events[:, 1] / n[:, 1])
        variance = (1.0 / events - 1.0 / n).sum(axis=1)
    open_low, open_high = events[:, 0] == 0, events[:, 1] == 0
    made = partial(_inverted, score=ratio_score, null=null, alternative=alternative, level=level)
    z, low, high = _each(events, n, made)
    low, high = np.where(open_low, -np.inf, low), np.where(open_high, np.inf, high)
    estimate = np.where(open_low | open_high, np.nan, estimate)
    p = np.where(open_low & open_high, 1.0, _p(z, events, n, null=null, alternative=alternative))
    status = first_reason([(EMPTY_ARM, (n == 0).any(axis=1))])
    se = np.sqrt(np.where(np.isfinite(variance), variance, np.nan))
    return make_rows(z, p, n=n.sum(axis=1), status=status, estimate=estimate, se=se, low=low, high=high)


def odds(c: Counts, *, a: int, b: int, null: float = 0.0, alternative: str = "two-sided", level: float = 0.95) -> Rows:
    """Score test that the log odds ratio a / b is ``null`` (`odds_score`) and the interval it leaves; the statistic is z.

    The standard error is Woolf's, missing with an empty cell. Nothing is added to empty cells.
    """
    events, n = _two(c, a, b)
    none = n - events
    with np.errstate(all="ignore"):
        estimate = np.log(events[:, 0] / none[:, 0]) - np.log(events[:, 1] / none[:, 1])
        variance = (1.0 / events + 1.0 / none).sum(axis=1)
    open_low, open_high = (events[:, 0] == 0) | (none[:, 1] == 0), (events[:, 1] == 0) | (none[:, 0] == 0)
    made = partial(_inverted, score=odds_score, null=null, alternative=alternative, level=level)
    z, low, high = _each(events, n, made)
    low, high = np.where(open_low, -np.inf, low), np.where(open_high, np.inf, high)
    estimate = np.where(open_low | open_high, np.nan, estimate)
    p = np.where(open_low & open_high, 1.0, _p(z, events, n, null=null, alternative=alternative))
    status = first_reason([(EMPTY_ARM, (n == 0).any(axis=1))])
    se = np.sqrt(np.where(np.isfinite(variance), variance, np.nan))
    return make_rows(z, p, n=n.sum(axis=1), status=status, estimate=estimate, se=se, low=low, high=high)


def _p(z: FloatArray, events: IntArray, n: IntArray, *, null: float, alternative: str) -> FloatArray:
    """p-values (R,); 1 at no effect where nothing varies and the statistic is not defined."""
    same = (events == 0).all(axis=1) | (events == n).all(axis=1)
    return np.where(same & (null == 0.0), 1.0, normal_p(z, alternative))


def _each(
    events: IntArray, n: IntArray, make: Callable[[IntArray, IntArray], tuple[FloatArray, ...]]
) -> tuple[FloatArray, ...]:
    """What ``make`` finds for each row (R,), each distinct table once."""
    kinds, inverse = np.unique(np.concatenate([events, n], axis=1), axis=0, return_inverse=True)
    return tuple(values[inverse.reshape(-1)] for values in make(kinds[:, :2], kinds[:, 2:]))


def _at(events: IntArray, n: IntArray, *, score: Score, null: float) -> tuple[FloatArray, ...]:
    return (score(events, n, np.full(len(n), null)),)


def _inverted(
    events: IntArray, n: IntArray, *, score: Score, null: float, alternative: str, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The statistic at the null, and the two nulls where it is at the limit: it falls as the null rises."""
    edge = float(special.ndtri(interval_probability(level, alternative)))
    ends = []
    for limit in (edge, -edge):
        low, high = np.full(len(n), -FAR), np.full(len(n), FAR)
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            above = score(events, n, middle) > limit
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        ends.append(0.5 * (low + high))
    if WAY[alternative] < 0:
        ends[0] = np.full(len(n), -np.inf)
    if WAY[alternative] > 0:
        ends[1] = np.full(len(n), np.inf)
    return score(events, n, np.full(len(n), null)), ends[0], ends[1]


# ---------------------------------------------------------------- closed forms

SOURCE = "Farrington and Manning 1990, doi:10.1002/sim.4780091208"


def _power(case: Case, *, test: Callable[..., Rows]) -> Power | None:
    """Exact, from every table that can be expected; as in the simulation, tables without a p-value do not count."""
    (a, b), yes = case.two, np.array([0.0, 1.0])
    na, nb = round(float(case.sizes[a])), round(float(case.sizes[b]))
    arms = [case.arms[a], case.arms[b]]
    if not all(one.exact and set(one.values.tolist()) <= {0.0, 1.0} for one in arms) or na + nb > formulas.MOST_EXACT:
        return None
    pa, pb = (float(shares_at(one, yes)[1]) for one in arms)

    asked = [(case.null, case.alternative)]
    if case.margins:  # equivalence: both one-sided tests must reject
        asked = list(zip(case.margins, (GREATER.name, LESS.name), strict=True))

    def p_of(events: FloatArray, n: FloatArray) -> FloatArray:
        table = Counts(table=np.stack([n - events, events], axis=2).astype(np.int64), categories=yes)
        each = [test(table, a=0, b=1, null=null, alternative=side).p for null, side in asked]
        return np.asarray(np.max(each, axis=0))

    power = formulas.tables_power(pa, pb, na, nb, p_of, alpha=case.alpha)
    return Power(power, "exact: every possible table", SOURCE)


# ---------------------------------------------------------------- methods


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int], *, test: Callable[..., Rows]) -> Rows:
    (a, b), table = arms, data.counts(call.endpoint, call.choice)
    return test(table, a=a, b=b, null=call.null, alternative=call.alternative, level=1.0 - call.alpha)


def _method(test: Callable[..., Rows]) -> Method:
    form = ClosedForm(partial(_power, test=test), {}, whole_sizes=True, equivalence=True)
    return Method(partial(_run, test=test), form, None, ())


METHODS: Methods = {
    ("risk-difference", "two"): _method(difference),
    ("risk-ratio", "two"): _method(ratio),
    ("odds-ratio", "two"): _method(odds),
}
