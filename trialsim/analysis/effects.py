"""The effect of each estimand, from the values of everyone in one arm and in the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.methods.strata import mantel_haenszel, stratified
from trialsim.analysis.methods.survival import log_rank, log_rank_sums
from trialsim.analysis.ordering import order
from trialsim.analysis.tables import counts
from trialsim.kinds import estimands
from trialsim.kinds.tests.options import DEFAULT_TRIM

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Marks = NDArray[np.int8]

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


def two_arms(
    estimand: str,
    a: Floats,
    b: Floats,
    *,
    who_a: Flags,
    who_b: Flags,
    categories: tuple[float, ...] = (),
    strata: NDArray[np.int64] | None = None,
    marks: tuple[Marks, Marks] | None = None,
    trim: float = DEFAULT_TRIM,
) -> Floats:
    """(R,) the effect of arm a against arm b.

    Parameters
    ----------
    a, b : (R, N) endpoint in either arm
    who_a, who_b : (R, N) who counts in either
    categories : all possible values, if they are few
    strata : (R, N) stratum of each participant, for effects within strata
    marks : (R, N) which values of either arm are censored, for effects on times
    trim : the share that a trimmed mean cuts at each end
    """
    if estimand in TRIMMED:
        return TRIMMED[estimand](a, b, who_a, who_b, trim)
    if strata is not None:
        return WITHIN_STRATA[estimand](a, b, who_a, who_b, strata)
    if estimand in OF_TIMES:
        assert marks is not None  # times have them
        return OF_TIMES[estimand](a, b, who_a, who_b, marks)
    return TWO_ARMS[estimand](a, b, who_a, who_b, categories)


def weighted(estimand: str, values: Sequence[Floats], who: Sequence[Flags], weights: Sequence[float]) -> Floats:
    """(R,) the sum of weights times means of several arms; only of estimands that are differences of means."""
    assert TWO_ARMS[estimand] is _difference_of_means
    parts = [weight * means(one, there) for one, there, weight in zip(values, who, weights, strict=True)]
    return np.asarray(np.sum(parts, axis=0))


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


def pooled_log_ratio(a: Floats, b: Floats, who_a: Flags, who_b: Flags, *, odds: bool) -> Floats:
    """(R,) log ratio of the shares of 1, or of their odds, of :data:`POOL` replicates at a time (see `pooled_pseudomedian`).

    Pooled, because in one replicate an arm may have no events. NaN if even the pool has none.
    """
    out, starts = np.full(len(a), np.nan), np.arange(0, len(a), POOL)
    logs = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for values, who in ((a, who_a), (b, who_b)):
            counted = who & np.isfinite(values)
            yes = np.add.reduceat(np.where(counted, values, 0.0).sum(axis=1), starts)
            share = yes / np.add.reduceat(counted.sum(axis=1), starts)
            logs.append(np.log(share) - (np.log1p(-share) if odds else 0.0))
        found = logs[0] - logs[1]
    out[starts] = np.where(np.isfinite(found), found, np.nan)
    return out


def pooled_log_odds_within(a: Floats, b: Floats, who_a: Flags, who_b: Flags, strata: NDArray[np.int64]) -> Floats:
    """(R,) log of Mantel and Haenszel's common odds ratio of :data:`POOL` replicates at a time (see `pooled_pseudomedian`).

    Odds ratios do not collapse: the one within strata is not that of everyone in either arm. So it is what the same
    estimator gives when each participant is once in either arm, with the own stratum.
    """
    starts = np.arange(0, len(a), POOL)
    joined, stratum = np.concatenate([a, b], axis=1), np.concatenate([strata, strata], axis=1)
    arm = np.concatenate([np.where(who_a, 0, -1), np.where(who_b, 1, -1)], axis=1).astype(np.int8)
    table = np.add.reduceat(stratified(joined, arm, stratum, a=0, b=1), starts, axis=0)
    out = np.full(len(a), np.nan)
    out[starts] = mantel_haenszel(table).estimate
    return out


# ---------------------------------------------------------------- by estimand


def _mean(values: Floats, who: Flags, _null: float) -> Floats:
    return means(values, who)


def _pseudomedian_but_the_null(values: Floats, who: Flags, null: float) -> Floats:
    return pooled_pseudomedian(np.where(who, values, np.nan), null=null)


def _median(values: Floats, who: Flags, _null: float) -> Floats:
    return pooled(np.median, np.where(who, values, np.nan))


def _difference_of_means(a: Floats, b: Floats, who_a: Flags, who_b: Flags, _levels: tuple[float, ...]) -> Floats:
    return np.asarray(means(a, who_a) - means(b, who_b))


def _superiority(a: Floats, b: Floats, who_a: Flags, who_b: Flags, categories: tuple[float, ...]) -> Floats:
    return superiority(np.where(who_a, a, np.nan), np.where(who_b, b, np.nan), categories=categories)


def superiority_within(a: Floats, b: Floats, who_a: Flags, who_b: Flags, strata: NDArray[np.int64]) -> Floats:
    """P of each stratum by n^2 / (n + 1) of those who count: van Elteren's weights where arms have equal shares everywhere."""
    total, weights = np.zeros(len(a)), np.zeros(len(a))
    for stratum in np.unique(strata[who_a | who_b]).tolist():
        inside = strata == stratum
        chance = superiority(np.where(who_a & inside, a, np.nan), np.where(who_b & inside, b, np.nan))
        n = ((who_a | who_b) & inside).sum(axis=1)
        weight = np.where(np.isfinite(chance), n**2 / (n + 1.0), 0.0)
        total += weight * np.where(np.isfinite(chance), chance, 0.0)
        weights += weight
    with np.errstate(invalid="ignore"):
        return np.asarray(total / weights)


def _log_win_odds(a: Floats, b: Floats, who_a: Flags, who_b: Flags, categories: tuple[float, ...]) -> Floats:
    """Of the mean probability of a pool: the logarithm of odds is curved, so it is not averaged over small trials."""
    chance = pooled(np.mean, _superiority(a, b, who_a, who_b, categories)[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log(chance / (1.0 - chance))
    return np.where(np.isfinite(odds), odds, np.nan)


def difference_of_trimmed_means(a: Floats, b: Floats, who_a: Flags, who_b: Flags, trim: float) -> Floats:
    """(R,) of the values of :data:`POOL` replicates at a time."""

    def trimmed(values: Floats) -> float:
        cut = int(trim * values.size)
        return float(np.sort(values)[cut : values.size - cut].mean())

    of_a, of_b = (pooled(trimmed, np.where(who, y, np.nan)) for y, who in ((a, who_a), (b, who_b)))
    return np.asarray(of_a - of_b)


def _log_risk_ratio(a: Floats, b: Floats, who_a: Flags, who_b: Flags, _levels: tuple[float, ...]) -> Floats:
    return pooled_log_ratio(a, b, who_a, who_b, odds=False)


def _log_odds_ratio(a: Floats, b: Floats, who_a: Flags, who_b: Flags, _levels: tuple[float, ...]) -> Floats:
    return pooled_log_ratio(a, b, who_a, who_b, odds=True)


def _log_hazard_ratio(a: Floats, b: Floats, who_a: Flags, who_b: Flags, marks: tuple[Marks, Marks]) -> Floats:
    """Mantel and Haenszel's estimate with every participant once in either arm, :data:`POOL` replicates at a time.

    As for the pseudomedian, the result is at the first replicate of each pool. A hazard ratio of everybody is not the mean of
    those of parts, so it is what the estimator itself gives where nobody leaves.
    """
    out = np.full(len(a), np.nan)
    for start in range(0, len(a), POOL):
        pool = slice(start, start + POOL)
        times = np.concatenate([np.where(who_a, a, np.nan)[pool].ravel(), np.where(who_b, b, np.nan)[pool].ravel()])
        arm = np.repeat(np.array([0, 1], np.int8), times.size // 2)
        both = np.concatenate([one[pool].ravel() for one in marks])
        sums = log_rank_sums(times[None], both[None], arm[None], arms=(0, 1))
        out[start] = log_rank(sums).estimate[0]
    return out


#: Estimands of one sample, by name.
ONE_SAMPLE: dict[str, Callable[[Floats, Flags, float], Floats]] = {
    estimands.MEAN.name: _mean,
    estimands.MEAN_DIFFERENCE.name: _mean,
    estimands.LOG_MEAN.name: _mean,
    estimands.LOG_RATIO.name: _mean,
    estimands.PERCENT_CHANGE.name: _mean,
    estimands.MEDIAN.name: _pseudomedian_but_the_null,
    estimands.LOG_MEDIAN.name: _pseudomedian_but_the_null,
    estimands.SHARE.name: _mean,
    estimands.SHARE_BY_PERCENT.name: _mean,
    estimands.CHANGE_OF_SHARE.name: _mean,
    estimands.MEDIAN_VALUE.name: _median,
    estimands.MEDIAN_LOG.name: _median,
    estimands.MEDIAN_CHANGE.name: _median,
    estimands.MEDIAN_LOG_CHANGE.name: _median,
}

#: Estimands of two arms, by name.
TWO_ARMS: dict[str, Callable[[Floats, Floats, Flags, Flags, tuple[float, ...]], Floats]] = {
    estimands.MEAN_DIFFERENCE.name: _difference_of_means,
    estimands.LOG_RATIO.name: _difference_of_means,
    estimands.PERCENT_DIFFERENCE.name: _difference_of_means,
    estimands.RISK_DIFFERENCE.name: _difference_of_means,
    estimands.PROBABILITY.name: _superiority,
    estimands.LOG_WIN_ODDS.name: _log_win_odds,
    estimands.RISK_RATIO.name: _log_risk_ratio,
    estimands.ODDS_RATIO.name: _log_odds_ratio,
}

#: Estimands of two arms within strata, by name.
WITHIN_STRATA: dict[str, Callable[[Floats, Floats, Flags, Flags, NDArray[np.int64]], Floats]] = {
    estimands.ODDS_RATIO_WITHIN.name: pooled_log_odds_within,
    estimands.STRATIFIED_PROBABILITY.name: superiority_within,
}

#: Estimands that do not collapse, with that of everyone in either arm beside them.
OF_EVERYONE: dict[str, str] = {
    estimands.ODDS_RATIO_WITHIN.name: estimands.ODDS_RATIO.name,
    estimands.ODDS_RATIO_GIVEN.name: estimands.ODDS_RATIO.name,
    estimands.ODDS_RATIO_OVER_CLUSTERS.name: estimands.ODDS_RATIO.name,
    estimands.HAZARD_RATIO_GIVEN.name: estimands.LOG_HAZARD_RATIO.name,
}

#: Estimands that do not collapse either, whose effect of everyone is that of the same analysis without what it adjusts for.
OF_EVERYONE_BY_FIT: frozenset[str] = frozenset({estimands.ODDS_OF_HIGHER.name})

#: Estimands of two arms that leave out the most extreme values, by name.
TRIMMED: dict[str, Callable[[Floats, Floats, Flags, Flags, float], Floats]] = {
    estimands.TRIMMED_DIFFERENCE.name: difference_of_trimmed_means,
    estimands.TRIMMED_LOG_RATIO.name: difference_of_trimmed_means,
}

#: Estimands of two arms on times, of which some may be censored, by name.
OF_TIMES: dict[str, Callable[[Floats, Floats, Flags, Flags, tuple[Marks, Marks]], Floats]] = {
    estimands.LOG_HAZARD_RATIO.name: _log_hazard_ratio,
}
