"""Intervals of single trials, ordered by how far the estimate is from the truth: a zip plot."""

from __future__ import annotations

import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from trialsim.figures.letters import in_lines
from trialsim.figures.style import ACCENT, INK, ONE_COLUMN, blank_figure, caption, percent_ticks, study_style

COVERS = "#56a0d3"


def ordered_intervals(intervals: pd.DataFrame, *, note: str = "", narrow: bool = False) -> Figure:
    """A panel for each contrast: an interval that does not contain the truth is red, and the red part begins at the coverage.

    ``intervals`` has the columns row, rank (0 to 1), low, high, covers, truth, level (of the interval), coverage and scale.

    References
    ----------
    Morris, White and Crowther 2019, doi:10.1002/sim.8086, figure 5.
    """
    with study_style():
        parts = {str(row): part for row, part in intervals.groupby("row", sort=False)}
        many = len(parts)
        figure = blank_figure(ONE_COLUMN, 2.6 * many + 0.6) if narrow else blank_figure(max(4.2, 3.0 * many), 3.7)
        panels = figure.subplots(*((many, 1) if narrow else (1, many)), squeeze=False, sharey=True).ravel()
        letters = 46 if narrow else 34
        for panel, (row, part) in zip(panels, parts.items(), strict=True):
            colors = [COVERS if covers else ACCENT for covers in part["covers"]]
            lines = [
                ((low, at), (high, at)) for low, high, at in zip(part["low"], part["high"], part["rank"], strict=True)
            ]
            panel.add_collection(LineCollection(lines, colors=colors, linewidths=0.9))
            panel.axvline(part["truth"].iloc[0], color=INK, linewidth=1.2)
            panel.axhline(part["level"].iloc[0], color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
            panel.set_title(
                f"{in_lines(row, letters)}\n{100 * part['coverage'].iloc[0]:.1f} % contain the truth", fontsize=8.5
            )
            panel.set_xlabel(in_lines(str(part["scale"].iloc[0]), letters))
            panel.set_ylim(-0.01, 1.01)
            panel.autoscale_view(scaley=False)
        for panel in panels if narrow else panels[:1]:
            panel.set_ylabel("trials, nearest to the truth first" if not narrow else "trials, by distance")
        panels[0].yaxis.set_major_formatter(percent_ticks())
        caption(
            figure,
            f"{note} Line: truth. Dashed: level of the intervals. Red: the truth is not in the interval.".strip(),
        )
    return figure
