"""Tables behind the figures: each number from replicates that are known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from trialsim.evaluate.first_replicates import FirstReplicates
from trialsim.evaluate.frames import DAY_STEPS, accrual_frame, p_value_frame
from trialsim.evaluate.summaries import trial_column
from trialsim.prepared import Study
from trialsim.report.figures import flow_of

R = 41


def kept_of(numbers: dict[tuple[str, str], np.ndarray], **other: Any) -> FirstReplicates:
    empty = np.zeros((2, R, 0))
    return FirstReplicates(
        parts=(range(R),), twins=("declared", "null"), rows=other.get("rows", ()), estimate=empty, p=other.get("p", empty),
        low=empty[0], high=empty[0], columns=tuple(trial_column(*name) for name in numbers),
        trial=np.stack(list(numbers.values()), axis=1) if numbers else np.zeros((R, 0)),
        entry_days=other.get("entry_days", np.zeros((R, 0), np.float32)),
    )  # fmt: skip


def test_the_flow_shows_means_and_the_5_and_95_percent_points() -> None:
    """Of 0 to 40 the 5 % point is 2 and the 95 % point 38: the smallest number that so many trials do not exceed."""
    steps = np.random.default_rng(1).permutation(np.arange(R, dtype=float))
    one, none = np.ones(R), np.zeros(R)
    numbers = {
        ("patients", "arrived"): 100 + steps, ("patients", "excluded: too young"): 10 + steps,
        ("patients", "left before being asked"): none, ("patients", "declined"): steps,
        ("patients", "not asked in time"): none, ("enrolled", ""): 60 * one, ("enrolled", "a"): 30 + steps,
        ("enrolled", "b"): 70 - steps, ("left: moved away", "a"): steps / 2, ("left: moved away", "b"): none,
        ("with_primary_endpoint", "a"): 30 * one, ("with_primary_endpoint", "b"): 50 - steps,
    }  # fmt: skip
    plan = SimpleNamespace(arms=("a", "b"), exclusions=("too young",), leave_reasons=("moved away",))
    seen = flow_of(cast("Study", SimpleNamespace(conduct=plan)), kept_of(numbers))

    def told(count: Any) -> tuple[str, float, float, float]:
        return count.label, count.mean, count.low, count.high

    assert told(seen.screened) == ("patients who came", 120, 102, 138)
    assert [told(one) for one in seen.not_enrolled] == [("excluded: too young", 30, 12, 48), ("declined", 20, 2, 38)]
    assert told(seen.enrolled) == ("enrolled", 60, 60, 60)
    assert {arm: told(one) for arm, one in seen.allocated.items()} == {
        "a": ("allocated", 50, 32, 68), "b": ("allocated", 50, 32, 68)
    }  # fmt: skip
    missing = "without primary endpoint, for any reason"
    assert [told(one) for one in seen.losses["a"]] == [
        ("left before the last visit, moved away", 10, 1, 19),
        (missing, 20, 2, 38),
    ]
    assert [told(one) for one in seen.losses["b"]] == [(missing, 20, 20, 20)]
    assert {arm: told(one) for arm, one in seen.analyzed.items()} == {
        "a": ("with primary endpoint", 30, 30, 30), "b": ("with primary endpoint", 30, 12, 48)
    }  # fmt: skip


def test_nobody_lost_leaves_a_line() -> None:
    none = np.zeros(R)
    names = [("patients", what) for what in ("arrived", "left before being asked", "declined", "not asked in time")]
    names += [(what, arm) for what in ("enrolled", "with_primary_endpoint") for arm in ("", "a")]
    plan = SimpleNamespace(arms=("a",), exclusions=(), leave_reasons=())
    seen = flow_of(cast("Study", SimpleNamespace(conduct=plan)), kept_of(dict.fromkeys(names, none)))
    assert [str(one) for one in seen.not_enrolled] == ["declined 0"]


def test_the_fan_of_enrollment_counts_who_came_by_each_day() -> None:
    """Trial r enrolls one person on day r + 1 and another on day 120; in one trial the second never comes."""
    days = np.stack([np.arange(R) + 1.0, np.full(R, 120.0)], axis=1).astype(np.float32)
    days[0, 1] = np.nan
    frame = accrual_frame(kept_of({}, entry_days=days))
    assert frame["day"].tolist() == np.linspace(0, 120, DAY_STEPS + 1).tolist()
    by_day = np.stack([(days <= day).sum(axis=1) for day in frame["day"]])
    for name, share in (("q05", 5), ("q25", 25), ("q50", 50), ("q75", 75), ("q95", 95)):
        place = -(-share * R // 100) - 1
        assert frame[name].tolist() == np.sort(by_day, axis=1)[:, place].tolist(), name
    assert frame.loc[21, "q50"] == 1  # 21 of 41 trials have one by day 21
    assert frame.loc[20, "q50"] == 0
    assert frame.loc[3, "q95"] == 1
    assert frame.loc[2, "q95"] == 0


def test_p_values_keep_their_row_and_twin() -> None:
    rows = (SimpleNamespace(title="m: b - a", alpha=0.05), SimpleNamespace(title="n: c - a", alpha=0.05))
    p = np.arange(2 * R * 2, dtype=float).reshape(2, R, 2)
    frame = p_value_frame(kept_of({}, rows=rows, p=p))
    for index, name in enumerate(("m: b - a", "n: c - a")):
        for t, twin in enumerate(("declared", "null")):
            here = frame[(frame["row"] == name) & (frame["twin"] == twin)]
            assert here["p"].tolist() == p[t, :, index].tolist()


@pytest.mark.parametrize("share", [0.25, 0.1])
def test_other_points_would_be_seen(share: float) -> None:
    """Planted: quartiles in place of the 5 % point differ in the data above."""
    assert np.quantile(np.arange(R), share, method="inverted_cdf") != np.quantile(
        np.arange(R), 0.05, method="inverted_cdf"
    )
