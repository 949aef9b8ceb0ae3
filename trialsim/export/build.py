"""One simulated trial as tables to export, and what its analyses give on exactly these tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from trialsim.analysis.endpoints import TrialArrays
from trialsim.analysis.estimates import Estimates, analyze
from trialsim.codebook import CENSORED
from trialsim.cohort import Cohort, Trial
from trialsim.export.layout import ALLOCATED, PERIOD_ARM, StudyVariables, layout
from trialsim.export.model import SIMULATED, Absent, Cell, Dataset, Facts, Variable
from trialsim.prepared import Study
from trialsim.printed import printed
from trialsim.protocol.columns import VISIT_REASONS
from trialsim.scenario.change import change
from trialsim.scenario.identity import scenario_hash
from trialsim.study import analyze_at_stop, trial_arrays
from trialsim.version import __version__

#: The twin that is exported: with the effects as they are declared.
DECLARED = "declared"


@dataclass(frozen=True)
class TrialExport:
    """A simulated trial, ready to be written.

    Attributes
    ----------
    study, cohort : what was simulated, one replicate
    facts : where the data come from
    layout : the variables
    wide, long : one row a participant; one row a participant and visit
    arrays : the tables as analyses see them: values as they are printed
    estimates : the analyses of these tables, everyone in them, whatever was decided at looks
    in_run : the estimates of the run, from values before they are printed
    """

    study: Study
    cohort: Cohort
    facts: Facts
    layout: StudyVariables
    wide: Dataset
    long: Dataset
    arrays: TrialArrays
    estimates: Estimates
    in_run: Estimates

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """Both tables."""
        return self.wide, self.long


def facts_of(study: Study, *, seed: int, replicate: int) -> Facts:
    """Where data of a study come from."""
    scenario = study.scenario
    starts = scenario.setting.starts if scenario.setting else None
    return Facts(
        name=scenario.name,
        title=scenario.title,
        seed=seed,
        replicate=replicate,
        version=__version__,
        digest=scenario_hash(change(scenario, {"simulation.seed": seed})),
        starts=datetime(2000, 1, 1) if starts is None else datetime(starts.year, starts.month, starts.day),
    )


def participant_id(number: int) -> str:
    """The id of the participant with a number of enrollment from 1.

    >>> participant_id(7)
    'P007'
    """
    return f"P{number:03d}"


def build(study: Study, cohort: Cohort, *, allocation: bool = False) -> TrialExport:
    """The tables of the one trial of a cohort."""
    trial = cohort.one(cohort.replicates[0])
    plan = layout(study, allocation=allocation)
    arrays = trial_arrays(cohort, study.analysis)
    rows = _Rows(study, trial, plan, arrays, allocation=allocation)
    wide = Dataset("wide", "One row for each participant", plan.wide, rows.wide())
    long = Dataset("long", "One row for each participant and visit", plan.long, rows.long(), key=("id", "visit"))
    wide, long = with_decimals(wide), with_decimals(long)
    plan = replace(plan, wide=wide.variables, long=long.variables)
    as_printed = _as_printed(arrays, cohort, plan, wide)
    estimates = analyze(study.analysis, as_printed, twins=(DECLARED,), replicates=cohort.replicates)
    return TrialExport(
        study=study,
        cohort=cohort,
        facts=facts_of(study, seed=cohort.seed, replicate=trial.number),
        layout=plan,
        wide=wide,
        long=long,
        arrays=as_printed,
        estimates=estimates,
        in_run=analyze_at_stop(study, cohort, study.analysis),
    )


class _Rows:
    """Cells of the tables, from those of :mod:`trialsim.printed`."""

    def __init__(
        self, study: Study, trial: Trial, plan: StudyVariables, arrays: TrialArrays, *, allocation: bool
    ) -> None:
        self.study, self.plan = study, plan
        tables = printed(trial, allocation=allocation)
        self.people: list[dict[Any, Any]] = tables["participants"].to_dict("records")
        frame = trial.visits()
        dated = study.program is not None
        times = [_date(one) if dated else (None if one != one else float(one)) for one in frame["time"]]
        self.visits: dict[tuple[str, str], tuple[Cell, str]] = {
            (str(who), str(visit)): (time, str(status))
            for who, visit, time, status in zip(
                tables["visits"]["participant"], frame["visit"], times, frame["status"], strict=True
            )
        }
        at = tables["visits"]
        self.period_arms = (
            dict(zip(zip(at["participant"], at["visit"], strict=True), at["arm"], strict=True)) if "arm" in at else {}
        )
        self.measured: dict[tuple[str, str, str], dict[Any, Any]] = {
            (row["participant"], row["outcome"], row["visit"]): row for row in tables["measurements"].to_dict("records")
        }
        numbers = np.flatnonzero(arrays.arm[0] >= 0)
        self.received = arrays.received[0, numbers]
        self.completed = arrays.completed[0, numbers]

    def wide(self) -> tuple[tuple[Cell, ...], ...]:
        """One row a participant."""
        return tuple(
            tuple(self._cell(one, place, visit=one.visit) for one in self.plan.wide)
            for place in range(len(self.people))
        )

    def long(self) -> tuple[tuple[Cell, ...], ...]:
        """One row a participant and visit."""
        return tuple(
            tuple(self._cell(one, place, visit=visit) for one in self.plan.long)
            for place in range(len(self.people))
            for visit in self.plan.visits
        )

    def _cell(self, variable: Variable, place: int, *, visit: str) -> Cell:
        person = self.people[place]
        of_role: dict[str, Cell] = {
            "id": participant_id(place + 1),
            "simulated": SIMULATED,
            "received": int(self.received[place]),
            "completed": int(self.completed[place]),
            "visit": self.plan.visits.get(visit),
        }
        if variable.role in of_role:
            return of_role[variable.role]
        if variable.role == PERIOD_ARM:
            arm = self.period_arms[person["participant"], visit]
            return [one.label for one in variable.codes].index(arm) + 1 if arm else None
        if variable.role in ("moment", "status"):
            time, status = self.visits[person["participant"], visit]
            return time if variable.role == "moment" else VISIT_REASONS.index(status) + 1
        if variable.outcome:
            return self._of_outcome(variable, person["participant"], visit)
        return self._of_person(variable, str(person[variable.source]))

    def _of_person(self, variable: Variable, text: str) -> Cell:
        if text == "":
            return None
        if variable.source == "family":
            return f"F{int(text.rpartition('F')[2]):03d}"
        if variable.kind == "code":
            arms = list(self.study.scenario.design.arms)
            words = arms if variable.role == ALLOCATED else [one.label for one in variable.codes]
            return words.index(text) + 1
        if variable.kind == "when":
            return datetime.strptime(text, "%Y-%m-%d %H:%M")
        return int(text) if variable.kind == "whole" else float(text)

    def _of_outcome(self, variable: Variable, who: str, visit: str) -> Cell:
        row = self.measured.get((who, variable.outcome, visit))
        if row is None:
            return None  # this outcome is not planned at this visit
        if variable.role == "risk":
            return float(row["time_at_risk"]) if row["time_at_risk"] else None
        if variable.role == "mark":
            return {word: side for side, word in CENSORED.items()}[row["censored"]] if row["value"] else None
        if row["value"] == "":
            labels = [one.label for one in variable.missing]
            return Absent(labels.index(row["status"]) if row["status"] in labels else len(labels) - 1)
        return int(float(row["value"])) if variable.kind in ("whole", "code") else float(row["value"])


def _date(value: Any) -> datetime | None:
    """A time of visits to the minute, as it is printed."""
    if value is None or value != value:
        return None
    date: datetime = value.to_pydatetime()
    return date.replace(second=0, microsecond=0)


def with_decimals(dataset: Dataset) -> Dataset:
    """The table, each number with as many decimals as any of its cells has."""
    found = []
    for variable, cells in dataset.columns():
        if variable.kind == "number":
            texts = [f"{cell!r}" for cell in cells if isinstance(cell, float)]
            places = [0 if one.endswith(".0") else len(one.partition(".")[2]) for one in texts if "e" not in one]
            variable = replace(variable, decimals=max(places, default=0))
        found.append(variable)
    return replace(dataset, variables=tuple(found))


def numbers(cells: Sequence[Cell]) -> list[float]:
    """Cells as numbers, NaN where there is none."""
    return [float(one) if isinstance(one, (int, float)) else float("nan") for one in cells]


def _as_printed(arrays: TrialArrays, cohort: Cohort, plan: StudyVariables, wide: Dataset) -> TrialArrays:
    """The arrays of the trial under its declared effects, with every number as it is printed in the table."""
    twin = cohort.measurements.twins.index(DECLARED)
    who = np.flatnonzero(arrays.arm[0] >= 0)
    values = arrays.values[twin : twin + 1].copy()
    for d, name in plan.values.items():
        values[0, 0, who, d] = numbers(wide.column(name))
    covariates = arrays.covariates.copy()
    for place, name in enumerate(plan.covariates):
        if not plan.variable(name).codes:
            covariates[0, who, place] = numbers(wide.column(name))
    at_risk = None if arrays.at_risk is None else arrays.at_risk.copy()
    if at_risk is not None:
        for d, name in plan.risks.items():
            at_risk[0, who, d] = numbers(wide.column(name))
    return replace(
        arrays,
        values=values,
        covariates=covariates,
        at_risk=at_risk,
        censored=None if arrays.censored is None else arrays.censored[twin : twin + 1],
        events={key: one[twin : twin + 1] if one.shape[0] > 1 else one for key, one in arrays.events.items()},
    )
