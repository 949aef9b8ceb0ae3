"""Which tests can be pooled over imputed data sets by Rubin's rules, and why the others cannot."""

from __future__ import annotations

from typing import Final

from trialsim.kinds.tests import TEST
from trialsim.kinds.tests.records import Test

#: Tests whose estimate is a mean or a difference of means, with a standard error and degrees of freedom.
POOLED: Final = tuple(TEST[name] for name in ("one-sample-t", "paired-t", "t", "welch", "ancova", "regression"))

_RANKS = "compares ranks: no estimate has a standard error that Rubin's rules could pool"
_TABLES = "counts yes and no, and imputed values are numbers of a normal distribution"
_TIMES = "reads which times are censored, and an imputed value has no such mark"
_CLUSTERS = "has clusters, of which the imputed values know nothing"
_ALL_ARMS = "tests several means together: nothing is estimated that Rubin's rules could pool"
_MEASURED = "takes every measured visit as it is, so that nothing is left to impute"

#: Why a test cannot be pooled; reads after its name.
NOT_POOLED: Final = {
    "wilcoxon": _RANKS,
    "sign": _RANKS,
    "friedman": _RANKS,
    "crossover-t": "has values of both periods or none, and imputed values are imputed sequence by sequence",
    "crossover-mixed": _MEASURED,
    "trimmed-mean": "leaves out the most extreme values, and imputed values are those of a normal distribution",
    "permutation": "has its p-value from permutations, and no standard error that Rubin's rules could pool",
    "mann-whitney": _RANKS,
    "brunner-munzel": _RANKS,
    "win-odds": _RANKS,
    "van-elteren": _RANKS,
    "anova": _ALL_ARMS,
    "welch-anova": _ALL_ARMS,
    "kruskal-wallis": _RANKS,
    "jonckheere": _RANKS,
    "chi-square": _TABLES,
    "fisher": _TABLES,
    "binomial": _TABLES,
    "mcnemar": _TABLES,
    "risk-difference": _TABLES,
    "risk-ratio": _TABLES,
    "odds-ratio": _TABLES,
    "cmh": _TABLES,
    "logistic": _TABLES,
    "proportional-odds": "compares ordered scores, and imputed values are numbers between them",
    "ordinal-mixed": _MEASURED,
    "poisson": "counts events over a time, and a time that was not observed is not imputed",
    "negative-binomial": "counts events over a time, and a time that was not observed is not imputed",
    "cox": _TIMES,
    "tobit": "reads which values lie below a detection limit, and an imputed value has no such mark",
    "cluster-t": _CLUSTERS,
    "cluster-robust": _CLUSTERS,
    "gee": _CLUSTERS,
    "wedge-mixed": _CLUSTERS,
    "gee-logistic": _TABLES,
    "rm-anova": _ALL_ARMS,
    "mixed": _MEASURED,
    "mmrm": _MEASURED,
    "clda": _MEASURED,
    "bayes": "updates a prior by one estimate, not by a pooled one",
    "log-rank": _TIMES,
    "python": "calls a function with the values as they were measured",
}


def not_pooled(test: Test) -> str:
    """Why a test cannot be pooled; empty if it can.

    >>> not_pooled(TEST["ancova"]), not_pooled(TEST["fisher"])[:10]
    ('', 'counts yes')
    """
    return "" if test in POOLED else NOT_POOLED[test.name]
