"""All methods, by the name of the test and what it compares."""

from __future__ import annotations

from trialsim.analysis.methods import (
    bayes,
    binomial,
    categorical,
    clusters,
    linear,
    means,
    own,
    proportions,
    ranks,
    repeated,
    strata,
    survival,
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
}
