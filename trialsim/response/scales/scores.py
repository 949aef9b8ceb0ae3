"""The arithmetic of scores: shares of categories, their moments, cumulative logits and the cuts of a normal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trialsim.errors import DistributionError
from trialsim.numbers.normal import ndtri

Floats = NDArray[np.float64]

#: The smallest probability of a category, so that cumulative logits stay finite.
LEAST_SHARE = 1e-12


def logit(p: float) -> float:
    """log(p / (1 - p))."""
    return math.log(p) - math.log1p(-p)


def expit(x: float) -> float:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0  # exp(700) is the largest


def entropy_shares(mean: float, sd: float, categories: Sequence[float]) -> list[float]:
    """The smoothest shares (maximum entropy) of the categories with this mean and SD: p_k proportional to exp(a k + b k^2).

    Solved by Newton's method on the dual, which is convex.

    Raises
    ------
    DistributionError
        TS-D007 no distribution on these categories has this mean and SD; the message gives the possible range

    References
    ----------
    Cover and Thomas, Elements of Information Theory, 2nd ed., theorem 12.1.1.
    """
    low, high = sd_range(mean, categories)
    if not low <= sd <= high or not min(categories) <= mean <= max(categories):
        raise DistributionError(
            f"a score of {', '.join(f'{c:g}' for c in categories)} with mean {mean:g} cannot have SD {sd:g}.",
            code="TS-D007",
            remedy=f"With this mean the SD must lie between {low:.3g} and {high:.3g}.",
        )
    span = max(categories) - min(categories)
    x = (np.array(categories) - mean) / span
    features = np.stack([x, x**2 - (sd / span) ** 2])
    theta = np.zeros(2)
    for _ in range(200):
        p, value = _tilted(theta, features)
        gradient = features @ p
        if np.abs(gradient).max() < 1e-13:  # of shares of the span
            break
        centered = features - gradient[:, None]
        hessian = (centered * p) @ centered.T + 1e-14 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while size > 1e-10 and _tilted(theta - size * step, features)[1] > value:  # backtracking
            size /= 2
        theta = theta - size * step
    return [float(share) for share in _tilted(theta, features)[0]]


def _tilted(theta: Floats, features: Floats) -> tuple[Floats, float]:
    """Shares proportional to exp(theta . features), and the log of their normalizing sum."""
    exponent = theta @ features
    top = exponent.max()
    weights = np.exp(exponent - top)
    return weights / weights.sum(), float(top + math.log(weights.sum()))


def sd_range(mean: float, categories: Sequence[float]) -> tuple[float, float]:
    """Least and largest SD of a score on these categories with this mean."""
    ordered = sorted(categories)
    largest = math.sqrt(max((mean - ordered[0]) * (ordered[-1] - mean), 0.0))
    for low, high in pairwise(ordered):
        if low <= mean <= high:
            return math.sqrt((mean - low) * (high - mean)), largest
    return 0.0, 0.0


def cumulative_logits(shares: Sequence[float]) -> tuple[float, ...]:
    """Logit of P(Y <= k) for every category but the last."""
    kept = np.maximum(np.array(shares, dtype=np.float64), LEAST_SHARE)
    total = np.cumsum(kept / kept.sum())[:-1]
    rest = np.cumsum((kept / kept.sum())[::-1])[::-1][1:]
    return tuple(float(math.log(a) - math.log(b)) for a, b in zip(total, rest, strict=True))


def shares_of(cuts: Sequence[float], shift: float = 0.0) -> Floats:
    """Shares of the categories from cumulative logits, all lowered by ``shift`` (a log odds ratio upward)."""
    cumulative = np.array([0.0, *(expit(cut - shift) for cut in cuts), 1.0])
    return np.diff(cumulative)


def normal_cuts(cuts: Floats) -> Floats:
    """Cumulative logits (K, L - 1) as normal quantiles that never fall."""
    found = np.empty_like(cuts)
    for k, row in enumerate(cuts):
        for category, cut in enumerate(row):
            low = expit(-abs(cut))
            place = math.copysign(float(ndtri(low)), cut) if low > 0.0 else math.copysign(math.inf, cut)
            found[k, category] = place
    return np.maximum.accumulate(found, axis=1)


def toward(values: Floats, reference: int, factor: float) -> Floats:
    """Values of the arms (K, ..), moved ``factor`` (lambda) of the way from the reference arm."""
    return np.ascontiguousarray(values if factor == 1.0 else values[reference] + factor * (values - values[reference]))


def shift_to_mean(cuts: Sequence[float], categories: Sequence[float], mean: float) -> float:
    """The log odds ratio that moves the mean score to ``mean``, by bisection."""
    values = np.array(categories)
    low, high = -40.0, 40.0
    if not values.min() < mean < values.max():
        raise DistributionError(
            f"the mean {mean:g} lies outside the scores.", code="TS-D007", remedy="Keep it between lowest and highest."
        )
    while high - low > 1e-14 * 40:  # to the last bits
        middle = (low + high) / 2
        if float(shares_of(cuts, middle) @ values) < mean:
            low = middle
        else:
            high = middle
    return (low + high) / 2
