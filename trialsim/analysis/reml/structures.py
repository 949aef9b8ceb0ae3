"""Structures of the covariance of V visits: the matrix, and its first and second derivatives by the parameters."""

from __future__ import annotations

from typing import Final

from trialsim.analysis.rows import FloatArray
from trialsim.compiled import part

#: Every variance and covariance is a parameter, by rows of the lower triangle.
UNSTRUCTURED: Final = 0
#: One covariance of all visits, and what is added to it on the diagonal; as that of a random intercept it may not be negative.
COMPOUND: Final = 1
#: A variance, and a correlation to the power of the distance between visits, counted in visits.
AUTOREGRESSIVE: Final = 2
#: Variance of the intercept, covariance with the slope, variance of the slope; and the residual variance.
SLOPES: Final = 3
#: The same on its edge, where intercept and slope are perfectly correlated: their two loadings; and the residual variance.
EDGE_OF_SLOPES: Final = 4


def parameters(structure: int, visits: int) -> int:
    """The number of parameters."""
    return (visits * (visits + 1) // 2, 2, 2, 4, 3)[structure]


@part
def fill_sigma(structure: int, theta: FloatArray, t: FloatArray, sigma: FloatArray) -> None:
    """The covariance (V, V) at ``theta``; ``t`` (V,) are the times of a random slope."""
    visits = sigma.shape[0]
    if structure == UNSTRUCTURED:
        k = 0
        for i in range(visits):
            for j in range(i + 1):
                sigma[i, j] = theta[k]
                sigma[j, i] = theta[k]
                k += 1
        return
    for i in range(visits):
        for j in range(visits):
            if structure == COMPOUND:
                value = theta[0]
            elif structure == AUTOREGRESSIVE:
                value = theta[0] * theta[1] ** abs(i - j)
            elif structure == SLOPES:
                value = theta[0] + theta[1] * (t[i] + t[j]) + theta[2] * t[i] * t[j]
            else:
                value = (theta[0] + theta[1] * t[i]) * (theta[0] + theta[1] * t[j])
            if i == j and structure != AUTOREGRESSIVE:
                value += theta[1] if structure == COMPOUND else theta[3] if structure == SLOPES else theta[2]
            sigma[i, j] = value


@part
def fill_first(structure: int, theta: FloatArray, t: FloatArray, first: FloatArray) -> None:
    """The derivatives (Q, V, V) of the covariance by each parameter; not called for an unstructured one."""
    visits = first.shape[1]
    for i in range(visits):
        for j in range(visits):
            same = 1.0 if i == j else 0.0
            if structure == COMPOUND:
                first[0, i, j] = 1.0
                first[1, i, j] = same
            elif structure == AUTOREGRESSIVE:
                apart = abs(i - j)
                first[0, i, j] = theta[1] ** apart
                first[1, i, j] = theta[0] * apart * theta[1] ** (apart - 1) if apart > 0 else 0.0
            elif structure == SLOPES:
                first[0, i, j] = 1.0
                first[1, i, j] = t[i] + t[j]
                first[2, i, j] = t[i] * t[j]
                first[3, i, j] = same
            else:
                first[0, i, j] = 2.0 * theta[0] + theta[1] * (t[i] + t[j])
                first[1, i, j] = theta[0] * (t[i] + t[j]) + 2.0 * theta[1] * t[i] * t[j]
                first[2, i, j] = same


@part
def fill_second(structure: int, theta: FloatArray, t: FloatArray, second: FloatArray) -> bool:
    """The second derivatives (Q, Q, V, V); false, and nothing written, if all are 0."""
    if structure not in (AUTOREGRESSIVE, EDGE_OF_SLOPES):
        return False
    parameters_, visits = second.shape[0], second.shape[2]
    for i in range(visits):
        for j in range(visits):
            for k in range(parameters_):
                for h in range(parameters_):
                    second[k, h, i, j] = 0.0
            if structure == AUTOREGRESSIVE:
                apart = abs(i - j)
                if apart > 0:
                    slope = apart * theta[1] ** (apart - 1)
                    second[0, 1, i, j] = slope
                    second[1, 0, i, j] = slope
                if apart > 1:
                    second[1, 1, i, j] = theta[0] * apart * (apart - 1) * theta[1] ** (apart - 2)
            else:
                second[0, 0, i, j] = 2.0
                second[0, 1, i, j] = t[i] + t[j]
                second[1, 0, i, j] = t[i] + t[j]
                second[1, 1, i, j] = 2.0 * t[i] * t[j]
    return True


@part
def fill_start(structure: int, raw: FloatArray, t: FloatArray, theta: FloatArray) -> None:
    """Parameters to begin with, from a covariance matrix (V, V) of the residuals."""
    visits = raw.shape[0]
    if structure == UNSTRUCTURED:
        k = 0
        for i in range(visits):
            for j in range(i + 1):
                theta[k] = raw[i, j]
                k += 1
        return
    variance, beside, near, square = 0.0, 0.0, 0.0, 0.0
    for i in range(visits):
        variance += raw[i, i] / visits
        square += t[i] * t[i] / visits
        for j in range(i):
            beside += raw[i, j] / (visits * (visits - 1) / 2)
        if i > 0:
            near += raw[i, i - 1] / (visits - 1)
    share = min(max(beside / variance, 0.05), 0.95)
    if structure == COMPOUND:
        theta[0] = share * variance
        theta[1] = (1.0 - share) * variance
    elif structure == AUTOREGRESSIVE:
        theta[0] = variance
        theta[1] = min(max(near / variance, -0.9), 0.9)
    elif structure == SLOPES:
        theta[0] = share * variance
        theta[1] = 0.0
        theta[2] = 0.1 * (1.0 - share) * variance / max(square, 1e-300)
        theta[3] = 0.9 * (1.0 - share) * variance
    else:
        theta[0] = (share * variance) ** 0.5
        theta[1] = 0.0
        theta[2] = (1.0 - share) * variance
