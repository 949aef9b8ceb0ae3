"""Numbers of each trial from the ward: sessions missed and why, waits, staff use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.evaluate.summaries import HOUR, MINUTE, WEEK, Summary, share, trial_column
from trialsim.protocol.columns import (
    GAVE_UP,
    H_STATE,
    LEFT_WAITING,
    NOT_REACHED,
    REFUSED,
    S_GRANTS,
    S_OVERTIME,
    S_STUDY,
)

if TYPE_CHECKING:
    from trialsim.cohort import Cohort
    from trialsim.prepared import Study
    from trialsim.protocol.program import Program, ResourceInfo, ShiftInfo

Floats = NDArray[np.float64]


def ward_summaries(study: Study) -> list[Summary]:
    """Summaries of holds and resources; none if the study needs no staff."""
    assert study.program is not None
    found = [_hold(study, index) for index in range(len(study.program.holds))]
    if study.program.resources:
        found.append(_resources(study))
    return found


def _hold(study: Study, index: int) -> Summary:
    """One need for staff: the share of those who reached it but were not served, by reason; waits of those served."""
    assert study.program is not None
    name = study.program.holds[index].name
    columns = (
        trial_column("missed_share", name),
        trial_column("missed_share: gave up waiting", name),
        trial_column("missed_share: queue full", name),
        trial_column("left_while_waiting_share", name),
        trial_column("wait_mean_minutes", name),
    )

    def values(cohort: Cohort) -> Floats:
        trace = cohort.trace
        assert trace is not None
        state = trace.holds[:, :, index, H_STATE]
        reached = (state != NOT_REACHED).sum(axis=1)
        gave_up, turned_away, left = ((state == why).sum(axis=1) for why in (GAVE_UP, REFUSED, LEFT_WAITING))
        parts = [
            share(gave_up + turned_away, reached),
            share(gave_up, reached),
            share(turned_away, reached),
            share(left, reached),
            mean_wait(trace.hold_wait[:, :, index]) / MINUTE,
        ]
        return np.stack(parts, axis=1)

    return Summary(columns, values)


def mean_wait(wait: NDArray[np.int64]) -> Floats:
    """(R,) mean of the waits (R, N) of each trial [ticks], -1 for those who were not served; NaN where nobody was."""
    served = wait >= 0
    return share(np.where(served, wait, 0).sum(axis=1), served.sum(axis=1))


def _resources(study: Study) -> Summary:
    """For each resource: hours for the study, how many of them after the end of a shift, and the share of open hours.

    Open hours are those of a mean week over the length of the trial; ``use_share`` adds other work by its expectation.
    """
    program = study.program
    assert program is not None
    measures = ("study_hours", "overtime_hours", "times_granted", "study_use_share", "use_share")
    columns = [trial_column(measure, resource.name) for resource in program.resources for measure in measures]
    capacity = np.array([units_on_duty(program, one) for one in program.resources])
    other_work = np.array([one.share for one in program.resources])

    def values(cohort: Cohort) -> Floats:
        trace = cohort.trace
        assert trace is not None
        used, overtime, granted = (trace.staff[:, :, which] for which in (S_STUDY, S_OVERTIME, S_GRANTS))
        use = share(used, trace.trial_end[:, None] * capacity)
        parts = [used / HOUR, overtime / HOUR, granted, use, use + other_work]
        return np.stack(parts, axis=2).reshape(len(used), -1)

    return Summary(tuple(columns), values)


def units_on_duty(program: Program, resource: ResourceInfo) -> float:
    """How many units of a resource are at work at once, in the mean of a week."""
    return sum(shift.units * _open_share(program, shift) for shift in resource.shifts)


def _open_share(program: Program, shift: ShiftInfo) -> float:
    """Share of a week in which a shift is at work."""
    if shift.calendar < 0:
        return 1.0
    windows = program.calendars[shift.calendar].windows
    return sum(closes - opens for opens, closes in windows) / WEEK if windows else 1.0
