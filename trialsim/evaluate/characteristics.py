"""Operating characteristics of one design: the table of measures and how it was computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.evaluate.first_replicates import FirstReplicates
from trialsim.evaluate.table import TABLE_COLUMNS, Measure
from trialsim.evaluate.verdict import Verdict, verdicts
from trialsim.quantities.counts import counted
from trialsim.result import Result

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class OperatingCharacteristics(Result):
    """The table of measures, and how it was computed: ``replicates`` simulated trials in ``seconds``."""

    scenario: str
    replicates: int
    seed: int
    engine: str
    workers: int
    seconds: float
    primary: tuple[str, ...]
    measures: tuple[Measure, ...]
    kept: FirstReplicates

    def frame(self) -> pd.DataFrame:
        """The measures as a tidy frame, one row each."""
        import pandas as pd

        return pd.DataFrame([{name: getattr(row, name) for name in TABLE_COLUMNS} for row in self.measures])

    def lines(self) -> list[str]:
        """What was simulated."""
        return [f"{self.scenario}: {counted(self.replicates, 'simulated trial')}, seed {self.seed}."]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Whether the test of each row and family keeps its level."""
        return verdicts(self.kept.rows, self.primary, self.kept.twins, self.measures)

    def value(self, measure: str, *, analysis: str, contrast: str | None = None) -> Measure:
        """One measure; without ``contrast`` the first row of the analysis that has it.

        Raises
        ------
        KeyError
            for an unknown row
        """
        for row in self.measures:
            if (row.analysis, row.measure) == (analysis, measure) and contrast in (None, row.contrast):
                return row
        raise KeyError((analysis, contrast, measure))
