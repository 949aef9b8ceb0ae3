"""Each estimand against the plain way of counting it."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest
from scipy.stats import trim_mean
from statsmodels.stats.contingency_tables import StratifiedTable

from trialsim.analysis.effects import POOL, means, one_sample, pooled_pseudomedian, pseudomedian, superiority, two_arms
from trialsim.kinds.estimands import (
    LOG_WIN_ODDS,
    MEAN_DIFFERENCE,
    MEDIAN,
    MEDIAN_VALUE,
    PROBABILITY,
    STRATIFIED_PROBABILITY,
    TRIMMED_DIFFERENCE,
)


def trials(seed: int, *, rounded: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0.4, 1.0, (30, 12)), rng.normal(0.0, 1.5, (30, 12))
    a, b = (np.clip(np.round(x), -1, 2) if rounded else x for x in (a, b))
    a[rng.random(a.shape) < 0.15] = np.nan
    b[rng.random(b.shape) < 0.15] = np.nan
    return a, b


def plain_superiority(a: np.ndarray, b: np.ndarray) -> float:
    """Every two different participants with a value, one by one."""
    told = [
        1.0 if x > y else 0.5 if x == y else 0.0
        for i, x in enumerate(a)
        for j, y in enumerate(b)
        if i != j and x == x and y == y
    ]
    return sum(told) / len(told)


@pytest.mark.parametrize("levels", [(), (-1.0, 0.0, 1.0, 2.0)])
def test_superiority_is_the_share_among_all_different_pairs(levels: tuple[float, ...]) -> None:
    a, b = trials(5, rounded=bool(levels))
    found = superiority(a, b, categories=levels)
    assert found == pytest.approx([plain_superiority(x, y) for x, y in zip(a, b, strict=True)], abs=1e-12)


def test_superiority_without_effect_is_one_half_exactly() -> None:
    a, _ = trials(6, rounded=False)
    assert (superiority(a, a) == 0.5).all()


def test_superiority_of_two_strangers_takes_all_pairs() -> None:
    """Where nobody has a value in both, nothing is left out."""
    values = np.array([[1.0, 2.0, 3.0, 4.0]])
    first = np.array([[True, False, True, False]])
    found = two_arms(PROBABILITY.name, values, values, who_a=first, who_b=~first)
    assert found.tolist() == [0.25]


def test_nobody_has_no_mean_and_no_superiority() -> None:
    nothing = np.full((1, 3), np.nan)
    everybody = np.ones((1, 3), dtype=bool)
    assert np.isnan(means(nothing, everybody)).all()
    assert np.isnan(superiority(nothing, nothing)).all()
    assert np.isnan(one_sample(MEDIAN.name, nothing, everybody)).all()


def test_means_count_only_who_counts() -> None:
    values = np.array([[1.0, 5.0, np.nan, 100.0]])
    who = np.array([[True, True, True, False]])
    assert means(values, who).tolist() == [3.0]
    other = np.array([[1.0, 1.0, 1.0, 1.0]])
    assert two_arms(MEAN_DIFFERENCE.name, values, other, who_a=who, who_b=who).tolist() == [2.0]


@pytest.mark.parametrize("n", [1, 2, 3, 8, 31])
def test_pseudomedian_is_the_median_of_all_averages_of_two(n: int) -> None:
    values = np.sort(np.random.default_rng(n).lognormal(size=n))
    averages = [(x + y) / 2 for x, y in combinations_with_replacement(values, 2)]
    assert pseudomedian(values) == pytest.approx(np.median(averages), rel=1e-12)


@pytest.mark.parametrize("n", [10, 15, 21, 30, 33, 400])
def test_pseudomedian_of_whole_steps_is_exact(n: int) -> None:
    """A digit beside 0 would be told apart from no effect."""
    half = np.random.default_rng(n).integers(1, 6, size=n).astype(float)
    assert pseudomedian(np.sort(np.concatenate([half, -half]))) == 0.0
    shifted = np.sort(np.concatenate([half, 3.0 - half]))
    assert pseudomedian(shifted) == np.median([(x + y) / 2 for x, y in combinations_with_replacement(shifted, 2)])


def test_pseudomedian_with_ties() -> None:
    values = np.array([-1.0, -1.0, 0.5, 2.0, 2.0, 2.0])
    averages = [(x + y) / 2 for x, y in combinations_with_replacement(values, 2)]
    assert pseudomedian(values) == pytest.approx(np.median(averages), rel=1e-12)


def test_pools_of_replicates_stand_at_their_first() -> None:
    values = np.random.default_rng(4).normal(1.0, 1.0, (2 * POOL + 3, 5))
    values[0, 0] = 0.0  # no difference: left out, as by the test
    found = pooled_pseudomedian(values)
    assert np.flatnonzero(np.isfinite(found)).tolist() == [0, POOL, 2 * POOL]
    pool = np.sort(values[:POOL].ravel())
    assert found[0] == pseudomedian(pool[pool != 0.0])
    assert found[POOL] == pseudomedian(np.sort(values[POOL : 2 * POOL].ravel()))


def yes_or_no(shape: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Two arms of the same people, who counts, and a stratum that matters much."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 3, shape)
    u = rng.random(shape)
    a, b = ((u < chance[stratum]).astype(float) for chance in (np.array([0.1, 0.5, 0.9]), np.array([0.03, 0.25, 0.75])))
    a[rng.random(shape) < 0.05] = np.nan
    return a, b, rng.random(shape) < 0.9, stratum.astype(np.int64)


@pytest.mark.parametrize(("estimand", "odds"), [("log risk ratio", False), ("log odds ratio", True)])
def test_ratios_of_shares_are_those_of_pools(estimand: str, odds: bool) -> None:
    a, b, who, _ = yes_or_no((45, 12), seed=4)
    found = two_arms(estimand, a, b, who_a=who, who_b=who)
    for start in range(0, 45, 20):
        pa, pb = (np.nanmean(np.where(who, one, np.nan)[start : start + 20]) for one in (a, b))
        expected = np.log(pa / pb) - (np.log((1 - pa) / (1 - pb)) if odds else 0.0)
        assert found[start] == pytest.approx(expected, rel=1e-12)
        assert np.isnan(found[start + 1 : start + 20]).all()


def test_a_ratio_of_nothing_has_no_truth() -> None:
    none, who = np.zeros((20, 5)), np.ones((20, 5), dtype=bool)
    for estimand in ("log risk ratio", "log odds ratio"):
        assert np.isnan(two_arms(estimand, none, none, who_a=who, who_b=who)).all()


def test_the_odds_ratio_within_strata_is_that_of_its_estimator_and_not_that_of_everyone() -> None:
    a, b, who, stratum = yes_or_no((40, 200), seed=5)
    found = two_arms("log odds ratio given the strata", a, b, who_a=who, who_b=who, strata=stratum)
    marginal = two_arms("log odds ratio", a, b, who_a=who, who_b=who)
    for start in (0, 20):
        pool = slice(start, start + 20)
        tables = []
        for s in range(3):
            here = who[pool] & (stratum[pool] == s)
            rows = [one[pool][here & ~np.isnan(one[pool])] for one in (a, b)]
            tables.append(np.array([[(row == 1).sum(), (row == 0).sum()] for row in rows], dtype=float))
        assert found[start] == pytest.approx(StratifiedTable(tables).logodds_pooled, rel=1e-10)
        assert found[start] > marginal[start] + 0.3  # planted: odds ratios do not collapse


def test_superiority_within_strata_is_that_of_each_by_its_size() -> None:
    """Strata of 3 and 9 participants: weights 9/4 and 81/10. Without strata that differ it is the whole one."""
    a, b = trials(8, rounded=True)
    who = np.ones(a.shape, dtype=bool)
    strata = np.where(np.arange(12) < 3, 4, 7)[None, :].repeat(len(a), axis=0)
    found = two_arms(STRATIFIED_PROBABILITY.name, a, b, who_a=who, who_b=who, strata=strata)
    for r, (x, y) in enumerate(zip(a, b, strict=True)):
        parts = [(9 / 4, plain_superiority(x[:3], y[:3])) if there(x[:3], y[:3]) else (0.0, 0.0)]
        parts.append((81 / 10, plain_superiority(x[3:], y[3:])))
        assert found[r] == pytest.approx(sum(w * p for w, p in parts) / sum(w for w, _ in parts), abs=1e-12)


def there(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two different participants have a value each."""
    return any(i != j and x == x and y == y for i, x in enumerate(a) for j, y in enumerate(b))


def test_win_odds_are_those_of_a_pool() -> None:
    a, b = trials(9, rounded=True)
    who = np.ones(a.shape, dtype=bool)
    found = two_arms(LOG_WIN_ODDS.name, a, b, who_a=who, who_b=who, categories=(-1.0, 0.0, 1.0, 2.0))
    for start in range(0, 30, POOL):
        chance = np.mean([plain_superiority(a[r], b[r]) for r in range(start, min(start + POOL, 30))])
        assert found[start] == pytest.approx(np.log(chance / (1 - chance)), abs=1e-12)
    assert np.isfinite(found).sum() == 2


def test_medians_and_trimmed_means_are_those_of_a_pool() -> None:
    a, b = trials(10, rounded=False)
    who = np.ones(a.shape, dtype=bool)
    median = one_sample(MEDIAN_VALUE.name, a, who)
    trimmed = two_arms(TRIMMED_DIFFERENCE.name, a, b, who_a=who, who_b=who, trim=0.1)
    for start in range(0, 30, POOL):
        x, y = (one[start : start + POOL].ravel() for one in (a, b))
        x, y = x[np.isfinite(x)], y[np.isfinite(y)]
        assert median[start] == np.median(x)
        assert trimmed[start] == pytest.approx(trim_mean(x, 0.1) - trim_mean(y, 0.1), abs=1e-12)
    nobody = np.zeros(a.shape, dtype=bool)
    assert np.isnan(one_sample(MEDIAN_VALUE.name, a, nobody)).all()
    assert np.isnan(two_arms(TRIMMED_DIFFERENCE.name, a, b, who_a=nobody, who_b=who)).all()
