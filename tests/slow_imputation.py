"""One imputation of one trial, as the formulas are written: least squares, whole covariance matrices, conditioning."""

from __future__ import annotations

import math

import numpy as np

from trialsim.analysis.imputation.rule import SWEEPS, Imputation
from trialsim.numbers.draws import uniforms
from trialsim.numbers.normal import ndtri


class Draws:
    """The draws of imputation ``k`` in one replicate, by their names."""

    def __init__(self, rule: Imputation, seed: int, replicate: int, k: int) -> None:
        self.rule, self.seed, self.replicate, self.k = rule, seed, replicate, k

    def uniform(self, name: str, count: int) -> np.ndarray:
        at = range(self.replicate, self.replicate + 1)
        return uniforms(self.seed, name, replicates=at, participants=count, k=self.k)[0]

    def normal(self, name: str, count: int) -> np.ndarray:
        return np.array([ndtri(u) for u in self.uniform(name, count)])

    def of_arm(self, v: int, arm: int, sweep: int, what: str) -> str:
        rule = self.rule
        return f"imputation/{rule.outcome}/{rule.visits[v]}/{rule.arms[arm]}/{sweep}/{what}"

    def chi_square(self, df: int, v: int, arm: int, sweep: int) -> float:
        name = self.of_arm(v, arm, sweep, "variance")
        half = df // 2
        u = self.uniform(name, half + 1)
        return float(-2 * np.log(u[:half]).sum() + (ndtri(u[half]) ** 2 if df % 2 else 0.0))


def drawn_regression(draws: Draws, design: np.ndarray, y: np.ndarray, v: int, arm: int, sweep: int) -> tuple:
    """Coefficients and SD from their posterior: RSS / chi-square, and normal around least squares."""
    fit, *_ = np.linalg.lstsq(design, y, rcond=None)
    df = len(y) - design.shape[1]
    sd = math.sqrt(((y - design @ fit) ** 2).sum() / draws.chi_square(df, v, arm, sweep))
    root = np.linalg.cholesky(design.T @ design)  # its inverse, transposed, is a root of (X'X)^-1
    z = draws.normal(draws.of_arm(v, arm, sweep, "coefficients"), design.shape[1])
    return fit + sd * np.linalg.solve(root.T, z), sd


def moments(regressions: list, x: np.ndarray, fixed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and covariance of all visits given covariates and the visits that are ``fixed`` at the start."""
    visits, c = len(regressions), len(x)
    slopes, mean, variances = np.zeros((visits, visits)), np.zeros(visits), np.zeros(visits)
    for v, (beta, sd) in enumerate(regressions):
        if v < len(fixed):
            mean[v] = fixed[v]
            continue
        slopes[v, :v] = beta[1 + c :]
        mean[v] = beta[0] + beta[1 : 1 + c] @ x + beta[1 + c :] @ mean[:v]
        variances[v] = sd**2
    out = np.linalg.inv(np.eye(visits) - slopes)
    return mean, out @ np.diag(variances) @ out.T


def between(
    draws: Draws, y: np.ndarray, seen: np.ndarray, x: np.ndarray, regressions: list, i: int, sweep: int
) -> None:
    """Fill the values of a participant between measured ones, given all the others."""
    stop = np.flatnonzero(seen)[-1] + 1
    holes, rest = np.flatnonzero(~seen[:stop]), np.flatnonzero(seen[:stop])
    mean, cov = moments(regressions[:stop], x, np.empty(0))
    slope = cov[np.ix_(holes, rest)] @ np.linalg.inv(cov[np.ix_(rest, rest)])
    middle = mean[holes] + slope @ (y[rest] - mean[rest])
    precision = np.linalg.inv(cov[np.ix_(holes, holes)] - slope @ cov[np.ix_(rest, holes)])
    z = [draws.normal(f"imputed between/{draws.rule.outcome}/{draws.rule.visits[v]}/{sweep}", i + 1)[i] for v in holes]
    y[holes] = middle + np.linalg.solve(np.linalg.cholesky(precision).T, np.array(z))


def joint(own: tuple, other: tuple, fixed: int, left: int, *, jump: bool) -> tuple[np.ndarray, np.ndarray]:
    """Carpenter, Roger and Kenward 2013: the distribution of all visits of whoever leaves after ``left`` of them.

    The first ``fixed`` visits have no variance.
    """
    (mean_a, a), (mean_r, r) = own, other
    if not jump:
        return mean_r, r
    first, later = slice(0, left), slice(left, len(mean_a))
    slope = np.zeros((len(mean_a) - left, left))
    slope[:, fixed:] = r[later, fixed:left] @ np.linalg.inv(r[fixed:left, fixed:left])
    cov = np.empty_like(a)
    cov[first, first] = a[first, first]
    cov[later, first] = slope @ a[first, first]
    cov[first, later] = cov[later, first].T
    cov[later, later] = r[later, later] - slope @ (r[first, first] - a[first, first]) @ slope.T
    return np.concatenate([mean_a[first], mean_r[later]]), cov


def slow_imputation(
    rule: Imputation, values: np.ndarray, x: np.ndarray, arm: np.ndarray, *, seed: int, replicate: int, k: int
) -> np.ndarray:
    """Values (N, V) of one trial with everything imputed; logarithms are taken by whoever calls."""
    draws, visits = Draws(rule, seed, replicate, k), len(rule.visits)
    here = arm >= 0
    shift = np.array([values[here, v][~np.isnan(values[here, v])].mean() for v in range(visits)])
    x = x - x[here].mean(axis=0)
    y, seen = values - shift, ~np.isnan(values)
    last = np.array([max(np.flatnonzero(row), default=-1) for row in seen])
    drawn = {}
    for a in range(len(rule.arms)):
        mine = np.flatnonzero((arm == a) & (last >= 0))
        holed = [i for i in mine if not seen[i, : last[i]].all()]
        start = np.nanmean(y[mine], axis=0)
        for i in holed:
            for v in range(last[i]):
                if not seen[i, v]:
                    y[i, v] = start[v]
        for sweep in [*(range(SWEEPS) if holed else ()), SWEEPS]:
            drawn[a] = []
            for v in range(visits):
                who = [i for i in mine if last[i] >= v]
                design = np.column_stack([np.ones(len(who)), x[who], y[who][:, :v]])
                drawn[a].append(drawn_regression(draws, design, y[who, v], v, a, sweep))
            for i in holed if sweep < SWEEPS else ():
                between(draws, y[i], seen[i], x[i], drawn[a], i, sweep)
    for i in np.flatnonzero(here):
        if last[i] == visits - 1:
            continue
        other = arm[i] if rule.follows == "own" else rule.reference
        fixed = rule.before
        for v in range(last[i] + 1, visits):
            if v < fixed:
                beta, sd = drawn[other][v]
                mean, variance = beta @ np.concatenate([[1.0], x[i], y[i, :v]]), sd**2
            else:
                known = y[i, :fixed]
                own, ref = (moments(drawn[one], x[i], known) for one in (arm[i], other))
                mu, cov = joint(own, ref, fixed, max(last[i] + 1, fixed), jump=rule.follows == "jump")
                before, inner = slice(fixed, v), cov[fixed:v, fixed:v]
                slope = cov[v, before] @ np.linalg.inv(inner) if v > fixed else np.empty(0)
                mean = mu[v] + slope @ (y[i, before] - mu[before])
                variance = cov[v, v] - slope @ cov[before, v]
            e = draws.normal(f"imputed/{rule.outcome}/{rule.visits[v]}", i + 1)[i]
            y[i, v] = mean + math.sqrt(variance) * e
    return y + shift
