"""What a study asks of each participant: samples, blood, tries of a needle, minutes; and of staff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialsim.engine.trace import A_DELIVERED, A_TRIES, GRANTED, H_GRANT, H_RELEASE, H_STATE, VISITED, EventTrace
from trialsim.protocol.steps import Attempt, Hold, Period, Repeat, Step

if TYPE_CHECKING:
    from trialsim.conduct.entries import Entries
    from trialsim.protocol.program import Program
    from trialsim.scenario.model import Outcome, Scenario

Floats = NDArray[np.float64]

#: Seconds of a day, in which the limit of a day holds: any 24 hours.
DAY = 86_400

#: Simulated trials in which blood is counted.
TRIALS = 20


class SimulatedMean(NamedTuple):
    """A mean over simulated participants and its Monte Carlo standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class ArmBurden:
    """What one arm asks of a participant; means over participants and simulated trials where it varies.

    Attributes
    ----------
    arm : its name
    values : measurements planned
    samples : of them, samples that a laboratory reads
    blood : ml of blood planned in all; blood_day: the most in any 24 hours that was simulated
    tries : attempts by their name and the mean number of tries, each with its Monte Carlo standard error
    minutes : mean minutes in activities and attempts, with its error
    staff_minutes : mean minutes of each resource, with their errors
    """

    arm: str
    values: int
    samples: int
    blood: float
    blood_day: float
    tries: dict[str, SimulatedMean]
    minutes: SimulatedMean
    staff_minutes: dict[str, SimulatedMean]


def mean_of_people(total: Floats, people: Floats) -> SimulatedMean:
    """The mean over all participants of the trials, from the (R,) total and number of participants of each trial.

    Its error is that of a ratio of two sums over trials (Cochran 1977, Sampling Techniques, equation 6.13).

    >>> mean_of_people(np.array([2.0, 4.0]), np.array([2.0, 2.0]))
    SimulatedMean(value=1.5, error=0.5)
    """
    trials, everybody = len(people), max(float(people.sum()), 1.0)
    value = float(total.sum()) / everybody
    apart = float(((total - value * people) ** 2).sum()) * trials / max(trials - 1, 1)
    return SimulatedMean(value, apart**0.5 / everybody)


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
            found.append(ArmBurden(arm, values, samples, planned, _most_at_once(scenario), {}, SimulatedMean(0, 0), {}))
            continue
        most = float(blood_in_a_day(scenario, program, trace)[here].max(initial=0.0))
        minutes = _mean(trace.activities[..., A_DELIVERED] / 60, here)
        tries, staff = dict(_tries(scenario, program, trace, here)), dict(_staff(program, trace, here))
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


def _mean(values: Floats, here: NDArray[np.bool_]) -> SimulatedMean:
    """Of positive values (R, N, ...) added up, for each of those who are ``here`` (R, N)."""
    sums = np.where(values > 0, values, 0.0).reshape(*here.shape, -1).sum(axis=2)
    return mean_of_people(np.where(here, sums, 0.0).sum(axis=1), here.sum(axis=1).astype(np.float64))


def _tries(
    scenario: Scenario, program: Program, trace: EventTrace, here: NDArray[np.bool_]
) -> Iterator[tuple[str, SimulatedMean]]:
    places: dict[str, list[int]] = {}
    for place, one in enumerate(program.activities):
        if one.tries > 1 or one.base in _attempts(scenario):
            places.setdefault(one.base, []).append(place)
    for name, them in places.items():
        yield name, _mean(trace.activities[..., A_TRIES][..., them].astype(np.float64), here)


def _attempts(scenario: Scenario) -> set[str]:
    def within(steps: Sequence[Step]) -> Iterator[str]:
        for step in steps:
            if isinstance(step, Attempt):
                yield step.attempt
            elif isinstance(step, (Hold, Repeat, Period)):
                yield from within(step.steps)

    return set(within(scenario.protocol))


def _staff(program: Program, trace: EventTrace, here: NDArray[np.bool_]) -> Iterator[tuple[str, SimulatedMean]]:
    served = trace.holds[..., H_STATE] == GRANTED
    minutes = np.where(served, trace.holds[..., H_RELEASE] - trace.holds[..., H_GRANT], 0) / 60
    places: dict[str, list[int]] = {}
    for index, resource in enumerate(program.resources):
        mine = [place for place, hold in enumerate(program.holds) if index in hold.resources]
        places.setdefault(resource.base, []).extend(mine)
    for name, them in places.items():
        yield name, _mean(minutes[..., them], here)


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
