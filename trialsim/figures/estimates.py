"""Distributions of estimates and p-values over simulated trials."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from trialsim.figures.letters import in_lines
from trialsim.figures.style import (
    ACCENT,
    INK,
    ONE_COLUMN,
    QUIET,
    blank_figure,
    caption,
    percent_ticks,
    plain_grid,
    study_style,
)

DECLARED, NULL = "#0072b2", QUIET

#: Steps of the distribution of estimates.
BINS = 60


def estimate_distributions(estimates: pd.DataFrame, *, note: str = "", narrow: bool = False) -> Figure:
    """One panel for each analysis and contrast: the distribution of estimates as declared and under the null twin.

    ``estimates`` has the columns row (the panel's title), twin (declared or null), estimate, no_effect (the value
    that means no effect), truth (NaN if it is unknown) and estimand.
    """
    with study_style():
        rows = list(estimates["row"].unique())
        parts = dict(list(estimates.groupby("row", sort=False, observed=True)))
        across, down, width = _grid(len(rows), narrow=narrow)
        figure = blank_figure(width, (2.0 if narrow else 2.3) * down + 0.7)
        letters = 34 if not narrow else 23 if across > 1 else 48
        panels = figure.subplots(down, across, squeeze=False).ravel()
        for panel, row in zip(panels, rows, strict=False):
            part = parts[row]
            edges = np.histogram_bin_edges(part["estimate"].dropna(), BINS)
            under = {twin: part.loc[part["twin"] == twin, "estimate"].dropna() for twin in ("null", "declared")}
            for twin, color in (("null", NULL), ("declared", DECLARED)):
                values = under[twin]
                heights = np.histogram(values, edges)[0] / max(len(values), 1) / np.diff(edges)
                panel.stairs(heights, edges, fill=True, color=color, alpha=0.35, linewidth=0)
                panel.stairs(heights, edges, color=color, linewidth=1)
            panel.axvline(part["no_effect"].iloc[0], color=INK, linewidth=1, linestyle=(0, (4, 3)))
            panel.axvline(under["declared"].mean(), color=DECLARED, linewidth=1.4)
            panel.axvline(part["truth"].iloc[0], color=ACCENT, linewidth=1.4, linestyle=(0, (1, 1)))
            panel.set_title(in_lines(row, letters), fontsize=8.5 if narrow else 9)
            panel.set_xlabel(in_lines(part["estimand"].iloc[0], letters) if narrow else part["estimand"].iloc[0])
            panel.set_ylabel("")
            panel.set_yticks([])
        for panel in panels[len(rows) :]:
            panel.set_visible(False)
        _twin_legend(figure)
        truth = " Dotted: truth." if estimates["truth"].notna().any() else ""
        caption(figure, f"{note} Line: mean of the estimates.{truth} Dashed: no effect.".strip())
    return figure


def p_value_distributions(p_values: pd.DataFrame, *, note: str = "", narrow: bool = False) -> Figure:
    """One panel for each analysis and contrast: the share of trials in each twentieth of the p-values.

    ``p_values`` has the columns row, twin, p, level. Under the null twin a valid test is flat at 5 % in each bar.
    """
    with study_style():
        rows = list(p_values["row"].unique())
        parts = dict(list(p_values.groupby("row", sort=False, observed=True)))
        across, down, width = _grid(len(rows), narrow=narrow)
        figure = blank_figure(width, (1.9 if narrow else 2.2) * down + 0.7)
        letters = 34 if not narrow else 23 if across > 1 else 48
        panels = figure.subplots(down, across, squeeze=False, sharex=True).ravel()
        edges = np.linspace(0, 1, 21)
        for panel, row in zip(panels, rows, strict=False):
            part = parts[row]
            for twin, color in (("declared", DECLARED), ("null", NULL)):
                values = part.loc[part["twin"] == twin, "p"].dropna()
                shares = np.histogram(values, edges)[0] / max(len(values), 1)
                panel.stairs(
                    shares, edges, fill=twin == "declared", color=color, alpha=0.4 if twin == "declared" else 1
                )
            panel.axvline(float(part["level"].iloc[0]), color=ACCENT, linewidth=1)
            panel.axhline(0.05, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
            panel.set_title(in_lines(row, letters), fontsize=8.5 if narrow else 9)
            panel.yaxis.set_major_formatter(percent_ticks())
            plain_grid(panel)
            panel.set_xlim(0, 1)
        for panel in panels[len(rows) :]:
            panel.set_visible(False)
        for panel in panels[max(len(rows) - across, 0) : len(rows)]:
            panel.set_xlabel("p-value")
            panel.tick_params(axis="x", labelbottom=True)
        _twin_legend(figure)
        caption(figure, f"{note} Red: significance level. Dashed: what a flat distribution would give.".strip())
    return figure


#: In a narrow figure more panels than this are in two columns.
STACKED = 3


def _grid(panels: int, *, narrow: bool) -> tuple[int, int, float]:
    """Columns and rows of panels, and the width of the figure [inches]."""
    across = (1 if panels <= STACKED else 2) if narrow else min(3, panels)
    return across, -(-panels // across), ONE_COLUMN if narrow else max(4.6, 3.2 * across)


def _twin_legend(figure: Figure) -> None:
    from matplotlib.patches import Patch

    figure.legend(
        handles=[Patch(color=DECLARED, alpha=0.5, label="as declared"), Patch(color=NULL, alpha=0.5, label="null twin")],
        loc="outside upper right", ncols=2,
    )  # fmt: skip
