"""Pairs by the studentized range: Tukey-Kramer after analysis of variance, Games-Howell after Welch's.

Estimand: the mean difference a - b. p and interval already hold for all pairs of the K arms together, so nothing is adjusted
after them; both are two-sided.

If nothing varies the difference is 0 and p is 1, without an interval; a difference without spread has failed ("no spread").
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.methods.case import Case, Power
from trialsim.analysis.methods.means import anova_pair, residual_power, welch_t
from trialsim.analysis.methods.method import ClosedForm, Method, Methods, NoClosedForm
from trialsim.analysis.methods.spreads import unequal_sds
from trialsim.analysis.moments import ArmMoments
from trialsim.analysis.plan import PlannedAnalysis
from trialsim.analysis.rows import OK, Rows
from trialsim.analysis.studentized_range import range_p, range_quantile
from trialsim.heavy import special


def tukey(m: ArmMoments, *, a: int, b: int, level: float = 0.95) -> Rows:
    """Tukey's test with Kramer's SE for unequal sizes: t with the residual variance of all arms, as scipy.stats.tukey_hsd.

    References
    ----------
    Kramer 1956, Biometrics 12:307, doi:10.2307/3001469. Hayter 1984, Ann Stat 12:61, doi:10.1214/aos/1176346392 (it keeps
    the level with unequal sizes).
    """
    return _by_range(anova_pair(m, a=a, b=b), arms=m.n.shape[1], level=level)


def games_howell(m: ArmMoments, *, a: int, b: int, level: float = 0.95) -> Rows:
    """Games and Howell's test: Welch's t of two arms with its own degrees of freedom, as rstatix::games_howell_test.

    References
    ----------
    Games and Howell 1976, J Educ Stat 1:113, doi:10.3102/10769986001002113.
    """
    return _by_range(welch_t(m, a=a, b=b), arms=m.n.shape[1], level=level)


def _by_range(rows: Rows, *, arms: int, level: float) -> Rows:
    """The same t with p and interval by the studentized range of all arms."""
    varies = np.isfinite(rows.low)  # without any spread there is neither t nor interval
    reach = range_quantile(level, rows.df, arms) / math.sqrt(2.0) * rows.se
    p = range_p(np.where(varies, math.sqrt(2.0) * np.abs(rows.statistic), np.nan), rows.df, arms)
    low, high = rows.estimate - reach, rows.estimate + reach
    return replace(
        rows,
        p=np.where(rows.status != OK, np.nan, np.where(varies, p, rows.p)),
        low=np.where(varies, low, np.nan),
        high=np.where(varies, high, np.nan),
    )


# ---------------------------------------------------------------- closed form, methods


def _tukey_power(case: Case) -> Power | None:
    """The power of the t-test at the level of one pair: P(|t| > q / sqrt 2)."""
    df = float(case.sizes.sum()) - len(case.arms)
    if df < 1.0:
        return None
    q = range_quantile(1.0 - case.alpha, np.array([df]), len(case.arms))[0]
    found = residual_power(replace(case, alpha=2.0 * float(special.stdtr(df, -q / math.sqrt(2.0)))))
    return None if found is None else replace(found, source="Kramer 1956, doi:10.2307/3001469")


def _run(data: Extraction, call: PlannedAnalysis, arms: Sequence[int], *, test: Callable[..., Rows]) -> Rows:
    (a, b), by_arm = arms, data.moments(call.endpoint, call.choice)
    return test(by_arm, a=a, b=b, level=1.0 - call.alpha)


_NO_FORMULA = NoClosedForm("Its degrees of freedom and so its limit differ from trial to trial.")

METHODS: Methods = {
    ("tukey", "two"): Method(
        partial(_run, test=tukey), ClosedForm(_tukey_power, {}, whole_sizes=False), None, (unequal_sds,)
    ),
    ("games-howell", "two"): Method(partial(_run, test=games_howell), _NO_FORMULA, None, ()),
}
