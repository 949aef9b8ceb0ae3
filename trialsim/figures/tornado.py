"""Which assumption moves the answer most: bars from the study as declared to both ends of every range."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from trialsim.figures.style import INK, QUIET, blank_figure, caption, plain_grid, study_style

LOW, HIGH = "#0072b2", "#d55e00"
FAINT_ALPHA = 0.22

#: A panel of days or money extends at least this far to both sides, as a share of the declared value.
LEAST = 0.02


def tornado(
    frame: pd.DataFrame,
    *,
    measures: Sequence[str],
    names: Mapping[str, str],
    note: str = "",
    shares: Sequence[str] = (),
) -> Figure:
    """A panel for each measure; in it a pair of bars for each assumption, from the declared value to both ends.

    Parameters
    ----------
    frame : columns label, measure, low, high (as words), declared, value_low, value_high, mcse_low, mcse_high (of the
        differences), noise_low, noise_high; assumptions in their order from the top
    measures : the panels; the first one has the labels of the ends
    names : label of the axis of each measure
    shares : measures shown in percent
    """
    with study_style():
        labels = list(dict.fromkeys(frame["label"]))
        widths = [1.5, *[1.0] * (len(measures) - 1)]
        figure = blank_figure(4.2 + 2.9 * len(measures), 0.42 * len(labels) + 1.7)
        grid = figure.subplots(1, len(measures), sharey=True, squeeze=False, width_ratios=widths)[0]
        for axes, measure in zip(grid, measures, strict=True):
            part = frame[frame["measure"] == measure].set_index("label").loc[labels]
            _panel(axes, part, words=measure == measures[0], share=measure in shares)
            axes.set_xlabel(names[measure])
            axes.xaxis.set_major_locator(MaxNLocator(6 if measure == measures[0] else 4, steps=[1, 2, 5, 10]))
            formatter = PercentFormatter(1) if measure in shares else StrMethodFormatter("{x:,.0f}")
            axes.xaxis.set_major_formatter(formatter)
            plain_grid(axes, axis="x")
            axes.tick_params(axis="y", length=0)
            axes.spines["left"].set_visible(False)
        grid[0].set_yticks(range(len(labels)), labels)
        grid[0].set_ylim(len(labels) - 0.4, -0.6)
        handles = [Patch(color=LOW, label="low end"), Patch(color=HIGH, label="high end")]
        handles.append(Patch(color=QUIET, alpha=FAINT_ALPHA + 0.1, label="faint: within Monte Carlo error"))
        figure.legend(handles=handles, loc="outside upper right", ncols=3, fontsize=8.5)
        caption(figure, note)
    return figure


def _panel(axes: Axes, part: pd.DataFrame, *, words: bool, share: bool) -> None:
    declared = float(part["declared"].iloc[0])
    reach = [0.0, 0.0]  # to the left, to the right
    for y, (_, row) in enumerate(part.iterrows()):
        unmoved = all(row[f"value_{end}"] == declared and not row[f"mcse_{end}"] > 0 for end in ("low", "high"))
        if unmoved:
            if words:
                _word(axes, "no change", declared, float(y), right=True, error=0.0, faint=True)
            continue
        for end, color, shift in (("low", LOW, -0.17), ("high", HIGH, 0.17)):
            value, error = float(row[f"value_{end}"]), 1.96 * float(row[f"mcse_{end}"])
            faint = bool(row[f"noise_{end}"])
            alpha = FAINT_ALPHA if faint else 0.95
            axes.barh(y + shift, value - declared, left=declared, height=0.32, color=color, alpha=alpha, linewidth=0)
            limits = (value, 1.0 - value) if share else (math.inf, math.inf)  # a share ends at 0 and 1
            ends = [[max(0.0, min(error, one))] for one in limits]
            axes.errorbar(
                value, y + shift, xerr=ends, color=INK, linewidth=0.8, capsize=0, alpha=0.35 if faint else 0.8
            )
            right = value >= declared
            if words:
                _word(axes, str(row[end]), value, y + shift, right=right, error=error, faint=faint)
            reach[right] = max(reach[right], abs(value - declared) + error)
            reach[not right] = max(reach[not right], error - abs(value - declared))
    axes.axvline(declared, color=INK, linewidth=1)
    if not words:  # days and money: a change of a few in a thousand does not fill the panel
        reach = [max(one, LEAST * abs(declared)) for one in reach]
    whole = sum(reach) or 1e-6
    room = (0.16 if words else 0.06) * whole
    axes.set_xlim(declared - reach[0] - room, declared + reach[1] + room)


def _word(axes: Axes, text: str, value: float, y: float, *, right: bool, error: float, faint: bool) -> None:
    axes.annotate(
        text, (value + (error if right else -error), y), xytext=(4 if right else -4, 0), textcoords="offset points",
        ha="left" if right else "right", va="center", fontsize=7.5, color=QUIET if faint else INK,
    )  # fmt: skip
