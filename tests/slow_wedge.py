"""The mixed model of a stepped wedge with whole matrices: slow, and as the formulas read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SlowWedge:
    """Of the last coefficient: estimate, standard error, degrees of freedom, Kenward and Roger's standard error.

    ``variances`` are those of site periods, of sites and of the residual.
    """

    estimate: float
    se: float
    df: float
    se_kr: float
    variances: Floats


def columns(period: Ints, arm: Floats, *more: Floats) -> Floats:
    """(N, Q) an intercept, the periods but the first that there is, covariates, and the arm."""
    later = [(period == one).astype(float) for one in np.unique(period)[1:]]
    return np.column_stack([np.ones(len(arm)), *later, *more, arm])


def slow_wedge(y: Floats, x: Floats, site: Ints, period: Ints, *, site_periods: bool) -> SlowWedge:
    """REML of columns ``x`` (N, Q), the arm last, with random sites and, with ``site_periods``, random periods within them."""
    n, q = x.shape
    same_site = (site[:, None] == site).astype(float)
    same_cell = same_site * (period[:, None] == period)
    parts = [same_cell, same_site] if site_periods else [same_site]

    def projection(ratios: Floats) -> tuple[Floats, Floats, Floats, float]:
        v = np.eye(n) + sum(r * part for r, part in zip(ratios, parts, strict=True))
        inverse = np.linalg.inv(v)
        information = x.T @ inverse @ x
        p = inverse - inverse @ x @ np.linalg.solve(information, x.T @ inverse)
        half = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
        return inverse, information, p, float((n - q) * np.log(y @ p @ y) + half)

    def slopes(ratios: Floats) -> Floats:
        p = projection(ratios)[2]
        py = p @ y
        return np.array([np.sum(p * part) - (n - q) * (py @ part @ py) / (y @ py) for part in parts])

    bounds, none = [(0.0, None)] * len(parts), np.zeros(len(parts))
    starts = [none + 0.02, none + 0.3, np.eye(len(parts))[0] * 0.3]
    found = [
        optimize.minimize(lambda r: projection(r)[3], start, jac=slopes, bounds=bounds, method="L-BFGS-B")
        for start in starts
    ]
    ratios = min(found, key=lambda one: one.fun).x
    free = np.flatnonzero(ratios > 1e-6)

    def with_free(values: Floats) -> Floats:
        whole = none.copy()
        whole[free] = values
        return whole

    ratios = with_free(ratios[free])
    if len(free):
        ratios = with_free(optimize.root(lambda r: slopes(with_free(r))[free], ratios[free], tol=1e-13).x)
    inverse, information, p, _ = projection(ratios)
    residual = float(y @ p @ y) / (n - q)
    inverse, information, p = inverse / residual, information / residual, p / residual
    phi = np.linalg.inv(information)
    known = [*(parts[k] for k in free), np.eye(n)]
    traces = np.array([[np.sum((p @ a) * (p @ b).T) for b in known] for a in known])
    covariance = np.linalg.inv(0.5 * traces)
    slope = np.array([-x.T @ inverse @ part @ inverse @ x for part in known])
    gain = np.array([phi[-1] @ one @ phi[:, -1] for one in slope])
    more = np.zeros((q, q))
    for k, a in enumerate(known):
        for h, b in enumerate(known):
            twice = x.T @ inverse @ a @ inverse @ b @ inverse @ x
            more += covariance[k, h] * (twice - slope[k] @ phi @ slope[h])
    variance = float(phi[-1, -1])
    both = ratios if site_periods else np.array([0.0, *ratios])
    return SlowWedge(
        float((phi @ x.T @ inverse @ y)[-1]),
        variance**0.5,
        float(2.0 * variance**2 / (gain @ covariance @ gain)),
        float((phi + 2.0 * phi @ more @ phi)[-1, -1] ** 0.5),
        residual * np.append(both, 1.0),
    )
