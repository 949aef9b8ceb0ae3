"""Pictures that several lessons share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from trialsim.lessons.canvas import BLUE, GREY, ORANGE, Canvas


def nearest_choice(values: Mapping[str, float], found: float) -> str:
    """The key of the answer whose number is nearest to the one found.

    >>> nearest_choice({"a": 0.05, "b": 0.9}, 0.7)
    'b'
    """
    return min(values, key=lambda key: abs(values[key] - found))


def interval_picture(
    name: str, words: str, interval: tuple[float, float, float], *, x: tuple[float, float], ticks: Sequence[float],
    label: str, title: str = "Your trial",
) -> Canvas:  # fmt: skip
    """An estimate with its interval, and a line at zero."""
    estimate, low, high = interval
    canvas = Canvas(
        name, title,
        f"{label}: {estimate:.3g}, interval from {low:.3g} to {high:.3g}; {words}. A line marks zero, no difference.",
        x=x, y=(0, 1), top=50, left=30,
    )  # fmt: skip
    canvas.x_axis(label, ticks)
    canvas.line((0, 0), (0, 1), GREY, dashed=True)
    canvas.line((low, 0.5), (high, 0.5), BLUE, width=5)
    canvas.dot(estimate, 0.5, BLUE, radius=10)
    canvas.text(
        min(max(estimate, x[0] * 0.7 + x[1] * 0.3), x[0] * 0.3 + x[1] * 0.7),
        0.5,
        words,
        anchor="middle",
        down=-24,
        size=20,
    )
    return canvas


def p_strip(
    name: str, title: str, p: NDArray[np.float64], *, ringed: bool, color: str = BLUE, least: float = 1e-4
) -> Canvas:
    """P-values as dots in columns on a logarithmic axis; the first one is ringed if it is one's own."""
    below = int((p < 0.05).sum())
    canvas = Canvas(
        name, title, f"{len(p)} trials as dots by their p-value; {below} are below 0.05, {len(p) - below} are not.",
        x=(least, 1.0), y=(0, 1), log_x=True, left=40,
    )  # fmt: skip
    canvas.x_axis("p of the trial", (1e-4, 1e-3, 0.01, 0.05, 0.2, 1), ("≤0.0001", "0.001", "0.01", "0.05", "0.2", "1"))
    canvas.line((0.05, 0), (0.05, 1), dashed=True)
    _, top, _, bottom = canvas.box
    radius = 9.5
    pitch = 2 * radius + 2
    border = canvas.px(0.05)
    heights: dict[int, int] = {}
    for number, value in enumerate(p):
        side = bool(value < 0.05)
        # Columns begin at the line of 0.05, so that each belongs to one side of it.
        column = math.floor((canvas.px(min(max(float(value), least), 1)) - border) / pitch)
        column = min(column, -1) if side else max(column, 0)
        level = heights.get(column, 0)
        heights[column] = level + 1
        left = border + (column + 0.5) * pitch
        down = bottom - radius - 3 - level * min(pitch, (bottom - top) / 14)
        canvas.dot_at(left, down, color if side else ORANGE, radius=radius, hollow=not side)
        if number == 0 and ringed:
            canvas.ring_at(left, down, radius + 5)
    entries = [("dot", color, "p < 0.05"), ("hollow", ORANGE, "p of 0.05 or more")]
    canvas.key([*entries, ("ring", "", "your trial")] if ringed else entries)
    return canvas


def histogram(values: NDArray[np.float64], edges: Sequence[float]) -> list[int]:
    """How many values lie in each bin; those outside are counted at the ends.

    >>> histogram(np.array([-5.0, 0.5, 1.5, 9.0]), [0, 1, 2])
    [2, 2]
    """
    places = np.clip(np.searchsorted(np.asarray(edges), values, side="right") - 1, 0, len(edges) - 2)
    return [int(count) for count in np.bincount(places, minlength=len(edges) - 1)]


def nice_top(value: float) -> float:
    """A round number above a value, for the end of an axis.

    >>> nice_top(37.0), nice_top(0.83)
    (40.0, 0.9)
    """
    unit = 10.0 ** math.floor(math.log10(value))
    return round(math.ceil(value / unit + 1e-9) * unit, 10)


def draw_intervals(
    canvas: Canvas, low: NDArray[np.float64], estimate: NDArray[np.float64], high: NDArray[np.float64], *,
    marked: NDArray[np.bool_], own: bool,
) -> None:  # fmt: skip
    """Intervals sorted by estimate; those marked are orange with a hollow dot, the first is ringed if it is one's own.

    The vertical axis goes from 0 to the number of intervals.
    """
    for place, number in enumerate(np.argsort(estimate)):
        level = len(estimate) - place - 0.5
        color = ORANGE if marked[number] else BLUE
        canvas.line((float(low[number]), level), (float(high[number]), level), color, width=2.5)
        canvas.dot(float(estimate[number]), level, color, radius=3.5, hollow=bool(marked[number]))
        if own and number == 0:
            canvas.ring(float(estimate[number]), level, 10)


def draw_histogram(
    canvas: Canvas, values: NDArray[np.float64], edges: Sequence[float], *, colors: Sequence[str] | None = None
) -> None:
    """Bars of shares of trials in percent; the vertical axis is in percent."""
    counts = histogram(values, edges)
    for number, count in enumerate(counts):
        color = BLUE if colors is None else colors[number]
        gap = 0.06 * (edges[number + 1] - edges[number])
        if count:
            canvas.bar((edges[number] + gap, edges[number + 1] - gap), (0, 100 * count / len(values)), color)
