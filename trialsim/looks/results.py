"""What is kept of the looks of each trial: the planned analysis on what was known, and when that was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.endpoints import TrialArrays
from trialsim.analysis.estimates import analyze
from trialsim.looks.cuts import Cuts
from trialsim.looks.plan import LookPlan

Floats = NDArray[np.float64]

#: The numbers kept of each interim analysis.
KEPT = ("estimate", "se", "p", "low", "high")

#: Arrays with an axis of twins, those without, and the types of those that are not numbers with a fraction.
OF_TWINS = (*KEPT, "n", "status", "with_overrun")
OF_TRIAL = ("tick", "known", "enrolled", "overrun")
TYPES = {"n": np.int64, "status": np.int8}


@dataclass(frozen=True)
class LookResults:
    """The looks of R trials under T twins: K - 1 interim ones, and the end.

    Attributes
    ----------
    estimate, se, p, low, high : (T, R, K - 1) of each interim analysis
    n, status : (T, R, K - 1) participants analyzed; whether the analysis succeeded
    with_overrun : (T, R, K - 1) the estimate of everybody enrolled by the decision, if enrollment closes there
    closed : (R, K - 1, M) numbers of the trial whose enrollment closes at the decision: its length, hours of staff, cost
    tick, known, enrolled, overrun : (R, K) of :class:`trialsim.looks.cuts.Cuts`
    """

    estimate: Floats
    se: Floats
    p: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int64]
    status: NDArray[np.int8]
    with_overrun: Floats
    closed: Floats
    tick: NDArray[np.int64]
    known: NDArray[np.int64]
    enrolled: NDArray[np.int64]
    overrun: NDArray[np.int64]

    def part(self, which: slice) -> LookResults:
        """Those of some of the trials."""
        return LookResults(
            **{name: getattr(self, name)[:, which] for name in OF_TWINS},
            **{name: getattr(self, name)[which] for name in (*OF_TRIAL, "closed")},
        )


def join_results(parts: Sequence[LookResults]) -> LookResults:
    """Those of consecutive trials, joined."""
    return LookResults(
        **{name: np.concatenate([getattr(one, name) for one in parts], axis=1) for name in OF_TWINS},
        **{name: np.concatenate([getattr(one, name) for one in parts]) for name in (*OF_TRIAL, "closed")},
    )


def look(plan: LookPlan, data: TrialArrays, cuts: Cuts, *, twins: tuple[str, ...], replicates: range) -> LookResults:
    """The planned analysis at each interim look, on those whose endpoint is known by then; the others are not yet there."""
    interim = [
        analyze(plan.alone, known_by(plan, data, cuts, k), twins=twins, replicates=replicates)
        for k in range(plan.interim)
    ]

    def stacked(name: str, empty: type) -> NDArray[Any]:
        shape = (len(twins), len(replicates), 0)
        parts = [getattr(one, name)[:, :, :1] for one in interim]
        return np.concatenate(parts, axis=2) if parts else np.empty(shape, dtype=empty)

    return LookResults(
        **{name: stacked(name, np.float64) for name in KEPT},
        n=stacked("n", np.int64),
        status=stacked("status", np.int8),
        with_overrun=np.full((len(twins), len(replicates), plan.interim), np.nan),
        closed=np.empty((len(replicates), plan.interim, 0)),
        tick=cuts.tick,
        known=cuts.known,
        enrolled=cuts.enrolled,
        overrun=cuts.overrun,
    )


def known_by(plan: LookPlan, data: TrialArrays, cuts: Cuts, k: int) -> TrialArrays:
    """The data at look ``k``: places of participants who are not yet known are empty.

    Analyses that use earlier visits have all values that are known by then.
    """
    at = cuts.tick[:, k, None]
    if cuts.value_at is None:
        there = np.asarray(cuts.known_at <= at)
        values = data.values.copy()
        values[:, ~there] = np.nan
    else:
        known = cuts.value_at <= at[:, :, None]
        there, values = np.asarray(known.any(axis=2)), np.full(data.values.shape, np.nan)
        for place, point in enumerate(plan.call.points):
            values[..., point] = np.where(known[None, :, :, place], data.values[..., point], np.nan)
    return replace(
        data,
        values=values,
        arm=np.where(there, data.arm, -1).astype(np.int8),
        received=data.received & there,
        completed=data.completed & there,
    )
