"""The tables of a sweep: designs, results, and an overview with the numbers that decide between designs."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trialsim.analysis.labels import labels_of
from trialsim.errors import RunError
from trialsim.evaluate.columns import FAMILY, POWER
from trialsim.evaluate.looks import LOOKS
from trialsim.evaluate.separation import ApparentBest, unpaired_z, z_of
from trialsim.evaluate.summaries import TRIAL
from trialsim.evaluate.table import TABLE_COLUMNS
from trialsim.evaluate.verdict import Verdict
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.model import Scenario
from trialsim.scenario.sweep import shown
from trialsim.sweep.pareto import CLEARLY, Lead, highest, pareto_membership
from trialsim.sweep.play import SweepCell, SweepRun
from trialsim.sweep.store import unpacked

Floats = NDArray[np.float64]

_NUMBER_UNIT = re.compile(r"\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*(.*?)\s*")


@dataclass(frozen=True)
class AnswerMeasure:
    """The measure that answers the question for every design; by default the power of the first primary analysis.

    Several primary analyses together are ``primary``, with the contrasts ``any`` and ``all``.
    """

    analysis: str | None = None
    contrast: str | None = None
    measure: str = "power"

    @property
    def good(self) -> bool:
        """Whether more of the measure is better; a length or a cost has no Pareto set."""
        return self.measure in ("power", "target_reached_in_time")

    @classmethod
    def of_words(cls, analysis: str | None, measure: str = "power") -> AnswerMeasure:
        """``fear_during``, or with its contrast ``fear_during/music - control``."""
        name, _, contrast = (analysis or "").partition("/")
        return cls(name.strip() or None, contrast.strip() or None, measure)

    def check(self, scenario: Scenario) -> None:
        """Check, before anything is simulated, that the scenario has the analysis.

        Raises
        ------
        RunError
            TS-R020
        """
        known = [*scenario.analyses, *scenario.families, TRIAL, *([FAMILY] if len(scenario.primary) > 1 else [])]
        if self.analysis is not None and self.analysis not in known:
            message = f"there is no analysis '{self.analysis}'."
            labels = {label: name for name, label in labels_of(scenario.analyses).items()}
            raise RunError(message, code="TS-R020", remedy=did_you_mean(self.analysis, known, meant=labels))

    def place(self, cell: SweepCell) -> tuple[str, str] | None:
        """The analysis and contrast of the answer at a cell; None if the cell does not have it."""
        analysis = self.analysis or cell.primary
        row = cell.measure(self.measure, analysis=analysis, contrast=self.contrast)
        return None if row is None else (row.analysis, row.contrast)

    def verdict(self, cell: SweepCell) -> Verdict | None:
        """Whether the test of the answer keeps its level at a cell; None if the answer is not a test."""
        return cell.verdict(analysis=self.analysis or cell.primary, contrast=self.contrast)

    def of(self, cell: SweepCell) -> tuple[float, float, float, float]:
        """Value, MCSE, and the ends of the 95 % interval at a cell; if failures leave bounds, NaN between these."""
        analysis = self.analysis or cell.primary
        row = cell.measure(self.measure, analysis=analysis, contrast=self.contrast)
        if row is not None:
            return row.value, row.mcse, row.conf_low, row.conf_high
        low = cell.measure(f"{self.measure}_low", analysis=analysis, contrast=self.contrast)
        high = cell.measure(f"{self.measure}_high", analysis=analysis, contrast=self.contrast)
        if low is not None and high is not None:
            return math.nan, math.nan, low.value, high.value
        raise RunError(
            f"no cell of this sweep has the measure '{self.measure}' of '{analysis}'"
            + (f", contrast '{self.contrast}'." if self.contrast else "."),
            code="TS-R020",
            remedy=did_you_mean(*self._nearest(cell, analysis)),
        )

    def _nearest(self, cell: SweepCell, analysis: str) -> tuple[str, list[str]]:
        analyses = list(dict.fromkeys(row.analysis for row in cell.measures))
        if analysis not in analyses:
            return analysis, analyses
        contrasts = list(dict.fromkeys(row.contrast for row in cell.measures if row.analysis == analysis))
        if self.contrast is not None and self.contrast not in contrasts:
            return self.contrast, contrasts
        return self.measure, list(dict.fromkeys(row.measure for row in cell.measures if row.analysis == analysis))


def designs_frame(swept: SweepRun) -> pd.DataFrame:
    """One row for each design: design_id, a column for each value varied (as text), the name of its cell."""
    rows = [
        {"design_id": cell.design_id, **{path: shown(value) for path, value in cell.point.items()}, "cell": cell.key}
        for cell in swept.cells
    ]
    return pd.DataFrame(rows, columns=["design_id", *swept.paths, "cell"])


def results_frame(swept: SweepRun) -> pd.DataFrame:
    """The operating characteristics of all designs: design_id before the columns of a run's table."""
    rows = [
        {"design_id": cell.design_id, **{name: getattr(row, name) for name in TABLE_COLUMNS}}
        for cell in swept.cells
        for row in cell.measures
    ]
    return pd.DataFrame(rows, columns=["design_id", *TABLE_COLUMNS])


def overview(swept: SweepRun, answer: AnswerMeasure) -> pd.DataFrame:
    """One row for each design with the numbers that decide between designs.

    Columns: design_id, the values varied (numbers where they are numbers), value, mcse, low, high (of the answer),
    participants, days (both until the stop of a design with looks), cost, staff_hours (each with NaN where there is none),
    too_often (the test rejects too often without effects), pareto (clearly in the Pareto set), pareto_open (undecided),
    pareto_more (replicates that would decide).
    The Pareto set has more ``value`` for less of the :func:`burdens`; it is empty if more is not better or no
    design takes clearly more. A design whose test rejects too often is excluded.
    """
    rows: list[dict[str, Any]] = []
    for cell in swept.cells:
        value, mcse, low, high = answer.of(cell)
        row: dict[str, Any] = {"design_id": cell.design_id}
        row |= {path: shown(cell.point[path]) for path in swept.paths if path in cell.point}
        row |= {"value": value, "mcse": mcse, "low": low, "high": high}
        row |= {"participants": _until_stop(cell, "enrolled_by_stop", "enrolled")}
        row |= {"days": _until_stop(cell, "stop_days", "trial_days")}
        row |= {"cost": _cost(cell)[0], "staff_hours": _hours(cell)}
        rows.append(row)
    frame = pd.DataFrame(rows)
    for path in swept.paths:
        numbers, _ = as_numbers(frame[path])
        frame[path] = frame[path] if numbers is None else numbers
    frame["too_often"] = [_too_often(answer, cell) for cell in swept.cells]
    frame["pareto"], frame["pareto_open"], frame["pareto_more"] = False, False, math.nan
    if answer.good and differing(frame):
        taken = frame[burdens(frame)].to_numpy(dtype=float)
        found = pareto_membership(_candidates(frame), taken, leads(swept, answer))
        frame["pareto"], frame["pareto_open"], frame["pareto_more"] = found.inside, found.open, found.more
    return frame


def _too_often(answer: AnswerMeasure, cell: SweepCell) -> bool:
    verdict = answer.verdict(cell)
    return answer.measure == POWER and verdict is not None and verdict.too_often


def _candidates(frame: pd.DataFrame) -> Floats:
    """(D,) the values of designs that may be the best; NaN if the test rejects too often."""
    return np.where(frame["too_often"], np.nan, frame["value"].to_numpy(dtype=float))


def leads(swept: SweepRun, answer: AnswerMeasure) -> Lead:
    """The z by which a design leads another one, trial by trial, with shared draws."""

    @cache
    def decided(design: int) -> Floats:
        cell = swept.cells[design]
        place = answer.place(cell)
        assert place is not None
        return unpacked(cell.results.decided[answer.measure, *place])

    def lead(d: int, e: int) -> tuple[float, int]:
        return z_of(decided(d) - decided(e)) if len(swept.seeds) == 1 else unpaired_z(decided(d), decided(e))

    return lead


def best_design(swept: SweepRun, answer: AnswerMeasure, frame: pd.DataFrame) -> ApparentBest | None:
    """The design with the highest answer, and whether it is clearly higher; None if more is not better."""
    return highest(_candidates(frame), leads(swept, answer)) if answer.good else None


def burdens(frame: pd.DataFrame) -> list[str]:
    """The burdens of a design: days (participants without a ward), and cost; or hours of staff without costs.

    Costs already include hours of staff, and missed sessions take none: hours as another burden would put designs
    into the Pareto set because their staff had no time.
    """
    time = "days" if frame["days"].notna().all() else "participants"
    known = [name for name in ("cost", "staff_hours") if frame[name].notna().all()]
    return [time, *known[:1]]


def differing(frame: pd.DataFrame, names: Sequence[str] | None = None) -> list[str]:
    """Those of ``names`` (by default the burdens) of which some design takes clearly more than another."""
    names = burdens(frame) if names is None else names
    return [name for name in names if frame[name].max() > (1 + CLEARLY) * frame[name].min()]


def as_numbers(values: Sequence[Any] | pd.Series[Any]) -> tuple[list[float] | None, str]:
    """``["15 h", "30 h"]`` as ([15, 30], "h"); None if they are not numbers with the same unit."""
    read = [_NUMBER_UNIT.fullmatch(str(value)) for value in values]
    units = {match.group(2) for match in read if match is not None}
    if None in read or len(units) != 1 or ((unit := units.pop()) and unit[0] in ":.-,0123456789"):
        return None, ""
    return [float(match.group(1)) for match in read if match is not None], unit


def unit_of(swept: SweepRun, path: str) -> str:
    """The unit of the values of a path, empty if there is none."""
    return as_numbers([shown(cell.point[path]) for cell in swept.cells if path in cell.point])[1]


def currency(swept: SweepRun) -> str:
    """The currency of the costs, empty if none are declared."""
    return next((unit for cell in swept.cells if (unit := _cost(cell)[1])), "")


def _cost(cell: SweepCell) -> tuple[float, str]:
    for analysis, name in ((LOOKS, "stop_cost_"), (TRIAL, "cost_")):
        for row in cell.measures:
            if row.analysis == analysis and row.measure.startswith(name):
                return row.value, row.measure.removeprefix(name)
    return math.nan, ""


def _mean(cell: SweepCell, name: str, contrast: str) -> float:
    row = cell.measure(name, analysis=TRIAL, contrast=contrast)
    return math.nan if row is None else row.value


def _until_stop(cell: SweepCell, until_stop: str, whole: str) -> float:
    """A mean until the trial stops, if its design has looks; otherwise of the whole trial."""
    row = cell.measure(until_stop, analysis=LOOKS, contrast="")
    return _mean(cell, whole, "") if row is None else row.value


def _hours(cell: SweepCell) -> float:
    """Hours of staff in all, until the stop if the design has looks."""
    for analysis, name in ((LOOKS, "stop_hours"), (TRIAL, "study_hours")):
        found = [row.value for row in cell.measures if (row.analysis, row.measure) == (analysis, name)]
        if found:
            return float(sum(found))
    return math.nan
