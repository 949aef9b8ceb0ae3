"""Margins on the scale of the estimate, and the twins in which they are true."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trialsim.kinds.estimands import MARGIN_SCALE, MEANT, MarginScale
from trialsim.kinds.tests import TEST
from trialsim.scenario.model import Analysis


def margin_scale(analysis: Analysis) -> MarginScale:
    """How the margin of two arms is written."""
    return MARGIN_SCALE[MEANT[TEST[analysis.test].effect, analysis.transform, "arms"].scale]


def margins_of(analysis: Analysis) -> tuple[float, ...]:
    """The margins on the scale of the estimate, the lower first."""
    values = [margin.value for margin in analysis.margin]
    if values and margin_scale(analysis).ratio:
        values = [math.log(value) for value in values]
    return tuple(sorted(values))


def margin_twins(analysis: str, margins: Sequence[float]) -> tuple[str, ...]:
    """The names of the twins in which each margin of an analysis is true."""
    names = {0: (), 1: ("at margin",), 2: ("at lower margin", "at upper margin")}
    return tuple(f"{name}: {analysis}" for name in names[len(margins)])
