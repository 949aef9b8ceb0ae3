"""Warnings about the analyses of a plan."""

from __future__ import annotations

from trialsim.analysis.methods.table import METHODS
from trialsim.analysis.plan import AnalysisPlan
from trialsim.kinds.designs import STRATA
from trialsim.kinds.tests import TEST, VISIT_COVARIATES
from trialsim.response.plan import ResponsePlan


def caveats(plan: AnalysisPlan, response: ResponsePlan) -> tuple[str, ...]:
    """The warnings of each analysis, from its method."""
    found = (caveat(call, response) for call in plan.calls for caveat in METHODS[call.test, call.main.samples].caveats)
    return tuple(text for text in found if text is not None)


def without_strata(plan: AnalysisPlan, response: ResponsePlan) -> str | None:
    """A sentence if the allocation is stratified and an analysis that could adjust for the strata does not."""
    wanted = set(plan.stratified)
    names = []
    for call in plan.calls:
        adjusted = {response.covariate_names[one.covariate] for one in call.covariates} | set(call.visit_covariates)
        can = VISIT_COVARIATES in TEST[call.test].options
        if wanted and can and STRATA.name not in adjusted and not wanted <= adjusted:
            names.append(plan.rows[call.first_row].shown)
    if not names:
        return None
    return (
        f"Allocation is stratified by {' and '.join(plan.stratified)}, and {', '.join(names)} could adjust for it and "
        f"{'does' if len(names) == 1 else 'do'} not (visit_covariates: [strata])."
    )
