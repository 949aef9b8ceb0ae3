"""The Jonckheere-Terpstra test of a trend over the arms, in the order of the design.

If all values are equal, the statistic is that of no trend and p is 1. An empty arm is a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.ordering import Counts, RankOrder
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, Rows, first_reason, make_rows
from trialsim.analysis.tails import normal_p
from trialsim.analysis.tie_groups import tie_groups


def jonckheere(ranked: Counts | RankOrder, *, alternative: str = "two-sided") -> Rows:
    """Trend over all K arms: J, the sum over pairs of arms of U of the later one; no estimate.

    p is normal with correction for ties, without continuity correction. "greater" is a rise from the first arm to the last.

    References
    ----------
    Hollander, Wolfe and Chicken 2014, Nonparametric Statistical Methods, section 6.2, equation 6.19 (variance with ties).
    Jonckheere 1954, Biometrika 41:133, doi:10.1093/biomet/41.1-2.133.
    """
    arms = range(ranked.arms)
    sizes = tie_groups(ranked, arms).astype(np.float64)
    n = ranked.rank_sums([[k] for k in arms]).n
    statistic = np.zeros(n.shape[0])
    for earlier, later in combinations(arms, 2):
        sums = ranked.rank_sums([[later], [earlier]])
        statistic += sums.rank_sum[:, 0] - 0.5 * sums.n[:, 0] * (sums.n[:, 0] + 1)
    m, total = n.astype(np.float64), n.sum(axis=1).astype(np.float64)
    mean = (total**2 - (m**2).sum(axis=1)) / 4.0
    first = (
        total * (total - 1.0) * (2.0 * total + 5.0)
        - (m * (m - 1.0) * (2.0 * m + 5.0)).sum(axis=1)
        - (sizes * (sizes - 1.0) * (2.0 * sizes + 5.0)).sum(axis=1)
    )
    triples = (m * (m - 1.0) * (m - 2.0)).sum(axis=1) * (sizes * (sizes - 1.0) * (sizes - 2.0)).sum(axis=1)
    twos = (m * (m - 1.0)).sum(axis=1) * (sizes * (sizes - 1.0)).sum(axis=1)
    with np.errstate(all="ignore"):
        third = np.where(total > 2.0, triples / (36.0 * total * (total - 1.0) * (total - 2.0)), 0.0)
        variance = first / 72.0 + third + twos / (8.0 * total * (total - 1.0))
        p = np.where(variance > 1e-9, normal_p((statistic - mean) / np.sqrt(variance), alternative), 1.0)
    status = first_reason([(EMPTY_ARM, (n == 0).any(axis=1))])
    return make_rows(statistic, p, n=n.sum(axis=1), status=status)


def _run(data: Extraction, call: PlannedAnalysis, _arms: Sequence[int]) -> Rows:
    return jonckheere(data.ranked(call.endpoint, call.choice), alternative=call.alternative)


_NO_FORMULA = NoClosedForm("Its formulas hold for small and equal steps from arm to arm only.")

METHODS: Methods = {("jonckheere", "all"): Method(_run, _NO_FORMULA, None, ())}
