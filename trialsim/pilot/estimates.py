"""Estimates with their uncertainty, as a value and a prior."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, expit, ndtr, ndtri, polygamma

from trialsim.pilot.data import FitError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A value, its prior as a scenario writes it (``{normal: {mean: .., sd: ..}}``), and the participants behind it.

    ``pure`` names the parameters of the prior that have no unit; ``unit`` says whether the value has one.
    """

    value: float
    prior: Mapping[str, Mapping[str, float]]
    n: int
    unit: bool = True
    percent: bool = False
    between: tuple[float, float] | None = None


def widened(se: float, df: float) -> float:
    """The SD of Student's t with this scale; a normal prior with this SD is as wide as the t.

    >>> round(widened(1.0, 26), 4)
    1.0408
    """
    return se * math.sqrt(df / (df - 2)) if df > 3 else se * math.sqrt(3)


def mean(value: float, se: float, df: float, n: int) -> Estimate:
    """A mean or difference: normal, as wide as the t of its standard error."""
    return Estimate(value, {"normal": {"mean": value, "sd": widened(se, df)}}, n)


def ratio(log_value: float, se: float, df: float, n: int, *, unit: bool) -> Estimate:
    """A median (with its unit), ratio or odds ratio: lognormal, from its logarithm."""
    value = math.exp(log_value)
    return Estimate(value, {"lognormal": {"median": value, "sd_log": widened(se, df)}}, n, unit=unit)


def deviation(sd: float, df: float, n: int, *, unit: bool = True) -> Estimate:
    """A standard deviation: the lognormal with the log-moments of sd sqrt(df / chi-square(df)).

    >>> deviation(1.0, 26, 28).prior["lognormal"]["sd_log"].__round__(4)
    0.1414
    """
    center = math.log(sd) + (math.log(df / 2) - float(digamma(df / 2))) / 2
    width = math.sqrt(float(polygamma(1, df / 2))) / 2
    return Estimate(sd, {"lognormal": {"median": math.exp(center), "sd_log": width}}, n, unit=unit)


def proportion(events: float, n: int) -> Estimate:
    """A share: the beta of Jeffreys, with parameters events + 1/2 and rest + 1/2."""
    a, b = events + 0.5, n - events + 0.5
    middle = a / (a + b)
    spread = math.sqrt(a * b / (a + b + 1)) / (a + b)
    return Estimate(events / n, {"beta": {"mean": middle, "sd": spread}}, n, unit=False, percent=True)


def correlation(r: float, n: int, groups: int = 1) -> Estimate:
    """A correlation within ``groups``: a beta between -1 and 1 with the moments of Fisher's z, tanh of a normal.

    References
    ----------
    Fisher 1921, Metron 1, 3: the SE of atanh(r) is 1 / sqrt(n - 3); a group more costs one participant.
    """
    r = min(max(r, -0.99), 0.99)
    se = 1 / math.sqrt(max(n - 2 - groups, 1))
    draws = np.tanh(math.atanh(r) + se * ndtri((np.arange(2000) + 0.5) / 2000))
    moments = {"mean": float(draws.mean()), "sd": float(draws.std()), "low": -1.0, "high": 1.0}
    return Estimate(r, {"beta": moments}, n, unit=False)


# ---------------------------------------------------------------- from data


def residuals(values: Floats, arm: Ints, arms: int) -> Floats:
    """(N,) values minus the mean of their arm; NaN where missing."""
    out = np.full(len(values), np.nan)
    for k in range(arms):
        inside = arm == k
        if np.isfinite(values[inside]).any():
            out[inside] = values[inside] - np.nanmean(values[inside])
    return out


def pooled_sd(values: Floats, arm: Ints, arms: int) -> tuple[float, int]:
    """SD around the means of the arms, and its degrees of freedom.

    Raises
    ------
    FitError
        TS-F005 if there are too few values, or all are equal
    """
    left = residuals(values, arm, arms)
    used = np.isfinite(left)
    present = len(np.unique(arm[used]))
    df = int(used.sum()) - present
    if df < 2:
        raise FitError(
            f"{int(used.sum())} values in {present} arms are too few for an SD.",
            code="TS-F005",
            remedy="There must be at least 2 values more than arms.",
        )
    sd = math.sqrt(float(np.square(left[used]).sum()) / df)
    if sd == 0:
        raise FitError("all values are equal.", code="TS-F005", remedy="An outcome that does not vary has no SD.")
    return sd, df


@dataclass(frozen=True)
class Contrast:
    """Means by arm at one visit: of the reference, and differences of the others from it, with standard errors."""

    reference: tuple[float, float]
    others: tuple[tuple[float, float], ...]
    df: int


def contrasts(values: Floats, arm: Ints, arms: int, baseline: Floats | None = None) -> Contrast:
    """Least squares on the arms and, if given, the baseline (at whose mean the levels are given)."""
    used = np.isfinite(values)
    if baseline is not None and np.isfinite(baseline[used]).sum() > arms + 3:
        used &= np.isfinite(baseline)
    else:
        baseline = None
    columns = [np.ones(int(used.sum())), *((arm[used] == k).astype(np.float64) for k in range(1, arms))]
    if baseline is not None and np.nanstd(baseline[used]) > 0:
        columns.append(baseline[used] - np.nanmean(baseline))
    design, y = np.column_stack(columns), values[used]
    df = len(y) - design.shape[1]
    lacking = [k for k in range(arms) if (arm[used] == k).sum() < 2]
    if lacking or df < 2:
        raise FitError(
            "an arm has fewer than 2 values at a visit.", code="TS-F005", remedy="Leave this visit or arm out."
        )
    weights, *_ = np.linalg.lstsq(design, y, rcond=None)
    variance = float(np.square(y - design @ weights).sum()) / df
    se = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    if baseline is not None and design.shape[1] > arms:  # the mean of the baseline is uncertain too
        known = np.isfinite(baseline)
        se[0] = math.hypot(se[0], weights[-1] * float(np.std(baseline[known])) / math.sqrt(int(known.sum())))
    pairs = [(float(w), float(s)) for w, s in zip(weights, se, strict=True)]
    return Contrast(pairs[0], tuple(pairs[1:arms]), df)


def odds_ratios(codes: Ints, arm: Ints, arms: int, levels: int) -> list[tuple[float, float]]:
    """(log odds ratio, standard error) of each other arm against the first, by proportional odds; above 0: higher scores.

    Newton's method on the likelihood of McCullagh 1980, doi:10.1111/j.2517-6161.1980.tb01109.x, with half an
    observation spread over the categories of each arm, so that an arm without a category has an estimate.
    """
    counts = np.zeros((arms, levels))
    np.add.at(counts, (arm, codes), 1.0)
    counts += 0.5 * counts.sum(axis=0) / counts.sum()
    total = counts.sum(axis=0)
    cuts = np.log(np.cumsum(total)[:-1] / (total.sum() - np.cumsum(total)[:-1]))
    start = np.concatenate([[cuts[0]], np.log(np.diff(cuts)), np.zeros(arms - 1)])

    def loss(theta: Floats) -> float:
        edges = np.concatenate([[theta[0]], theta[0] + np.cumsum(np.exp(theta[1 : levels - 1]))])
        shift = np.concatenate([[0.0], theta[levels - 1 :]])
        below = np.column_stack([np.zeros(arms), expit(edges[None, :] - shift[:, None]), np.ones(arms)])
        return -float((counts * np.log(np.maximum(np.diff(below, axis=1), 1e-300))).sum())

    from scipy.optimize import minimize

    found = minimize(loss, start, method="BFGS", options={"gtol": 1e-6})
    covariance = np.linalg.inv(_hessian(loss, found.x))
    return [
        (float(found.x[levels - 1 + k]), math.sqrt(float(covariance[levels - 1 + k, levels - 1 + k])))
        for k in range(arms - 1)
    ]


def _hessian(function: object, x: Floats, step: float = 1e-4) -> Floats:
    assert callable(function)
    size = len(x)
    out = np.empty((size, size))
    eye = np.eye(size) * step
    for i in range(size):
        for j in range(i, size):
            signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            values = [function(x + a * eye[i] + b * eye[j]) * a * b for a, b in signs]
            out[i, j] = out[j, i] = sum(values) / (4 * step * step)
    return out


def latent(observed: float, x: Floats | None, y: Floats | None) -> float:
    """The latent normal correlation behind an observed one, if one or both are scores.

    ``x`` and ``y`` are (2, L) of scores and their shares; None means a variable that is normal on its scale.
    """
    if x is None and y is None:
        return observed
    grid = ndtri((np.arange(4000) + 0.5) / 4000)
    first = _standard(grid, x)

    def gap(rho: float) -> float:
        return float((first * _expected(grid, y, rho)).mean()) - observed

    low, high = -0.99, 0.99
    if gap(low) >= 0 or gap(high) <= 0:
        return low if gap(low) >= 0 else high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if gap(middle) < 0 else (low, middle)
    return (low + high) / 2


def latent_with_worth(observed: float, n: int, x: Floats | None, y: Floats | None) -> tuple[float, int]:
    """The latent correlation, and the number of pairs of normal values that would give the same precision.

    By the delta method: the standard error of the observed one, (1 - r^2) / sqrt(n - 3), grows by the slope of the latent
    on the observed one.
    """
    rho = latent(observed, x, y)
    if x is None and y is None:
        return rho, n
    step = 0.02
    slope = (latent(observed + step, x, y) - latent(observed - step, x, y)) / (2 * step)
    worth = ((1 - rho * rho) / ((1 - observed * observed) * slope)) ** 2 if slope > 0 else 0.0
    return rho, 3 + max(round((n - 3) * min(worth, 1.0)), 1)


def _moments(scores: Floats) -> tuple[float, float]:
    middle = float((scores[0] * scores[1]).sum())
    return middle, math.sqrt(float((np.square(scores[0] - middle) * scores[1]).sum()))


def _standard(z: Floats, scores: Floats | None) -> Floats:
    """Standardized values at the latent ``z``."""
    if scores is None:
        return z
    middle, sd = _moments(scores)
    place = np.searchsorted(np.cumsum(scores[1])[:-1], ndtr(z))
    return np.asarray((scores[0][place] - middle) / sd)


def _expected(z: Floats, scores: Floats | None, rho: float) -> Floats:
    """Expected standardized value of the other variable given ``z``."""
    if scores is None:
        return rho * z
    middle, sd = _moments(scores)
    cuts = ndtri(np.cumsum(scores[1])[:-1])
    below = ndtr((cuts[None, :] - rho * z[:, None]) / math.sqrt(1 - rho * rho))
    shares = np.diff(np.column_stack([np.zeros(len(z)), below, np.ones(len(z))]), axis=1)
    return np.asarray((shares @ scores[0] - middle) / sd)
