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
from typing import NamedTuple

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
from trialsim.analysis.rows import EMPTY_ARM, NO_EVENT, SINGULAR, FloatArray, IntArray, Rows, first_reason
from trialsim.compiled import kernel, part


class AtRisk(NamedTuple):
    """What is fitted: M participants in falling order of time.

    Attributes
    ----------
    time, died : (M,) and whether it is that of an event
    sums, dead : (P,) room for sums over who is at risk, and over who has an event at a time
    cross, dead_cross : (P, P)
    """

    time: FloatArray
    died: FloatArray
    sums: FloatArray
    dead: FloatArray
    cross: FloatArray
    dead_cross: FloatArray


@part
def _likelihood(at_risk, fit, m, p):  # type: ignore[no-untyped-def]
    """The log partial likelihood."""
    clear(fit, p)
    gradient, information = fit.gradient, fit.information
    sums, dead, cross, dead_cross = at_risk.sums, at_risk.dead, at_risk.cross, at_risk.dead_cross
    whole, total = 0.0, 0.0
    for q in range(p):
        sums[q] = 0.0
        for j in range(q + 1):
            cross[q, j] = 0.0
    i = 0
    while i < m:
        deaths, gone, of_dead = 0, i, 0.0
        for q in range(p):
            dead[q] = 0.0
            for j in range(q + 1):
                dead_cross[q, j] = 0.0
        while gone < m and at_risk.time[gone] == at_risk.time[i]:
            risk = math.exp(fit.eta[gone])
            whole += risk
            for q in range(p):
                size = risk * fit.design[gone, q]
                sums[q] += size
                for j in range(q + 1):
                    cross[q, j] += size * fit.design[gone, j]
            if at_risk.died[gone] > 0.0:
                deaths += 1
                of_dead += risk
                total += fit.eta[gone]
                for q in range(p):
                    size = risk * fit.design[gone, q]
                    gradient[q] += fit.design[gone, q]
                    dead[q] += size
                    for j in range(q + 1):
                        dead_cross[q, j] += size * fit.design[gone, j]
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
    return total, factor(information, fit.lower, p)


@part
def _no_end(at_risk, moved, largest, m):  # type: ignore[no-untyped-def]
    """Whether a step raises everyone who has an event at least as much as all who are then at risk."""
    most = -np.inf
    i = 0
    while i < m:
        gone = i
        while gone < m and at_risk.time[gone] == at_risk.time[i]:
            most = max(most, moved[gone])
            gone += 1
        for k in range(i, gone):
            if at_risk.died[k] > 0.0 and moved[k] < most - STILL * largest:
                return False
        i = gone
    return True


@part
def _aim(at, at_risk, fit, m, p):  # type: ignore[no-untyped-def]
    """The next step."""
    solve(fit.lower, fit.gradient, fit.step, p)
    largest = along(fit.design, fit.step, m, p, fit.moved)
    look = at >= LOOK and largest >= CLOSE
    return largest, ENDLESS if look and _no_end(at_risk, fit.moved, largest, m) else ON


_climb = newton(_likelihood, _aim, go)


@kernel
def _fit_all(  # type: ignore[no-untyped-def]
    times, x, marks, arm, order, a, b, design, response, who, place, at_risk, fit, estimate, se, n, events, how
):
    """Fit every replicate; ``order`` holds the participants in falling order of time, ``place`` is room for their cases."""
    participants = times.shape[1]
    for r in range(times.shape[0]):
        na, nb = gather(times, x, arm, r, a, b, design, response, who)
        m = na + nb
        n[r, 0], n[r, 1] = na, nb
        for i in range(m):
            events[r] += marks[r, who[i]] <= 0
        if na == 0 or nb == 0 or events[r] == 0:
            continue
        p = standardize(design, m, x.shape[2] + 2, fit.lower) - 1
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
            at_risk.time[k], at_risk.died[k], fit.eta[k] = response[i], 1.0 if marks[r, who[i]] <= 0 else 0.0, 0.0
            for q in range(p):
                fit.design[k, q] = design[i, q + 1]
            k += 1
        for q in range(p):
            fit.beta[q] = 0.0
        how[r], _ = _climb((at_risk, fit, m, p), FULL)
        estimate[r], se[r] = fit.beta[p - 1], 1.0 / fit.lower[p - 1, p - 1]


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
    design, response, who = places(values, covariates.shape[2])
    fit, column, square = workspace(np.empty_like(design)), np.empty(design.shape[1]), np.empty((design.shape[1],) * 2)
    at_risk = AtRisk(np.empty_like(response), np.empty_like(response), column, column.copy(), square, square.copy())
    _fit_all(values, covariates, np.require(marks, np.int8, ["C", "W"]), as_arms(arm, values, arms=127), order, a, b,
             design, response, who, np.empty_like(who), at_risk, fit, estimate, se, n, events, how)  # fmt: skip
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
