"""What a search answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.table import wilson
from trialsim.sizing.fit import Curve
from trialsim.sizing.target import Target


@dataclass(frozen=True)
class Confirmation:
    """Trials of one design under a fresh seed, played in full.

    ``value`` is the share that reached the target, or the mean width of the interval.
    """

    at: float
    value: float
    mcse: float
    interval: tuple[float, float]
    replicates: int
    failed: int
    seed: int
    trial: OperatingCharacteristics | None = None


def confirmed_share(at: float, reached: int, replicates: int, *, failed: int, seed: int) -> Confirmation:
    """A confirmation of a power, with Wilson's 95 % interval; failed trials are not counted."""
    counted = max(replicates - failed, 1)
    share = reached / counted
    mcse = math.sqrt(share * (1 - share) / counted)
    return Confirmation(at, share, mcse, wilson(reached, counted), replicates, failed, seed)


@dataclass(frozen=True)
class Found:
    """The answer of a search.

    Attributes
    ----------
    axis : what was varied: ``size`` (participants in all) or ``effect`` (multiple of the declared effects)
    measure : ``power`` or ``width`` (of the 95 % interval)
    goal : the power or width asked for
    at : the recommended size or effect; None when the goal is not reached in the range ``between``
    root, low, high : where the curve meets the goal, with its 95 % Monte Carlo interval
    best : the place of the curve that comes nearest, and what it reaches
    estimate : mean estimate of the (first) analysis there
    spent : simulated trials in all
    """

    axis: str
    measure: str
    goal: float
    target: Target
    at: float | None
    root: float
    low: float
    high: float
    curve: Curve
    best: tuple[float, float]
    between: tuple[float, float]
    estimate: float
    spent: int
    confirmations: tuple[Confirmation, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def confirmed(self) -> Confirmation | None:
        """The confirmation of the recommendation."""
        return self.confirmations[-1] if self.confirmations else None

    def moved(self, at: float | None, root: float, *note: str) -> Found:
        """The same search with another recommendation, and why."""
        return replace(self, at=at, root=root, notes=(*self.notes, *note))
