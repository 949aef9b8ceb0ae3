"""Why a value is missing: leaving, lost samples, sessions missed, windows, and the declared MCAR, MAR and MNAR.

Who is missing is made again from the draws' addresses and compared one by one; the statistical comparisons (about 20)
are false alarms with 6e-7 each.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.response.studies import (
    MINUTE,
    SEED,
    activity,
    flat,
    normal,
    played,
    same_correlation,
    same_mean,
    same_share,
    status,
    tick,
    uniform,
    values,
    ward,
)
from trialsim.cohort import Cohort
from trialsim.protocol.columns import A_END
from trialsim.response import missingness, respond

Floats = NDArray[np.float64]
BOTH = ("declared", "null")


def score(**more: Any) -> dict[str, Any]:
    return {"distribution": "normal", "visits": ["pre", "post"], "level": {"mean": 10, "sd": 2}} | more


def rule(mechanism: str, **more: Any) -> dict[str, Any]:
    return {"mechanism": mechanism, "reason": f"gone {mechanism}", "chance": "30 %"} | more


def complete(cohort: Cohort, name: str = "y", visit: str = "post") -> Floats:
    return 10 + 2 * normal(f"response/{name}/{visit}", cohort.entries.arm.shape)


def chance(base: float, slope: float, x: Floats) -> Any:
    return 1 / (1 + (1 - base) / base * np.exp(-slope * x))


def check_all_told(cohort: Cohort, name: str = "y") -> None:
    """A value has a reason exactly where it is missing."""
    for visit in ("pre", "post"):
        assert np.array_equal(np.isnan(values(cohort, name, visit)), status(cohort, name, visit) != "measured")


def test_lost_samples_are_lost_at_random_and_each_alone() -> None:
    cohort = played(flat({"y": score(lost="20 %")}))
    gone = {visit: status(cohort, "y", visit) == "lost" for visit in ("pre", "post")}
    for visit, lost in gone.items():
        assert same_share(lost, 0.2)
        assert np.array_equal(lost, uniform(f"lost/y/{visit}", lost.shape) < 0.2)
        np.testing.assert_allclose(values(cohort, "y", visit)[~lost], complete(cohort, "y", visit)[~lost], atol=1e-9)
    assert same_share(gone["pre"] & gone["post"], 0.04)  # intermittent: one tells nothing of the other
    assert same_mean(values(cohort, "y", "post")[~gone["post"]], 10, sd=2)
    check_all_told(cohort)


def test_mcar_takes_its_share_at_its_visits() -> None:
    cohort = played(flat({"y": score(missing=[rule("MCAR", visits=["post"])])}))
    gone = status(cohort, "y", "post") == "gone MCAR"
    assert same_share(gone, 0.3)
    assert not same_share(gone, 0.28)
    assert (status(cohort, "y", "pre") == "measured").all()
    assert same_mean(values(cohort, "y", "post")[~gone], 10, sd=2)
    assert abs(np.corrcoef(gone.ravel(), complete(cohort).ravel())[0, 1]) < 5 / math.sqrt(gone.size)
    check_all_told(cohort)


@pytest.mark.parametrize("odds_ratio", [3.0, 0.5])
def test_mar_looks_at_another_value_and_at_nothing_else(odds_ratio: float) -> None:
    told = rule("MAR", visits=["post"], given="y", at="pre", odds_ratio=odds_ratio, per=2, centered_at=9)
    cohort = played(flat({"y": score(missing=[told], correlation={"between_sessions": 0.6})}))
    pre = values(cohort, "y", "pre")
    expected = chance(0.3, math.log(odds_ratio), (pre - 9) / 2)
    gone = status(cohort, "y", "post") == "gone MAR"
    assert np.array_equal(gone, uniform("missing/y/post/0", pre.shape) < expected)
    assert same_mean(gone - expected, 0.0)
    assert not same_mean(gone - chance(0.3, math.log(odds_ratio) * 0.7, (pre - 9) / 2), 0.0)  # planted fault
    # given what it looks at, who is missing says nothing of the residual
    residual = 2 * normal("response/y/post", pre.shape)
    assert same_mean(residual[gone], 0.0, sd=2)


def test_mnar_looks_at_the_value_itself() -> None:
    told = rule("MNAR", visits=["post"], odds_ratio=3, per=2, centered_at=10)
    cohort = played(flat({"y": score(missing=[told])}))
    true = complete(cohort)
    expected = chance(0.3, math.log(3), (true - 10) / 2)
    gone = status(cohort, "y", "post") == "gone MNAR"
    assert np.array_equal(gone, uniform("missing/y/post/0", true.shape) < expected)
    seen = values(cohort, "y", "post")[~gone]
    assert not same_mean(seen, 10, sd=2)
    assert seen.mean() < 9.5  # the worse are gone


def test_mar_counts_what_it_cannot_see_as_the_reference_value() -> None:
    outcome = score(
        lost="40 %", missing=[rule("MAR", visits=["post"], given="y", at="pre", odds_ratio=4, per=1, centered_at=9)]
    )
    cohort = played(flat({"y": outcome}))
    unseen = np.isnan(values(cohort, "y", "pre")) & (status(cohort, "y", "post") != "lost")
    assert same_share(status(cohort, "y", "post")[unseen] == "gone MAR", 0.3)


def test_each_reason_sees_what_those_before_it_have_left() -> None:
    told = [rule("MCAR", reason="machine"), rule("MCAR", reason="asleep", chance="50 %")]
    cohort = played(flat({"y": score(lost="20 %", missing=told)}))
    word = status(cohort, "y", "post")
    for reason, share in {"lost": 0.2, "machine": 0.8 * 0.3, "asleep": 0.8 * 0.7 * 0.5, "measured": 0.28}.items():
        assert same_share(word == reason, share)
    assert np.array_equal(
        word == "machine", (uniform("lost/y/post", word.shape) >= 0.2) & (uniform("missing/y/post/0", word.shape) < 0.3)
    )


def test_a_reason_that_looks_at_the_wrong_value_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault in the code: MNAR looks at nothing."""
    monkeypatch.setattr(missingness, "_chance", lambda told, *_: told.chance.value)
    told = rule("MNAR", visits=["post"], odds_ratio=3, per=2, centered_at=10)
    cohort = played(flat({"y": score(missing=[told])}))
    expected = chance(0.3, math.log(3), (complete(cohort) - 10) / 2)
    assert not np.array_equal(
        status(cohort, "y", "post") == "gone MNAR", uniform("missing/y/post/0", expected.shape) < expected
    )


def test_mnar_follows_the_twin_and_mcar_does_not() -> None:
    """Where a treatment makes fewer go missing, the null twin has more of them, by the same draws."""
    told = [rule("MNAR", visits=["post"], odds_ratio=3, per=2, centered_at=10), rule("MCAR", visits=["pre"])]
    outcome = score(missing=told, effects={"treated": {"difference": -4, "visits": ["post"]}})
    cohort = played(flat({"y": outcome}), twins=BOTH)
    treated = cohort.entries.arm == 1
    gone = {twin: np.isnan(values(cohort, "y", "post", twin)) for twin in BOTH}
    assert gone["declared"][treated].mean() < gone["null"][treated].mean() - 0.1
    assert np.array_equal(gone["declared"][~treated], gone["null"][~treated])
    assert not (gone["declared"] & ~gone["null"]).any()
    pre = [np.isnan(values(cohort, "y", "pre", twin)) for twin in BOTH]
    assert np.array_equal(*pre)


# ---------------------------------------------------------------- leaving, and the ward


def test_who_left_is_missing_from_then_on() -> None:
    """Monotone: a constant hazard of 50 % in ten days, visits at day 0 and 7."""
    leave = {"reason": "withdrawal", "chance": "50 %", "within": "10 d"}
    cohort = played(flat({"y": score()}, attrition=leave))
    left = status(cohort, "y", "post") == "left"
    assert same_share(left, 1 - 0.5**0.7)
    assert not (status(cohort, "y", "pre") == "left").any()
    assert np.array_equal(left, cohort.entries.leave < cohort.entries.entry + 7 * 86_400)
    assert same_mean(values(cohort, "y", "post")[~left], 10, sd=2)
    check_all_told(cohort)


HOLD = {
    "hold": ["nurse"], "give_up_after": "20 min",
    "steps": [{"visit": "pre"}, {"activity": "massage", "lasts": {"mean": "30 min", "sd": "8 min"}}],
}  # fmt: skip
STEPS = [
    {"wait": {"for": "1 d", "until": "daily 10:00-10:30"}}, HOLD,
    {"wait": {"for": {"uniform": {"low": "5 min", "high": "50 min"}}}}, {"visit": "post"},
]  # fmt: skip
STAFF = {"nurse": {"units": 1}}


def test_a_session_nobody_was_free_for_has_no_value_and_the_next_visit_has() -> None:
    cohort = played(ward({"y": score()}, STEPS, enroll=100, resources=STAFF), 10)
    missed = tick(cohort, "pre") < 0
    assert missed.any()
    assert (~missed).any()
    assert np.array_equal(status(cohort, "y", "pre") == "session missed", missed)
    assert (status(cohort, "y", "post") == "measured").all()
    check_all_told(cohort)


@pytest.mark.parametrize("otherwise", ["drop", "keep"])
def test_a_sample_outside_its_window_is_dropped_or_kept(otherwise: str) -> None:
    window = {"after": "massage", "earliest": "10 min", "latest": "30 min", "otherwise": otherwise, "visits": ["post"]}
    cohort = played(ward({"y": score(window=window)}, STEPS, enroll=100, resources=STAFF), 10)
    end = activity(cohort, "massage")[..., A_END]
    passed = tick(cohort, "post") - end
    inside = (end >= 0) & (passed >= 10 * MINUTE) & (passed <= 30 * MINUTE)
    word = status(cohort, "y", "post")
    assert inside.any()
    assert (passed[end >= 0] > 30 * MINUTE).any()
    assert np.array_equal(word == "measured", inside | np.full(inside.shape, otherwise == "keep"))
    assert set(word[~inside]) == {"outside its window" if otherwise == "drop" else "measured"}
    check_all_told(cohort)


def test_a_visit_of_the_other_arm_is_none() -> None:
    """A visit inside the massage of one arm; the others have it not."""
    steps = [
        {"wait": {"for": "1 d"}},
        {"visit": "pre"},
        {"attempt": "needle", "arms": ["treated"], "lasts": "1 min", "succeeds": "90 %", "at_most": 2, "visit": "post"},
    ]
    cohort = played(ward({"y": score()}, steps, enroll=20), 5)
    treated = cohort.entries.arm == 1
    word = status(cohort, "y", "post")
    assert set(word[treated]) == {"measured"}
    assert set(word[~treated]) == {"other arm"}
    check_all_told(cohort)


def test_places_that_stay_empty_have_no_value() -> None:
    cohort = played(ward({"y": score()}, STEPS, enroll=100, resources=STAFF, design={"within": "4 d"}), 10)
    empty = cohort.entries.arm < 0
    assert empty.any()
    assert (~empty).any()
    for visit in ("pre", "post"):
        assert np.array_equal(status(cohort, "y", visit) == "not enrolled", empty)
        assert np.isnan(values(cohort, "y", visit)[empty]).all()


def test_all_reasons_at_once_leave_the_values_that_stay_untouched() -> None:
    """Missingness only takes away."""
    told = [rule("MNAR", odds_ratio=3, per=2, centered_at=10), rule("MCAR")]
    window = {"after": "massage", "latest": "30 min", "otherwise": "drop", "visits": ["post"]}
    outcome = score(lost="10 %", missing=told, window=window, instrument={"detection_limit": 7, "below": "missing"})
    how = {"enroll": 100, "resources": STAFF}
    some = played(ward({"y": outcome}, STEPS, **how), 10)
    whole = played(ward({"y": score()}, STEPS, **how), 10)
    for visit in ("pre", "post"):
        a, b = values(some, "y", visit), values(whole, "y", visit)
        here = np.isfinite(a)
        assert np.array_equal(a[here], b[here])
        assert here.mean() < 0.6
    words = set(np.unique(status(some, "y", "post")))
    assert words == {"measured", "lost", "outside its window", "below detection limit", "gone MNAR", "gone MCAR"}
    check_all_told(some)
    assert same_correlation(complete(some, "y", "pre"), complete(some), 0.0)


def test_an_arm_that_never_has_the_activity_has_no_window() -> None:
    steps = [STEPS[0], {"visit": "pre"}, {"activity": "massage", "arms": ["treated"], "lasts": "30 min"}, *STEPS[2:]]
    window = {"after": "massage", "latest": "30 min", "otherwise": "drop", "visits": ["post"]}
    cohort = played(ward({"y": score(window=window)}, steps, enroll=50), 5)
    treated = cohort.entries.arm == 1
    word = status(cohort, "y", "post")
    assert set(word[~treated]) == {"measured"}
    assert set(word[treated]) == {"measured", "outside its window"}


def test_the_truth_is_measured_as_if_nothing_were_lost() -> None:
    """`complete`: errors and rounding stay, and no value is taken or hidden."""
    told = [rule("MNAR", odds_ratio=3, per=2, centered_at=10), rule("MCAR")]
    tool = {"rounding": 0.5, "rater_sd": 1, "detection_limit": 9, "below": "limit/2"}
    leave = {"reason": "withdrawal", "chance": "50 %", "within": "10 d"}
    cohort = played(flat({"y": score(lost="10 %", missing=told, instrument=tool)}, attrition=leave), 20)
    whole = respond(cohort.response_plan, cohort.entries, None, seed=SEED, replicates=cohort.replicates, complete=True)
    reading = complete(cohort) + normal("rater/y/post", cohort.entries.arm.shape)
    np.testing.assert_allclose(whole.values[0, :, :, 1], np.floor(reading / 0.5 + 0.5) * 0.5, atol=1e-9)
    assert not whole.reason.any()
    assert not whole.censored.any()
    assert np.isnan(values(cohort, "y", "post")).mean() > 0.4
