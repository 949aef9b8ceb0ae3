"""A stepped wedge: sites by calendar time, in the color of their arm."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from trialsim.figures.letters import in_lines
from trialsim.figures.style import (
    ARM_HATCHES,
    INK,
    ONE_COLUMN,
    QUIET,
    arm_marks,
    arm_palette,
    blank_figure,
    caption,
    study_style,
)

#: With more sites the rows are thinner, and without numbers.
MOST_NUMBERED = 24

#: By how much calendar months may differ from mean ones.
CALENDAR = 0.12


def wedge(
    cells: pd.DataFrame, *, arms: Sequence[str], transition: float, note: str = "", narrow: bool = False
) -> Figure:
    """One row a site, one cell a period; the sites that go over first at the top.

    Parameters
    ----------
    cells : columns site, period, begin and end [months], arm, participants, step (whether the site goes over at its begin)
    arms : in the order of the design
    narrow : as it is laid out for one column of a journal
    transition : for how long a site enrolls nobody after its step [months]
    """
    with study_style():
        sites = list(dict.fromkeys(cells["site"]))
        numbered = len(sites) <= MOST_NUMBERED
        height = 0.34 if numbered else max(0.08, 9.0 / len(sites))
        figure = blank_figure(ONE_COLUMN if narrow else 7.4, 1.5 + height * len(sites) + (0.3 if narrow else 0))
        axes = figure.subplots()
        palette, hatches = arm_palette(arms), arm_marks(arms, ARM_HATCHES)
        cell = ("site", "begin", "end", "arm", "participants", "step")
        for site, begin, end, arm, participants, step in zip(*(cells[name].tolist() for name in cell), strict=True):
            low, gone = sites.index(site) - 0.45, min(transition, end - begin) if step else 0.0
            box = {"xy": (begin, low), "width": end - begin, "height": 0.9}
            axes.add_patch(Rectangle(**box, facecolor=palette[arm], alpha=0.55, linewidth=0.8))
            axes.add_patch(Rectangle(**box, fill=False, hatch=hatches[arm], alpha=0.25, linewidth=0))
            if gone > 0:
                box["width"] = gone
                axes.add_patch(Rectangle(**box, facecolor="white", edgecolor=QUIET, linewidth=0.6))
            if numbered:
                axes.text(
                    (begin + gone + end) / 2,
                    low + 0.45,
                    f"{participants}",
                    ha="center",
                    va="center",
                    fontsize=7 if narrow else 8.5,
                    color=INK,
                )
        ends = sorted({*cells["begin"], *cells["end"]})
        axes.set_xlim(0, ends[-1])
        axes.set_ylim(len(sites) - 0.45, -0.55)
        axes.set_xticks(ends, [f"{round(end) if abs(end - round(end)) < CALENDAR else end:.3g}" for end in ends])
        names = [in_lines(site, 14 if narrow else 22, most=1) for site in sites] if numbered else []
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(length=0)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        axes.set_xlabel("months since the study opened")
        handles = [
            Patch(facecolor=palette[arm], alpha=0.55, hatch=hatches[arm], label=in_lines(arm, 40, most=1))
            for arm in arms
        ]
        if transition > 0:
            handles.append(Patch(facecolor="white", edgecolor=QUIET, label="in transition: nobody is enrolled"))
        axes.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=1 if narrow else len(handles),
            borderaxespad=0.2,
        )
        caption(figure, note)
    return figure
