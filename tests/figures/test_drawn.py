"""Each number, line and label of a figure is the one of its table: known tables in, what is drawn out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from trialsim.figures import accrual, bias, counts, estimates, flow, outcomes, power, style, trajectories


def upright(axes: Any) -> list[float]:
    """Where vertical lines over the whole height stand."""
    return sorted(float(line.get_xdata()[0]) for line in axes.lines if list(line.get_ydata()) == [0, 1])


def dots(axes: Any, marker: str) -> list[tuple[float, float]]:
    return [
        (float(x), float(y))
        for line in axes.lines
        if line.get_marker() == marker
        for x, y in zip(*line.get_data(), strict=True)
    ]


def bars_of_intervals(axes: Any) -> list[tuple[float, float, float]]:
    """(low, high, y) of level lines."""
    found = []
    for line in axes.lines:
        x, y = line.get_xdata(), line.get_ydata()
        if len(x) == 2 and y[0] == y[1] and list(x) != [0, 1]:
            found.append((float(x[0]), float(x[1]), float(y[0])))
    return found


RATES = pd.DataFrame(
    [
        ("fear", True, "declared", 0.912, 0.90, 0.92),
        ("fear", True, "null", 0.05, 0.04, 0.06),
        ("pain", False, "declared", 0.5, 0.45, 0.55),
        ("pain", False, "null", 0.07, 0.06, 0.08),
    ],
    columns=["row", "primary", "twin", "value", "low", "high"],
).assign(too_often=False, level=0.05)


def test_power_its_interval_the_level_and_the_goals() -> None:
    axes = power.rejection_rates(RATES.assign(level=[0.03, 0.03, 0.05, 0.05])).axes[0]
    assert upright(axes) == [0.8, 0.9]
    levels = {tuple(line.get_ydata()): line.get_xdata()[0] for line in axes.lines if line.get_color() == style.ACCENT}
    assert levels == {(-0.5, 0.5): 0.03, (0.5, 1.5): 0.05}  # each test at its own
    assert [x for x, _ in dots(axes, "o")] == [0.912, 0.5]
    assert [x for x, _ in dots(axes, "D")] == [0.05, 0.07]
    assert [round(y) for _, y in dots(axes, "o") + dots(axes, "D")] == [0, 1, 0, 1]
    assert {(low, high) for low, high, _ in bars_of_intervals(axes)} == set(
        zip(RATES["low"], RATES["high"], strict=True)
    )
    assert [text.get_text() for text in axes.texts] == ["91.2%", "50.0%"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["fear", "pain"]
    red = next(line for line in axes.lines if list(line.get_xdata()) == [0.03, 0.03])
    assert to_hex(red.get_color()) == style.ACCENT


def test_the_caption_of_power_says_what_the_lines_are() -> None:
    assert "Dashed: 80 and 90 %" in power.rejection_rates(RATES, note="n.").get_supxlabel()


def test_the_fan_has_its_five_points_at_each_day() -> None:
    day = np.arange(0.0, 400.0, 50.0)
    points = {f"q{q:02d}": day / 10 + q for q in (5, 25, 50, 75, 95)}
    axes = accrual.accrual_fan(pd.DataFrame({"day": day, **points}), target=60, limit_days=365.25).axes[0]
    outer, inner = (band.get_paths()[0].vertices for band in axes.collections)
    for band, low, high in ((outer, "q05", "q95"), (inner, "q25", "q75")):
        for x, a, b in zip(day / 30.4375, points[low], points[high], strict=True):
            at = band[np.isclose(band[:, 0], x), 1]
            assert (at.min(), at.max()) == pytest.approx((a, b))
    middle = next(line for line in axes.lines if len(line.get_xdata()) == len(day))
    np.testing.assert_allclose(middle.get_xdata(), day / 30.4375)
    np.testing.assert_array_equal(middle.get_ydata(), points["q50"])
    assert upright(axes) == [pytest.approx(12.0)]
    assert 60 in [line.get_ydata()[0] for line in axes.lines]
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words == ["90 % of trials", "half of trials", "median trial"]
    assert axes.get_xlabel() == "months since the study opened"


def test_estimates_their_mean_the_truth_and_no_effect() -> None:
    frame = pd.DataFrame(
        {"row": ["a"] * 8 + ["b"] * 8, "twin": (["declared"] * 4 + ["null"] * 4) * 2,
         "estimate": [1.0, 2, 3, 6, 0, 0, 0, 1, 4, 4, 4, 8, 1, 1, 1, 1], "no_effect": [0.0] * 8 + [0.5] * 8,
         "truth": [2.5] * 8 + [4.5] * 8, "estimand": ["difference"] * 8 + ["odds ratio"] * 8}
    )  # fmt: skip
    panels = estimates.estimate_distributions(frame).axes
    known = (("a", 3, 2.5, 0, "difference"), ("b", 5, 4.5, 0.5, "odds ratio"))
    for panel, (title, mean, truth, nothing, words) in zip(panels, known, strict=True):
        assert panel.get_title(loc="left") == title
        assert panel.get_xlabel() == words
        drawn = {
            to_hex(line.get_color()): line.get_xdata()[0] for line in panel.lines if list(line.get_ydata()) == [0, 1]
        }
        assert drawn == {estimates.DECLARED: mean, style.ACCENT: truth, style.INK: nothing}


def test_p_values_fall_into_twentieths_of_both_twins() -> None:
    p = [0.01, 0.049, 0.051, 0.99, np.nan, 0.26, 0.74, 0.76, 0.98]
    frame = pd.DataFrame({"row": "fear", "twin": ["declared"] * 5 + ["null"] * 4, "p": p})
    axes = estimates.p_value_distributions(frame.assign(level=0.04)).axes[0]
    declared, null = (patch.get_data() for patch in axes.patches)
    np.testing.assert_allclose(declared.edges, np.arange(21) / 20)
    assert {i: v for i, v in enumerate(declared.values) if v} == {0: 0.5, 1: 0.25, 19: 0.25}
    assert {i: v for i, v in enumerate(null.values) if v} == {5: 0.25, 14: 0.25, 15: 0.25, 19: 0.25}
    assert upright(axes) == [0.04]
    assert [line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]] == [0.05]


def test_bias_and_coverage_their_intervals_and_the_level() -> None:
    table = pd.DataFrame(
        {
            "row": ["fear", "pain"], "primary": [True, False], "bias": [0.1, -2.0], "bias_low": [0.0, -2.1],
            "bias_high": [0.2, -1.9], "coverage": [0.95, 0.91], "coverage_low": [0.94, 0.90],
            "coverage_high": [0.96, 0.92], "level": [0.9, 0.9],
        }
    )  # fmt: skip
    left, right = bias.bias_and_coverage(table).axes
    for axes, what in ((left, "bias"), (right, "coverage")):
        assert sorted(x for x, _ in dots(axes, "o")) == sorted(table[what])
        spans = {(low, high) for low, high, _ in bars_of_intervals(axes)}
        assert set(zip(table[f"{what}_low"], table[f"{what}_high"], strict=True)) <= spans
    assert 0.0 in upright(left)
    assert any(0.9 in line.get_xdata() for line in right.lines)


def test_shares_are_printed_in_the_middle_of_their_bars() -> None:
    values = pd.DataFrame(
        {"arm": ["a"] * 10 + ["b"] * 4, "visit": "end", "value": [0] * 5 + [1] * 4 + [2] + [2] * 3 + [0]}
    )
    panel = outcomes.outcome_distributions(
        values, label="fear", arms=("a", "b"), visits=("end",), categories=(0, 1, 2)
    ).axes[0]
    printed = {
        (round(float(text.get_position()[0]), 9), text.get_position()[1]): text.get_text() for text in panel.texts
    }
    assert printed == {(0.25, 0): "50%", (0.7, 0): "40%", (0.125, 1): "25%", (0.625, 1): "75%"}
    assert [label.get_text() for label in panel.get_yticklabels()] == ["a", "b"]
    lefts = [[round(patch.get_x(), 9) for patch in bars] for bars in panel.containers]
    assert lefts == [[0, 0], [0.5, 0.25], [0.9, 0.25]]


def test_boxes_are_quartiles_and_medians() -> None:
    values = pd.DataFrame({"arm": "a", "visit": "end", "value": [1.0, 2, 3, 4, 10]})
    axes = outcomes.outcome_distributions(values, label="pain", arms=("a",), visits=("end",)).axes[0]
    box = axes.patches[0].get_path().vertices[:, 1]
    assert (box.min(), box.max()) == (2, 4)
    assert any(list(line.get_ydata()) == [3, 3] for line in axes.lines)


def test_the_bold_line_is_the_mean_of_scores() -> None:
    rows = [
        (n, "a", visit, value)
        for visit, some in (("pre", (1.0, 2, 6)), ("post", (0.0, 1, 5)))
        for n, value in enumerate(some)
    ]
    frame = pd.DataFrame(rows, columns=["participant", "arm", "visit", "value"])
    for ordinal, middle in ((True, [3, 2]), (False, [2, 1])):
        figure = trajectories.trajectories(frame, label="fear", arms=("a",), visits=("pre", "post"), ordinal=ordinal)
        bold = max(figure.axes[0].lines, key=lambda line: line.get_linewidth())
        assert list(bold.get_ydata()) == middle


def test_each_box_of_the_flow_stands_where_it_belongs() -> None:
    def count(label: str, mean: float) -> counts.Count:
        return counts.Count(label, mean, mean - 2, mean + 3)

    drawn = flow.consort(
        counts.Flow(
            screened=count("patients who came", 90), not_enrolled=[count("declined", 30)], enrolled=count("enrolled", 60),
            allocated={"a": count("allocated", 31), "b": count("allocated", 29)},
            losses={"a": [count("left", 4)], "b": [count("left", 5)]},
            analyzed={"a": count("with endpoint", 27), "b": count("with endpoint", 24)},
        )
    )  # fmt: skip
    boxes = {text.get_text(): text.get_position() for text in drawn.axes[0].texts if text.get_text()}
    downwards = ["patients who came 90.0 (88-93)", "not enrolled\ndeclined 30.0 (28-33)", "enrolled 60.0 (58-63)",
                 "a\nallocated 31.0 (29-34)", "left 4.0 (2-7)", "with endpoint 27.0 (25-30)"]  # fmt: skip
    heights = [boxes[text][1] for text in downwards]
    assert heights == sorted(heights, reverse=True)
    for one, other in (("a\nallocated 31.0 (29-34)", "b\nallocated 29.0 (27-32)"), ("left 4.0 (2-7)", "left 5.0 (3-8)"),
                       ("with endpoint 27.0 (25-30)", "with endpoint 24.0 (22-27)")):  # fmt: skip
        assert boxes[one][0] < boxes[other][0]
    assert str(counts.Count("enrolled", 60.0, 60.0, 60.0)) == "enrolled 60"


def test_a_rate_that_is_not_a_power_is_red_and_the_caption_says_why() -> None:
    figure = power.rejection_rates(RATES.assign(too_often=RATES["row"] == "pain"))
    colors = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert colors["50.0%"] == style.ACCENT
    assert {color for text, color in colors.items() if text != "50.0%"} == {power.DECLARED}
    assert "rejects too often without effects, so not a power" in figure.get_supxlabel().replace("\n", " ")
    assert "red:" not in power.rejection_rates(RATES).get_supxlabel()


def test_the_caption_names_bold_rows_only_where_there_are_some() -> None:
    assert "Bold: primary." in power.rejection_rates(RATES).get_supxlabel()
    assert "Bold" not in power.rejection_rates(RATES.assign(primary=False)).get_supxlabel()
