"""What a study asks of each participant: samples, blood, tries of a needle, minutes; and of staff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.engine.trace import A_DELIVERED, A_TRIES, GRANTED, H_GRANT, H_RELEASE, H_STATE, VISITED, EventTrace
from trialsim.protocol.steps import Attempt, Hold, Repeat, Step

if TYPE_CHECKING:
    from trialsim.conduct.entries import Entries
    from trialsim.protocol.program import Program
    from trialsim.scenario.model import Outcome, Scenario

Floats = NDArray[np.float64]

#: Seconds of a day, in which the limit of a day holds: any 24 hours.
DAY = 86_400

#: Simulated trials in which blood is counted.
TRIALS = 20


@dataclass(frozen=True)
class ArmBurden:
    """What one arm asks of a participant; means over participants and simulated trials where it varies.

    Attributes
    ----------
    arm : its name
    values : measurements planned
    samples : of them, samples that a laboratory reads
    blood : ml of blood planned in all; blood_day: the most in any 24 hours that was simulated
    tries : attempts by their name and the mean number of tries
    minutes : mean minutes in activities and attempts
    staff_minutes : mean minutes of each resource
    """

    arm: str
    values: int
    samples: int
    blood: float
    blood_day: float
    tries: dict[str, float]
    minutes: float
    staff_minutes: dict[str, float]


def is_sample(scenario: Scenario, name: str) -> bool:
    """Whether a laboratory reads the values of an outcome."""
    outcome = scenario.outcomes[name]
    priced = scenario.costs is not None and name in scenario.costs.sample
    instrument = outcome.instrument
    return priced or any(one is not None for one in (instrument.assay_cv, instrument.plate, instrument.volume))


def blood_of(outcome: Outcome) -> float:
    """Ml of blood for one value of an outcome."""
    return outcome.instrument.volume.value if outcome.instrument.volume is not None else 0.0


def draws_blood(scenario: Scenario) -> bool:
    """Whether blood is drawn for any value."""
    return any(blood_of(one) > 0 for one in scenario.outcomes.values())


def burden(scenario: Scenario, program: Program | None, entries: Entries, trace: EventTrace | None) -> list[ArmBurden]:
    """The burden of each arm, from simulated trials."""
    outcomes = scenario.outcomes
    values = sum(len(one.visits) for one in outcomes.values())
    samples = sum(len(one.visits) for name, one in outcomes.items() if is_sample(scenario, name))
    planned = sum(blood_of(one) * len(one.visits) for one in outcomes.values())
    found = []
    for index, arm in enumerate(scenario.design.arms):
        here = entries.arm == index
        if trace is None or program is None:
            found.append(ArmBurden(arm, values, samples, planned, _most_at_once(scenario), {}, 0.0, {}))
            continue
        people = max(int(here.sum()), 1)
        most = float(blood_in_a_day(scenario, program, trace)[here].max(initial=0.0))
        delivered = trace.activities[..., A_DELIVERED][here]
        minutes = float(np.where(delivered > 0, delivered, 0).sum()) / 60 / people
        tries, staff = dict(_tries(scenario, program, trace, here, people)), dict(_staff(program, trace, here, people))
        found.append(ArmBurden(arm, values, samples, planned, most, tries, minutes, staff))
    return found


def _most_at_once(scenario: Scenario) -> float:
    """Without a ward: the most blood in any 24 hours of the declared times."""
    times = {name: when.value for name, when in scenario.visits.items()}
    drawn = [(times[visit], blood_of(one)) for one in scenario.outcomes.values() for visit in one.visits]
    return max((sum(b for t, b in drawn if start <= t < start + DAY) for start, _ in drawn), default=0.0)


def blood_in_a_day(scenario: Scenario, program: Program, trace: EventTrace) -> Floats:
    """(R, N) the most blood of each participant in any 24 hours that begin with a sample [ml]."""
    visits = program.visits
    volume = np.zeros(len(visits))
    for outcome in scenario.outcomes.values():
        for visit in outcome.visits:
            volume[visits.index(visit)] += blood_of(outcome)
    drawn = volume > 0
    times, taken = trace.visit_time[..., drawn], trace.visit_reason[..., drawn] == VISITED
    amount = np.where(taken, volume[drawn], 0.0)
    most = np.zeros(times.shape[:2])
    for start in range(int(drawn.sum())):
        after = times - times[..., start : start + 1]
        inside = taken & taken[..., start : start + 1] & (after >= 0) & (after < DAY)
        most = np.maximum(most, np.where(inside, amount, 0.0).sum(axis=-1))
    return most


def _tries(
    scenario: Scenario, program: Program, trace: EventTrace, here: NDArray[np.bool_], people: int
) -> Iterator[tuple[str, float]]:
    found: dict[str, float] = {}
    for place, one in enumerate(program.activities):
        if one.tries > 1 or one.base in _attempts(scenario):
            tried = trace.activities[..., place, A_TRIES][here]
            found[one.base] = found.get(one.base, 0.0) + float(np.where(tried > 0, tried, 0).sum()) / people
    yield from found.items()


def _attempts(scenario: Scenario) -> set[str]:
    def within(steps: Sequence[Step]) -> Iterator[str]:
        for step in steps:
            if isinstance(step, Attempt):
                yield step.attempt
            elif isinstance(step, (Hold, Repeat)):
                yield from within(step.steps)

    return set(within(scenario.protocol))


def _staff(program: Program, trace: EventTrace, here: NDArray[np.bool_], people: int) -> Iterator[tuple[str, float]]:
    minutes: dict[str, float] = {}
    for index, resource in enumerate(program.resources):
        held = 0.0
        for place, hold in enumerate(program.holds):
            if index in hold.resources:
                served = trace.holds[..., place, H_STATE][here] == GRANTED
                length = trace.holds[..., place, H_RELEASE][here] - trace.holds[..., place, H_GRANT][here]
                held += float(np.where(served, length, 0).sum())
        minutes[resource.base] = minutes.get(resource.base, 0.0) + held / 60 / people
    yield from minutes.items()


def planned_warnings(scenario: Scenario) -> tuple[str, ...]:
    """What to say where more blood is planned than a stated limit in all allows; nothing is simulated for it."""
    limit = scenario.setting.blood_limit if scenario.setting is not None else None
    planned = sum(blood_of(one) * len(one.visits) for one in scenario.outcomes.values())
    if limit is None or limit.in_all is None or planned <= limit.in_all.value:
        return ()
    most = f"{limit.in_all.value:g} ml"
    return (f"{planned:g} ml of blood are planned from each participant; the limit in all is {most}.",)


def blood_warnings(scenario: Scenario, each: Sequence[ArmBurden]) -> tuple[str, ...]:
    """What to say where a stated limit of blood is passed: as planned, and in 24 hours of simulated trials."""
    limit = scenario.setting.blood_limit if scenario.setting is not None else None
    day = max((one.blood_day for one in each), default=0.0)
    if limit is None or limit.a_day is None or day <= limit.a_day.value:
        return planned_warnings(scenario)
    most = f"{limit.a_day.value:g} ml"
    text = f"up to {day:g} ml of blood are drawn from one participant in 24 hours; the limit is {most}."
    return (*planned_warnings(scenario), text)
