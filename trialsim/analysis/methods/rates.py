"""Rates of counted events in two arms, given covariates: Poisson and negative binomial regression, offset by time at risk.

Estimand: the logarithm of the rate ratio a / b at equal covariates. The models have the participants of the two arms that
are compared; complete cases. p and interval are Wald's.

Poisson regression takes the variance for the mean: where counts vary more, it rejects too often. Negative binomial regression
estimates by how much, mean + dispersion mean^2, by maximum likelihood; the standard error is that of the expected information
at this dispersion, as in MASS::glm.nb. Where counts vary less than Poisson's the best dispersion is 0, at its boundary: such a
trial is analyzed by Poisson regression. Without any event the test has failed; where an arm has none, the replicate is
"separated".

References ---------- McCullagh and Nelder 1989, Generalized Linear Models, chapter 6. Lawless 1987, Can J Stat 15:209,
doi:10.2307/3314912. Venables and Ripley 2002, Modern Applied Statistics with S, section 7.4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Caveat, Method, Methods, NoClosedForm
from trialsim.analysis.methods.wald import ended, wald_rows
from trialsim.analysis.newton import (
    CLOSE,
    CONVERGED,
    ENDLESS,
    FULL,
    LOOK,
    LOST,
    ON,
    STILL,
    along,
    clear,
    factor,
    gather,
    go,
    newton,
    places,
    solve,
    standardize,
    workspace,
)
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, NO_EVENT, SINGULAR, FloatArray, Rows, first_reason
from trialsim.compiled import kernel, part
from trialsim.response.plan import ResponsePlan

#: Rounds of coefficients and dispersion in turn, and the relative change of the dispersion in the last.
ROUNDS = 100
SETTLED = 1e-10

#: Below this dispersion x mean the logarithm in the score of the dispersion is a series.
SMALL = 0.02


class EventCounts(NamedTuple):
    """What is fitted.

    Attributes
    ----------
    counts : (M,)
    dispersion : 0 of Poisson's
    """

    counts: FloatArray
    dispersion: float


@part
def _likelihood(events, fit, m, p):  # type: ignore[no-untyped-def]
    """The log likelihood but for what only the dispersion moves; the information is that expected."""
    clear(fit, p)
    design, gradient, information, dispersion = fit.design, fit.gradient, fit.information, events.dispersion
    total = 0.0
    for i in range(m):
        count, eta = events.counts[i], fit.eta[i]
        mean = math.exp(eta)
        spread = 1.0 + dispersion * mean
        weight, rest = mean / spread, (count - mean) / spread
        total += count * eta
        total -= (count + 1.0 / dispersion) * math.log(spread) if dispersion > 0.0 else mean
        for q in range(p):
            gradient[q] += rest * design[i, q]
            size = weight * design[i, q]
            for j in range(q + 1):
                information[q, j] += size * design[i, j]
    return total, factor(information, fit.lower, p)


@part
def _no_end(counts, moved, largest, m):  # type: ignore[no-untyped-def]
    """Whether a step lowers the rate of nobody with an event, and raises that of nobody at all."""
    for i in range(m):  # noqa: SIM110  # compiled
        if moved[i] > STILL * largest or (counts[i] > 0.0 and moved[i] < -STILL * largest):
            return False
    return True


@part
def _aim(at, events, fit, m, p):  # type: ignore[no-untyped-def]
    """The next step."""
    solve(fit.lower, fit.gradient, fit.step, p)
    largest = along(fit.design, fit.step, m, p, fit.moved)
    look = at >= LOOK and largest >= CLOSE
    return largest, ENDLESS if look and _no_end(events.counts, fit.moved, largest, m) else ON


_climb = newton(_likelihood, _aim, go)


@part
def _slope(counts, above, eta, m, highest, dispersion):  # type: ignore[no-untyped-def]
    """Derivative of the log likelihood by the dispersion; ``above`` holds how many counts are above 0, 1, 2, ..."""
    total = 0.0
    for j in range(1, highest):
        total += above[j] * j / (1.0 + dispersion * j)
    for i in range(m):
        mean = math.exp(eta[i])
        t = dispersion * mean
        if t < SMALL:
            series = 0.5 - t * (2.0 / 3.0 - t * (0.75 - t * (0.8 - t * (5.0 / 6.0 - t * (6.0 / 7.0 - t * 0.875)))))
        else:
            series = (math.log1p(t) - t / (1.0 + t)) / (t * t)
        total += mean * mean * series - counts[i] * mean / (1.0 + t)
    return total


@part
def _spread_of(counts, above, eta, m, highest, start):  # type: ignore[no-untyped-def]
    """The dispersion at which the likelihood is highest; 0 where it falls from 0 on. By the secant method inside a bracket."""
    at_none = _slope(counts, above, eta, m, highest, 0.0)
    if not at_none > 0.0:
        return 0.0
    low, high = 0.0, start
    f_low, f_high = at_none, _slope(counts, above, eta, m, highest, start)
    while f_high > 0.0 and high < 1e8:
        low, f_low = high, f_high
        high *= 4.0
        f_high = _slope(counts, above, eta, m, highest, high)
    side = 0
    for _ in range(200):
        middle = (low * f_high - high * f_low) / (f_high - f_low)
        if not low < middle < high:
            break
        f = _slope(counts, above, eta, m, highest, middle)
        if f > 0.0:
            low, f_low = middle, f
            f_high *= 0.5 if side > 0 else 1.0
            side = 1
        else:
            high, f_high = middle, f
            f_low *= 0.5 if side < 0 else 1.0
            side = -1
        if f == 0.0 or high - low <= 1e-13 * high:
            break
    return low if abs(f_low) < abs(f_high) else high


@part
def _start(counts, offset, fit, m, p):  # type: ignore[no-untyped-def]
    """From the rates of the two arms, half an event added, without covariates."""
    design, beta = fit.design, fit.beta
    top = design[0, p - 1]
    for i in range(m):
        top = max(top, design[i, p - 1])
    events_a = events_b = 0.5
    time_a = time_b = 0.0
    for i in range(m):
        if design[i, p - 1] == top:
            events_a += counts[i]
            time_a += math.exp(offset[i])
        else:
            events_b += counts[i]
            time_b += math.exp(offset[i])
    first, second = math.log(events_a / time_a), math.log(events_b / time_b)
    for q in range(p):
        beta[q] = 0.0
    beta[p - 1] = first - second
    beta[0] = first - beta[p - 1] * top
    for i in range(m):
        fit.eta[i] = offset[i] + beta[0] + beta[p - 1] * design[i, p - 1]


@part
def _count_above(counts, m, above):  # type: ignore[no-untyped-def]
    """Fill ``above`` with how many counts are above 0, 1, 2, ...: up to the highest count, which is given."""
    highest = 0
    for i in range(m):
        highest = max(highest, int(counts[i]))
    for j in range(highest):
        above[j] = 0.0
    for i in range(m):
        for j in range(int(counts[i])):
            above[j] += 1.0
    return highest


@kernel
def _fit_all(  # type: ignore[no-untyped-def]
    y, x, at_risk, arm, a, b, dispersed, above, offset, response, who, fit, estimate, se, spread, n, events, how
):
    """Fit every replicate; ``spread`` is the dispersion, 0 of Poisson's."""
    for r in range(y.shape[0]):
        na, nb = gather(y, x, arm, r, a, b, fit.design, response, who)
        m = na + nb
        n[r, 0], n[r, 1] = na, nb
        for i in range(m):
            events[r] += response[i]
            offset[i] = math.log(at_risk[r, who[i]])
        if na == 0 or nb == 0 or events[r] == 0.0:
            continue
        p = standardize(fit.design, m, x.shape[2] + 2, fit.lower)
        if p == 0:
            how[r] = -1
            continue
        _start(response, offset, fit, m, p)
        how[r], _ = _climb((EventCounts(response, 0.0), fit, m, p), FULL)
        if dispersed and how[r] == CONVERGED:
            highest = _count_above(response, m, above)
            last, found = -1.0, 0.5
            for _ in range(ROUNDS):
                found = _spread_of(response, above, fit.eta, m, highest, max(2.0 * found, 0.01))
                if abs(found - last) <= SETTLED * found:
                    break
                last = found
                how[r], _ = _climb((EventCounts(response, found), fit, m, p), FULL)
                if how[r] != CONVERGED or found == 0.0:
                    break
            else:
                how[r] = LOST
            spread[r] = found
        estimate[r], se[r] = fit.beta[p - 1], 1.0 / fit.lower[p - 1, p - 1]


def rate_ratio(
    y: FloatArray,
    x: FloatArray,
    at_risk: FloatArray,
    arm: NDArray[np.int8],
    *,
    a: int,
    b: int,
    dispersed: bool,
    null: float = 0.0,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """Log rate ratio a / b given covariates, by Poisson or, if ``dispersed``, by negative binomial regression.

    Parameters
    ----------
    y : (R, N) counts, NaN where missing
    x : (R, N, P) covariates
    at_risk : (R, N) for how long events were counted, above 0 where there is a count
    arm : (R, N) arm of each participant, -1 for an empty place
    null : the log rate ratio that is tested
    """
    covariates, times = as_values(x), as_values(at_risk)
    values = as_values(np.where(times > 0.0, y, np.nan))
    rows, most = len(values), int(np.nanmax(values, initial=0.0))
    estimate, se, spread = np.full(rows, np.nan), np.full(rows, np.nan), np.zeros(rows)
    n, events, how = np.zeros((rows, 2), np.int64), np.zeros(rows), np.zeros(rows, np.int8)
    design, response, who = places(values, covariates.shape[2])
    _fit_all(values, covariates, times, as_arms(arm, values, arms=127), a, b, dispersed, np.empty(most + 1),
             np.empty_like(response), response, who, workspace(design), estimate, se, spread, n, events, how)  # fmt: skip
    empty = (n == 0).any(axis=1)
    status = first_reason([(EMPTY_ARM, empty), (NO_EVENT, events == 0.0), (SINGULAR, how == -1), *ended(how)])
    return wald_rows(estimate, se, n=n.sum(axis=1), status=status, null=null, alternative=alternative, level=level)


# ---------------------------------------------------------------- methods


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int], *, dispersed: bool) -> Rows:
    a, b = arms
    return rate_ratio(
        data.chosen(call.endpoint, call.choice), data.adjusted(call), data.at_risk(call.endpoint), data.arm, a=a, b=b,
        dispersed=dispersed, null=call.null, alternative=call.alternative, level=1.0 - call.alpha,
    )  # fmt: skip


def varies_more(call: PlannedAnalysis, response: ResponsePlan) -> str | None:
    """A warning if counts vary more than Poisson regression takes them to."""
    point = response.points[call.endpoint.visit]
    spreads = [float(one) for one in point.sd] if response.outcomes[point.outcome].scale.follow == "over" else []
    if not any(spreads):
        return None
    return (
        f"{call.name}: the declared counts vary more than Poisson's (dispersion above 0), which {call.test} does not know: "
        "it rejects too often. Use negative-binomial."
    )


_REASON = "The power depends on what the covariates explain of each rate."


def _method(*caveats: Caveat, dispersed: bool) -> Method:
    return Method(partial(_run, dispersed=dispersed), NoClosedForm(_REASON), None, caveats)


METHODS: Methods = {
    ("poisson", "two"): _method(varies_more, dispersed=False),
    ("negative-binomial", "two"): _method(dispersed=True),
}
