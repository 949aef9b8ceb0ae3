"""What people write in words of their own: a ratio, a contrast, visits by the name that they repeat."""

from __future__ import annotations

from collections.abc import Sequence

from trialsim.scenario.outline import Outline


def parse_ratio(text: str) -> tuple[int, ...]:
    """``"2:1"`` -> (2, 1); empty if it is not a ratio of whole numbers above zero."""
    parts = [part.strip() for part in text.split(":")]
    if not all(part.isdigit() and 0 < int(part) <= 1000 for part in parts):
        return ()
    return tuple(int(part) for part in parts)


def expand_visits(names: Sequence[str], points: Outline) -> tuple[str, ...]:
    """Full visit names: ``pre`` inside a repeat means ``pre 1``, ``pre 2``, ..."""
    full = [one for name in names for one in points.expand(name) or (name,)]
    return tuple(dict.fromkeys(full))


def split_contrast(text: str, arms: Sequence[str]) -> tuple[str, str] | None:
    """The two arms of ``"a - b"``, or None."""
    a, minus, b = (part.strip() for part in text.partition(" - "))
    return (a, b) if minus and a in arms and b in arms and a != b else None
