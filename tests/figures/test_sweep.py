"""Figures of sweeps: what is drawn equals what was handed over, and nothing is cut off."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from trialsim.figures.pareto import feasibility
from trialsim.figures.sweep import sweep_dots, sweep_heatmap, sweep_lines

NAMES = {"n": "enroll", "units": "nurse units", "share": "other work share"}


@pytest.fixture
def swept() -> pd.DataFrame:
    """Twelve designs: three sizes, two teams, two wards."""
    rows = []
    for i, (n, units, share) in enumerate(product((60, 99, 150), (1, 2), (60.0, 85.0))):
        value = min(0.004 * n + 0.02 * units - 0.0004 * share + 0.2, 1.0)
        rows.append({
            "design_id": i, "n": n, "units": units, "share": share, "value": value, "mcse": 0.01,
            "low": value - 0.02, "high": value + 0.02, "days": 2.0 * n * share / 60, "cost": 100.0 * n + units,
            "staff_hours": 0.3 * n, "pareto": share == 60.0, "pareto_open": False, "too_often": False,
        })  # fmt: skip
    return pd.DataFrame(rows)


def assert_nothing_is_cut_off(figure: Figure) -> None:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = figure.bbox.width, figure.bbox.height
    ticks = {id(label) for axes in figure.axes for label in (*axes.get_xticklabels(), *axes.get_yticklabels())}
    for text in figure.findobj(Text):
        if not text.get_text().strip() or not text.get_visible() or id(text) in ticks:
            continue
        box = text.get_window_extent(canvas.get_renderer())
        assert box.x0 >= -1, text.get_text()
        assert box.y0 >= -1, text.get_text()
        assert box.x1 <= width + 1, text.get_text()
        assert box.y1 <= height + 1, text.get_text()


def test_lines_are_the_values_and_the_bands_their_intervals(swept: pd.DataFrame) -> None:
    figure = sweep_lines(swept, x="n", line="units", panels="share", names=NAMES, ylabel="power")
    assert len(figure.axes) == 2
    for axes, share in zip(figure.axes, (60.0, 85.0), strict=True):
        drawn = [line for line in axes.lines if len(line.get_xdata()) == 3]
        for line, units in zip(drawn, (1, 2), strict=True):
            wanted = swept[(swept["units"] == units) & (swept["share"] == share)]
            np.testing.assert_allclose(line.get_ydata(), wanted["value"])
        bottom = min(band.get_paths()[0].vertices[:, 1].min() for band in axes.collections)
        assert bottom == pytest.approx(swept.loc[swept["share"] == share, "low"].min())
    assert_nothing_is_cut_off(figure)


def test_dots_of_groups_stand_side_by_side(swept: pd.DataFrame) -> None:
    figure = sweep_dots(swept, xs=["n", "share"], group="units", names=NAMES, ylabel="power")
    first, second = (container.lines[0] for container in figure.axes[0].containers)
    gaps = np.asarray(second.get_xdata()) - np.asarray(first.get_xdata())
    assert (gaps > 0).all()
    assert (gaps < 0.02 * np.ptp(swept["n"])).all()
    assert "Dashed" in figure.get_supxlabel()
    assert_nothing_is_cut_off(figure)


def test_a_goal_out_of_sight_is_not_told(swept: pd.DataFrame) -> None:
    low = swept.assign(value=0.3, low=0.25, high=0.35)
    figure = sweep_lines(low, x="n", line="units", panels="share", names=NAMES, ylabel="power")
    assert "Dashed" not in figure.get_supxlabel()


def test_a_heatmap_has_every_value_where_it_belongs(swept: pd.DataFrame) -> None:
    part = swept[swept["units"] == 1]
    figure = sweep_heatmap(part, x="n", y="share", names=NAMES, label="power")
    values = figure.axes[0].collections[0].get_array().reshape(2, 3)
    np.testing.assert_allclose(values, part.pivot(index="share", columns="n", values="value"))
    assert_nothing_is_cut_off(figure)


@pytest.mark.parametrize("burdens", [["days"], ["days", "cost"], ["days", "cost", "staff_hours"]])
def test_feasibility_has_a_panel_for_each_burden_and_names_the_set(swept: pd.DataFrame, burdens: list[str]) -> None:
    designs = {i: f"{n}, {units}" for i, n, units in zip(swept["design_id"], swept["n"], swept["units"], strict=True)}
    figure = feasibility(
        swept, burdens=burdens, designs=designs, heading=["enroll", "nurse units"], currency="EUR", ylabel="power"
    )
    assert len(figure.axes) == len(burdens)
    for axes, burden in zip(figure.axes, burdens, strict=True):
        others, inside = (np.asarray(dots.get_offsets()) for dots in axes.collections if len(dots.get_offsets()) > 1)
        for drawn, wanted in ((others, swept[~swept["pareto"]]), (inside, swept[swept["pareto"]])):
            np.testing.assert_allclose(drawn, wanted[[burden, "value"]])
    told = "\n".join(text.get_text() for legend in figure.legends for text in legend.get_texts())
    for i in swept.loc[swept["pareto"], "design_id"]:
        assert f"{i}:  {designs[i]}" in told
    assert_nothing_is_cut_off(figure)
