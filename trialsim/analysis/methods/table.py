"""All methods, by the name of the test and what it compares."""

from __future__ import annotations

from trialsim.analysis.methods import (
    bayes,
    binomial,
    brunner_munzel,
    categorical,
    clusters,
    dunn,
    friedman,
    jonckheere,
    linear,
    means,
    own,
    permutation,
    proportions,
    range_pairs,
    ranks,
    repeated,
    sign,
    strata,
    survival,
    trimmed_mean,
    van_elteren,
    wilcoxon,
)
from trialsim.analysis.methods.method import Methods

METHODS: Methods = {
    **means.METHODS,
    **linear.METHODS,
    **ranks.METHODS,
    **wilcoxon.METHODS,
    **categorical.METHODS,
    **binomial.METHODS,
    **proportions.METHODS,
    **strata.METHODS,
    **clusters.METHODS,
    **repeated.METHODS,
    **bayes.METHODS,
    **survival.METHODS,
    **own.METHODS,
    **brunner_munzel.METHODS,
    **van_elteren.METHODS,
    **jonckheere.METHODS,
    **dunn.METHODS,
    **sign.METHODS,
    **friedman.METHODS,
    **trimmed_mean.METHODS,
    **permutation.METHODS,
    **range_pairs.METHODS,
}
