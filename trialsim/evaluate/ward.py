"""Numbers of each trial from the ward: sessions missed and why, waits, staff use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.evaluate.summaries import HOUR, MINUTE, Summary, share, trial_column

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
    """One need for staff: the share of participants who reached it and were missed, by reason; waits of those served."""
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
        state = trace.hold_state[:, :, index]
        reached = (state != HOLD_NOT_REACHED).sum(axis=1)
        gave_up = (state == HOLD_GAVE_UP).sum(axis=1)
        turned_away = (state == HOLD_TURNED_AWAY).sum(axis=1)
        left = (state == HOLD_LEFT).sum(axis=1)
        wait = trace.hold_grant[:, :, index] - trace.hold_request[:, :, index]
        mean, p95 = waits(wait, state == HOLD_GRANTED)
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


def waits(wait: NDArray[np.int64], served: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Mean and 95 % point (the smallest wait that 95 % do not exceed) of each trial [ticks]; both (R,), NaN if nobody."""
    count = served.sum(axis=1)
    mean = share(np.where(served, wait, 0).sum(axis=1), count)
    ordered = np.sort(np.where(served, wait, np.iinfo(np.int64).max), axis=1)
    place = np.maximum(-(-95 * count // 100) - 1, 0)
    p95 = np.take_along_axis(ordered, place[:, None], axis=1)[:, 0]
    return mean, np.where(count > 0, p95, np.nan)
