"""Assurance against its closed form, and what is said about impossible points and small pilots."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from trialsim.assurance import Assurance, AssuranceError, find_assurance
from trialsim.assurance.average import average, legendre, smoothed
from trialsim.assurance.play import PriorTrials
from trialsim.assurance.points import beliefs, hypercube
from trialsim.assurance.small_pilot import PROMISING
from trialsim.scenario import load, loads
from trialsim.scenario.model import Scenario

ROOT = Path(__file__).parent.parent.parent / "scenarios"
LESSON = ROOT / "lessons/assurance.yaml"

T_TEST = """
trialsim: 1
name: closed-form
title: A t-test with an uncertain effect
sources: {{pilot: "A pilot, n = {n} per arm"}}
design:
  arms: {{control: usual care, treated: treatment}}
  enroll: {{each arm: 40}}
visits: {{post: 1 d}}
outcomes:
  score:
    distribution: normal
    visits: [post]
    assumed: taught
    level: {{mean: 0, sd: 1}}
    effects:
      treated: {{difference: {{value: 0.6, computed_from: pilot, prior: {prior}}}}}
analyses:
  main: {{outcome: score, visit: post, test: t, contrast: treated - control}}
primary: main
"""
NORMAL = "{normal: {mean: 0.6, sd: 0.3}}"


def t_test(prior: str = NORMAL, n: int = 20) -> Scenario:
    return loads(T_TEST.format(prior=prior, n=n))


def t_power(effect: np.ndarray) -> np.ndarray:
    """Exact power of the two-sided t-test with 40 in each arm and SD 1."""
    df, noncentral = 78, effect * math.sqrt(20)
    critical = stats.t.ppf(0.975, df)
    return np.asarray(stats.nct.sf(critical, df, noncentral) + stats.nct.cdf(-critical, df, noncentral))


def exact(mean: float, sd: float) -> tuple[float, float]:
    """Assurance under a normal prior by the integral of the power, and the share of the prior with 80 % power."""
    u = (np.arange(4000) + 0.5) / 4000
    power = t_power(mean + sd * stats.norm.ppf(u))
    return float(power.mean()), float((power >= 0.8).mean())


@pytest.fixture(scope="module")
def normal_prior() -> Assurance:
    return find_assurance(t_test(), replicates=10_000, points=200, workers=2)


def test_a_normal_prior_gives_the_integral_of_the_power(normal_prior: Assurance) -> None:
    """False alarm 6e-7: five standard errors. Sees an error of 2.5 points; the power itself is 10 points away."""
    truth, above = exact(0.6, 0.3)
    found = normal_prior.average.share
    assert found.mcse < 0.006
    assert abs(found.value - truth) < 5 * found.mcse
    assert abs(normal_prior.design.value - float(t_power(np.array([0.6]))[0])) < 5 * normal_prior.design.mcse
    assert normal_prior.design.value - truth > 0.05
    assert abs(normal_prior.spread.above.value - above) < 0.04  # smoothed over 10,000 trials
    assert normal_prior.average.clustered > 3 * found.mcse  # what the Latin hypercube saves


def test_one_point_for_each_trial_gives_the_same_average() -> None:
    found = find_assurance(t_test(), replicates=2_000, points=2_000, workers=2)
    truth, _ = exact(0.6, 0.3)
    assert abs(found.average.share.value - truth) < 5 * found.average.share.mcse
    assert set(found.played.replicates.tolist()) == {1}


def test_workers_change_nothing_and_replicates_are_shared_out() -> None:
    one = find_assurance(t_test(), replicates=1_003, points=25, workers=1)
    two = find_assurance(t_test(), replicates=1_003, points=25, workers=2)
    assert np.array_equal(one.played.reached, two.played.reached)
    assert one.average == two.average
    assert int(one.played.replicates.sum()) == 1_003
    assert set(one.played.replicates.tolist()) == {40, 41}


def test_a_prior_as_narrow_as_a_number_gives_the_power() -> None:
    found = find_assurance(t_test("{normal: {mean: 0.6, sd: 1e-9}}"), replicates=4_000, workers=2)
    assert found.average.share.value == pytest.approx(found.design.value, rel=1e-12)  # the same trials


def test_power_rises_along_the_effect(normal_prior: Assurance) -> None:
    (bins,) = normal_prior.along
    powers = [one.power.value for one in bins]
    assert len(bins) == 10
    assert powers == sorted(powers)
    assert powers[0] < 0.2
    assert powers[-1] > 0.95
    assert normal_prior.average.influence[0] == pytest.approx(t_power(0.6 + 0.3 * _grid()).std(), abs=0.02)


def _grid() -> np.ndarray:
    return np.asarray(stats.norm.ppf((np.arange(1000) + 0.5) / 1000))


def test_impossible_points_are_counted_and_bounded() -> None:
    text = "outcomes.score.level.sd={value: 1, prior: {normal: {mean: 1, sd: 1}}}"  # an SD below 0 in 16 %
    found = find_assurance(loads(T_TEST.format(prior=NORMAL, n=20), set=[text]), replicates=1_000, points=50, workers=2)
    assert len(found.impossible) == 8
    assert "TS-E013" in found.impossible[0]
    low, high = found.bounds
    assert low == pytest.approx(found.average.share.value * 42 / 50)
    assert high == pytest.approx(low + 8 / 50)
    assert int(found.played.replicates.sum()) == 840


def test_priors_that_are_nearly_all_impossible_are_refused() -> None:
    text = "outcomes.score.level.sd={value: 1, prior: {normal: {mean: -9, sd: 1}}}"
    with pytest.raises(AssuranceError, match=r"TS-V003.*TS-E013"):
        find_assurance(loads(T_TEST.format(prior=NORMAL, n=20), set=[text]), replicates=1_000, points=20)


def test_a_scenario_without_priors_and_odd_numbers_of_points_are_refused() -> None:
    with pytest.raises(AssuranceError, match="TS-V001"):
        find_assurance(load(ROOT / "textbook-ancova.yaml"), replicates=100)
    for points in (9, 101):
        with pytest.raises(AssuranceError, match="TS-V002"):
            find_assurance(t_test(), replicates=100, points=points)


def test_an_effect_from_a_small_pilot_is_told_with_the_winner_s_curse(normal_prior: Assurance) -> None:
    (pilot,) = normal_prior.pilots
    assert pilot.n == 20  # from the words of the source
    z = 0.6 / 0.3
    draws = z + stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    assert pilot.exaggeration == pytest.approx(draws[draws > PROMISING].mean() / z, abs=1e-3)
    assert pilot.shrunk == pytest.approx(0.6 / pilot.exaggeration)
    assert abs(pilot.power - float(t_power(np.array([pilot.shrunk]))[0])) < 4 * math.sqrt(0.25 / 2_000)


def test_a_level_of_an_arm_is_an_effect_against_the_level_of_the_reference() -> None:
    """Both arms' uncertainty counts: z = 0.6 / hypot(0.3, 0.3)."""
    levels = (
        "outcomes.score.level={by_arm: {control: {mean: {value: 0, prior: {normal: {mean: 0, sd: 0.3}}}, sd: 1}, "
        "treated: {mean: {value: 0.6, prior: {normal: {mean: 0.6, sd: 0.3}, n: 20}}}}}"
    )
    scenario = loads(T_TEST.format(prior=NORMAL, n=20), set=[levels, "outcomes.score.effects={}"])
    (pilot,) = find_assurance(scenario, replicates=200, points=10).pilots
    z = 0.6 / math.hypot(0.3, 0.3)
    draws = z + stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    assert pilot.name == "outcomes.score.level.by_arm.treated.mean"
    assert pilot.exaggeration == pytest.approx(draws[draws > PROMISING].mean() / z, rel=2e-3)


def test_a_large_pilot_is_no_small_pilot() -> None:
    assert find_assurance(t_test(n=30), replicates=200, points=10).pilots == ()


# ---------------------------------------------------------------- parts


def test_the_hypercube_fills_every_stratum_of_every_belief() -> None:
    u = hypercube(["a", "b", "c"], 50, seed=3)
    assert np.array_equal(np.sort(np.floor(50 * u), axis=0), np.tile(np.arange(50.0)[:, None], 3))
    assert abs(np.corrcoef(u.T)[0, 1]) < 0.6  # the orders differ; 1 if they were the same
    assert np.array_equal(hypercube(["b"], 50, seed=3)[:, 0], u[:, 1])  # a belief more moves no other


def test_the_error_of_an_additive_power_is_that_of_its_trials_alone() -> None:
    """Sees a standard error that counts the spread of the power itself, which here is 0.25 a point."""
    u = hypercube(["a", "b"], 400, seed=5)
    power = 0.5 + 0.1 * legendre(u[:, 0], 2).sum(axis=1) + 0.2 * legendre(u[:, 1], 1)[:, 0]
    reached = np.round(power * 100_000).astype(np.int64)
    played = PriorTrials(u, u, np.full(400, 100_000), reached, np.zeros(400, dtype=np.int64), ("",) * 400)
    found = average(played)
    assert found.share.value == pytest.approx(0.5, abs=1e-3)
    assert found.share.mcse < 1e-5
    assert found.clustered > 5e-3
    assert found.influence == pytest.approx((0.1 * math.sqrt(1 / 3 + 1 / 5), 0.2 / math.sqrt(3)), rel=0.02)


def test_smoothing_finds_the_power_of_a_point_from_few_trials() -> None:
    u = hypercube(["a"], 300, seed=2)
    truth = t_power(0.6 + 0.3 * stats.norm.ppf(u[:, 0]))
    reached = stats.binom.ppf(hypercube(["trials"], 300, seed=8)[:, 0], 40, truth).astype(np.int64)
    played = PriorTrials(u, u, np.full(300, 40), reached, np.zeros(300, dtype=np.int64), ("",) * 300)
    error = np.sqrt(np.mean((smoothed(played) - truth) ** 2))
    assert error < 0.02
    assert np.sqrt(np.mean((reached / 40 - truth) ** 2)) > 0.04  # without smoothing


def test_beliefs_are_shown_as_people_write_them() -> None:
    found = {one.name: one for one in beliefs(load(LESSON))}
    assert [one.effect for one in found.values()] == [False, False, True]
    assert found["attrition.chance"].shown(0.0913) == "9.13 %"
    assert found["outcomes.distress.effects.massage.difference"].shown(-0.79999) == "-0.8"
    assert found["outcomes.distress.effects.massage.difference"].n == 14


@pytest.mark.verify
@pytest.mark.timeout(1800)
def test_the_standard_error_holds_over_seeds() -> None:
    """200 seeds: intervals cover the exact assurance in 91 to 98.5 %, and the mean MCSE is that of the estimates."""
    truth, _ = exact(0.6, 0.3)
    shares = [find_assurance(t_test(), replicates=2_000, points=100, seed=seed).average.share for seed in range(200)]
    values = np.array([one.value for one in shares])
    mean_mcse = float(np.mean([one.mcse for one in shares]))
    assert abs(values.mean() - truth) < 4 * values.std() / math.sqrt(200)
    assert 0.85 < mean_mcse / values.std(ddof=1) < 1.25
    assert 0.91 < np.mean([one.low < truth < one.high for one in shares]) < 0.985
