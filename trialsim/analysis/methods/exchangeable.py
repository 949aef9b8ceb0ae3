"""Parts of estimating equations with an exchangeable correlation within clusters, compiled.

Clusters are summed up once (:func:`sum_up`); coefficients, correlation and the variance of Mancl and DeRouen then need no
inverse of a cluster's matrix: with the correlation rho it is I - kappa 11' apart from a factor, with
kappa = rho / (1 + (size - 1) rho).
"""

from __future__ import annotations

import math

from trialsim.analysis.newton import factor, solve
from trialsim.compiled import part

#: A cluster that holds all but this share of what is known of a direction holds all of it.
WHOLE = 1e-9

#: Rounds of coefficients and correlation in turn, and the change of the correlation in the last.
ROUNDS = 500
SETTLED = 1e-12

#: Sweeps of Jacobi's method.
SWEEPS = 30


@part
def _eigen(matrix, vectors, p):  # type: ignore[no-untyped-def]
    """Jacobi's method: leaves the eigenvalues of a symmetric matrix on its diagonal, its eigenvectors in columns."""
    for i in range(p):
        for j in range(p):
            vectors[i, j] = 1.0 if i == j else 0.0
    for _ in range(SWEEPS):
        off = 0.0
        for i in range(p):
            for j in range(i):
                off += matrix[i, j] ** 2
        if off < 1e-30:
            return
        for i in range(p - 1):
            for j in range(i + 1, p):
                if matrix[i, j] == 0.0:
                    continue
                theta = 0.5 * (matrix[j, j] - matrix[i, i]) / matrix[i, j]
                t = 1.0 / (abs(theta) + math.sqrt(theta * theta + 1.0))
                t = t if theta >= 0.0 else -t
                c = 1.0 / math.sqrt(t * t + 1.0)
                s = t * c
                for k in range(p):
                    x, y = matrix[k, i], matrix[k, j]
                    matrix[k, i], matrix[k, j] = c * x - s * y, s * x + c * y
                for k in range(p):
                    x, y = matrix[i, k], matrix[j, k]
                    matrix[i, k], matrix[j, k] = c * x - s * y, s * x + c * y
                for k in range(p):
                    x, y = vectors[k, i], vectors[k, j]
                    vectors[k, i], vectors[k, j] = c * x - s * y, s * x + c * y


@part
def sum_up(design, response, who, cluster, r, m, p, size, square, total, product, answers, answers_2):  # type: ignore[no-untyped-def]
    """Of each cluster: its size, X'X, X'1, X'y, 1'y and y'y."""
    for g in range(size.shape[0]):
        size[g] = answers[g] = answers_2[g] = 0.0
        for q in range(p):
            total[g, q] = product[g, q] = 0.0
            for j in range(p):
                square[g, q, j] = 0.0
    for i in range(m):
        g = cluster[r, who[i]]
        size[g] += 1.0
        answers[g] += response[i]
        answers_2[g] += response[i] ** 2
        for q in range(p):
            total[g, q] += design[i, q]
            product[g, q] += response[i] * design[i, q]
            for j in range(p):
                square[g, q, j] += design[i, q] * design[i, j]


@part
def whiten(lower, vector, p):  # type: ignore[no-untyped-def]
    """Replace a vector v by L^-1 v."""
    for i in range(p):
        for q in range(i):
            vector[i] -= lower[i, q] * vector[q]
        vector[i] /= lower[i, i]


@part
def weights_of(lower, square, total, kappa, g, p, power, leverage, vectors, column, weight):  # type: ignore[no-untyped-def]
    """Fill ``weight`` with f(I - S) L^-1 c, S = L^-1 X'WX L^-T of cluster ``g``, f a power, c the arm; leave S in ``leverage``.

    False if the cluster holds all that is known of the arm.
    """
    for j in range(p):
        for i in range(p):
            column[i] = square[g, i, j] - kappa * total[g, i] * total[g, j]
        whiten(lower, column, p)
        for i in range(p):
            leverage[i, j] = column[i]
    for i in range(p):
        for j in range(p):
            column[j] = leverage[i, j]
        whiten(lower, column, p)
        for j in range(p):
            leverage[i, j] = column[j]
    for i in range(p):
        weight[i] = 0.0
        for j in range(i):
            leverage[i, j] = leverage[j, i] = 0.5 * (leverage[i, j] + leverage[j, i])
    _eigen(leverage, vectors, p)
    for k in range(p):
        rest = 1.0 - leverage[k, k]
        if rest < WHOLE:
            if abs(vectors[p - 1, k]) > 1e-6:
                return False
            continue
        pull = rest**power * vectors[p - 1, k] / lower[p - 1, p - 1]
        for i in range(p):
            weight[i] += pull * vectors[i, k]
    return True


@part
def coefficients(size, square, total, product, answers, rho, p, gram, right, lower, beta):  # type: ignore[no-untyped-def]
    """Weighted least squares with an exchangeable correlation; whether it exists."""
    for q in range(p):
        right[q] = 0.0
        for j in range(q + 1):
            gram[q, j] = 0.0
    for g in range(size.shape[0]):
        if size[g] == 0.0:
            continue
        inner = 1.0 + (size[g] - 1.0) * rho
        if not inner > 0.0:
            return False
        kappa = rho / inner
        for q in range(p):
            right[q] += product[g, q] - kappa * total[g, q] * answers[g]
            for j in range(q + 1):
                gram[q, j] += square[g, q, j] - kappa * total[g, q] * total[g, j]
    if not factor(gram, lower, p):
        return False
    solve(lower, right, beta, p)
    return True


@part
def correlation(size, square, total, product, answers, answers_2, beta, m, p):  # type: ignore[no-untyped-def]
    """The correlation of residuals within clusters by moments; 0 where pairs are not more than coefficients."""
    whole = within = pairs = 0.0
    for g in range(size.shape[0]):
        rest, squares = answers[g], answers_2[g]
        for q in range(p):
            rest -= total[g, q] * beta[q]
            squares -= 2.0 * product[g, q] * beta[q]
            for j in range(p):
                squares += beta[q] * square[g, q, j] * beta[j]
        whole += squares
        within += 0.5 * (rest * rest - squares)
        pairs += 0.5 * size[g] * (size[g] - 1.0)
    if pairs <= p or not whole > 0.0:
        return 0.0
    return within / (whole / (m - p)) / (pairs - p)


@part
def between(design, who, cluster, r, m, p, first):  # type: ignore[no-untyped-def]
    """How many columns are constant within every cluster; ``first`` is room for a case of each cluster."""
    found = 0
    for q in range(p):
        for g in range(first.shape[0]):
            first[g] = -1
        same = True
        for i in range(m):
            g = cluster[r, who[i]]
            if first[g] < 0:
                first[g] = i
            same = same and abs(design[i, q] - design[first[g], q]) < 1e-12
        found += same
    return found
