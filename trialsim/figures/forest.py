"""Every contrast with its mean estimate, its mean interval, and where the estimates of single trials fall."""

from __future__ import annotations

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
    named_rows,
    plain_grid,
    study_style,
)

DOT = "#0072b2"


def forest(contrasts: pd.DataFrame, *, note: str = "", narrow: bool = False) -> Figure:
    """A panel for each scale, a row for each contrast.

    ``contrasts`` has the columns row, primary (bool), scale, estimate, low, high (mean interval), least, most (95 % of the
    estimates), truth (NaN if unknown) and no_effect.
    """
    with study_style():
        scales = list(contrasts["scale"].unique())
        parts = [contrasts[contrasts["scale"] == scale] for scale in scales]
        places = [named_rows(list(part["row"]), 0.26, narrow=narrow) for part in parts]
        heights = [one.height for one in places]
        figure = blank_figure(ONE_COLUMN if narrow else 7.2, sum(heights) + 0.7 * len(scales) + 0.5)
        panels = figure.subplots(len(scales), 1, squeeze=False, height_ratios=[one + 0.15 for one in heights])[:, 0]
        bold = ""
        for panel, part, scale, rows in zip(panels, parts, scales, places, strict=True):
            for place, one in zip(rows.at, part.to_dict("records"), strict=True):
                panel.plot([one["least"], one["most"]], [place, place], color=QUIET, linewidth=1)
                panel.plot([one["low"], one["high"]], [place, place], color=DOT, linewidth=3)
                panel.plot(one["estimate"], place, "o", color=DOT, markersize=6, markeredgecolor="white")
                panel.plot(one["truth"], place, "|", color=ACCENT, markersize=11, markeredgewidth=1.6)
            panel.axvline(part["no_effect"].iloc[0], color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1.5)
            bold = rows.label(panel, part["primary"].tolist()) or bold
            panel.set_xlabel(in_lines(scale, 46 if narrow else 70))
            plain_grid(panel, axis="x")
        lines = "Dot: mean estimate. Blue: mean interval. Gray: 95 % of the estimates. Dashed: no effect."
        red = " Red: truth." if contrasts["truth"].notna().any() else ""
        caption(figure, f"{note} {lines}{red}{bold}".strip())
    return figure
