"""A pilot's progression criteria in each trial: what was measured, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.conduct.entries import COUNTS
from trialsim.evaluate.costs import cost_summary
from trialsim.evaluate.summaries import DAY, MINUTE, Summary, share, trial_column
from trialsim.evaluate.ward import mean_wait
from trialsim.kinds.progression import (
    CONSENT,
    COST,
    DELIVERED,
    ELIGIBLE,
    ENROLLED,
    MEASURE,
    MEASURED,
    MISSED,
    WAIT,
    ProgressMeasure,
)
from trialsim.protocol.columns import A_DELIVERED, A_END, A_PLANNED, GAVE_UP, H_STATE, NOT_REACHED, REFUSED
from trialsim.scenario.checks.progression import OVERALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from trialsim.cohort import Cohort
    from trialsim.prepared import Study
    from trialsim.scenario.model import Criterion

Floats = NDArray[np.float64]

#: A mean month: 365.25 days in 12 parts.
MONTH = 365.25 / 12 * DAY

#: What is shown of each criterion, and of all together; of a criterion its value comes first.
VALUE, VERDICTS = "criterion_value", ("verdict_go", "verdict_amend", "verdict_stop")

#: What a value is divided by where it is shown: waits in minutes.
UNIT_SHOWN = {WAIT: MINUTE}


@dataclass(frozen=True)
class Pilots:
    """Simulated pilots of a study, and the criterion that is asked about."""

    study: Study
    cohort: Cohort
    criterion: Criterion


def progression_summary(study: Study) -> Summary:
    """By criterion the value in the trial, and whether the verdict is go, amend or stop; then the worst of all criteria.

    A trial in which a criterion has no value (nobody was asked, nobody needed staff) has no verdict of it, and none overall
    unless another criterion says stop.
    """
    criteria = study.scenario.progression
    columns = []
    for name in criteria:
        columns.append(trial_column(VALUE, name))
        columns.extend(trial_column(verdict, name, "share") for verdict in VERDICTS)
    columns.extend(trial_column(verdict, OVERALL, "share") for verdict in VERDICTS)

    def values(cohort: Cohort) -> Floats:
        found, grades = [], []
        for criterion in criteria.values():
            value = criterion_values(study, cohort, criterion)
            grade = grade_of(value, criterion)
            found += [value / UNIT_SHOWN.get(MEASURE[criterion.measure], 1.0), *_shares(grade)]
            grades.append(grade)
        return np.stack([*found, *_shares(worst(np.stack(grades)))], axis=1)

    return Summary(tuple(columns), values)


def _shares(grade: Floats) -> list[Floats]:
    """Whether each trial's grade is go (2), amend (1), stop (0); NaN where it has none."""
    return [np.where(np.isnan(grade), np.nan, grade == which) for which in (2.0, 1.0, 0.0)]


def grade_of(value: Floats, criterion: Criterion) -> Floats:
    """(R,) 2 for go, 1 for amend, 0 for stop, NaN where a trial has no value.

    Values are compared with some room for the rounding of floats: 12 of 15 is 80 %.
    """
    sign = 1.0 if MEASURE[criterion.measure].more else -1.0
    go, stop = sign * criterion.go.value, sign * criterion.stop.value
    room = 1e-9 * max(abs(go), abs(stop), 1e-300)
    there = sign * value
    return np.where(
        np.isnan(value), np.nan, np.where(there >= go - room, 2.0, np.where(there >= stop - room, 1.0, 0.0))
    )


def worst(grades: Floats) -> Floats:
    """(R,) the worst grade of the criteria (C, R): stop decides alone, else a missing grade leaves none."""
    lowest: Floats = np.where((grades == 0.0).any(axis=0), 0.0, grades.min(axis=0))
    return lowest


def criterion_values(study: Study, cohort: Cohort, criterion: Criterion) -> Floats:
    """(R,) what the criterion measures in each trial, in its unit: a share, a number a month, minutes, money."""
    return VALUES[MEASURE[criterion.measure]](Pilots(study, cohort, criterion))


def _enrolled_a_month(pilots: Pilots) -> Floats:
    """(enrolled - 1) / months between the first and the last enrollment; NaN of one participant or none."""
    entry = pilots.cohort.entries.entry
    there = entry >= 0
    count = there.sum(axis=1)
    first = np.where(there, entry, np.iinfo(np.int64).max).min(axis=1)
    months = (entry.max(axis=1) - np.where(count > 0, first, 0)) / MONTH
    return share(np.maximum(count - 1, 0), np.where(count > 1, months, 0.0))


def _consent(pilots: Pilots) -> Floats:
    """Enrolled of those asked."""
    enrolled, declined = (pilots.cohort.entries.counts[:, COUNTS.index(which)] for which in ("enrolled", "declined"))
    return share(enrolled, enrolled + declined)


def _eligible(pilots: Pilots) -> Floats:
    """Of all who were asked or excluded, those who were not excluded."""
    counts = pilots.cohort.entries.counts
    asked = counts[:, COUNTS.index("enrolled")] + counts[:, COUNTS.index("declined")]
    return share(asked, asked + counts[:, len(COUNTS) :].sum(axis=1))


def _delivered(pilots: Pilots) -> Floats:
    """Mean share given of each planned activity of this name; what was missed, or planned after leaving, counts 0."""
    program, trace, arm = pilots.study.program, pilots.cohort.trace, pilots.cohort.entries.arm
    assert program is not None
    assert trace is not None
    given, planned = np.zeros(len(arm)), np.zeros(len(arm))
    for number, activity in enumerate(program.activities):
        if activity.base != pilots.criterion.of:
            continue
        has = (arm >= 0) & ((activity.arms >> np.maximum(arm, 0).astype(np.int64)) & 1).astype(bool)
        row = trace.activities[:, :, number]
        done = has & (row[..., A_END] >= 0)
        part = row[..., A_DELIVERED] / np.maximum(row[..., A_PLANNED], 1) if activity.tries == 1 else 1.0
        given += np.where(done, part, 0.0).sum(axis=1)
        planned += has.sum(axis=1)
    return share(given, planned)


def _measured(pilots: Pilots) -> Floats:
    """Of the enrolled, those with a value of the outcome at the visit."""
    pair = pilots.study.response.pairs.index((pilots.criterion.outcome, pilots.criterion.at))
    values = pilots.cohort.measurements.values[pilots.cohort.measurements.twins.index("declared"), :, :, pair]
    inside = pilots.cohort.entries.arm >= 0
    return share((inside & np.isfinite(values)).sum(axis=1), inside.sum(axis=1))


def _need(pilots: Pilots) -> int:
    assert pilots.study.program is not None
    return [hold.name for hold in pilots.study.program.holds].index(str(pilots.criterion.of))


def _missed(pilots: Pilots) -> Floats:
    """Of those who needed staff, those who were not served: they gave up waiting or were turned away."""
    assert pilots.cohort.trace is not None
    state = pilots.cohort.trace.holds[:, :, _need(pilots), H_STATE]
    missed = (state == GAVE_UP) | (state == REFUSED)
    return share(missed.sum(axis=1), (state != NOT_REACHED).sum(axis=1))


def _wait(pilots: Pilots) -> Floats:
    """Mean wait of those served [s]."""
    assert pilots.cohort.trace is not None
    return mean_wait(pilots.cohort.trace.hold_wait[:, :, _need(pilots)])


def _cost(pilots: Pilots) -> Floats:
    """All costs over the number enrolled."""
    return share(cost_summary(pilots.study).values(pilots.cohort)[:, 0], (pilots.cohort.entries.arm >= 0).sum(axis=1))


#: What each measure is in a trial.
VALUES: dict[ProgressMeasure, Callable[[Pilots], Floats]] = {
    ENROLLED: _enrolled_a_month,
    CONSENT: _consent,
    ELIGIBLE: _eligible,
    DELIVERED: _delivered,
    MEASURED: _measured,
    MISSED: _missed,
    WAIT: _wait,
    COST: _cost,
}
