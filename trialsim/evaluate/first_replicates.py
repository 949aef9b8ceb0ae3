"""The first replicates of a simulation, for figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.plan import RowPlan
from trialsim.evaluate.table import MeasureColumn

Floats = NDArray[np.float64]

#: Figures show at most this many replicates; the table of operating characteristics counts all of them.
FIGURE_REPLICATES = 10_000


@dataclass(frozen=True)
class FirstReplicates:
    """Estimates and trial numbers of the first replicates, for figures.

    Attributes
    ----------
    parts : which replicates, as ranges in ascending order: one range if none is missing
    twins : names on the T axis
    rows : the last axis of ``estimate`` and ``p``
    estimate, p : (T, R, rows)
    low, high : (R, rows) confidence intervals, as declared
    columns : the last axis of ``trial``
    trial : (R, M) numbers of each trial: enrolled, duration, waits, ...
    entry_days : (R, N) day of enrollment counted from the start, NaN where nobody was enrolled
    """

    parts: tuple[range, ...]
    twins: tuple[str, ...]
    rows: tuple[RowPlan, ...]
    estimate: Floats
    p: Floats
    low: Floats
    high: Floats
    columns: tuple[MeasureColumn, ...]
    trial: Floats
    entry_days: NDArray[np.float32]

    @property
    def count(self) -> int:
        """R, the number of replicates."""
        return sum(len(part) for part in self.parts)

    def trial_values(self, measure: str, contrast: str = "") -> Floats:
        """(R,) one number of each trial."""
        for index, column in enumerate(self.columns):
            if (column.measure, column.contrast) == (measure, contrast):
                return self.trial[:, index]
        raise KeyError((measure, contrast))


def join_first(parts: Sequence[FirstReplicates]) -> FirstReplicates:
    """Consecutive parts, joined."""
    first = parts[0]
    return FirstReplicates(
        parts=stretches([one for part in parts for one in part.parts]),
        twins=first.twins,
        rows=first.rows,
        estimate=np.concatenate([part.estimate for part in parts], axis=1),
        p=np.concatenate([part.p for part in parts], axis=1),
        low=np.concatenate([part.low for part in parts]),
        high=np.concatenate([part.high for part in parts]),
        columns=first.columns,
        trial=np.concatenate([part.trial for part in parts]),
        entry_days=np.concatenate([part.entry_days for part in parts]),
    )


def stretches(parts: Sequence[range]) -> tuple[range, ...]:
    """Ascending ranges; consecutive ones are joined.

    >>> stretches([range(5), range(5, 9), range(20, 30)])
    (range(0, 9), range(20, 30))
    """
    joined: list[range] = []
    for part in parts:
        if joined and joined[-1].stop == part.start:
            joined[-1] = range(joined[-1].start, part.stop)
        else:
            joined.append(part)
    return tuple(joined)
