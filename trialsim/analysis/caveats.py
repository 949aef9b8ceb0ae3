"""Warnings about the analyses of a plan."""

from __future__ import annotations

from trialsim.analysis.methods.table import METHODS
from trialsim.analysis.plan import AnalysisPlan
from trialsim.response.plan import ResponsePlan


def caveats(plan: AnalysisPlan, response: ResponsePlan) -> tuple[str, ...]:
    """The warnings of each analysis, from its method."""
    found = (caveat(call, response) for call in plan.calls for caveat in METHODS[call.test, call.main.samples].caveats)
    return tuple(text for text in found if text is not None)
