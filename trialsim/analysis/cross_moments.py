"""Means by arm of an outcome and its covariates, and their products within arms: everything an ANCOVA needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.compiled import kernel


@dataclass(frozen=True)
class CrossMoments:
    """Summary of P covariates and the outcome (the last of Q = P + 1 columns) over complete cases.

    Attributes
    ----------
    n : (R, K) number of complete cases
    mean : (R, K, Q) means, NaN where n is 0
    within : (R, Q, Q) pooled sums of products of deviations from the arm's mean
    """

    n: IntArray
    mean: FloatArray
    within: FloatArray


@kernel
def _cross_kernel(
    y: FloatArray, x: FloatArray, arm: NDArray[np.int8], count: IntArray, mean: FloatArray, within: FloatArray
) -> None:
    # As in moments: deviations from the arm's first complete case, corrected by the means afterwards.
    replicates, participants = y.shape
    arms, columns = mean.shape[1], mean.shape[2]
    first = np.zeros((arms, columns))
    total = np.zeros((arms, columns))
    product = np.zeros((columns, columns))
    case = np.zeros(columns)
    for r in range(replicates):
        for k in range(arms):
            count[r, k] = 0
            for p in range(columns):
                total[k, p] = 0.0
        for p in range(columns):
            for q in range(p + 1):
                product[p, q] = 0.0
        for i in range(participants):
            k = int(arm[r, i])
            if k < 0:
                continue
            complete = not np.isnan(y[r, i])
            case[columns - 1] = y[r, i]
            for p in range(columns - 1):
                case[p] = x[r, i, p]
                complete = complete and not np.isnan(case[p])
            if not complete:
                continue
            if count[r, k] == 0:
                for p in range(columns):
                    first[k, p] = case[p]
            count[r, k] += 1
            for p in range(columns):
                case[p] -= first[k, p]
                total[k, p] += case[p]
                for q in range(p + 1):
                    product[p, q] += case[p] * case[q]
        for k in range(arms):
            size = count[r, k]
            for p in range(columns):
                mean[r, k, p] = first[k, p] + total[k, p] / size
                if size > 0:
                    for q in range(p + 1):
                        product[p, q] -= total[k, p] * total[k, q] / size
        for p in range(columns):
            for q in range(p + 1):
                within[r, p, q] = product[p, q]
                within[r, q, p] = product[p, q]


def cross_moments(y: FloatArray, x: FloatArray, arm: NDArray[np.int8], *, arms: int) -> CrossMoments:
    """Summarize outcome and covariates by arm.

    Parameters
    ----------
    y : (R, N) outcome, NaN where missing
    x : (R, N, P) covariates, or (R, N) for one
    arm : (R, N) arm of each participant, -1 for an empty place
    arms : K
    """
    values = as_values(y)
    covariates = as_values(x)
    if covariates.ndim == 2:
        covariates = covariates[:, :, None]
    if covariates.shape[:2] != values.shape:
        raise ValueError(f"covariates have shape {covariates.shape}, the outcome {values.shape}")
    replicates, columns = values.shape[0], covariates.shape[2] + 1
    n = np.empty((replicates, arms), np.int64)
    mean, within = np.empty((replicates, arms, columns)), np.empty((replicates, columns, columns))
    _cross_kernel(values, covariates, as_arms(arm, values, arms=arms), n, mean, within)
    return CrossMoments(n=n, mean=mean, within=within)
