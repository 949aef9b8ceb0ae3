"""The null twin is the same trial with the declared effects taken out of the file; `no change` also without the clock.

Exact: the two files are played with the same draws and every value, reason and flag is compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.response.studies import flat, played, values, ward
from trialsim import response
from trialsim.cohort import Cohort

TWINS = ("declared", "null", "no change")
SHARES = [0.5, 0.2, 0.15, 0.1, 0.05]
STEPS = [
    {"wait": {"for": "1 d", "until": "daily 09:00-16:00"}},
    {"visit": "pre"},
    {
        "activity": "massage", "arms": ["treated"], "lasts": {"mean": "15 min", "sd": "3 min"}, "needs": ["nurse"],
        "give_up_after": "15 min", "interrupted": {"chance": "50 %", "for": "5 min", "stopped": "60 %"},
    },
    {"attempt": "needle", "lasts": "1 min", "succeeds": "60 %", "at_most": 3},
    {"visit": "post"},
]  # fmt: skip
STAFF = {"nurse": {"units": 1, "people": 3, "hours": "daily 07:00-19:00"}}
NEEDLE = {"needle": {"ratio": 1.4, "sd_log_between": 0.2}}
CLOCK = {"rhythm": {"slope": "-0.1 per h", "reference_clock": "10:00"}}
REST = {
    "drivers": [
        {"driver": "failed", "of": "needle", "ratio": 1.2},
        {"driver": "wait", "for": "nurse", "per": "10 min", "ratio": 1.1},
    ],
    "icc": {"practitioner": 0.1},
    "instrument": {"assay_cv": 0.1, "detection_limit": 3, "below": "missing"},
    "lost": "10 %",
    "missing": [{"mechanism": "MNAR", "reason": "felt bad", "chance": "10 %", "odds_ratio": 2, "per": 2, "centered_at": 6}],
}  # fmt: skip
FEAR = {
    "distribution": "ordinal",
    "categories": [0, 1, 2, 3, 4],
    "visits": ["pre", "post"],
    "icc": {"practitioner": 0.1},
}


def study(effect: dict[str, Any], *, clock: bool = True, level: dict[str, Any] | None = None) -> str:
    """Cortisol and fear; ``effect`` is what the treated arm does."""
    plain = {"distribution": "lognormal", "visits": ["pre", "post"], "level": {"median": 6, "sd_log": 0.5}}
    responds = {"responds_to": NEEDLE | effect.pop("responds_to", {})}
    outcomes = {
        "cortisol": plain | REST | responds | effect | (CLOCK if clock else {}),
        "fear": FEAR | {"by_visit": {"pre": {"shares": SHARES}, "post": level or {"shares": SHARES}}},
    }
    return ward(outcomes, STEPS, enroll=30, resources=STAFF)


EFFECTS = {
    "ratio": {"effects": {"treated": {"ratio": 0.5, "visits": ["post"]}}},
    "response at once": {"responds_to": {"massage": {"ratio": 0.5, "responders": "60 %", "sd_log_between": 0.4}}},
    "secretion": {"half_life": "65 min", "responds_to": {"massage": {"secretion": "-60 %", "lag": "3 min"}}},
}
BY_ARM = {"by_arm": {"control": {"shares": SHARES}, "treated": {"mean": 0.5, "sd": 0.7}}}


def differs(a: Cohort, twin: str, b: Cohort, other: str) -> str | None:
    """The first array of two twins that is not the same."""
    i, j = a.measurements.twins.index(twin), b.measurements.twins.index(other)
    for name in ("reason", "censored", "values"):
        x, y = getattr(a.measurements, name)[i], getattr(b.measurements, name)[j]
        if name == "values":
            if not np.allclose(x, y, rtol=1e-12, equal_nan=True):
                return name
        elif not np.array_equal(x, y):
            return name
    return None


@pytest.mark.parametrize("effect", EFFECTS)
def test_the_null_twin_is_the_file_without_the_effect(effect: str) -> None:
    full = played(study(dict(EFFECTS[effect]), level=BY_ARM), 20, twins=TWINS)
    without, still = (played(study({}, clock=clock), 20) for clock in (True, False))
    assert differs(full, "null", without, "declared") is None
    assert differs(full, "no change", still, "declared") is None
    # the planted faults: each twin is itself
    assert differs(full, "declared", without, "declared") is not None
    assert differs(full, "null", still, "declared") is not None


def test_the_reference_arm_is_the_same_in_all_twins_but_for_the_clock() -> None:
    cohort = played(study(dict(EFFECTS["ratio"]), level=BY_ARM), 20, twins=TWINS)
    control = cohort.entries.arm == 0
    for outcome, visit in cohort.response_plan.pairs:
        a, b = (values(cohort, outcome, visit, twin)[control] for twin in ("declared", "null"))
        assert np.array_equal(a, b, equal_nan=True)
    for visit in ("pre", "post"):
        a, b = (values(cohort, "fear", visit, twin)[control] for twin in ("null", "no change"))
        assert np.array_equal(a, b, equal_nan=True)


def test_responses_to_the_needle_stay_in_the_null_twin() -> None:
    """It belongs to no arm."""
    with_needle = played(study({}), 10, twins=("null",))
    without = study({}).replace('"needle": {"ratio": 1.4, "sd_log_between": 0.2}', "")
    assert differs(with_needle, "null", played(without, 10, twins=("null",)), "null") is not None
    assert differs(with_needle, "null", played(study({}), 10), "declared") is None


def test_which_twins_are_played_changes_none() -> None:
    text = study(dict(EFFECTS["response at once"]))
    all_of_them = played(text, 10, twins=TWINS)
    for twin in TWINS:
        assert differs(all_of_them, twin, played(text, 10, twins=(twin,)), twin) is None
    turned = played(text, 10, twins=TWINS[::-1])
    for twin in TWINS:
        assert differs(all_of_them, twin, turned, twin) is None


def test_scale_nothing_is_the_null_twin() -> None:
    for effect in EFFECTS.values():
        text = study(dict(effect), level=BY_ARM)
        assert differs(played(text, 10, scale=0.0), "declared", played(text, 10, twins=("null",)), "null") is None


def test_any_reference_arm_is_kept() -> None:
    """Without a ward, three arms, the reference in the middle: the null twin has its levels for all."""
    levels = {"a": {"mean": 6}, "b": {"mean": 8, "sd": 3}, "c": {"mean": 4, "sd": 1}}
    outcome = {"distribution": "normal", "visits": ["post"], "level": {"by_arm": levels}}
    plain = outcome | {"level": {"mean": 8, "sd": 3}}
    how = {"visits": ["post"], "arms": ["a", "b", "c"], "enroll": 30, "design": {"reference": "b"}}
    full, without = played(flat({"y": outcome}, **how), 20, twins=("null",)), played(flat({"y": plain}, **how), 20)
    assert differs(full, "null", without, "declared") is None


def test_a_twin_that_keeps_a_tenth_of_the_effect_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault in the code."""
    monkeypatch.setitem(response.TWINS, "null", (0.1, True))
    full = played(study(dict(EFFECTS["ratio"])), 20, twins=("null",))
    assert differs(full, "null", played(study({}), 20), "declared") == "reason"
