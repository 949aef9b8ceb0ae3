"""Measured errors of the approximate closed forms: the largest error over a grid of designs.

``benchmarks/second_opinion.py`` measures them (exactly where every table can be listed, else by simulation) and keeps the results
in ``benchmarks/second-opinion.json``; tests compare these numbers with that file, and `make verify` measures again.
The names are those in the formulas (:mod:`trialsim.analysis.methods`).
The t-test, analysis of variance and of covariance with normal covariates, and Fisher's test are exact and have no entry.
"""

from __future__ import annotations

from trialsim.analysis.methods.method import ClosedForm
from trialsim.analysis.methods.table import METHODS

#: The smallest size of the smallest arm for each bound.
FROM = (10, 20, 40)

#: The largest error of a power by formula, by the size of the smallest arm: from 10, from 20, from 40 on.
BOUNDS: dict[str, tuple[float, float, float]] = {
    name: errors
    for method in METHODS.values()
    if isinstance(method.closed_form, ClosedForm)
    for name, errors in method.closed_form.errors.items()
}


def bound_of(formula: str, smallest: float) -> float | None:
    """The measured bound of a formula for arms of at least ``smallest``; None below the sizes measured."""
    fitting = [bound for least, bound in zip(FROM, BOUNDS[formula], strict=True) if smallest >= least]
    return fitting[-1] if fitting else None


def in_words(formula: str, smallest: float) -> str:
    """The error of a formula, in words."""
    bound = bound_of(formula, smallest)
    if bound is None:
        return f"the formula is an approximation, not measured below {FROM[0]} in an arm"
    return (
        f"the formula is an approximation: within {bound:.2f} in all designs measured with arms of this size".replace(
            "0.", "."
        )
    )
