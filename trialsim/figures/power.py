"""Operating characteristics with their Monte Carlo intervals."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trialsim.figures.style import (
    ACCENT,
    INK,
    ONE_COLUMN,
    QUIET,
    TOO_OFTEN,
    blank_figure,
    caption,
    named_rows,
    percent_ticks,
    plain_grid,
    study_style,
)

DECLARED, NULL = "#0072b2", QUIET

#: Color, height and marker of each twin.
TWINS = (
    ("declared", DECLARED, -0.16, "o"),
    ("null", NULL, 0.12, "D"),
    ("no change", "#d9a441", 0.34, "s"),
    ("at margin", "#7a5195", 0.12, "^"),
)


def rejection_rates(rates: pd.DataFrame, *, note: str = "", narrow: bool = False) -> Figure:
    """A dot and its 95 % Monte Carlo interval for each analysis and contrast: power, and rejection under the null twin.

    ``rates`` has the columns row, primary (bool), twin (declared, null, no change or at margin), value, low, high, level (of
    the test) and too_often (bool: it rejects too often without effects). A wide bar without a dot shows bounds: too many
    replicates failed.
    """
    with study_style():
        rows = list(dict.fromkeys(rates["row"]))
        places = named_rows(rows, 0.34, narrow=narrow)
        at = dict(zip(rows, places.at, strict=True))
        figure = blank_figure(ONE_COLUMN if narrow else 7.6, places.height + 1.7)
        axes = figure.subplots()
        for twin, color, shift, marker in TWINS:
            _draw_twin(axes, rates[rates["twin"] == twin], at, color=color, shift=shift, marker=marker)
        for row, place in at.items():
            level = float(rates.loc[rates["row"] == row, "level"].iloc[0])
            axes.plot([level, level], [place - 0.5, place + 0.5], color=ACCENT, linewidth=1, zorder=0.8)
        for goal in (0.8, 0.9):
            axes.axvline(goal, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0.8)
        bold = places.label(axes, [bool(rates.loc[rates["row"] == row, "primary"].any()) for row in rows])
        red = f" {TOO_OFTEN}" if rates["too_often"].any() else ""
        axes.set_xlim(-0.01, 1.2 if narrow else 1.13)
        axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1] if narrow else [0, 0.2, 0.4, 0.6, 0.8, 0.9, 1])
        axes.xaxis.set_major_formatter(percent_ticks())
        axes.set_xlabel("simulated trials that reject")
        plain_grid(axes, axis="x")
        handles, labels = axes.get_legend_handles_labels()
        unique = dict(zip(labels, handles, strict=True))
        figure.legend(unique.values(), unique.keys(), loc="outside upper right", ncols=2 if narrow else len(unique))
        caption(figure, f"{note} Red: significance level. Dashed: 80 and 90 %.{bold}{red}".strip())
    return figure


def _draw_twin(
    axes: Axes, part: pd.DataFrame, at: Mapping[str, float], *, color: str, shift: float, marker: str
) -> None:
    name = {"o": "power, as declared", "D": "null twin", "s": "twin without change", "^": "where the margin is true"}[
        marker
    ]
    for record in part.itertuples():
        y = at[str(record.row)] + shift
        low, high, value = float(record.low), float(record.high), float(record.value)  # type: ignore[arg-type]
        axes.plot([low, high], [y, y], color=color, linewidth=2.4, solid_capstyle="round")
        if value == value:
            axes.plot(value, y, marker, color=color, markersize=5.5, markeredgecolor="white", label=name)
            if marker == "o":
                axes.annotate(
                    f"{value:.1%}", (max(high, value), y), xytext=(7, 0), textcoords="offset points", va="center",
                    fontsize=8, color=ACCENT if record.too_often else color,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
                )  # fmt: skip
