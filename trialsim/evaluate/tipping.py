"""Tipping points: how the answer of an analysis changes with what is added to imputed values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trialsim.analysis.plan import RowPlan
from trialsim.evaluate.columns import POWER
from trialsim.evaluate.table import Measure

#: The columns of the table in a folder.
TIPPING_COLUMNS = ("analysis", "contrast", "delta", "power", "power_mcse", "estimate", "estimate_mcse", "of_first")


@dataclass(frozen=True)
class TippingPoint:
    """One delta of one contrast.

    Attributes
    ----------
    contrast : without the delta
    power : the share of trials that reject; None where too many failed
    estimate : the mean estimate; None where there is none
    of_first : the power as a share of that with the first delta, NaN where that is 0 or unknown
    """

    analysis: str
    contrast: str
    delta: float
    power: Measure | None
    estimate: Measure | None
    of_first: float

    def cells(self) -> tuple[str | float, ...]:
        """The row of the table in a folder, in the order of :data:`TIPPING_COLUMNS`."""
        numbers = [
            number
            for one in (self.power, self.estimate)
            for number in ((one.value, one.mcse) if one else (math.nan,) * 2)
        ]
        return self.analysis, self.contrast, self.delta, *numbers, self.of_first


def tipping_points(rows: Sequence[RowPlan], measures: Sequence[Measure]) -> list[TippingPoint]:
    """Every analysis with several deltas, in the order of the plan."""
    known = {(one.analysis, one.contrast, one.measure): one for one in measures}
    first: dict[tuple[str, str], float] = {}
    found = []
    for row in rows:
        if row.delta is None:
            continue
        contrast = row.contrast.rpartition(", ")[0]
        power, estimate = (known.get((row.analysis, row.contrast, name)) for name in (POWER, "mean_estimate"))
        share = math.nan if power is None else power.value
        begun = first.setdefault((row.analysis, contrast), share)
        of_first = share / begun if begun > 0 else math.nan
        found.append(TippingPoint(row.analysis, contrast, row.delta, power, estimate, of_first))
    return found
