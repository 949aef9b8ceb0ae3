"""All methods, by the name of the test and what it compares."""

from __future__ import annotations

from trialsim.analysis.methods import categorical, linear, means, ranks, survival, wilcoxon
from trialsim.analysis.methods.method import Methods

METHODS: Methods = {
    **means.METHODS,
    **linear.METHODS,
    **ranks.METHODS,
    **wilcoxon.METHODS,
    **categorical.METHODS,
    **survival.METHODS,
}
