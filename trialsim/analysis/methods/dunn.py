"""Dunn's test: two arms after Kruskal-Wallis, with the ranks of all arms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.methods.ranks import mann_whitney
from trialsim.analysis.ordering import Counts, RankOrder
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, Rows, first_reason, make_rows
from trialsim.analysis.tails import normal_p


def dunn(ranked: Counts | RankOrder, *, a: int, b: int, alternative: str = "two-sided", level: float = 0.95) -> Rows:
    """Dunn's z: the difference of mean ranks of arms a and b in the joined sample of all arms, with ties; p before adjustment.

    The estimate with its SE and interval is P(A > B) + P(A = B) / 2 of the two arms, as for Mann-Whitney: a difference of
    mean ranks depends on the sizes of all arms. ``n`` counts arms a and b.

    If all values are equal, z is 0 and p is 1.

    References
    ----------
    Dunn 1964, Technometrics 6:241, doi:10.1080/00401706.1964.10490181.
    """
    sums = ranked.rank_sums([[k] for k in range(ranked.arms)])
    na, nb = sums.n[:, a], sums.n[:, b]
    total = sums.n.sum(axis=1).astype(np.float64)
    pair = mann_whitney(ranked, a=a, b=b, alternative=alternative, level=level)
    with np.errstate(all="ignore"):
        spread = total * (total + 1.0) / 12.0 - sums.ties / (12.0 * (total - 1.0))
        z = (sums.rank_sum[:, a] / na - sums.rank_sum[:, b] / nb) / np.sqrt(spread * (1.0 / na + 1.0 / nb))
        varies = spread > 1e-9
    z, p = np.where(varies, z, 0.0), np.where(varies, normal_p(z, alternative), 1.0)
    status = first_reason([(EMPTY_ARM, (na == 0) | (nb == 0))])
    return make_rows(z, p, n=na + nb, status=status, estimate=pair.estimate, se=pair.se, low=pair.low, high=pair.high)


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    (a, b), ranked = arms, data.ranked(call.endpoint, call.choice)
    return dunn(ranked, a=a, b=b, alternative=call.alternative, level=1.0 - call.alpha)


_NO_FORMULA = NoClosedForm("It ranks all arms together: no formula gives its power from two of them.")

METHODS: Methods = {("dunn", "two"): Method(_run, _NO_FORMULA, None, ())}
