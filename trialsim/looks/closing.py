"""The same trials with enrollment closed at a decision: who was enrolled by then, and nobody else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trialsim.conduct.entries import NEVER, Entries


def closed_entries(entries: Entries, enrolled: NDArray[np.int64]) -> Entries:
    """The entries (R, N) of the first ``enrolled`` (R,) participants; all other places are empty."""
    gone = np.arange(entries.arm.shape[1]) >= enrolled[:, None]
    last = np.take_along_axis(entries.entry, np.maximum(enrolled - 1, 0)[:, None], axis=1)[:, 0]
    closed = gone.any(axis=1)
    return replace(
        entries,
        arrival=np.where(gone, -1, entries.arrival),
        entry=np.where(gone, -1, entries.entry),
        arrival_number=np.where(gone, -1, entries.arrival_number),
        arm=np.where(gone, -1, entries.arm).astype(np.int8),
        site=np.where(gone, 0, entries.site).astype(entries.site.dtype),
        leave=np.where(gone, NEVER, entries.leave),
        leave_reason=np.where(gone, -1, entries.leave_reason).astype(entries.leave_reason.dtype),
        accrual_end=np.where(closed, last, entries.accrual_end),
    )
