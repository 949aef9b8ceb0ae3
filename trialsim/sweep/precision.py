"""Precision: simulate until the Monte Carlo standard error of one measure is small enough."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trialsim.analysis.labels import plain_words
from trialsim.errors import RunError
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.columns import shown_names, shown_row
from trialsim.evaluate.moments import BLOCK
from trialsim.evaluate.summaries import TRIAL
from trialsim.evaluate.table import Z95, Measure
from trialsim.quantities.refuse import did_you_mean
from trialsim.runs.run import FinishedRun

#: The fewest replicates, however small their error looks: a lucky start is not precision.
FEWEST = 1000

#: The most replicates by default.
MOST = 1_000_000

#: Replicates beyond those that the error seen so far asks for, so that one further step is nearly always the last.
MARGIN = 1.02


@dataclass(frozen=True)
class PrecisionTarget:
    """One measure of the table; by default the power of the first primary analysis."""

    analysis: str | None = None
    contrast: str | None = None
    measure: str = "power"

    @classmethod
    def of_words(cls, text: str | None) -> PrecisionTarget:
        """``ANALYSIS[/CONTRAST][:MEASURE]``.

        >>> PrecisionTarget.of_words("trial:trial_days")
        PrecisionTarget(analysis='trial', contrast=None, measure='trial_days')
        """
        where, colon, measure = (text or "").rpartition(":") if ":" in (text or "") else (text or "", "", "")
        name, _, contrast = where.partition("/")
        return cls(name.strip() or None, contrast.strip() or None, measure.strip() if colon else "power")

    def of(self, made: OperatingCharacteristics) -> Measure:
        """The row of the table.

        Raises
        ------
        RunError
            TS-R020 if there is none
        """
        analysis = self.analysis or made.primary[0]
        try:
            return made.value(self.measure, analysis=analysis, contrast=self.contrast)
        except KeyError:
            known = [row for row in made.measures if row.analysis == analysis and self.contrast in (None, row.contrast)]
            names = [row.measure for row in known] or [row.analysis for row in made.measures]
            remedy = did_you_mean(self.measure if known else analysis, list(dict.fromkeys(names)))
            if f"{self.measure}_low" in names:
                remedy = "Too many trials fail to be analyzed: it is shown as bounds, which more replicates do not make precise."
            raise RunError(
                f"there is no measure '{self.measure}' of '{analysis}'.", code="TS-R020", remedy=remedy
            ) from None


@dataclass(frozen=True)
class PrecisionResult:
    """The last number of replicates simulated, its result, and whether that is precise enough.

    ``labels`` is what people read in place of the name of each analysis.
    """

    replicates: int
    measure: Measure
    error: float
    reached: bool
    played: tuple[int, ...]
    labels: Mapping[str, str]


def until_precise(
    play: Callable[[int], OperatingCharacteristics],
    precision: float,
    *,
    wanted: PrecisionTarget | None = None,
    most: int = MOST,
) -> PrecisionResult:
    """Simulate replicates 0, 1, ..., n - 1 for growing n until the error of a measure is at most ``precision``.

    ``play(n)`` gives the operating characteristics of the first n replicates; it need not simulate again what it has
    simulated before. From :data:`FEWEST` on, each n follows from the error so far, at most ten times the one before. The error is
    the MCSE, and for a share at least the error from the width of its 95 % interval (Wilson's): 0 of 1,000 is not exact.

    Raises
    ------
    RunError
        TS-R020 for an unknown measure
    """
    wanted = PrecisionTarget() if wanted is None else wanted
    n, played = min(FEWEST, most), []
    while True:
        made = play(n)
        row = wanted.of(made)
        played.append(n)
        error = error_of(row)
        reached = error <= precision
        if reached or n >= most:
            return PrecisionResult(n, row, error, reached, tuple(played), shown_names(made.kept.rows))
        asked = n * (error / precision) ** 2 * MARGIN if math.isfinite(error) else 2 * n
        n = min(most, 10 * n, max(n + BLOCK, -(-math.ceil(asked) // BLOCK) * BLOCK))


def error_of(row: Measure) -> float:
    """The Monte Carlo error of a row that is compared with the precision; infinite if there is none."""
    half = (row.conf_high - row.conf_low) / (2 * Z95)
    known = [error for error in (row.mcse, half) if math.isfinite(error)]
    return max(known) if known else math.inf


def run_until(
    play: Callable[[int], FinishedRun], precision: float, *, wanted: PrecisionTarget | None = None, most: int = MOST
) -> tuple[FinishedRun, PrecisionResult]:
    """As :func:`until_precise` for whole runs: ``play(n)`` is a run of n replicates; the last one is returned."""
    runs: list[FinishedRun] = []

    def characteristics(n: int) -> OperatingCharacteristics:
        runs.append(play(n))
        return runs[-1].characteristics

    needed = until_precise(characteristics, precision, wanted=wanted, most=most)
    return runs[-1], needed


def in_words(needed: PrecisionResult, precision: float) -> str:
    """How many replicates the precision took, or that it was not reached."""
    row, share = needed.measure, needed.measure.measure.startswith(("power", "rejection", "coverage"))
    what = plain_words(row.measure)
    if row.analysis != TRIAL:
        what += f" of {shown_row(needed.labels, row.analysis, row.contrast)}"
    elif row.contrast:
        what += f" ({row.contrast})"
    error, goal = (f"{100 * value:.2f} %" if share else f"{value:.3g}" for value in (needed.error, precision))
    if needed.reached:
        return f"{needed.replicates:,} simulated trials give the {what} a Monte Carlo error of {error}; the goal was {goal}."
    spent = f"After {needed.replicates:,} simulated trials"
    return f"{spent} the Monte Carlo error of the {what} is {error}, not {goal}: more are needed."
