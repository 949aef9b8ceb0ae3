"""Several analyses of the same trials side by side: power, rejections without effects, coverage."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trialsim.figures.style import (
    ACCENT,
    INK,
    TOO_OFTEN,
    blank_figure,
    bold_primary,
    caption,
    percent_ticks,
    plain_grid,
    row_names,
    study_style,
)

DOT = "#0072b2"

#: The panels: the columns that begin so, and what their axis says.
PANELS = (("power", "power"), ("level", "rejects without effects"), ("coverage", "intervals that hold the truth"))


def choices_side_by_side(table: pd.DataFrame, *, note: str = "") -> Figure:
    """Three panels, a row for each analysis: power, rejections without effects, coverage, with 95 % Monte Carlo intervals.

    ``table`` has the columns row, group (rows of one group may be ranked), primary and too_often (bool), alpha, and value,
    low and high of power, level and coverage (``power``, ``power_low``, ...); NaN where there is none. A bar without a dot shows
    bounds: too many trials failed.
    """
    with study_style():
        rows, groups = list(table["row"]), list(table["group"])
        names, more = row_names(rows)
        shown = [one for one in PANELS if table[one[0]].notna().any() or table[f"{one[0]}_low"].notna().any()]
        figure = blank_figure(3 + 2.4 * len(shown), (0.34 + more) * len(rows) + 1.7)
        panels = figure.subplots(1, len(shown), sharey=True, width_ratios=[1.5, 1, 1][: len(shown)], squeeze=False)[0]
        for panel, (name, label) in zip(panels, shown, strict=True):
            _dots(panel, table, name)
            panel.set_xlabel(label)
            panel.xaxis.set_major_formatter(percent_ticks())
            plain_grid(panel, axis="x")
            panel.tick_params(axis="y", length=0)
            for place in range(1, len(rows)):
                if groups[place] != groups[place - 1]:
                    panel.axhline(place - 0.5, color=INK, linewidth=0.7, zorder=0)
        for panel, (name, _) in zip(panels, shown, strict=True):
            LIMITS[name](panel, table)
        panels[0].set_yticks(range(len(rows)), names)
        bold = bold_primary(panels[0], table["primary"])
        panels[0].set_ylim(len(rows) - 0.5, -0.5)
        red = f" {TOO_OFTEN}" if table["too_often"].any() else ""
        lines = " A line between rows: they estimate another number, or hold their level for other tests, and are not ranked."
        caption(figure, f"{note} Dashed: 80 and 90 %. Red lines: level and its coverage.{bold}{lines}{red}".strip())
    return figure


def _dots(panel: Axes, table: pd.DataFrame, name: str) -> None:
    """A dot with its interval for each row; the power with its number."""
    for place, record in enumerate(table.to_dict("records")):
        value, low, high = (float(record[key]) for key in (name, f"{name}_low", f"{name}_high"))
        bad = bool(record["too_often"]) and name != "coverage"
        color = ACCENT if bad else DOT
        panel.plot([low, high], [place, place], color=color, linewidth=2.4, solid_capstyle="round")
        if value == value:
            panel.plot(value, place, "o", color=color, markersize=5.5, markeredgecolor="white")
        if low == low and name == "power":
            text = f"{value:.1%}" if value == value else f"{low:.1%} to {high:.1%}"
            aside = high > 0.82
            panel.annotate(
                text, (low if aside else high, place), xytext=(-7 if aside else 7, 0), textcoords="offset points",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6}, va="center",
                ha="right" if aside else "left", fontsize=8, color=color,
            )  # fmt: skip


def _power_limits(panel: Axes, _table: pd.DataFrame) -> None:
    panel.set_xlim(-0.02, 1.02)
    for goal in (0.8, 0.9):
        panel.axvline(goal, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0.8)


def _level_limits(panel: Axes, table: pd.DataFrame) -> None:
    for alpha in sorted(set(table["alpha"])):
        panel.axvline(alpha, color=ACCENT, linewidth=1, zorder=0.8)
    panel.set_xlim(0, min(1.02, 1.15 * float(table[["level_high", "alpha"]].max().max())))


def _coverage_limits(panel: Axes, table: pd.DataFrame) -> None:
    for alpha in sorted(set(table["alpha"])):
        panel.axvline(1 - alpha, color=ACCENT, linewidth=1, zorder=0.8)
    panel.set_xlim(max(0.0, min(float(table["coverage_low"].min()), 0.94) - 0.01), 1.001)


#: The axis of each panel, with lines at what is aimed for.
LIMITS = {"power": _power_limits, "level": _level_limits, "coverage": _coverage_limits}
