"""Numbers of each trial besides its estimates: who came, who was lost, what is missing, how long it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.evaluate.summaries import DAY, Summary, share, trial_column
from trialsim.evaluate.table import Column
from trialsim.evaluate.ward import ward_summaries

if TYPE_CHECKING:
    from trialsim.cohort import Cohort
    from trialsim.study import Study

Floats = NDArray[np.float64]


def summaries(study: Study) -> list[Summary]:
    """All summaries of a study, in the order of the table."""
    found = [_enrollment(study)]
    if study.program is not None:
        found += [_accrual(study), _ends(study), *ward_summaries(study)]
    return [*found, _missing(study)]


def trial_columns(study: Study) -> list[Column]:
    """What the columns of :func:`trial_values` are."""
    return [column for summary in summaries(study) for column in summary.columns]


def trial_values(study: Study, cohort: Cohort) -> Floats:
    """(R, M) numbers of each trial."""
    return np.concatenate([summary.values(cohort) for summary in summaries(study)], axis=1)


def _enrollment(study: Study) -> Summary:
    """Participants in all and by arm."""
    arms = tuple(study.scenario.design.arms)
    columns = (trial_column("enrolled"), *(trial_column("enrolled", arm) for arm in arms))

    def values(cohort: Cohort) -> Floats:
        arm = cohort.entries.arm
        parts = [(arm >= 0).sum(axis=1), *((arm == k).sum(axis=1) for k in range(len(arms)))]
        return np.stack(parts, axis=1).astype(np.float64)

    return Summary(columns, values)


def _accrual(study: Study) -> Summary:
    """Patients by what became of them, whether the target was reached within the limit, and when."""
    plan = study.conduct
    reasons = (*COUNTS, *(f"excluded: {reason}" for reason in plan.exclusions))
    columns = (
        *(trial_column("patients", reason) for reason in reasons),
        trial_column("target_reached_in_time", kind="share"),
        trial_column("enrollment_days"),
    )

    def values(cohort: Cohort) -> Floats:
        entries = cohort.entries
        parts = [entries.counts, entries.complete[:, None], entries.accrual_end[:, None] / DAY]
        return np.concatenate(parts, axis=1).astype(np.float64)

    return Summary(columns, values)


def _ends(study: Study) -> Summary:
    """By arm: who completed, and who left for which reason before the end of the pathway."""
    arms, reasons = tuple(study.scenario.design.arms), study.conduct.leave_reasons
    columns = [trial_column("trial_days")]
    for arm in arms:
        columns.append(trial_column("completed", arm))
        columns.extend(trial_column(f"left: {reason}", arm) for reason in reasons)

    def values(cohort: Cohort) -> Floats:
        trace, entries = cohort.trace, cohort.entries
        assert trace is not None
        parts = [trace.trial_end / DAY]
        for k in range(len(arms)):
            here = entries.arm == k
            parts.append((here & (trace.end_reason == COMPLETED)).sum(axis=1))
            left = here & (trace.end_reason == LEFT)
            parts.extend((left & (entries.leave_reason == reason)).sum(axis=1) for reason in range(len(reasons)))
        return np.stack(parts, axis=1).astype(np.float64)

    return Summary(tuple(columns), values)
