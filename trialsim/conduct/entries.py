"""Who takes part in each simulated trial, when they arrive, and when they would leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEVER = 2**62

#: Columns of ``Entries.counts`` before the reasons of exclusion. The first is the sum of all others.
COUNTS = ("arrived", "left before being asked", "declined", "enrolled", "not asked in time")


@dataclass(frozen=True)
class Entries:
    """Participants of R trials, in the order of enrollment; N is the enrollment target.

    Attributes
    ----------
    arrival, entry : (R, N) int64 tick of arrival and of consent, which is enrollment; -1 for an empty place
    arrival_number : (R, N) int64 number of the patient among all who arrived, -1 for an empty place
    arm : (R, N) int8, -1 for an empty place
    site : (R, N) int16
    stratum : (R, N) int16
    leave : (R, N) int64 tick at which the participant would leave, ``NEVER`` if not
    leave_reason : (R, N) int8 position in ``ConductPlan.leave_reasons``, -1 if never
    covariates : (R, N, C) numbers, the position of the category for covariates by choice
    counts : (R, 5 + exclusions) int64 patients by what happened to them (:data:`COUNTS`, then the exclusions), until the
        last enrollment or the time limit
    complete : (R,) whether the target was reached
    accrual_end : (R,) int64 tick of the last enrollment, or the time limit where the target was not reached
    family : (R, N) int64 family of each participant, counted from 0 in the order of enrollment; None where nobody has siblings
    period : (R, N) int16 period of a stepped wedge in which each participant was enrolled, counted from 0; None in other designs
    """

    arrival: NDArray[np.int64]
    entry: NDArray[np.int64]
    arrival_number: NDArray[np.int64]
    arm: NDArray[np.int8]
    site: NDArray[np.int16]
    stratum: NDArray[np.int16]
    leave: NDArray[np.int64]
    leave_reason: NDArray[np.int8]
    covariates: NDArray[np.float64]
    counts: NDArray[np.int64]
    complete: NDArray[np.bool_]
    accrual_end: NDArray[np.int64]
    family: NDArray[np.int64] | None = None
    period: NDArray[np.int16] | None = None
