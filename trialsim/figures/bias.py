"""Bias and coverage of every analysis, with their Monte Carlo intervals."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from trialsim.figures.style import (
    ACCENT,
    INK,
    ONE_COLUMN,
    blank_figure,
    caption,
    named_rows,
    percent_ticks,
    plain_grid,
    study_style,
)

DOT = "#0072b2"


def bias_and_coverage(table: pd.DataFrame, *, note: str = "", narrow: bool = False) -> Figure:
    """Two panels, a row for each analysis: bias in standard errors of the estimate, and coverage.

    ``table`` has the columns row, primary (bool), bias, bias_low, bias_high (in empirical standard errors), coverage,
    coverage_low, coverage_high and level (the nominal coverage); NaN if there is none.
    """
    with study_style():
        rows = list(table["row"])
        places = named_rows(rows, 0.34, narrow=narrow)
        figure = blank_figure(ONE_COLUMN if narrow else 7.8, places.height + 1.6)
        left, right = figure.subplots(1, 2, sharey=True)
        for place, record in zip(places.at, table.to_dict("records"), strict=True):
            for panel, name in ((left, "bias"), (right, "coverage")):
                low, high = record[f"{name}_low"], record[f"{name}_high"]
                panel.plot([low, high], [place, place], color=DOT, linewidth=2.4, solid_capstyle="round")
                panel.plot(record[name], place, "o", color=DOT, markersize=5.5, markeredgecolor="white")
        left.axvline(0, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1.5)
        for level in sorted(set(table["level"].dropna())):
            right.axvline(level, color=ACCENT, linewidth=1, zorder=1.5)
        bold = places.label(left, table["primary"].tolist())
        left.set_xlabel("bias [standard errors]")
        right.set_xlabel("coverage" if narrow else "intervals that contain the truth")
        right.xaxis.set_major_formatter(percent_ticks())
        right.set_xlim(right=min(1.0, right.get_xlim()[1] + 0.001))
        widest = max(0.25, *(abs(limit) for limit in left.get_xlim()))
        left.set_xlim(-widest, widest)
        for panel in (left, right):
            plain_grid(panel, axis="x")
            panel.tick_params(axis="y", length=0)
        caption(figure, f"{note} Dashed: no bias. Red: nominal coverage.{bold}".strip())
    return figure
