"""The numbers of a flow diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


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
