"""Yes or no, as 1 and 0: its levels are chances, its effects odds ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trialsim.errors import DistributionError
from trialsim.response.scales import categorical
from trialsim.response.scales.parts import AnyEffect, LevelParameters, ScaleParts
from trialsim.response.scales.scores import cumulative_logits
from trialsim.scenario.model import Level


def _place(level: Level, categories: Sequence[float], reference: LevelParameters | None) -> LevelParameters:  # noqa: ARG001  # as every scale's
    """The logit of the chance of a no."""
    if level.chance is None:
        raise DistributionError("a level of yes or no needs a chance.", code="TS-D007", remedy="Write {chance: ..}.")
    return LevelParameters(cuts=cumulative_logits([1 - level.chance.value, level.chance.value]))


def _shift(effect: AnyEffect, place: LevelParameters, categories: Sequence[float]) -> float:  # noqa: ARG001  # as every scale's
    """The log odds ratio."""
    return 0.0 if effect.odds_ratio is None else math.log(effect.odds_ratio.value)


PARTS = ScaleParts(
    place=_place,
    shift=_shift,
    fill=categorical.fill,
    form=categorical.form,
    implied=categorical.implied,
    scaled=categorical.scaled,
    nearer=categorical.nearer,
    readings=categorical.readings,
    expected=categorical.expected,
    covariance=categorical.covariance,
    words=categorical.words,
)
