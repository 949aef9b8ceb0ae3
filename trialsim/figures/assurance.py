"""Assurance: power along the belief that changes it most, and the distribution of power over the prior."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trialsim.figures.style import ACCENT, INK, QUIET, blank_figure, caption, percent_ticks, plain_grid, study_style

LINE = "#0072b2"


def assurance_figure(
    along: pd.DataFrame,
    power: Sequence[float],
    *,
    design: float,
    assurance: float,
    goal: float,
    above: float,
    belief: str,
    ticks: Sequence[tuple[float, str]],
    note: str = "",
) -> Figure:
    """Two panels: power in bins of one belief with 95 % bands, and the share of the prior with at least a power.

    Parameters
    ----------
    along : columns quantile_low, quantile_high, power, low, high, in ascending order
    power : (P,) powers over the prior in ascending order
    design, assurance : power at the design values and averaged over the prior
    goal, above : a power, and the share of the prior at or above it
    belief : name of the belief of the first panel
    ticks : quantiles and the values there, for the upper axis
    """
    with study_style():
        figure = blank_figure(9.6, 4.4)
        left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
        _along(left, along, belief, ticks)
        for value, color, style, words in (
            (design, QUIET, (0, (2, 3)), f"at the design values {design:.0%}"),
            (assurance, ACCENT, "solid", f"assurance {assurance:.0%}"),
        ):
            left.axhline(value, color=color, linewidth=1.2, linestyle=style, zorder=1, label=words)
        left.legend(loc="best", fontsize=8.5)
        _spread(right, np.asarray(power), goal, above)
        caption(figure, note)
    return figure


def _along(axes: Axes, along: pd.DataFrame, belief: str, ticks: Sequence[tuple[float, str]]) -> None:
    middle = (along["quantile_low"] + along["quantile_high"]) / 2
    axes.fill_between(middle, along["low"], along["high"], color=LINE, alpha=0.2, linewidth=0)
    axes.plot(middle, along["power"], "o-", color=LINE, linewidth=1.8, markersize=4)
    axes.set_xlabel(f"quantile of the prior of\n{belief}")
    axes.set_ylabel("power")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_formatter(percent_ticks())
    axes.yaxis.set_major_formatter(percent_ticks())
    upper = axes.secondary_xaxis("top")
    upper.set_xticks([at for at, _ in ticks], [text for _, text in ticks])
    upper.tick_params(labelsize=8, colors=QUIET)
    upper.spines["top"].set_visible(False)
    plain_grid(axes)


def _spread(axes: Axes, power: np.ndarray, goal: float, above: float) -> None:
    rank = 1 - np.arange(len(power)) / len(power)
    axes.step([0.0, *power, 1.0], [1.0, *rank, 0.0], where="pre", color=LINE, linewidth=1.8)
    axes.plot([goal, goal, 0], [0, above, above], color=INK, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    high = float(np.median(power)) > 0.5  # the words are in the corner that the curve leaves free
    axes.annotate(
        f"{above:.0%} of the prior has\na power of at least {goal:.0%}", (0.04, 0.05) if high else (0.96, 0.95),
        xycoords="axes fraction", ha="left" if high else "right", va="bottom" if high else "top", fontsize=8.5, color=INK,
    )  # fmt: skip
    axes.set_xlabel("power")
    axes.set_ylabel("share of the prior with at least this power")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_formatter(percent_ticks())
    axes.yaxis.set_major_formatter(percent_ticks())
    plain_grid(axes)
