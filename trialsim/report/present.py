"""Sentences on what a scenario has: a clock, attempts, a ward, staff. What it does not have is not mentioned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trialsim.kinds.designs import WAY
from trialsim.prepared import Study
from trialsim.protocol.steps import Attempt, Hold, Period, Repeat, Step
from trialsim.report.digits import percent
from trialsim.report.words import join
from trialsim.scenario.model import Scenario


def on_the_clock(scenario: Scenario) -> list[str]:
    """The outcomes that the clock moves, by their labels."""
    return [what.label or name for name, what in scenario.outcomes.items() if what.rhythm is not None]


def attempts(steps: Sequence[Step]) -> Iterator[str]:
    """What is attempted, once each."""
    for step in steps:
        if isinstance(step, Attempt):
            yield step.attempt
        elif isinstance(step, (Hold, Repeat, Period)):
            yield from attempts(step.steps)


def null_twin(scenario: Scenario) -> str:
    """What the null twin is, and what stays in it."""
    stays = ["the clock"] if on_the_clock(scenario) else []
    stays += [f"the attempts ({join(tried)})"] if (tried := list(dict.fromkeys(attempts(scenario.protocol)))) else []
    stays += ["the period effects"] if any(what.period_effects for what in scenario.outcomes.values()) else []
    stays += ["the calendar trend"] if any(what.secular is not None for what in scenario.outcomes.values()) else []
    stays += ["the ward"] if scenario.setting is not None else []
    text = "The null twin is the same trial, with the same draws, without the declared effects"
    return f"{text}; {join(stays)} {'stays' if len(stays) == 1 else 'stay'} as declared." if stays else f"{text}."


def nothing_to_find(scenario: Scenario) -> str:
    """In which twin no effect exists."""
    clocked = on_the_clock(scenario)
    if clocked:
        return f"There is nothing to find in the twin without change, in which the clock of {join(clocked)} is stopped as well."
    return "There is nothing to find in the null twin."


def levels(study: Study) -> str:
    """At which level tests reject: ``at 5 %, two-sided``, or that it is that of each analysis."""
    found = {(call.alpha, WAY[call.alternative] == 0) for call in study.analysis.calls}
    found |= {(family.alpha, two_sided) for family in study.analysis.families for _, two_sided in found}
    if len(found) > 1:
        return "at the level of its analysis" + (" or family" if study.analysis.families else "")
    ((alpha, two_sided),) = found
    return f"at {percent(alpha, 0 if round(100 * alpha, 9) % 1 == 0 else 1)}, {'two' if two_sided else 'one'}-sided"


def course(scenario: Scenario) -> str:
    """What happens in every replicate."""
    setting = scenario.setting
    if setting is None:
        leave = "; some leave early" if scenario.attrition else ""
        enrolled = "at once" if scenario.design.stepped_wedge is None else "over all periods"
        return f"everyone is enrolled {enrolled} and measured at the declared times{leave}"
    parts = ["patients come", "consent"]
    parts += ["wait for staff"] if setting.resources else []
    parts += ["are measured at the time at which the visit takes place"]
    parts += ["leave"] if setting.patients.leave or scenario.attrition else []
    return join(parts)
