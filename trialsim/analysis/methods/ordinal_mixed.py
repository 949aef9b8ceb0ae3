"""Ordered scores at several visits of two arms: the cumulative logit model with a random intercept of each participant.

Estimand: the logarithm of the odds ratio a / b of a higher score at one visit, or the average of the visits' logarithms, within a
person: at an equal random intercept (and covariates). It is farther from 1 than that of all persons. Fixed effects are the
visits, the arm at each visit (whatever the visits, so that each has its own), and covariates. Every measured visit counts,
also of participants with other visits missing; participants of other arms are not in the model. p and interval are Wald's, by
the normal distribution.

Quadrature has 10 points, as is usual, up to a standard deviation of 0.5 and more above. With 10 everywhere estimates move by
up to 1e-5 of their standard error at an SD of 1.5, and by 1e-2 at 4: then R's clmm with nAGQ = 10 is off, not these.

Where the variance of the intercepts fits best at 0 ("boundary") the model is that without them, and is analyzed. Where an arm, a
visit or a covariate predicts the scores exactly the replicate is "separated": with any intercepts the likelihood rises along the
same line.

References
----------
Hedeker and Gibbons 1994, Biometrics 50:933, doi:10.2307/2533433. Liu and Pierce 1994, doi:10.1093/biomet/81.3.624.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.cumulative import Cells, climb, merge, room_of
from trialsim.analysis.cumulative import start as begin
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.methods.ordered import odds_by_cut, wald_with_one_score
from trialsim.analysis.methods.proportional_odds import CONFOUNDED, CONSTANT, EMPTY, independent, numbered
from trialsim.analysis.methods.wald import wald_rows
from trialsim.analysis.newton import CONVERGED, ENDLESS, FULL, LOST
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import (
    BOUNDARY,
    EMPTY_ARM,
    NO_VARIANCE,
    NOT_CONVERGED,
    SEPARATED,
    SINGULAR,
    FloatArray,
    IntArray,
    Rows,
    first_reason,
    noted,
)
from trialsim.analysis.within_person import NONE, PACE, climb_mixed, mixed_room, rises, start_mixed
from trialsim.compiled import kernel, part

#: The variance of the intercepts fits best at 0.
AT_ZERO = 3


@part
def _values(
    level: IntArray,
    x: FloatArray,
    arm: NDArray[np.int8],
    r: int,
    a: int,
    b: int,
    cells: Cells,
    start: IntArray,
    seen: IntArray,
) -> int:
    """Copy the measured visits of everybody in arms a and b who has the covariates: how many people.

    The design has covariates, all visits but the first, and arm a at each visit. ``seen`` (2, V) counts values.
    """
    covariates, visits = x.shape[2], level.shape[2]
    m = people = 0
    for v in range(visits):
        seen[0, v] = 0
        seen[1, v] = 0
    for i in range(level.shape[1]):
        k = arm[r, i]
        if k != a and k != b:
            continue
        complete = True
        for p in range(covariates):
            complete = complete and x[r, i, p] == x[r, i, p]
        if not complete:
            continue
        start[people] = m
        for v in range(visits):
            if level[r, i, v] < 0:
                continue
            for p in range(covariates):
                cells.design[m, p] = x[r, i, p]
            for w in range(visits):
                if w > 0:
                    cells.design[m, covariates + w - 1] = 1.0 if v == w else 0.0
                cells.design[m, covariates + visits - 1 + w] = 1.0 if v == w and k == a else 0.0
            cells.level[m] = level[r, i, v]
            cells.weight[m] = 1.0
            seen[0 if k == a else 1, v] += 1
            m += 1
        if m > start[people]:
            people += 1
    start[people] = m
    return people


@part
def _variance(lower: FloatArray, contrast: FloatArray, out: FloatArray, size: int) -> float:
    """Of a contrast of parameters, from the factor of their information."""
    total = 0.0
    for i in range(size):
        value = contrast[i]
        for j in range(i):
            value -= lower[i, j] * out[j]
        out[i] = value / lower[i, i]
        total += out[i] ** 2
    return total


@kernel
def _fit_all(  # type: ignore[no-untyped-def]
    level, x, arm, a, b, weights, cells, start, seen, place, fit, room, contrast, estimate, se, spread, loglik, n, how
):
    """Fit every replicate: without random effects, then with them. ``weights`` (V,) say of which visits the contrast is."""
    covariates, visits = x.shape[2], level.shape[2]
    for r in range(n.shape[0]):
        people = _values(level, x, arm, r, a, b, cells, start, seen)
        m = start[people]
        n[r] = people
        fewest = seen[0, 0]
        for v in range(visits):
            fewest = min(fewest, seen[0, v], seen[1, v])
        if fewest == 0:
            how[r] = EMPTY
            continue
        levels = merge(cells, m, place)
        kept = independent(cells, m, covariates + visits - 1, fit)
        if kept < 0 or levels == 1:
            how[r] = CONFOUNDED if kept < 0 else CONSTANT
            continue
        q = kept + visits
        begin(cells, m, levels, fit)
        how[r], loglik[r] = climb((cells, m, levels, q, fit), FULL)
        if how[r] != CONVERGED:
            continue
        start_mixed(people, levels, q, fit, room)
        how[r], value = climb_mixed((cells, start, people, levels, q, room), PACE)
        spread[r] = abs(room.theta[levels - 1 + q])
        if how[r] == CONVERGED and spread[r] >= NONE:
            loglik[r] = value
            size = levels + q
            for i in range(size):
                contrast[i] = 0.0
            estimate[r] = 0.0
            for v in range(visits):
                contrast[levels - 1 + kept + v] = weights[v]
                estimate[r] += weights[v] * room.theta[levels - 1 + kept + v]
            se[r] = math.sqrt(_variance(room.lower, contrast, room.step, size))
            continue
        if rises(cells, start, people, levels, fit) > 0.0:
            how[r] = LOST
            continue
        how[r], spread[r], estimate[r] = AT_ZERO, 0.0, 0.0
        for k in range(q):
            contrast[k] = 0.0
        for v in range(visits):
            contrast[kept + v] = weights[v]
            estimate[r] += weights[v] * fit.beta[kept + v]
        se[r] = math.sqrt(_variance(fit.lower, contrast, room.step, q))


def ordinal_mixed(
    values: FloatArray,
    x: FloatArray,
    arm: NDArray[np.int8],
    *,
    a: int,
    b: int,
    visit: int | None = None,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """Log odds ratio a / b of a higher score within a person, at one visit or the average of all.

    Parameters
    ----------
    values : (R, N, V) scores, NaN where missing
    x : (R, N, P) covariates
    arm : (R, N) arm of each participant, -1 for an empty place
    visit : position of the visit; None for the average
    """
    return fitted(values, x, arm, a=a, b=b, visit=visit, alternative=alternative, level=level)[0]


def fitted(
    values: FloatArray,
    x: FloatArray,
    arm: NDArray[np.int8],
    *,
    a: int,
    b: int,
    visit: int | None,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> tuple[Rows, FloatArray, FloatArray]:
    """The rows, the standard deviation (R,) of the intercepts, and the log likelihood (R,)."""
    y, covariates = as_values(values), as_values(x)
    rows, people, visits = y.shape
    number = numbered(y.reshape(rows, -1)).reshape(y.shape)
    levels, width = int(number.max(initial=0)) + 1, covariates.shape[2] + 2 * visits - 1
    weights = np.full(visits, 1.0 / visits) if visit is None else 1.0 * (np.arange(visits) == visit)
    places = people * visits
    estimate, se, spread, loglik = (np.full(rows, np.nan) for _ in range(4))
    n, how = np.zeros(rows, np.int64), np.zeros(rows, np.int8)
    cells = Cells(np.empty((places, width)), np.empty(places, np.int64), np.empty(places))
    _fit_all(number, covariates, as_arms(arm, y[:, :, 0], arms=127), a, b, weights, cells, np.empty(people + 1, np.int64),
             np.empty((2, visits), np.int64), np.empty(levels, np.int64), room_of(places, levels, width),
             mixed_room(people, levels, width, visits), np.empty(levels + width), estimate, se, spread, loglik, n,
             how)  # fmt: skip
    status = first_reason([
        (EMPTY_ARM, how == EMPTY), (SINGULAR, how == CONFOUNDED), (NO_VARIANCE, how == CONSTANT), (SEPARATED, how == ENDLESS),
        (NOT_CONVERGED, (how == LOST) | ~np.isfinite(se)),
    ])  # fmt: skip
    found = wald_rows(estimate, se, n=n, status=status, alternative=alternative, level=level)
    return noted(found, BOUNDARY, how == AT_ZERO), spread, loglik


# ---------------------------------------------------------------- method


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    a, b = arms
    return ordinal_mixed(
        data.repeated(call.repeated, call.choice), data.adjusted(call), data.arm, a=a, b=b, visit=call.at_visit,
        alternative=call.alternative, level=1.0 - call.alpha,
    )  # fmt: skip


_REASON = (
    "The power depends on the correlation of a person's scores at the visits, and on the levels of all visits together."
)

METHODS: Methods = {
    ("ordinal-mixed", "two"): Method(_run, NoClosedForm(_REASON), None, (odds_by_cut, wald_with_one_score))
}
