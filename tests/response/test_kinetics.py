"""Cortisol against an independent numeric integration of its equation, participant by participant.

dC/dt = ln 2 / h (S - C), C = 1 before; S(t) is read off the trace at each moment by its definition and the equation is
integrated by scipy's solve_ivp. Both agree to 1e-7 in the logarithm; the planted faults differ by more than 1e-3.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate

from tests.response.studies import HOUR, MINUTE, activity, normal, played, same_share, tick, uniform, values, ward
from trialsim.cohort import Cohort
from trialsim.protocol.columns import A_END, A_PAUSE_END, A_PAUSE_START, A_START
from trialsim.response.effects import ceilings
from trialsim.response.kinetics import largest_fall

Floats = NDArray[np.float64]
HALF = 65 * MINUTE
#: Secretion, lag and time of each drive; -1 for as long as the activity.
DRIVES = {
    "massage": (-0.6, 3 * MINUTE, -1),
    "talk": (-0.7, 1 * MINUTE, 40 * MINUTE),
    "needle": (0.8, 3 * MINUTE, 20 * MINUTE),
}
STEPS = [
    {"wait": {"for": "1 d"}},
    {"visit": "pre"},
    {"activity": "talk", "lasts": {"uniform": {"low": "4 min", "high": "30 min"}}},
    {
        "activity": "massage", "arms": ["treated"], "lasts": {"median": "15 min", "cv": 0.3},
        "interrupted": {"chance": "60 %", "for": {"mean": "5 min", "sd": "3 min"}, "stopped": "30 %"},
    },
    {"visit": "mid"},
    {"attempt": "needle", "lasts": "2 min", "succeeds": "50 %", "at_most": 3},
    {"visit": "post"},
    {"wait": {"for": {"uniform": {"low": "5 min", "high": "3 h"}}}},
    {"visit": "later"},
]  # fmt: skip
VISITS = ["pre", "mid", "post", "later"]


def secretion(amount: float, lag: int, lasts: int, **more: Any) -> dict[str, Any]:
    told = {"secretion": f"{100 * amount:g} %", "lag": f"{lag} s", **more}
    return told | ({} if lasts < 0 else {"for": f"{lasts} s"})


def cortisol(**more: Any) -> dict[str, Any]:
    return {
        "distribution": "lognormal", "visits": VISITS, "level": {"median": 6, "sd_log": 0.5}, "half_life": f"{HALF} s",
        "responds_to": {name: secretion(*drive) for name, drive in DRIVES.items()},
    } | more  # fmt: skip


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return played(ward({"y": cortisol()}, STEPS, enroll=15), 2, twins=("declared", "null"))


def log_level(cohort: Cohort, at: tuple[int, int], now: int, *, scale: float = 1.0, half: float = HALF) -> float:
    """Logarithm of C at a tick by numeric integration; ``scale`` is that of the arm's own massage."""
    rows = {name: activity(cohort, name)[at] for name in DRIVES}

    def supply(t: float) -> float:
        total = 1.0
        for name, (amount, lag, lasts) in DRIVES.items():
            row, then = rows[name], t - lag
            end = row[A_END] if lasts < 0 else row[A_START] + lasts
            paused = row[A_PAUSE_START] <= then < row[A_PAUSE_END]
            if row[A_START] >= 0 and row[A_START] <= then < end and not paused:
                total += amount * (scale if name == "massage" else 1.0)
        return max(total, 0.0)

    ends = {now}
    for name, (_, lag, lasts) in DRIVES.items():
        row = rows[name]
        ends |= {int(row[c]) + lag for c in (A_START, A_END, A_PAUSE_START, A_PAUSE_END) if row[c] >= 0}
        ends |= {int(row[A_START]) + lasts + lag} if lasts >= 0 else set()
    times = sorted(t for t in ends if t <= now)
    level = 1.0
    for start, stop in pairwise(times):
        found = integrate.solve_ivp(
            lambda t, c: math.log(2) / half * (supply(t) - c), (start, stop - 1e-6), [level], rtol=1e-9, atol=1e-11
        )
        level = float(found.y[0, -1])
    return math.log(level)


def shifts(cohort: Cohort, visit: str, twin: str = "declared") -> Floats:
    """(R, N) what is added to the logarithm."""
    z = normal(f"response/y/{visit}", cohort.entries.arm.shape)
    return np.asarray(np.log(values(cohort, "y", visit, twin)) - math.log(6) - 0.5 * z)


@pytest.mark.parametrize("visit", VISITS)
@pytest.mark.parametrize("twin", ["declared", "null"])
def test_levels_are_those_of_the_integrated_equation(visit: str, twin: str, cohort: Cohort) -> None:
    now, got = tick(cohort, visit), shifts(cohort, visit, twin)
    exact = np.array(
        [log_level(cohort, at, int(now[at]), scale=float(twin == "declared")) for at in np.ndindex(now.shape)]
    )
    np.testing.assert_allclose(got.ravel(), exact, atol=1e-7)
    assert (visit == "pre") == bool(np.abs(got).max() < 1e-9)


def test_the_cases_above_hold_what_can_go_wrong(cohort: Cohort) -> None:
    """Pauses that went on, massages that were stopped, drives that overlap and would take secretion below zero."""
    treated = cohort.entries.arm == 1
    massage, talk = activity(cohort, "massage")[treated], activity(cohort, "talk")[treated]
    paused = massage[:, A_PAUSE_START] >= 0
    assert paused.any()
    assert (~paused).any()
    overlap = massage[:, A_START] + 3 * MINUTE < talk[:, A_START] + 41 * MINUTE
    assert overlap.any()  # -60 % and -70 % together: nothing is secreted


@pytest.mark.parametrize("fault", ["lag", "half-life", "pause"])
def test_a_wrong_term_is_seen(fault: str, cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted faults in the judge: a lag of 2 minutes, a half-life of 70, a drive that goes on during the pause."""
    half = HALF
    if fault == "lag":
        monkeypatch.setitem(DRIVES, "massage", (-0.6, 2 * MINUTE, -1))
    elif fault == "half-life":
        half = 70 * MINUTE
    now, got = tick(cohort, "mid"), shifts(cohort, "mid")
    if fault == "pause":
        assert cohort.trace is not None
        place = 1
        row = cohort.trace.activities[:, :, place].copy()
        cohort.trace.activities[:, :, place, A_PAUSE_START] = -1
        cohort.trace.activities[:, :, place, A_PAUSE_END] = -1
    exact = np.array([log_level(cohort, at, int(now[at]), half=half) for at in np.ndindex(now.shape)])
    if fault == "pause":
        assert cohort.trace is not None
        cohort.trace.activities[:, :, place] = row
    assert np.abs(got.ravel() - exact).max() > 1e-3


def test_nothing_secreted_falls_by_half_in_a_half_life_and_no_faster() -> None:
    """No secretion from a start 65 minutes before: C = 1/2; and -100 % is the floor."""
    for amount in ("-100 %", "-90 %"):
        steps = [{"wait": {"for": "1 d"}}, {"activity": "rest", "lasts": "65 min"}, {"visit": "post"}]
        told = cortisol(visits=["post"], responds_to={"rest": {"secretion": amount}})
        cohort = played(ward({"y": told}, steps, enroll=2), 1)
        level = np.exp(shifts(cohort, "post"))
        np.testing.assert_allclose(level, 0.5 if amount == "-100 %" else 0.1 + 0.9 / 2, rtol=1e-9)


def test_the_ceiling_that_is_printed_is_the_fall_that_is_played() -> None:
    massage = {"activity": "massage", "arms": ["treated"], "lasts": "15 min"}
    told = cortisol(visits=["pre", "post"], responds_to={"massage": {"secretion": "-60 %", "lag": "3 min"}})
    steps = [{"wait": {"for": "1 d"}}, {"visit": "pre"}, massage, {"visit": "post"}]
    cohort = played(ward({"y": told}, steps, enroll=4), 1)
    (ceiling,) = ceilings(cohort.response_plan)
    assert (ceiling.activity, ceiling.visit, ceiling.gap) == ("massage", "post", 12 * MINUTE)
    assert ceiling.possible == largest_fall(12 * MINUTE, HALF) == 1 - 2 ** (-12 / 65)
    treated = cohort.entries.arm == 1
    np.testing.assert_allclose(1 - np.exp(shifts(cohort, "post")[treated]), ceiling.declared, rtol=1e-9)


def test_without_any_effect_a_third_falls_by_more_than_fifteen_percent_by_chance() -> None:
    """Phi((log .85) / (s sqrt(2 (1 - rho)))): the residual falls faster than clearance can."""
    told = {
        "distribution": "lognormal", "visits": ["pre", "post"], "level": {"median": 6, "sd_log": 0.7},
        "correlation": {"within_session": 0.85},
    }  # fmt: skip
    steps = [{"wait": {"for": "1 d"}}, {"visit": "pre"}, {"activity": "rest", "lasts": "15 min"}, {"visit": "post"}]
    cohort = played(ward({"y": told}, steps), 50)
    fell = values(cohort, "y", "post") < 0.85 * values(cohort, "y", "pre")
    spread = 0.7 * math.sqrt(0.3)
    exact = 0.5 * math.erfc(-math.log(0.85) / spread / math.sqrt(2))
    assert same_share(fell, exact)
    assert exact == pytest.approx(0.336, abs=0.001)


def test_only_responders_answer_and_their_share_is_declared() -> None:
    told = cortisol(visits=["pre", "post"], responds_to={"massage": {"secretion": "-60 %", "responders": "70 %"}})
    massage = {"activity": "massage", "arms": ["treated"], "lasts": "15 min"}
    steps = [{"wait": {"for": "1 d"}}, {"visit": "pre"}, massage, {"visit": "post"}]
    cohort = played(ward({"y": told}, steps), 50)
    treated = cohort.entries.arm == 1
    full = math.log(0.4 + 0.6 * 2 ** (-15 / 65))
    got = shifts(cohort, "post")
    responds = treated & (uniform("responder/y/massage", treated.shape) < 0.7)
    np.testing.assert_allclose(got, np.where(responds, full, 0.0), atol=1e-9)
    assert same_share(got[treated] < -1e-6, 0.7)


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_scale_multiplies_the_change_of_secretion_of_the_arms_own_activity(scale: float, cohort: Cohort) -> None:
    scaled = played(ward({"y": cortisol()}, STEPS, enroll=15), 2, scale=scale)
    now, got = tick(scaled, "post"), shifts(scaled, "post")
    some = [(0, n) for n in range(12)]
    exact = [log_level(scaled, at, int(now[at]), scale=scale) for at in some]
    np.testing.assert_allclose([got[at] for at in some], exact, atol=1e-7)
    assert not np.allclose(got, shifts(cohort, "post"))


def test_clock_and_clearance_add_up() -> None:
    """The rhythm moves the level on which secretion works, on the log scale."""
    rhythm = {"slope": "-0.132 per h", "reference_clock": "10:00"}
    steps = [{"wait": {"for": "1 d", "until": "daily 09:00-15:00"}}, *STEPS[1:]]
    both = played(ward({"y": cortisol(rhythm=rhythm)}, steps, enroll=15), 2)
    one = played(ward({"y": cortisol()}, steps, enroll=15), 2)
    hours = tick(both, "post") % 86_400 / HOUR - 10
    hours = np.where(hours > 12, hours - 24, np.where(hours <= -12, hours + 24, hours))
    np.testing.assert_allclose(shifts(both, "post") - shifts(one, "post"), -0.132 * hours, atol=1e-9)
