"""Every contrast with its mean estimate, its mean interval, and where the estimates of single trials fall."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from trialsim.figures.style import (
    ACCENT,
    INK,
    QUIET,
    blank_figure,
    bold_primary,
    caption,
    in_lines,
    plain_grid,
    row_names,
    study_style,
)

DOT = "#0072b2"


def forest(contrasts: pd.DataFrame, *, note: str = "") -> Figure:
    """A panel for each scale, a row for each contrast.

    ``contrasts`` has the columns row, primary (bool), scale, estimate, low, high (mean interval), least, most (95 % of the
    estimates), truth (NaN if unknown) and no_effect.
    """
    with study_style():
        scales = list(contrasts["scale"].unique())
        parts = [contrasts[contrasts["scale"] == scale] for scale in scales]
        heights = [len(part) for part in parts]
        names, more = row_names(list(contrasts["row"]))
        figure = blank_figure(7.2, (0.26 + more) * len(names) + 0.7 * len(scales) + 0.5)
        panels = figure.subplots(len(scales), 1, squeeze=False, height_ratios=[one + 0.6 for one in heights])[:, 0]
        bold = ""
        for panel, part, scale in zip(panels, parts, scales, strict=True):
            for place, one in enumerate(part.to_dict("records")):
                panel.plot([one["least"], one["most"]], [place, place], color=QUIET, linewidth=1)
                panel.plot([one["low"], one["high"]], [place, place], color=DOT, linewidth=3)
                panel.plot(one["estimate"], place, "o", color=DOT, markersize=6, markeredgecolor="white")
                panel.plot(one["truth"], place, "|", color=ACCENT, markersize=11, markeredgewidth=1.6)
            panel.axvline(part["no_effect"].iloc[0], color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1.5)
            panel.set_yticks(range(len(part)), row_names(list(part["row"]))[0])
            bold = bold_primary(panel, part["primary"]) or bold
            panel.set_ylim(len(part) - 0.5, -0.5)
            panel.set_xlabel(in_lines(scale, 70))
            plain_grid(panel, axis="x")
            panel.tick_params(axis="y", length=0)
        lines = "Dot: mean estimate. Blue: mean interval. Gray: 95 % of the estimates. Dashed: no effect."
        red = " Red: truth." if contrasts["truth"].notna().any() else ""
        caption(figure, f"{note} {lines}{red}{bold}".strip())
    return figure
