"""Power (or interval width) over the size of a trial or of the effect, with its Monte Carlo band."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from trialsim.figures.style import ACCENT, INK, QUIET, blank_figure, caption, percent_ticks, plain_grid, study_style

LINE = "#0072b2"


def design_curve(
    curve: pd.DataFrame,
    *,
    xlabel: str,
    ylabel: str,
    goal: float,
    share: bool = True,
    recommended: float | None = None,
    confirmed: tuple[float, float, float, float] | None = None,
    planned: float | None = None,
    names: Sequence[str] = (),
    note: str = "",
) -> Figure:
    """A line with its 95 % Monte Carlo band, the goal, the recommendation and the trials of a fresh seed.

    Parameters
    ----------
    curve : columns at, value, low, high, sorted by ``at``
    share : whether values are shares, shown in percent
    recommended : the recommended size or effect
    confirmed : trials of a fresh seed: their size, value, low and high
    planned : the size (or effect) that the scenario declares
    names : labels of the recommended and of the planned size
    """
    with study_style():
        figure = blank_figure(7.2, 4.3)
        axes = figure.subplots()
        x = curve["at"].to_numpy()
        axes.fill_between(x, curve["low"], curve["high"], color=LINE, alpha=0.2, linewidth=0)
        axes.plot(x, curve["value"], color=LINE, linewidth=2)
        axes.plot(x, curve["value"], "o", color=LINE, markersize=3.5, markeredgecolor="white", markeredgewidth=0.5)
        axes.axhline(goal, color=ACCENT, linewidth=1, zorder=1.5)
        _mark(axes, planned, names[1:2], color=QUIET, style=(0, (2, 3)))
        _mark(axes, recommended, names[0:1], color=INK, style=(0, (4, 3)))
        if confirmed is not None:
            place, value, low, high = confirmed
            axes.errorbar(
                place, value, yerr=[[value - low], [high - value]], fmt="D", color=ACCENT, markersize=5,
                capsize=3, zorder=5, markeredgecolor="white", label="trials of a fresh seed",
            )  # fmt: skip
            figure.legend(loc="outside upper right")
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]))
        if share:
            axes.yaxis.set_major_formatter(percent_ticks())
            axes.set_ylim(max(0.0, float(np.floor(10 * curve["low"].min()) / 10)), 1.02)
        plain_grid(axes)
        caption(figure, note)
    return figure


def _mark(axes: Axes, at: float | None, name: Sequence[str], *, color: str, style: tuple[int, tuple[int, int]]) -> None:
    """A labeled vertical line."""
    if at is None:
        return
    axes.axvline(at, color=color, linewidth=1, linestyle=style, zorder=1)
    if name:
        axes.annotate(
            name[0], (at, 0.02), xycoords=("data", "axes fraction"), xytext=(-4, 0), textcoords="offset points",
            rotation=90, ha="right", va="bottom", fontsize=8, color=color,
        )  # fmt: skip
