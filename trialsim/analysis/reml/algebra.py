"""Small symmetric matrices, in place and without allocation."""

from __future__ import annotations

import math

from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.compiled import part


@part
def factor(a: FloatArray, lower: FloatArray, n: int) -> float:
    """Cholesky factor of the first n rows and columns; log of the determinant, NaN if they are not positive definite."""
    total = 0.0
    for j in range(n):
        pivot = a[j, j]
        for q in range(j):
            pivot -= lower[j, q] * lower[j, q]
        if not pivot > 1e-14 * abs(a[j, j]):
            return math.nan
        root = math.sqrt(pivot)
        lower[j, j] = root
        total += math.log(pivot)
        for i in range(j + 1, n):
            rest = a[i, j]
            for q in range(j):
                rest -= lower[i, q] * lower[j, q]
            lower[i, j] = rest / root
    return total


@part
def invert_factor(lower: FloatArray, out: FloatArray, n: int) -> None:
    """The inverse (n, n) of the matrix whose Cholesky factor is ``lower``; the factor is overwritten by its own inverse."""
    for j in range(n):
        lower[j, j] = 1.0 / lower[j, j]
        for i in range(j + 1, n):
            rest = 0.0
            for q in range(j, i):
                rest -= lower[i, q] * lower[q, j]
            lower[i, j] = rest / lower[i, i]
    for i in range(n):
        for j in range(i + 1):
            value = 0.0
            for q in range(i, n):
                value += lower[q, i] * lower[q, j]
            out[i, j] = value
            out[j, i] = value


@part
def solve_factor(lower: FloatArray, right: FloatArray, out: FloatArray, n: int) -> None:
    """The solution (n,) of a system whose matrix has the Cholesky factor ``lower``."""
    for i in range(n):
        rest = right[i]
        for q in range(i):
            rest -= lower[i, q] * out[q]
        out[i] = rest / lower[i, i]
    for i in range(n - 1, -1, -1):
        rest = out[i]
        for q in range(i + 1, n):
            rest -= lower[q, i] * out[q]
        out[i] = rest / lower[i, i]


@part
def independent(gram: FloatArray, lower: FloatArray, kept: IntArray, n: int) -> int:
    """Which of n columns do not follow from those before them, from their products; how many, their places in ``kept``."""
    count = 0
    for j in range(n):
        pivot = gram[j, j]
        for q in range(count):
            rest = gram[j, kept[q]]
            for m in range(q):
                rest -= lower[count, m] * lower[q, m]
            lower[count, q] = rest / lower[q, q]
            pivot -= lower[count, q] * lower[count, q]
        if pivot > 1e-10 * gram[j, j]:
            lower[count, count] = math.sqrt(pivot)
            kept[count] = j
            count += 1
    return count


@part
def multiply(a: FloatArray, b: FloatArray, out: FloatArray, n: int) -> None:
    """The product of two matrices (n, n)."""
    for i in range(n):
        for j in range(n):
            value = 0.0
            for q in range(n):
                value += a[i, q] * b[q, j]
            out[i, j] = value


@part
def sandwich(w: FloatArray, s: int, middle: FloatArray, spare: FloatArray, out: FloatArray) -> None:
    """W M W for the matrix W at ``w[s]`` (V, V) and a symmetric M."""
    n = middle.shape[0]
    for i in range(n):
        for j in range(n):
            value = 0.0
            for q in range(n):
                value += w[s, i, q] * middle[q, j]
            spare[i, j] = value
    for i in range(n):
        for j in range(i + 1):
            value = 0.0
            for q in range(n):
                value += spare[i, q] * w[s, q, j]
            out[i, j] = value
            out[j, i] = value
