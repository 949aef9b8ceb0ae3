"""Regression of values of which some are only known to lie below (or above) a limit: Tobin's model of two arms, given covariates.

Estimand: the mean difference a - b at equal covariates of the values as they would be without the limit; of logarithms, the log
ratio. By maximum likelihood with normal errors, in Olsen's parameters (coefficients / sigma and 1 / sigma), in which the
likelihood has one top. The standard error is that of the observed information, p and interval are Wald's. The model has the
participants of the two arms that are compared; complete cases.

Where an arm has no value that was read, or where those that were read say nothing about an arm, the likelihood rises for
ever: the replicate is "separated". Too few values that were read for the coefficients and the spread are "too few".

References
----------
Tobin 1958, Econometrica 26:24, doi:10.2307/1907382. Olsen 1978, Econometrica 46:1211, doi:10.2307/1911445.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.methods.survival import Marks
from trialsim.analysis.methods.wald import ended, wald_rows
from trialsim.analysis.newton import (
    CLOSE,
    ENDLESS,
    FULL,
    LOOK,
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
from trialsim.analysis.rows import (
    EMPTY_ARM,
    NO_VARIANCE,
    SINGULAR,
    TOO_FEW,
    FloatArray,
    Rows,
    first_reason,
)
from trialsim.compiled import kernel, part

ROOT_2 = math.sqrt(2.0)
HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)

#: Below this the normal distribution function is computed by its continued fraction.
DEEP = -12.0

#: How a fit ended besides: a residual SD that is nothing against the spread of the values.
FLAT = 3


@part
def log_phi(z):  # type: ignore[no-untyped-def]
    """The logarithm of the normal distribution function, and its derivative (the inverse Mills ratio)."""
    if z > DEEP:
        below = 0.5 * math.erfc(-z / ROOT_2)
        log = math.log(below) if z < 0.0 else math.log1p(-0.5 * math.erfc(z / ROOT_2))
        return log, math.exp(-0.5 * z * z - HALF_LOG_2_PI) / below
    rest = -z
    for k in range(40, 0, -1):
        rest = -z + k / rest
    return -0.5 * z * z - HALF_LOG_2_PI - math.log(rest), rest


@part
def _likelihood(mark, fit, m, p):  # type: ignore[no-untyped-def]
    """The log likelihood; the last parameter is 1 / sigma, and its column of the design minus the value."""
    sharp = fit.beta[p - 1]
    if not sharp > 0.0:
        return -np.inf, False
    clear(fit, p)
    design, gradient, information = fit.design, fit.gradient, fit.information
    total = 0.0
    read = 0.0
    for i in range(m):
        z = fit.eta[i]  # (predicted - value) / sigma
        if mark[i] == 0.0:
            total -= 0.5 * z * z
            slope, weight = -z, 1.0
            read += 1.0
        else:
            side = 1.0 if mark[i] > 0.0 else -1.0  # above the limit if the predicted value is
            log, mills = log_phi(side * z)
            total += log
            slope, weight = side * mills, mills * (mills + side * z)
        for q in range(p):
            gradient[q] += slope * design[i, q]
            size = weight * design[i, q]
            for j in range(q + 1):
                information[q, j] += size * design[i, j]
    gradient[p - 1] += read / sharp
    information[p - 1, p - 1] += read / (sharp * sharp)
    return total + read * math.log(sharp), factor(information, fit.lower, p)


@part
def _no_end(mark, moved, largest, m):  # type: ignore[no-untyped-def]
    """Whether a step leaves all values that were read where they are, and moves the others only beyond their limit."""
    for i in range(m):
        if mark[i] * moved[i] < -STILL * largest or (mark[i] == 0.0 and abs(moved[i]) > STILL * largest):
            return False
    return True


@part
def _aim(at, mark, fit, m, p):  # type: ignore[no-untyped-def]
    """The next step, which is the last only if 1 / sigma hardly moves in proportion."""
    solve(fit.lower, fit.gradient, fit.step, p)
    largest, sharp = along(fit.design, fit.step, m, p, fit.moved), fit.beta[p - 1]
    if sharp > 1e9:
        return largest, FLAT
    if at >= LOOK and largest >= CLOSE and _no_end(mark, fit.moved, largest, m):
        return largest, ENDLESS
    settled = abs(fit.step[p - 1]) < CLOSE * (sharp + fit.step[p - 1])
    return largest if settled else max(largest, CLOSE), ON


_climb = newton(_likelihood, _aim, go)


@part
def _start(value, fit, m, p):  # type: ignore[no-untyped-def]
    """Least squares of the values with those beyond a limit at the limit; whether anything varies around it."""
    clear(fit, p - 1)
    for q in range(p - 1):
        for i in range(m):
            fit.gradient[q] += value[i] * fit.design[i, q]
            for j in range(q + 1):
                fit.information[q, j] += fit.design[i, q] * fit.design[i, j]
    factor(fit.information, fit.lower, p - 1)
    solve(fit.lower, fit.gradient, fit.beta, p - 1)
    square = 0.0
    for i in range(m):
        fit.eta[i] = -value[i]
        for q in range(p - 1):
            fit.eta[i] += fit.design[i, q] * fit.beta[q]
        square += fit.eta[i] ** 2 / m
    if not square > 1e-18:
        return False
    sharp = 1.0 / math.sqrt(square)
    for i in range(m):
        fit.eta[i] *= sharp
    for q in range(p - 1):
        fit.beta[q] *= sharp
    fit.beta[p - 1] = sharp
    return True


@kernel
def _fit_all(  # type: ignore[no-untyped-def]
    y, x, marks, arm, a, b, design, response, who, mark, fit, estimate, se, sigma, n, few, how
):
    """Fit every replicate; values are centered and scaled to an SD of 1 first."""
    for r in range(y.shape[0]):
        na, nb = gather(y, x, arm, r, a, b, design, response, who)
        m = na + nb
        n[r, 0], n[r, 1] = na, nb
        if na == 0 or nb == 0:
            continue
        p = standardize(design, m, x.shape[2] + 2, fit.lower)
        if p == 0:
            how[r] = -1
            continue
        mean = scale = 0.0
        read = 0
        for i in range(m):
            mark[i] = marks[r, who[i]]
            read += mark[i] == 0.0
            mean += response[i] / m
        few[r] = read <= p
        for i in range(m):
            scale += (response[i] - mean) ** 2 / m
        scale = math.sqrt(scale)
        if few[r] or not scale > 1e-13 * abs(mean):
            how[r] = FLAT
            continue
        for i in range(m):
            response[i] = (response[i] - mean) / scale
            for q in range(p):
                fit.design[i, q] = design[i, q]
            fit.design[i, p] = -response[i]
        p += 1
        if not _start(response, fit, m, p):
            how[r] = FLAT
            continue
        how[r], _ = _climb((mark, fit, m, p), FULL)
        # the arm and 1 / sigma are the last two: their covariance is the inverse of the last 2 x 2 block of L L'
        first, cross, last = fit.lower[p - 2, p - 2], fit.lower[p - 1, p - 2], fit.lower[p - 1, p - 1]
        sharp = fit.beta[p - 1]
        slope, turn = 1.0 / sharp, -fit.beta[p - 2] / (sharp * sharp)
        u = slope / first  # J' (L L')^-1 J = |L^-1 J|^2, of the derivatives J of gamma / theta
        v = (turn - cross * u) / last
        estimate[r], se[r] = scale * fit.beta[p - 2] / sharp, scale * math.sqrt(u * u + v * v)
        sigma[r] = scale / sharp


def tobit(
    y: FloatArray,
    x: FloatArray,
    marks: Marks,
    arm: NDArray[np.int8],
    *,
    a: int,
    b: int,
    null: float = 0.0,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """Difference a - b of normal values beyond limits, given covariates, with Wald's z and interval.

    Parameters
    ----------
    y : (R, N) values, NaN where missing; the limit where a value is only known to be lower or higher
    x : (R, N, P) covariates
    marks : (R, N) -1 where the value is only known to be lower, 1 where it is only known to be higher, else 0
    arm : (R, N) arm of each participant, -1 for an empty place
    null : the difference that is tested
    """
    values, covariates = as_values(y), as_values(x)
    rows = len(values)
    estimate, se, sigma = np.full(rows, np.nan), np.full(rows, np.nan), np.full(rows, np.nan)
    n, few, how = np.zeros((rows, 2), np.int64), np.zeros(rows, np.bool_), np.zeros(rows, np.int8)
    design, response, who = places(values, covariates.shape[2])
    fit = workspace(np.empty((len(design), design.shape[1] + 1)))
    _fit_all(values, covariates, np.require(marks, np.int8, ["C", "W"]), as_arms(arm, values, arms=127), a, b,
             design, response, who, np.empty_like(response), fit, estimate, se, sigma, n, few, how)  # fmt: skip
    empty = (n == 0).any(axis=1)
    reasons = [(EMPTY_ARM, empty), (SINGULAR, how == -1), (TOO_FEW, few), (NO_VARIANCE, how == FLAT), *ended(how)]
    status = first_reason(reasons)
    return wald_rows(estimate, se, n=n.sum(axis=1), status=status, null=null, alternative=alternative, level=level)


# ---------------------------------------------------------------- method


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    a, b = arms
    return tobit(
        data.chosen(call.endpoint, call.choice), data.adjusted(call), data.marks(call.endpoint), data.arm, a=a, b=b,
        null=call.null, alternative=call.alternative, level=1.0 - call.alpha,
    )  # fmt: skip


_REASON = "The power depends on how much lies below the limit."

METHODS: Methods = {("tobit", "two"): Method(_run, NoClosedForm(_REASON), None, ())}
