"""The published figures among the simulated ones, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialsim.reproduce import Placement

#: The middle of the simulated trials: a figure outside of it is rarely simulated.
MIDDLE = (0.025, 0.975)


def fitting(placements: Sequence[Placement]) -> str:
    """How many published figures lie in the middle 95 % of the simulated ones, and how many are found as often."""
    figures = [one for one in placements if not one.same and not math.isnan(one.share)]
    inside = sum(MIDDLE[0] <= one.share <= MIDDLE[1] for one in figures)
    same = [one for one in placements if one.same and not math.isnan(one.share)]
    often = sum(one.share >= MIDDLE[0] for one in same)
    unknown = len(placements) - len(figures) - len(same)
    parts = []
    if figures:
        parts.append(f"{_of(inside, len(figures), 'published figure')} in the middle 95 % of the simulated trials")
    if same:
        parts.append(f"{often} of {len(same)} published findings and bounds come up in at least 2.5 % of them")
    if unknown:
        parts.append(f"{unknown} could not be simulated")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _of(some: int, many: int, what: str) -> str:
    """``2 of 3 published figures lie``."""
    return f"{some} of {many} {what}{'s' if many != 1 else ''} {'lies' if some == 1 else 'lie'}"
