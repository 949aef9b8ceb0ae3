"""A crossover in which everyone has one arm in all periods, and nothing is carried over."""

from __future__ import annotations

from dataclasses import replace

from trialsim.analysis.plan import CrossoverPeriods, Endpoint, OverVisits
from trialsim.kinds.designs import TRANSFORM, VISIT_MEAN
from trialsim.prepared import Study
from trialsim.protocol.compile import compile_protocol
from trialsim.protocol.steps import Period
from trialsim.response import plan_response
from trialsim.scenario.model import Draft, Scenario


def constant(study: Study) -> Study:
    """The study with a sequence for each arm, which has it in every period, on the ward as it is; of no twin at a margin."""
    scenario, program = study.scenario, study.program
    design = scenario.design
    sequences = {arm: (arm,) * (design.periods or 0) for arm in design.treatments}
    protocol = tuple(
        step.model_copy(update={"sequences": sequences}) if isinstance(step, Period) else step
        for step in scenario.protocol
    )
    outcomes = {name: what.model_copy(update={"carryover": None}) for name, what in scenario.outcomes.items()}
    arms = design.model_copy(update={"arms": dict(design.treatments), "sequences": sequences, "reference": None})
    if program is not None and scenario.setting is not None:
        program = compile_protocol(
            protocol,
            scenario.setting.resources,
            arms=tuple(sequences),
            starts=scenario.setting.starts,
            sites=program.sites,
            practitioners=program.practitioners,
        )
    parts = {**dict(scenario), "design": arms, "protocol": protocol, "outcomes": outcomes}
    changed = Scenario.made(Draft.model_construct(**parts), written=scenario.written, program=program)
    return replace(study, scenario=changed, program=program, response=plan_response(changed, program))


def mean_of(periods: CrossoverPeriods) -> Endpoint:
    """The endpoint: the mean of the values, or of their logarithms, in all periods."""
    last = periods.visits[-1]
    places = tuple(one.visit for one in periods.visits)
    return replace(last, categories=(), over=OverVisits(places, VISIT_MEAN.name, logs=TRANSFORM[last.transform].log))
