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
from typing import NamedTuple

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
    FULL,
    LOOK,
    ON,
    STILL,
    Pace,
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
from trialsim.kinds.tests.options import ALWAYS, BY_LIKELIHOOD_RATIO, BY_WALD, IF_SEPARATED, NEVER

#: Firth's steps approach the estimate by a constant factor, not quadratically. No predictor moves farther than 5 [log odds] in
#: one of them, and after steps that led too far they stay shorter: the information alone says nothing of how the penalty is
#: curved, so that full steps can lead to and fro for ever.
SLOW = Pace(steps=500, farthest=5.0, slowest=1.0 / 16.0)


class Answers(NamedTuple):
    """What is fitted.

    Attributes
    ----------
    response : (M,) 1 for yes and 0 for no
    row : (P,) room
    firth : whether the likelihood is penalized
    held : whether the last coefficient, of the arm, keeps its value
    """

    response: FloatArray
    row: FloatArray
    firth: bool
    held: bool


@part
def _likelihood(answers, fit, m, p):  # type: ignore[no-untyped-def]
    """The log likelihood, penalized if it is Firth's."""
    clear(fit, p)
    design, gradient, information = fit.design, fit.gradient, fit.information
    total, product = 0.0, 1.0
    for i in range(m):
        eta = fit.eta[i]
        small = math.exp(-abs(eta))
        share = 1.0 / (1.0 + small)
        weight = small * share * share
        rest = answers.response[i] - (share if eta >= 0.0 else small * share)
        total += answers.response[i] * eta - max(eta, 0.0)
        product *= 1.0 + small
        if product > 1e280:
            total -= math.log(product)
            product = 1.0
        for q in range(p):
            gradient[q] += rest * design[i, q]
            size = weight * design[i, q]
            for j in range(q + 1):
                information[q, j] += size * design[i, j]
    total -= math.log(product)
    fine = factor(information, fit.lower, p)
    if fine and answers.firth:
        total += _penalty(answers.row, fit, m, p)
    return total, fine


@part
def _penalty(row, fit, m, p):  # type: ignore[no-untyped-def]
    """Half the log determinant of the information; add to the gradient what the penalty adds, h (1 / 2 - share)."""
    half = 0.0
    for q in range(p):
        half += math.log(fit.lower[q, q])
    for i in range(m):
        small = math.exp(-abs(fit.eta[i]))
        share = 1.0 / (1.0 + small)
        leverage = 0.0
        for q in range(p):
            total = fit.design[i, q]
            for j in range(q):
                total -= fit.lower[q, j] * row[j]
            row[q] = total / fit.lower[q, q]
            leverage += row[q] ** 2
        leverage *= small * share * share
        pull = leverage * (0.5 - (share if fit.eta[i] >= 0.0 else small * share))
        for q in range(p):
            fit.gradient[q] += pull * fit.design[i, q]
    return half


@part
def _no_end(response, moved, largest, m):  # type: ignore[no-untyped-def]
    """Whether a step moves nobody away from the own answer: then the likelihood rises along it for ever."""
    for i in range(m):  # noqa: SIM110  # compiled
        if (2.0 * response[i] - 1.0) * moved[i] < -STILL * largest:
            return False
    return True


@part
def _aim(at, answers, fit, m, p):  # type: ignore[no-untyped-def]
    """The next step."""
    solve(fit.lower, fit.gradient, fit.step, p - 1 if answers.held else p)
    if answers.held:
        fit.step[p - 1] = 0.0
    largest = along(fit.design, fit.step, m, p, fit.moved)
    look = not answers.firth and at >= LOOK and largest >= CLOSE
    return largest, ENDLESS if look and _no_end(answers.response, fit.moved, largest, m) else ON


climb = newton(_likelihood, _aim, go)


@part
def start(response, fit, m, p):  # type: ignore[no-untyped-def]
    """From the odds of the two arms, half an event added everywhere, without covariates."""
    design, beta = fit.design, fit.beta
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
        fit.eta[i] = beta[0] + beta[p - 1] * design[i, p - 1]


@part
def _hold(value, fit, m, p):  # type: ignore[no-untyped-def]
    """Set the last coefficient to ``value``, and the predictors to what then follows."""
    fit.beta[p - 1] = value
    for i in range(m):
        fit.eta[i] = 0.0
        for q in range(p):
            fit.eta[i] += fit.beta[q] * fit.design[i, q]


@part
def answers_of(y, x, arm, r, a, b, response, who, fit, n, how, all_same):  # type: ignore[no-untyped-def]
    """One replicate's answers and standardized design: how many participants, and columns that remain.

    0 columns where an arm is empty, or where the arm follows from the covariates (``how`` is -1). ``all_same`` is whether all
    answers are alike.
    """
    na, nb = gather(y, x, arm, r, a, b, fit.design, response, who)
    m = na + nb
    n[r, 0], n[r, 1] = na, nb
    if na == 0 or nb == 0:
        return m, 0
    yes = 0.0
    for i in range(m):
        yes += response[i]
    all_same[r] = yes == 0.0 or yes == m
    p = standardize(fit.design, m, x.shape[2] + 2, fit.lower)
    if p == 0:
        how[r] = -1
    return m, p


@kernel
def _fit_all(  # type: ignore[no-untyped-def]
    y, x, arm, a, b, null, always, allowed, ratio, response, who, row, fit, estimate, se, twice, n, how, all_same
):
    """Fit every replicate; ``twice`` is twice the log of the likelihood ratio against the null, if ``ratio``."""
    for r in range(y.shape[0]):
        m, p = answers_of(y, x, arm, r, a, b, response, who, fit, n, how, all_same)
        if p == 0 or (all_same[r] and not allowed):
            continue
        firth = always or all_same[r]
        start(response, fit, m, p)
        how[r], value = climb((Answers(response, row, firth, False), fit, m, p), SLOW if firth else FULL)
        if how[r] == ENDLESS and allowed:
            firth = True
            start(response, fit, m, p)
            how[r], value = climb((Answers(response, row, firth, False), fit, m, p), SLOW if firth else FULL)
        estimate[r], se[r] = fit.beta[p - 1], 1.0 / fit.lower[p - 1, p - 1]
        if ratio and how[r] == CONVERGED:
            _hold(null, fit, m, p)
            how[r], under = climb((Answers(response, row, firth, True), fit, m, p), SLOW if firth else FULL)
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
    design, response, who = places(values, covariates.shape[2])
    _fit_all(values, covariates, as_arms(arm, values, arms=127), a, b, null, firth == ALWAYS, firth != NEVER,
             by == BY_LIKELIHOOD_RATIO, response, who, np.empty(design.shape[1]), workspace(design), estimate, se, twice, n, how,
             same)  # fmt: skip
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
