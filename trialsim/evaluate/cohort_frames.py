"""Tables for figures of a few simulated trials together: scores of each arm, missing values with their reasons, a wedge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trialsim.conduct.wedge import step_numbers
from trialsim.scenario.wedge import MONTH

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.cohort import Cohort
    from trialsim.conduct.plan import WedgePlan


def score_frame(cohort: Cohort, outcome: str, visit: str) -> pd.DataFrame:
    """Columns arm, category, share of its measured values, people: all trials of the cohort together."""
    import pandas as pd

    scenario, plan = cohort.scenario, cohort.response_plan
    at = plan.point_index(outcome, visit)
    values = cohort.measurements.values[cohort.measurements.twins.index("declared"), :, :, at]
    records = []
    for index, arm in enumerate(scenario.design.arms):
        mine = values[cohort.entries.arm == index]
        measured = mine[np.isfinite(mine)]
        for category in scenario.outcomes[outcome].categories:
            share = float((measured == category).mean()) if len(measured) else np.nan
            records.append({"arm": arm, "category": category, "share": share, "people": len(measured)})
    return pd.DataFrame.from_records(records)


def missing_frame(cohort: Cohort) -> pd.DataFrame:
    """Columns outcome, visit, arm, reason, share of those enrolled, people: all trials of the cohort together.

    A value that is not missing has the reason ``measured``; reasons that never occur are left out.
    """
    import pandas as pd

    plan, entries = cohort.response_plan, cohort.entries
    reasons = cohort.measurements.reason[cohort.measurements.twins.index("declared")]
    records = []
    for at, (outcome, visit) in enumerate(plan.pairs):
        for index, arm in enumerate(cohort.scenario.design.arms):
            mine = reasons[:, :, at][entries.arm == index]
            counts = np.bincount(mine, minlength=len(plan.reasons))
            for reason, count in zip(plan.reasons, counts.tolist(), strict=True):
                if count or reason == plan.reasons[0]:
                    share = count / max(len(mine), 1)
                    records.append(
                        {
                            "outcome": outcome,
                            "visit": visit,
                            "arm": arm,
                            "reason": reason,
                            "share": share,
                            "people": len(mine),
                        }
                    )
    return pd.DataFrame.from_records(records)


def wedge_frame(cohort: Cohort, wedge: WedgePlan) -> pd.DataFrame:
    """Columns site, period, begin and end [months], arm, participants, step: one trial, sites that go over first at the top."""
    import pandas as pd

    plan, entries = cohort.conduct_plan, cohort.entries
    steps = step_numbers(plan, wedge, seed=cohort.seed, replicates=cohort.replicates[:1])[0]
    assert entries.period is not None  # a stepped wedge has periods
    there = entries.arm[0] >= 0
    records = []
    for site in np.argsort(steps, kind="stable").tolist():
        for period in range(wedge.periods):
            arm = wedge.intervention if period >= steps[site] else wedge.control
            here = there & (entries.site[0] == site) & (entries.period[0] == period)
            records.append(
                {
                    "site": plan.sites[site],
                    "period": period + 1,
                    "begin": wedge.ends[period] / MONTH,
                    "end": wedge.ends[period + 1] / MONTH,
                    "arm": plan.arms[arm],
                    "participants": int(here.sum()),
                    "step": bool(period == steps[site]),
                }
            )
    return pd.DataFrame.from_records(records)
