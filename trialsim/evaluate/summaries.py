"""A summary: some numbers of each trial, and their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.evaluate.table import Kind, MeasureColumn

if TYPE_CHECKING:
    from trialsim.cohort import Cohort

Floats = NDArray[np.float64]

#: The analysis column of numbers that belong to the trial as a whole.
TRIAL = "trial"

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86_400.0, 604_800.0


@dataclass(frozen=True)
class Summary:
    """Some columns, and the function that fills them: from a cohort to (R, number of columns)."""

    columns: tuple[MeasureColumn, ...]
    values: Callable[[Cohort], Floats]


def trial_column(measure: str, contrast: str = "", kind: Kind = "mean") -> MeasureColumn:
    """A number of the trial as a whole; ``contrast`` names the part: an arm, an outcome, a hold, a resource."""
    return MeasureColumn(TRIAL, contrast, measure, kind)


def share(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """Share of ``part`` in ``whole``, NaN if ``whole`` is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


@kernel
def count_codes(codes: NDArray[np.int8], arm: NDArray[np.int8], counts: NDArray[np.int64]) -> None:
    """Count the codes (R, N, D) of participants who were enrolled (arm at least 0) into ``counts`` (R, D, codes)."""
    replicates, participants, pairs = codes.shape
    for r in range(replicates):
        for i in range(participants):
            if arm[r, i] >= 0:
                for d in range(pairs):
                    counts[r, d, codes[r, i, d]] += 1


def in_arms(arm: NDArray[np.int8], chosen: NDArray[np.bool_], *, arms: int) -> Floats:
    """How many of the ``chosen`` (R, N) are in each arm, (R, K)."""
    counts = np.zeros((len(arm), arms))
    _count_in_arms(arm, chosen, counts)
    return counts


@kernel
def _count_in_arms(arm: NDArray[np.int8], chosen: NDArray[np.bool_], counts: Floats) -> None:
    replicates, participants = arm.shape
    for r in range(replicates):
        for i in range(participants):
            if arm[r, i] >= 0 and chosen[r, i]:
                counts[r, arm[r, i]] += 1.0
