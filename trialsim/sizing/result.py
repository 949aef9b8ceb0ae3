"""The result of a search, with its confirmation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.table import wilson
from trialsim.sizing.curve import PowerCurve
from trialsim.sizing.target import Target

#: Why nothing is recommended: the range ends before the goal is met, all of it meets the goal, or the answer would be an end
#: of the range and a size below may do as well.
NoSizeReason = Literal["", "never", "sooner", "at the end"]


@dataclass(frozen=True)
class Confirmation:
    """Trials of one design under a fresh seed, simulated in full.

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
class SizingResult:
    """The result of a search.

    Attributes
    ----------
    axis : what was varied: ``size`` (participants in all) or ``effect`` (multiple of the declared effects)
    measure : ``power`` or ``width`` (of the interval of the analysis)
    goal : the power or width asked for
    at : the recommended size or effect; None if there is none in the range ``between``, and ``missed`` says why
    root, low, high : where the curve meets the goal, with its 95 % Monte Carlo interval; NaN if it does not
    curve : pooled with the trials of the fresh seed, if there are any
    best : the size or effect of the range that comes nearest, and what it reaches, with the standard error ``best_error``
    estimate : mean estimate of the (first) analysis there
    spent : simulated trials in total
    reached : power (or width) of the recommended size by the pooled curve, and its 95 % Monte Carlo interval
    effect_declared : whether the scenario declares an effect on what is measured; checked only if no size suffices
    """

    axis: str
    measure: str
    goal: float
    target: Target
    at: float | None
    root: float
    low: float
    high: float
    curve: PowerCurve
    best: tuple[float, float]
    best_error: float
    between: tuple[float, float]
    estimate: float
    spent: int
    reached: tuple[float, float, float]
    missed: NoSizeReason = ""
    effect_declared: bool = True
    confirmations: tuple[Confirmation, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def confirmed(self) -> Confirmation | None:
        """The trials of the fresh seed."""
        return self.confirmations[-1] if self.confirmations else None
