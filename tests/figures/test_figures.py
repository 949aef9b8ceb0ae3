"""Figures as data: what is drawn equals what was handed over."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trialsim.figures import accrual, bias, counts, estimates, flow, outcomes, power, style, trajectories, ward

ARMS = ("control", "music", "massage")


def cohort(seed: int = 0) -> pd.DataFrame:
    """Thirty participants, two visits, five levels, one value missing."""
    levels = np.arange(60) * (seed + 7) % 5
    rows = [
        (participant, ARMS[participant % 3], visit, float(levels[2 * participant + index]))
        for participant in range(30)
        for index, visit in enumerate(("before", "after"))
    ]
    frame = pd.DataFrame(rows, columns=["participant", "arm", "visit", "value"])
    frame.loc[0, "value"] = np.nan
    return frame


def bar_widths(figure: object, panel: int) -> np.ndarray:
    """Widths of the stacked bars of one panel, (levels, arms)."""
    containers = figure.axes[panel].containers  # type: ignore[attr-defined]  # a matplotlib Figure
    return np.array([[patch.get_width() for patch in bars] for bars in containers])


def test_stacked_bars_are_the_shares_among_measured_values() -> None:
    frame = cohort()
    figure = outcomes.outcome_distributions(
        frame, label="fear", arms=ARMS, visits=("before", "after"), categories=(0, 1, 2, 3, 4)
    )
    drawn = bar_widths(figure, 0)
    before = frame[(frame["visit"] == "before") & frame["value"].notna()]
    expected = pd.crosstab(before["value"], before["arm"], normalize="columns")[list(ARMS)].to_numpy()
    np.testing.assert_allclose(drawn, expected, atol=1e-12)
    np.testing.assert_allclose(drawn.sum(axis=0), 1.0)


def test_a_changed_value_changes_the_bars() -> None:
    """Planted fault: the comparison above would see one wrong value."""
    frame = cohort()
    drawn = outcomes.category_shares(frame, ARMS, (0, 1, 2, 3, 4))
    frame.loc[5, "value"] = (frame.loc[5, "value"] + 1) % 5
    assert not np.allclose(drawn, outcomes.category_shares(frame, ARMS, (0, 1, 2, 3, 4)))


def test_an_arm_without_values_has_no_bar() -> None:
    frame = cohort()
    frame.loc[frame["arm"] == "music", "value"] = np.nan
    assert outcomes.category_shares(frame, ARMS, (0, 1, 2, 3, 4))[1].sum() == 0.0


def test_cortisol_is_drawn_on_a_log_axis() -> None:
    frame = cohort().assign(value=lambda f: f["value"] + 1)
    figure = outcomes.outcome_distributions(
        frame, label="cortisol", arms=ARMS, visits=("before", "after"), unit="nmol/L", log=True
    )
    assert figure.axes[0].get_yscale() == "log"
    assert figure.axes[0].get_ylabel() == "cortisol [nmol/L]"


def test_every_point_lies_at_its_value_within_its_box() -> None:
    frame = cohort().assign(value=lambda f: 1.0 + np.arange(len(f)) % 7)
    figures = [
        outcomes.outcome_distributions(frame, label="cortisol", arms=ARMS, visits=("before", "after")) for _ in "ab"
    ]
    points, again = (
        np.concatenate([one.get_offsets() for one in figure.axes[0].collections if len(one.get_offsets())])
        for figure in figures
    )
    np.testing.assert_array_equal(points, again)
    assert sorted(points[:, 1]) == sorted(frame["value"])
    for visit, name in enumerate(("before", "after")):
        for index, arm in enumerate(ARMS):
            middle = visit + 0.8 / 3 * (index - 1)
            own = points[np.abs(points[:, 0] - middle) <= 0.18 / 3 + 1e-9]
            drawn = frame[(frame["visit"] == name) & (frame["arm"] == arm)]
            assert sorted(own[:, 1]) == sorted(drawn["value"])
            assert len(set(own[:, 0])) == len(own), "two points lie above one another"


def test_a_trajectory_is_interrupted_by_a_missing_value() -> None:
    figure = trajectories.trajectories(cohort(), label="fear", arms=ARMS, visits=("before", "after"))
    first = figure.axes[0].lines[0].get_ydata()
    assert np.isnan(first[0])
    assert np.isfinite(first[1])
    assert figure.axes[0].get_title(loc="left") == "control (n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}10)"


def test_the_bold_line_is_the_median() -> None:
    frame = cohort()
    figure = trajectories.trajectories(frame, label="fear", arms=ARMS, visits=("before", "after"))
    after = frame[(frame["arm"] == "music") & (frame["visit"] == "after")]["value"].median()
    assert figure.axes[1].lines[-1].get_ydata()[1] == after


def test_power_is_printed_and_failed_rows_have_no_dot() -> None:
    rates = pd.DataFrame(
        [("fear", True, "declared", 0.912, 0.90, 0.92), ("pain", False, "declared", np.nan, 0.2, 0.9)],
        columns=["row", "primary", "twin", "value", "low", "high"],
    ).assign(too_often=False, level=0.05)
    axes = power.rejection_rates(rates).axes[0]
    assert [text.get_text() for text in axes.texts] == ["91.2%"]
    assert [label.get_fontweight() for label in axes.get_yticklabels()] == ["bold", "normal"]


def test_each_twin_has_its_marker_and_its_word() -> None:
    rates = pd.DataFrame(
        [("fear", True, twin, 0.5, 0.4, 0.6) for twin in ("declared", "null", "no change")],
        columns=["row", "primary", "twin", "value", "low", "high"],
    ).assign(too_often=False, level=0.05)
    figure = power.rejection_rates(rates)
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["power, as declared", "null twin", "twin without change"]


def test_bias_and_coverage_stand_in_one_row() -> None:
    table = pd.DataFrame(
        {
            "row": ["fear", "pain"], "primary": [True, False], "bias": [0.1, -2.0], "bias_low": [0.0, -2.1],
            "bias_high": [0.2, -1.9], "coverage": [0.95, np.nan], "coverage_low": [0.94, np.nan],
            "coverage_high": [0.96, np.nan], "level": [0.95, 0.95],
        }
    )  # fmt: skip
    left, right = bias.bias_and_coverage(table).axes
    dots = [line.get_xdata()[0] for line in left.lines if line.get_marker() == "o"]
    assert dots == [0.1, -2.0]
    assert left.get_xlim()[0] == -left.get_xlim()[1]
    assert next(line.get_xdata()[0] for line in right.lines if line.get_marker() == "o") == 0.95
    assert [label.get_fontweight() for label in left.get_yticklabels()] == ["bold", "normal"]


def test_the_truth_is_drawn_among_the_estimates() -> None:
    frame = pd.DataFrame(
        {"row": "fear", "twin": ["declared"] * 50 + ["null"] * 50, "estimate": np.linspace(-1, 1, 100),
         "no_effect": 0.0, "truth": 0.3, "estimand": "mean difference"}
    )  # fmt: skip
    panel = estimates.estimate_distributions(frame).axes[0]
    assert 0.3 in [line.get_xdata()[0] for line in panel.lines]


def test_p_values_are_shares_of_trials() -> None:
    frame = pd.DataFrame(
        {"row": "fear", "twin": ["declared"] * 4 + ["null"] * 4, "p": [0.01, 0.01, 0.01, 0.9] + [0.5] * 4}
    )
    figure = estimates.p_value_distributions(frame.assign(level=0.05))
    assert figure.axes[0].patches[0].get_data().values[0] == pytest.approx(0.75)


def test_the_flow_prints_every_count() -> None:
    count = counts.Count("allocated", 33.0, 33.0, 33.0)
    lost = counts.Count("session missed", 2.25, 0.0, 5.0)
    figure = flow.consort(
        counts.Flow(
            screened=counts.Count("patients came", 133.0, 120.0, 150.0),
            not_enrolled=[counts.Count("declined", 34.0, 25.0, 44.0)],
            enrolled=counts.Count("enrolled", 99.0, 99.0, 99.0),
            allocated=dict.fromkeys(ARMS, count),
            losses=dict.fromkeys(ARMS, (lost,)),
            analyzed=dict.fromkeys(ARMS, count),
        )
    )
    printed = "\n".join(text.get_text() for text in figure.axes[0].texts)
    assert "allocated 33" in printed
    assert "session missed 2.2 (0-5)" in printed
    assert "declined 34.0 (25-44)" in printed


def test_the_fan_ends_at_the_limit() -> None:
    day = np.arange(0.0, 300.0, 10.0)
    fan = pd.DataFrame({"day": day, **dict.fromkeys(("q05", "q25", "q50", "q75", "q95"), day / 5)})
    axes = accrual.accrual_fan(fan, target=60, limit_days=240.0).axes[0]
    assert {text.get_text() for text in axes.texts} == {"target 60", "time limit"}


def test_a_week_shows_study_waiting_and_missed_sessions() -> None:
    start = datetime(2026, 1, 5, 9)
    spells = pd.DataFrame(
        [
            ("nurse 1", start, start + timedelta(minutes=20), "study", "music", 4),
            ("waiting", start, start + timedelta(minutes=60), "missed", "massage", 5),
        ],
        columns=["lane", "start", "end", "kind", "arm", "participant"],
    )
    closed = pd.DataFrame(
        [("nurse 1", start - timedelta(hours=9), start - timedelta(hours=2))], columns=["lane", "start", "end"]
    )
    figure = ward.ward_week(spells, starts=date(2026, 1, 5), lanes=("nurse 1", "waiting"), arms=ARMS, closed=closed)
    monday = figure.axes[0]
    closed_bar, study, missed = (bars.get_paths()[0].get_extents() for bars in monday.collections[:3])
    assert (closed_bar.x0, closed_bar.x1) == pytest.approx((0, 7))
    assert study.width == pytest.approx(1 / 3)
    assert missed.width == pytest.approx(1)
    assert [text.get_text().strip() for text in monday.texts] == ["4", "5 missed"]
    assert len(figure.axes[1].collections) == 1, "nothing but the hours"


def test_equal_figures_are_equal_files(tmp_path: Path) -> None:
    files = []
    for name in ("a", "b"):
        figure = trajectories.trajectories(cohort(), label="fear", arms=ARMS, visits=("before", "after"))
        files.append([path.read_bytes() for path in style.save(figure, tmp_path, name)])
    assert files[0] == files[1]
    for name in ("points", "again"):
        figure = outcomes.outcome_distributions(cohort(), label="fear", arms=ARMS, visits=("before", "after"))
        files.append([path.read_bytes() for path in style.save(figure, tmp_path, name)])
    assert files[2] == files[3]
    other = trajectories.trajectories(cohort(3), label="fear", arms=ARMS, visits=("before", "after"))
    assert style.save(other, tmp_path, "c")[0].read_bytes() != files[0][0]


def test_ticks_in_percent_are_written_as_they_stand() -> None:
    """Steps of 2.5 % were written 2, 5, 8, 10 %; the planted form is that rounding."""
    from matplotlib.ticker import PercentFormatter

    from trialsim.figures.style import percent_ticks

    shares = [0.0, 0.025, 0.05, 0.075, 0.1]
    written = [float(percent_ticks()(share, 0).rstrip("%")) / 100 for share in shares]
    assert written == pytest.approx(shares)
    rounded = [float(PercentFormatter(1, decimals=0).format_pct(share, 0.1).rstrip("%")) / 100 for share in shares]
    assert rounded != pytest.approx(shares)
