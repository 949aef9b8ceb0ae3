"""Tipping points as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.columns import shown_names
from trialsim.evaluate.tipping import TippingPoint, tipping_points
from trialsim.report.digits import measure_with_error, percent, plain

EXPLAINED = (
    "Tipping point: a delta is added to the values imputed after leaving (with logarithms they are multiplied by it), in the "
    "arms that are not the reference, in the same trials. Without effects a row may reject because of its delta alone, so only "
    "the first is judged by its level."
)

#: The columns of the table.
HEADER = ("tipping point", "power", "of the first", "mean estimate")


@dataclass(frozen=True)
class TippingRow:
    """One row of the table; the ``head`` of an analysis has no numbers."""

    name: str
    power: str = ""
    of_first: str = ""
    estimate: str = ""
    head: bool = False


def tipping_rows(result: OperatingCharacteristics) -> list[TippingRow]:
    """The rows of all analyses with several deltas; empty if there are none."""
    found = tipping_points(result.kept.rows, result.measures)
    names, rows = shown_names(result.kept.rows), list[TippingRow]()
    for place in dict.fromkeys((one.analysis, one.contrast) for one in found):
        of = [one for one in found if (one.analysis, one.contrast) == place]
        rows.append(TippingRow(f"{names[place[0]]}: {place[1]}", head=True))
        rows.extend(_row(one, of[0]) for one in of)
    return rows


def _row(one: TippingPoint, first: TippingPoint) -> TippingRow:
    share = "" if one is first or math.isnan(one.of_first) else percent(one.of_first, 0)
    power = "unknown" if one.power is None or math.isnan(one.power.value) else measure_with_error(one.power, "share")
    estimate = "" if one.estimate is None else measure_with_error(one.estimate, "number")
    return TippingRow(f"  delta {plain(one.delta)}", power, share, estimate)


def tipped(result: OperatingCharacteristics) -> Sequence[str]:
    """For each analysis where its power falls below half of what it is with the first delta, in a sentence."""
    found = tipping_points(result.kept.rows, result.measures)
    names, texts = shown_names(result.kept.rows), []
    for place in dict.fromkeys((one.analysis, one.contrast) for one in found):
        of = [one for one in found if (one.analysis, one.contrast) == place]
        half = next((one for one in of if one.of_first < 0.5), None)
        name = f"{names[place[0]]} ({place[1]})"
        texts.append(
            f"{name}: with every delta of the list at least half of the findings are left."
            if half is None
            else f"{name}: from a delta of {plain(half.delta)} on, less than half of the findings are left."
        )
    return texts
