"""What may be meant but is probably not, from the plans of a study alone: nothing is simulated and nothing compiled."""

from __future__ import annotations

from trialsim.analysis.caveats import caveats
from trialsim.analysis.plan import AnalysisPlan
from trialsim.analysis.planning.build import plan_analyses
from trialsim.protocol.program import Program
from trialsim.response.plan import ResponsePlan, plan_response
from trialsim.scenario.model import Scenario


def cautions(program: Program | None, response: ResponsePlan, analysis: AnalysisPlan) -> tuple[str, ...]:
    """Warnings of plans: steps never reached, patience that ends while closed, many zeros."""
    return (*(program.warnings if program is not None else ()), *response.warnings, *caveats(analysis, response))


def cautions_of(scenario: Scenario) -> tuple[str, ...] | None:
    """Warnings of a scenario; None where a level is declared ``as: observed``, which only a pilot on the ward can tell."""
    response = plan_response(scenario, scenario.program)
    if response.observed:
        return None
    return cautions(scenario.program, response, plan_analyses(scenario, response))
