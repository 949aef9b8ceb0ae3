"""A rating: its levels are shares of categories, its effects odds ratios (or differences of the mean score)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trialsim.errors import DistributionError
from trialsim.response.scales import categorical
from trialsim.response.scales.parts import AnyEffect, LevelParameters, ScaleParts
from trialsim.response.scales.scores import cumulative_logits, entropy_shares, shares_of, shift_to_mean
from trialsim.scenario.model import Level


def _place(level: Level, categories: Sequence[float], reference: LevelParameters | None) -> LevelParameters:
    """Cumulative logits: of the shares, of the smoothest shares with a mean and SD, or of the reference moved to a mean."""
    if level.shares:
        return LevelParameters(cuts=cumulative_logits([share.value for share in level.shares]))
    if level.mean is not None and level.sd is not None:
        return LevelParameters(cuts=cumulative_logits(entropy_shares(level.mean.value, level.sd.value, categories)))
    if level.mean is not None and reference is not None:
        shift = shift_to_mean(reference.cuts, categories, level.mean.value)
        return LevelParameters(cuts=tuple(cut - shift for cut in reference.cuts))
    raise DistributionError(
        "an ordinal level needs a mean and SD, or the share of each category.", code="TS-D007",
        remedy="Write {mean: .., sd: ..} or {shares: [..]}.",
    )  # fmt: skip


def _shift(effect: AnyEffect, place: LevelParameters, categories: Sequence[float]) -> float:
    """The log odds ratio, given or computed from a difference of the mean score from ``place``."""
    if effect.difference is not None:
        mean = float(shares_of(place.cuts) @ np.array(categories))
        return shift_to_mean(place.cuts, categories, mean + effect.difference.value)
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
