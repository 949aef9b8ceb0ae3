"""A measure over the values of a sweep: lines with Monte Carlo bands, or a heatmap of two values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from trialsim.figures.style import ARM_COLORS, INK, blank_figure, caption, percent_ticks, plain_grid, study_style

COLORS = (*ARM_COLORS[1:], ARM_COLORS[0])
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
GOALS = (0.8, 0.9)

#: With more cells than this the heatmap shows colors without numbers.
MOST_NUMBERS = 120


def sweep_lines(
    frame: pd.DataFrame,
    *,
    x: str,
    line: str | None,
    panels: str | None,
    names: Mapping[str, str],
    ylabel: str,
    share: bool = True,
    note: str = "",
) -> Figure:
    """The value over ``x`` with its 95 % Monte Carlo band, a line for each ``line``, a panel for each ``panels``.

    ``frame`` has the columns x, line, panels, value, low, high; ``names`` gives each column its label.
    """
    with study_style():
        shown = list(dict.fromkeys(frame[panels])) if panels else [None]
        figure = blank_figure(3.6 + 3.6 * len(shown), 4.3)
        grid = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
        lines = list(dict.fromkeys(frame[line])) if line else [None]
        for axes, panel in zip(grid, shown, strict=True):
            part = frame if panel is None else frame[frame[panels] == panel]
            for i, one in enumerate(lines):
                rows = part if one is None else part[part[line] == one]
                band = 0.18 if len(lines) <= 3 else 0.1
                _line(axes, rows.sort_values(x), x, label="" if one is None else tidy(one), index=i, band=band)
            if panel is not None:
                axes.set_title(f"{names[str(panels)]}: {tidy(panel)}", fontsize=9.5, fontweight="normal")
            axes.set_xlabel(names[x])
            _places(axes, frame[x])
            plain_grid(axes)
        goals = _value_axis(grid[0], frame, ylabel, share=share)
        if line:
            handles, labels = grid[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside right center", title=names[line], alignment="left")
        caption(figure, f"{note} Band: 95 % Monte Carlo.{goals}")
    return figure


def _line(axes: Axes, rows: pd.DataFrame, x: str, *, label: str, index: int, band: float) -> None:
    color = COLORS[index % len(COLORS)]
    axes.fill_between(rows[x], rows["low"], rows["high"], color=color, alpha=band, linewidth=0)
    axes.plot(
        rows[x], rows["value"], color=color, linewidth=1.8, marker=MARKERS[index % len(MARKERS)], markersize=5,
        markeredgecolor="white", markeredgewidth=0.6, label=label,
    )  # fmt: skip


def _places(axes: Axes, values: pd.Series[float]) -> None:
    """A tick at each value if there are few, and whole numbers if all values are whole."""
    places = np.unique(values)
    if len(places) <= 8:
        axes.set_xticks(places, [tidy(place) for place in places])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=bool((places == places.round()).all())))


def _value_axis(axes: Axes, frame: pd.DataFrame, label: str, *, share: bool) -> str:
    """Label and limits of the values, and a line at each goal; returns a note on these lines."""
    axes.set_ylabel(label)
    if not share:
        return ""
    bottom, top = frame["low"].min(), frame["high"].max()
    bottom, top = max(0.0, np.floor(10 * bottom - 0.2) / 10), min(1.02, np.ceil(10 * top + 0.2) / 10)
    axes.set_ylim(bottom, top)
    axes.yaxis.set_major_formatter(percent_ticks())
    shown = [goal for goal in GOALS if bottom < goal < top]
    for other in axes.figure.axes:
        for goal in shown:
            other.axhline(goal, color=INK, linewidth=1, linestyle=(0, (4, 3)), alpha=0.6, zorder=1.5)
    return f" Dashed: {' and '.join(f'{100 * goal:.0f}' for goal in shown)} %." if shown else ""


def sweep_dots(
    frame: pd.DataFrame,
    *,
    xs: Sequence[str],
    group: str | None,
    names: Mapping[str, str],
    ylabel: str,
    share: bool = True,
    note: str = "",
) -> Figure:
    """A dot for every design over each of the values ``xs``, one panel for each, colored by ``group``: for hypercubes.

    ``frame`` has the columns of ``xs``, group, value, low, high.
    """
    with study_style():
        figure = blank_figure(max(3.4 * len(xs) + (1.8 if group else 0.6), 6.4), 4.0)
        grid = figure.subplots(1, len(xs), sharey=True, squeeze=False)[0]
        groups = list(dict.fromkeys(frame[group])) if group else [None]
        for axes, x in zip(grid, xs, strict=True):
            for i, one in enumerate(groups):
                rows = frame if one is None else frame[frame[group] == one]
                aside = (
                    (i - (len(groups) - 1) / 2) * 0.012 * float(np.ptp(frame[x]))
                )  # so that groups do not hide each other
                axes.errorbar(
                    rows[x] + aside, rows["value"], yerr=[rows["value"] - rows["low"], rows["high"] - rows["value"]],
                    fmt=MARKERS[i % len(MARKERS)], color=COLORS[i % len(COLORS)], markersize=5, linewidth=1,
                    markeredgecolor="white", markeredgewidth=0.6, label="" if one is None else tidy(one),
                )  # fmt: skip
            axes.set_xlabel(names[x])
            axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
            plain_grid(axes)
        goals = _value_axis(grid[0], frame, ylabel, share=share)
        if group:
            handles, labels = grid[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside right center", title=names[group], alignment="left")
        caption(figure, f"{note} Bars: 95 % Monte Carlo.{goals}")
    return figure


def sweep_heatmap(
    frame: pd.DataFrame, *, x: str, y: str, names: Mapping[str, str], label: str, share: bool = True, note: str = ""
) -> Figure:
    """The value at every combination of two values, darker where it is higher.

    ``frame`` has the columns x, y, value, mcse, one row for each combination.
    """
    with study_style():
        table = frame.pivot(index=y, columns=x, values="value")  # one row for each combination
        table = table.reindex(index=_ordered(frame[y]), columns=_ordered(frame[x]))
        rows, columns = table.shape
        figure = blank_figure(min(2.6 + 0.85 * columns, 12), min(1.7 + 0.5 * rows, 10))
        axes = figure.subplots()
        numbers = rows * columns <= MOST_NUMBERS
        sns.heatmap(
            table, ax=axes, cmap="YlGnBu", linewidths=1 if numbers else 0, linecolor="white", annot=numbers,
            fmt=".1%" if share else ".3g", annot_kws={"fontsize": 8.5}, vmin=0 if share else None,
            vmax=1 if share else None, cbar_kws={"shrink": 0.9, "format": PercentFormatter(1) if share else None},
        )  # fmt: skip
        axes.invert_yaxis()
        axes.set_xlabel(names[x])
        axes.set_ylabel(names[y])
        axes.set_xticks(axes.get_xticks(), [tidy(table.columns[int(at)]) for at in axes.get_xticks()], rotation=0)
        axes.set_yticks(axes.get_yticks(), [tidy(table.index[int(at)]) for at in axes.get_yticks()], rotation=0)
        axes.tick_params(length=0)
        axes.set_title(label, color=INK)
        largest = frame["mcse"].max()
        error = f"{largest:.1%}" if share else f"{largest:.2g}"
        caption(figure, f"{note} Largest Monte Carlo standard error: {error}.")
    return figure


def _ordered(values: pd.Series[float]) -> list[float]:
    """The values of an axis: numbers in ascending order, words in their order."""
    found = list(dict.fromkeys(values))
    return sorted(found) if pd.api.types.is_numeric_dtype(values) else found


def tidy(value: object) -> str:
    """A value as a label."""
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)
