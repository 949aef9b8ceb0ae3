"""Missing values of a pilot: a share for all, or by visit, and by arm if the arms differ by more than chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import fisher_exact

from trialsim.pilot import estimates as est
from trialsim.pilot.data import OutcomeData, Pilot
from trialsim.pilot.fragment import Data, quantity

#: The level of Fisher's exact test of one arm against the others, which decides whether arms differ in missing values.
DIFFERENT = 0.05


def missing_of(name: str, measured: OutcomeData, pilot: Pilot) -> tuple[Data, list[str]]:
    """``lost:`` or ``missing:`` of an outcome, with notes.

    Visits with the same number of missing values share one share. Otherwise each visit with missing values has its own, and
    each arm its own if the arms differ. The share of an arm is based on that arm's participants.

    Parameters
    ----------
    measured : (N, V) values
    """
    gone = ~np.isfinite(measured.values)
    by_visit = gone.sum(axis=0)
    if not by_visit.any():
        return {}, []
    arms = len(pilot.arms)
    n = int(np.bincount(pilot.arm, minlength=arms).min())
    apart = [_arms_differ(gone[:, i], pilot.arm, arms) for i in range(len(measured.visits))]
    if len(set(by_visit.tolist())) == 1 and not any(apart):
        share = est.proportion(int(gone.sum()), gone.size)
        return {"lost": quantity(replace(share, n=n))}, []
    rules, counts = [], []
    for i, visit in enumerate(measured.visits):
        if not by_visit[i]:
            continue
        groups: list[tuple[str, NDArray[np.bool_], Data]] = [(f"missing at {visit}", gone[:, i], {})]
        if apart[i]:
            groups = [
                (f"missing at {visit} in {arm}", gone[pilot.arm == k, i], {"arms": [arm]})
                for k, arm in enumerate(pilot.arms)
            ]
        for reason, lost, only in groups:
            counts.append(f"{reason} {int(lost.sum())} of {len(lost)}")
            if not lost.any():
                continue
            chance = quantity(replace(est.proportion(int(lost.sum()), len(lost)), n=len(lost) if only else n))
            rules.append({"mechanism": "MCAR", "reason": reason[:80], "chance": chance, "visits": [visit], **only})
    note = f"{name}: {', '.join(counts)}. The assumption is that these values are missing by chance."
    return {"missing": rules}, [note]


def _arms_differ(gone: NDArray[np.bool_], arm: NDArray[np.int64], arms: int) -> bool:
    """Whether any arm differs from the others together (Fisher's exact test, Bonferroni for more than two arms)."""
    if arms < 2 or not gone.any():
        return False
    tests = 1 if arms == 2 else arms
    for k in range(arms if arms > 2 else 1):
        inside, outside = gone[arm == k], gone[arm != k]
        table = [[inside.sum(), (~inside).sum()], [outside.sum(), (~outside).sum()]]
        if float(fisher_exact(table).pvalue) < DIFFERENT / tests:
            return True
    return False
