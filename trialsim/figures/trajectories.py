"""The values of each participant from visit to visit in one synthetic trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from trialsim.figures.letters import in_lines
from trialsim.figures.style import (
    ONE_COLUMN,
    arm_palette,
    blank_figure,
    caption,
    plain_grid,
    plain_ticks,
    study_style,
)

#: Names of visits with at most this many letters are side by side below a panel among others, or alone.
LETTERS, LETTERS_ALONE = 32, 48


def trajectories(
    values: pd.DataFrame,
    *,
    label: str,
    arms: Sequence[str],
    visits: Sequence[str],
    unit: str = "",
    log: bool = False,
    ordinal: bool = False,
    note: str = "",
    narrow: bool = False,
) -> Figure:
    """One panel for each arm: a thin line for each participant, and the arm's median (mean for an ordinal outcome) in bold.

    ``values`` has the columns participant, arm, visit, value. A missing value interrupts the line.
    """
    with study_style():
        many = len(arms)
        figure = blank_figure(ONE_COLUMN, 1.9 * many + 0.8) if narrow else blank_figure(max(5.0, 2.7 * many + 0.6), 3.6)
        shape = (many, 1) if narrow else (1, many)
        panels = figure.subplots(*shape, sharex=True, sharey=True, squeeze=False).ravel()
        palette = arm_palette(arms)
        slant: dict[str, Any] = {}
        if len("  ".join(visits)) > (LETTERS_ALONE if narrow else LETTERS):
            slant = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
        for panel, arm in zip(panels, arms, strict=True):
            table = values[values["arm"] == arm].pivot(index="participant", columns="visit", values="value")
            _draw_arm(panel, table.reindex(columns=list(visits)), color=palette[arm], ordinal=ordinal)
            panel.set_title(
                in_lines(f"{arm} (n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{len(table)})", 54 if narrow else 27)
            )
            panel.set_xticks(range(len(visits)), [in_lines(visit, 22, most=2) for visit in visits], **slant)
            panel.set_xlim(-0.3, len(visits) - 0.7)
            plain_grid(panel)
            if log:
                panel.set_yscale("log")
                panel.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
                panel.yaxis.set_major_formatter(plain_ticks())
                panel.yaxis.set_minor_locator(LogLocator(subs=()))
        for panel in panels if narrow else panels[:1]:
            panel.set_ylabel(in_lines(f"{label} [{unit}]" if unit else label, 24 if narrow else 36))
        caption(figure, note)
    return figure


def _draw_arm(panel: Axes, table: pd.DataFrame, *, color: str, ordinal: bool) -> None:
    lines = table.to_numpy(dtype=float)
    if not len(lines):
        return
    shift = np.linspace(-0.18, 0.18, len(lines)) if ordinal else np.zeros(len(lines))
    span = np.nanmax(np.abs(lines)) / 25 if ordinal and np.isfinite(lines).any() else 0.0
    places = np.arange(lines.shape[1])
    moved = lines + shift[:, None] * span * 4
    segments = [np.column_stack([places, line]) for line in moved]
    panel.add_collection(LineCollection(segments, colors=color, alpha=0.28, linewidths=0.9))
    panel.plot(
        np.tile(places, len(moved)), moved.ravel(), ".", color=color, alpha=0.45, markersize=3, markeredgewidth=0
    )
    measured = np.isfinite(lines).any(axis=0)
    middle = np.full(lines.shape[1], np.nan)
    center = np.nanmean if ordinal else np.nanmedian
    middle[measured] = center(lines[:, measured], axis=0)
    panel.plot(middle, color="white", linewidth=5, solid_capstyle="round")
    panel.plot(middle, color=color, linewidth=2.8, marker="o", markersize=6, markeredgecolor="white")
