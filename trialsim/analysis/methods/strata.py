"""The Cochran-Mantel-Haenszel test: two arms on yes or no within strata, and their common odds ratio.

Estimand: the logarithm of the common odds ratio of the second category, arm a against arm b, given the stratum.

p is Mantel and Haenszel's without continuity correction; the interval is that of Robins, Breslow and Greenland around the
logarithm of the estimate, so the two may disagree near the limit. A stratum in which one arm is missing, or nobody or
everybody has the event, says nothing and counts for nothing. If nobody has it in all, or everybody, p is 1 and no odds ratio
is excluded; if every stratum is of that kind otherwise, the strata keep the arms apart and the test has failed
("confounded"). If one arm alone has no events (or nothing but events), the logarithm is infinite: p exists, estimate and
interval do not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import (
    EMPTY_ARM,
    SINGULAR,
    FloatArray,
    IntArray,
    Rows,
    first_reason,
    make_rows,
)
from trialsim.analysis.tails import interval_probability, limits, normal_p
from trialsim.compiled import kernel
from trialsim.heavy import special


@kernel
def _stratify_kernel(y: FloatArray, arm: NDArray[np.int8], stratum: IntArray, a: int, b: int, table: IntArray) -> None:
    replicates, participants = y.shape
    for r in range(replicates):
        for i in range(participants):
            s = stratum[r, i]
            k = int(arm[r, i])
            row = 0 if k == a else 1 if k == b else -1
            if s >= 0 and row >= 0 and not np.isnan(y[r, i]):
                table[r, s, row, 1 if y[r, i] == 1.0 else 0] += 1


def stratified(y: FloatArray, arm: NDArray[np.int8], stratum: ArrayLike, *, a: int, b: int) -> IntArray:
    """(R, S, 2, 2) counts by stratum: arm a then b, no then yes.

    Parameters
    ----------
    y : (R, N) 1 for yes and 0 for no, NaN where missing
    arm : (R, N) arm of each participant, -1 for an empty place
    stratum : (R, N) stratum of each participant, counted from 0; -1 where there is none

    Examples
    --------
    >>> y, arm = np.array([[1.0, 0.0, 1.0]]), np.array([[0, 1, 1]], np.int8)
    >>> stratified(y, arm, np.array([[0, 0, 1]]), a=0, b=1).tolist()
    [[[[0, 1], [1, 0]], [[0, 0], [0, 1]]]]
    """
    values, groups = as_values(y), np.require(stratum, np.int64, ["C", "W"])
    if groups.shape != values.shape:
        raise ValueError(f"stratum has shape {groups.shape}, the values {values.shape}")
    count = int(groups.max(initial=-1)) + 1
    table = np.zeros((values.shape[0], max(count, 1), 2, 2), np.int64)
    _stratify_kernel(values, as_arms(arm, values, arms=max(a, b, int(np.max(arm, initial=0))) + 1), groups, a, b, table)
    return table


def mantel_haenszel(table: IntArray, *, alternative: str = "two-sided", level: float = 0.95) -> Rows:
    """Mantel and Haenszel's test of counts (R, S, 2, 2) and their common odds ratio, as R's ``mantelhaen.test``.

    The statistic is z, the square root of the chi-square, positive if arm a has more events.

    References
    ----------
    Mantel and Haenszel 1959, J Natl Cancer Inst 22:719, doi:10.1093/jnci/22.4.719.
    Robins, Breslow and Greenland 1986, Biometrics 42:311, doi:10.2307/2531052, equation 1.
    """
    cell = table.astype(np.float64)
    yes_a, no_a, yes_b, no_b = cell[:, :, 0, 1], cell[:, :, 0, 0], cell[:, :, 1, 1], cell[:, :, 1, 0]
    na, nb, yes, no = yes_a + no_a, yes_b + no_b, yes_a + yes_b, no_a + no_b
    with np.errstate(all="ignore"):
        n = na + nb
        gap = np.where(n > 0, yes_a - na * yes / n, 0.0).sum(axis=1)
        variance = np.where(n > 1, na * nb * yes * no / (n**2 * (n - 1.0)), 0.0).sum(axis=1)
        for_a, for_b = (np.where(n > 0, one / n, 0.0) for one in (yes_a * no_b, yes_b * no_a))
        like, unlike = (np.where(n > 0, one / n, 0.0) for one in (yes_a + no_b, yes_b + no_a))
        top, bottom = for_a.sum(axis=1), for_b.sum(axis=1)
        estimate = np.log(top / bottom)
        spread = (
            (like * for_a).sum(axis=1) / (2.0 * top**2)
            + (like * for_b + unlike * for_a).sum(axis=1) / (2.0 * top * bottom)
            + (unlike * for_b).sum(axis=1) / (2.0 * bottom**2)
        )
        se = np.sqrt(np.where(np.isfinite(estimate), spread, np.nan))
        z = gap / np.sqrt(variance)
        half_width = float(special.ndtri(interval_probability(level, alternative))) * se
        low, high = limits(estimate, half_width, alternative)
    arms, flat = cell.sum(axis=(1, 3)), (cell.sum(axis=(1, 2)) == 0.0).any(axis=1)
    status = first_reason(
        [
            (EMPTY_ARM, (arms == 0.0).any(axis=1)),
            (SINGULAR, ~(variance > 0.0) & ~flat),
        ]
    )
    known, sizes = np.isfinite(estimate), table.sum(axis=(1, 2, 3))
    estimate, low, high = (np.where(known, column, np.nan) for column in (estimate, low, high))
    low, high = np.where(flat, -np.inf, low), np.where(flat, np.inf, high)
    z, p = np.where(flat, 0.0, z), np.where(flat, 1.0, normal_p(z, alternative))
    return make_rows(z, p, n=sizes, status=status, estimate=estimate, se=se, low=low, high=high)


# ---------------------------------------------------------------- method


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    (a, b), values = arms, data.chosen(call.endpoint, call.choice)
    table = stratified(values, data.arm, data.strata(call), a=a, b=b)
    return mantel_haenszel(table, alternative=call.alternative, level=1.0 - call.alpha)


_REASON = "The power depends on how many participants of each arm are in each stratum, and on the shares there."

METHODS: Methods = {("cmh", "two"): Method(_run, NoClosedForm(_REASON), None, ())}
