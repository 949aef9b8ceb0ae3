"""Which assumption moves the answer most: bars from the study as declared to both ends of every range."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from trialsim.figures.letters import in_lines
from trialsim.figures.style import (
    INK,
    ONE_COLUMN,
    QUIET,
    NamedRows,
    blank_figure,
    caption,
    named_rows,
    plain_grid,
    study_style,
)

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
    narrow: bool = False,
) -> Figure:
    """A panel for each measure; in it a pair of bars for each assumption, from the declared value to both ends.

    Panels are side by side; in a narrow figure they are below one another, and from the second on without assumptions that
    do not move them.

    Parameters
    ----------
    frame : columns label, measure, low, high (as words), declared, value_low, value_high, mcse_low, mcse_high (of the
        differences), noise_low, noise_high; assumptions in their order from the top
    measures : the panels; the first one has the labels of the ends
    names : label of the axis of each measure
    shares : measures shown in percent
    """
    with study_style():
        parts = {measure: frame[frame["measure"] == measure].set_index("label") for measure in measures}
        labels = list(dict.fromkeys(frame["label"]))
        if narrow:
            figure, panels, rows = _stacked(parts, labels)
        else:
            figure = blank_figure(4.2 + 2.9 * len(measures), 0.42 * len(labels) + 1.7)
            widths = [1.5, *[1.0] * (len(measures) - 1)]
            panels = figure.subplots(1, len(measures), sharey=True, squeeze=False, width_ratios=widths)[0].tolist()
            rows = dict.fromkeys(measures, named_rows(labels, 0.42))
        for axes, (measure, part) in zip(panels, parts.items(), strict=True):
            here = labels if not narrow else _moved(part.loc[labels], every=measure == measures[0])
            _panel(axes, part.loc[here], rows[measure].at, words=measure == measures[0], share=measure in shares)
            axes.set_xlabel(in_lines(names[measure], 56) if narrow else names[measure])
            axes.xaxis.set_major_locator(MaxNLocator(6 if measure == measures[0] else 4, steps=[1, 2, 5, 10]))
            formatter = PercentFormatter(1) if measure in shares else StrMethodFormatter("{x:,.0f}")
            axes.xaxis.set_major_formatter(formatter)
            plain_grid(axes, axis="x")
            axes.tick_params(axis="y", length=0)
            axes.spines["left"].set_visible(False)
            if narrow:
                rows[measure].label(axes)
        if not narrow:
            panels[0].set_yticks(range(len(labels)), labels)
            panels[0].set_ylim(len(labels) - 0.4, -0.6)
        handles = [Patch(color=LOW, label="low end"), Patch(color=HIGH, label="high end")]
        handles.append(Patch(color=QUIET, alpha=FAINT_ALPHA + 0.1, label="faint: within Monte Carlo error"))
        figure.legend(handles=handles, loc="outside upper right", ncols=2 if narrow else 3, fontsize=8.5)
        caption(figure, note)
    return figure


def _moved(part: pd.DataFrame, *, every: bool) -> list[str]:
    """The assumptions of a panel that is below another: those that move its measure, all where none does."""
    moving = (part.loc[:, ["difference_low", "difference_high"]] != 0).any(axis=1)
    kept = moving.to_numpy(dtype=bool)
    return [str(label) for label, one in zip(part.index, kept, strict=True) if every or one or not kept.any()]


def _stacked(
    parts: Mapping[str, pd.DataFrame], labels: list[str]
) -> tuple[Figure, Sequence[Axes], dict[str, NamedRows]]:
    """A figure with a panel below another for each measure, and the rows of each."""
    rows = {
        measure: named_rows(_moved(part.loc[labels], every=not place), 0.34, narrow=True)
        for place, (measure, part) in enumerate(parts.items())
    }
    heights = [one.height + 0.15 for one in rows.values()]
    figure = blank_figure(ONE_COLUMN, sum(heights) + 0.6 * len(heights) + 0.8)
    panels = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    return figure, panels.tolist(), rows


def _panel(axes: Axes, part: pd.DataFrame, places: Sequence[float], *, words: bool, share: bool) -> None:
    declared = float(part["declared"].iloc[0])
    reach = [0.0, 0.0]  # to the left, to the right
    for y, (_, row) in zip(places, part.iterrows(), strict=True):
        unmoved = all(row[f"value_{end}"] == declared and not row[f"mcse_{end}"] > 0 for end in ("low", "high"))
        if unmoved:
            if words:
                _word(axes, "no change", declared, y, right=True, error=0.0, faint=True)
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
