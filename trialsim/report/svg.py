"""A drawn figure as a picture inside a page: short, with names of its own, and in letters that every reader has."""

from __future__ import annotations

import re

#: A number with more digits than a screen or paper shows [points].
LONG = re.compile(r"(-?\d+\.\d\d)\d+")

#: Letters as wide as those that the figure was laid out with, for readers without them.
FONTS = ("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")


def inlined(text: str) -> str:
    """SVG of a file as SVG for a page: without its head and comments, its numbers to a hundredth of a point.

    >>> inlined('<?xml version="1.0"?><svg width="3pt"><!-- a --><path d="M 1.23456 2"/></svg>')
    '<svg><path d="M 1.23 2"/></svg>'
    """
    text = text[text.index("<svg") :]
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' (width|height)="[\d.]+pt"', "", text, count=2)
    text = text.replace(*FONTS)
    text = re.sub(r' d="[^"]*"', lambda one: LONG.sub(r"\1", one[0]), text)
    return re.sub(r">\s+<", "><", text).strip()


def own_names(text: str, prefix: str) -> str:
    """SVG whose named parts are named after ``prefix``; names that nothing refers to are left out.

    >>> own_names('<svg><g id="a"><g id="b"/><use xlink:href="#b"/></g></svg>', "p")
    '<svg><g><g id="pb"/><use xlink:href="#pb"/></g></svg>'
    """
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
    text = re.sub(r' id="([^"]+)"', lambda one: f' id="{prefix}{one[1]}"' if one[1] in used else "", text)
    return re.sub(r'(url\(#|href="#)', rf"\1{prefix}", text)
