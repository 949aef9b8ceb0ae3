"""The mixed model of a stepped wedge with whole matrices: slow, and as the formulas are written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SlowFit:
    """The last coefficient: estimate, standard error, degrees of freedom, Kenward and Roger's standard error; the variances."""

    estimate: float
    se: float
    df: float
    se_kr: float
    variances: Floats


def slow_wedge(y: Floats, x: Floats, site: Ints, period: Ints, *, site_periods: bool) -> SlowFit:
    """REML of columns ``x`` (N, Q), the arm last, with random sites and, with ``site_periods``, periods within them."""
    n, q = x.shape
    same_site = (site[:, None] == site).astype(float)
    same_cell = same_site * (period[:, None] == period)
    parts = [same_cell, same_site, np.eye(n)] if site_periods else [same_site, np.eye(n)]

    def projected(ratios: Floats) -> tuple[Floats, Floats, Floats, float]:
        v = np.eye(n) + sum(r * part for r, part in zip(ratios, parts[:-1], strict=True))
        inverse = np.linalg.inv(v)
        information = x.T @ inverse @ x
        p = inverse - inverse @ x @ np.linalg.solve(information, x.T @ inverse)
        half = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
        return inverse, information, p, float((n - q) * np.log(y @ p @ y) + half)

    count = len(parts) - 1
    starts = [np.full(count, s) for s in (0.02, 0.3)] + ([np.array([0.5, 0.01]), np.array([0.0, 0.2])] if count == 2 else [])
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 500}
    found = [
        optimize.minimize(lambda r: projected(r)[3], start, bounds=[(0.0, None)] * count, method="L-BFGS-B", options=options)
        for start in starts
    ]
    ratios = min(found, key=lambda one: one.fun).x
    ratios = np.where(ratios < 1e-7, 0.0, ratios)
    free = np.flatnonzero(ratios)
    if len(free):  # polish on the free ones
        def of_free(logs: Floats) -> float:
            return projected(_put(ratios, free, np.exp(logs)))[3]

        polished = optimize.minimize(of_free, np.log(ratios[free]), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000})
        ratios = _put(ratios, free, np.exp(polished.x))
    inverse, information, p, _ = projected(ratios)
    residual = float(y @ p @ y) / (n - q)
    inverse, information, p = inverse / residual, information / residual, p / residual
    phi = np.linalg.inv(information)
    beta = phi @ x.T @ inverse @ y
    known = [parts[k] for k in (*free, count)]
    traces = np.array([[np.trace(p @ a @ p @ b) for b in known] for a in known])
    covariance = np.linalg.inv(0.5 * traces)
    contrast = phi[:, -1]
    gain = np.array([contrast @ x.T @ inverse @ part @ inverse @ x @ contrast for part in known])
    variance = float(phi[-1, -1])
    more = np.zeros((q, q))
    for k, a in enumerate(known):
        for h, b in enumerate(known):
            pk, ph = (-x.T @ inverse @ one @ inverse @ x for one in (a, b))
            more += covariance[k, h] * (x.T @ inverse @ a @ inverse @ b @ inverse @ x - pk @ phi @ ph)
    larger = phi + 2.0 * phi @ more @ phi
    return SlowFit(
        float(beta[-1]),
        variance**0.5,
        float(2.0 * variance**2 / (gain @ covariance @ gain)),
        float(larger[-1, -1] ** 0.5),
        residual * np.append(ratios if site_periods else np.array([0.0, *ratios]), 1.0),
    )


def _put(values: Floats, places: NDArray[np.intp], new: Floats) -> Floats:
    out = values.copy()
    out[places] = new
    return out
