"""A batch of simulated participants, and one trial of it as tidy tables with a codebook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trialsim import codebook as codebooks
from trialsim.conduct import ConductPlan, Entries
from trialsim.conduct.allocation import blocks_of
from trialsim.conduct.screening import screening_log
from trialsim.engine.trace import KIND_NAMES, EventTrace
from trialsim.protocol.calendar import shift_number, windows_from
from trialsim.protocol.columns import (
    A_DELIVERED,
    A_END,
    A_FAILED,
    A_PLANNED,
    A_START,
    COMPLETED,
    E_REASON,
    E_TIME,
    H_GAVE_UP,
    HOLD_STATES,
    SHIFT_BITS,
    UNIT_BITS,
    V_SERVED,
    VISIT_REASONS,
)
from trialsim.protocol.program import Program
from trialsim.quantities.refuse import did_you_mean
from trialsim.response import Measurements, ResponsePlan
from trialsim.response.predictor import PredictorInputs
from trialsim.result import Result
from trialsim.scenario.model import Scenario
from trialsim.scenario.outline import outline

if TYPE_CHECKING:
    import pandas as pd

DAY = 86_400

#: The meaning of the columns that name practitioners.
WHO_SERVED = "the person who had served last at a visit that took place, by resource and number; empty before the first"
#: The last date of tables, as in pandas; the second number is a time in ticks that is always beyond it.
#: Dates of tables end here, as those of pandas do; so many ticks lead from any start beyond it.
LAST = datetime(2262, 1, 1)
FARTHEST = 400 * 366 * DAY


#: What :meth:`Cohort.frame` can give.
TABLES = ("participants", "visits", "measurements", "screening", "activities", "staffing", "events", "codebook")


@dataclass(frozen=True, repr=False)
class Cohort(Result):
    """R simulated trials of one scenario: who took part, what happened, what was measured."""

    scenario: Scenario
    entries: Entries
    trace: EventTrace | None
    measurements: Measurements
    replicates: range
    seed: int
    program: Program | None
    conduct_plan: ConductPlan
    response_plan: ResponsePlan

    @property
    def for_codebook(self) -> codebooks.DescribedStudy:
        """What the codebook is made from."""
        served_by = tuple(_practitioner_columns(self))
        return codebooks.DescribedStudy(self.scenario, self.conduct_plan, self.response_plan, self.program, served_by)

    def one(self, replicate: int) -> Trial:
        """One trial as tidy tables."""
        return Trial(self, self.replicates.index(replicate))

    def frame(self, table: str = "measurements") -> pd.DataFrame:
        """One of :data:`TABLES` over all trials, with a column ``replicate`` if there are several.

        Raises
        ------
        KeyError
            for an unknown table, or if events were not recorded
        """
        import pandas as pd

        if table not in TABLES:
            raise KeyError(f"There is no table '{table}'. {did_you_mean(table, TABLES)}")
        if table == "events" and self.trace is not None and not any(map(len, self.trace.events)):
            raise KeyError("There are no events: simulate with record=True.")
        if table == "codebook":
            codebook: pd.DataFrame = self.one(self.replicates[0]).codebook()
            return codebook
        frames: dict[int, pd.DataFrame] = {one: getattr(self.one(one), table)() for one in self.replicates}
        if len(frames) == 1:
            return next(iter(frames.values()))
        joined: pd.DataFrame = pd.concat(frames, names=["replicate"]).reset_index("replicate").reset_index(drop=True)
        return joined

    def lines(self) -> list[str]:
        """What was simulated, and which tables there are."""
        count = len(self.replicates)
        which = f"replicate {self.replicates[0]}" if count == 1 else f"{count:,} replicates"
        return [
            f"{self.scenario.name}: {which}, seed {self.seed}, {self.entries.entry.shape[1]} participants at most.",
            f"Tables: {', '.join(TABLES)}. Of measurements:",
        ]

    def brief(self) -> pd.DataFrame:
        """The first trial's measurements."""
        return self.one(self.replicates[0]).measurements()


@dataclass(frozen=True)
class Trial:
    """One simulated trial. Times are dates of the study's calendar if there is a ward, otherwise days."""

    cohort: Cohort
    index: int

    @property
    def number(self) -> int:
        """Number of the replicate."""
        return self.cohort.replicates[self.index]

    @property
    def _numbers(self) -> NDArray[np.intp]:
        """Enrollment numbers of those who take part."""
        return np.flatnonzero(self.cohort.entries.arm[self.index] >= 0)

    @property
    def start(self) -> datetime | None:
        """Midnight of the first day, None without a ward."""
        setting = self.cohort.scenario.setting
        return datetime.combine(setting.starts, time()) if setting else None

    def when(self, tick: int) -> datetime | float | None:
        """A tick as a date, or in days without a ward; None for events that did not happen, or not before :data:`LAST`."""
        if tick < 0:
            return None
        if self.start is None:
            return tick / DAY
        date = self.start + timedelta(seconds=int(tick)) if tick < FARTHEST else LAST
        return date if date < LAST else None

    @property
    def allocated(self) -> str:
        """The column of what a participant is allocated to: the arm, in a crossover the sequence."""
        return codebooks.allocated(self.cohort.scenario.design)

    def _of_period(self, n: int, visit: str) -> dict[str, Any]:
        """Of a crossover the sequence of a participant and the arm at a visit, empty outside the periods; else the arm."""
        cohort = self.cohort
        name = cohort.conduct_plan.arms[cohort.entries.arm[self.index, n]]
        order = cohort.scenario.design.sequences.get(name)
        if order is None:
            return {"arm": name}
        period = self._periods.get(visit, 0)
        return {"sequence": name, "arm": order[period - 1] if period else ""}

    @cached_property
    def _periods(self) -> dict[str, int]:
        """The period of each visit of a crossover, counted from 1; 0 outside."""
        scenario = self.cohort.scenario
        points = outline(scenario.protocol, scenario.visits, scenario.design.arms, periods=scenario.design.periods or 0)
        return {name: point.period for name, point in points.visits.items()}

    def participants(self) -> pd.DataFrame:
        """One row for each participant: arm, site, covariates, arrival and the end of the pathway."""
        import pandas as pd

        cohort, entries = self.cohort, self.cohort.entries
        rows = []
        for n in self._numbers:
            row: dict[str, Any] = {
                "participant": int(n) + 1,
                self.allocated: cohort.conduct_plan.arms[entries.arm[self.index, n]],
            }
            if entries.family is not None:
                row["family"] = f"SIM-F{int(entries.family[self.index, n]) + 1:04d}"
            if cohort.conduct_plan.sites:
                row["site"] = cohort.conduct_plan.sites[entries.site[self.index, n]]
            if entries.period is not None:
                row["period"] = int(entries.period[self.index, n]) + 1
                row["enrolled"] = self.when(int(entries.entry[self.index, n]))
            for place, covariate in enumerate(cohort.conduct_plan.covariates):
                value = entries.covariates[self.index, n, place]
                row[covariate.name] = covariate.categories[int(value)] if covariate.categories else float(value)
            if cohort.trace is not None:
                row |= self._pathway(int(n))
            rows.append(row)
        return pd.DataFrame(rows, columns=codebooks.columns(cohort.for_codebook, "participants"))

    def _pathway(self, n: int) -> dict[str, Any]:
        trace, entries = self.cohort.trace, self.cohort.entries
        assert trace is not None
        end, reason = trace.ends[self.index, n, E_TIME], trace.ends[self.index, n, E_REASON]
        why = entries.leave_reason[self.index, n]
        return {
            "arrived": self.when(int(entries.arrival[self.index, n])),
            "enrolled": self.when(int(entries.entry[self.index, n])),
            "ended": self.when(int(end)),
            "end_reason": "completed" if reason == COMPLETED else self.cohort.conduct_plan.leave_reasons[why],
        }

    def visits(self) -> pd.DataFrame:
        """One row for each participant and visit: when it took place, or why it did not."""
        import pandas as pd

        trace, program = self.cohort.trace, self.cohort.program
        rows, served, crossed = [], self._practitioners(), bool(self.cohort.scenario.design.sequences)
        if trace is None or program is None:
            entries = self.cohort.entries
            for n in self._numbers:
                for visit, number in self.cohort.scenario.visits.items():
                    left = entries.leave[self.index, n] < entries.entry[self.index, n] + number.value
                    time, status = (None, "left") if left else (number.value / DAY, "visited")
                    here = self._of_period(n, visit) if crossed else {}
                    rows.append({"participant": int(n) + 1, **here, "visit": visit, "time": time, "status": status})
        else:
            for n in self._numbers:
                for place, visit in enumerate(program.visits):
                    tick, reason = trace.visits[self.index, n, place, :V_SERVED]
                    rows.append(
                        {
                            "participant": int(n) + 1,
                            **(self._of_period(n, visit) if crossed else {}),
                            "visit": visit,
                            "time": self.when(int(tick)),
                            "status": VISIT_REASONS[reason],
                            **{column: names[n, place] if tick >= 0 else "" for column, names in served.items()},
                        }
                    )
        both = ["sequence", "arm"] if crossed else []
        return pd.DataFrame(rows, columns=["participant", *both, "visit", "time", "status", *served])

    def _person(self, number: int, tick: int, unit: int) -> str:
        """Who works a unit of a resource at a tick, by name; empty for nobody."""
        cohort, program, trace = self.cohort, self.cohort.program, self.cohort.trace
        assert program is not None
        assert trace is not None
        if tick < 0:
            return ""
        resource, shift = program.resources[number], 0
        calendar_of = resource.shift_of(unit).calendar
        if calendar_of >= 0:
            calendar = program.calendars[calendar_of]
            opens, _ = next(windows_from(calendar, tick, weekday=program.weekday))
            shift = shift_number(calendar, opens, program.weekday)
        one = range(cohort.replicates[self.index], cohort.replicates[self.index] + 1)
        packed = np.array([[number << SHIFT_BITS | shift << UNIT_BITS | unit]], dtype=np.int64)
        person = PredictorInputs(cohort.response_plan, cohort.entries, trace, cohort.seed, one).people(packed)
        return f"{resource.name} {int(person[0, 0]) + 1}"

    def _practitioners(self) -> dict[str, NDArray[np.str_]]:
        """(N, V) who of each group of practitioners had served last, by name: ``therapist 3``; empty for nobody."""
        cohort, trace, program = self.cohort, self.cohort.trace, self.cohort.program
        if trace is None or program is None:
            return {}
        found = {}
        one = range(cohort.replicates[self.index], cohort.replicates[self.index] + 1)
        inputs = PredictorInputs(cohort.response_plan, cohort.entries, trace, cohort.seed, one)
        for group, column in enumerate(_practitioner_columns(cohort)):
            served = np.ascontiguousarray(trace.visits[self.index, :, :, V_SERVED + group])
            person = inputs.people(served.reshape(1, -1)).reshape(served.shape)
            names = [resource.name for resource in program.resources]
            text = [
                "" if packed < 0 else f"{names[packed >> SHIFT_BITS]} {number + 1}"
                for packed, number in zip(served.ravel(), person.ravel(), strict=True)
            ]
            found[column] = np.array(text, dtype=object).reshape(served.shape)
        return found

    def measurements(self, twin: str = "declared") -> pd.DataFrame:
        """One row for each participant, outcome and visit: the value, or why it is missing."""
        import pandas as pd

        measured, plan = self.cohort.measurements, self.cohort.response_plan
        plates = {name: one.plate_size for name, one in zip(self.cohort.scenario.outcomes, plan.outcomes, strict=True)}
        t = measured.twins.index(twin)
        rows = []
        for n in self._numbers:
            for d, (outcome, visit) in enumerate(plan.pairs):
                value = measured.values[t, self.index, n, d]
                rows.append(
                    {
                        "participant": int(n) + 1,
                        **self._of_period(n, visit),
                        "outcome": outcome,
                        "visit": visit,
                        "value": float(value),
                        "unit": self.cohort.scenario.outcomes[outcome].unit or "",
                        "status": plan.reasons[measured.reason[t, self.index, n, d]],
                        "censored": codebooks.CENSORED[int(measured.censored[t, self.index, n, d])],
                        "plate": int(n) // plates[outcome] + 1 if plates[outcome] else None,
                    }
                )
                if measured.at_risk is not None:
                    rows[-1]["time_at_risk"] = float(measured.at_risk[self.index, n, d])
        return pd.DataFrame(rows, columns=codebooks.columns(self.cohort.for_codebook, "measurements"))

    def activities(self) -> pd.DataFrame:
        """One row for each participant and activity that began: when, how much was planned and given, failed tries."""
        import pandas as pd

        trace, program = self.cohort.trace, self.cohort.program
        columns = ["participant", "activity", "start", "end", "planned_minutes", "delivered_minutes", "failed_tries"]
        rows = []
        if trace is not None and program is not None:
            for n in self._numbers:
                for place, activity in enumerate(program.activities):
                    row = trace.activities[self.index, n, place]
                    if row[A_START] >= 0:
                        times = (self.when(int(row[A_START])), self.when(int(row[A_END])))
                        lengths = (row[A_PLANNED] / 60, max(row[A_DELIVERED], 0) / 60)
                        rows.append((int(n) + 1, activity.name, *times, *lengths, int(row[A_FAILED])))
        return pd.DataFrame(rows, columns=columns)

    def staffing(self) -> pd.DataFrame:
        """One row for each participant and need for staff that arose: asked, granted, released, and the outcome."""
        import pandas as pd

        trace, program = self.cohort.trace, self.cohort.program
        columns = ["participant", "need", "resource", "asked", "granted", "given_back", "state", "unit", "practitioner"]
        rows = []
        if trace is not None and program is not None:
            for n in self._numbers:
                site = int(self.cohort.entries.site[self.index, n])
                for place, hold in enumerate(program.holds):
                    request, grant, release, state, unit = (
                        int(x) for x in trace.holds[self.index, n, place, :H_GAVE_UP]
                    )
                    if request >= 0:
                        resource = program.resources[site * program.resources_per_site + hold.resources[0]]
                        times = (self.when(request), self.when(grant), self.when(release))
                        who = self._person(site * program.resources_per_site + hold.resources[0], grant, unit)
                        rows.append((int(n) + 1, hold.name, resource.name, *times, HOLD_STATES[state], unit + 1, who))
        return pd.DataFrame(rows, columns=columns)

    def events(self) -> pd.DataFrame:
        """Everything that happened on the ward in order; empty unless the events were recorded."""
        import pandas as pd

        trace, program = self.cohort.trace, self.cohort.program
        if trace is None or program is None or not trace.events:
            return pd.DataFrame(columns=["time", "participant", "event", "step", "value"])
        rows = []
        for event in trace.events[self.index]:
            tick, kind, n, step, value, _ = (int(x) for x in event)
            rows.append((self.when(tick), n + 1, KIND_NAMES[kind], program.names[step], value))
        return pd.DataFrame(rows, columns=["time", "participant", "event", "step", "value"])

    def screening(self) -> pd.DataFrame:
        """One row a patient who came before enrollment closed: when, and what became of them; empty without a ward."""
        import pandas as pd

        cohort, plan = self.cohort, self.cohort.conduct_plan
        replicate = cohort.replicates[self.index]
        rows = [
            {
                "patient": one.number,
                **({"site": plan.sites[one.site]} if plan.sites else {}),
                "arrived": self.when(one.came),
                "asked": self.when(one.asked),
                "became": one.became,
                "participant": one.participant or None,
            }
            for one in screening_log(plan, cohort.entries, self.index, seed=cohort.seed, replicate=replicate)
        ]
        sites = ["site"] if plan.sites else []
        return pd.DataFrame(rows, columns=["patient", *sites, "arrived", "asked", "became", "participant"])

    def allocation(self) -> pd.DataFrame:
        """Stratum and block of each participant; a trial that shows them can be unblinded."""
        import pandas as pd

        cohort, plan, numbers = self.cohort, self.cohort.conduct_plan, self._numbers
        entry, stratum = cohort.entries.entry[self.index], cohort.entries.stratum[self.index]
        family = None if cohort.entries.family is None else cohort.entries.family[self.index]
        number = cohort.replicates[self.index]
        blocks = blocks_of(plan, entry, stratum, seed=cohort.seed, replicate=number, family=family)
        names = [", ".join(plan.strata[stratum[n]]) or "all" for n in numbers]
        return pd.DataFrame({"stratum": names, "block": [int(blocks[n]) or None for n in numbers]})

    def codebook(self, *, allocation: bool = False) -> pd.DataFrame:
        """What each column of each table means: type, unit, range, codes and labels."""
        import pandas as pd

        rows = codebooks.codebook(self.cohort.for_codebook, allocation=allocation)
        return pd.DataFrame(
            [[getattr(row, key) for key in codebooks.COLUMNS] for row in rows], columns=codebooks.COLUMNS
        )


def _practitioner_columns(cohort: Cohort) -> list[str]:
    """The column of each group of practitioners in the table of visits."""
    groups = cohort.program.practitioners.groups if cohort.program is not None else ()
    return [f"served_by_{'_or_'.join(group)}".replace(" ", "_") for group in groups]
