"""All methods, by the name of the test and what it compares."""

from __future__ import annotations

from trialsim.analysis.methods import (
    brunner_munzel,
    categorical,
    dunn,
    friedman,
    jonckheere,
    linear,
    means,
    permutation,
    range_pairs,
    ranks,
    sign,
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
