"""Distributions of an outcome by arm and visit in one synthetic trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, PercentFormatter

from trialsim.figures.letters import in_lines
from trialsim.figures.style import (
    ARM_MARKERS,
    INK,
    ONE_COLUMN,
    arm_marks,
    arm_palette,
    blank_figure,
    caption,
    plain_grid,
    plain_ticks,
    study_style,
)

#: Categories in a line of the legend of a narrow figure.
ACROSS = 6

#: Multiples of it (modulo 1) are spread evenly between 0 and 1.
GOLDEN = (5**0.5 - 1) / 2


def outcome_distributions(
    values: pd.DataFrame,
    *,
    label: str,
    arms: Sequence[str],
    visits: Sequence[str],
    unit: str = "",
    categories: Sequence[float] = (),
    log: bool = False,
    note: str = "",
    narrow: bool = False,
) -> Figure:
    """One panel for each visit: stacked bars for categories, points over boxes for measured values.

    Parameters
    ----------
    values : columns arm, visit, value (NaN where missing)
    categories : the levels of an ordinal outcome, lowest first; empty for a measured one
    log : a logarithmic axis, for cortisol
    note : the caption
    """
    with study_style():
        if categories:
            figure = _stacked(values, label=label, arms=arms, visits=visits, categories=categories, narrow=narrow)
        else:
            figure = _measured(values, label=label, arms=arms, visits=visits, unit=unit, log=log, narrow=narrow)
        caption(figure, note)
    return figure


def category_shares(values: pd.DataFrame, arms: Sequence[str], categories: Sequence[float]) -> np.ndarray:
    """Share of each category in each arm among measured values, (K, L); a row of zeros if nothing was measured."""
    counts = np.zeros((len(arms), len(categories)))
    for row, arm in enumerate(arms):
        measured = values.loc[values["arm"] == arm, "value"].dropna().to_numpy()
        counts[row] = [(measured == category).sum() for category in categories]
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.zeros_like(counts)
    np.divide(counts, totals, out=shares, where=totals > 0)
    return shares


def _stacked(
    values: pd.DataFrame, *, label: str, arms: Sequence[str], visits: Sequence[str], categories: Sequence[float],
    narrow: bool,
) -> Figure:  # fmt: skip
    many = len(visits)
    if narrow:
        figure = blank_figure(ONE_COLUMN, (0.36 * len(arms) + 0.5) * many + 0.9)
    else:
        figure = blank_figure(max(7.0, 2.3 * many + 1.0), 0.55 * len(arms) + 1.9)
    panels = figure.subplots(*((many, 1) if narrow else (1, many)), sharex=True, sharey=True, squeeze=False).ravel()
    colors: Colormap = mpl.colormaps["cividis_r"]  # lighter to darker for every kind of color vision, and in gray
    names_of_arms = [in_lines(arm, 20 if narrow else 28) for arm in arms]
    shades = [colors(x) for x in np.linspace(0.05, 0.95, len(categories))]
    for panel, visit in zip(panels, visits, strict=True):
        shares = category_shares(values[values["visit"] == visit], arms, categories)
        left = np.zeros(len(arms))
        for level, category in enumerate(categories):
            panel.barh(
                names_of_arms,
                shares[:, level],
                left=left,
                color=shades[level],
                edgecolor="white",
                label=f"{category:g}",
            )
            _print_shares(panel, shares[:, level], left, shade=shades[level])
            left += shares[:, level]
        panel.set_title(in_lines(visit, 50 if narrow else 22))
        panel.set_xlim(0, 1)
        panel.xaxis.set_major_formatter(PercentFormatter(1))
        panel.set_xticks([0, 0.5, 1])
        panel.tick_params(axis="y", length=0)
    panels[0].invert_yaxis()
    lines = -(-len(categories) // ACROSS) if narrow else 1
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(
        handles,
        names,
        loc="outside upper center",
        ncols=-(-len(categories) // lines),
        handlelength=1.4 if narrow else None,
        columnspacing=1.2 if narrow else None,
        title=in_lines(label, 50 if narrow else 90),
        title_fontsize=10.5,
    )
    return figure


def _print_shares(panel: Axes, widths: np.ndarray, left: np.ndarray, *, shade: tuple[float, ...]) -> None:
    dark = luminance(shade) < 0.24  # at which white and ink have equal contrast
    for row, width in enumerate(widths):
        if width >= 0.12:
            panel.text(
                left[row] + width / 2, row, f"{width:.0%}", ha="center", va="center", fontsize=7.5,
                color="white" if dark else INK,
            )  # fmt: skip


def luminance(shade: tuple[float, ...]) -> float:
    """The relative luminance of a color (WCAG 2.1), 0 for black and 1 for white."""
    parts = np.array(shade[:3])
    light = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(light @ np.array([0.2126, 0.7152, 0.0722]))


def _box(axes: Axes, values: np.ndarray, at: float, *, width: float, color: str) -> None:
    """A box over the quartiles with its median, whiskers to the last values within 1.5 times its height."""
    pen = {"color": INK, "linewidth": 1.0}
    axes.boxplot(
        values, positions=[at], widths=width, showfliers=False, patch_artist=True, manage_ticks=False,
        boxprops={"facecolor": to_rgba(color, 0.35), "edgecolor": INK, "linewidth": 1.0},
        medianprops=pen, whiskerprops=pen, capprops=pen,
    )  # fmt: skip


#: Width of the boxes at one visit together, the share of a box that is left free, and over how much of it points spread.
WIDTH, GAP, SPREAD = 0.8, 0.25, 0.36


def _measured(
    values: pd.DataFrame, *, label: str, arms: Sequence[str], visits: Sequence[str], unit: str, log: bool,
    narrow: bool,
) -> Figure:  # fmt: skip
    wide = max(6.0, 1.1 * len(visits) * max(len(arms), 2) * 0.75 + 1.5)
    figure = blank_figure(ONE_COLUMN if narrow else wide, 3.9)
    axes = figure.subplots()
    if log:
        axes.set_yscale("log")
    measured, palette, marks = values.dropna(subset=["value"]), arm_palette(arms), arm_marks(arms, ARM_MARKERS)
    slot = WIDTH / len(arms)
    handles = []
    for place, arm in enumerate(arms):
        color, shift = palette[arm], (place - (len(arms) - 1) / 2) * slot
        for at, visit in enumerate(visits):
            here = measured.loc[(measured["arm"] == arm) & (measured["visit"] == visit), "value"].to_numpy(dtype=float)
            if len(here):
                _box(axes, here, at + shift, width=slot * (1 - GAP), color=color)
                apart = (
                    SPREAD / len(arms) * ((np.arange(len(here)) * GOLDEN) % 1.0 - 0.5)
                )  # even, and always the same way
                axes.scatter(
                    at + shift + apart, here, s=11, marker=marks[arm], color=color, alpha=0.75, linewidths=0, zorder=3
                )
        handles.append(Line2D([], [], color=color, marker=marks[arm], linestyle="", markersize=4.5))
    axes.set_xlim(-0.5, len(visits) - 0.5)
    axes.set_xlabel("")
    axes.set_ylabel(in_lines(f"{label} [{unit}]" if unit else label, 40))
    letters = max(12, 75 // len(visits))
    slant: dict[str, Any] = {}
    if narrow:
        letters = 44 // len(visits)
        if max(len(word) for visit in visits for word in visit.split()) > letters:
            letters, slant = 22, {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(range(len(visits)), [in_lines(visit, letters) for visit in visits], **slant)
    plain_grid(axes)
    if log:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(plain_ticks())
        axes.yaxis.set_minor_locator(LogLocator(subs=()))
    if len(arms) > 1:
        names = [in_lines(arm, 30) for arm in arms]
        columns = max(
            1, min(len(arms), round((12 if narrow else 10) * figure.get_figwidth()) // (max(map(len, names)) + 6))
        )
        figure.legend(handles, names, loc="outside upper center", ncols=columns)
    return figure
