"""What the course of events, the participant and the clock add to an outcome, one by one.

Each value is made again from the trace: the formula of docs/response.md, in plain numpy. Exact to 1e-9, so no false
alarms; the planted faults change what is counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.response.studies import (
    HOUR,
    MINUTE,
    Z,
    activity,
    flat,
    normal,
    played,
    same_share,
    tick,
    values,
    ward,
)
from trialsim.cohort import Cohort
from trialsim.protocol.columns import (
    A_END,
    A_FAILED,
    A_PAUSE_START,
    A_START,
    GAVE_UP,
    GRANTED,
    H_GRANT,
    H_REQUEST,
    H_STATE,
)

Floats = NDArray[np.float64]
SHARES = [0.5, 0.2, 0.15, 0.1, 0.05]
VISITS = ["before", "during", "after"]
#: A ward on which all drivers have something to count: one nurse and a narrow door in time.
STEPS = [
    {"wait": {"for": "1 d", "until": "daily 10:00-10:30"}},
    {"visit": "before"},
    {
        "activity": "talk", "lasts": {"uniform": {"low": "2 min", "high": "9 min"}}, "needs": ["nurse"],
        "give_up_after": "25 min", "interrupted": {"chance": "40 %", "for": "3 min", "stopped": "0 %"},
    },
    {
        "attempt": "needle", "lasts": "1 min", "succeeds": "50 %", "at_most": 4, "visit": "during",
        "needs": ["phlebotomist"],
    },
    {"visit": "after"},
]  # fmt: skip
STAFF = {"nurse": {"units": 1}, "phlebotomist": {"units": 1}}
DRIVERS = {
    "failed": {"driver": "failed", "of": "needle"},
    "interrupted": {"driver": "interrupted", "of": "talk"},
    "missed": {"driver": "missed", "of": "talk"},
    "wait for one": {"driver": "wait", "for": "nurse", "per": "10 min"},
    "duration": {"driver": "duration", "of": "talk", "per": "5 min"},
}


def normal_outcome(**more: Any) -> dict[str, Any]:
    return {"distribution": "normal", "visits": VISITS, "level": {"mean": 10, "sd": 2}, **more}


def counted(cohort: Cohort, driver: str, visit: str) -> Floats:
    """The driver's value for every participant, read from the trace in a plain loop."""
    assert cohort.trace is not None
    now = tick(cohort, visit)
    talk, needle = activity(cohort, "talk"), activity(cohort, "needle")
    found = np.zeros(now.shape)
    for at in np.ndindex(now.shape):
        nurse = cohort.trace.holds[(*at, 0)]
        t, n = talk[at], needle[at]
        talked, tried = 0 <= t[A_END] <= now[at], 0 <= n[A_END] <= now[at]
        found[at] = {
            "failed": n[A_FAILED] if tried else 0,
            "interrupted": talked and t[A_PAUSE_START] >= 0,
            "missed": visit != "before" and nurse[H_STATE] == GAVE_UP,
            "wait for one": (nurse[H_GRANT] - nurse[H_REQUEST]) / (10 * MINUTE)
            if nurse[H_STATE] == GRANTED and nurse[H_GRANT] <= now[at]
            else 0,
            "duration": (t[A_END] - t[A_START]) / (5 * MINUTE) if talked else 0,
        }[driver]
    return found


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_driver_moves_the_outcome_by_what_had_happened_by_then(driver: str) -> None:
    text = ward(
        {"y": normal_outcome(drivers=[DRIVERS[driver] | {"difference": 1.5}])}, STEPS, enroll=40, resources=STAFF
    )
    cohort = played(text, 5)
    shape = cohort.entries.arm.shape
    for visit in VISITS if driver != "missed" else VISITS[1:]:
        count = counted(cohort, driver, visit)
        shift = values(cohort, "y", visit) - 10 - 2 * normal(f"response/y/{visit}", shape)
        np.testing.assert_allclose(shift, 1.5 * count, atol=1e-9)
        if visit == "before":
            assert (count == 0).all()
    assert len(np.unique(count)) > 1  # after: the driver has something to say


def test_missed_does_not_look_ahead() -> None:
    """The visit is at once before the talk: nobody has missed it yet."""
    text = ward(
        {"y": normal_outcome(drivers=[DRIVERS["missed"] | {"difference": 1.5}])}, STEPS, enroll=40, resources=STAFF
    )
    cohort = played(text, 5)
    shift = values(cohort, "y", "before") - 10 - 2 * normal("response/y/before", cohort.entries.arm.shape)
    np.testing.assert_allclose(shift, 0, atol=1e-9)


def test_missed_counts_the_step_that_is_named() -> None:
    """Whoever misses the talk has not missed the walk."""
    walk = {"activity": "walk", "lasts": "20 min", "needs": ["porter"], "give_up_after": "5 min"}
    steps = [STEPS[0], STEPS[1], STEPS[2], walk, STEPS[4]]
    staff = {"nurse": {"units": 2}, "porter": {"units": 1}}
    outcome = normal_outcome(
        visits=["before", "after"], drivers=[{"driver": "missed", "of": "walk", "difference": 1.5}]
    )
    cohort = played(ward({"y": outcome}, steps, enroll=40, resources=staff), 5)
    assert cohort.trace is not None
    missed = cohort.trace.holds[:, :, :, H_STATE] == GAVE_UP
    assert (missed[..., 0] != missed[..., 1]).any()
    shift = values(cohort, "y", "after") - 10 - 2 * normal("response/y/after", cohort.entries.arm.shape)
    np.testing.assert_allclose(shift, 1.5 * missed[..., 1], atol=1e-9)


def test_failed_needles_hurt_as_the_odds_ratio_says() -> None:
    """Scores made again one by one: cumulative logits lowered by log 1.6 for each failed try."""
    pain = {
        "distribution": "ordinal", "categories": [0, 1, 2, 3, 4], "visits": VISITS, "level": {"shares": SHARES},
        "drivers": [DRIVERS["failed"] | {"odds_ratio": 1.6}, DRIVERS["wait for one"] | {"odds_ratio": 1.1}],
    }  # fmt: skip
    cohort = played(ward({"pain": pain}, STEPS, enroll=40, resources=STAFF), 5)
    cuts = np.cumsum(SHARES)[:-1]
    for visit in VISITS:
        shift = math.log(1.6) * counted(cohort, "failed", visit) + math.log(1.1) * counted(
            cohort, "wait for one", visit
        )
        u = stats.norm.cdf(normal(f"response/pain/{visit}", shift.shape))
        logits = (np.log(cuts) - np.log1p(-cuts)) - shift[..., None]
        expected = (u[..., None] > 1 / (1 + np.exp(-logits))).sum(axis=-1)
        assert np.array_equal(values(cohort, "pain", visit), expected)
    assert counted(cohort, "failed", "during").max() >= 2


def test_the_odds_ratio_of_pain_per_failed_needle_is_found_again() -> None:
    """The planted direction: pain above 0, among those with 0 and with 1 failed try; 1e-5."""
    pain = {
        "distribution": "binary", "visits": VISITS, "level": {"chance": 0.5},
        "drivers": [DRIVERS["failed"] | {"odds_ratio": 2}],
    }  # fmt: skip
    steps = [STEPS[0], STEPS[1], {**STEPS[3], "needs": []}, STEPS[4]]
    cohort = played(ward({"pain": pain}, steps), 200)
    failed, y = activity(cohort, "needle")[..., A_FAILED], values(cohort, "pain", "during")
    for count in range(3):
        odds = 2.0**count
        assert same_share(y[failed == count] == 1, odds / (1 + odds))
    assert not same_share(y[failed == 1] == 1, 0.5)
    assert same_share(values(cohort, "pain", "before") == 1, 0.5)  # the needle comes later


def test_what_happened_in_earlier_sessions_still_counts() -> None:
    """Failed tries of all repeats so far are added up."""
    needle = {"attempt": "needle", "lasts": "1 min", "succeeds": "50 %", "at_most": 4}
    course = {"repeat": "day", "times": 3, "steps": [{"wait": {"for": "1 d"}}, needle, {"visit": "evening"}]}
    told = normal_outcome(visits=["evening", "end"], drivers=[DRIVERS["failed"] | {"difference": 1.5}])
    cohort = played(ward({"y": told}, [course, {"visit": "end"}], enroll=40), 5)
    failed = np.zeros(cohort.entries.arm.shape)
    for number in (1, 2, 3):
        failed += activity(cohort, f"needle {number}")[..., A_FAILED]
        shift = values(cohort, "y", f"evening {number}") - 10 - 2 * normal(f"response/y/evening {number}", failed.shape)
        np.testing.assert_allclose(shift, 1.5 * failed, atol=1e-9)


def test_a_driver_that_looks_ahead_is_seen() -> None:
    """Planted fault: what is counted at the end, at a visit before it."""
    text = ward(
        {"y": normal_outcome(drivers=[DRIVERS["failed"] | {"difference": 1.5}])}, STEPS, enroll=40, resources=STAFF
    )
    cohort = played(text, 5)
    shift = values(cohort, "y", "before") - 10 - 2 * normal("response/y/before", cohort.entries.arm.shape)
    assert not np.allclose(shift, 1.5 * counted(cohort, "failed", "after"))


# ---------------------------------------------------------------- covariates

PEOPLE = {
    "age": {"uniform": {"low": "12 y", "high": "18 y"}},
    "sex": {"choice": {"girl": "50 %", "boy": "50 %"}},
}


def test_covariates_move_a_normal_outcome_per_unit_and_by_category() -> None:
    told = [
        {"covariate": "age", "difference": 1.5, "per": "2 y", "centered_at": "15 y"},
        {"covariate": "sex", "category": "boy", "difference": -3},
    ]
    outcome = {"distribution": "normal", "visits": ["post"], "level": {"mean": 10, "sd": 2}, "covariates": told}
    cohort = played(flat({"y": outcome}, visits=["post"], participants=PEOPLE), 20)
    age, sex = (cohort.entries.covariates[..., place] for place in (0, 1))
    shift = values(cohort, "y", "post") - 10 - 2 * normal("response/y/post", age.shape)
    np.testing.assert_allclose(shift, 1.5 * (age - 15) / 2 - 3 * (sex == 1), atol=1e-9)
    assert 12 < age.min() < 12.1
    assert 17.9 < age.max() < 18
    assert same_share(cohort.entries.covariates[..., 1] == 1, 0.5)


def test_a_covariate_of_a_score_and_of_a_concentration() -> None:
    fear = {
        "distribution": "ordinal", "categories": [0, 1, 2, 3, 4], "visits": ["post"], "level": {"shares": SHARES},
        "covariates": [{"covariate": "sex", "category": "girl", "odds_ratio": 3}],
    }  # fmt: skip
    cortisol = {
        "distribution": "lognormal", "visits": ["post"], "level": {"median": 6, "sd_log": 0.5},
        "covariates": [{"covariate": "sex", "category": "girl", "ratio": 1.4}],
    }  # fmt: skip
    cohort = played(flat({"fear": fear, "cortisol": cortisol}, visits=["post"], participants=PEOPLE))
    girl = cohort.entries.covariates[..., 1] == 0
    ratio = values(cohort, "cortisol", "post") / (6 * np.exp(0.5 * normal("response/cortisol/post", girl.shape)))
    np.testing.assert_allclose(ratio, np.where(girl, 1.4, 1.0), rtol=1e-9)
    y = values(cohort, "fear", "post")
    for cut in range(4):
        above = 1 - sum(SHARES[: cut + 1])
        odds = 3 * above / (1 - above)
        assert same_share(y[girl] > cut, odds / (1 + odds))
        assert same_share(y[~girl] > cut, above)


# ---------------------------------------------------------------- the clock

DAYLONG = [{"wait": {"for": {"uniform": {"low": "0 h", "high": "24 h"}}}}, {"visit": "post"}]


def clocked(rhythm: dict[str, Any], steps: Sequence[Any] = DAYLONG) -> tuple[Floats, Floats]:
    """Hour of the day of each visit, and what the clock adds to the logarithm."""
    outcome = {"distribution": "lognormal", "visits": ["post"], "level": {"median": 6, "sd_log": 0.5}, "rhythm": rhythm}
    cohort = played(ward({"y": outcome}, steps), 5, twins=("declared", "null", "no change"))
    z = normal("response/y/post", cohort.entries.arm.shape)
    plain = np.log(6) + 0.5 * z
    shift = np.log(values(cohort, "y", "post")) - plain
    # the null twin keeps the clock, the twin without change has none
    assert np.array_equal(values(cohort, "y", "post"), values(cohort, "y", "post", "null"))
    np.testing.assert_allclose(np.log(values(cohort, "y", "post", "no change")), plain, atol=1e-9)
    return tick(cohort, "post") % 86_400 / HOUR, shift


def test_a_slope_counts_hours_to_the_nearest_passing_of_the_reference_clock() -> None:
    hour, shift = clocked({"slope": "-0.132 per h", "reference_clock": "22:00"})
    away = hour - 22
    away = np.where(away <= -12, away + 24, away)
    np.testing.assert_allclose(shift, -0.132 * away, atol=1e-9)
    assert away.min() < -11
    assert away.max() > 11


def test_the_half_day_itself_counts_as_after() -> None:
    steps = [{"wait": {"for": "1 h", "until": "daily 22:00-22:05"}}, {"visit": "post"}]
    hour, shift = clocked({"slope": "-0.132 per h", "reference_clock": "10:00"}, steps)
    assert (hour == 22).mean() > 0.9
    np.testing.assert_allclose(shift[hour == 22], -0.132 * 12, atol=1e-9)


def test_a_slope_stays_flat_outside_its_window() -> None:
    hour, shift = clocked({"slope": "-0.132 per h", "reference_clock": "10:00", "between": "08:00-20:00"})
    inside = (hour >= 8) & (hour <= 20)
    evening = (hour > 20) | (hour < 2)  # nearer to 20:00 than to 08:00
    expected = np.where(inside, hour - 10, np.where(evening, 10, -2))
    np.testing.assert_allclose(shift, -0.132 * expected, atol=1e-9)


def test_a_cosinor_peaks_where_it_is_declared_and_is_nothing_at_the_reference_clock() -> None:
    hour, shift = clocked({"amplitude": 0.8, "peak": "08:00", "reference_clock": "10:00"})
    np.testing.assert_allclose(shift, 0.8 * (np.cos(np.pi * (hour - 8) / 12) - math.cos(np.pi / 6)), atol=1e-9)
    assert abs(hour.ravel()[shift.argmax()] - 8) < 0.5
    at_ten = np.abs(hour - 10) < 0.05
    assert np.abs(shift[at_ten]).max() < 0.01


def test_the_hours_of_visits_are_spread_over_the_day() -> None:
    """What the comparisons above take for granted; the mean of a uniform hour."""
    hour, _ = clocked({"slope": "0 per h", "reference_clock": "10:00"})
    assert abs(hour.mean() - 12) < Z * 24 / math.sqrt(12 * hour.size)
