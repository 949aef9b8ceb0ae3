"""Cox's proportional hazards regression of two arms, given covariates, with Efron's ties.

Estimand: the logarithm of the hazard ratio a / b at equal covariates, which is not that of all participants together: hazard
ratios do not collapse, and where hazards are not proportional it depends on when following ends. The model has the
participants of the two arms that are compared; complete cases. p and interval are Wald's.

Without any event the test has failed. Where one arm has no event, or the order of events follows a covariate exactly, the
partial likelihood rises for ever: the replicate is "separated" and has failed.

References
----------
Cox 1972, J R Stat Soc B 34:187, doi:10.1111/j.2517-6161.1972.tb00899.x. Efron 1977, J Am Stat Assoc 72:557,
doi:10.1080/01621459.1977.10480613 (ties). Therneau and Grambsch 2000, Modeling Survival Data, section 3.3.
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
from trialsim.analysis.rows import EMPTY_ARM, NO_EVENT, SINGULAR, FloatArray, IntArray, Rows, first_reason
from trialsim.compiled import kernel, part


@part
def _informed(design, time, died, eta, m, p, gradient, information, sums, dead, cross, dead_cross):  # type: ignore[no-untyped-def]
    """The log partial likelihood of cases in falling order of time; fill its gradient and the information."""
    whole, total = 0.0, 0.0
    for q in range(p):
        gradient[q] = sums[q] = 0.0
        for j in range(q + 1):
            information[q, j] = cross[q, j] = 0.0
    i = 0
    while i < m:
        deaths, gone, of_dead = 0, i, 0.0
        for q in range(p):
            dead[q] = 0.0
            for j in range(q + 1):
                dead_cross[q, j] = 0.0
        while gone < m and time[gone] == time[i]:
            risk = math.exp(eta[gone])
            whole += risk
            for q in range(p):
                size = risk * design[gone, q]
                sums[q] += size
                for j in range(q + 1):
                    cross[q, j] += size * design[gone, j]
            if died[gone] > 0.0:
                deaths += 1
                of_dead += risk
                total += eta[gone]
                for q in range(p):
                    size = risk * design[gone, q]
                    gradient[q] += design[gone, q]
                    dead[q] += size
                    for j in range(q + 1):
                        dead_cross[q, j] += size * design[gone, j]
            gone += 1
        for k in range(deaths):
            share = k / deaths
            left = whole - share * of_dead
            total -= math.log(left)
            for q in range(p):
                mean = (sums[q] - share * dead[q]) / left
                gradient[q] -= mean
                for j in range(q + 1):
                    other = (sums[j] - share * dead[j]) / left
                    information[q, j] += (cross[q, j] - share * dead_cross[q, j]) / left - mean * other
        i = gone
    return total


@part
def _no_end(time, died, moved, largest, m):  # type: ignore[no-untyped-def]
    """Whether a step raises everyone who has an event at least as much as all who are then at risk."""
    most = -np.inf
    i = 0
    while i < m:
        gone = i
        while gone < m and time[gone] == time[i]:
            most = max(most, moved[gone])
            gone += 1
        for k in range(i, gone):
            if died[k] > 0.0 and moved[k] < most - STILL * largest:
                return False
        i = gone
    return True


@part
def _fit(design, time, died, m, p, beta, eta, moved, gradient, step, information, lower, sums, dead, cross, dead_cross):  # type: ignore[no-untyped-def]
    """Newton's method from no effects: how it ended. ``lower`` is the factor of the information at the end."""
    for q in range(p):
        beta[q] = 0.0
    for i in range(m):
        eta[i] = 0.0
    before, size, halved = -np.inf, 1.0, 0
    for at in range(STEPS):
        value = _informed(design, time, died, eta, m, p, gradient, information, sums, dead, cross, dead_cross)
        fine = factor(information, lower, p)
        if not fine or value < before - 1e-10 * (1.0 + abs(before)):
            halved += 1
            if at == 0 or halved > HALVINGS:
                return LOST
            size *= 0.5
            for i in range(m):
                eta[i] -= size * moved[i]
            for q in range(p):
                beta[q] -= size * step[q]
            continue
        before, halved, size = value, 0, 1.0
        solve(lower, gradient, step, p)
        largest = along(design, step, m, p, moved)
        if largest < CLOSE:
            for q in range(p):
                beta[q] += step[q]
            return CONVERGED
        if at >= LOOK and _no_end(time, died, moved, largest, m):
            return ENDLESS
        for i in range(m):
            eta[i] += moved[i]
        for q in range(p):
            beta[q] += step[q]
    return LOST


@kernel
def _fit_all(times, x, marks, arm, order, a, b, design, response, who, estimate, se, n, events, how):  # type: ignore[no-untyped-def]
    """Fit every replicate; ``order`` holds the participants in falling order of time."""
    replicates, participants, columns = times.shape[0], times.shape[1], x.shape[2] + 2
    beta, gradient, step = np.empty(columns), np.empty(columns), np.empty(columns)
    eta, moved, died, time = (
        np.empty(participants),
        np.empty(participants),
        np.empty(participants),
        np.empty(participants),
    )
    information, lower = np.empty((columns, columns)), np.empty((columns, columns))
    sums, dead = np.empty(columns), np.empty(columns)
    cross, dead_cross = np.empty((columns, columns)), np.empty((columns, columns))
    slopes = np.empty((participants, columns))
    place = np.empty(participants, np.int64)
    for r in range(replicates):
        na, nb = gather(times, x, arm, r, a, b, design, response, who)
        m = na + nb
        n[r, 0], n[r, 1] = na, nb
        for i in range(m):
            events[r] += marks[r, who[i]] <= 0
        if na == 0 or nb == 0 or events[r] == 0:
            continue
        p = standardize(design, m, columns, lower) - 1
        if p < 1:
            how[r] = -1
            continue
        for i in range(participants):
            place[i] = -1
        for i in range(m):
            place[who[i]] = i
        k = 0
        for j in range(participants):
            i = place[order[r, j]]
            if i < 0:
                continue
            time[k], died[k] = response[i], 1.0 if marks[r, who[i]] <= 0 else 0.0
            for q in range(p):
                slopes[k, q] = design[i, q + 1]
            k += 1
        how[r] = _fit(slopes, time, died, m, p, beta, eta, moved, gradient, step, information, lower, sums, dead, cross,
                      dead_cross)  # fmt: skip
        estimate[r], se[r] = beta[p - 1], 1.0 / lower[p - 1, p - 1]


def cox(
    times: FloatArray,
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
    """Log hazard ratio a / b given covariates, with Wald's z and interval; "greater" means a higher hazard in arm a.

    Parameters
    ----------
    times, marks : (R, N) time, NaN where it is missing; 1 where it is only known to be later
    x : (R, N, P) covariates
    arm : (R, N) arm of each participant, -1 for an empty place
    null : the log hazard ratio that is tested
    """
    values, covariates = as_values(times), as_values(x)
    order: IntArray = np.ascontiguousarray(np.argsort(values, axis=1)[:, ::-1])
    rows = len(values)
    estimate, se = np.full(rows, np.nan), np.full(rows, np.nan)
    n, events, how = np.zeros((rows, 2), np.int64), np.zeros(rows, np.int64), np.zeros(rows, np.int8)
    _fit_all(values, covariates, np.require(marks, np.int8, ["C", "W"]), as_arms(arm, values, arms=127), order, a, b,
             *places(values, covariates.shape[2]), estimate, se, n, events, how)  # fmt: skip
    empty = (n == 0).any(axis=1)
    status = first_reason([(EMPTY_ARM, empty), (NO_EVENT, events == 0), (SINGULAR, how == -1), *ended(how)])
    return wald_rows(estimate, se, n=n.sum(axis=1), status=status, null=null, alternative=alternative, level=level)


# ---------------------------------------------------------------- method


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    a, b = arms
    return cox(
        data.chosen(call.endpoint, call.choice), data.adjusted(call), data.marks(call.endpoint), data.arm, a=a, b=b,
        null=call.null, alternative=call.alternative, level=1.0 - call.alpha,
    )  # fmt: skip


_REASON = "The power depends on what the covariates explain of each hazard."

METHODS: Methods = {("cox", "two"): Method(_run, NoClosedForm(_REASON), None, ())}
