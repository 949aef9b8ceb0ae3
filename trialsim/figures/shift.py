"""Shares of participants at each score, arm below arm, with lines that show how the shares shift."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from trialsim.figures.letters import in_lines
from trialsim.figures.outcomes import luminance
from trialsim.figures.style import INK, ONE_COLUMN, QUIET, blank_figure, caption, percent_ticks, study_style

#: A share is written into its bar from this width on.
WRITTEN, WRITTEN_NARROW = 0.045, 0.08


def shift(
    shares: pd.DataFrame, *, label: str, arms: Sequence[str], words: dict[float, str], note: str = "",
    narrow: bool = False,
) -> Figure:  # fmt: skip
    """A bar for each arm, the scores side by side from the lowest on.

    ``shares`` has the columns arm, category, share and people; ``words`` say what some of the scores mean.
    """
    with study_style():
        table = shares.pivot(index="arm", columns="category", values="share").reindex(list(arms)).fillna(0.0)
        levels = [float(one) for one in table.columns]
        edges = np.concatenate([np.zeros((len(arms), 1)), np.cumsum(table.to_numpy(), axis=1)], axis=1)
        shades = [mpl.colormaps["cividis_r"](x) for x in np.linspace(0.05, 0.95, len(levels))]
        figure = blank_figure(ONE_COLUMN if narrow else 7.2, 0.62 * len(arms) + (2.2 if narrow else 1.7))
        axes, least, letters = figure.subplots(), *((WRITTEN_NARROW, 60) if narrow else (WRITTEN, 100))
        for place, level in enumerate(levels):
            widths, left, shade = edges[:, place + 1] - edges[:, place], edges[:, place], shades[place]
            name = f"{level:g}" + (f" ({words[level]})" if level in words else "")
            axes.barh(range(len(arms)), widths, left=left, height=0.56, color=shade, edgecolor="white", label=name)
            for row, width in enumerate(widths.tolist()):
                if width >= least:
                    axes.text(
                        left[row] + width / 2, row, f"{100 * width:.0f}", ha="center", va="center", fontsize=8,
                        color="white" if luminance(shade) < 0.24 else INK,
                    )  # fmt: skip
        for row in range(len(arms) - 1):
            for a, b in zip(edges[row, 1:-1], edges[row + 1, 1:-1], strict=True):
                axes.plot([a, b], [row + 0.28, row + 0.72], color=QUIET, linewidth=0.8)
        people = shares.groupby("arm")["people"].first()
        names = [in_lines(arm, 18 if narrow else 26) for arm in arms]
        axes.set_yticks(
            range(len(arms)), [f"{name}\n(n = {people[arm]:,})" for name, arm in zip(names, arms, strict=True)]
        )
        axes.set_ylim(len(arms) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(percent_ticks())
        axes.set_xlabel("participants")
        axes.tick_params(axis="y", length=0)
        longest = max(len(str(one)) for one in axes.get_legend_handles_labels()[1])
        columns = max(1, min(len(levels), letters // (longest + 5)))
        figure.legend(loc="outside upper left", ncols=columns, title=in_lines(label, letters - 10), alignment="left",
            fontsize=8 if narrow else None,
        )  # fmt: skip
        caption(figure, f"{note} Numbers: percent; those below {least:.1%} are not written.".strip())
    return figure
