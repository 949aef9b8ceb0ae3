"""What each design gives, and what it takes: power against length, cost and staff."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from trialsim.plots.style import ACCENT, INK, QUIET, blank_figure, caption, plain_grid, study_style

SMALL, LARGE = 18.0, 150.0
LABELS = {"days": "length of the trial [days]", "participants": "participants", "cost": "cost of the trial"}


def feasibility(
    frame: pd.DataFrame,
    *,
    burdens: Sequence[str],
    currency: str = "",
    ylabel: str,
    share: bool = True,
    note: str = "",
) -> Figure:
    """A panel for each burden: the value of every design against it, staff hours as size, the Pareto set in color.

    ``frame`` has the columns design_id, value, low, high, pareto, staff_hours and those named in ``burdens``.
    """
    with study_style():
        figure = blank_figure(7.2 if len(burdens) == 1 else 0.8 + 4.6 * len(burdens), 4.6)
        grid = figure.subplots(1, len(burdens), sharey=True, squeeze=False)[0]
        sizes = _sizes(frame["staff_hours"])
        for axes, burden in zip(grid, burdens, strict=True):
            _panel(axes, frame, burden, sizes)
            unit = f" [{currency}]" if burden == "cost" and currency else ""
            axes.set_xlabel(LABELS[burden] + unit)
            axes.xaxis.set_major_locator(MaxNLocator(6))
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            axes.margins(x=0.12)
            plain_grid(axes)
        grid[0].set_ylabel(ylabel)
        if share:
            bottom, top = np.nanmin(frame["low"]), np.nanmax(frame["high"])
            grid[0].set_ylim(max(-0.02, np.floor(10 * bottom) / 10), min(1.05, top + 0.05))
            grid[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        _legend(figure, frame["staff_hours"])
        caption(figure, f"{note} Numbers: design_id of the Pareto set. Bars: 95 % Monte Carlo.")
    return figure


def _panel(axes: Axes, frame: pd.DataFrame, burden: str, sizes: np.ndarray) -> None:
    inside = frame["pareto"].to_numpy()
    for chosen, color, edge, order in ((~inside, "#c3ccd4", "white", 2), (inside, ACCENT, "white", 4)):
        part = frame[chosen]
        axes.vlines(part[burden], part["low"], part["high"], color=color, linewidth=1, alpha=0.8, zorder=order)
        axes.scatter(part[burden], part["value"], s=sizes[chosen], color=color, edgecolor=edge, zorder=order + 1)
    best = frame[inside].sort_values([burden, "value"])
    axes.plot(best[burden], best["value"], color=ACCENT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    for text, x, y in _names(best, frame, burden):
        axes.annotate(
            text, (x, y), xytext=(-7, 7), textcoords="offset points", fontsize=8.5, color=INK, fontweight="bold",
            ha="right", zorder=6,
        )  # fmt: skip


def _names(best: pd.DataFrame, frame: pd.DataFrame, burden: str) -> list[tuple[str, float, float]]:
    """The names of the set and where they stand; designs that lie close together share one place."""
    wide = max(float(np.ptp(frame[burden])), 1e-12)
    tall = max(float(np.ptp(frame["value"].dropna())), 1e-12)
    groups: list[tuple[list[int], float, float]] = []
    for design, x, y in zip(best["design_id"], best[burden], best["value"], strict=True):
        near = [group for group in groups if abs(group[1] - x) < 0.05 * wide and abs(group[2] - y) < 0.06 * tall]
        if near:
            near[0][0].append(int(design))
        else:
            groups.append(([int(design)], float(x), float(y)))
    return [(", ".join(map(str, sorted(ids))), x, y) for ids, x, y in groups]


def _sizes(hours: pd.Series[float]) -> np.ndarray:
    """Areas of the dots by hours of staff; all alike where there is no staff."""
    values = hours.to_numpy(dtype=float)
    top = np.nanmax(values) if np.isfinite(values).any() else 0.0
    if not top > 0:
        return np.full(len(values), 45.0)
    return SMALL + (LARGE - SMALL) * np.nan_to_num(values) / top


def _legend(figure: Figure, hours: pd.Series[float]) -> None:
    handles: list[PathCollection] = []
    labels: list[str] = []
    axes = figure.axes[0]
    known = hours.dropna()
    if len(known) and known.max() > 0:
        steps = MaxNLocator(3, steps=[1, 2, 5, 10]).tick_values(0, float(known.max()))
        for hour in [step for step in steps if 0 < step <= known.max() * 1.05][-3:]:
            area = SMALL + (LARGE - SMALL) * hour / known.max()
            handles.append(axes.scatter([], [], s=area, color="#c3ccd4", edgecolor=QUIET, linewidth=0.5))
            labels.append(f"{hour:g} h of staff")
    handles.append(axes.scatter([], [], s=45, color=ACCENT, edgecolor="white"))
    labels.append("Pareto set: no design gives as much for less")
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), fontsize=8.5)
