"""Another program's p-value of each test: scipy's or statsmodels', one trial at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy import stats

Floats = np.ndarray


def _chi_square(arms: Sequence[Floats]) -> float:
    table = [[(arm == 0).sum(), (arm == 1).sum()] for arm in arms]
    return float(stats.chi2_contingency(table).pvalue)


def _fisher(arms: Sequence[Floats]) -> float:
    return float(stats.fisher_exact([[(arm == 1).sum(), (arm == 0).sum()] for arm in arms]).pvalue)


#: How long participants are followed in the scenarios of this room, and nobody leaves.
FOLLOWED = 1.0


def _log_rank(arms: Sequence[Floats]) -> float:
    from statsmodels.duration.survfunc import survdiff

    time = np.concatenate(arms)
    group = np.concatenate([np.full(len(one), k) for k, one in enumerate(arms)])
    return float(survdiff(time, (time < FOLLOWED).astype(int), group)[1])


def _columns(y: Sequence[Floats], x: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
    """Outcome, the baseline with a constant, and indicators of all arms but the first."""
    arm = np.concatenate([np.full(len(one), k) for k, one in enumerate(y)])
    groups = (arm[:, None] == np.arange(1, len(y))).astype(float)
    return np.concatenate(y), np.column_stack([np.ones(arm.size), np.concatenate(x)]), groups


def _ancova_pair(y: Sequence[Floats], x: Sequence[Floats], pair: tuple[int, int]) -> float:
    import statsmodels.api as sm

    outcome, base, groups = _columns(y, x)
    fit = sm.OLS(outcome, np.column_stack([base, groups])).fit()
    contrast = np.zeros(base.shape[1] + groups.shape[1])
    for arm, sign in zip(pair, (1, -1), strict=True):
        if arm:
            contrast[base.shape[1] + arm - 1] = sign
    return float(fit.t_test(contrast).pvalue)


def _ancova_all(y: Sequence[Floats], x: Sequence[Floats]) -> float:
    import statsmodels.api as sm

    outcome, base, groups = _columns(y, x)
    return float(sm.OLS(outcome, np.column_stack([base, groups])).fit().compare_f_test(sm.OLS(outcome, base).fit())[1])


def _residual(y: Sequence[Floats], pair: tuple[int, int]) -> float:
    import statsmodels.api as sm

    _, _, groups = _columns(y, y)
    fit = sm.OLS(np.concatenate(y), np.column_stack([np.ones(len(groups)), groups])).fit()
    contrast = np.zeros(len(y))
    for arm, sign in zip(pair, (1, -1), strict=True):
        if arm:
            contrast[arm] = sign
    return float(fit.t_test(contrast).pvalue)


def _welch_anova(y: Sequence[Floats]) -> float:
    from statsmodels.stats.oneway import anova_oneway

    return float(anova_oneway(list(y), use_var="unequal", welch_correction=True).pvalue)


#: By test and what it compares: the p-value from the endpoint ``y`` and the baseline ``x`` of each arm, the ``pair`` (a, b) and
#: the ``null``.
Judge = Callable[[Sequence[Floats], Sequence[Floats], tuple[int, int], float], float]

JUDGES: dict[tuple[str, str], Judge] = {
    ("one-sample-t", "one"): lambda y, _x, _pair, null: stats.ttest_1samp(y[0], null).pvalue,
    ("paired-t", "one"): lambda y, _x, _pair, null: stats.ttest_rel(y[0], np.full_like(y[0], null)).pvalue,
    ("wilcoxon", "one"): lambda y, _x, _pair, null: stats.wilcoxon(y[0] - null).pvalue,
    ("t", "two"): lambda y, _x, pair, _null: stats.ttest_ind(y[pair[0]], y[pair[1]]).pvalue,
    ("welch", "two"): lambda y, _x, pair, _null: stats.ttest_ind(y[pair[0]], y[pair[1]], equal_var=False).pvalue,
    ("mann-whitney", "two"): lambda y, _x, pair, _null: stats.mannwhitneyu(y[pair[0]], y[pair[1]]).pvalue,
    ("ancova", "two"): lambda y, x, pair, _null: _ancova_pair(y, x, pair),
    ("chi-square", "two"): lambda y, _x, pair, _null: _chi_square([y[k] for k in pair]),
    ("fisher", "two"): lambda y, _x, pair, _null: _fisher([y[k] for k in pair]),
    ("log-rank", "two"): lambda y, _x, pair, _null: _log_rank([y[k] for k in pair]),
    ("log-rank", "all"): lambda y, _x, _pair, _null: _log_rank(y),
    ("residual-t", "two"): lambda y, _x, pair, _null: _residual(y, pair),
    ("anova", "all"): lambda y, _x, _pair, _null: stats.f_oneway(*y).pvalue,
    ("welch-anova", "all"): lambda y, _x, _pair, _null: _welch_anova(y),
    ("kruskal-wallis", "all"): lambda y, _x, _pair, _null: stats.kruskal(*y).pvalue,
    ("ancova", "all"): lambda y, x, _pair, _null: _ancova_all(y, x),
    ("chi-square", "all"): lambda y, _x, _pair, _null: _chi_square(y),
}
