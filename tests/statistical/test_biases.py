"""Biases that are known come out, in their direction and in their size.

Checks allow 5 Monte Carlo standard errors (tests/budget.py: a false alarm of 6e-7 each, fewer than 40 of them).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from trialsim import study as studies
from trialsim.conduct import conduct
from trialsim.protocol.columns import A_DELIVERED, A_PLANNED
from trialsim.protocol.tapes import draw_tapes
from trialsim.scenario import load
from trialsim.truth import find_truth
from trialsim.truth.plays import SharedDraws, play

Z = 5.0
SCENARIOS = Path(__file__).parents[2] / "scenarios"

MNAR = """
trialsim: 1
name: not-at-random
title: The worse, the rarer seen
design:
  arms: {control: usual care, treated: treatment}
  enroll: {each arm: 40}
visits: {post: 7 d}
outcomes:
  score:
    distribution: normal
    visits: [post]
    level: {mean: 0, sd: 1}
    effects: {treated: {difference: -0.5}}
    missing: [{mechanism: MNAR, reason: did not come, chance: 30 %, odds_ratio: 3, per: 1, centered_at: 0}]
analyses:
  main: {outcome: score, visit: post, test: t}
primary: main
"""

PERCENT = """
trialsim: 1
name: percent
title: Nothing changes, in percent
design:
  arms: {treated: treatment}
  enroll: 40
visits: {pre: 0 d, post: 7 d}
outcomes:
  cortisol:
    distribution: lognormal
    unit: nmol/L
    visits: [pre, post]
    level: {median: 6 nmol/L, sd_log: 0.5}
    correlation: {between_sessions: 0.6}
analyses:
  logs: {outcome: cortisol, change: {from: pre, to: post}, transform: log, test: paired-t}
  percent: {outcome: cortisol, change: {from: pre, to: post}, transform: percent, test: paired-t}
  those_who_fell:
    {outcome: cortisol, change: {from: pre, to: post}, transform: log, test: paired-t, subset: {percent_change: {below: -10 %}}}
primary: logs
"""

LEAVING = """
trialsim: 1
name: leaving
title: Half leave within ten days
design:
  arms: {control: usual care, treated: treatment}
  enroll: {each arm: 60}
attrition: {reason: withdrawal, chance: 50 %, within: 10 d}
visits: {pre: 0 d, post: 7 d}
outcomes:
  score:
    distribution: normal
    visits: [pre, post]
    level: {mean: 10, sd: 1}
    correlation: {between_sessions: 0.5}
    effects: {treated: {difference: -2, visits: [post]}}
analyses:
  policy: {outcome: score, change: {from: pre, to: post}, test: t}
  on_treatment: {outcome: score, change: {from: pre, to: post}, test: t, estimand: {strategy: while on treatment}}
  hypothetical: {outcome: score, change: {from: pre, to: post}, test: t, estimand: {strategy: hypothetical}}
primary: policy
"""


def near(value: float, exact: float, mcse: float) -> bool:
    return abs(value - exact) <= Z * mcse + 1e-9


def seen_mean(mean: float) -> float:
    """Mean of N(mean, 1) among those seen, when log odds of being missed are logit(.3) + log(3) x."""

    def seen(x: float) -> float:
        return float(stats.norm.pdf(x, mean) / (1 + math.exp(math.log(0.3 / 0.7) + math.log(3) * x)))

    share = integrate.quad(seen, -10, 10)[0]
    return integrate.quad(lambda x: x * seen(x), -10, 10)[0] / share


def test_complete_cases_under_mnar_are_biased_by_as_much_as_the_integral_says(played: Callable[..., Any]) -> None:
    result = played(MNAR, replicates=10_000)
    exact = seen_mean(-0.5) - seen_mean(0.0) - -0.5
    assert exact > 0.05  # the worse are seen more rarely, so the effect looks smaller
    bias = result("main", "bias")
    assert near(bias.value, exact, bias.mcse)
    assert bias.value > Z * bias.mcse
    relative = result("main", "relative_bias")
    assert near(relative.value, exact / -0.5, relative.mcse)
    coverage = result("main", "coverage")
    assert coverage.value < 0.95 - Z * coverage.mcse
    centered = result("main", "bias_eliminated_coverage")
    assert near(centered.value, 0.95, centered.mcse)


def test_truth_does_not_see_what_is_missing(played: Callable[..., Any]) -> None:
    everybody = played(MNAR.replace("chance: 30 %", "chance: 0 %"), replicates=100)
    assert np.array_equal(played(MNAR, replicates=10_000).truth.value, everybody.truth.value)
    assert everybody.truth.value[0, 0] == pytest.approx(-0.5, abs=1e-12)


def test_percent_change_finds_a_rise_where_nothing_changes(played: Callable[..., Any]) -> None:
    """E(post / pre) = exp(sd^2 (1 - rho)): the mean percent change is above 0 without any change."""
    result = played(PERCENT, replicates=10_000)
    exact = 100 * (math.exp(0.25 * 0.4) - 1)
    truth = result("percent", "truth_null_twin")
    assert near(truth.value, exact, truth.mcse)
    rejects = result("percent", "rejection_null_twin")
    assert rejects.value > 0.10
    assert "type_1_error" not in result.measures_of("percent")
    assert result("percent", "rejection_without_effects").value == rejects.value
    level = result("logs", "type_1_error")
    assert near(level.value, 0.05, level.mcse)


def test_responders_chosen_by_their_own_fall_have_no_truth_and_many_rejections(played: Callable[..., Any]) -> None:
    result = played(PERCENT, replicates=10_000)
    told = result.measures_of("those_who_fell")
    assert not told & {"truth", "bias", "coverage", "truth_null_twin"}
    assert result("those_who_fell", "rejection_null_twin").value > 0.95
    assert result("those_who_fell", "type_1_error").value == result("those_who_fell", "rejection_null_twin").value


def test_leaving_shortens_treatment_but_not_the_policy_of_measuring_everybody(played: Callable[..., Any]) -> None:
    """Without a ward treatment is given at once: leaving takes the value away, and the time on treatment."""
    result = played(LEAVING, replicates=5000)
    assert result("policy", "truth").value == pytest.approx(-2.0, abs=1e-12)
    assert result("hypothetical", "truth").value == pytest.approx(-2.0, abs=1e-12)
    stay = 0.5**0.7
    shorter = result("on_treatment", "truth")
    assert near(shorter.value, -2.0 * stay, shorter.mcse)
    bias = result("policy", "bias")
    assert near(bias.value, 0.0, bias.mcse)
    bias = result("on_treatment", "bias")
    assert near(bias.value, -2.0 * (1 - stay), bias.mcse)


# ---------------------------------------------------------------- on the ward


@pytest.fixture(scope="module")
def four(played: Callable[..., Any]) -> Any:
    return played((SCENARIOS / "lessons" / "estimands.yaml").read_text(encoding="utf-8"), replicates=4000)


def test_what_is_not_delivered_does_not_work(four: Any) -> None:
    """Log ratio: 60 % respond with log .65; of that the share really delivered with everyone in the massage arm."""
    full = 0.6 * math.log(0.65)
    hypothetical = four("if_always_given", "truth")
    assert near(hypothetical.value, full, hypothetical.mcse)
    policy = four("as_it_happens", "truth")
    assert abs(policy.value) < abs(hypothetical.value) - Z * policy.mcse
    study, replicates = four.study, range(400)
    entries = conduct(study.conduct, seed=1, replicates=replicates)
    tapes = draw_tapes(study.program, seed=1, replicates=replicates, participants=entries.entry.shape[1])
    trace = play(SharedDraws(study, entries, tapes, 1, replicates, "fast"), 1).trace
    massage = trace.activities[:, :, 0]
    share = np.maximum(massage[..., A_DELIVERED], 0) / np.maximum(massage[..., A_PLANNED], 1)
    assert near(
        policy.value, full * share.mean(), math.hypot(policy.mcse, full * share.std() / math.sqrt(share.size)) * 2
    )


def test_bias_is_interference_where_nothing_else_is_wrong(four: Any) -> None:
    """With everyone massaged the nurse is missed more often, so the mixed trial shows a larger effect."""
    bias, interference = four("as_it_happens", "bias"), four("as_it_happens", "interference")
    assert interference.value < -Z * interference.mcse
    assert near(bias.value, interference.value, math.hypot(bias.mcse, interference.mcse))


def test_responders_are_told_by_what_they_would_have_otherwise(four: Any) -> None:
    """Who responds and is given all of it falls by log .65; half a massage is a fall too, by more than 10 %."""
    truth = four("those_who_respond", "truth")
    assert math.log(0.65) - 1e-9 <= truth.value < math.log(0.9)
    chosen = four("those_who_fell", "bias")
    assert chosen.value > Z * chosen.mcse


def test_the_clock_alone_moves_the_null_twin_and_not_the_one_without_change() -> None:
    study = studies.prepare(load(SCENARIOS / "nicu-parent-massage.yaml"))
    truth = find_truth(study, replicates=2000)
    judged = studies.evaluate(study, replicates=6000, truth=truth)
    name = "all_mothers_log"
    null, still = (judged.value(f"truth_{twin}_twin", analysis=name) for twin in ("null", "no_change"))
    assert null.value < -Z * null.mcse
    assert near(still.value, 0.0, still.mcse)
    level = judged.value("type_1_error", analysis=name)
    assert level.value == judged.value("rejection_no_change_twin", analysis=name).value
    assert near(level.value, 0.05, level.mcse)
    clock = judged.value("rejection_null_twin", analysis=name)
    assert 0.06 < clock.value < 0.09
