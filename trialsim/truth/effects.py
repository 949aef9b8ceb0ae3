"""The effect of each estimand, from the values of everyone in one arm and in the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.ordering import order
from trialsim.analysis.tables import counts
from trialsim.kinds import estimands
from trialsim.kinds.tests import DEFAULT_TRIM

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Replicates pooled for one (pseudo)median, trimmed mean or win odds; blocks of replicates (100) are multiples of it.
POOL = 20


def one_sample(estimand: str, values: Floats, who: Flags, *, null: float = 0.0) -> Floats:
    """(R,) the mean, or the pseudomedian, of those who count.

    Parameters
    ----------
    estimand : its name
    values, who : (R, N) endpoint, and who counts
    null : the number the test compares with; the pseudomedian excludes exactly this value, as the test does
    """
    return ONE_SAMPLE[estimand](values, who, null)


@dataclass(frozen=True)
class How:
    """What the effect of two arms needs beside their values.

    Attributes
    ----------
    categories : all possible values, if they are few
    trim : the share that a trimmed mean cuts at each end
    strata : (R, N) number of the stratum of each participant; None for effects without strata
    """

    categories: tuple[float, ...] = ()
    trim: float = DEFAULT_TRIM
    strata: NDArray[np.int64] | None = None


HOW = How()


def two_arms(
    estimand: str,
    a: Floats,
    b: Floats,
    *,
    who_a: Flags,
    who_b: Flags,
    how: How = HOW,
) -> Floats:
    """(R,) the effect of arm a against arm b.

    Parameters
    ----------
    a, b : (R, N) endpoint in either arm
    who_a, who_b : (R, N) who counts in either
    how : what it needs beside these
    """
    return TWO_ARMS[estimand](a, b, who_a, who_b, how)


def means(values: Floats, who: Flags) -> Floats:
    """(R,) mean of those who count and have a value; NaN if there is nobody."""
    counted = who & np.isfinite(values)
    n = counted.sum(axis=1)
    total = np.where(counted, values, 0.0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, total / n, np.nan)


def superiority(a: Floats, b: Floats, *, categories: tuple[float, ...] = ()) -> Floats:
    """(R,) P(A > B) + P(A = B) / 2 over all pairs of two different participants.

    A participant is not compared with oneself in the other arm: both share their draws, and a trial compares different
    people.

    >>> superiority(np.array([[1.0, 3.0, 5.0]]), np.array([[0.0, 2.0, 4.0]])).tolist()
    [0.5]
    """
    joined = np.concatenate([a, b], axis=1)
    arm = np.concatenate([np.zeros(a.shape, np.int8), np.ones(b.shape, np.int8)], axis=1)
    ranked = counts(joined, arm, arms=2, categories=categories) if categories else order(joined, arm, arms=2)
    sums = ranked.rank_sums([[0], [1]])
    na, nb = sums.n[:, 0], sums.n[:, 1]
    u = sums.rank_sum[:, 0] - 0.5 * na * (na + 1)
    both = np.isfinite(a) & np.isfinite(b)
    u = u - np.where(both, (a > b) + 0.5 * (a == b), 0.0).sum(axis=1)
    pairs = na * nb - both.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(pairs > 0, u / pairs, np.nan)


def pooled(summary: Callable[[Floats], float | np.floating], values: Floats) -> Floats:
    """(R,) a summary of the values (R, N) of :data:`POOL` replicates at a time; NaN if there is none.

    The result is at the first replicate of each pool, as of :func:`pooled_pseudomedian`.
    """
    out = np.full(len(values), np.nan)
    for start in range(0, len(values), POOL):
        pool = values[start : start + POOL].ravel()
        pool = pool[np.isfinite(pool)]
        if len(pool):
            out[start] = summary(pool)
    return out


def pooled_pseudomedian(values: Floats, *, null: float = 0.0) -> Floats:
    """(R,) Hodges and Lehmann's pseudomedian of values (R, N) except the null, of :data:`POOL` replicates at a time.

    If everybody has the value of the null, that is the pseudomedian.

    The result is at the first replicate of each pool, NaN at the others, so that means and standard errors over
    replicates are those over pools.
    """
    out = np.full(len(values), np.nan)
    for start in range(0, len(values), POOL):
        pool = values[start : start + POOL].ravel()
        pool = pool[np.isfinite(pool)]
        other = np.sort(pool[pool != null])
        if len(pool):
            out[start] = pseudomedian(other) if len(other) else null
    return out


def pseudomedian(ascending: Floats) -> float:
    """The median of all averages of two values (each with itself too), by bisection of their distribution.

    >>> pseudomedian(np.array([1.0, 2.0, 9.0]))
    3.5
    """
    n = len(ascending)
    place, total = np.arange(n), n * (n + 1) // 2

    def at_most(level: float) -> int:
        """How many of the averages lie at or below a level."""
        partners = np.searchsorted(ascending, 2.0 * level - ascending, side="right")
        return int(np.minimum(partners, place + 1).sum())

    def nearest(level: float) -> float:
        """The average next to a level: bisection compares rounded numbers and may end a digit beside it."""
        partners = np.searchsorted(ascending, 2.0 * level - ascending)
        near = np.stack([np.clip(partners - 1, 0, n - 1), np.clip(partners, 0, n - 1)])
        averages = 0.5 * (ascending + ascending[near])
        return float(averages.flat[np.argmin(np.abs(averages - level))])

    def smallest(rank: int) -> float:
        low, high = float(ascending[0]), float(ascending[-1])
        if at_most(low) >= rank:
            return low
        while True:
            middle = 0.5 * (low + high)
            if not low < middle < high:
                return nearest(high)
            low, high = (low, middle) if at_most(middle) >= rank else (middle, high)

    return 0.5 * (smallest((total + 1) // 2) + smallest(total // 2 + 1))


# ---------------------------------------------------------------- by estimand


def _mean(values: Floats, who: Flags, _null: float) -> Floats:
    return means(values, who)


def _pseudomedian_but_the_null(values: Floats, who: Flags, null: float) -> Floats:
    return pooled_pseudomedian(np.where(who, values, np.nan), null=null)


def _median(values: Floats, who: Flags, _null: float) -> Floats:
    return pooled(np.median, np.where(who, values, np.nan))


def _difference_of_means(a: Floats, b: Floats, who_a: Flags, who_b: Flags, _how: How) -> Floats:
    return np.asarray(means(a, who_a) - means(b, who_b))


def _superiority(a: Floats, b: Floats, who_a: Flags, who_b: Flags, how: How) -> Floats:
    return superiority(np.where(who_a, a, np.nan), np.where(who_b, b, np.nan), categories=how.categories)


def _superiority_within_strata(a: Floats, b: Floats, who_a: Flags, who_b: Flags, how: How) -> Floats:
    """P of each stratum by n^2 / (n + 1) of those who count: van Elteren's weights where arms have equal shares everywhere."""
    assert how.strata is not None  # a test that compares within strata needs them
    total, weights = np.zeros(len(a)), np.zeros(len(a))
    for stratum in np.unique(how.strata[who_a | who_b]).tolist():
        inside = how.strata == stratum
        chance = _superiority(a, b, who_a & inside, who_b & inside, how)
        n = ((who_a | who_b) & inside).sum(axis=1)
        weight = np.where(np.isfinite(chance), n**2 / (n + 1.0), 0.0)
        total += weight * np.where(np.isfinite(chance), chance, 0.0)
        weights += weight
    with np.errstate(invalid="ignore"):
        return np.asarray(total / weights)


def _log_win_odds(a: Floats, b: Floats, who_a: Flags, who_b: Flags, how: How) -> Floats:
    """Of the mean probability of a pool: the logarithm of odds is curved, so it is not averaged over small trials."""
    chance = pooled(np.mean, _superiority(a, b, who_a, who_b, how)[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log(chance / (1.0 - chance))
    return np.where(np.isfinite(odds), odds, np.nan)


def _difference_of_trimmed_means(a: Floats, b: Floats, who_a: Flags, who_b: Flags, how: How) -> Floats:
    def trimmed(values: Floats) -> float:
        cut = int(how.trim * values.size)
        return float(np.sort(values)[cut : values.size - cut].mean())

    of_a, of_b = (pooled(trimmed, np.where(who, y, np.nan)) for y, who in ((a, who_a), (b, who_b)))
    return np.asarray(of_a - of_b)


#: Estimands of one sample, by name.
ONE_SAMPLE: dict[str, Callable[[Floats, Flags, float], Floats]] = {
    estimands.MEAN.name: _mean,
    estimands.MEAN_DIFFERENCE.name: _mean,
    estimands.LOG_MEAN.name: _mean,
    estimands.LOG_RATIO.name: _mean,
    estimands.PERCENT_CHANGE.name: _mean,
    estimands.MEDIAN.name: _pseudomedian_but_the_null,
    estimands.LOG_MEDIAN.name: _pseudomedian_but_the_null,
    estimands.MEDIAN_VALUE.name: _median,
    estimands.MEDIAN_LOG.name: _median,
    estimands.MEDIAN_CHANGE.name: _median,
    estimands.MEDIAN_LOG_CHANGE.name: _median,
}

#: Estimands of two arms, by name.
TWO_ARMS: dict[str, Callable[[Floats, Floats, Flags, Flags, How], Floats]] = {
    estimands.MEAN_DIFFERENCE.name: _difference_of_means,
    estimands.LOG_RATIO.name: _difference_of_means,
    estimands.PERCENT_DIFFERENCE.name: _difference_of_means,
    estimands.RISK_DIFFERENCE.name: _difference_of_means,
    estimands.PROBABILITY.name: _superiority,
    estimands.STRATIFIED_PROBABILITY.name: _superiority_within_strata,
    estimands.LOG_WIN_ODDS.name: _log_win_odds,
    estimands.TRIMMED_DIFFERENCE.name: _difference_of_trimmed_means,
    estimands.TRIMMED_LOG_RATIO.name: _difference_of_trimmed_means,
}
