"""Count, mean and centered sum of squares of every arm: everything that t tests and analyses of variance need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.compiled import kernel


@dataclass(frozen=True)
class ArmMoments:
    """Summary of one outcome in every replicate and arm; all arrays have shape (R, K).

    Attributes
    ----------
    n : number of observed values
    mean : their mean, NaN where n is 0
    ss : sum of squared deviations from that mean, exactly 0 where all values are equal
    """

    n: IntArray
    mean: FloatArray
    ss: FloatArray


@kernel
def _moments_kernel(y: FloatArray, arm: NDArray[np.int8], count: IntArray, mean: FloatArray, ss: FloatArray) -> None:
    # Deviations are taken from the first value of the arm. That value is one of the sample, so it lies at most
    # sqrt(n - 1) standard deviations from the mean, and the subtraction below loses at most a factor n in precision.
    replicates, participants = y.shape
    arms = count.shape[1]
    first = np.zeros(arms)
    for r in range(replicates):
        for k in range(arms):
            count[r, k] = 0
            mean[r, k] = 0.0
            ss[r, k] = 0.0
        for i in range(participants):
            k = int(arm[r, i])
            value = y[r, i]
            if k >= 0 and not np.isnan(value):
                if count[r, k] == 0:
                    first[k] = value
                deviation = value - first[k]
                count[r, k] += 1
                mean[r, k] += deviation
                ss[r, k] += deviation * deviation
        for k in range(arms):
            shift = mean[r, k] / count[r, k]
            ss[r, k] = max(0.0, ss[r, k] - shift * mean[r, k])
            mean[r, k] = first[k] + shift


def moments(y: FloatArray, arm: NDArray[np.int8] | None = None, *, arms: int = 1) -> ArmMoments:
    """Summarize an outcome by arm.

    Parameters
    ----------
    y : (R, N) values, NaN where missing
    arm : (R, N) arm of each participant, -1 for an empty place; without it all belong to arm 0
    arms : K

    Examples
    --------
    >>> m = moments(np.array([[1.0, 2.0, 3.0, np.nan]]))
    >>> int(m.n[0, 0]), float(m.mean[0, 0]), float(m.ss[0, 0])
    (3, 2.0, 2.0)
    """
    values = as_values(y)
    groups = np.zeros(values.shape, np.int8) if arm is None else as_arms(arm, values, arms=arms)
    shape = (values.shape[0], arms)
    count, mean, ss = np.empty(shape, np.int64), np.empty(shape), np.empty(shape)
    _moments_kernel(values, groups, count, mean, ss)
    return ArmMoments(n=count, mean=mean, ss=ss)
