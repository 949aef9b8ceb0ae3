"""Therapists as clusters: how often a trial without an effect rejects, and the power where therapists treat both arms.

Checks allow 5 standard errors (a false alarm of 6e-7 each, eighteen of them). The everyday tests see a rejection rate that is
off by .08 and a power that is off by .06; those marked verify see .02 and .02.
"""

from __future__ import annotations

import json
import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from trialsim import study as studies
from trialsim.scenario import loads
from trialsim.truth import find_truth

Floats = NDArray[np.float64]
Z = 5.0
N = 30

# ---------------------------------------------------------------- one therapist in each arm

#: Each arm has a therapist of its own. The room is asked for alone, before, or together with the therapist.
ALONE = [{"activity": arm, "needs": [who], "lasts": "30 min"} for arm, who in (("A", "anna"), ("B", "bert"))]
TOGETHER = [{"activity": arm, "needs": ["room", who], "lasts": "30 min"} for arm, who in (("A", "anna"), ("B", "bert"))]
LATER = [{"wait": {"for": "1 h"}}]
PROTOCOLS = {
    "alone": [*ALONE, {"visit": "after"}],
    "a room held around": [{"hold": ["room"], "steps": [*ALONE, {"visit": "after"}]}],
    "a room with the therapist": [*TOGETHER, {"visit": "after"}],
    "after a wait": [*ALONE, *LATER, {"visit": "after"}],
    "after a room in the next session": [*ALONE, *LATER, {"hold": ["room"], "steps": [{"visit": "after"}]}],
}


def nested(protocol: str, icc: float) -> studies.Study:
    one = {"units": 1, "people": 1, "hours": "daily 08:00-18:00"}
    return studies.prepare(loads(json.dumps({
        "trialsim": 1, "name": "one-each", "title": "A therapist in each arm",
        "setting": {
            "starts": "2026-01-05", "patients": {"arrive": {"every": "1 d"}, "consent": "100 %"},
            "resources": {"room": {"units": 3}, "anna": one, "bert": one},
        },
        "design": {"arms": {"A": "Anna", "B": "Bert"}, "allocation": {"method": "permuted blocks"}, "enroll": {"each arm": N}},
        "protocol": [{"wait": {"for": "1 h", "until": "daily 08:00-16:00"}}, *PROTOCOLS[protocol]],
        "outcomes": {"score": {
            "distribution": "normal", "visits": ["after"], "level": {"mean": 50, "sd": 10},
            "icc": {"practitioner": {"value": icc, "of": ["anna", "bert"]}},
        }},
        "analyses": {"main": {"outcome": "score", "visit": "after", "test": "t"}},
        "primary": "main",
    })))  # fmt: skip


def exact_rate(icc: float, n: int = N) -> float:
    """How often the t-test of two arms of n rejects when each arm has a therapist of its own and nothing differs.

    The difference of means is normal with variance 2 icc + 2 (1 - icc) / n, and independent of the variance within arms,
    whose mean is 1 - icc. So the t statistic is sqrt(1 + n icc / (1 - icc)) times one with Student's distribution.
    """
    freedom = 2 * n - 2
    stretch = math.sqrt(1 + n * icc / (1 - icc))
    return float(2 * stats.t.sf(stats.t.isf(0.025, freedom) / stretch, freedom))


def rejects(study: studies.Study, replicates: int, twin: str = "null", row: int = 0) -> float:
    estimates = studies.play(study, range(replicates)).estimates
    return float((estimates.p[estimates.twins.index(twin), :, row] < 0.05).mean())


def near(found: float, wanted: float, replicates: int) -> bool:
    return abs(found - wanted) < Z * math.sqrt(wanted * (1 - wanted) / replicates)


def test_the_exact_rates() -> None:
    assert [round(exact_rate(icc), 4) for icc in (0.06, 0.3, 0.6)] == [0.2458, 0.5928, 0.7689]
    assert exact_rate(0.0) == pytest.approx(0.05, abs=1e-12)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("icc", [0.06, 0.3, 0.6])
def test_a_therapist_in_each_arm_rejects_as_often_as_derived(protocol: str, icc: float) -> None:
    found = rejects(nested(protocol, icc), 1000)
    assert near(found, exact_rate(icc), 1000)
    assert not near(found, 0.05, 1000)  # planted: a room that counts, or a wait that forgets


@pytest.mark.verify
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("icc", [0.06, 0.3, 0.6])
def test_a_therapist_in_each_arm_rejects_as_often_as_derived_in_many_trials(protocol: str, icc: float) -> None:
    assert near(rejects(nested(protocol, icc), 20_000), exact_rate(icc), 20_000)


# ---------------------------------------------------------------- therapists who treat both arms

MEAN, SD, RHO, EFFECT, PEOPLE = 46.0, 11.0, 0.6, 7.0, 5
SHIFTS = "daily 00:00-12:00; daily 12:00-24:00"  # two a day: "daily 00:00-24:00" would be one shift without end


def crossed(icc: float, spread: float = 0.0) -> studies.Study:
    """One unit, five people by lot in each shift of 12 hours, a client every 12 hours, a baseline before contact."""
    response: dict[str, Any] = {"difference": -EFFECT, "visits": ["end"]}
    if spread:
        response["sd_practitioner"] = spread
    return studies.prepare(loads(json.dumps({
        "trialsim": 1, "name": "crossed", "title": "Therapists who treat both arms",
        "setting": {
            "starts": "2026-01-05", "patients": {"arrive": {"every": "12 h"}, "consent": "100 %"},
            "resources": {"room": {"units": 90}, "therapist": {"units": 1, "people": PEOPLE, "hours": SHIFTS}},
        },
        "design": {
            "arms": {"talk": "talk", "massage": "massage"}, "allocation": {"method": "permuted blocks", "block": 4},
            "enroll": {"each arm": N},
        },
        "protocol": [
            {"visit": "intake"},
            {"hold": ["room"], "steps": [
                {"activity": "talk", "needs": ["therapist"], "lasts": "1 s"},
                {"activity": "massage", "needs": ["therapist"], "lasts": "1 s"},
            ]},
            {"wait": {"for": "42 d"}},
            {"visit": "end"},
        ],
        "outcomes": {"anxiety": {
            "distribution": "normal", "visits": ["intake", "end"], "level": {"mean": MEAN, "sd": SD},
            "correlation": {"between_sessions": RHO}, "icc": {"practitioner": icc}, "responds_to": {"massage": response},
        }},
        "analyses": {
            "t": {"outcome": "anxiety", "visit": "end", "test": "t"},
            "ancova": {"outcome": "anxiety", "visit": "end", "baseline": "intake", "test": "ancova"},
        },
        "primary": "t",
    })))  # fmt: skip


def simulated(icc: float, spread: float, *, replicates: int, seed: int, own: float = RHO) -> tuple[float, float]:
    """Power of the t-test and of ANCOVA, from the rules alone: numpy's draws, formulas written out, none of our code.

    A therapist is drawn for each shift; who comes in a shift shares the therapist. ``own`` is the correlation of the personal
    parts.
    """
    rng = np.random.default_rng(seed)
    shape = (replicates, 2 * N)
    turn = np.floor(rng.exponential(1.0, shape).cumsum(axis=1)).astype(int)  # shifts since the start
    on_duty = rng.integers(PEOPLE, size=(replicates, turn.max() + 1))
    person = np.take_along_axis(on_duty, turn, axis=1)
    arm = rng.permuted(np.tile([0, 0, 1, 1], (replicates, N // 2, 1)), axis=2).reshape(shape)
    u, b = (np.take_along_axis(rng.normal(size=(replicates, PEOPLE)), person, axis=1) for _ in range(2))
    first = rng.normal(size=shape)
    second = own * first + math.sqrt(1 - own**2) * rng.normal(size=shape)
    x = SD * first
    y = SD * (math.sqrt(icc) * u + math.sqrt(1 - icc) * second) + arm * (spread * b - EFFECT)
    return tuple(float((p < 0.05).mean()) for p in (p_of_t(y, arm), p_of_ancova(y, x, arm)))  # type: ignore[return-value]


def within(a: Floats, b: Floats, arm: Any) -> Floats:
    """(R,) sums of products within arms."""
    total = np.zeros(len(a))
    for k in (0, 1):
        inside = arm == k
        centered = [np.where(inside, v - (v * inside).sum(axis=1, keepdims=True) / N, 0.0) for v in (a, b)]
        total += (centered[0] * centered[1]).sum(axis=1)
    return total


def gap(a: Floats, arm: Any) -> Floats:
    """(R,) difference of the arms' means."""
    return np.asarray((np.where(arm == 1, a, 0.0).sum(axis=1) - np.where(arm == 0, a, 0.0).sum(axis=1)) / N)


def p_of_t(y: Floats, arm: Any) -> Floats:
    freedom = 2 * N - 2
    t = gap(y, arm) / np.sqrt(within(y, y, arm) / freedom * 2 / N)
    return np.asarray(2 * stats.t.sf(np.abs(t), freedom))


def p_of_ancova(y: Floats, x: Floats, arm: Any) -> Floats:
    """Adjusted difference with the pooled slope within arms, by its own error."""
    freedom = 2 * N - 3
    xx, xy, yy = within(x, x, arm), within(x, y, arm), within(y, y, arm)
    difference = gap(y, arm) - xy / xx * gap(x, arm)
    variance = (yy - xy**2 / xx) / freedom * (2 / N + gap(x, arm) ** 2 / xx)
    return np.asarray(2 * stats.t.sf(np.abs(difference) / np.sqrt(variance), freedom))


def test_the_independent_simulation_is_right_where_it_can_be_known() -> None:
    """Without therapists the power of t is that of the noncentral t distribution."""
    found = simulated(0.0, 0.0, replicates=20_000, seed=1)[0]
    freedom, shift = 2 * N - 2, EFFECT / SD * math.sqrt(N / 2)
    limit = stats.t.isf(0.025, freedom)
    exact = stats.nct.sf(limit, freedom, shift) + stats.nct.cdf(-limit, freedom, shift)
    assert near(found, float(exact), 20_000)


@cache
def both(icc: float, spread: float, replicates: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    study = crossed(icc, spread)
    estimates = studies.play(study, range(replicates)).estimates
    found = tuple(float((estimates.p[0, :, row] < 0.05).mean()) for row in (0, 1))
    return found, simulated(icc, spread, replicates=20_000, seed=2)


def agree(a: float, b: float, replicates: int) -> bool:
    return abs(a - b) < Z * math.sqrt(b * (1 - b) * (1 / replicates + 1 / 20_000))


@pytest.mark.parametrize(("icc", "spread"), [(0.0, 0.0), (0.06, 0.0), (0.6, 0.0), (0.06, 8.0)])
def test_therapists_who_treat_both_arms(icc: float, spread: float) -> None:
    found, wanted = both(icc, spread, 2000)
    for ours, theirs in zip(found, wanted, strict=True):
        assert agree(ours, theirs, 2000)


def test_a_correlation_that_ignores_the_therapist_is_seen() -> None:
    """Planted fault: the own parts keep the correlation in all, as when the practitioner's share acted as one."""
    found, _ = both(0.6, 0.0, 2000)
    wrong = simulated(0.6, 0.0, replicates=20_000, seed=2, own=RHO / math.sqrt(0.4))
    assert not agree(found[1], wrong[1], 2000)


def test_the_true_effect_is_the_mean_over_therapists() -> None:
    """-7 in the mean, though each trial has five therapists who differ by an SD of 8: the error is about .1."""
    truth = find_truth(crossed(0.06, 8.0), replicates=1000, seed=1)
    for row in (0, 1):
        value, error = truth.declared(row)
        assert abs(value + EFFECT) < Z * error
        assert 0.05 < error < 0.3


@pytest.mark.verify
@pytest.mark.parametrize(("icc", "spread"), [(0.06, 0.0), (0.3, 0.0), (0.6, 0.0), (0.06, 4.0), (0.0, 8.0)])
def test_therapists_who_treat_both_arms_in_many_trials(icc: float, spread: float) -> None:
    found, wanted = both(icc, spread, 20_000)
    for ours, theirs in zip(found, wanted, strict=True):
        assert agree(ours, theirs, 20_000)
