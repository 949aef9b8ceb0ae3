"""A warning where the signed rank test will drop many participants, because their change is exactly its null."""

from __future__ import annotations

from trialsim.analysis.plan import AnalysisPlan
from trialsim.response.plan import ResponsePlan
from trialsim.response.unchanged import share_of_change

#: From this share of changes at the null on, a plan is warned of.
MANY = 0.25


def zeros_dropped(plan: AnalysisPlan, response: ResponsePlan) -> tuple[str, ...]:
    """One warning for each signed rank test of which a quarter or more of the changes are expected to be dropped."""
    told = []
    for call in plan.calls:
        first, second = call.endpoint.start, call.endpoint.visit
        if call.test != "wilcoxon" or first is None or (call.endpoint.transform != "none" and call.null != 0.0):
            continue
        share = max(share_of_change(response, first, second, arm, change=call.null) for arm in range(len(plan.arms)))
        if share >= MANY:
            told.append(
                f"{call.name}: about {100 * share:.0f} % of the changes are exactly {call.null:g}, as readings are whole "
                "steps. Wilcoxon's test leaves them out: its estimate is that of the participants who change, and its "
                "interval holds it less often than it says. A paired-t looks at everybody."
            )
    return tuple(told)
