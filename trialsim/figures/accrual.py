"""Enrollment over time: a fan over simulated trials, with the target."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from trialsim.figures.style import ACCENT, INK, ONE_COLUMN, blank_figure, caption, plain_grid, study_style

MONTH = 30.4375  # mean days in a month


def accrual_fan(
    fan: pd.DataFrame, *, target: int, limit_days: float | None, note: str = "", narrow: bool = False
) -> Figure:
    """Median and bands of the number enrolled over time.

    ``fan`` has the columns day, q05, q25, q50, q75, q95 (participants enrolled by that day).
    """
    with study_style():
        figure = blank_figure(ONE_COLUMN if narrow else 6.4, 3.4 if narrow else 3.8)
        axes = figure.subplots()
        months = fan["day"].to_numpy() / MONTH
        axes.fill_between(
            months, fan["q05"], fan["q95"], color="#0072b2", alpha=0.15, linewidth=0, label="90 % of trials"
        )
        axes.fill_between(
            months, fan["q25"], fan["q75"], color="#0072b2", alpha=0.3, linewidth=0, label="half of trials"
        )
        axes.plot(months, fan["q50"], color="#0072b2", linewidth=2, label="median trial")
        axes.axhline(target, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            f"target {target}", (0, target), xytext=(4, 4), textcoords="offset points", fontsize=8.5, color=INK
        )
        if limit_days is not None:
            axes.axvline(limit_days / MONTH, color=ACCENT, linewidth=1.2)
            axes.annotate(
                "time limit", (limit_days / MONTH, 0), xytext=(-4, 6), textcoords="offset points", rotation=90,
                ha="right", va="bottom", fontsize=8.5, color=ACCENT,
            )  # fmt: skip
        axes.set_xlim(0, max(np.max(months), 0.1) * 1.02)
        axes.set_ylim(0, target * 1.12)
        axes.set_xlabel("months since the study opened")
        axes.set_ylabel("participants enrolled")
        plain_grid(axes)
        axes.legend(loc="lower right")
        caption(figure, note)
    return figure
