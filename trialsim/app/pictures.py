"""Pictures drawn from a few numbers as SVG: small, in the colors of the page around them, and each with its words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

#: Width of every picture; its letters are readable at 360 and at 600 pixels.
WIDTH = 480

#: Space at the left and right end of an axis.
SIDE = 16

#: Letters of about this width are assumed where words must fit.
LETTER = 7.4

#: What each class is in a file of its own, where no style sheet is.
ALONE = {
    "ink": 'fill="#22313f"', "quiet": 'fill="#566573"', "grid": 'stroke="#d5dce2"', "axis": 'stroke="#8a97a3"',
    "blue": 'fill="#005a91"', "grey": 'fill="#8a97a3"', "red": 'fill="#a3371f"', "pale": 'fill="#f4f6f8"',
    "line-blue": 'stroke="#005a91" fill="none"', "line-grey": 'stroke="#8a97a3" fill="none"',
    "line-red": 'stroke="#a3371f" fill="none"', "band": 'fill="#005a91" fill-opacity=".15"',
    "ring": 'fill="none" stroke="#22313f"',
}  # fmt: skip


@dataclass(frozen=True)
class Axis:
    """An axis from ``low`` to ``high`` with ticks; ``text`` writes a tick."""

    label: str
    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False
    text: Callable[[float], str] = lambda value: f"{value:g}"

    def place(self, value: float, *, left: float = SIDE, right: float = WIDTH - SIDE) -> float:
        """Where a value is; beyond the ends it is at the end."""
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(max(value, self.low))
        share = (value - low) / (high - low) if high > low else 0.5
        return left + min(max(share, 0.0), 1.0) * (right - left)


def percent(value: float) -> str:
    """A share as a tick.

    >>> percent(0.05), percent(0.8)
    ('5 %', '80 %')
    """
    return f"{100 * value:g} %"


def share_axis(label: str) -> Axis:
    """An axis from 0 to 100 %."""
    return Axis(label, 0.0, 1.0, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), text=percent)


def picture(parts: Sequence[str], height: float, words: str) -> str:
    """The parts as one picture, which ``words`` describe."""
    inner = "".join(parts)
    label = escape(words, quote=True)
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{label}" font-size="14">{inner}</svg>'


def alone(svg: str) -> str:
    """A picture for a file without a style sheet."""
    for name, colors in ALONE.items():
        svg = svg.replace(f'class="{name}"', colors)
    return svg


def text_at(
    x: float, y: float, words: str, *, kind: str = "ink", anchor: str = "start", size: int = 0, bold: bool = False
) -> str:
    """Words at a place."""
    more = (f' font-size="{size}"' if size else "") + (' font-weight="600"' if bold else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


def line_at(x1: float, y1: float, x2: float, y2: float, *, kind: str, width: float = 1.0, dashed: bool = False) -> str:
    """A line."""
    more = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}" stroke-width="{width:g}"{more}/>'
    )


def dot_at(x: float, y: float, radius: float, *, kind: str, width: float = 0.0) -> str:
    """A dot."""
    more = f' stroke-width="{width:g}"' if width else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="{kind}"{more}/>'


def axis_below(axis: Axis, top: float, bottom: float, *, beyond: tuple[bool, bool] = (False, False)) -> list[str]:
    """Grid lines from top to bottom, ticks and the label below; ``beyond`` says whether something lies beyond an end."""
    found = []
    last = -1e9
    for tick in axis.ticks:
        x = axis.place(tick)
        words = axis.text(tick)
        words = (
            f"≤ {words}"
            if beyond[0] and tick == axis.low
            else f"≥ {words}"
            if beyond[1] and tick == axis.high
            else words
        )
        found.append(line_at(x, top, x, bottom, kind="grid"))
        if x - last > LETTER * (len(words) + 1):
            anchor = "start" if x < SIDE + 12 else "end" if x > WIDTH - SIDE - 12 else "middle"
            found.append(text_at(x, bottom + 18, words, kind="quiet", anchor=anchor, size=13))
            last = x
    found.append(line_at(SIDE, bottom, WIDTH - SIDE, bottom, kind="axis"))
    found.append(text_at(WIDTH / 2, bottom + 38, axis.label, kind="quiet", anchor="middle", size=13))
    return found


# ---------------------------------------------------------------- the class


def dots(values: Sequence[float], axis: Axis, *, own: float | None, mark: float | None, mark_words: str) -> str:
    """Each trial of the class as a dot over an axis, one's own ringed; dots at one place are piled up."""
    radius, step = 6.0, 12.5
    first = SIDE if mark is None else axis.place(mark)  # no pile lies on both sides of the mark
    piles: dict[int, int] = {}
    placed: list[tuple[float, int, float]] = []
    for value in sorted(values):
        at = math.floor((axis.place(value) - first) / step + (0 if mark is None or value < mark else 1e-9))
        at = min(at, -1) if mark is not None and value < mark else at
        piles[at] = piles.get(at, 0) + 1
        placed.append((first + (at + 0.5) * step, piles[at], value))
    tallest = max(piles.values(), default=1)
    height = max(4, tallest)
    gap = min(2 * radius + 1, 150 / height)
    top, bottom = 30.0, 30.0 + gap * height + 8
    parts = axis_below(axis, top, bottom, beyond=(min(values) < axis.low, max(values) > axis.high))
    if mark is not None:
        x = axis.place(mark)
        parts.append(line_at(x, top - 8, x, bottom, kind="line-red", width=1.5, dashed=True))
        anchor = "end" if x > WIDTH / 2 else "start"
        parts.append(
            text_at(x + (-6 if anchor == "end" else 6), top - 12, mark_words, kind="red", anchor=anchor, size=13)
        )
    ringed = False
    for x, pile, value in placed:
        y = bottom - gap * (pile - 0.5)
        beyond = mark is not None and value >= mark
        parts.append(dot_at(x, y, min(radius, gap / 2 - 0.5), kind="grey" if beyond else "blue"))
        if own is not None and value == own and not ringed:
            parts.append(dot_at(x, y, radius + 2.5, kind="ring", width=2))
            ringed = True
    words = f"{len(values)} trials by {axis.label}"
    if mark is not None:
        words += f"; {sum(one >= mark for one in values)} of them at or above {mark:g}"
    return picture(parts, bottom + 46, f"{words}.")


def split(
    choices: Sequence[tuple[str, str, bool]], counts: Sequence[tuple[str, dict[str, int]]], *, marked: bool
) -> str:
    """How a class is split over choices (key, words, right), a bar for each time it was asked; the right one is marked."""
    parts: list[str] = []
    y, bar = 6.0, 16.0
    label, number = 62.0, 70.0
    most = WIDTH - label - number
    spoken = []
    for key, words, right in choices:
        lines = _wrapped(words, (WIDTH - 26) / LETTER)
        name = f"{key}) "
        for place, line in enumerate(lines):
            parts.append(
                text_at(0 if place == 0 else 22, y + 14, (name if place == 0 else "") + line, bold=marked and right)
            )
            y += 18
        if marked and right:
            parts.append(text_at(WIDTH, y - 4, "right", kind="blue", anchor="end", size=13, bold=True))
        y += 2
        for when, found in counts:
            total = sum(found.values())
            share = found.get(key, 0) / total if total else 0.0
            parts.append(text_at(label - 6, y + 12.5, when, kind="quiet", anchor="end", size=12))
            parts.append(f'<rect x="{label}" y="{y:.1f}" width="{most:.1f}" height="{bar}" rx="3" class="pale"/>')
            kind = "blue" if not marked or right else "grey"
            parts.append(
                f'<rect x="{label}" y="{y:.1f}" width="{max(share * most, 0):.1f}" height="{bar}" rx="3" class="{kind}"/>'
            )
            parts.append(text_at(WIDTH, y + 12.5, f"{found.get(key, 0)} of {total}", kind="ink", anchor="end", size=13))
            spoken.append(f"{key}, {when}: {found.get(key, 0)} of {total}")
            y += bar + 3
        y += 10
    return picture(parts, y, "; ".join(spoken) + ".")


def _wrapped(words: str, letters: float) -> list[str]:
    import textwrap

    return textwrap.wrap(words, int(letters)) or [""]


# ---------------------------------------------------------------- results


def intervals(rows: Sequence[dict[str, Any]], axis: Axis) -> str:
    """Shares with their intervals, row by row: ``label``, and ``marks`` of ``value``, ``low``, ``high``, ``kind``, ``text``."""
    parts: list[str] = []
    y = top = 4.0
    spoken = []
    for row in rows:
        shown = " / ".join(mark["text"] for mark in row["marks"])
        parts.append(text_at(WIDTH - SIDE, y + 14, shown, kind="quiet", anchor="end", size=13))
        for line in _wrapped(row["label"], (WIDTH - 3 * SIDE) / LETTER - len(shown)):
            parts.append(text_at(SIDE, y + 14, line))
            y += 18
        middle = y + 7
        for mark in row["marks"]:
            low, high, color = axis.place(mark["low"]), axis.place(mark["high"]), mark["kind"]
            parts.append(line_at(low, middle, high, middle, kind=f"line-{color}", width=4))
            parts.append(dot_at(axis.place(mark["value"]), middle, 6, kind=color))
        spoken.append(f"{row['label']}: {shown}")
        y += 26
    return picture([*axis_below(axis, top, y), *parts], y + 46, f"{axis.label}. {'; '.join(spoken)}.")


def curve(points: Sequence[dict[str, float]], axis: Axis, *, chosen: int | None, label: str) -> str:
    """A share over one value, with its intervals as a band; one point may be chosen."""
    top, bottom = 14.0, 214.0
    left, right = 52.0, float(WIDTH - SIDE)

    def x(value: float) -> float:
        return axis.place(value, left=left, right=right)

    def y(share: float) -> float:
        return bottom - share * (bottom - top)

    parts = []
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        parts.append(line_at(left, y(share), right, y(share), kind="grid"))
        parts.append(text_at(left - 8, y(share) + 4, percent(share), kind="quiet", anchor="end", size=13))
    forth = " ".join(f"{x(one['at']):.1f},{y(one['high']):.1f}" for one in points)
    back = " ".join(f"{x(one['at']):.1f},{y(one['low']):.1f}" for one in reversed(points))
    parts.append(f'<polygon points="{forth} {back}" class="band"/>')
    road = " ".join(f"{x(one['at']):.1f},{y(one['value']):.1f}" for one in points)
    parts.append(f'<polyline points="{road}" class="line-blue" stroke-width="2"/>')
    for at, one in enumerate(points):
        parts.append(dot_at(x(one["at"]), y(one["value"]), 4, kind="blue"))
        if at == chosen:
            parts.append(dot_at(x(one["at"]), y(one["value"]), 9, kind="ring", width=2))
    last = -1e9
    for one in points:
        words = axis.text(one["at"])
        if x(one["at"]) - last > LETTER * (len(words) + 1):
            parts.append(text_at(x(one["at"]), bottom + 18, words, kind="quiet", anchor="middle", size=13))
            last = x(one["at"])
    parts.append(text_at((left + right) / 2, bottom + 38, axis.label, kind="quiet", anchor="middle", size=13))
    words = "; ".join(f"{axis.text(one['at'])}: {100 * one['value']:.1f} %" for one in points)
    return picture(parts, bottom + 46, f"{label} by {axis.label}. {words}.")


def trials(rows: Sequence[tuple[float, float, float, bool]], label: str, *, none: float | None) -> str:
    """Estimates of some trials with their intervals (estimate, low, high, rejects), sorted; a line where there is no effect."""
    rows = sorted(rows)
    low, high = min(one[1] for one in rows), max(one[2] for one in rows)
    if none is not None:
        low, high = min(low, none), max(high, none)
    axis = Axis(label, low, high, nice_ticks(low, high))
    top, bottom = 8.0, 8.0 + 5.0 * len(rows)
    parts = axis_below(axis, top, bottom)
    if none is not None:
        parts.append(line_at(axis.place(none), top, axis.place(none), bottom, kind="axis", width=1.5))
    for place, (estimate, start, end, rejects) in enumerate(rows):
        y, kind = top + 5.0 * place + 2.5, "blue" if rejects else "grey"
        parts.append(line_at(axis.place(start), y, axis.place(end), y, kind=f"line-{kind}", width=1.5))
        parts.append(dot_at(axis.place(estimate), y, 2.2, kind=kind))
    found = sum(one[3] for one in rows)
    return picture(
        parts,
        bottom + 46,
        f"{len(rows)} simulated trials by {label}; {found} of them reject, {len(rows) - found} do not.",
    )


def nice_ticks(low: float, high: float, count: int = 5) -> tuple[float, ...]:
    """Round numbers between two ends.

    >>> nice_ticks(-0.42, 0.13)
    (-0.4, -0.2, 0.0)
    """
    if not high > low:
        return (low,)
    raw = (high - low) / count
    scale = 10.0 ** math.floor(math.log10(raw))
    step = next(scale * one for one in (1, 2, 5, 10) if scale * one >= raw)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(round(number * step, 12) for number in range(first, last + 1))
