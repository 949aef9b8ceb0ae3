"""A value has an address: participant i of trial r is the same however and with whatever else it is played.

Exact to the last byte, so no false alarms.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.response.studies import flat, played, values, ward

STEPS = [
    {"wait": {"for": "1 d", "until": "daily 09:00-16:00"}},
    {"visit": "pre"},
    {
        "activity": "massage", "arms": ["treated"], "lasts": {"mean": "15 min", "sd": "3 min"}, "needs": ["nurse"],
        "interrupted": {"chance": "50 %", "for": "5 min", "stopped": "60 %"},
    },
    {"attempt": "needle", "lasts": "1 min", "succeeds": "60 %", "at_most": 3},
    {"visit": "post"},
]  # fmt: skip
STAFF = {"nurse": {"units": 2, "people": 5, "hours": "daily 07:00-19:00"}}
PEOPLE = {"age": {"uniform": {"low": "12 y", "high": "18 y"}}}


def cortisol(**more: Any) -> dict[str, Any]:
    """An outcome that uses every kind of draw."""
    return {
        "distribution": "lognormal", "visits": ["pre", "post"], "level": {"median": 6, "sd_log": 0.5},
        "correlation": {"within_session": 0.8},
        "rhythm": {"slope": "-0.1 per h", "reference_clock": "10:00"},
        "responds_to": {"massage": {"ratio": 0.7, "responders": "70 %", "sd_log_between": 0.2}},
        "drivers": [{"driver": "failed", "of": "needle", "ratio": 1.2}],
        "covariates": [{"covariate": "age", "ratio": 1.1, "per": "1 y", "centered_at": "15 y"}],
        "icc": {"practitioner": 0.1},
        "instrument": {"assay_cv": 0.1, "plate_cv": 0.1, "plate": "20 samples", "detection_limit": 2, "below": "missing"},
        "lost": "10 %",
        "missing": [{"mechanism": "MCAR", "reason": "asleep", "chance": "10 %"}],
    } | more  # fmt: skip


def study(**more: Any) -> str:
    outcomes = more.pop("outcomes", {"y": cortisol()})
    steps = more.pop("steps", STEPS)
    return ward(outcomes, steps, **{"enroll": 20, "resources": STAFF, "participants": PEOPLE} | more)


def same(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))


@pytest.mark.parametrize("part", [range(37, 38), range(30, 50), range(99, 100)])
def test_chunks_change_no_value(part: range) -> None:
    whole, some = played(study(), 100, twins=("declared", "null")), played(study(), part, twins=("declared", "null"))
    for name in ("values", "reason", "censored"):
        kept = getattr(whole.measurements, name)[:, part.start : part.stop]
        assert getattr(some.measurements, name).tobytes() == np.ascontiguousarray(kept).tobytes(), name


def test_the_comparison_sees_a_shift_by_one_trial_and_another_seed() -> None:
    """Planted faults."""
    whole, shifted, other = played(study(), 100), played(study(), range(38, 39)), played(study(), 100, seed=8)
    assert not same(whole.measurements.values[:, 37:38], shifted.measurements.values)
    assert not same(whole.measurements.values, other.measurements.values)


@pytest.mark.parametrize("place", ["below", "above"])
def test_another_outcome_moves_none(place: str) -> None:
    """Below, it may even be correlated with the first."""
    fear = {
        "distribution": "ordinal", "categories": [0, 1, 2], "visits": ["pre", "post"],
        "level": {"shares": [0.5, 0.3, 0.2]}, "lost": "20 %", "correlation": {"within_session": 0.5},
    }  # fmt: skip
    related = fear | {"correlation": {"within_session": 0.5, "with": {"y": 0.4}}}
    outcomes = {"y": cortisol(), "fear": related} if place == "below" else {"fear": fear, "y": cortisol()}
    alone, both = played(study(), 20), played(study(outcomes=outcomes), 20)
    for visit in ("pre", "post"):
        assert same(values(alone, "y", visit), values(both, "y", visit))


def test_another_visit_of_the_outcome_moves_none_before_it() -> None:
    steps = [*STEPS, {"wait": {"for": "1 d"}}, {"visit": "later"}]
    correlation = {"within_session": 0.8, "between_sessions": 0.5}
    more = cortisol(visits=["pre", "post", "later"], instrument={"assay_cv": 0.1}, correlation=correlation)
    few = cortisol(instrument={"assay_cv": 0.1})
    short, long = played(study(outcomes={"y": few}), 20), played(study(outcomes={"y": more}, steps=steps), 20)
    for visit in ("pre", "post"):
        assert same(values(short, "y", visit), values(long, "y", visit))


def test_a_larger_trial_begins_as_the_smaller_one() -> None:
    """Without a ward the arms alternate, so the first 40 are the same people in the same arms."""
    outcome = {"distribution": "normal", "visits": ["pre", "post"], "level": {"mean": 0, "sd": 1}, "lost": "10 %"}
    small, large = played(flat({"y": outcome}, enroll=20), 20), played(flat({"y": outcome}, enroll=50), 20)
    assert same(values(small, "y", "post"), values(large, "y", "post")[:, :40])


def test_more_tries_move_no_one_who_needs_them_not() -> None:
    again = [*STEPS[:3], STEPS[3] | {"at_most": 6}, STEPS[4]]
    few, many = played(study(), 20), played(study(steps=again), 20)
    first = few.trace.activities[:, :, 1, 6] < 3  # type: ignore[union-attr]  # there is a ward
    assert first.any()
    assert (~first).any()
    assert same(values(few, "y", "post")[first], values(many, "y", "post")[first])
    assert not same(values(few, "y", "post"), values(many, "y", "post"))


def test_a_detection_limit_and_a_lost_sample_move_no_other_value() -> None:
    plain = cortisol(lost="0 %", missing=[], instrument={"assay_cv": 0.1, "plate_cv": 0.1, "plate": "20 samples"})
    some, whole = played(study(), 20), played(study(outcomes={"y": plain}), 20)
    for visit in ("pre", "post"):
        here = np.isfinite(values(some, "y", visit))
        assert 0.5 < here.mean() < 0.95
        assert same(values(some, "y", visit)[here], values(whole, "y", visit)[here])


def test_the_name_of_an_outcome_is_part_of_its_address() -> None:
    other = played(study(outcomes={"x": cortisol()}), 5)
    assert not same(values(played(study(), 5), "y", "post"), values(other, "x", "post"))
