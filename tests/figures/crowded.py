"""What is wrong with the letters of a figure that is laid out: beyond the edge, one on the other, too small."""

from __future__ import annotations

from itertools import combinations
from typing import Any
from unittest.mock import patch

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

#: How far letters may reach into others or over the edge: the box of a text is higher than its letters [points].
SLACK = 1.5


def faults(figure: Figure, *, smallest: float = 6.0) -> list[str]:
    """A line for each fault."""
    texts, slack, edge = drawn(figure), SLACK * figure.dpi / 72, figure.bbox
    boxes = [(one, one.get_window_extent()) for one in texts]
    found = [f"small: {one.get_text()!r}" for one in texts if one.get_fontsize() < smallest - 1e-9]
    found += [
        f"beyond the edge: {one.get_text()!r}"
        for one, box in boxes
        if box.x0 < edge.x0 - slack or box.x1 > edge.x1 + slack or box.y0 < edge.y0 - slack or box.y1 > edge.y1 + slack
    ]
    for (one, a), (other, b) in combinations(boxes, 2):
        across, down = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        if across > slack and down > slack:
            found.append(f"one on the other: {one.get_text()!r}, {other.get_text()!r}")
    return found


def drawn(figure: Figure) -> list[Text]:
    """The texts that are drawn: ticks beyond the limits, for one, are not."""
    found: list[Text] = []
    own = Text.draw

    def draw(self: Text, *arguments: Any, **more: Any) -> None:
        if self.get_visible() and self.get_text().strip():
            found.append(self)
        own(self, *arguments, **more)

    with patch.object(Text, "draw", draw):
        FigureCanvasAgg(figure).draw()
    return found
