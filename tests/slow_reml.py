"""Restricted maximum likelihood as its formula reads, one pattern of visits at a time; derivatives by finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize

Floats = np.ndarray
Covariance = Callable[[Floats], Floats]

#: Points and weights of a derivative by six values around a place, in steps.
PLACES = (-3, -2, -1, 1, 2, 3)
WEIGHTS = (-1 / 60, 3 / 20, -3 / 4, 3 / 4, -3 / 20, 1 / 60)


class SlowFit(NamedTuple):
    """Estimate and standard error of a contrast, Satterthwaite's degrees of freedom, and the deviance."""

    estimate: float
    se: float
    df: float
    deviance: float


def unstructured(visits: int) -> Covariance:
    """Every variance and covariance is a parameter, by rows of the lower triangle."""
    rows, columns = np.tril_indices(visits)

    def sigma(theta: Floats) -> Floats:
        found = np.empty((visits, visits))
        found[rows, columns] = found[columns, rows] = theta
        return found

    return sigma


def autoregressive(visits: int) -> Covariance:
    """A variance, and a correlation to the power of the distance."""
    apart = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    return lambda theta: theta[0] * theta[1] ** apart


Patterns = list[tuple[Floats, Floats, Floats]]


def by_pattern(y: Sequence[Floats], x: Sequence[Floats]) -> Patterns:
    """Participants with the same visits measured: which visits, their values (n, m) and designs (n, m, P)."""
    groups: dict[tuple[bool, ...], list[int]] = {}
    for i, one in enumerate(y):
        groups.setdefault(tuple(~np.isnan(one)), []).append(i)
    found = []
    for there, members in groups.items():
        visits = np.flatnonzero(there)
        found.append((visits, np.array([y[i][visits] for i in members]), np.array([x[i][visits] for i in members])))
    return found


def generalized(patterns: Patterns, sigma: Floats) -> tuple[Floats, Floats, float]:
    """Coefficients, their covariance and the deviance at a covariance of the visits."""
    information, right, deviance = 0.0, 0.0, 0.0
    for visits, values, design in patterns:
        v = sigma[np.ix_(visits, visits)]
        root = np.linalg.inv(np.linalg.cholesky(v))
        white, rest = (root @ design).reshape(-1, design.shape[2]), (values @ root.T).ravel()
        information = information + white.T @ white
        right = right + white.T @ rest
        deviance += len(values) * np.linalg.slogdet(v)[1] + rest @ rest
    phi = np.linalg.inv(information)
    beta = phi @ right
    return beta, phi, float(deviance - right @ beta + np.linalg.slogdet(information)[1])


def gradient(function: Callable[[Floats], float], theta: Floats, step: float = 2e-2) -> Floats:
    """First derivatives."""
    found = []
    for k in range(len(theta)):
        unit = np.eye(len(theta))[k] * step * max(abs(theta[k]), 0.1)
        found.append(sum(w * function(theta + p * unit) for p, w in zip(PLACES, WEIGHTS, strict=True)) / unit[k])
    return np.array(found)


def slow_reml(
    y: Sequence[Floats], x: Sequence[Floats], covariance: Covariance, start: Floats, contrast: Floats, *, steps: int = 4
) -> SlowFit:
    """Fit by Newton's method from the end of a general minimizer.

    Parameters
    ----------
    y, x : of each participant the values (V,) and the design (V, P)
    covariance : the covariance of the visits (V, V) at its parameters
    start : parameters to begin with
    contrast : (P,)
    steps : of Newton's method
    """
    patterns = by_pattern(y, x)

    def deviance(theta: Floats) -> float:
        sigma = covariance(theta)
        if np.linalg.eigvalsh(sigma)[0] <= 0:
            return 1e10
        return generalized(patterns, sigma)[2]

    def variance(theta: Floats) -> float:
        return float(contrast @ generalized(patterns, covariance(theta))[1] @ contrast)

    theta = optimize.minimize(deviance, start, method="BFGS").x
    for _ in range(steps):
        slope = gradient(deviance, theta)
        hessian = np.array([gradient(lambda t, k=k: gradient(deviance, t)[k], theta) for k in range(len(theta))])
        theta = theta - np.linalg.solve(hessian, slope)
    beta, _, least = generalized(patterns, covariance(theta))
    slope = gradient(variance, theta)
    spread = slope @ (2.0 * np.linalg.inv(hessian)) @ slope
    return SlowFit(float(contrast @ beta), variance(theta) ** 0.5, 2.0 * variance(theta) ** 2 / spread, least)
