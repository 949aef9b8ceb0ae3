"""Which tests can be pooled over imputed data sets by Rubin's rules, and why the others cannot."""

from __future__ import annotations

from typing import Final

from trialsim.kinds import tests
from trialsim.kinds.tests import Test

#: Tests whose estimate is a mean or a difference of means, with a standard error and degrees of freedom.
POOLED: Final = (tests.ONE_SAMPLE_T, tests.PAIRED_T, tests.T, tests.WELCH, tests.ANCOVA, tests.REGRESSION)

_RANKS = "compares ranks: no estimate has a standard error that Rubin's rules could pool"
_TABLES = "counts yes and no, and imputed values are numbers of a normal distribution"
_TIMES = "reads which times are censored, and an imputed value has no such mark"
_CLUSTERS = "has clusters, of which the imputed values know nothing"
_ALL_ARMS = "tests several means together: nothing is estimated that Rubin's rules could pool"
_MEASURED = "takes every measured visit as it is, so that nothing is left to impute"

#: Why a test cannot be pooled; reads after its name.
NOT_POOLED: Final = {
    tests.WILCOXON.name: _RANKS,
    tests.SIGN.name: _RANKS,
    tests.FRIEDMAN.name: _RANKS,
    tests.TRIMMED_MEAN.name: "leaves out the most extreme values, and imputed values are those of a normal distribution",
    tests.PERMUTATION.name: "has its p-value from permutations, and no standard error that Rubin's rules could pool",
    tests.MANN_WHITNEY.name: _RANKS,
    tests.BRUNNER_MUNZEL.name: _RANKS,
    tests.WIN_ODDS.name: _RANKS,
    tests.VAN_ELTEREN.name: _RANKS,
    tests.ANOVA.name: _ALL_ARMS,
    tests.WELCH_ANOVA.name: _ALL_ARMS,
    tests.KRUSKAL_WALLIS.name: _RANKS,
    tests.JONCKHEERE.name: _RANKS,
    tests.CHI_SQUARE.name: _TABLES,
    tests.FISHER.name: _TABLES,
    tests.BINOMIAL.name: _TABLES,
    tests.MCNEMAR.name: _TABLES,
    tests.RISK_DIFFERENCE.name: _TABLES,
    tests.RISK_RATIO.name: _TABLES,
    tests.ODDS_RATIO.name: _TABLES,
    tests.CMH.name: _TABLES,
    tests.LOGISTIC.name: _TABLES,
    tests.PROPORTIONAL_ODDS.name: "compares ordered scores, and imputed values are numbers between them",
    tests.ORDINAL_MIXED.name: _MEASURED,
    tests.POISSON.name: "counts events over a time, and a time that was not observed is not imputed",
    tests.NEGATIVE_BINOMIAL.name: "counts events over a time, and a time that was not observed is not imputed",
    tests.COX.name: _TIMES,
    tests.TOBIT.name: "reads which values lie below a detection limit, and an imputed value has no such mark",
    tests.CLUSTER_T.name: _CLUSTERS,
    tests.CLUSTER_ROBUST.name: _CLUSTERS,
    tests.GEE.name: _CLUSTERS,
    tests.RM_ANOVA.name: _ALL_ARMS,
    tests.MIXED.name: _MEASURED,
    tests.MMRM.name: _MEASURED,
    tests.CLDA.name: _MEASURED,
    tests.BAYES.name: "updates a prior by one estimate, not by a pooled one",
    tests.LOG_RANK.name: _TIMES,
    tests.PYTHON.name: "calls a function with the values as they were measured",
}


def not_pooled(test: Test) -> str:
    """Why a test cannot be pooled; empty if it can.

    >>> not_pooled(tests.ANCOVA), not_pooled(tests.FISHER)[:10]
    ('', 'counts yes')
    """
    return "" if test in POOLED else NOT_POOLED[test.name]
