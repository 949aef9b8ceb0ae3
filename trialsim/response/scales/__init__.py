"""One file for each scale: its levels, effects, values, moments and words.

``measured`` and ``categorical`` hold what several scales have in common, ``scores`` the arithmetic of categories,
``moments`` the distribution of an endpoint. :data:`PARTS` is the one table of them, by the names of
:data:`trialsim.kinds.scales.SCALES`.
"""

from __future__ import annotations

from typing import Final

from trialsim.kinds import scales as kinds
from trialsim.response.scales import binary, count, lognormal, normal, ordinal, time
from trialsim.response.scales.parts import LevelParameters, ScaleParts
from trialsim.response.scales.scores import (
    cumulative_logits,
    entropy_shares,
    normal_cuts,
    sd_range,
    shares_of,
    shift_to_mean,
    toward,
)

__all__ = [
    "PARTS",
    "LevelParameters",
    "ScaleParts",
    "cumulative_logits",
    "entropy_shares",
    "normal_cuts",
    "sd_range",
    "shares_of",
    "shift_to_mean",
    "toward",
]

#: The parts of every scale.
PARTS: Final = {
    kinds.NORMAL.name: normal.PARTS,
    kinds.LOGNORMAL.name: lognormal.PARTS,
    kinds.ORDINAL.name: ordinal.PARTS,
    kinds.BINARY.name: binary.PARTS,
    kinds.COUNT.name: count.PARTS,
    kinds.TIME.name: time.PARTS,
}
