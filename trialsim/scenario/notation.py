"""What people write in words of their own: a ratio, a contrast, a decision, visits by the name that they repeat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trialsim.kinds.designs import GREATER, LESS, WAY
from trialsim.quantities.fields import Number
from trialsim.quantities.units import format_value
from trialsim.quantities.values import read_value
from trialsim.scenario.outline import Outline

_DECISION = re.compile(r"\s*P\(\s*effect\s*([<>])\s*([^()]+?)\s*\)\s*>\s*([^<>]+?)\s*")


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


@dataclass(frozen=True)
class Decision:
    """The decision of a Bayesian analysis: the effect lies on one side of a number with more than this probability.

    Attributes
    ----------
    alternative : the side, greater or less
    limit : the number, in the unit of the endpoint
    probability : between 0 and 1
    """

    alternative: str
    limit: Number
    probability: float

    @property
    def text(self) -> str:
        """As people write it."""
        sign = ">" if WAY[self.alternative] > 0 else "<"
        unit = f" {self.limit.unit}" if self.limit.unit else ""
        return f"P(effect {sign} {format_value(self.limit.value, 'number')}{unit}) > {format_value(self.probability, 'share')}"


def split_decision(text: str) -> Decision | None:
    """The parts of ``"P(effect > 0) > 97.5 %"``, or None.

    >>> split_decision("P(effect < -2 points) > 90 %").text
    'P(effect < -2 points) > 90 %'
    """
    found = _DECISION.fullmatch(text)
    if found is None:
        return None
    try:
        limit, unit = read_value(found[2], "amount")
        probability, _ = read_value(found[3], "share")
    except ValueError:
        return None
    if not 0.5 <= probability < 1.0:
        return None
    side = GREATER if found[1] == ">" else LESS
    return Decision(side.name, Number(value=limit, kind="amount", unit=unit), probability)
