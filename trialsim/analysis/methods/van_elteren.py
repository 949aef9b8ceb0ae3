"""Van Elteren's test: a rank sum test of two arms within strata.

Estimand: P(A > B) + P(A = B) / 2 of two participants of the same stratum, the strata weighted as in the test.

A stratum in which an arm has no value says nothing and is left out. If all values of every stratum are equal, the statistic is 0
and p is 1. If no stratum has both arms, the test has failed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.method import Method, Methods, NoClosedForm
from trialsim.analysis.methods.ranks import logit_limits
from trialsim.analysis.ordering import RankSums, order
from trialsim.analysis.placements import placement_variances
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import EMPTY_ARM, FloatArray, IntArray, Rows, first_reason, make_rows
from trialsim.analysis.tails import normal_p


def van_elteren(
    y: FloatArray,
    arm: NDArray[np.int8],
    strata: IntArray,
    *,
    arms: int,
    a: int,
    b: int,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """Sum over strata of (rank sum of a - its mean) / (n_s + 1), as z; two-sided, z^2 is the chi-square with 1 df.

    Normal with correction for ties, without continuity correction. The estimate weights P of a stratum by
    n_a n_b / (n_s + 1); its SE is DeLong's in each stratum, and its interval is on the logit scale. A stratum with one value
    in an arm has no SE of its own and gets the largest that a share can have, sqrt(P (1 - P)). ``n`` counts the strata that
    are used.

    Parameters
    ----------
    y : (R, N) values, NaN where missing
    arm : (R, N) arm of each participant, -1 for an empty place
    strata : (R, N) number of the stratum of each participant
    arms : K

    References
    ----------
    Van Elteren 1960, Bull Int Stat Inst 37:351. Lehmann 1975, Nonparametrics, section 3.3. Kawaguchi, Koch and Wang
    2011, Stat Biopharm Res 3:217, doi:10.1198/sbr.2010.10007 (the weighted estimate).
    """
    total = np.zeros((7, y.shape[0]))
    for stratum in np.unique(strata[(arm >= 0) & ~np.isnan(y)]).tolist():
        total += _of_stratum(order(np.where(strata == stratum, y, np.nan), arm, arms=arms).rank_sums([[a], [b]]))
    above, variance, weights, error, alone, na, nb = total
    with np.errstate(all="ignore"):
        varies = variance > 1e-12
        z = np.where(varies, above / np.sqrt(variance), 0.0)
        estimate = 0.5 + above / weights
        estimate = np.where(np.abs(estimate - np.rint(estimate)) < 1e-12, np.rint(estimate), estimate)
        se = np.sqrt(error + alone * estimate * (1.0 - estimate)) / weights
        sizes = na.astype(np.int64), nb.astype(np.int64)
        low, high = logit_limits(estimate, se, *sizes, alternative=alternative, level=level)
    p = np.where(varies, normal_p(z, alternative), 1.0)
    n = sizes[0] + sizes[1]
    status = first_reason([(EMPTY_ARM, n == 0)])
    return make_rows(z, p, n=n, status=status, estimate=estimate, se=se, low=low, high=high)


def _of_stratum(sums: RankSums) -> FloatArray:
    """(7, R) what a stratum adds; 0 where an arm has no value.

    The weighted U less its mean and its variance without an effect; the weight of P; the variance of the weighted P, from
    placements or, of an arm with one value, as a multiple of P (1 - P); and the values of either arm.
    """
    na, nb = sums.n[:, 0], sums.n[:, 1]
    both, single = (na > 0) & (nb > 0), np.minimum(na, nb) == 1
    size = np.where(both, na + nb, 2)
    u = sums.rank_sum[:, 0] - 0.5 * na * (na + 1)
    weight = np.where(both, 1.0 / (size + 1.0), 0.0)
    share = (na * nb * weight) ** 2
    with np.errstate(all="ignore"):
        of_a, of_b = placement_variances(u, sums.square, na, nb)
        own = np.where(both & ~single, share * (of_a + of_b), 0.0)
    return np.stack(
        [
            weight * (u - 0.5 * na * nb),
            weight**2 * na * nb / 12.0 * (size + 1.0 - sums.ties / (size * (size - 1.0))),
            weight * na * nb,
            own,
            np.where(single, share, 0.0),
            np.where(both, na, 0.0),
            np.where(both, nb, 0.0),
        ]
    )


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int]) -> Rows:
    (a, b), y = arms, data.chosen(call.endpoint, call.choice)
    return van_elteren(
        y,
        data.arm,
        data.strata(call),
        arms=data.arms,
        a=a,
        b=b,
        alternative=call.alternative,
        level=1.0 - call.alpha,
    )


_NO_FORMULA = NoClosedForm("Its power depends on the effect and on the sizes of the arms in each stratum.")

METHODS: Methods = {("van-elteren", "two"): Method(_run, _NO_FORMULA, None, ())}
