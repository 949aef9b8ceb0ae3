"""Pictures of lessons: SVG for a slide, in the color of the text around it, with a title and a description in words.

Nothing in it needs a style sheet or a font. Data have three colors that are seen on white and on black, and always a
second mark beside the color (filled or hollow, thick or thin, a word).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

BLUE, ORANGE, GREY = "#3a7fc1", "#d2600c", "#828282"
WIDTH, HEIGHT = 720, 430

#: Of a file of its own: the colors of a page, light and dark.
ALONE = (
    "<style>svg{color:#1a1a1a;background:#ffffff}"
    "@media (prefers-color-scheme:dark){svg{color:#ececec;background:#161616}}</style>"
)


def number_text(value: float) -> str:
    """A tick: as few digits as it needs.

    >>> number_text(0.05), number_text(-2.0), number_text(1500.0)
    ('0.05', '−2', '1,500')
    """
    text = f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return text.replace("-", "\N{MINUS SIGN}")


class Canvas:
    """A picture with one plane of axes. Places are given in values of the axes, sizes in pixels of a slide of 720 x 430.

    Parameters
    ----------
    name : of the picture; title and description are named after it
    title : what the picture shows, as a sentence above it
    description : the picture in words
    x, y : ends of the axes
    log_x, log_y : whether an axis is logarithmic
    """

    def __init__(
        self, name: str, title: str, description: str, *, x: tuple[float, float], y: tuple[float, float],
        log_x: bool = False, log_y: bool = False, left: int = 80, right: int = 26, top: int = 92, bottom: int = 70,
    ) -> None:  # fmt: skip
        self.name, self.title, self.description = name, title, description
        self.ends = (x, y)
        self.log = (log_x, log_y)
        self.box = (left, top, WIDTH - right, HEIGHT - bottom)
        self.parts: list[str] = []

    # ---------------------------------------------------------------- places

    def px(self, value: float) -> float:
        """Pixels from the left."""
        return self._place(0, value, self.box[0], self.box[2])

    def py(self, value: float) -> float:
        """Pixels from the top."""
        return self._place(1, value, self.box[3], self.box[1])

    def _place(self, axis: int, value: float, start: float, end: float) -> float:
        low, high = self.ends[axis]
        if self.log[axis]:
            low, high, value = math.log(low), math.log(high), math.log(max(value, 1e-300))
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return start + share * (end - start)

    # ---------------------------------------------------------------- axes

    def x_axis(self, label: str, ticks: Sequence[float], words: Sequence[str] | None = None) -> None:
        """The axis below, with a label and ticks."""
        left, _, right, bottom = self.box
        self._line(left, bottom, right, bottom, "currentColor", 1.5)
        for number, tick in enumerate(ticks):
            place = self.px(tick)
            self._line(place, bottom, place, bottom + 6, "currentColor", 1.5)
            word = number_text(tick) if words is None else words[number]
            self._text(place, bottom + 24, word, size=16, anchor="middle")
        self._text((left + right) / 2, bottom + 53, label, size=17, anchor="middle")

    def y_axis(self, label: str, ticks: Sequence[float], words: Sequence[str] | None = None) -> None:
        """The axis on the left, with ticks; its label is written above it."""
        left, top, _, bottom = self.box
        self._line(left, top, left, bottom, "currentColor", 1.5)
        for number, tick in enumerate(ticks):
            place = self.py(tick)
            self._line(left - 6, place, left, place, "currentColor", 1.5)
            word = number_text(tick) if words is None else words[number]
            self._text(left - 11, place + 6, word, size=16, anchor="end")
        self._text(12, top - 12, label, size=16)

    # ---------------------------------------------------------------- marks

    def dot(self, x: float, y: float, color: str = BLUE, *, radius: float = 6, hollow: bool = False) -> None:
        """A dot, filled or hollow."""
        self.dot_at(self.px(x), self.py(y), color, radius=radius, hollow=hollow)

    def dot_at(self, left: float, top: float, color: str = BLUE, *, radius: float = 6, hollow: bool = False) -> None:
        """A dot at a place in pixels."""
        fill = f'fill="none" stroke="{color}" stroke-width="2"' if hollow else f'fill="{color}"'
        self.parts.append(f'<circle cx="{left:.1f}" cy="{top:.1f}" r="{radius:g}" {fill}/>')

    def ring(self, x: float, y: float, radius: float = 12) -> None:
        """A ring around one's own trial."""
        self.ring_at(self.px(x), self.py(y), radius)

    def ring_at(self, left: float, top: float, radius: float = 12) -> None:
        """A ring at a place in pixels."""
        self.parts.append(
            f'<circle cx="{left:.1f}" cy="{top:.1f}" r="{radius:g}" fill="none" stroke="currentColor" stroke-width="2.5"/>'
        )

    def line(
        self, start: tuple[float, float], end: tuple[float, float], color: str = "currentColor", *,
        width: float = 2, dashed: bool = False,
    ) -> None:  # fmt: skip
        """A straight line."""
        self._line(self.px(start[0]), self.py(start[1]), self.px(end[0]), self.py(end[1]), color, width, dashed=dashed)

    def path(
        self, points: Sequence[tuple[float, float]], color: str = BLUE, *, width: float = 3, dashed: bool = False
    ) -> None:
        """A line through points."""
        places = " ".join(f"{self.px(x):.1f},{self.py(y):.1f}" for x, y in points)
        dash = ' stroke-dasharray="8 6"' if dashed else ""
        self.parts.append(
            f'<polyline points="{places}" fill="none" stroke="{color}" stroke-width="{width:g}"'
            f' stroke-linejoin="round"{dash}/>'
        )

    def bar(
        self, x: tuple[float, float], y: tuple[float, float], color: str = BLUE, *, opacity: float = 1,
        hollow: bool = False,
    ) -> None:  # fmt: skip
        """A rectangle between two places."""
        left, right = sorted((self.px(x[0]), self.px(x[1])))
        top, bottom = sorted((self.py(y[0]), self.py(y[1])))
        fill = f'fill="none" stroke="{color}" stroke-width="2"' if hollow else f'fill="{color}"'
        shade = "" if opacity == 1 else f' fill-opacity="{opacity:g}"'
        self.parts.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" {fill}{shade}/>'
        )

    def text(
        self, x: float, y: float, words: str, *, size: int = 16, anchor: str = "start", bold: bool = False,
        across: float = 0, down: float = 0,
    ) -> None:  # fmt: skip
        """Words at a place, moved by some pixels."""
        self._text(self.px(x) + across, self.py(y) + down, words, size=size, anchor=anchor, bold=bold)

    def note(self, words: str, *, left: float | None = None, top: float = 56, size: int = 16) -> None:
        """Words under the title."""
        self._text(12 if left is None else left, top, words, size=size)

    def key(self, entries: Sequence[tuple[str, str, str]], *, top: float = 56, left: float = 16) -> None:
        """Marks and their words on one line: (mark, color, words), the mark is dot, ring, hollow, line, dashed or bar."""
        for mark, color, words in entries:
            if mark in ("line", "dashed"):
                self._line(left - 4, top - 6, left + 20, top - 6, color, 3, dashed=mark == "dashed")
            elif mark == "bar":
                self.parts.append(f'<rect x="{left:.1f}" y="{top - 14:.1f}" width="16" height="15" fill="{color}"/>')
            elif mark == "ring":
                self.ring_at(left + 6, top - 6, 9)
            else:
                self.dot_at(left + 6, top - 6, color, radius=7, hollow=mark == "hollow")
            self._text(left + 25, top, words, size=16)
            left += 25 + 8.3 * len(words) + 22

    def _line(
        self, x1: float, y1: float, x2: float, y2: float, color: str, width: float, *, dashed: bool = False
    ) -> None:
        dash = ' stroke-dasharray="8 6"' if dashed else ""
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" stroke-width="{width:g}"{dash}/>'
        )

    def _text(
        self, left: float, top: float, words: str, *, size: int, anchor: str = "start", bold: bool = False
    ) -> None:
        weight = ' font-weight="bold"' if bold else ""
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.parts.append(
            f'<text x="{left:.1f}" y="{top:.1f}" font-size="{size}"{side}{weight}>{escape(words, quote=False)}</text>'
        )

    # ---------------------------------------------------------------- the whole

    def svg(self) -> str:
        """The picture, to be put into a page."""
        name = self.name
        title = escape(self.title, quote=False)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
            f' aria-labelledby="{name}-title {name}-words" font-family="system-ui, sans-serif" fill="currentColor">'
            f'<title id="{name}-title">{title}</title>'
            f'<desc id="{name}-words">{escape(self.description, quote=False)}</desc>'
            f'<text x="12" y="28" font-size="20" font-weight="bold">{title}</text>' + "".join(self.parts) + "</svg>"
        )


def alone(svg: str) -> str:
    """A picture as a file of its own, for a slide, light or dark as the reader's screen is.

    >>> alone("<svg><title>A</title></svg>").startswith("<svg><style>")
    True
    """
    place = svg.index(">") + 1
    return svg[:place] + ALONE + svg[place:] + "\n"
