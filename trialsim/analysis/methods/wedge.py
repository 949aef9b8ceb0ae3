"""The linear mixed model of a stepped wedge: fixed periods and arm, random sites, and random periods within sites.

Estimand: the mean difference a - b on the same calendar dates, at equal covariates. Every calendar period has a mean of its own,
so that a trend over time is not taken for an effect. Sites differ by a random level, and with ``random: site and period`` a site
also differs from itself from period to period. Complete cases; variances by restricted maximum likelihood, at 0 or above; a t
test with the variance and the degrees of freedom of Kenward and Roger, or with Satterthwaite's degrees of freedom, both from the
expected information.

References
----------
Hussey and Hughes 2007, Contemp Clin Trials 28:182, doi:10.1016/j.cct.2006.05.007 (model, and variance in equation 8).
Hooper, Teerenstra, de Hoop and Eldridge 2016, Stat Med 35:4718, doi:10.1002/sim.7028 (random periods within sites).
Fai and Cornelius 1996, J Stat Comput Simul 54:363, doi:10.1080/00949659608811740.
Kenward and Roger 1997, Biometrics 53:983, doi:10.2307/2533558.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.formulas import z_power
from trialsim.analysis.methods.case import Case, Power
from trialsim.analysis.methods.method import ClosedForm, Method, Methods
from trialsim.analysis.methods.wald import ended
from trialsim.analysis.methods.wedge_fit import cells_of, climb, deviance, explain, room_of
from trialsim.analysis.newton import LOST, standardize
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import (
    EMPTY_ARM,
    SINGULAR,
    TOO_FEW,
    TOO_FEW_CLUSTERS,
    FloatArray,
    IntArray,
    Rows,
    first_reason,
)
from trialsim.analysis.tails import ROUNDING, t_rows
from trialsim.compiled import kernel, part
from trialsim.kinds.designs import PERIOD
from trialsim.response.plan import ResponsePlan

#: How a trial failed.
DEPENDENT = -1
FEW = -2
ONE_SITE = -3


@part
def _gather(y, x, arm, site, period, r, a, b, design, response, places, count):  # type: ignore[no-untyped-def]
    """Copy the complete cases of replicate ``r``: the columns 1, periods, covariates, arm; how many in a and in b.

    ``places`` (N,) receives site x periods + period of each, and ``count`` how many each cell has.
    """
    participants, covariates = x.shape[1], x.shape[2]
    columns = design.shape[1]
    periods = columns - covariates - 1
    na = nb = m = 0
    for c in range(count.shape[0]):
        count[c] = 0
    for i in range(participants):
        k = arm[r, i]
        if (k != a and k != b) or y[r, i] != y[r, i] or site[r, i] < 0:
            continue
        complete = True
        for p in range(covariates):
            complete = complete and x[r, i, p] == x[r, i, p]
        if not complete:
            continue
        for p in range(columns):
            design[m, p] = 0.0
        design[m, 0] = 1.0
        if period[r, i] > 0:
            design[m, period[r, i]] = 1.0
        for p in range(covariates):
            design[m, periods + p] = x[r, i, p]
        design[m, columns - 1] = 1.0 if k == a else 0.0
        response[m] = y[r, i]
        places[m] = site[r, i] * periods + period[r, i]
        count[places[m]] += 1
        na += k == a
        nb += k == b
        m += 1
    return na, nb


@part
def _sum_up(design, response, places, count, periods, m, q, cells, number):  # type: ignore[no-untyped-def]
    """Fill the sums of the cells that have members, site by site: how many cells, of how many sites, the sum of squares.

    Sites are counted anew, without gaps; ``number`` (cells,) is the place of each cell among those with members.
    """
    used = sites = 0
    last = -1
    for c in range(count.shape[0]):
        number[c] = -1
        if count[c] == 0:
            continue
        if c // periods != last:
            last = c // periods
            sites += 1
        number[c] = used
        cells.size[used], cells.site[used], cells.y[used] = count[c], sites - 1, 0.0
        for j in range(q):
            cells.x[used, j] = 0.0
        used += 1
    for j in range(q):
        cells.product[j] = 0.0
        for h in range(q):
            cells.square[j, h] = 0.0
    total = 0.0
    for i in range(m):
        c, value = number[places[i]], response[i]
        total += value * value
        cells.y[c] += value
        for j in range(q):
            cells.x[c, j] += design[i, j]
            cells.product[j] += design[i, j] * value
            for h in range(q):
                cells.square[j, h] += design[i, j] * design[i, h]
    return used, sites, total


@kernel
def _fit_all(  # type: ignore[no-untyped-def]
    y, x, arm, site, period, a, b, with_cells, adjust, design, response, places, count, number, cells, room,
    estimate, se, df, variances, n, how,
):  # fmt: skip
    """Fit every replicate."""
    columns = design.shape[1]
    periods = columns - x.shape[2] - 1
    lower, found = np.empty((columns, columns)), np.empty(2)
    for r in range(y.shape[0]):
        na, nb = _gather(y, x, arm, site, period, r, a, b, design, response, places, count)
        m = na + nb
        n[r, 0], n[r, 1] = na, nb
        if na == 0 or nb == 0:
            continue
        q = standardize(design, m, columns, lower)
        if q == 0:
            how[r] = DEPENDENT
            continue
        mean = 0.0
        for i in range(m):
            mean += response[i] / m
        for i in range(m):
            response[i] -= mean
        used, sites, total = _sum_up(design, response, places, count, periods, m, q, cells, number)
        if sites < 2:
            how[r] = ONE_SITE
            continue
        if m <= q:
            how[r] = FEW
            continue
        if not total > 0.0:  # nothing varies at all
            estimate[r], se[r], df[r] = 0.0, 0.0, m - q
            continue
        _, least = deviance(cells, used, sites, q, total, m, 0.0, 0.0, room)
        if not least > 1e-20 * total:  # nothing varies within the arms and periods
            estimate[r], se[r], df[r] = room.beta[q - 1], 0.0, m - q
            continue
        rest = climb(cells, used, sites, q, total, m, with_cells and m > used, room, found)
        if math.isnan(rest):
            how[r] = LOST
            continue
        variance, df[r] = explain(cells, used, sites, q, m, found, rest, room, adjust)
        if not variance > 0.0 or not df[r] > 0.0:
            how[r] = LOST
            continue
        estimate[r], se[r] = room.beta[q - 1], math.sqrt(variance)
        variances[r, 2] = rest / (m - q)
        variances[r, 0], variances[r, 1] = found[0] * variances[r, 2], found[1] * variances[r, 2]


def wedge_mixed(
    y: FloatArray,
    x: FloatArray,
    arm: NDArray[np.int8],
    site: IntArray,
    period: IntArray,
    *,
    a: int,
    b: int,
    site_periods: bool,
    kenward_roger: bool = False,
    null: float = 0.0,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """Mean difference a - b on the same dates, of participants of sites that go over from one arm to the other.

    Parameters
    ----------
    y : (R, N) values, NaN where missing
    x : (R, N, P) covariates
    arm : (R, N) arm of each participant, -1 for an empty place
    site, period : (R, N) of each participant, counted from 0
    site_periods : whether a site also differs from itself from period to period
    """
    return fitted(
        y, x, arm, site, period, a=a, b=b, site_periods=site_periods, kenward_roger=kenward_roger, null=null,
        alternative=alternative, level=level,
    )[0]  # fmt: skip


def fitted(
    y: FloatArray,
    x: FloatArray,
    arm: NDArray[np.int8],
    site: IntArray,
    period: IntArray,
    *,
    a: int,
    b: int,
    site_periods: bool,
    kenward_roger: bool,
    null: float,
    alternative: str,
    level: float,
) -> tuple[Rows, FloatArray]:
    """The rows, and the variances (R, 3) of site periods, of sites and of the residual, NaN where there are none."""
    values, covariates = as_values(y), as_values(x)
    sites, periods = np.require(site, np.int64, ["C", "W"]), np.require(period, np.int64, ["C", "W"])
    rows, participants = values.shape
    many, calendar = int(sites.max(initial=0)) + 1, int(periods.max(initial=0)) + 1
    columns, cells = calendar + covariates.shape[2] + 1, many * calendar
    estimate, se, df = (np.full(rows, one) for one in (np.nan, np.nan, 0.0))
    variances = np.full((rows, 3), np.nan)
    n, how = np.zeros((rows, 2), np.int64), np.zeros(rows, np.int8)
    _fit_all(
        values, covariates, as_arms(arm, values, arms=127), sites, periods, a, b, site_periods, kenward_roger,
        np.empty((participants, columns)), np.empty(participants), np.empty(participants, np.int64),
        np.empty(cells, np.int64), np.empty(cells, np.int64), cells_of(cells, columns), room_of(cells, many, columns),
        estimate, se, df, variances, n, how,
    )  # fmt: skip
    reasons = [
        (EMPTY_ARM, (n == 0).any(axis=1)), (SINGULAR, how == DEPENDENT), (TOO_FEW_CLUSTERS, how == ONE_SITE),
        (TOO_FEW, how == FEW), *ended(how),
    ]  # fmt: skip
    with np.errstate(invalid="ignore"):
        tiny = ROUNDING * np.nanmax(np.abs(values), axis=1, initial=0.0)
    made = t_rows(
        estimate, se, df=np.where(df > 0.0, df, 1.0), n=n.sum(axis=1), status=first_reason(reasons), tiny=tiny, null=null,
        alternative=alternative, level=level,
    )  # fmt: skip
    return made, variances


# ---------------------------------------------------------------- closed form, caveats, method


def gls_variance(size: FloatArray, treated: NDArray[np.bool_], *, icc: float, cac: float) -> float:
    """Variance of the effect by generalized least squares with known variances, of a total variance of 1; NaN if it has none.

    Of cells of one size it is equation 8 of Hussey and Hughes (2007) where ``cac`` is 1, and the variance of Hooper et al. (2016)
    otherwise.

    Parameters
    ----------
    size : (S, P) participants of each site in each period
    treated : (S, P) whether a site has gone over by then

    >>> steps = np.arange(1, 7).repeat(2)
    >>> wedge = np.arange(7) >= steps[:, None]
    >>> round(math.sqrt(gls_variance(np.full((12, 7), 5.0), wedge, icc=0.05, cac=1.0)), 5)
    0.15016
    """
    periods = size.shape[1]
    information = np.zeros((periods + 1, periods + 1))
    for n, crossed in zip(size, treated, strict=True):
        there = n > 0
        if not there.any():
            continue
        design = np.column_stack([np.eye(periods)[there], crossed[there]])
        variance = icc * cac + np.diag(icc * (1.0 - cac) + (1.0 - icc) / n[there])
        information += design.T @ np.linalg.solve(variance, design)
    used = np.append(information.diagonal()[:-1] > 0.0, True)
    kept = information[np.ix_(used, used)]
    if np.linalg.matrix_rank(kept) < len(kept):
        return math.nan
    return float(np.linalg.inv(kept)[-1, -1])


def _power(case: Case) -> Power | None:
    """Power with known variances; None where they are not declared."""
    wedge, (a, b) = case.wedge, case.two
    x, y = case.arms[a], case.arms[b]
    if wedge is None or x.normal is None or y.normal is None or x.sd != y.sd:
        return None
    se = x.sd * math.sqrt(wedge.variance)
    if (x.mean, x.sd) != x.normal or not se > 0.0:  # neither the value nor its logarithm is normal
        return None
    power = z_power((x.mean - y.mean - case.null) / se, alpha=case.alpha, alternative=case.alternative)
    if wedge.cac < 1.0:
        return Power(power, "generalized least squares with random periods within sites", "Hooper et al. 2016")
    return Power(power, "generalized least squares with random sites", "Hussey and Hughes 2007")


def without_site_periods(call: PlannedAnalysis, response: ResponsePlan) -> str | None:
    """A warning if the model leaves out that sites change from period to period."""
    outcome = response.outcomes[response.points[call.endpoint.visit].outcome]
    if call.site_periods or outcome.cac == 1.0 or outcome.icc_site == 0.0:
        return None
    return (
        f"{call.name}: sites differ from themselves from period to period (cac {outcome.cac:g}), and the model has random: site "
        "only: it can reject far too often, and the null twin shows how often. Write random: site and period."
    )


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    a, b = arms
    period = data.data.visit_covariates[PERIOD.name, call.endpoint.visit].values.astype(np.int64)
    return wedge_mixed(
        data.chosen(call.endpoint, call.choice), data.adjusted(call), data.arm, data.twice(data.data.site),
        data.twice(period), a=a, b=b, site_periods=call.site_periods, kenward_roger=call.kenward_roger,
        null=call.null, alternative=call.alternative, level=1.0 - call.alpha,
    )  # fmt: skip


METHODS: Methods = {
    ("wedge-mixed", "two"): Method(_run, ClosedForm(_power, {}, whole_sizes=True), None, (without_site_periods,)),
}
