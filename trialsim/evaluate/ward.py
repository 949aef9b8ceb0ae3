"""Numbers of each trial from the ward: sessions missed and why, waits, staff use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.evaluate.summaries import HOUR, MINUTE, Summary, share, trial_column
from trialsim.protocol.columns import (
    GAVE_UP,
    H_STATE,
    LEFT_WAITING,
    NOT_REACHED,
    REFUSED,
    S_OVERTIME,
    S_STUDY,
)

if TYPE_CHECKING:
    from trialsim.cohort import Cohort
    from trialsim.study import Study

Floats = NDArray[np.float64]


def ward_summaries(study: Study) -> list[Summary]:
    """Summaries of holds and resources; none of them where nobody is asked for."""
    assert study.program is not None
    found = [_hold(study, index) for index in range(len(study.program.holds))]
    if study.program.resources:
        found.append(_resources(study))
    return found


def _hold(study: Study, index: int) -> Summary:
    """One need for staff: the share of those who reached it and were missed, by reason; waits of those served."""
    assert study.program is not None
    name = study.program.holds[index].name
    columns = (
        trial_column("missed_share", name),
        trial_column("missed_share: gave up waiting", name),
        trial_column("missed_share: queue full", name),
        trial_column("left_while_waiting_share", name),
        trial_column("wait_mean_minutes", name),
        trial_column("wait_p95_minutes", name),
    )

    def values(cohort: Cohort) -> Floats:
        trace = cohort.trace
        assert trace is not None
        state = trace.holds[:, :, index, H_STATE]
        reached = (state != NOT_REACHED).sum(axis=1)
        gave_up, turned_away, left = ((state == why).sum(axis=1) for why in (GAVE_UP, REFUSED, LEFT_WAITING))
        mean, p95 = waits(trace.hold_wait[:, :, index])
        parts = [
            share(gave_up + turned_away, reached),
            share(gave_up, reached),
            share(turned_away, reached),
            share(left, reached),
            mean / MINUTE,
            p95 / MINUTE,
        ]
        return np.stack(parts, axis=1)

    return Summary(columns, values)


def waits(wait: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Mean and 95 % point (the smallest wait that 95 % do not exceed) of each trial [ticks].

    ``wait`` is (R, N), -1 for those who were not served; both results are (R,), NaN where nobody was.
    """
    served = wait >= 0
    count = served.sum(axis=1)
    mean = share(np.where(served, wait, 0).sum(axis=1), count)
    ordered = np.sort(np.where(served, wait, np.iinfo(np.int64).max), axis=1)
    place = np.maximum(-(-95 * count // 100) - 1, 0)
    p95 = np.take_along_axis(ordered, place[:, None], axis=1)[:, 0]
    return mean, np.where(count > 0, p95, np.nan)


def _resources(study: Study) -> Summary:
    """Hours that the study takes of each resource, and how much of it after the end of a shift."""
    assert study.program is not None
    names = [resource.name for resource in study.program.resources]
    columns = [
        trial_column(measure, name) for name in names for measure in ("study_hours", "overtime_hours", "times_granted")
    ]

    def values(cohort: Cohort) -> Floats:
        trace = cohort.trace
        assert trace is not None
        hours = trace.staff.astype(np.float64)
        hours[:, :, [S_STUDY, S_OVERTIME]] /= HOUR
        return hours.reshape(len(hours), -1)

    return Summary(tuple(columns), values)
