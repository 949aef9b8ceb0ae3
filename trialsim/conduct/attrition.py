"""Participants who withdraw: reasons counted from enrollment compete with those counted from arrival."""

from __future__ import annotations

from trialsim.compiled import kernel
from trialsim.conduct.accrual import ticks_after
from trialsim.conduct.entries import NEVER


@kernel
def withdraw(after, reason, entry, leave, leave_reason):  # type: ignore[no-untyped-def]
    """Bring ``leave`` (R, N) forward where ``after`` (R, N) [s from enrollment] comes first.

    On a tie the reason listed first counts.
    """
    for r in range(entry.shape[0]):
        for n in range(entry.shape[1]):
            stay = ticks_after(after[r, n])
            if entry[r, n] >= 0 and stay < NEVER and entry[r, n] + stay < leave[r, n]:
                leave[r, n], leave_reason[r, n] = entry[r, n] + stay, reason
