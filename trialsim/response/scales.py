"""Levels on the scale of the linear predictor: means, log medians, cumulative logits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trialsim.errors import DistributionError
from trialsim.numbers.distributions import solve
from trialsim.numbers.normal import ndtri
from trialsim.scenario.model import ArmLevels, CovariateEffect, Driver, Effect, Level, Outcome, Response

Floats = NDArray[np.float64]

NORMAL, LOGNORMAL, ORDINAL = range(3)
SCALES = {"normal": NORMAL, "lognormal": LOGNORMAL, "ordinal": ORDINAL, "binary": ORDINAL}

AnyEffect = Effect | Driver | CovariateEffect | Response

#: Probabilities of categories are kept this far from 0, so that cumulative logits stay finite.
LEAST_SHARE = 1e-12


@dataclass(frozen=True)
class Place:
    """Where an arm's values lie: location and SD of a measured outcome, or the cumulative logits of an ordinal one."""

    location: float = 0.0
    sd: float = 1.0
    cuts: tuple[float, ...] = ()


def logit(p: float) -> float:
    """log(p / (1 - p))."""
    return math.log(p) - math.log1p(-p)


def expit(x: float) -> float:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0  # exp(700) is the largest


def entropy_shares(mean: float, sd: float, categories: Sequence[float]) -> list[float]:
    """The flattest shares of the categories with this mean and SD: p_k proportional to exp(a k + b k^2).

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


def categories_of(outcome: Outcome) -> tuple[float, ...]:
    """Scores of an ordinal outcome, 0 and 1 of a binary one, none of a measured one."""
    return (0.0, 1.0) if outcome.distribution == "binary" else outcome.categories


def place_of(level: Level, outcome: Outcome, reference: Place | None) -> Place:
    """Where a level puts the values; what a level of an arm leaves open is taken from ``reference``."""
    scale = SCALES[outcome.distribution or "normal"]
    if scale == ORDINAL:
        return Place(cuts=_cuts(level, categories_of(outcome), reference))
    given = {
        key: number.value
        for key in ("mean", "sd", "median", "sd_log", "cv")
        if (number := getattr(level, key)) is not None
    }
    if level.iqr is not None:
        given |= {"iqr_low": level.iqr[0].value, "iqr_high": level.iqr[1].value}
    if len(given) == 1 and reference is not None:
        given["sd" if scale == NORMAL else "sd_log"] = reference.sd
    location, sd = solve("normal" if scale == NORMAL else "lognormal", given, positive=scale == LOGNORMAL).params
    return Place(location, sd)


def _cuts(level: Level, categories: Sequence[float], reference: Place | None) -> tuple[float, ...]:
    if level.chance is not None:
        return cumulative_logits([1 - level.chance.value, level.chance.value])
    if level.shares:
        return cumulative_logits([share.value for share in level.shares])
    if level.mean is not None and level.sd is not None:
        return cumulative_logits(entropy_shares(level.mean.value, level.sd.value, categories))
    if level.mean is not None and reference is not None:
        shift = shift_to_mean(reference.cuts, categories, level.mean.value)
        return tuple(cut - shift for cut in reference.cuts)
    raise DistributionError(
        "an ordinal level needs a mean and SD, or the share of each category.", code="TS-D007",
        remedy="Write {mean: .., sd: ..} or {shares: [..]}.",
    )  # fmt: skip


def effect_shift(effect: AnyEffect, place: Place, categories: Sequence[float]) -> float:
    """A declared effect on the scale of the predictor: a difference, or the logarithm of a ratio or odds ratio.

    A difference of scores (``categories``) is the log odds ratio that moves the mean by it from ``place``.
    """
    if effect.difference is not None:
        if not len(categories):
            return effect.difference.value
        mean = float(shares_of(place.cuts) @ np.array(categories))
        return shift_to_mean(place.cuts, categories, mean + effect.difference.value)
    factor = effect.ratio or effect.odds_ratio
    return math.log(factor.value) if factor is not None else 0.0


def places(outcome: Outcome, visit: str, arms: Sequence[str], reference: str) -> list[Place]:
    """Where each arm's values lie at a visit, in the order of the arms; behind a single arm, also without its effect."""
    level = outcome.by_visit[visit]
    if isinstance(level, ArmLevels):
        base = place_of(level.by_arm[reference], outcome, None)
        found = [base if arm == reference else place_of(level.by_arm[arm], outcome, base) for arm in arms]
    else:
        base = place_of(level, outcome, None)
        found = [base] * len(arms)
    shifted = []
    for arm, place in zip(arms, found, strict=True):
        effect = outcome.effects.get(arm)
        here = effect is not None and (not effect.visits or visit in effect.visits)
        shift = effect_shift(effect, base, categories_of(outcome)) if effect is not None and here else 0.0
        shifted.append(Place(place.location + shift, place.sd, tuple(cut - shift for cut in place.cuts)))
    return shifted if len(arms) > 1 else [*shifted, base]
