"""What a study asks of the staff, from simulated trials: calls and hours of each resource."""

from __future__ import annotations

import numpy as np

from trialsim.cohort import Cohort
from trialsim.prepared import Study
from trialsim.protocol.columns import H_GRANT, H_RELEASE, H_REQUEST

#: The columns of the plan.
COLUMNS = (
    "resource", "units", "people", "hours", "calls_for_each_participant", "hours_for_each_participant", "calls_in_a_trial",
    "hours_in_a_trial", "not_served_share",
)  # fmt: skip


def staffing_rows(study: Study, cohort: Cohort) -> list[list[str]]:
    """One row a resource, each a mean over the trials of a cohort; none without a ward."""
    program, trace, setting = study.program, cohort.trace, study.scenario.setting
    if program is None or trace is None or setting is None:
        return []
    trials, people = len(cohort.replicates), max(int((cohort.entries.arm >= 0).sum()), 1)
    rows = []
    for name, declared in setting.resources.items():
        calls = served = seconds = 0
        for place, hold in enumerate(program.holds):
            count = sum(program.resources[one].base == name for one in hold.resources)
            request, grant, release = (trace.holds[:, :, place, column] for column in (H_REQUEST, H_GRANT, H_RELEASE))
            took = (grant >= 0) & (release >= 0)
            calls += count * int((request >= 0).sum())
            served += count * int((grant >= 0).sum())
            seconds += count * int(np.where(took, release - grant, 0).sum())
        shown = [f"{calls / people:.2f}", f"{seconds / 3600 / people:.2f}", f"{calls / trials:.1f}"]
        shown += [f"{seconds / 3600 / trials:.1f}", f"{1 - served / calls:.3f}" if calls else ""]
        who = "" if declared.people is None else str(declared.people)
        rows.append([name, str(declared.units), who, str(declared.hours or "always"), *shown])
    return rows
