"""Power and burdens of each design: length, cost and staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from trialsim.figures.style import ACCENT, INK, blank_figure, caption, percent_ticks, plain_grid, study_style

OTHERS, TOO_OFTEN = "#b4bfc8", "#b3432b"
LABELS = {
    "days": "length of the trial [days]",
    "participants": "participants",
    "cost": "cost of the trial",
    "staff_hours": "hours of staff",
}

#: The most designs of the Pareto set listed one by one.
MOST_LISTED = 14


def feasibility(
    frame: pd.DataFrame,
    *,
    burdens: Sequence[str],
    designs: Mapping[int, str],
    heading: Sequence[str],
    currency: str = "",
    ylabel: str,
    share: bool = True,
    note: str = "",
) -> Figure:
    """A panel for each burden: the value of every design against it, the Pareto set in color and listed beside the panels.

    ``frame`` has the columns design_id, value, low, high, pareto, pareto_open, too_often and those named in ``burdens``.
    ``designs`` has the values of each design_id, ``heading`` their names.
    """
    with study_style():
        figure = blank_figure(3.0 + (4.6 if len(burdens) == 1 else 3.2 * len(burdens)), 4.4)
        grid = figure.subplots(1, len(burdens), sharey=True, squeeze=False)[0]
        _values(grid[0], frame, ylabel, share=share)
        for axes, burden in zip(grid, burdens, strict=True):
            _panel(axes, frame, burden)
            unit = f" [{currency}]" if burden == "cost" and currency else ""
            axes.set_xlabel(LABELS[burden] + unit)
            axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}" if _whole(axes) else "{x:,.1f}"))
            plain_grid(axes)
        _told(figure, frame, designs, heading)
        caption(figure, f"{note} Numbers: design_id. Bars: 95 % Monte Carlo.")
    return figure


def _values(axes: Axes, frame: pd.DataFrame, label: str, *, share: bool) -> None:
    """The vertical axis, with room for names above the dots."""
    axes.set_ylabel(label)
    bottom, top = float(np.nanmin(frame["low"])), float(np.nanmax(frame["high"]))
    if share:
        bottom = max(-0.02, np.floor(10 * bottom) / 10)
        axes.set_ylim(bottom, min(1.05, top + 0.15 * (top - bottom)))
        axes.yaxis.set_major_formatter(percent_ticks())
    else:
        axes.set_ylim(bottom - 0.05 * (top - bottom), top + 0.15 * (top - bottom))


def _whole(axes: Axes) -> bool:
    """Whether the ticks of the horizontal axis are whole numbers."""
    ticks = np.asarray(axes.get_xticks())
    return bool(np.allclose(ticks, np.round(ticks)))


def _panel(axes: Axes, frame: pd.DataFrame, burden: str) -> None:
    inside, bad, unsure = (frame[name].to_numpy(dtype=bool) for name in ("pareto", "too_often", "pareto_open"))
    for chosen, color, face, size, order in (
        (~(inside | bad | unsure), OTHERS, OTHERS, 30, 2), (bad, TOO_OFTEN, TOO_OFTEN, 30, 3),
        (unsure, ACCENT, "white", 36, 4), (inside, ACCENT, ACCENT, 42, 5),
    ):  # fmt: skip
        part = frame[chosen]
        axes.vlines(part[burden], part["low"], part["high"], color=color, linewidth=1.1, alpha=0.8, zorder=order)
        edge = color if face == "white" else "white"
        axes.scatter(part[burden], part["value"], s=size, color=face, edgecolor=edge, linewidth=1.0, zorder=order + 1)
    axes.margins(x=0.14)
    best = frame[inside].sort_values([burden, "value"])
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    for text, low, high, y in _names(best, burden, right - left, top - bottom):
        near = low - left < 0.2 * (right - left)
        axes.annotate(
            text, (high if near else low, y), xytext=(6 if near else -6, 6), textcoords="offset points", fontsize=8.5, color=INK,
            fontweight="bold", ha="left" if near else "right", zorder=6,
        )  # fmt: skip


def _names(best: pd.DataFrame, burden: str, wide: float, tall: float) -> list[tuple[str, float, float, float]]:
    """The names of the set; of close ones only the ends along the axis, and the highest value."""
    groups: list[list[tuple[int, float, float]]] = []
    for design, x, y in zip(best["design_id"], best[burden], best["value"], strict=True):
        one = (int(design), float(x), float(y))
        for group in groups:
            if abs(group[0][1] - x) < 0.06 * wide and abs(group[0][2] - y) < 0.07 * tall:
                group.append(one)
                break
        else:
            groups.append([one])
    found = []
    for group in groups:
        designs, xs, ys = zip(*group, strict=True)
        found.append((_few(designs), min(xs), max(xs), max(ys)))
    return found


def _few(designs: Sequence[int]) -> str:
    """``2, 7``; of more than three the first and the last."""
    names = [str(design) for design in sorted(designs)]
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} ... {names[-1]}"


def _told(figure: Figure, frame: pd.DataFrame, designs: Mapping[int, str], heading: Sequence[str]) -> None:
    """The legend: the kinds of dots, and the values of each design of the Pareto set."""
    best = [int(one) for one in frame.loc[frame["pareto"], "design_id"]]
    lines = [_dot(ACCENT, 7, "Pareto set: no design gives\nas much with less")]
    if frame["pareto_open"].any():
        lines.append(_dot(ACCENT, 6, "undecided", face="white"))
    if frame["too_often"].any():
        lines.append(_dot(TOO_OFTEN, 6, "rejects too often\nwithout effects"))
    if not (frame["pareto"] | frame["pareto_open"] | frame["too_often"]).all():
        lines.append(_dot(OTHERS, 6, "other designs"))
    key = figure.legend(handles=lines, loc="outside right upper", alignment="left", fontsize=8.5, labelspacing=0.8)
    words = [f"{design}:  {designs[design]}" for design in best[:MOST_LISTED]]
    if len(best) > MOST_LISTED:
        words.append(f"and {len(best) - MOST_LISTED} more")
    title = "\n".join(wrap(f"design_id:  {', '.join(heading)}", 30))
    empty = [Line2D([], [], linestyle="") for _ in words]
    figure.legend(
        handles=empty, labels=words, loc="outside right center", title=title, alignment="left", fontsize=8.5,
        title_fontsize=8.5, handlelength=0, handletextpad=0, labelcolor=INK,
    )  # fmt: skip
    key.set_zorder(5)


def _dot(color: str, size: float, label: str, *, face: str | None = None) -> Line2D:
    edge = "white" if face is None else color
    return Line2D(
        [], [], color=face or color, marker="o", markersize=size, markeredgecolor=edge, linestyle="", label=label
    )
