"""Restricted maximum likelihood as its formula reads, one participant at a time; derivatives by finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize

Floats = np.ndarray
Covariance = Callable[[Floats], Floats]

#: Points and weights of a derivative by eight values around a place, in steps.
PLACES = (-4, -3, -2, -1, 1, 2, 3, 4)
WEIGHTS = (1 / 280, -4 / 105, 1 / 5, -4 / 5, 4 / 5, -1 / 5, 4 / 105, -1 / 280)


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


def generalized(y: Sequence[Floats], x: Sequence[Floats], sigma: Floats) -> tuple[Floats, Floats, float]:
    """Coefficients, their covariance and the deviance at a covariance of the visits; values that are NaN are left out."""
    parts = []
    for one, design in zip(y, x, strict=True):
        there = ~np.isnan(one)
        parts.append((one[there], design[there], sigma[np.ix_(there, there)]))
    information = sum(design.T @ np.linalg.solve(v, design) for _, design, v in parts)
    phi = np.linalg.inv(information)
    beta = phi @ sum(design.T @ np.linalg.solve(v, one) for one, design, v in parts)
    deviance = np.linalg.slogdet(information)[1]
    for one, design, v in parts:
        rest = one - design @ beta
        deviance += np.linalg.slogdet(v)[1] + rest @ np.linalg.solve(v, rest)
    return beta, phi, float(deviance)


def gradient(function: Callable[[Floats], float], theta: Floats, step: float = 2e-2) -> Floats:
    """First derivatives."""
    found = []
    for k in range(len(theta)):
        unit = np.eye(len(theta))[k] * step * max(abs(theta[k]), 0.1)
        found.append(sum(w * function(theta + p * unit) for p, w in zip(PLACES, WEIGHTS, strict=True)) / unit[k])
    return np.array(found)


def slow_reml(
    y: Sequence[Floats], x: Sequence[Floats], covariance: Covariance, start: Floats, contrast: Floats
) -> SlowFit:
    """Fit by Newton's method from the end of a general minimizer.

    Parameters
    ----------
    y, x : of each participant the values (V,) and the design (V, P)
    covariance : the covariance of the visits (V, V) at its parameters
    start : parameters to begin with
    contrast : (P,)
    """

    def deviance(theta: Floats) -> float:
        sigma = covariance(theta)
        if np.linalg.eigvalsh(sigma)[0] <= 0:
            return 1e10
        return generalized(y, x, sigma)[2]

    def variance(theta: Floats) -> float:
        return float(contrast @ generalized(y, x, covariance(theta))[1] @ contrast)

    theta = optimize.minimize(
        deviance, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7, "maxfev": 10**5}
    ).x
    for _ in range(3):
        slope = gradient(deviance, theta)
        hessian = np.array([gradient(lambda t, k=k: gradient(deviance, t)[k], theta) for k in range(len(theta))])
        theta = theta - np.linalg.solve(hessian, slope)
    beta, _, least = generalized(y, x, covariance(theta))
    slope = gradient(variance, theta)
    spread = slope @ (2.0 * np.linalg.inv(hessian)) @ slope
    return SlowFit(float(contrast @ beta), variance(theta) ** 0.5, 2.0 * variance(theta) ** 2 / spread, least)
