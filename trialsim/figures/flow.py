"""A CONSORT flow diagram with simulated numbers."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from trialsim.figures.counts import Flow
from trialsim.figures.letters import in_lines
from trialsim.figures.style import INK, ONE_COLUMN, QUIET, arm_palette, blank_figure, caption, study_style

LINE, LINE_NARROW = 0.22, 0.15  # inches for a line of text
LETTERS = 13  # of an inch of a box


def consort(flow: Flow, *, note: str = "", narrow: bool = False) -> Figure:
    """Draw the flow: patients seen, those not enrolled and why, arms, losses, analyzed.

    Arms are side by side, each from top to bottom; in a narrow figure they are below one another, each from left to right.
    """
    with study_style():
        figure = _arms_below(flow) if narrow else _arms_beside(flow)
        caption(figure, f"{note} Means; in parentheses the range of 90 % of trials.".strip())
    return figure


def _arms_beside(flow: Flow) -> Figure:
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
    return figure


#: Boxes of an arm that goes from left to right: where each begins and how wide it is [inches], and where the trunk is.
ACROSS, TRUNK = ((0.28, 1.12), (1.58, 1.5), (3.26, 0.94)), 0.1

#: The letters of a narrow diagram are smaller: so many of them in an inch of a box.
LETTERS_NARROW = 14.5


def _arms_below(flow: Flow) -> Figure:
    def lines(texts: Sequence[str], width: float) -> list[str]:
        return [
            line
            for text in texts
            for line in in_lines(
                text.replace(" (", "\N{NO-BREAK SPACE}("), int(LETTERS_NARROW * width), most=5
            ).splitlines()
        ]

    def height(*boxes: Sequence[str]) -> float:
        return 0.12 + LINE_NARROW * max(len(box) for box in boxes)

    main, aside, gap, width = 1.9, 2.0, 0.2, ONE_COLUMN
    screened, enrolled = lines([str(flow.screened)], main), lines([str(flow.enrolled)], main)
    others = lines(["not enrolled", *map(str, flow.not_enrolled)], aside)
    arms = [
        [
            lines(texts, wide)
            for texts, (_, wide) in zip(
                ([arm, str(flow.allocated[arm])], [str(one) for one in flow.losses[arm]], [str(flow.analyzed[arm])]),
                ACROSS,
                strict=True,
            )
        ]
        for arm in flow.allocated
    ]
    heights = [height(screened), height(others), height(enrolled), *(height(*boxes) for boxes in arms)]
    total = sum(heights) + gap * len(heights)
    figure = blank_figure(width, total + 0.4)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(-0.03, width + 0.03)
    axes.set_ylim(-0.03, total + 0.03)
    tops = [total - sum(heights[:i]) - gap * i for i in range(len(heights))]
    middle, palette = main / 2, arm_palette(list(flow.allocated))
    _box(axes, middle, tops[0], main, heights[0], screened, small=True)
    _box(axes, width - aside / 2, tops[1], aside, heights[1], others, quiet=True, small=True)
    _arrow(axes, (middle, tops[0] - heights[0]), (middle, tops[2]))
    _line(axes, (middle, tops[1] - heights[1] / 2), (width - aside, tops[1] - heights[1] / 2))
    _box(axes, middle, tops[2], main, heights[2], enrolled, small=True)
    _line(axes, (TRUNK, tops[2] - heights[2]), (TRUNK, tops[-1] - heights[-1] / 2))
    for arm, boxes, top, high in zip(flow.allocated, arms, tops[3:], heights[3:], strict=True):
        before = TRUNK
        for (left, wide), texts, quiet in zip(ACROSS, boxes, (False, True, False), strict=True):
            _box(axes, left + wide / 2, top, wide, high, texts, color=palette[arm], quiet=quiet, small=True)
            _arrow(axes, (before, top - high / 2), (left, top - high / 2))
            before = left + wide
    return figure


def _box(
    axes: Axes, x: float, top: float, width: float, height: float, lines: Sequence[str], *, color: str = INK,
    quiet: bool = False, small: bool = False,
) -> None:  # fmt: skip
    edge = QUIET if quiet else color
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, top - height), width, height, boxstyle="round,pad=0,rounding_size=0.06",
            facecolor="#f6f8f9" if quiet else "white", edgecolor=edge, linewidth=1.0 if quiet else 1.5,
        )
    )  # fmt: skip
    size = 7.6 if small else 8.2 if quiet else 9.2
    axes.text(
        x,
        top - height / 2,
        "\n".join(lines),
        ha="center",
        va="center",
        fontsize=size,
        linespacing=1.3 if small else 1.45,
    )


def _line(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.plot([start[0], end[0]], [start[1], end[1]], color=QUIET, linewidth=1.1)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", xy=end, xytext=start, arrowprops={"arrowstyle": "-|>", "color": QUIET, "linewidth": 1.1})
