"""Rejection rates of the tests against exact power, in simulated trials.

Every case lies within 4.5 Monte Carlo standard errors of the exact value: a false alarm has probability 7e-6, in all
under 2e-4. With 20,000 trials that is .016 in a power of .5 and .007 in a level of .05: the smallest fault that must
be seen is an effect wrong by 4 %, or a test at .057 instead of .05.
"""

from __future__ import annotations

import numpy as np
import pytest

from trialsim.analysis import ordering
from trialsim.analysis.cross_moments import cross_moments
from trialsim.analysis.exact import mann_whitney_upper, signed_rank_upper
from trialsim.analysis.methods import categorical, linear, means, ranks
from trialsim.analysis.methods.wilcoxon import wilcoxon
from trialsim.analysis.moments import moments
from trialsim.analysis.tables import counts

TRIALS = 20_000


def arms_of(sizes, trials=TRIALS):
    return np.tile(np.repeat(np.arange(len(sizes), dtype=np.int8), sizes), (trials, 1))


def normal(seed, sizes, shift, sd=1.0):
    arm = arms_of(sizes)
    noise = np.random.default_rng(seed).normal(size=arm.shape) * np.asarray(sd * np.ones(len(sizes)))[arm]
    return noise + np.asarray(shift, float)[arm], arm


def two_sample(seed, sizes, d, **options):
    y, arm = normal(seed, sizes, (0.0, d))
    return means.two_sample_t(moments(y, arm, arms=2), a=1, b=0, **options).p


def paired(seed, n, d, **options):
    x = np.random.default_rng(seed).normal(d, 1.0, size=(TRIALS, n))
    return means.paired_t(x, np.zeros_like(x), **options).p


def spread_means(f, k=3):
    """Equally spaced means of k arms with effect size f (SD of the means, divisor k)."""
    at = np.arange(k) - (k - 1) / 2
    return at * f / at.std()


def anova(seed, n, mu, sd=1.0):
    y, arm = normal(seed, [n] * len(mu), mu, sd)
    return means.anova(moments(y, arm, arms=len(mu))).p


def ancova(seed, n, rho):
    """Means 400, 450, 500, SD 100, a random normal covariate (VALIDATION of Superpower's example)."""
    rng = np.random.default_rng(seed)
    arm = arms_of([n, n, n])
    x = rng.normal(size=arm.shape)
    y = np.array([400.0, 450.0, 500.0])[arm] + 100.0 * (rho * x + np.sqrt(1 - rho**2) * rng.normal(size=arm.shape))
    return linear.ancova_omnibus(cross_moments(y, x, arm, arms=3)).p


def textbook_ancova(seed, n):
    rng = np.random.default_rng(seed)
    arm = arms_of([n, n])
    baseline = rng.normal(2.5, 0.4, size=arm.shape)
    y = 2.5 + 0.6 * (baseline - 2.5) - 0.2 * arm + rng.normal(0.0, 0.32, size=arm.shape)
    return linear.ancova(cross_moments(y, baseline, arm, arms=2), a=1, b=0).p


POWER = {
    "pwr: two-sample d .5, 30 per arm": (lambda: two_sample(1, (30, 30), 0.5), 0.4778965),
    "pwr: unequal arms 28 and 35, d .5": (lambda: two_sample(2, (28, 35), 0.5), 0.4924588),
    "pwr: paired d .32, n 24, one-sided": (lambda: paired(3, 24, 0.32, alternative="greater"), 0.4508691),
    "NICU: n 22, d .5": (lambda: paired(4, 22, 0.5), 0.609),
    "PICU: 33 per arm, d .7": (lambda: two_sample(5, (33, 33), 0.7), 0.800),
    "PICU: anova f .25, N 99": (lambda: anova(6, 33, spread_means(0.25)), 0.584),
    "PICU: anova f .10, N 99": (lambda: anova(7, 33, spread_means(0.10)), 0.129),
    "anova 24, 26.2, 26.6, sd 6.4, 134 per arm": (lambda: anova(8, 134, (24, 26.2, 26.6), 6.4), 0.901767),
    "ancova 16 per arm, rho .5": (lambda: ancova(9, 16, 0.5), 0.8044),
    "ancova 6 per arm, rho .9": (lambda: ancova(10, 6, 0.9), 0.8768),
    "textbook ancova 42 per arm": (lambda: textbook_ancova(11, 42), 0.8031),
}


def near(share, exact, trials=TRIALS):
    return abs(share - exact) <= 4.5 * np.sqrt(exact * (1 - exact) / trials) + 5e-5


@pytest.mark.parametrize("case", POWER)
def test_power(case):
    simulate, exact = POWER[case]
    assert near((simulate() <= 0.05).mean(), exact)


def test_power_sees_planted_faults():
    assert not near((two_sample(1, (30, 30), 0.52) <= 0.05).mean(), 0.4778965)
    assert not near((two_sample(1, (30, 30), 0.5, alternative="greater") <= 0.05).mean(), 0.4778965)
    assert not near((two_sample(1, (32, 32), 0.5) <= 0.05).mean(), 0.4778965)


def test_level_of_welch_where_students_test_fails():
    y, arm = normal(12, (10, 40), (0.0, 0.0), sd=np.array([3.0, 1.0]))
    m = moments(y, arm, arms=2)
    assert near((means.welch_t(m, a=1, b=0).p <= 0.05).mean(), 0.05)
    assert not near((means.two_sample_t(m, a=1, b=0).p <= 0.05).mean(), 0.05)


def test_level_of_exact_rank_tests_is_what_their_distribution_says():
    """Without ties the level is a known number below .05: the sum of both tails that reach p <= .05."""
    x = np.random.default_rng(13).standard_t(2, size=(TRIALS, 12))
    assert near((wilcoxon(x).p <= 0.05).mean(), 2 * max(v for v in signed_rank_upper(12) if v <= 0.025))
    y, arm = normal(14, (7, 9), (0.0, 0.0))
    p = ranks.mann_whitney(ordering.order(np.exp(y), arm, arms=2), a=1, b=0).p
    assert near((p <= 0.05).mean(), 2 * max(v for v in mann_whitney_upper(7, 9) if v <= 0.025))


def test_power_of_mann_whitney_under_proportional_odds():
    """Mean p (.1, .2, .4, .3), odds ratio 1.2, 500 per arm: power .351 (Whitehead 1993), 4,000 trials: +- .034.

    An odds ratio of 1.25 has power .50 and is seen.
    """
    rng = np.random.default_rng(15)
    arm = arms_of([500, 500], trials=4000)
    for ratio, agrees in ((1.2, True), (1.25, False)):
        y = np.zeros(arm.shape)
        for k, shift in enumerate((-0.5, 0.5)):
            cumulative = np.cumsum([0.1, 0.2, 0.4])
            odds = cumulative / (1 - cumulative) * ratio**shift
            chosen = arm == k
            y[chosen] = np.searchsorted(odds / (1 + odds), rng.random(int(chosen.sum())))
        p = ranks.mann_whitney(counts(y, arm, arms=2, categories=range(4)), a=0, b=1).p
        assert near((p <= 0.05).mean(), 0.351, trials=4000) == agrees


def test_level_of_kruskal_and_chi_square_on_many_values():
    """Asymptotic tests at 60 per arm: .05 within Monte Carlo error and .002 for the approximation."""
    rng = np.random.default_rng(16)
    arm = arms_of([60, 60, 60])
    y = rng.choice(5.0 * np.arange(5), size=arm.shape, p=[0.1, 0.2, 0.3, 0.25, 0.15])
    c = counts(y, arm, arms=3, categories=5.0 * np.arange(5))
    for p in (ranks.kruskal(c).p, categorical.chi_square(c).p):
        assert abs((p <= 0.05).mean() - 0.05) < 4.5 * np.sqrt(0.05 * 0.95 / TRIALS) + 0.002
    assert (ranks.kruskal(c).p <= 0.07).mean() > 0.05 + 4.5 * np.sqrt(0.05 * 0.95 / TRIALS) + 0.002


def test_fisher_keeps_its_level():
    rng = np.random.default_rng(17)
    arm = arms_of([20, 20])
    c = counts((rng.random(arm.shape) < 0.4).astype(float), arm, arms=2, categories=(0, 1))
    rejects = (categorical.fisher(c, a=1, b=0).p <= 0.05).mean()
    assert 0.005 < rejects < 0.05
    assert (categorical.chi_square(c, correction=False).p <= 0.05).mean() > rejects


def test_intervals_cover():
    """Coverage of .95 intervals: t exact; Newcombe's within .01 of nominal at 30 per arm (Newcombe 1998)."""
    y, arm = normal(18, (12, 9), (0.0, 0.8))
    t = means.two_sample_t(moments(y, arm, arms=2), a=1, b=0)
    assert near(((t.low <= 0.8) & (t.high >= 0.8)).mean(), 0.95)
    arm = arms_of([30, 30])
    event = np.random.default_rng(19).random(arm.shape) < np.where(arm == 1, 0.5, 0.3)
    c = counts(event.astype(float), arm, arms=2, categories=(0, 1))
    risk = categorical.fisher(c, a=1, b=0)
    assert abs(((risk.low <= 0.2) & (risk.high >= 0.2)).mean() - 0.95) < 0.01 + 4.5 * np.sqrt(0.05 * 0.95 / TRIALS)


def test_kernels_are_never_given_arrays_that_do_not_fit():
    y, arm = np.ones((2, 3)), np.zeros((2, 3), np.int8)
    for summarize in (
        lambda arm: moments(y, arm, arms=1),
        lambda arm: counts(y, arm, arms=1, categories=(0, 1)),
        lambda arm: ordering.order(y, arm, arms=1),
        lambda arm: cross_moments(y, y, arm, arms=1),
    ):
        summarize(arm)
        with pytest.raises(ValueError, match="arm has shape"):
            summarize(arm[:, :2])
        with pytest.raises(ValueError, match="arm 1 but there are 1 arms"):
            summarize(arm + 1)
    with pytest.raises(ValueError, match="covariates have shape"):
        cross_moments(y, y[:1], arm, arms=1)


def test_read_only_and_strided_arrays_give_the_same_numbers():
    rng = np.random.default_rng(20)
    wide, arm = rng.normal(size=(5, 40)), rng.integers(0, 2, size=(5, 20)).astype(np.int8)
    frozen = wide[:, ::2].copy()
    frozen.flags.writeable = False
    assert (moments(wide[:, ::2], arm, arms=2).ss == moments(frozen, arm, arms=2).ss).all()


@pytest.mark.parametrize("replicates", [0, 1])
@pytest.mark.parametrize("participants", [0, 1, 2])
def test_batches_of_any_size(replicates, participants):
    shape = (replicates, participants)
    y, arm = np.ones(shape), np.zeros(shape, np.int8)
    m = moments(y, arm, arms=2)
    c, o = counts(y, arm, arms=2, categories=(0, 1)), ordering.order(y, arm, arms=2)
    cross = cross_moments(y, y, arm, arms=2)
    results = [
        means.one_sample_t(m),
        means.two_sample_t(m, a=1, b=0),
        means.welch_t(m, a=1, b=0),
        means.anova(m),
        means.welch_anova(m),
        means.anova_pair(m, a=1, b=0),
        wilcoxon(y),
        ranks.mann_whitney(c, a=1, b=0),
        ranks.mann_whitney(o, a=1, b=0),
        ranks.kruskal(o),
        linear.ancova(cross, a=1, b=0),
        linear.ancova_omnibus(cross),
        categorical.chi_square(c),
        categorical.fisher(c, a=1, b=0),
    ]
    for result in results:
        assert result.p.shape == result.status.shape == (replicates,)
    assert all((result.status != 0).all() for result in (*results[:6], *results[7:]))
