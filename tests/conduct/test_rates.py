"""How many come, when, who consents, who leaves why: against exact probabilities.

Every comparison is a z of one number of 20,000 trials against its exact mean; 4.9 standard errors are allowed, a
false alarm of 1e-6 each and below 1e-4 in all. Most tests end with a fault, stated as a wrong expectation, that the
same comparison must see.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from trialsim.conduct import NEVER, conduct, plan_conduct
from trialsim.protocol.calendar import DAY

TRIALS = range(20_000)
ALLOWED = 4.9


def z_mean(values, expected, variance):
    """Standard errors between the mean of independent ``values`` and what is expected."""
    values = np.asarray(values, dtype=np.float64).ravel()
    return float((values.mean() - expected) / math.sqrt(variance / values.size))


def z_share(hits, share):
    return z_mean(hits, share, share * (1 - share))


def arrivals(small, arrive, **told):
    """Arrivals of everybody until a limit, in days; nan where nobody came."""
    scenario = small(f"arrive: {{{arrive}}}, consent: 100 %", enroll="in all: 90", **told)
    entries = conduct(plan_conduct(scenario), seed=21, replicates=TRIALS)
    assert not entries.complete.any()
    return np.where(entries.arrival >= 0, entries.arrival / DAY, np.nan)


def count(days, low, high):
    return ((days >= low) & (days < high)).sum(axis=1)


def is_poisson(counts, mean):
    """Mean and variance of counts: the fourth central moment of a Poisson count is m + 3 m^2."""
    assert abs(z_mean(counts, mean, mean)) < ALLOWED
    assert abs(z_mean((counts - mean) ** 2, mean, mean + 2 * mean**2)) < ALLOWED


def test_constant_arrivals_are_poisson(small):
    counts = count(arrivals(small, "every: 18 h", within="21 d"), 0, 21)
    is_poisson(counts, 28.0)
    assert abs(z_mean(counts, 28.0 * 1.007, 28.0)) > ALLOWED  # a rate wrong by 0.7 %
    with pytest.raises(AssertionError):
        is_poisson(counts // 2 * 2, 28.0)  # those who come in pairs are no Poisson process


def test_arrivals_of_two_days_are_independent(small):
    days = arrivals(small, "every: 18 h", within="10 d")
    first, second = count(days, 0, 5), count(days, 5, 10)
    mean = 5 * 24 / 18
    assert abs(z_mean((first - mean) * (second - mean), 0.0, mean**2)) < ALLOWED
    assert abs(z_mean((first - mean) ** 2, 0.0, mean + 2 * mean**2)) > ALLOWED


def test_piecewise_arrivals(small):
    days = arrivals(
        small, "periods: [{from: 0 d, every: 2 d}, {from: 6 d, every: 6 h}, {from: 9 d, every: 1 d}]", within="20 d"
    )
    for (low, high), mean in {(0, 6): 3.0, (6, 9): 12.0, (9, 20): 11.0}.items():
        is_poisson(count(days, low, high), mean)
    assert abs(z_mean(count(days, 5, 6), 4.0, 4.0)) > ALLOWED  # the rate of the next period, a day too early


def test_the_weekly_pattern_keeps_the_mean_rate(small):
    days = arrivals(small, "every: 12 h, pattern: {Mon-Fri: 2, Sat: 1, Sun: 0}", starts="2026-01-07", within="28 d")
    mean_weight = 11 / 7
    for day in range(7):  # the study starts on a Wednesday
        weight = (2, 2, 2, 1, 0, 2, 2)[day]
        counts = sum(count(days, day + 7 * week, day + 7 * week + 1) for week in range(4))
        if weight:
            is_poisson(counts, 8 * weight / mean_weight)
        else:
            sunday = [count(days, day + 7 * week + 1 / DAY, day + 7 * week + 1) for week in range(4)]
            assert np.max(sunday) == 0  # who comes in the last half second of Saturday is rounded to Sunday 00:00
    is_poisson(count(days, 0, 28), 56.0)
    assert abs(z_mean(count(days, 0, 28), 56.0 * mean_weight, 56.0)) > ALLOWED  # weights not scaled


def test_arrivals_are_spread_evenly_within_a_day(small):
    days = arrivals(small, 'every: 12 h, pattern: {Mon-Fri: 2, "Sat,Sun": 1}', within="7 d")
    share = days[~np.isnan(days)] % 1
    assert abs(z_mean(share, 0.5, 1 / 12)) < ALLOWED
    assert abs(z_mean(share, 0.5 + 1 / 24, 1 / 12)) > ALLOWED


def test_exclusions_are_independent_and_the_first_counts(small):
    patients = "arrive: {every: 6 h}, consent: 60 %, exclusions: {ill: 30 %, language: 40 %}"
    counts = conduct(plan_conduct(small(patients, enroll="in all: 99", within="7 d")), seed=5, replicates=TRIALS).counts
    arrived, left, declined, enrolled, waiting, ill, language = counts.sum(axis=0)
    assert left == waiting == 0
    for hits, share in ((ill, 0.3), (language, 0.28), (declined, 0.42 * 0.4), (enrolled, 0.42 * 0.6)):
        se = math.sqrt(share * (1 - share) / arrived)
        assert abs(hits / arrived - share) < ALLOWED * se
    assert abs(language / arrived - 0.4) > ALLOWED * math.sqrt(0.24 / arrived)


def test_sites_come_in_their_shares(small):
    plan = plan_conduct(small(sites="north: 50 %, south: 30 %, west: 20 %"))
    site = conduct(plan, seed=5, replicates=TRIALS).site
    for place, share in enumerate((0.5, 0.3, 0.2)):
        assert abs(z_share(site == place, share)) < ALLOWED
    assert abs(z_share(site == 2, 0.205)) > ALLOWED  # the third site


# ---------------------------------------------------------------- leaving


def test_reasons_to_leave_compete(small):
    """Constant hazards: who leaves first is a race, and the time of the first has the sum of the hazards."""
    plan = plan_conduct(
        small(
            "arrive: {every: 2 d}, consent: 100 %, leave: [{after: {exponential: {mean: 10 d}}, reason: discharge}]",
            attrition="{chance: 20 %, within: 5 d, reason: tired}, {after: {exponential: {mean: 40 d}}, reason: moved}",
        )
    )
    entries = conduct(plan, seed=5, replicates=range(2000))
    hazards = np.array([1 / 10, -math.log(0.8) / 5, 1 / 40])
    assert plan.leave_reasons == ("discharge", "tired", "moved")
    for place, share in enumerate(hazards / hazards.sum()):
        assert abs(z_share(entries.leave_reason == place, share)) < ALLOWED
    stay = (entries.leave - entries.entry) / DAY
    for day in (1, 5, 20):
        assert abs(z_share(stay > day, math.exp(-day * hazards.sum()))) < ALLOWED
    assert abs(z_share(stay > 5, math.exp(-5 * hazards[:2].sum()))) > ALLOWED  # one reason forgotten


def test_a_chance_within_a_time_is_that_chance(small):
    plan = plan_conduct(small(None, attrition="{chance: 20 %, within: 5 d, reason: tired}"))
    leave = conduct(plan, seed=5, replicates=range(4000)).leave
    assert abs(z_share(leave <= 5 * DAY, 0.2)) < ALLOWED
    assert abs(z_share(leave <= 10 * DAY, 0.36)) < ALLOWED
    assert abs(z_share(leave <= 5 * DAY, 0.206)) > ALLOWED


def test_a_chance_of_nothing_never_comes(small):
    plan = plan_conduct(small(None, attrition="{chance: 0 %, within: 5 d, reason: tired}"))
    assert (conduct(plan, seed=5, replicates=range(500)).leave == NEVER).all()


def test_those_who_leave_before_they_are_asked(small):
    plan = plan_conduct(
        small(
            "arrive: {every: 6 h}, consent: 100 %, ask: {for: 2 d},"
            " leave: [{after: {exponential: {mean: 5 d}}, reason: discharge}]",
            enroll="in all: 99",
            within="30 d",
        )
    )
    counts = conduct(plan, seed=5, replicates=range(5000)).counts
    stays = math.exp(-2 / 5)
    is_poisson(counts[:, 3], 28 * 4 * stays)
    assert abs(z_mean(counts[:, 3], 30 * 4 * stays, 30 * 4 * stays)) > ALLOWED  # asked at once


# ---------------------------------------------------------------- allocation


def test_every_order_of_a_block_is_equally_likely(small):
    plan = plan_conduct(
        small(None, arms="a: one, b: two", allocation="method: permuted blocks, block: 4", enroll="in all: 12")
    )
    arm = conduct(plan, seed=5, replicates=range(10_000)).arm.reshape(-1, 4)
    orders = sorted(set(itertools.permutations((0, 0, 1, 1))))
    shares = [(arm == order).all(axis=1) for order in orders]
    assert sum(share.sum() for share in shares) == len(arm)
    assert all(abs(z_share(share, 1 / 6)) < ALLOWED for share in shares)
    naive = np.sort(arm, axis=1)[np.arange(len(arm))[:, None], (np.arange(4) + arm[:, [0]] * 2) % 4]
    assert any(abs(z_share((naive == order).all(axis=1), 1 / 6)) > ALLOWED for order in orders)


def test_two_strata_have_blocks_of_their_own(small):
    plan = plan_conduct(
        small(
            None,
            arms="a: one, b: two",
            allocation="method: permuted blocks, block: 2, stratify: [sex]",
            participants="sex: {choice: {girl: 50 %, boy: 50 %}}",
            enroll="in all: 20",
        )
    )
    entries = conduct(plan, seed=5, replicates=TRIALS)
    first = [np.argmax(entries.stratum == s, axis=1) for s in (0, 1)]
    arms = [np.take_along_axis(entries.arm, place[:, None], axis=1)[:, 0] for place in first]
    both = (entries.stratum == 0).any(axis=1) & (entries.stratum == 1).any(axis=1)
    assert abs(z_share(arms[0][both] == arms[1][both], 0.5)) < ALLOWED
    assert abs(z_share(arms[0][both] == arms[0][both], 0.5)) > ALLOWED


def test_simple_allocation_follows_the_ratio(small):
    plan = plan_conduct(small(None, allocation='method: simple, ratio: "3:2:1"'))
    arm = conduct(plan, seed=5, replicates=TRIALS).arm
    for k, share in enumerate((3 / 6, 2 / 6, 1 / 6)):
        assert abs(z_share(arm == k, share)) < ALLOWED
    a, b = arm[:, 0] == 0, arm[:, 1] == 0
    assert abs(z_share(a & b, 0.25)) < ALLOWED
    assert abs(z_share(a & b, 0.275)) > ALLOWED


def test_covariates_have_their_shares_and_means(small):
    plan = plan_conduct(
        small(None, participants="sex: {choice: {girl: 30 %, boy: 70 %}}, age: {uniform: {low: 12 y, high: 18 y}}")
    )
    entries = conduct(plan, seed=5, replicates=TRIALS)
    assert abs(z_share(entries.covariates[:, :, 0] == 0, 0.3)) < ALLOWED
    assert abs(z_mean(entries.covariates[:, :, 1], 15.0, 3.0)) < ALLOWED
    assert abs(z_mean(entries.covariates[:, :, 1], 15.02, 3.0)) > ALLOWED
