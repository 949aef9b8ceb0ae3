"""What scales of categories have in common: cumulative logits that cut the latent variable into scores."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.heavy import special, stats
from trialsim.numbers.normal import ndtr
from trialsim.response.scales.moments import ArmEndpoint, ArmPoint, EndpointDistribution, discrete
from trialsim.response.scales.parts import (
    NOTHING,
    CalibrationRound,
    EffectSizes,
    Form,
    Levels,
    ReadingPair,
    StepForm,
    Twin,
    ValueColumn,
)
from trialsim.response.scales.scores import normal_cuts, shares_of, toward

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: The most scores shown one by one; of more only the ends are shown.
MANY = 11


@kernel
def to_logits(z):  # type: ignore[no-untyped-def]
    """Replace standard normal ``z`` (R, N) by logit(Phi(z)), the scale of cumulative logits."""
    for r in range(z.shape[0]):
        for n in range(z.shape[1]):
            below = ndtr(z[r, n])
            z[r, n] = math.log(below / (1.0 - below)) if below < 1.0 else 1e300


@kernel
def scored_values(  # type: ignore[no-untyped-def]
    reference, cuts, categories, has_delivered, delivered, has_shift, shift, z, arm, d, out
):
    """Fill ``out`` (R, N, D) at column ``d`` with scores: the smallest category k with z - shift <= cuts[arm, k].

    ``z`` and ``cuts`` (K, L - 1) are on one scale: normal quantiles, or logits where something shifts them. ``cuts``
    are those of full delivery, scaled by lambda already.
    """
    replicates, participants = z.shape
    last = categories.shape[0] - 1
    for r in range(replicates):
        for n in range(participants):
            k = arm[r, n]
            if k < 0:
                out[r, n, d] = np.nan
                continue
            # a shift in log odds lowers every cut, so it raises the place
            place = z[r, n] + shift[r, n] if has_shift else z[r, n]
            category = 0
            if has_delivered:
                share = delivered[r, n]
                while category < last:
                    base = cuts[reference, category]
                    if place <= base + share * (cuts[k, category] - base):
                        break
                    category += 1
            else:
                while category < last and place > cuts[k, category]:
                    category += 1
            out[r, n, d] = categories[category]


def fill(column: ValueColumn, z: Floats, twins: Sequence[Twin]) -> None:
    """Scores of every twin: by normal quantiles, or on logits if one of the twins is shifted or partly delivered."""
    share, reference = column.delivered, column.reference
    given = (share is not None, NOTHING if share is None else share)
    on_logits = share is not None or any(twin.shift is not None for twin in twins)
    if on_logits:
        to_logits(z)
    for twin in twins:
        cuts = toward(column.levels.cuts, reference, twin.factor)
        cuts = cuts if on_logits else normal_cuts(cuts)
        moved = (twin.shift is not None, NOTHING if twin.shift is None else twin.shift)
        scored_values(reference, cuts, column.categories, *given, *moved, z, column.arm, column.d, twin.out)


def form(levels: Levels, k: int, categories: Floats) -> Form:
    """Cuts of the latent normal at which a score rises, and by how much."""
    shares = shares_of(levels.cuts[k])
    upper = np.cumsum(shares)[:-1]
    variance = float(shares @ categories**2 - (shares @ categories) ** 2)
    return StepForm(special.ndtri(np.clip(upper, 0.0, 1.0)), np.diff(categories), variance)


@np.errstate(all="ignore")  # levels without variance give infinity or NaN
def implied(levels: Levels, a: int, b: int, categories: Floats) -> EffectSizes:
    """Moments of the scores, and the odds ratio at each cut."""
    p, q = shares_of(levels.cuts[a]), shares_of(levels.cuts[b])
    means = np.array([p @ categories, q @ categories])
    variances = np.array([p @ categories**2, q @ categories**2]) - means**2
    difference = float(means[1] - means[0])
    below = np.concatenate([[0.0], np.cumsum(p)[:-1]])
    superiority = float(q @ (below + p / 2))
    odds = tuple(float(x) for x in np.exp(levels.cuts[a] - levels.cuts[b]))
    d = float(np.divide(difference, np.sqrt(max(variances.mean(), 0.0))))
    return EffectSizes(difference, d, superiority, None, odds)


def scaled(values: Floats) -> Floats:
    """Scores, unchanged."""
    return values


def nearer(current: CalibrationRound) -> float:
    """Move the cumulative logits, all by one step or each by its own; the gap is a share of the participants."""
    cuts, wanted, found = current.moving.cuts, current.wanted, current.found
    if current.one_ratio:
        step, gap = _mean_step(wanted, found, current.categories)
        shift = np.full(cuts.shape[1], step)
    else:
        shift, gap = _cut_steps(wanted, found, current.categories)
    cuts[current.rows] += shift / current.slope
    return gap


def _cut_steps(wanted: Floats, found: Floats, categories: Floats) -> tuple[Floats, float]:
    """(L - 1,) steps of the cumulative logits, and how far a cumulative share is off by more than one participant."""
    goal = np.array([(wanted <= c).sum() for c in categories[:-1]])
    got = np.array([(found <= c).sum() for c in categories[:-1]])
    target, now = (goal + 0.5) / (len(wanted) + 1), (got + 0.5) / (len(found) + 1)
    gap = np.abs(goal / len(wanted) - got / len(found)).max() - 1 / len(found)
    return np.log(target / (1 - target)) - np.log(now / (1 - now)), max(float(gap), 0.0)


def _mean_step(wanted: Floats, found: Floats, categories: Floats) -> tuple[float, float]:
    """The step of all cumulative logits that brings the mean score nearer, and how far it is off, as a share."""
    below = np.array([(found <= c).mean() for c in categories[:-1]])
    slope = float(np.diff(categories) @ (below * (1 - below)))  # fall of the mean when all logits rise by 1
    span = float(categories[-1] - categories[0])
    off = float(found.mean() - wanted.mean())
    return off / max(slope, 1e-3 * span), max(abs(off) / span - 1 / len(found), 0.0)


def readings(pair: ReadingPair) -> tuple[Floats, Floats, Flags] | None:
    """Categories: between their cuts."""
    categories, k = pair.categories, pair.k
    edges = [
        np.concatenate([[-np.inf], np.asarray(normal_cuts(levels.cuts[k : k + 1])[0]), [np.inf]])
        for levels in (pair.first, pair.second)
    ]
    score = categories[np.searchsorted(edges[0][1:-1], pair.z)]
    place = np.searchsorted(categories, score + pair.change)
    inside = (place < categories.size) & np.isin(score + pair.change, categories)
    place = np.minimum(place, categories.size - 1)
    return edges[1][place], edges[1][place + 1], inside


def expected(ends: ArmEndpoint) -> EndpointDistribution | None:
    """Shares of the scores, or of every difference of two; no formula for a logarithm or percent of scores."""
    if ends.log or ends.percent:
        return None
    scores = ends.end.categories
    if ends.start is None:
        return discrete(scores, shares_of(ends.end.cuts.tolist()))
    joint = joint_shares(ends.start.cuts, ends.end.cuts, ends.rho)
    change = scores[None, :] - scores[:, None]
    values, place = np.unique(change, return_inverse=True)
    return discrete(values, np.bincount(place.ravel(), weights=joint.ravel()).astype(np.float64))


def joint_shares(first: Floats, second: Floats, rho: float) -> Floats:
    """(L, L) shares of the categories at two points together, of cumulative logits: cells of a bivariate normal."""
    edges = [special.ndtri(special.expit(np.clip(cuts, -36, 36))) for cuts in (first, second)]
    below = np.zeros((len(edges[0]) + 2, len(edges[1]) + 2))
    for i, x in enumerate([*edges[0], np.inf], start=1):
        for j, y in enumerate([*edges[1], np.inf], start=1):
            if math.isinf(x) or math.isinf(y):
                below[i, j] = special.ndtr(min(x, y))
            else:
                below[i, j] = stats.multivariate_normal.cdf([x, y], cov=[[1, rho], [rho, 1]], allow_singular=True)
    return np.asarray(np.clip(np.diff(np.diff(below, axis=0), axis=1), 0.0, None))


def covariance(a: ArmPoint, b: ArmPoint, rho: float, same: bool, log: bool) -> float:  # noqa: ARG001  # as every scale's
    """Of the scores at two points, or the variance at one."""
    scores = a.categories
    if same:
        return discrete(scores, shares_of(a.cuts.tolist())).sd ** 2
    joint = joint_shares(a.cuts, b.cuts, rho)
    return float(scores @ joint @ scores - (joint.sum(axis=1) @ scores) * (joint.sum(axis=0) @ scores))


def words(levels: Levels, k: int, categories: Floats) -> str:
    """Mean, SD and shares; of many categories the ends."""
    shares = shares_of(levels.cuts[k])
    mean = float(shares @ categories)
    sd = float(shares @ categories**2 - mean**2) ** 0.5
    low, high = categories[0], categories[-1]
    if len(shares) > MANY:
        ends = f"{100 * shares[0]:.1f} % at {low:g}, {100 * shares[-1]:.1f} % at {high:g}"
        return f"mean {mean:.4g}, SD {sd:.3g}; {ends}"
    each = ", ".join(f"{100 * share:.0f}" for share in shares)
    return f"mean {mean:.2f}, SD {sd:.2f}; {each} % at {low:g} to {high:g}"
