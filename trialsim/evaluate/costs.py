"""What each trial costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.evaluate.summaries import HOUR, Summary, trial_column
from trialsim.protocol.columns import S_STUDY
from trialsim.response.plan import ONCE

if TYPE_CHECKING:
    from trialsim.cohort import Cohort
    from trialsim.prepared import Study

Floats = NDArray[np.float64]

#: Reasons for which no sample was taken; a sample lost or below its limit has been paid for.
NOT_TAKEN = ("session missed", "left", "other arm", "not enrolled")


def cost_summary(study: Study) -> Summary:
    """The costs of the study: in total, and for participants, samples taken (also those lost later) and hours of staff."""
    costs = study.scenario.costs
    assert costs is not None
    pairs = study.response.pairs
    by_pair = np.array([costs.sample[outcome].value if outcome in costs.sample else 0.0 for outcome, _ in pairs])
    resources = study.program.resources if study.program is not None else ()
    by_hour = np.array([costs.staff_hour[one.base].value if one.base in costs.staff_hour else 0.0 for one in resources])
    not_taken = [code for code, why in enumerate(study.response.reasons) if why in (*NOT_TAKEN, ONCE)]
    each = costs.participant.value if costs.participant is not None else 0.0
    priced = {
        "participants": costs.participant is not None,
        "samples": bool(by_pair.any()),
        "staff": bool(by_hour.any()),
    }
    kinds = [kind for kind, has_price in priced.items() if has_price]

    def values(cohort: Cohort) -> Floats:
        arm, reason = cohort.entries.arm, cohort.measurements.reason[cohort.measurements.twins.index("declared")]
        taken = ((arm >= 0)[:, :, None] & ~np.isin(reason, not_taken)).sum(axis=1)
        parts = {
            "participants": (arm >= 0).sum(axis=1) * each,
            "samples": (taken * by_pair).sum(axis=1),
        }
        if cohort.trace is not None and len(by_hour):
            parts["staff"] = (cohort.trace.staff[:, :, S_STUDY] / HOUR * by_hour).sum(axis=1)
        found = [parts[kind] for kind in kinds]
        return np.stack([np.sum(found, axis=0), *found], axis=1).astype(np.float64)

    measure = f"cost_{costs.currency}"
    return Summary((trial_column(measure), *(trial_column(measure, kind) for kind in kinds)), values)
