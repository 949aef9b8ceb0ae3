"""Power from the scores of simulated trials, with the known part of their draws integrated out.

The part ``b`` of a score that the known contrasts explain is standard normal, exactly. A score is written as a cubic in
``b`` plus a rest; the power is the mean over the normal distribution of ``b`` of the share of rests, of trials with
nearly that ``b``, that carry the score beyond its critical value. Only the rests are random, and no distribution is
assumed for them. The few assumptions are checked by counting: rejections, adjusted by the same contrasts,
are unbiased whatever the shape (control variates; Glasserman 2003, section 4.1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, ndtri

from trialsim.sizing.curve import GROUPS, PowerCurve, Rule, jackknife_se
from trialsim.sizing.target import Target

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Points and weights of the normal distribution of the known part (the trapezoid rule, exact far beyond need).
NODES = np.linspace(-5.0, 5.0, 401)
WEIGHTS = np.exp(-0.5 * NODES**2) / np.exp(-0.5 * NODES**2).sum()

#: Strata of the known part, of equal probability: the rests of a stratum are used for its nodes.
STRATA = 16
EDGES = ndtri(np.arange(STRATA + 1) / STRATA)
NODES_OF = np.searchsorted(NODES, EDGES)

#: The level at which counting contradicts the model.
CONTRADICTED = 0.001

#: Below this share of the variance the known part is ignored.
LEAST_KNOWN = 0.01


@dataclass(frozen=True)
class Scores:
    """Scores (G, R) of R trials at G sizes or effects ``at``, and their known contrasts (G, R, k).

    Where ``counted``, a score only says whether the trial rejects: with looks it is not a smooth function of the draws.
    """

    at: tuple[float, ...]
    score: Floats
    known: Floats
    counted: bool = False

    @property
    def failed(self) -> Floats:
        """(G,) share of trials that could not be analyzed."""
        return np.asarray(np.mean(~np.isfinite(self.score), axis=1))


Estimator = Callable[[Floats, Floats, float, bool], float]


def direction(score: Floats, known: Floats) -> Floats | None:
    """(R,) the standard normal combination of the contrasts that changes the score; None if none does."""
    centered = score - score.mean()
    slopes = np.linalg.solve(known.T @ known + 1e-9 * np.eye(known.shape[1]), known.T @ centered)
    length = float(np.sqrt((slopes**2).sum()))
    if not length**2 > LEAST_KNOWN * centered.var():
        return None
    return np.asarray(known @ (slopes / length))


def _basis(b: Floats) -> Floats:
    """(R, 4) Hermite polynomials, whose mean under the standard normal is 0 except for the first."""
    square = b * b  # numpy's power of 3 is a hundred times slower
    return np.stack([np.ones(b.shape), b, square - 1, b * (square - 3)], axis=1)


AT_NODES = _basis(NODES)


def _regress(basis: Floats, y: Floats) -> Floats:
    return np.asarray(np.linalg.solve(basis.T @ basis, basis.T @ y))


def power_by_parts(score: Floats, known: Floats, critical: float, two_tailed: bool) -> float:
    """Power with the known part integrated out; scores (R,), known contrasts (R, k)."""
    b = direction(score, known)
    if b is None:
        return _beyond(score, critical, two_tailed)
    basis = _basis(b)
    line = _regress(basis, score)
    rest = score - basis @ line
    rest *= np.sqrt(len(score) / max(len(score) - basis.shape[1] - known.shape[1], 1))
    growth = _growth(b, rest)
    middle, spread = AT_NODES @ line, np.exp(growth * NODES)
    order = np.argsort(b)
    rest, places = (rest * np.exp(-growth * b))[order], np.searchsorted(b[order], EDGES)
    power = 0.0
    for h in range(STRATA):
        nodes = slice(NODES_OF[h], NODES_OF[h + 1])
        near = rest[places[h] : places[h + 1]]
        rests = np.sort(near if len(near) else rest)
        share = 1.0 - np.searchsorted(rests, (critical - middle[nodes]) / spread[nodes], side="left") / len(rests)
        if two_tailed:
            share += np.searchsorted(rests, (-critical - middle[nodes]) / spread[nodes], side="right") / len(rests)
        power += float((share * WEIGHTS[nodes]).sum())
    return power


def _growth(b: Floats, rest: Floats) -> float:
    """How fast the logarithm of the SD of the rests grows with ``b``."""
    size = np.log(np.abs(rest) + 1e-12 * np.abs(rest).max(initial=1e-300))
    centered = b - b.mean()
    return float(np.clip((centered * size).sum() / (centered**2).sum(), -0.5, 0.5))


def power_by_counting(score: Floats, known: Floats, critical: float, two_tailed: bool) -> float:
    """The share of rejections, adjusted for the part that the known contrasts explain."""
    rejects = (np.abs(score) if two_tailed else score) >= critical
    b = direction(score, known)
    if b is None:
        return float(rejects.mean())
    power = float(_regress(_basis(b), rejects.astype(np.float64))[0])
    return min(max(power, 0.0), 1.0)


def _beyond(score: Floats, critical: float, two_tailed: bool) -> float:
    return float(((np.abs(score) if two_tailed else score) >= critical).mean())


# ---------------------------------------------------------------- over sizes


def fit_curve(
    scores: Scores, target: Target, *, check_at: Sequence[int] = (), rule: Rule = "rising", middle: float = math.nan
) -> PowerCurve:
    """Power over sizes; by parts unless counting at the positions ``check_at`` contradicts it."""
    decision = (target.critical, target.two_tailed)
    groups = np.arange(scores.score.shape[1]) * GROUPS // scores.score.shape[1]
    first = power_by_counting if scores.counted else power_by_parts
    parts = _estimates(scores, range(len(scores.at)), groups, first, decision)
    checked = sorted(set(check_at)) or list(range(len(scores.at)))
    counted = _estimates(scores, checked, groups, power_by_counting, decision)
    p = _contradiction(counted[0] - parts[0][checked], counted[1] - parts[1][:, checked])
    by_parts = p > CONTRADICTED
    if not by_parts:
        parts = _estimates(scores, range(len(scores.at)), groups, power_by_counting, decision)
    at = np.array(scores.at, dtype=np.float64)
    return PowerCurve(at, parts[0], parts[1], rule, middle, by_parts=by_parts, contradiction=p)


def _estimates(
    scores: Scores,
    places: Sequence[int] | range,
    groups: NDArray[np.int64],
    estimator: Estimator,
    decision: tuple[float, bool],
) -> tuple[Floats, Floats]:
    """(G,) power at each place and (GROUPS, G) without each group."""
    power, without = np.empty(len(places)), np.empty((GROUPS, len(places)))
    for i, g in enumerate(places):
        usable = np.isfinite(scores.score[g])
        score, known, group = scores.score[g, usable], scores.known[g, usable], groups[usable]
        power[i] = estimator(score, known, *decision) if len(score) else np.nan
        for left_out in range(GROUPS):
            kept = group != left_out
            without[left_out, i] = estimator(score[kept], known[kept], *decision) if kept.any() else np.nan
    return power, without


def _contradiction(difference: Floats, without: Floats) -> float:
    """P-value of Hotelling's test that all differences are 0; differences that are all 0 agree."""
    moving = jackknife_se(without) > 1e-9
    if not moving.any():
        return 1.0 if np.abs(difference).max(initial=0.0) < 1e-6 else 0.0
    difference, without = difference[moving], without[:, moving]
    groups, k = without.shape
    centered = without - without.mean(axis=0)
    covariance = (groups - 1) / groups * centered.T @ centered
    covariance += 1e-3 * np.diag(np.diag(covariance))  # neighboring sizes can be the same except for rounding
    t2 = float(difference @ np.linalg.solve(covariance, difference))
    df = groups - 1
    return float(fdtrc(k, df - k + 1, t2 * (df - k + 1) / (df * k)))
