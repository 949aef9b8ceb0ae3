"""Logistic regression of yes or no in two arms, given covariates: by maximum likelihood, or by Firth's penalized likelihood.

Estimand: the logarithm of the odds ratio a / b at equal covariates. It is not that of all participants together: odds ratios do
not collapse. The model has the participants of the two arms that are compared; complete cases. A covariate that is constant, or a
linear function of those before it, is left out of the model.

Where an arm or a covariate predicts the outcome exactly (no event in an arm, say) the likelihood rises for ever and no finite
estimate fits best: the replicate is "separated". Firth's likelihood, penalized by the root of the information's determinant, has
a finite estimate always; by default it is used in those replicates only, so that a trial is analyzed as one would. Its p is by
Wald or by the penalized likelihood ratio, as that of the others.

References
----------
Firth 1993, Biometrika 80:27, doi:10.1093/biomet/80.1.27, section 3.3. Heinze and Schemper 2002, Stat Med 21:2409,
doi:10.1002/sim.1047 (separation, and the profile of the penalized likelihood). Albert and Anderson 1984, Biometrika 71:1,
doi:10.1093/biomet/71.1.1 (when the estimate exists).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.few_events import wald_with_few_events
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.methods.wald import ended, wald_rows
from trialsim.analysis.newton import (
    CLOSE,
    CONVERGED,
    ENDLESS,
    HALVINGS,
    LOOK,
    LOST,
    STEPS,
    STILL,
    along,
    factor,
    gather,
    places,
    solve,
    standardize,
)
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, NO_EVENT, SINGULAR, FloatArray, Rows, first_reason
from trialsim.compiled import kernel, part
from trialsim.kinds.tests.options import ALWAYS, BY_LIKELIHOOD_RATIO, BY_WALD, IF_SEPARATED, NEVER

#: Firth's steps approach the estimate by a constant factor, not quadratically.
FIRTH_STEPS = 500

#: No predictor moves farther in one of them [log odds]; and after steps that led too far they stay shorter, down to this share:
#: the information alone says nothing of how the penalty is curved, so that full steps can lead to and fro for ever.
FARTHEST = 5.0
SLOWEST = 1.0 / 16.0


@part
def _informed(design, response, eta, m, p, gradient, information):  # type: ignore[no-untyped-def]
    """The log likelihood; fill its gradient and the information."""
    for i in range(p):
        gradient[i] = 0.0
        for j in range(i + 1):
            information[i, j] = 0.0
    total, product = 0.0, 1.0
    for i in range(m):
        small = math.exp(-abs(eta[i]))
        share = 1.0 / (1.0 + small)
        weight = small * share * share
        rest = response[i] - (share if eta[i] >= 0.0 else small * share)
        total += response[i] * eta[i] - max(eta[i], 0.0)
        product *= 1.0 + small
        if product > 1e280:
            total -= math.log(product)
            product = 1.0
        for q in range(p):
            gradient[q] += rest * design[i, q]
            size = weight * design[i, q]
            for j in range(q + 1):
                information[q, j] += size * design[i, j]
    return total - math.log(product)


@part
def _penalized(design, eta, m, p, lower, row, gradient):  # type: ignore[no-untyped-def]
    """Half the log determinant of the information; add to the gradient what the penalty adds, h (1 / 2 - share)."""
    half = 0.0
    for q in range(p):
        half += math.log(lower[q, q])
    for i in range(m):
        small = math.exp(-abs(eta[i]))
        share = 1.0 / (1.0 + small)
        leverage = 0.0
        for q in range(p):
            total = design[i, q]
            for j in range(q):
                total -= lower[q, j] * row[j]
            row[q] = total / lower[q, q]
            leverage += row[q] ** 2
        leverage *= small * share * share
        pull = leverage * (0.5 - (share if eta[i] >= 0.0 else small * share))
        for q in range(p):
            gradient[q] += pull * design[i, q]
    return half


@part
def _no_end(response, moved, largest, m):  # type: ignore[no-untyped-def]
    """Whether a step moves nobody away from the own answer: then the likelihood rises along it for ever."""
    for i in range(m):  # noqa: SIM110  # compiled
        if (2.0 * response[i] - 1.0) * moved[i] < -STILL * largest:
            return False
    return True


@part
def _fit(design, response, m, p, free, firth, beta, eta, moved, gradient, step, row, information, lower):  # type: ignore[no-untyped-def]
    """Newton's method on the first ``free`` of p coefficients from ``beta``: how it ended, and the (penalized) log likelihood.

    ``lower`` is the factor of the information at the end; ``eta`` must hold the predictors of ``beta``.
    """
    before, size, halved, pace = -np.inf, 1.0, 0, 1.0
    for at in range(FIRTH_STEPS if firth else STEPS):
        value = _informed(design, response, eta, m, p, gradient, information)
        fine = factor(information, lower, p)
        if fine and firth:
            value += _penalized(design, eta, m, p, lower, row, gradient)
        if not fine or value < before - 1e-10 * (1.0 + abs(before)):
            halved += 1
            if halved > HALVINGS or at == 0:
                return LOST, value
            size *= 0.5
            pace = max(0.5 * pace, SLOWEST)
            for i in range(m):
                eta[i] -= size * moved[i]
            for q in range(free):
                beta[q] -= size * step[q]
            continue
        before, halved, size = value, 0, 1.0
        solve(lower, gradient, step, free)
        largest = along(design, step, m, free, moved)
        if largest < CLOSE:
            for q in range(free):
                beta[q] += step[q]
            return CONVERGED, value
        if not firth and at >= LOOK and _no_end(response, moved, largest, m):
            return ENDLESS, value
        short = pace * min(1.0, FARTHEST / (pace * largest)) if firth else 1.0
        for i in range(m):
            moved[i] *= short
            eta[i] += moved[i]
        for q in range(free):
            step[q] *= short
            beta[q] += step[q]
    return LOST, before


@part
def _start(design, response, m, p, beta, eta):  # type: ignore[no-untyped-def]
    """From the odds of the two arms, half an event added everywhere, without covariates."""
    top = design[0, p - 1]
    for i in range(m):
        top = max(top, design[i, p - 1])
    yes_a = yes_b = no_a = no_b = 0.5
    for i in range(m):
        if design[i, p - 1] == top:
            yes_a += response[i]
            no_a += 1.0 - response[i]
        else:
            yes_b += response[i]
            no_b += 1.0 - response[i]
    first, second = math.log(yes_a / no_a), math.log(yes_b / no_b)
    for q in range(p):
        beta[q] = 0.0
    beta[p - 1] = first - second
    beta[0] = first - beta[p - 1] * top
    for i in range(m):
        eta[i] = beta[0] + beta[p - 1] * design[i, p - 1]


@part
def _hold(design, m, p, beta, eta, value):  # type: ignore[no-untyped-def]
    """Set the last coefficient to ``value``, and the predictors to what then follows."""
    beta[p - 1] = value
    for i in range(m):
        eta[i] = 0.0
        for q in range(p):
            eta[i] += beta[q] * design[i, q]


@kernel
def _fit_all(  # type: ignore[no-untyped-def]
    y, x, arm, a, b, null, always, allowed, ratio, design, response, who, estimate, se, twice, n, how, all_same
):
    """Fit every replicate; ``twice`` is twice the log of the likelihood ratio against the null, if ``ratio``."""
    replicates, columns = y.shape[0], x.shape[2] + 2
    room = y.shape[1]
    beta, gradient, step, row = np.empty(columns), np.empty(columns), np.empty(columns), np.empty(columns)
    eta, moved = np.empty(room), np.empty(room)
    information, lower = np.empty((columns, columns)), np.empty((columns, columns))
    for r in range(replicates):
        na, nb = gather(y, x, arm, r, a, b, design, response, who)
        m = na + nb
        n[r, 0], n[r, 1] = na, nb
        if na == 0 or nb == 0:
            continue
        yes = 0.0
        for i in range(m):
            yes += response[i]
        all_same[r] = yes == 0.0 or yes == m
        p = standardize(design, m, columns, lower)
        if p == 0:
            how[r] = -1
            continue
        if all_same[r] and not allowed:
            continue
        firth = always or all_same[r]
        _start(design, response, m, p, beta, eta)
        how[r], value = _fit(
            design, response, m, p, p, firth, beta, eta, moved, gradient, step, row, information, lower
        )
        if how[r] == ENDLESS and allowed:
            firth = True
            _start(design, response, m, p, beta, eta)
            how[r], value = _fit(
                design, response, m, p, p, firth, beta, eta, moved, gradient, step, row, information, lower
            )
        estimate[r], se[r] = beta[p - 1], 1.0 / lower[p - 1, p - 1]
        if ratio and how[r] == CONVERGED:
            _hold(design, m, p, beta, eta, null)
            how[r], under = _fit(
                design, response, m, p, p - 1, firth, beta, eta, moved, gradient, step, row, information, lower
            )
            twice[r] = max(2.0 * (value - under), 0.0)


def logistic(
    y: FloatArray,
    x: FloatArray,
    arm: NDArray[np.int8],
    *,
    a: int,
    b: int,
    null: float = 0.0,
    alternative: str = "two-sided",
    level: float = 0.95,
    firth: str = IF_SEPARATED,
    by: str = BY_WALD,
) -> Rows:
    """Log odds ratio a / b given covariates, with p by Wald or by likelihood ratio; the interval is Wald's.

    Parameters
    ----------
    y : (R, N) 1 for yes and 0 for no, NaN where missing
    x : (R, N, P) covariates
    arm : (R, N) arm of each participant, -1 for an empty place
    null : the log odds ratio that is tested
    firth : when the penalized likelihood is used: if separated, never, always
    by : the statistic of the test: wald, or lr, the signed root of the likelihood ratio
    """
    values, covariates = as_values(y), as_values(x)
    rows = len(values)
    estimate, se, twice = np.full(rows, np.nan), np.full(rows, np.nan), np.full(rows, np.nan)
    n, how, same = np.zeros((rows, 2), np.int64), np.zeros(rows, np.int8), np.zeros(rows, np.bool_)
    _fit_all(values, covariates, as_arms(arm, values, arms=127), a, b, null, firth == ALWAYS, firth != NEVER,
             by == BY_LIKELIHOOD_RATIO, *places(values, covariates.shape[2]), estimate, se, twice, n, how, same)  # fmt: skip
    empty = (n == 0).any(axis=1)
    constant = same & (firth == NEVER)
    status = first_reason([(EMPTY_ARM, empty), (SINGULAR, how == -1), (NO_EVENT, constant), *ended(how)])
    z = np.copysign(np.sqrt(twice), estimate - null) if by == BY_LIKELIHOOD_RATIO else None
    return wald_rows(estimate, se, n=n.sum(axis=1), status=status, null=null, alternative=alternative, level=level, z=z)


# ---------------------------------------------------------------- method


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    a, b = arms
    return logistic(
        data.chosen(call.endpoint, call.choice), data.adjusted(call), data.arm, a=a, b=b, null=call.null,
        alternative=call.alternative, level=1.0 - call.alpha, firth=call.firth or IF_SEPARATED, by=call.by,
    )  # fmt: skip


_REASON = "The power depends on what the covariates explain of each answer."

METHODS: Methods = {("logistic", "two"): Method(_run, NoClosedForm(_REASON), None, (wald_with_few_events,))}
