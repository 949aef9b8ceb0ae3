"""Tests that a scenario may name, and tests that run inside another: one file a family, joined here."""

from __future__ import annotations

from typing import Final

from trialsim.kinds.tests import clusters, means, own, ranks, regressions, repeated, tables, times

#: Tests that a scenario may name, in the order of its schema.
TESTS: Final = (
    means.ONE_SAMPLE_T,
    means.PAIRED_T,
    ranks.WILCOXON,
    ranks.SIGN,
    ranks.FRIEDMAN,
    means.T,
    means.WELCH,
    means.CROSSOVER_T,
    repeated.CROSSOVER_MIXED,
    means.TRIMMED_MEAN,
    means.PERMUTATION,
    ranks.MANN_WHITNEY,
    ranks.BRUNNER_MUNZEL,
    ranks.WIN_ODDS,
    ranks.VAN_ELTEREN,
    means.ANOVA,
    means.WELCH_ANOVA,
    ranks.KRUSKAL_WALLIS,
    ranks.JONCKHEERE,
    regressions.ANCOVA,
    tables.CHI_SQUARE,
    tables.FISHER,
    tables.BINOMIAL,
    tables.MCNEMAR,
    tables.RISK_DIFFERENCE,
    tables.RISK_RATIO,
    tables.ODDS_RATIO,
    tables.CMH,
    regressions.LOGISTIC,
    regressions.PROPORTIONAL_ODDS,
    repeated.ORDINAL_MIXED,
    regressions.POISSON,
    regressions.NEGATIVE_BINOMIAL,
    times.COX,
    regressions.TOBIT,
    regressions.REGRESSION,
    clusters.CLUSTER_T,
    clusters.CLUSTER_ROBUST,
    clusters.GEE,
    clusters.GEE_LOGISTIC,
    clusters.WEDGE_MIXED,
    repeated.RM_ANOVA,
    repeated.MIXED,
    repeated.MMRM,
    repeated.CLDA,
    means.BAYES,
    times.LOG_RANK,
    own.PYTHON,
)

#: Tests that run only inside another.
WITHIN: Final = (means.RESIDUAL_T, means.TUKEY, means.GAMES_HOWELL, ranks.DUNN)

TEST: Final = {test.name: test for test in (*TESTS, *WITHIN)}
