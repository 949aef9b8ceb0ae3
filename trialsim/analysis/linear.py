"""Analysis of covariance: arms and covariates, one common slope for each covariate.

Estimand: the mean difference a - b at equal covariates. Complete cases: a participant with a missing outcome or a
missing covariate is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.rows import (
    EMPTY_ARM,
    NO_VARIANCE,
    SINGULAR,
    TOO_FEW,
    BoolArray,
    FloatArray,
    IntArray,
    Rows,
    first_reason,
    make_rows,
)
from trialsim.analysis.tails import Alternative, f_p, t_rows
from trialsim.compiled import kernel

PIVOT = 1e-12  # a covariate whose variance given the others falls below this share counts as singular


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


def _factor(gram: FloatArray) -> tuple[list[list[FloatArray]], BoolArray]:
    """Cholesky factor of (R, P, P) written out column by column; true where a pivot vanishes.

    Elementwise over replicates, so that the result of one replicate cannot depend on its neighbors.
    """
    size = gram.shape[1]
    lower: list[list[FloatArray]] = []
    singular = np.zeros(gram.shape[0], dtype=np.bool_)
    for i in range(size):
        row: list[FloatArray] = []
        for j in range(i):
            rest = gram[:, i, j] - sum((row[q] * lower[j][q] for q in range(j)), start=np.zeros(gram.shape[0]))
            row.append(rest / lower[j][j])
        pivot = gram[:, i, i] - sum((row[q] ** 2 for q in range(i)), start=np.zeros(gram.shape[0]))
        singular |= ~(pivot > PIVOT * gram[:, i, i])
        row.append(np.sqrt(np.maximum(pivot, 0.0)))
        lower.append(row)
    return lower, singular


def _whiten(lower: list[list[FloatArray]], vector: FloatArray) -> FloatArray:
    """Solve L u = v for (R, P): then u'u is v' G^-1 v for the gram matrix G = L L'."""
    out = np.empty_like(vector)
    for i, row in enumerate(lower):
        rest = vector[:, i] - sum((row[q] * out[:, q] for q in range(i)), start=np.zeros(vector.shape[0]))
        out[:, i] = rest / row[i]
    return out


def _residual(gram: FloatArray) -> tuple[FloatArray, list[list[FloatArray]], FloatArray, BoolArray]:
    """Residual sum of squares of the last column on the others, the factor, the whitened products, singularity."""
    lower, singular = _factor(gram[:, :-1, :-1])
    product = _whiten(lower, gram[:, :-1, -1])
    return gram[:, -1, -1] - (product**2).sum(axis=1), lower, product, singular


def _status(
    m: CrossMoments, *, empty: BoolArray, df: FloatArray, sse: FloatArray, singular: BoolArray
) -> NDArray[np.int8]:
    # Below a share of 1e-13 the residual is rounding error: the outcome lies exactly on the fitted planes.
    flat = ~(sse > 1e-13 * m.within[:, -1, -1])
    return first_reason([(EMPTY_ARM, empty), (TOO_FEW, df < 1.0), (SINGULAR, singular), (NO_VARIANCE, flat)])


def _df(m: CrossMoments) -> FloatArray:
    covariates = m.mean.shape[2] - 1
    return np.asarray(m.n.sum(axis=1) - (m.n > 0).sum(axis=1) - float(covariates))


def ancova(m: CrossMoments, *, a: int, b: int, alternative: Alternative = "two-sided", level: float = 0.95) -> Rows:
    """Adjusted mean difference a - b with the residual variance of the model over all arms.

    df = N - K - P, where K counts the arms with complete cases; ``n`` counts the complete cases of arms a and b.
    Equal to the contrast of ``lm(y ~ arm + x)`` in R.
    """
    na, nb = m.n[:, a], m.n[:, b]
    df = _df(m)
    with np.errstate(all="ignore"):
        sse, lower, product, singular = _residual(m.within)
        gap = m.mean[:, a] - m.mean[:, b]
        shift = _whiten(lower, gap[:, :-1])
        estimate = gap[:, -1] - (shift * product).sum(axis=1)
        se = np.sqrt(np.maximum(sse, 0.0) / df * (1.0 / na + 1.0 / nb + (shift**2).sum(axis=1)))
    status = _status(m, empty=(na == 0) | (nb == 0), df=df, sse=sse, singular=singular)
    return t_rows(estimate, se, df=df, n=na + nb, status=status, alternative=alternative, level=level)


def ancova_omnibus(m: CrossMoments) -> Rows:
    """F test of all K arms given the covariates: K - 1 and N - K - P degrees of freedom; no estimate.

    The model with arms against the model without, so the order of terms does not matter (type II = type III here).
    """
    df = _df(m)
    n = m.n.sum(axis=1)
    arms = m.n.shape[1]
    with np.errstate(all="ignore"):
        sse, _, _, singular = _residual(m.within)
        weight = m.n[:, :, None] / n[:, None, None]
        away = m.mean - (weight * m.mean).sum(axis=1)[:, None, :]
        between = (m.n[:, :, None, None] * away[:, :, :, None] * away[:, :, None, :]).sum(axis=1)
        reduced = _residual(m.within + between)[0]
        statistic = (reduced - sse) / (arms - 1.0) / (sse / df)
        p = f_p(np.maximum(statistic, 0.0), arms - 1.0, df)
    status = _status(m, empty=(m.n == 0).any(axis=1), df=df, sse=sse, singular=singular)
    return make_rows(statistic, p, n=n, status=status, df=df)
