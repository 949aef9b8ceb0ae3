"""The result of an analysis: one row for each replicate, with a status instead of an exception."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

OK: Final = 0
EMPTY_ARM: Final = 1
TOO_FEW: Final = 2
NO_VARIANCE: Final = 3
SINGULAR: Final = 4
NOT_CONVERGED: Final = 5
NOT_TESTED: Final = 6
SHARED_CLUSTER: Final = 7
TOO_FEW_CLUSTERS: Final = 8
NO_EVENT: Final = 9
SEPARATED: Final = 10
RAISED: Final = 11
BAD_RESULT: Final = 12
BOUNDARY: Final = 13
LATER_COVARIANCE: Final = 14

#: An analysis with one of these has numbers.
ANALYZED: Final = (OK, BOUNDARY, LATER_COVARIANCE)

STATUS_TEXT: Final[dict[int, str]] = {
    OK: "ok",
    EMPTY_ARM: "an arm has no observed value",
    TOO_FEW: "too few observed values for the degrees of freedom",
    NO_VARIANCE: "no spread within the arms: the test has no p-value",
    SINGULAR: "a covariate is confounded with the arms",
    NOT_CONVERGED: "the estimate did not converge",
    NOT_TESTED: "not tested: the test before it did not reject",
    SHARED_CLUSTER: "a cluster has participants of both arms",
    TOO_FEW_CLUSTERS: "too few clusters for the degrees of freedom",
    NO_EVENT: "no event in any arm: there is nothing to compare",
    SEPARATED: "separated: an arm or a covariate predicts the outcome exactly",
    RAISED: "the function raised an error",
    BAD_RESULT: "the function returned no result that can be used",
    BOUNDARY: "boundary: analyzed, with a variance of the random effects at 0 (or their correlation at 1)",
    LATER_COVARIANCE: "analyzed, with a later covariance of the list: those before it did not converge",
}


@dataclass(frozen=True)
class Rows:
    """One analysis in every replicate; all arrays have shape (R,).

    Attributes
    ----------
    estimate : the effect, NaN for tests without one (omnibus tests)
    se : standard error of the estimate
    df : degrees of freedom; of the denominator for an F test, NaN where there are none
    statistic : t, F, H, U, W or chi-square, as the test says
    p : p-value, before any adjustment for multiplicity
    low, high : limits of the confidence interval for the estimate
    n : number of values analyzed
    status : `OK`, or the reason why every other number of the row is NaN (see `STATUS_TEXT`)

    If nothing varies, a test is `OK` as long as its estimate exists: the difference is 0, P(X > Y) one half, and p is
    the method's own p if it is defined (exact tests), otherwise 1; an interval is given only if the method has one.
    """

    estimate: FloatArray
    se: FloatArray
    df: FloatArray
    statistic: FloatArray
    p: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray
    status: NDArray[np.int8]


def first_reason(reasons: Sequence[tuple[int, BoolArray]]) -> NDArray[np.int8]:
    """Return the first status whose condition holds, `OK` if none does.

    Parameters
    ----------
    reasons : pairs of a status code and where it applies (R,), the most serious first
    """
    conditions = [where for _, where in reasons]
    codes = [np.int8(code) for code, _ in reasons]
    return np.select(conditions, codes, default=np.int8(OK)).astype(np.int8)


def make_rows(
    statistic: FloatArray,
    p: FloatArray,
    *,
    n: IntArray,
    status: NDArray[np.int8],
    estimate: FloatArray | None = None,
    se: FloatArray | None = None,
    df: FloatArray | float | None = None,
    low: FloatArray | None = None,
    high: FloatArray | None = None,
) -> Rows:
    """Make a result; missing numbers, and every row that is not `OK`, become NaN."""
    fine = status == OK

    def column(values: FloatArray | float | None) -> FloatArray:
        return np.where(fine, np.nan if values is None else values, np.nan)

    return Rows(
        estimate=column(estimate),
        se=column(se),
        df=column(df),
        statistic=column(statistic),
        p=column(p),
        low=column(low),
        high=column(high),
        n=np.asarray(n, dtype=np.int64),
        status=status,
    )


def behind_gate(rows: Rows, is_open: BoolArray) -> Rows:
    """Close a test if the one before it did not reject: p becomes NaN, the status `NOT_TESTED`.

    Estimate and interval stay. A row that has failed already keeps its own status.

    Parameters
    ----------
    rows : the test behind the gate
    is_open : (R,), true where the test before it rejected
    """
    closed = ~is_open
    return replace(
        rows,
        p=np.where(closed, np.nan, rows.p),
        status=np.where(closed & np.isin(rows.status, ANALYZED), np.int8(NOT_TESTED), rows.status),
    )


def scaled(rows: Rows, factor: float) -> Rows:
    """The rows of an estimate that is multiplied by a number above zero."""
    return replace(
        rows, estimate=rows.estimate * factor, se=rows.se * factor, low=rows.low * factor, high=rows.high * factor
    )


def noted(rows: Rows, status: int, where: BoolArray) -> Rows:
    """Say something about rows that are analyzed: the status becomes ``status`` where it is `OK`, the numbers stay."""
    return replace(rows, status=np.where(where & (rows.status == OK), np.int8(status), rows.status).astype(np.int8))
