"""Friedman's test of several visits within participants.

Complete cases: a participant with a missing value is left out. If everyone has equal values at all visits, the statistic is 0
and p is 1. No participant with all values is a failure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, FloatArray, Rows, first_reason, make_rows
from trialsim.analysis.tails import chi_square_p


def friedman(values: FloatArray) -> Rows:
    """Friedman's chi-square with correction for ties, V - 1 degrees of freedom, as scipy; no estimate.

    Parameters
    ----------
    values : (R, N, V), NaN where missing

    References
    ----------
    Friedman 1937, J Am Stat Assoc 32:675, doi:10.1080/01621459.1937.10503522. Hollander, Wolfe and Chicken 2014,
    Nonparametric Statistical Methods, section 7.1 (ties).
    """
    visits = values.shape[2]
    complete = ~np.isnan(values).any(axis=2)
    n = complete.sum(axis=1)
    sums, ties = np.zeros((len(values), visits)), np.zeros(len(values))
    for one in range(visits):
        rank, equal = np.ones(complete.shape), np.zeros(complete.shape)
        for other in range(visits):
            if other != one:
                rank += values[:, :, other] < values[:, :, one]
                equal += values[:, :, other] == values[:, :, one]
        sums[:, one] = np.where(complete, rank + 0.5 * equal, 0.0).sum(axis=1)
        ties += np.where(complete, (equal + 1.0) ** 2 - 1.0, 0.0).sum(axis=1)  # t values of t^3 - t over t each
    with np.errstate(all="ignore"):
        spread = ((sums - 0.5 * n[:, None] * (visits + 1.0)) ** 2).sum(axis=1)
        untied = 1.0 - ties / (n * (visits**3 - visits))
        statistic = np.where(untied > 1e-12, 12.0 * spread / (n * visits * (visits + 1.0)) / untied, 0.0)
    df = visits - 1.0
    status = first_reason([(EMPTY_ARM, n == 0)])
    return make_rows(statistic, chi_square_p(statistic, df), n=n, status=status, df=df)


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    values = data.repeated(call.repeated, call.choice)
    if arms:
        values = np.where((data.arm == arms[0])[:, :, None], values, np.nan)
    return friedman(values)


_NO_FORMULA = NoClosedForm("Its power depends on every correlation between the visits; formulas take them as equal.")

METHODS: Methods = {("friedman", "one"): Method(_run, _NO_FORMULA, None, ())}
