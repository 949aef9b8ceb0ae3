"""Which values are missing in each arm at each visit, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_lowercase
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from trialsim.figures.letters import in_lines
from trialsim.figures.outcomes import luminance
from trialsim.figures.style import INK, ONE_COLUMN, blank_figure, caption, study_style


def missing_map(
    missing: pd.DataFrame, *, labels: Mapping[str, str], arms: Sequence[str], visits: Sequence[str], note: str = "",
    narrow: bool = False,
) -> Figure:  # fmt: skip
    """A row for each outcome and arm, a column for each visit; each cell has the share missing and its main reason.

    ``missing`` has the columns outcome, visit, arm, reason (``measured`` if it is not missing) and share.
    """
    with study_style():
        lost = missing[missing["reason"] != "measured"]
        total = lost.groupby(["outcome", "arm", "visit"])["share"].sum().to_dict()
        often = lost.sort_values("share", kind="stable").groupby(["outcome", "arm", "visit"])["reason"].last().to_dict()
        planned = set(zip(missing["outcome"], missing["visit"], strict=True))
        high = len(labels) * (len(arms) + 1)
        shares = np.full((high, len(visits)), np.nan)
        wide = max(6.4, 1.6 + 1.15 * len(visits))
        figure = blank_figure(ONE_COLUMN if narrow else wide, 0.34 * high + 0.9)
        marks = dict(zip(dict.fromkeys(often.values()), ascii_lowercase, strict=False)) if narrow else {}
        axes = figure.subplots()
        colors = mpl.colormaps["cividis_r"]
        top, room = max([*total.values(), 0.01]), max(18, 66 // len(visits))
        rows: dict[int, str] = {}
        for block, (outcome, label) in enumerate(labels.items()):
            begin = block * (len(arms) + 1)
            axes.text(
                -0.5,
                begin + 0.1,
                in_lines(label, 50 if narrow else 60, most=1),
                ha="left",
                va="center",
                fontweight="bold",
            )
            for y, arm in enumerate(arms, start=begin + 1):
                rows[y] = in_lines(arm, 16 if narrow else 24, most=2 if narrow else 1)
                for x, visit in enumerate(visits):
                    if (outcome, visit) not in planned:
                        continue
                    here = (outcome, arm, visit)
                    shares[y, x] = total.get(here, 0.0)
                    shade = colors(shares[y, x] / top)
                    why = often.get(here, "")
                    axes.text(
                        x, y, f"{100 * shares[y, x]:.1f} %\n{marks.get(why, in_lines(why, room, most=1))}".strip(), ha="center",
                        va="center", fontsize=7, linespacing=1.1, color="white" if luminance(shade) < 0.24 else INK,
                    )  # fmt: skip
        axes.imshow(np.ma.masked_invalid(shares), cmap=colors, vmin=0, vmax=top, aspect="auto")
        letters, slant = 14, dict[str, Any]()
        if narrow:
            letters = 44 // len(visits)
            if max(len(word) for visit in visits for word in visit.split()) > letters:
                letters, slant = 22, {"rotation": 40, "ha": "left", "rotation_mode": "anchor"}
            axes.tick_params(axis="x", labelsize=7)
        axes.set_xticks(
            range(len(visits)), [in_lines(visit, letters, most=3 if narrow else 2) for visit in visits], **slant
        )
        axes.set_yticks(list(rows), list(rows.values()))
        axes.vlines(np.arange(len(visits) - 1) + 0.5, -0.5, high - 0.5, color="white", linewidth=2)
        axes.hlines(np.arange(high) - 0.5, -0.5, len(visits) - 0.5, color="white", linewidth=2)
        axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        words = "; ".join(f"{mark}: {why}" for why, mark in marks.items())
        reasons = f" ({words})" if words else ""
        caption(
            figure, f"{note} Share of those enrolled without a value, and the most frequent reason{reasons}.".strip()
        )
    return figure
