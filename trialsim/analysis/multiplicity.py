"""Adjusting p-values for several comparisons. Dunnett's test is in its own file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trialsim.analysis.rows import FloatArray, IntArray


def _unchanged(p: FloatArray) -> FloatArray:
    return p.copy()


def _shared(p: FloatArray) -> FloatArray:
    return np.asarray(p * p.shape[1])


def _step_down(p: FloatArray) -> FloatArray:
    order, raised = _raised(p)
    return _put_back(np.maximum.accumulate(raised, axis=1), order)


def _step_up(p: FloatArray) -> FloatArray:
    order, raised = _raised(p)
    return _put_back(np.minimum.accumulate(raised[:, ::-1], axis=1)[:, ::-1], order)


def _raised(p: FloatArray) -> tuple[IntArray, FloatArray]:
    """The order of p (R, m), and m times the smallest, m - 1 times the next, ..."""
    order = np.argsort(p, axis=1, kind="stable")
    return order, np.take_along_axis(p, order, axis=1) * np.arange(p.shape[1], 0, -1)


def _put_back(raised: FloatArray, order: IntArray) -> FloatArray:
    adjusted = np.empty_like(raised)
    np.put_along_axis(adjusted, order, raised, axis=1)
    return adjusted


#: By name: from p-values (R, m), a missing one as 1, to adjusted ones, which may pass 1.
STEPS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "none": _unchanged,
    "bonferroni": _shared,
    "holm": _step_down,
    "hochberg": _step_up,
}


def adjust(p: FloatArray, method: str) -> FloatArray:
    """Adjust the p-values of m comparisons in every replicate, capped at 1.

    A missing p (a comparison that could not be made) stays missing and still counts among the m, as if it were 1:
    the family is what was planned.

    Parameters
    ----------
    p : (R, m)
    method : "none", "bonferroni", "holm" (step down) or "hochberg" (step up)

    References
    ----------
    Holm 1979, Scand J Stat 6:65. Hochberg 1988, Biometrika 75:800, doi:10.1093/biomet/75.4.800.

    Examples
    --------
    >>> adjust(np.array([[0.01, 0.04]]), "holm").tolist()
    [[0.02, 0.04]]
    """
    missing = np.isnan(p)
    adjusted = STEPS[method](np.where(missing, 1.0, p))
    return np.where(missing, np.nan, np.minimum(adjusted, 1.0))
