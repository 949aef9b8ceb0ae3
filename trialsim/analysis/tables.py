"""Counting an outcome with few categories: one pass, from which rank tests, tests of proportions and moments follow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.moments import ArmMoments
from trialsim.analysis.ordering import Counts
from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.compiled import kernel
from trialsim.errors import AnalysisError


@kernel
def _count_kernel(y: FloatArray, arm: NDArray[np.int8], categories: FloatArray, step: float, table: IntArray) -> int:
    # step > 0: evenly spaced categories, found by division; else by search. Returns the number of other values.
    replicates, participants = y.shape
    arms, number = table.shape[1], categories.shape[0]
    strangers = 0
    low = categories[0]
    for r in range(replicates):
        for k in range(arms):
            for category in range(number):
                table[r, k, category] = 0
        for i in range(participants):
            k = int(arm[r, i])
            value = y[r, i]
            if k >= 0 and not np.isnan(value):
                category = 0
                if step > 0.0:
                    category = int(min(max((value - low) / step + 0.5, 0.0), number - 0.5))
                else:
                    while category < number - 1 and categories[category] < value:
                        category += 1
                if categories[category] == value:
                    table[r, k, category] += 1
                else:
                    strangers += 1
    return strangers


def counts(y: FloatArray, arm: NDArray[np.int8], *, arms: int, categories: Sequence[float]) -> Counts:
    """Count the categories of an outcome by arm.

    Parameters
    ----------
    y : (R, N) values, NaN where missing; each must be one of the categories
    arm : (R, N) arm of each participant, -1 for an empty place
    arms : K
    categories : the possible values, ascending

    Raises
    ------
    AnalysisError : a value is not one of the categories, or the categories do not ascend

    Examples
    --------
    >>> counts(np.array([[0.0, 2.0, 2.0]]), np.array([[0, 0, 1]], np.int8), arms=2, categories=(0, 2)).table.tolist()
    [[[1, 1], [0, 1]]]
    """
    scale = np.array(categories, dtype=np.float64)
    gaps = np.diff(scale)
    if not scale.size or not bool(np.all(gaps > 0.0)):
        raise AnalysisError(
            f"categories {list(categories)} do not ascend.", code="TS-A001", remedy="List each category once."
        )
    even = gaps.size > 0 and bool(np.all(gaps == gaps[0]))
    values = as_values(y)
    table = np.empty((values.shape[0], arms, scale.size), np.int64)
    groups = as_arms(arm, values, arms=arms)
    strangers = _count_kernel(values, groups, scale, float(gaps[0]) if even else 0.0, table)
    if strangers:
        raise AnalysisError(
            f"{strangers} values are not among the categories {list(categories)}.",
            code="TS-A002",
            remedy="Use a test for continuous values, or name every category.",
        )
    return Counts(table=table, categories=scale)


def counted_moments(c: Counts) -> ArmMoments:
    """Moments of an outcome that has been counted already, so that a test of means needs no second pass."""
    n = c.table.sum(axis=2)
    with np.errstate(all="ignore"):
        mean = (c.table * c.categories).sum(axis=2) / n
        ss = (c.table * (c.categories - mean[:, :, None]) ** 2).sum(axis=2)
    one_level = (c.table > 0).sum(axis=2) < 2
    # Values that are all equal have exactly that mean: 3 x 0.1 / 3 is not 0.1, and would differ from 2 x 0.1 / 2.
    only = c.categories[c.table.argmax(axis=2)]
    return ArmMoments(n=n, mean=np.where(one_level & (n > 0), only, mean), ss=np.where(one_level, 0.0, ss))
