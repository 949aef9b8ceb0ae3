"""Newton's method for every model that is fitted by maximum likelihood, compiled, and the design matrix of one replicate.

:func:`newton` is the method: it takes the likelihood of a model, how to aim the next step, and how to go. Most models have the
columns intercept, covariates, arm, in this order: the arm comes last, so that its variance is 1 / L_pp^2 of the Cholesky
factor L of the information, and the model without it is the leading block.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.compiled import part

#: A covariate whose variance given the others is below this share is a function of them.
PIVOT: Final = 1e-12

#: Every predictor moves by less than this in the last step.
CLOSE: Final = 1e-8

#: The most steps, and the most halvings of one.
STEPS: Final = 100
HALVINGS: Final = 30

#: From this step on a direction is looked for in which the likelihood rises for ever; how exactly all others keep their place.
LOOK: Final = 6
STILL: Final = 1e-6

#: A likelihood that is followed along such a direction rises by less than this share of it in the last step.
LEVEL_OFF: Final = 1e-11

#: How a fit ended; below 0 it has not: it goes on, or follows a likelihood that rises for ever.
CONVERGED: Final = 0
ENDLESS: Final = 1
LOST: Final = 2
ON: Final = -1
FOLLOW: Final = -2


class Pace(NamedTuple):
    """How large steps are, and when they end.

    Attributes
    ----------
    steps : the most of them
    close : in the last step every predictor moves by less
    slack : by which share the log likelihood may fall, for rounding
    farthest : no predictor moves farther in one step
    slowest : after steps that led too far they stay shorter, down to this share
    """

    steps: int = STEPS
    close: float = CLOSE
    slack: float = 1e-10
    farthest: float = math.inf
    slowest: float = 1.0


#: Full steps.
FULL: Final = Pace()


class Workspace(NamedTuple):
    """Room for a fit of P coefficients to M participants.

    Attributes
    ----------
    design : (M, P)
    beta, gradient, step : (P,)
    eta, moved : (M,) predictors, and how far a step moves them
    information, lower : (P, P) and its factor
    """

    design: FloatArray
    beta: FloatArray
    gradient: FloatArray
    step: FloatArray
    eta: FloatArray
    moved: FloatArray
    information: FloatArray
    lower: FloatArray


def workspace(design: FloatArray) -> Workspace:
    """Room for the fit of a design (M, P)."""
    m, p = design.shape
    return Workspace(
        design, np.empty(p), np.empty(p), np.empty(p), np.empty(m), np.empty(m), np.empty((p, p)), np.empty((p, p))
    )


def newton(likelihood: Callable[..., Any], aim: Callable[..., Any], go: Callable[..., Any]) -> Callable[..., Any]:
    """Newton's method for a model, compiled, with steps that are halved while they lead too far.

    It takes what these functions take, as a tuple, and a :class:`Pace`; it gives how the fit ended, and the log likelihood.

    Parameters
    ----------
    likelihood : ``(*model)``: the log likelihood, -inf or NaN where it has none; and whether the information is positive
        definite. Fills the gradient and the factor of the information, which is that of the end
    aim : ``(at, *model)``: fills step number ``at``; how far it moves a predictor, the largest way; and how the fit ends with it,
        :data:`ON` if it does not
    go : ``(size, *model)``: goes this share of the step
    """

    @part
    def climb(model, pace):  # type: ignore[no-untyped-def]
        before, size, short, halved, follow = -np.inf, 1.0, 1.0, 0, False
        for at in range(pace.steps):
            value, definite = likelihood(*model)
            higher = value > -np.inf and value >= before - pace.slack * (1.0 + abs(before))
            if not (higher and definite):
                if higher and follow:
                    return ENDLESS, value
                halved += 1
                if at == 0 or halved > HALVINGS:
                    return LOST, value
                size *= 0.5
                short = max(0.5 * short, pace.slowest)
                go(-size, *model)
                continue
            if follow and value - before < LEVEL_OFF * (1.0 + abs(value)):
                return ENDLESS, value
            before, halved = value, 0
            largest, state = aim(at, *model)
            if state >= 0:
                return state, value
            follow = follow or state == FOLLOW
            close = largest < pace.close
            size = 1.0 if close else short * min(1.0, pace.farthest / (short * largest))
            go(size, *model)
            if close:
                return CONVERGED, value
        return ENDLESS if follow else LOST, before

    return climb


@part
def go(size, _, fit, m, p):  # type: ignore[no-untyped-def]
    """Go a share of the step."""
    for i in range(m):
        fit.eta[i] += size * fit.moved[i]
    for q in range(p):
        fit.beta[q] += size * fit.step[q]


@part
def clear(fit, p):  # type: ignore[no-untyped-def]
    """Gradient and information of 0, to which participants are added."""
    for q in range(p):
        fit.gradient[q] = 0.0
        for j in range(q + 1):
            fit.information[q, j] = 0.0


@part
def gather(y, x, arm, r, a, b, design, response, who):  # type: ignore[no-untyped-def]
    """Copy the complete cases of replicate ``r`` in arms a and b to ``design``, ``response`` and ``who``: how many in a, in b."""
    participants, covariates = y.shape[1], x.shape[2]
    na = nb = m = 0
    for i in range(participants):
        k = arm[r, i]
        if (k != a and k != b) or y[r, i] != y[r, i]:
            continue
        complete = True
        for p in range(covariates):
            complete = complete and x[r, i, p] == x[r, i, p]
        if not complete:
            continue
        design[m, 0] = 1.0
        for p in range(covariates):
            design[m, p + 1] = x[r, i, p]
        design[m, covariates + 1] = 1.0 if k == a else 0.0
        response[m] = y[r, i]
        who[m] = i
        na += k == a
        nb += k == b
        m += 1
    return na, nb


@part
def standardize(design, m, columns, lower):  # type: ignore[no-untyped-def]
    """Center and scale the columns after the first, and drop those that follow from the ones before: how many remain.

    The last column, the arm, is centered only. 0 if it follows from the others: its effect cannot be estimated.
    """
    for p in range(1, columns):
        mean = largest = size = 0.0
        for i in range(m):
            mean += design[i, p] / m
        for i in range(m):
            size = max(size, abs(design[i, p]))
            design[i, p] -= mean
            largest = max(largest, abs(design[i, p]))
        if largest <= 1e-13 * size:
            largest = 0.0
        scale = 1.0 if p == columns - 1 else largest
        for i in range(m):
            design[i, p] = design[i, p] / scale if largest > 0.0 else 0.0
    kept = 1
    lower[0, 0] = math.sqrt(m)
    for p in range(1, columns):
        for q in range(kept):
            total = 0.0
            for i in range(m):
                total += design[i, p] * design[i, q]
            for j in range(q):
                total -= lower[kept, j] * lower[q, j]
            lower[kept, q] = total / lower[q, q]
        own = 0.0
        for i in range(m):
            own += design[i, p] ** 2
        pivot = own
        for q in range(kept):
            pivot -= lower[kept, q] ** 2
        if not pivot > PIVOT * own:
            if p == columns - 1:
                return 0
            continue
        lower[kept, kept] = math.sqrt(pivot)
        for i in range(m):
            design[i, kept] = design[i, p]
        kept += 1
    return kept


@part
def factor(matrix, lower, p):  # type: ignore[no-untyped-def]
    """Cholesky factor of the leading p x p of a symmetric matrix; whether it is positive definite."""
    for i in range(p):
        for j in range(i + 1):
            total = matrix[i, j]
            for q in range(j):
                total -= lower[i, q] * lower[j, q]
            if i == j:
                if not total > 1e-14 * matrix[i, i]:
                    return False
                lower[i, i] = math.sqrt(total)
            else:
                lower[i, j] = total / lower[j, j]
    return True


@part
def solve(lower, right, out, p):  # type: ignore[no-untyped-def]
    """Solve L L' out = right."""
    for i in range(p):
        total = right[i]
        for q in range(i):
            total -= lower[i, q] * out[q]
        out[i] = total / lower[i, i]
    for i in range(p - 1, -1, -1):
        total = out[i]
        for q in range(i + 1, p):
            total -= lower[q, i] * out[q]
        out[i] = total / lower[i, i]


@part
def along(design, step, m, p, moved):  # type: ignore[no-untyped-def]
    """Fill ``moved`` with how far a step moves each predictor: the largest way."""
    largest = 0.0
    for i in range(m):
        total = 0.0
        for q in range(p):
            total += design[i, q] * step[q]
        moved[i] = total
        largest = max(largest, abs(total))
    return largest


def places(y: NDArray[np.float64], covariates: int) -> tuple[NDArray[np.float64], NDArray[np.float64], IntArray]:
    """Room for the design, the response and the positions of one replicate."""
    n = y.shape[1]
    return np.empty((n, covariates + 2)), np.empty(n), np.empty(n, np.int64)
