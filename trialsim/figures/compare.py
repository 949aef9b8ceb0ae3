"""Designs side by side: shares with paired differences, estimates, duration and staff, accrual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from trialsim.figures.letters import in_lines
from trialsim.figures.style import (
    ACCENT,
    ARM_COLORS,
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

MONTH = 30.4375  # mean days in a month

#: Line styles of designs, so that all are visible if they overlap.
STYLES: tuple[Any, ...] = ("-", (0, (5, 3)), (0, (2, 2)), (0, (5, 2, 1, 2)), (0, (1, 2)))


def design_palette(labels: Sequence[str]) -> dict[str, str]:
    """Color of each design: the baseline is gray."""
    return {label: ARM_COLORS[index % len(ARM_COLORS)] for index, label in enumerate(labels)}


def _legend(figure: Figure, names: Mapping[str, str]) -> None:
    """Every design with its color; one line each if names are long."""
    palette = design_palette(list(names))
    handles = [
        Line2D([], [], marker="o", linestyle="-", color=palette[label], label=in_lines(f"{label}: {name}", 80, most=2))
        for label, name in names.items()
    ]
    longest = max(len(name) for name in names.values())
    figure.legend(handles=handles, loc="outside upper left", ncols=max(1, min(len(handles), 90 // (longest + 10))))


def share_comparison(
    shares: pd.DataFrame,
    differences: pd.DataFrame,
    *,
    names: Mapping[str, str],
    xlabel: str = "power",
    goals: Sequence[float] = (0.8, 0.9),
    note: str = "",
) -> Figure:
    """Left: a share of every design with its 95 % Monte Carlo interval. Right: its difference from the baseline.

    Parameters
    ----------
    shares : columns row, primary, label, value, low, high; NaN in value means that low and high are bounds; of powers also
        too_often, whether the test rejects too often without effects
    differences : columns row, label, value, low, high
    names : label to name of the design, the baseline first
    goals : marked shares
    """
    with study_style():
        rows, labels = list(dict.fromkeys(shares["row"])), list(names)
        row_labels, more = row_names(rows)
        each = max(0.16 * len(labels) + 0.16, 0.3 + more)
        figure = blank_figure(9.2, each * len(rows) + 1.5 + 0.22 * len(labels))
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1))
        palette = design_palette(labels)
        _draw_rows(left, shares, rows, labels, palette)
        _draw_rows(right, differences, rows, labels, palette)
        red = _mark_too_often(left, shares, rows, labels)
        for goal in goals:
            left.axvline(goal, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0.8)
        right.axvline(0, color=INK, linewidth=1, zorder=0.8)
        left.set_yticks(range(len(rows)), row_labels)
        bold = bold_primary(left, (bool(shares.loc[shares["row"] == row, "primary"].any()) for row in rows))
        left.set_ylim(len(rows) - 0.5, -0.5)
        for y in np.arange(0.5, len(rows) - 1):
            for axes in (left, right):
                axes.axhline(y, color="#e6eaee", linewidth=0.8, zorder=0)
        left.set_xlim(-0.02, 1.02)
        left.xaxis.set_major_formatter(percent_ticks())
        left.set_xlabel(xlabel)
        right.set_xlabel(f"difference from {labels[0]} [percentage points]")
        right.xaxis.set_major_locator(MaxNLocator(6))
        right.xaxis.set_major_formatter(
            lambda value, _: f"{100 * value:+.3g}".replace("-", "\N{MINUS SIGN}") if abs(value) > 1e-12 else "0"
        )
        for axes in (left, right):
            plain_grid(axes, axis="x")
            axes.tick_params(axis="y", length=0)
        _legend(figure, names)
        caption(figure, f"{note} Bars: 95 % Monte Carlo intervals.{bold}{red}".strip())
    return figure


def _mark_too_often(axes: Axes, shares: pd.DataFrame, rows: Sequence[str], labels: Sequence[str]) -> str:
    """The numbers of tests that reject too often in red, and what that means; empty where there are none."""
    bad = shares[shares["too_often"]] if "too_often" in shares else shares.iloc[:0]
    for record in bad.itertuples():
        y = _height(rows.index(str(record.row)), str(record.label), labels)
        value, low, high = (float(getattr(record, name)) for name in ("value", "low", "high"))
        text = f"{value:.1%}" if value == value else f"{low:.1%} to {high:.1%}"
        aside = (-7, 0) if high > 0.85 else (7, 0)
        axes.annotate(
            text, (low if high > 0.85 else high, y), xytext=aside, textcoords="offset points", va="center", fontsize=8,
            color=ACCENT, ha="right" if high > 0.85 else "left",
        )  # fmt: skip
    return f" {TOO_OFTEN}" if len(bad) else ""


def _height(row: int, label: str, labels: Sequence[str]) -> float:
    """Where the dot of a design lies in its row."""
    return row + (labels.index(label) - (len(labels) - 1) / 2) * 0.7 / max(len(labels), 2)


def _draw_rows(
    axes: Axes, frame: pd.DataFrame, rows: Sequence[str], labels: Sequence[str], palette: Mapping[str, str]
) -> None:
    """A dot with its bar for each design in each row, one below the other."""
    for record in frame.itertuples():
        label = str(record.label)
        y = _height(rows.index(str(record.row)), label, labels)
        low, value, high = (float(getattr(record, name)) for name in ("low", "value", "high"))
        axes.plot([low, high], [y, y], color=palette[label], linewidth=2, solid_capstyle="round")
        if value == value:
            axes.plot(value, y, "o", color=palette[label], markersize=4.8, markeredgecolor="white", markeredgewidth=0.6)


def estimate_comparison(estimates: pd.DataFrame, *, names: Mapping[str, str], note: str = "") -> Figure:
    """One panel for each analysis and contrast: the distribution of the estimates of each design.

    ``estimates`` has the columns row, label, estimate, no_effect, estimand.
    """
    with study_style():
        rows, labels = list(dict.fromkeys(estimates["row"])), list(names)
        across = min(3, len(rows))
        down = -(-len(rows) // across)
        figure = blank_figure(max(5.2, 3.2 * across), 2.3 * down + 0.6 + 0.22 * len(labels))
        panels = figure.subplots(down, across, squeeze=False).ravel()
        palette = design_palette(labels)
        for panel, row in zip(panels, rows, strict=False):
            part = estimates[estimates["row"] == row]
            values = part["estimate"].to_numpy()
            low, high = np.nanquantile(values, [0.001, 0.999])
            for place, label in enumerate(labels):
                mine = part.loc[part["label"] == label, "estimate"].dropna().to_numpy()
                if np.ptp(mine) > 0:
                    sns.kdeplot(
                        x=mine, ax=panel, color=palette[label], fill=not place, alpha=0.3 if not place else 1.0,
                        linewidth=1.5, linestyle=STYLES[place % len(STYLES)], clip=(low, high), cut=0,
                    )  # fmt: skip
                panel.axvline(
                    float(mine.mean()), color=palette[label], linewidth=1.2, linestyle=STYLES[place % len(STYLES)]
                )
            panel.set_ylabel("")
            panel.axvline(part["no_effect"].iloc[0], color=INK, linewidth=1, linestyle=(0, (4, 3)))
            panel.set_title(in_lines(row, 38), fontsize=9)
            panel.set_xlabel(part["estimand"].iloc[0])
            panel.set_yticks([])
        for panel in panels[len(rows) :]:
            panel.set_visible(False)
        _legend(figure, names)
        caption(figure, f"{note} Upright lines: means; black dashed: no effect.".strip())
    return figure


def trial_comparison(spreads: pd.DataFrame, *, names: Mapping[str, str], note: str = "") -> Figure:
    """Duration, hours of staff, waits: the middle half and nine tenths of the trials of each design.

    ``spreads`` has the columns panel, axis, label, q05, q25, q50, q75, q95.
    """
    with study_style():
        labels, panels = list(names), list(dict.fromkeys(spreads["panel"]))
        across = min(3, len(panels))
        down = -(-len(panels) // across)
        figure = blank_figure(max(5.6, 3.2 * across), (0.3 * len(labels) + 1.1) * down + 0.5 + 0.22 * len(labels))
        axes = figure.subplots(down, across, squeeze=False).ravel()
        palette = design_palette(labels)
        for panel, title in zip(axes, panels, strict=False):
            _spread_panel(panel, spreads[spreads["panel"] == title], labels, palette)
            panel.set_title(in_lines(title, 38), fontsize=9)
        for panel in axes[len(panels) :]:
            panel.set_visible(False)
        _legend(figure, names)
        caption(figure, f"{note} Thick: half of the trials; thin: nine tenths; dot: median.".strip())
    return figure


def _spread_panel(axes: Axes, part: pd.DataFrame, labels: Sequence[str], palette: Mapping[str, str]) -> None:
    for record in part.itertuples():
        label, values = (
            str(record.label),
            [float(getattr(record, name)) for name in ("q05", "q25", "q50", "q75", "q95")],
        )
        y = labels.index(label)
        axes.plot(values[::4], [y, y], color=palette[label], linewidth=1.4, solid_capstyle="round")
        axes.plot(values[1:4:2], [y, y], color=palette[label], linewidth=6, solid_capstyle="butt")
        axes.plot(values[2], y, "o", color="white", markeredgecolor=palette[label], markersize=5.5, markeredgewidth=1.6)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlabel(str(part["axis"].iloc[0]))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(axis="y", length=0)
    plain_grid(axes, axis="x")


def accrual_comparison(accrual: pd.DataFrame, *, names: Mapping[str, str], note: str = "") -> Figure:
    """Median enrollment of each design over time, with the band of nine tenths of the trials.

    ``accrual`` has the columns label, target, day, q05, q50, q95. Designs with equal enrollment are drawn dashed on top of
    each other.
    """
    with study_style():
        labels = list(names)
        figure = blank_figure(6.8, 3.6 + 0.22 * len(labels))
        axes = figure.subplots()
        palette = design_palette(labels)
        targets: list[int] = []
        for place, label in enumerate(labels):
            part = accrual[accrual["label"] == label]
            months = part["day"].to_numpy() / MONTH
            axes.fill_between(months, part["q05"], part["q95"], color=palette[label], alpha=0.12, linewidth=0)
            axes.plot(months, part["q50"], color=palette[label], linewidth=2, linestyle=STYLES[place % len(STYLES)])
            targets.append(int(part["target"].iloc[0]))
        for target in sorted(set(targets)):
            axes.axhline(target, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
            axes.annotate(f"target {target}", (0, target), xytext=(4, 3), textcoords="offset points", fontsize=8.5)
        axes.set_xlim(left=0)
        axes.set_ylim(0, 1.12 * max(targets))
        axes.set_xlabel("months since the study opened")
        axes.set_ylabel("participants enrolled")
        plain_grid(axes)
        _legend(figure, names)
        caption(figure, f"{note} Lines: median; bands: nine tenths of the trials.".strip())
    return figure
