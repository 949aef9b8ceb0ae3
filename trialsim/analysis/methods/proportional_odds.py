"""Proportional odds: ordered scores of two arms or all arms, given covariates, by the cumulative logit model.

Estimand of two arms: the logarithm of the odds ratio a / b of a higher score, the same for every cut of the scale, at equal
covariates if there are any. The model has the participants of the arms that are compared, complete cases, and a cut between
any two scores that somebody has: scores of nobody are merged with their neighbors, which changes no estimate. A covariate that
is constant, or a linear function of those before it, is left out of the model.

p is by the likelihood ratio (``lr``), by Wald or by the score test with the information as expected (McCullagh). Without
covariates the score statistic is N / (N - 1) times that of Mann and Whitney (Kruskal and Wallis) with ties, without continuity
correction. The interval is Wald's.

Where an arm or a covariate predicts the scores exactly ("separated") the likelihood rises for ever toward a limit: its ratio has
a p, the score test too, but no estimate, and Wald's test has failed. Where all scores are equal, p is 1 without an
estimate.

References
----------
McCullagh 1980, J R Stat Soc B 42:109, doi:10.1111/j.2517-6161.1980.tb01109.x, sections 2 and 6.
Liu, Shepherd, Li and Harrell 2017, Stat Med 36:4316, doi:10.1002/sim.7433 (every value a score of its own).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis import formulas
from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.cumulative import (
    Cells,
    LogitWorkspace,
    climb,
    decompose,
    expect,
    forward,
    likelihood,
    merge,
    room_of,
    start,
)
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.case import Case, Power
from trialsim.analysis.methods.method import ClosedForm, Method, Methods, NoClosedForm
from trialsim.analysis.methods.ordered import odds_by_cut, wald_with_one_score
from trialsim.analysis.methods.ranks import common_odds
from trialsim.analysis.methods.wald import wald_rows
from trialsim.analysis.newton import CONVERGED, ENDLESS, FULL, LOST, PIVOT
from trialsim.analysis.ordering import Counts
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import (
    EMPTY_ARM,
    NO_VARIANCE,
    NOT_CONVERGED,
    SEPARATED,
    SINGULAR,
    BoolArray,
    FloatArray,
    IntArray,
    Rows,
    first_reason,
    make_rows,
)
from trialsim.analysis.tails import chi_square_p
from trialsim.compiled import kernel, part
from trialsim.kinds.tests.options import BY_LIKELIHOOD_RATIO, BY_SCORE, BY_WALD

#: The status of a row: nobody in an arm, one score only, an arm that follows from covariates; else how its fit ended.
EMPTY = -1
CONSTANT = -2
CONFOUNDED = -3

#: Ways to p, as numbers.
_WAYS = {BY_LIKELIHOOD_RATIO: 0, BY_WALD: 1, BY_SCORE: 2}
_RATIO, _WALD, _SCORE = 0, 1, 2


@part
def _participants(
    level: IntArray, x: FloatArray, arm: NDArray[np.int8], r: int, column: IntArray, cells: Cells, sizes: IntArray
) -> int:
    """Copy the complete cases of replicate ``r``: how many."""
    covariates, m = x.shape[2], 0
    for i in range(level.shape[1]):
        k = arm[r, i]
        if k < 0 or column[k] < -1 or level[r, i] < 0:
            continue
        complete = True
        for p in range(covariates):
            complete = complete and x[r, i, p] == x[r, i, p]
        if not complete:
            continue
        for p in range(covariates):
            cells.design[m, p] = x[r, i, p]
        for p in range(covariates, cells.design.shape[1]):
            cells.design[m, p] = 1.0 if p - covariates == column[k] else 0.0
        cells.level[m] = level[r, i]
        cells.weight[m] = 1.0
        sizes[k] += 1
        m += 1
    return m


@part
def _groups(table: IntArray, r: int, column: IntArray, cells: Cells, sizes: IntArray) -> int:
    """Copy the counts of replicate ``r``, one cell an arm and score: how many cells."""
    m = 0
    for k in range(table.shape[1]):
        if column[k] < -1:
            continue
        for j in range(table.shape[2]):
            if table[r, k, j] == 0:
                continue
            for p in range(cells.design.shape[1]):
                cells.design[m, p] = 1.0 if p == column[k] else 0.0
            cells.level[m] = j
            cells.weight[m] = table[r, k, j]
            sizes[k] += table[r, k, j]
            m += 1
    return m


@part
def independent(cells: Cells, m: int, covariates: int, fit: LogitWorkspace) -> int:
    """Center and scale covariates, drop those that follow from others: how many remain, -1 if an arm follows from them.

    Arms are centered only, and come after the covariates that remain.
    """
    design, columns, kept = cells.design, cells.design.shape[1], 0
    total = 0.0
    for i in range(m):
        total += cells.weight[i]
    for p in range(columns):
        mean = largest = size = 0.0
        for i in range(m):
            mean += cells.weight[i] * design[i, p] / total
        for i in range(m):
            size = max(size, abs(design[i, p]))
            largest = max(largest, abs(design[i, p] - mean))
        flat = largest <= 1e-13 * size
        scale = largest if p < covariates else 1.0
        own = 0.0
        for i in range(m):
            design[i, kept] = 0.0 if flat else (design[i, p] - mean) / scale
            own += cells.weight[i] * design[i, kept] ** 2
        pivot = own
        for q in range(kept):
            value = 0.0
            for i in range(m):
                value += cells.weight[i] * design[i, kept] * design[i, q]
            for j in range(q):
                value -= fit.lower[kept, j] * fit.lower[q, j]
            fit.lower[kept, q] = value / fit.lower[q, q]
            pivot -= fit.lower[kept, q] ** 2
        if not pivot > PIVOT * own:
            if p >= covariates:
                return -1
            continue
        fit.lower[kept, kept] = math.sqrt(pivot)
        kept += 1
    return int(kept - (columns - covariates))


@part
def _score(cells: Cells, m: int, levels: int, q: int, arms: int, fit: LogitWorkspace) -> float:
    """Signed root (two arms) or chi-square of the score test at the fit without arms, whose gradient is 0 but for arms."""
    likelihood(cells, m, levels, q, fit)
    expect(cells, m, levels, q, fit)
    if not decompose(levels, q, fit):
        return np.nan
    forward(levels, q, fit)
    if arms == 1:
        return float(fit.to_beta[q - 1])
    total = 0.0
    for k in range(q - arms, q):
        total += fit.to_beta[k] ** 2
    return total


@part
def _wald(q: int, arms: int, fit: LogitWorkspace) -> float:
    """Chi-square of all arms, from the factor of the information."""
    total = 0.0
    for k in range(q - arms, q):
        value = 0.0
        for n in range(k, q):
            value += fit.lower[n, k] * fit.beta[n]
        total += value * value
    return total


@kernel
def _fit_all(  # type: ignore[no-untyped-def]
    level, x, arm, table, column, arms, way, cells, place, fit, estimate, se, statistic, n, how
):
    """Fit every replicate: without arms, then with them. ``statistic`` is a signed root of two arms, else chi-square."""
    counted, covariates = table.shape[0] > 0, x.shape[2]
    sizes = np.empty(column.shape[0], np.int64)
    for r in range(n.shape[0]):
        for k in range(sizes.shape[0]):
            sizes[k] = 0
        m = 0 if counted else _participants(level, x, arm, r, column, cells, sizes)
        if counted:
            m = _groups(table, r, column, cells, sizes)
        empty = False
        for k in range(sizes.shape[0]):
            n[r] += sizes[k]
            empty = empty or (column[k] >= -1 and sizes[k] == 0)
        if empty:
            how[r] = EMPTY
            continue
        levels = merge(cells, m, place)
        kept = independent(cells, m, covariates, fit)
        if kept < 0 or levels == 1:
            how[r] = CONFOUNDED if kept < 0 else CONSTANT
            continue
        q = kept + arms
        under = start(cells, m, levels, fit)
        if kept > 0:
            how[r], under = climb((cells, m, levels, kept, fit), FULL)
        if how[r] == LOST:
            continue
        if way == _SCORE:
            if how[r] != CONVERGED:
                continue
            statistic[r] = _score(cells, m, levels, q, arms, fit)
        if how[r] == ENDLESS:
            start(cells, m, levels, fit)
        how[r], value = climb((cells, m, levels, q, fit), FULL)
        estimate[r], se[r] = fit.beta[q - 1], 1.0 / fit.lower[q - 1, q - 1]
        if way == _WALD:
            statistic[r] = fit.beta[q - 1] / se[r] if arms == 1 else _wald(q, arms, fit)
        elif way == _RATIO:
            twice = max(2.0 * (value - under), 0.0)
            statistic[r] = math.copysign(math.sqrt(twice), fit.beta[q - 1]) if arms == 1 else twice


def proportional_odds(
    scores: FloatArray | Counts,
    x: FloatArray | None = None,
    arm: NDArray[np.int8] | None = None,
    *,
    arms: int,
    pair: tuple[int, int] | None = None,
    by: str = BY_LIKELIHOOD_RATIO,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """Log odds ratio a / b of a higher score, or the test of all arms (chi-square with K - 1 df, no estimate).

    Parameters
    ----------
    scores : (R, N) numbers, of which only the order matters, NaN where missing; or counts of categories, without covariates
    x : (R, N, P) covariates
    arm : (R, N) arm of each participant, -1 for an empty place
    arms : K
    pair : the two arms (a, b); None for all arms
    by : lr, wald or score
    """
    column = np.arange(-1, arms - 1) if pair is None else np.full(arms, -2)
    if pair is not None:
        column[list(pair)] = 0, -1
    columns = arms - 1 if pair is None else 1
    if isinstance(scores, Counts):
        rows, places, levels = scores.table.shape[0], arms * scores.table.shape[2], scores.table.shape[2]
        table, numbers = scores.table, np.empty((0, 0), np.int64)
        covariates, groups = np.empty((0, 0, 0)), np.empty((0, 0), np.int8)
    else:
        values = as_values(scores)
        assert arm is not None  # scores of participants have arms
        (rows, places), table, numbers = values.shape, np.empty((0, 0, 0), np.int64), numbered(values)
        covariates = as_values(np.empty((*values.shape, 0)) if x is None else x)
        groups, levels = as_arms(arm, values, arms=127), int(numbers.max(initial=0)) + 1
    width = columns + covariates.shape[2]
    estimate, se, statistic = np.full(rows, np.nan), np.full(rows, np.nan), np.full(rows, np.nan)
    n, how = np.zeros(rows, np.int64), np.zeros(rows, np.int8)
    cells = Cells(np.empty((places, width)), np.empty(places, np.int64), np.empty(places))
    _fit_all(numbers, covariates, groups, table, column.astype(np.int64), columns, _WAYS[by], cells, np.empty(levels, np.int64),
             room_of(places, levels, width), estimate, se, statistic, n, how)  # fmt: skip
    return _rows(estimate, se, statistic, n, how, columns, pair, by=by, alternative=alternative, level=level)


def numbered(values: FloatArray) -> IntArray:
    """(R, N) the number of each value among those of its row, in their order and from 0; -1 where it is missing."""
    order = np.argsort(values, axis=1, kind="stable")
    ascending = np.take_along_axis(values, order, axis=1)
    new = np.zeros(values.shape, np.int64)
    new[:, 1:] = ascending[:, 1:] > ascending[:, :-1]
    number = np.empty_like(new)
    np.put_along_axis(number, order, np.cumsum(new, axis=1), axis=1)
    return np.where(np.isnan(values), -1, number)


def _rows(
    estimate: FloatArray,
    se: FloatArray,
    statistic: FloatArray,
    n: IntArray,
    how: NDArray[np.int8],
    columns: int,
    pair: tuple[int, int] | None,
    *,
    by: str,
    alternative: str,
    level: float,
) -> Rows:
    """The statistics as rows; where the fit has no end, p without an estimate, or a failure by Wald."""
    constant: BoolArray = how == CONSTANT
    endless: BoolArray = how == ENDLESS
    none = constant | endless
    lost = (how == LOST) | ((by == BY_SCORE) & ~none & np.isnan(statistic) & (how >= 0))
    reasons = [(EMPTY_ARM, how == EMPTY), (SINGULAR, how == CONFOUNDED), (NOT_CONVERGED, lost)]
    if by == BY_WALD:
        reasons += [(NO_VARIANCE, constant), (SEPARATED, endless)]
    reasons.append((SEPARATED, endless & np.isnan(statistic)))
    status = first_reason(reasons)
    statistic = np.where(constant, 0.0, statistic)
    if pair is None:
        return make_rows(statistic, chi_square_p(statistic, columns), n=n, status=status, df=float(columns))
    gone = np.where(none, np.nan, 1.0)
    return wald_rows(estimate * gone, se * gone, n=n, status=status, alternative=alternative, level=level, z=statistic)


# ---------------------------------------------------------------- method


def _run(data: Extraction, call: PlannedAnalysis, pair: tuple[int, int] | None) -> Rows:
    ranked = None if _adjusts(call) else data.ranked(call.endpoint, call.choice)
    if isinstance(ranked, Counts):
        return proportional_odds(
            ranked, arms=data.arms, pair=pair, by=call.by, alternative=call.alternative, level=1.0 - call.alpha
        )
    return proportional_odds(
        data.chosen(call.endpoint, call.choice), data.adjusted(call), data.arm, arms=data.arms, pair=pair, by=call.by,
        alternative=call.alternative, level=1.0 - call.alpha,
    )  # fmt: skip


def _adjusts(call: PlannedAnalysis) -> bool:
    return bool(call.baselines or call.covariates or call.visit_covariates)


def _run_two(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    a, b = arms
    return _run(data, call, (a, b))


def _run_all(data: Extraction, call: PlannedAnalysis, _arms: Sequence[int]) -> Rows:
    return _run(data, call, None)


def _power(case: Case) -> Power | None:
    """Whitehead's formula, without covariates and with one odds ratio for all cuts."""
    a, b = case.two
    x, y = case.arms[a], case.arms[b]
    odds = common_odds(x, y) if x.exact and y.exact and not case.covariates else None
    if odds is None:
        return None
    power = formulas.whitehead_power(
        odds, (x.weights + y.weights) / 2, float(case.sizes[a]), float(case.sizes[b]), alpha=case.alpha,
        alternative=case.alternative,
    )  # fmt: skip
    name = f"proportional odds, odds ratio {math.exp(odds):.3g}"
    return Power(power, name, "Whitehead 1993, doi:10.1002/sim.4780122404", "whitehead")


_REASON = "No accepted formula covers all arms together."
_CAVEATS = (odds_by_cut, wald_with_one_score)

METHODS: Methods = {
    ("proportional-odds", "two"): Method(
        _run_two, ClosedForm(_power, {"whitehead": (0.05, 0.02, 0.02)}, whole_sizes=False), None, _CAVEATS
    ),
    ("proportional-odds", "all"): Method(_run_all, NoClosedForm(_REASON), None, _CAVEATS),
}
