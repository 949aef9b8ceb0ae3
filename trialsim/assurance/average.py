"""Averages over the prior: assurance with its error, which beliefs change it, power along a belief, its distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from trialsim.assurance.play import PriorTrials
from trialsim.evaluate.table import share_interval

Floats = NDArray[np.float64]

#: Degree of the polynomial in each belief, and the points needed for each of its terms.
DEGREE, POINTS_A_TERM = 5, 4
#: Bins of a belief, and the points needed in each.
BINS, POINTS_A_BIN = 10, 8


@dataclass(frozen=True)
class ShareEstimate:
    """A share with its Monte Carlo standard error and 95 % interval."""

    value: float
    mcse: float
    low: float
    high: float


def share(value: float, mcse: float, trials: int) -> ShareEstimate:
    """A share whose error is ``mcse``: Wilson's interval at the number of independent trials that has this error."""
    worth = value * (1 - value) / mcse**2 if mcse > 0 else float(trials)
    worth = min(worth, float(trials)) if worth > 0 else float(trials)
    return ShareEstimate(value, mcse, *share_interval(value * worth, worth))


def binomial(reached: int, counted: int) -> ShareEstimate:
    """The share of independent trials."""
    value = reached / counted if counted else math.nan
    mcse = math.sqrt(value * (1 - value) / counted) if counted else math.nan
    return ShareEstimate(value, mcse, *share_interval(reached, counted))


@dataclass(frozen=True)
class Average:
    """Power averaged over the points.

    Attributes
    ----------
    share : the average; its error is that of a Latin hypercube (residuals from a sum of functions of each belief)
    clustered : the error if the points had been drawn at random; never smaller in expectation
    influence : (D,) standard deviation of the power as one belief varies and the others are averaged out
    """

    share: ShareEstimate
    clustered: float
    influence: tuple[float, ...]


def average(played: PriorTrials) -> Average:
    """Mean power over the usable points.

    Points are equally likely, so the mean of their powers is the estimate. A Latin hypercube integrates every sum of
    functions of one belief almost exactly; the rest is the variance of the residuals from the best such sum, here
    one of polynomials in the quantiles, which can only be too large.

    References
    ----------
    Stein 1987, doi:10.1080/00401706.1987.10488205; O'Hagan, Stevens, Campbell 2005, doi:10.1002/pst.175 (assurance).
    """
    keep = played.usable
    u, power = played.u[keep], played.power[keep]
    points, columns = u.shape
    mean = float(power.mean())
    clustered = float(power.std(ddof=1) / math.sqrt(points)) if points > 1 else math.nan
    degree = min(DEGREE, points // (POINTS_A_TERM * columns))
    terms = np.stack([legendre(u[:, d], degree) for d in range(columns)])  # (D, P, degree)
    design = np.column_stack([np.ones(points), *terms])
    weights, *_ = np.linalg.lstsq(design, power, rcond=None)
    left = max(points - design.shape[1], 1)
    variance = float(np.square(power - design @ weights).sum() / left)
    inner = weights[1:].reshape(columns, degree)
    spread = [float((terms[d] @ inner[d]).var()) - degree * variance / points for d in range(columns)]
    trials = int(played.counted.sum())
    return Average(
        share(mean, math.sqrt(variance / points), trials), clustered, tuple(math.sqrt(max(s, 0.0)) for s in spread)
    )


def legendre(u: Floats, degree: int) -> Floats:
    """(P, degree) Legendre polynomials 1 to ``degree`` over (0, 1)."""
    return np.asarray(np.polynomial.legendre.legvander(2 * u - 1, degree)[:, 1:])


@dataclass(frozen=True)
class Bin:
    """Points between two quantiles of a belief: their values and the power there."""

    quantile_low: float
    quantile_high: float
    value_low: float
    value_mean: float
    value_high: float
    points: int
    power: ShareEstimate


def along(played: PriorTrials, column: int) -> tuple[Bin, ...]:
    """Power in equal bins of one belief; the others vary fully in each bin."""
    keep = played.usable
    u, power, values = played.u[keep, column], played.power[keep], played.values[keep, column]
    counted = played.counted[keep]
    bins = max(min(BINS, len(u) // POINTS_A_BIN), 1)
    found = []
    for place in range(bins):
        inside = (u >= place / bins) & (u < (place + 1) / bins)
        if not inside.any():
            continue
        here, trials = power[inside], int(counted[inside].sum())
        mean = float(here.mean())
        mcse = max(
            float(here.std(ddof=1) / math.sqrt(len(here))) if len(here) > 1 else 0.0,
            math.sqrt(mean * (1 - mean) / trials),
        )
        seen = values[inside]
        ends = (float(seen.min()), float(seen.mean()), float(seen.max()))
        found.append(Bin(place / bins, (place + 1) / bins, *ends, len(here), share(mean, mcse, trials)))
    return tuple(found)


# ---------------------------------------------------------------- how power spreads over the prior


def smoothed(played: PriorTrials) -> Floats:
    """(P,) power at each usable point, smoothed over its neighbors.

    The trials of one point are few, so their share is noisy. A logistic regression on powers (to the fourth) of each
    belief's normal score, and their products, is fitted to all trials; its value is the power of the point.
    """
    keep = played.usable
    z = ndtri(played.u[keep])
    points, columns = z.shape
    terms = [np.ones(points)]
    degree = 4 if points >= POINTS_A_TERM * 4 * columns else 1  # the curve bends; few points are enough for a line only
    terms += [z[:, d] ** k for d in range(columns) for k in range(1, degree + 1)]
    pairs = [(a, b) for a in range(columns) for b in range(a)]
    if points >= POINTS_A_TERM * (len(terms) + len(pairs)):
        terms += [z[:, a] * z[:, b] for a, b in pairs]
    return _logistic(np.column_stack(terms), played.reached[keep], played.counted[keep])


def _logistic(design: Floats, reached: NDArray[np.int64], counted: NDArray[np.int64]) -> Floats:
    """Fitted shares by iterated least squares, with a small penalty so that perfect separation has a solution."""
    scale = np.maximum(np.abs(design).max(axis=0), 1e-12)
    x = design / scale
    pull = np.diag([0.0, *[1e-2] * (x.shape[1] - 1)])
    weights = np.zeros(x.shape[1])
    for _ in range(100):
        p = expit(np.clip(x @ weights, -30, 30))
        slope = counted * np.maximum(p * (1 - p), 1e-10)
        gradient = x.T @ (reached - counted * p) - pull @ weights
        step = np.linalg.solve((x.T * slope) @ x + pull + 1e-9 * np.eye(x.shape[1]), gradient)
        largest = float(np.abs(step).max())
        weights += step if largest <= 5 else step * (5 / largest)
        if largest < 1e-8:
            break
    return np.asarray(expit(x @ weights))


@dataclass(frozen=True)
class PowerDistribution:
    """The distribution of power over the prior: (P,) powers in ascending order, and the share of the prior at or above a goal."""

    power: Floats
    goal: float
    above: ShareEstimate

    def quantile(self, q: float) -> float:
        """The ``q`` quantile of power over the prior."""
        return float(np.quantile(self.power, q))


def power_distribution(played: PriorTrials, goal: float) -> PowerDistribution:
    """The distribution of power over the usable points."""
    power = np.sort(smoothed(played))
    return PowerDistribution(power, goal, binomial(int((power >= goal).sum()), len(power)))
