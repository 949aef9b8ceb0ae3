"""A CONSORT flow diagram with simulated numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from trialsim.figures.style import INK, QUIET, arm_palette, blank_figure, caption, in_lines, study_style


@dataclass(frozen=True)
class Count:
    """A number of people over simulated trials: its mean, and the range of 90 % of trials."""

    label: str
    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.label} {self.mean:.0f}"
        return f"{self.label} {self.mean:.1f} ({self.low:.0f}-{self.high:.0f})"


@dataclass(frozen=True)
class Flow:
    """Everything the diagram shows, top to bottom; ``losses`` and ``analyzed`` by arm."""

    screened: Count
    not_enrolled: Sequence[Count]
    enrolled: Count
    allocated: Mapping[str, Count]
    losses: Mapping[str, Sequence[Count]]
    analyzed: Mapping[str, Count]


LINE = 0.22  # inches for a line of text
LETTERS = 13  # of an inch of a box


def consort(flow: Flow, *, note: str = "") -> Figure:
    """Draw the flow: patients seen, those not enrolled and why, arms, losses, analyzed."""
    with study_style():
        arms = list(flow.allocated)
        width = max(7.8, 2.9 * len(arms))
        slot = width / len(arms)
        breadth = min(slot - 0.3, 3.6)
        losses = {arm: [in_lines(str(one), int(LETTERS * breadth)) for one in flow.losses[arm]] for arm in arms}
        rows = max((sum(1 + one.count("\n") for one in lines) for lines in losses.values()), default=0)
        heights = [0.5, 0.35 + LINE * len(flow.not_enrolled), 0.5, 0.55, 0.12 + LINE * max(rows, 1), 0.5]
        gap = 0.32
        figure = blank_figure(width, sum(heights) + gap * len(heights) + 0.5)
        axes = figure.subplots()
        axes.set_axis_off()
        total = sum(heights) + gap * len(heights)
        axes.set_xlim(-0.03, width + 0.03)
        axes.set_ylim(-0.03, total + 0.03)
        tops = [total - sum(heights[:i]) - gap * i for i in range(len(heights))]
        middle = width / 2
        _box(axes, middle, tops[0], 3.6, heights[0], [str(flow.screened)])
        aside = ["not enrolled", *map(str, flow.not_enrolled)]
        _box(axes, width - 1.45, tops[1], 2.9, heights[1], aside, quiet=True)
        _arrow(axes, (middle, tops[0] - heights[0]), (middle, tops[2]))
        _line(axes, (middle, tops[1] - heights[1] / 2), (width - 2.9, tops[1] - heights[1] / 2))
        _box(axes, middle, tops[2], 3.6, heights[2], [str(flow.enrolled)])
        palette = arm_palette(arms)
        for index, arm in enumerate(arms):
            x = slot * (index + 0.5)
            fork = tops[2] - heights[2] - gap / 2
            _line(axes, (middle, tops[2] - heights[2]), (middle, fork))
            _line(axes, (middle, fork), (x, fork))
            _arrow(axes, (x, fork), (x, tops[3]))
            _box(axes, x, tops[3], breadth, heights[3], [arm, str(flow.allocated[arm])], color=palette[arm])
            _box(axes, x, tops[4], breadth, heights[4], losses[arm], quiet=True)
            _arrow(axes, (x, tops[3] - heights[3]), (x, tops[4]))
            _box(axes, x, tops[5], breadth, heights[5], [str(flow.analyzed[arm])], color=palette[arm])
            _arrow(axes, (x, tops[4] - heights[4]), (x, tops[5]))
        caption(figure, f"{note} Means; in parentheses the range of 90 % of trials.".strip())
    return figure


def _box(
    axes: Axes, x: float, top: float, width: float, height: float, lines: Sequence[str], *, color: str = INK,
    quiet: bool = False,
) -> None:  # fmt: skip
    edge = QUIET if quiet else color
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, top - height), width, height, boxstyle="round,pad=0,rounding_size=0.06",
            facecolor="#f6f8f9" if quiet else "white", edgecolor=edge, linewidth=1.0 if quiet else 1.5,
        )
    )  # fmt: skip
    size = 8.2 if quiet else 9.2
    axes.text(x, top - height / 2, "\n".join(lines), ha="center", va="center", fontsize=size, linespacing=1.45)


def _line(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.plot([start[0], end[0]], [start[1], end[1]], color=QUIET, linewidth=1.1)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", xy=end, xytext=start, arrowprops={"arrowstyle": "-|>", "color": QUIET, "linewidth": 1.1})
