"""Adjusting p-values for several comparisons. Dunnett's test is in its own file."""

from __future__ import annotations

from typing import Literal

import numpy as np

from trialsim.analysis.rows import FloatArray

Adjustment = Literal["none", "bonferroni", "holm", "hochberg"]


def adjust(p: FloatArray, method: Adjustment) -> FloatArray:
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
    if method == "none":
        return p.copy()
    missing = np.isnan(p)
    known = np.where(missing, 1.0, p)
    m = p.shape[1]
    if method == "bonferroni":
        return np.where(missing, np.nan, np.minimum(known * m, 1.0))
    order = np.argsort(known, axis=1, kind="stable")
    raised = np.take_along_axis(known, order, axis=1) * np.arange(m, 0, -1)
    if method == "holm":
        raised = np.maximum.accumulate(raised, axis=1)
    else:
        raised = np.minimum.accumulate(raised[:, ::-1], axis=1)[:, ::-1]
    adjusted = np.empty_like(known)
    np.put_along_axis(adjusted, order, np.minimum(raised, 1.0), axis=1)
    return np.where(missing, np.nan, adjusted)
