"""Tables that the figures of a comparison take: each cell from rows and replicates that are known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from trialsim.compare import Comparison, frames
from trialsim.compare.paired import Difference
from trialsim.compare.play import FigureData
from trialsim.evaluate.summaries import TRIAL
from trialsim.evaluate.table import wilson

R = 40


def row(scenario: str, measure: str, a: float, b: float, analysis: str = "m", contrast: str = "t - c") -> Difference:
    gap = b - a
    return Difference(scenario, measure, analysis, contrast, a, b, gap, 0.01, 0.02, 0.75, gap - 0.02, gap + 0.03, R)


ROWS = (
    row("B", "power", 0.8, 0.9), row("B", "power_low", 0.2, 0.3, "n"), row("B", "power_high", 0.4, 0.5, "n"),
    row("B", "missed_share", 0.1, 0.25, TRIAL, "nurse"), row("B", "target_reached_in_time", 0.7, 0.6, TRIAL, ""),
    row("C", "power", 0.8, 0.7), row("C", "power_low", 0.2, 0.1, "n"), row("C", "power_high", 0.4, 0.6, "n"),
    row("C", "missed_share", 0.1, 0.05, TRIAL, "nurse"),
)  # fmt: skip


def shown(shift: float) -> FigureData:
    steps = np.random.default_rng(1).permutation(np.arange(R + 1.0)) + shift
    days = np.stack([np.arange(R + 1.0) + 1, np.full(R + 1, 100.0)], axis=1).astype(np.float32)
    days[: int(shift), 1] = np.nan
    trial = {("trial_days", ""): steps, ("wait_mean_minutes", "nurse"): 2 * steps, ("study_hours", "nurse"): 0 * steps}
    return FigureData({("m", "t - c"): steps / 10}, trial, days)


@pytest.fixture
def found() -> Comparison:
    rows = [
        SimpleNamespace(
            analysis=name,
            shown=name,
            contrast="t - c",
            no_effect=1.0,
            estimand="ratio",
            effect="ratio",
            unit="cm",
            family="",
        )
        for name in "nm"
    ]
    study = SimpleNamespace(
        scenario=SimpleNamespace(primary=("m",)), analysis=SimpleNamespace(rows=rows), conduct=SimpleNamespace(target=2)
    )
    sides = [SimpleNamespace(label=label, study=study) for label in "ABC"]
    return cast("Comparison", SimpleNamespace(
        rows=ROWS, sides=sides, shown=[shown(0), shown(5), shown(10)],
        too_often=lambda label, *, analysis, contrast: (label, analysis, contrast) == ("B", "n", "t - c")))  # fmt: skip


def records(frame: Any, *names: str) -> list[tuple[Any, ...]]:
    return list(frame[list(names)].itertuples(index=False, name=None))


def test_powers_with_their_intervals_or_bounds(found: Comparison) -> None:
    told = records(frames.power_frame(found), "row", "primary", "label", "value", "low", "high")
    assert told[:3] == [
        ("m: t - c", True, label, p, *wilson(p * R, R)) for label, p in zip("ABC", (0.8, 0.9, 0.7), strict=True)
    ]
    assert [(*one[:3], *one[4:]) for one in told[3:]] == [
        ("n: t - c", False, "A", 0.2, 0.4), ("n: t - c", False, "B", 0.3, 0.5), ("n: t - c", False, "C", 0.1, 0.6),
    ]  # fmt: skip
    assert all(np.isnan(one[3]) for one in told[3:])
    bad = [one[:2] for one in records(frames.power_frame(found), "row", "label", "too_often") if one[2]]
    assert bad == [("n: t - c", "B")]


def test_differences_with_their_intervals(found: Comparison) -> None:
    told = records(frames.difference_frame(found), "row", "label", "value", "low", "high")
    assert told == [
        ("m: t - c", one.scenario, one.difference, one.conf_low, one.conf_high) for one in (ROWS[0], ROWS[5])
    ]


def test_shares_of_the_trial(found: Comparison) -> None:
    shares, gaps = frames.share_frames(found)
    assert records(shares, "row", "label", "value") == [
        ("sessions missed: nurse", "A", 0.1), ("sessions missed: nurse", "B", 0.25), ("target reached in time", "A", 0.7),
        ("target reached in time", "B", 0.6), ("sessions missed: nurse", "C", 0.05),
    ]  # fmt: skip
    missed, reached = "sessions missed: nurse", "target reached in time"
    wanted = ((missed, ROWS[3]), (reached, ROWS[4]), (missed, ROWS[8]))
    assert records(gaps, "row", "label", "value", "low", "high") == [
        (title, one.scenario, one.difference, one.conf_low, one.conf_high) for title, one in wanted
    ]


def test_estimates_of_each_design(found: Comparison) -> None:
    frame = frames.estimate_frame(found)
    for label, one in zip("ABC", found.shown, strict=True):
        here = frame[frame["label"] == label]
        assert here["estimate"].tolist() == one.estimates["m", "t - c"].tolist()
        assert set(here["estimand"]) == {"ratio [cm]"}
        assert set(here["no_effect"]) == {1.0}


def test_spreads_are_points_over_trials(found: Comparison) -> None:
    """Of 0 to 40, the 5 % point is 2, the quartiles are 10 and 30, and the 95 % point is 38."""
    frame = frames.spread_frame(found)
    assert list(dict.fromkeys(frame["panel"])) == ["Duration", "Waiting: nurse"]  # hours that do not vary are left out
    days, waits = (frame[frame["panel"] == panel].set_index("label") for panel in ("Duration", "Waiting: nurse"))
    names = ["q05", "q25", "q50", "q75", "q95"]
    for label, shift in zip("ABC", (0, 5, 10), strict=True):
        points = np.array([2, 10, 20, 30, 38]) + shift
        assert days.loc[label, names].astype(float).tolist() == pytest.approx(points)
        assert waits.loc[label, names].astype(float).tolist() == pytest.approx(2 * points)
    assert set(days["axis"]) == {"days until the last visit"}


def test_enrollment_by_day(found: Comparison) -> None:
    frame = frames.accrual_frame(found)
    assert list(dict.fromkeys(frame["label"])) == ["A", "B", "C"]
    for label, one in zip("ABC", found.shown, strict=True):
        here = frame[frame["label"] == label]
        assert here["day"].tolist() == np.linspace(0, 100, frames.STEPS + 1).tolist()
        for name, share in (("q05", 5), ("q50", 50), ("q95", 95)):
            by_day = [
                np.sort((one.entry_days <= day).sum(axis=1))[-(-share * (R + 1) // 100) - 1] for day in here["day"]
            ]
            assert here[name].tolist() == by_day, (label, name)
        assert set(here["target"]) == {2}
