"""Tests of the time until an event, of which some are only known to be later: the log-rank test.

Where no event happens at all the test has failed: it has nothing to compare. Where one of two arms has no event, the test has
its p and the hazard ratio has no estimate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis import formulas
from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.case import Case, Power
from trialsim.analysis.methods.method import ClosedForm, Method, Methods
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, NO_EVENT, FloatArray, IntArray, Rows, first_reason, make_rows
from trialsim.analysis.tails import chi_square_p, interval_probability, limits, normal_p
from trialsim.compiled import kernel
from trialsim.heavy import special
from trialsim.response.scales.moments import EndpointDistribution

Marks = NDArray[np.int8]


@dataclass(frozen=True)
class LogRankSums:
    """Sums over the moments of events, for R replicates and K arms.

    With n_k at risk and d_k events in arm k at a moment, n and d in all:

    Attributes
    ----------
    n : (R, K) participants with a time
    observed, expected : (R, K) sums of d_k, and of d n_k / n
    covariance : (R, K, K) sums of d (n - d) / (n - 1) (n_k / n) (1{k = l} - n_l / n)
    first, second : (R,) of two arms: sums of d_1 n_2 / n and of d_2 n_1 / n
    between : (R,) of two arms: sum of d n_1 n_2 / n^2
    """

    n: IntArray
    observed: FloatArray
    expected: FloatArray
    covariance: FloatArray
    first: FloatArray
    second: FloatArray
    between: FloatArray


@kernel
def _sum_up(  # type: ignore[no-untyped-def]
    times, marks, arm, chosen, n, observed, expected, covariance, first, second, between
):
    """Fill the sums of :class:`LogRankSums`; ``chosen`` (arms,) is the place of each arm among the K compared, -1 for none."""
    replicates, participants = times.shape
    arms = n.shape[1]
    at_risk, died = np.empty(arms), np.empty(arms)
    for r in range(replicates):
        for k in range(arms):
            at_risk[k] = 0.0
        order = np.argsort(times[r])  # NaN last
        counted = 0
        for n_ in range(participants):
            if arm[r, n_] >= 0 and times[r, n_] == times[r, n_] and chosen[arm[r, n_]] >= 0:
                n[r, chosen[arm[r, n_]]] += 1
                at_risk[chosen[arm[r, n_]]] += 1.0
                counted += 1
        i = 0
        while counted > 0 and i < participants:
            now = times[r, order[i]]
            if now != now:
                break
            for k in range(arms):
                died[k] = 0.0
            gone = i
            while gone < participants and times[r, order[gone]] == now:
                who = order[gone]
                if arm[r, who] >= 0 and chosen[arm[r, who]] >= 0 and marks[r, who] <= 0:
                    died[chosen[arm[r, who]]] += 1.0
                gone += 1
            d, total = died.sum(), at_risk.sum()
            if d > 0.0:
                rest = d * (total - d) / (total - 1.0) if total > 1.0 else 0.0
                for k in range(arms):
                    share = at_risk[k] / total
                    observed[r, k] += died[k]
                    expected[r, k] += d * share
                    covariance[r, k, k] += rest * share
                    for other in range(arms):
                        covariance[r, k, other] -= rest * share * at_risk[other] / total
                if arms == 2:
                    first[r] += died[0] * at_risk[1] / total
                    second[r] += died[1] * at_risk[0] / total
                    between[r] += d * at_risk[0] * at_risk[1] / total**2
            for j in range(i, gone):
                who = order[j]
                if arm[r, who] >= 0 and chosen[arm[r, who]] >= 0:
                    at_risk[chosen[arm[r, who]]] -= 1.0
            i = gone


def log_rank_sums(times: FloatArray, marks: Marks, arm: NDArray[np.int8], *, arms: Sequence[int]) -> LogRankSums:
    """The sums of the log-rank test of ``arms``.

    Parameters
    ----------
    times, marks, arm : (R, N) time, NaN where it is missing; 1 where it is only known to be later; arm, -1 for nobody
    """
    values = as_values(times)
    groups = as_arms(arm, values, arms=127)
    chosen = np.full(128, -1, dtype=np.int64)
    chosen[list(arms)] = np.arange(len(arms))
    rows, k = len(values), len(arms)
    n = np.zeros((rows, k), dtype=np.int64)
    observed, expected, covariance = np.zeros((rows, k)), np.zeros((rows, k)), np.zeros((rows, k, k))
    first, second, between = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    _sum_up(values, np.require(marks, np.int8, ["C", "W"]), groups, chosen, n, observed, expected, covariance,
            first, second, between)  # fmt: skip
    return LogRankSums(n, observed, expected, covariance, first, second, between)


def log_rank(sums: LogRankSums, *, alternative: str = "two-sided", level: float = 0.95) -> Rows:
    """Log-rank test of two arms a and b; the estimate is the logarithm of Mantel and Haenszel's hazard ratio of a against b.

    With O events in arm a, E expected and the hypergeometric variance V, the statistic is (O - E)^2 / V: chi-square with 1 df, as
    in R's survdiff; one-sided p-values by z = (O - E) / sqrt(V). "greater" means a higher hazard in arm a.

    The hazard ratio is sum(d_a n_b / n) / sum(d_b n_a / n) over the moments of events. Its logarithm has the variance
    sum(d n_a n_b / n^2) / (sum(d_a n_b / n) sum(d_b n_a / n)), and is 0 where O = E, and nowhere else. An arm without an event
    while the other is at risk has no estimate.

    References
    ----------
    Mantel 1966, Cancer Chemother Rep 50:163. Walker 1985, Appl Stat 34:42, doi:10.2307/2347883 (the hazard ratio). Greenland and
    Robins 1985, Biometrics 41:55, doi:10.2307/2530643 (the variance, there of a rate ratio).
    """
    difference, variance = sums.observed[:, 0] - sums.expected[:, 0], sums.covariance[:, 0, 0]
    with np.errstate(all="ignore"):
        z = np.where(variance > 0.0, difference / np.sqrt(variance), 0.0)
        both = (sums.first > 0.0) & (sums.second > 0.0)
        estimate = np.where(both, np.log(sums.first / sums.second), np.nan)
        se = np.where(both, np.sqrt(sums.between / (sums.first * sums.second)), np.nan)
    p = np.where(variance > 0.0, normal_p(z, alternative), 1.0)
    low, high = limits(estimate, float(special.ndtri(interval_probability(level, alternative))) * se, alternative)
    low, high = (np.where(both, end, np.nan) for end in (low, high))
    status = _status(sums)
    n = sums.n.sum(axis=1)
    return make_rows(z**2, p, n=n, status=status, estimate=estimate, se=se, df=1.0, low=low, high=high)


def log_rank_all(sums: LogRankSums) -> Rows:
    """Log-rank test of K arms: (O - E)' V^-1 (O - E), chi-square; as R's survdiff, without arms in which no event was expected.

    References
    ----------
    Peto and Peto 1972, J R Stat Soc A 135:185, doi:10.2307/2344317.
    """
    statistic, df = np.zeros(len(sums.n)), np.zeros(len(sums.n))
    _quadratic(sums.observed - sums.expected, sums.covariance, sums.expected, statistic, df)
    p = np.where(df > 0, chi_square_p(statistic, np.maximum(df, 1.0)), 1.0)
    return make_rows(statistic, p, n=sums.n.sum(axis=1), status=_status(sums), df=df)


@kernel
def _quadratic(difference, covariance, expected, statistic, df):  # type: ignore[no-untyped-def]
    """X' V^-1 x of the arms with an expected event but one, by elimination; a pivot of 0 drops its arm."""
    rows, arms = difference.shape
    kept = np.empty(arms, dtype=np.int64)
    for r in range(rows):
        m = 0
        for k in range(arms):
            if expected[r, k] > 0.0:
                kept[m] = k
                m += 1
        m -= 1
        if m < 1:
            continue
        v, x = np.empty((m, m)), np.empty(m)
        for i in range(m):
            x[i] = difference[r, kept[i]]
            for j in range(m):
                v[i, j] = covariance[r, kept[i], kept[j]]
        for i in range(m):
            if v[i, i] <= 1e-12 * covariance[r, kept[i], kept[i]]:
                continue
            statistic[r] += x[i] ** 2 / v[i, i]
            df[r] += 1.0
            for j in range(i + 1, m):
                weight = v[j, i] / v[i, i]
                x[j] -= weight * x[i]
                for column in range(i, m):
                    v[j, column] -= weight * v[i, column]


def _status(sums: LogRankSums) -> NDArray[np.int8]:
    return first_reason([(EMPTY_ARM, (sums.n == 0).any(axis=1)), (NO_EVENT, sums.observed.sum(axis=1) == 0)])


# ---------------------------------------------------------------- closed forms


def _events(arm: EndpointDistribution) -> float:
    """The chance of an event while participants are followed; the last point is the end, with the chance of none."""
    return 1.0 - float(arm.weights[-1])


def _log_rank_power(case: Case) -> Power | None:
    """The events expected, and how the arms share them."""
    a, b = case.two
    chances = _events(case.arms[a]), _events(case.arms[b])
    if not all(0 < chance < 1 for chance in chances):
        return None
    na, nb = float(case.sizes[a]), float(case.sizes[b])
    power = formulas.log_rank_power(*chances, na, nb, alpha=case.alpha, alternative=case.alternative)
    ratio = math.log1p(-chances[0]) / math.log1p(-chances[1])
    name = f"normal approximation, {na * chances[0] + nb * chances[1]:.3g} events, hazard ratio {ratio:.3g}"
    return Power(power, name, "Lakatos 1988, doi:10.2307/2531910", "log-rank")


def _log_rank_all_power(case: Case) -> Power | None:
    """The noncentral chi-square with the events expected."""
    chances = np.array([_events(arm) for arm in case.arms])
    if not ((chances > 0) & (chances < 1)).all():
        return None
    noncentrality = formulas.hazards_noncentrality(chances, case.sizes)
    power = formulas.chi_square_power(noncentrality, len(case.arms) - 1, alpha=case.alpha)
    name = f"noncentral chi-square, {float(case.sizes @ chances):.3g} events"
    return Power(power, name, "Lachin 2013, doi:10.1002/sim.5839", "hazards of all arms")


# ---------------------------------------------------------------- methods


def _sums(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> LogRankSums:
    return log_rank_sums(data.chosen(call.endpoint, call.choice), data.marks(call.endpoint), data.arm, arms=arms)


def _run_two(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    return log_rank(_sums(data, call, arms), alternative=call.alternative, level=1.0 - call.alpha)


def _run_all(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    return log_rank_all(_sums(data, call, arms))


METHODS: Methods = {
    ("log-rank", "two"): Method(
        _run_two, ClosedForm(_log_rank_power, {"log-rank": (0.09, 0.07, 0.04)}, whole_sizes=False), None, ()
    ),
    ("log-rank", "all"): Method(
        _run_all,
        ClosedForm(_log_rank_all_power, {"hazards of all arms": (0.08, 0.07, 0.05)}, whole_sizes=False),
        None,
        (),
    ),
}
