"""Operating characteristics of one design, and what is kept of the first replicates for figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.plan import RowPlan
from trialsim.evaluate.table import TABLE_COLUMNS, Column, Measure
from trialsim.evaluate.verdict import Verdict, verdicts

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

#: Figures show at most this many replicates; the table of operating characteristics counts all of them.
KEPT = 10_000


@dataclass(frozen=True)
class Kept:
    """The first replicates, for figures.

    Attributes
    ----------
    parts : which replicates, as stretches in rising order: one where none is missing
    twins : names on the T axis
    rows : what stands on the last axis of ``estimate`` and ``p``
    estimate, p : (T, R, rows)
    low, high : (R, rows) confidence intervals, as declared
    columns : what stands on the last axis of ``trial``
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
    columns: tuple[Column, ...]
    trial: Floats
    entry_days: NDArray[np.float32]

    @property
    def count(self) -> int:
        """R, how many there are."""
        return sum(len(part) for part in self.parts)

    def trial_values(self, measure: str, contrast: str = "") -> Floats:
        """(R,) one number of each trial."""
        for index, column in enumerate(self.columns):
            if (column.measure, column.contrast) == (measure, contrast):
                return self.trial[:, index]
        raise KeyError((measure, contrast))


@dataclass(frozen=True)
class OperatingCharacteristics:
    """The table of measures, and how it came about: ``replicates`` simulated trials in ``seconds``."""

    scenario: str
    replicates: int
    seed: int
    engine: str
    workers: int
    seconds: float
    primary: tuple[str, ...]
    measures: tuple[Measure, ...]
    kept: Kept

    def frame(self) -> pd.DataFrame:
        """The measures as a tidy frame, one row each."""
        import pandas as pd

        return pd.DataFrame([{name: getattr(row, name) for name in TABLE_COLUMNS} for row in self.measures])

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Of each row and family whether its test keeps its level."""
        return verdicts(self.kept.rows, self.primary, self.kept.twins, self.measures)

    def value(self, measure: str, *, analysis: str, contrast: str | None = None) -> Measure:
        """One measure; without ``contrast`` the first row of the analysis that has it.

        Raises
        ------
        KeyError
            when there is no such row
        """
        for row in self.measures:
            if (row.analysis, row.measure) == (analysis, measure) and contrast in (None, row.contrast):
                return row
        raise KeyError((analysis, contrast, measure))


def join_kept(parts: Sequence[Kept]) -> Kept:
    """Parts that follow one another as one."""
    first = parts[0]
    return Kept(
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
    """Rising ranges with those joined that follow one another.

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
