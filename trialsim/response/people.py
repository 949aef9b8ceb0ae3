"""Practitioners and sites as the protocol plans them: who can have served by a visit, and whether that has an effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trialsim.protocol import program as p
from trialsim.protocol.program import Program, ResourceInfo
from trialsim.scenario.model import Scenario

#: Nobody has served yet.
NOBODY = -1


@dataclass(frozen=True)
class Services:
    """In one arm: the last planned step by which a person of a group has served, for each visit and activity."""

    visits: dict[int, int]
    activities: dict[int, int]


def services(program: Program, group: int, arm: int) -> Services:
    """Walk through the step table as a participant of ``arm`` who gets everything that is planned."""
    members = program.serving[group]
    found = Services({}, {})
    step, last = 0, NOBODY
    while (op := int(program.ops[step, 0])) != p.END:
        row = program.ops[step]
        if op == p.ARM and not (row[1] >> arm) & 1:
            step = int(row[2])
            continue
        if op == p.SEIZE and set(program.holds[row[1]].resources) & set(members):
            last = step
        elif op in (p.ACTIVITY, p.ATTEMPT):
            found.activities[int(row[1])] = last
        visit = int(row[1]) if op == p.VISIT else int(row[4]) if op == p.ATTEMPT else -1
        if visit >= 0:
            found.visits[visit] = last
        step += 1
    return found


def chance_of_one_person(program: Program, group: int, first: int, second: int) -> float:
    """The probability that one person serves at two steps of the protocol, if all units and all people of a shift do alike.

    People change with the shifts; where a resource never closes its units keep their people.
    """
    if first == second:
        return 1.0
    who = [_resource_at(program, group, step) for step in (first, second)]
    if who[0] != who[1]:
        return 0.0
    resource = program.resources[who[0]]
    return chance_of_same(resource)


def chance_of_same(resource: ResourceInfo) -> float:
    """The probability that one person of a resource serves twice: in proportion to the units of the shifts."""
    return sum(
        (shift.units / resource.units) ** 2 / (shift.people if shift.calendar >= 0 else shift.units)
        for shift in resource.shifts
    )


def _resource_at(program: Program, group: int, step: int) -> int:
    """The resource of a group that serves at a step; of two at once the later in the file."""
    hold = program.holds[int(program.ops[step, 1])]
    return max(set(hold.resources) & set(program.serving[group]))


def who_serves(program: Program, group: int, arm: int, visit: int) -> int:
    """The resource of a group that has served last by a visit in an arm, as planned; :data:`NOBODY` if none has."""
    step = services(program, group, arm).visits.get(visit, NOBODY)
    return NOBODY if step == NOBODY else _resource_at(program, group, step)


def count_of_people(program: Program, group: int) -> int:
    """The number of people of a group, at all sites together."""
    bases = set(program.practitioners.groups[group])
    return sum(resource.people for resource in program.resources if resource.base in bases)


# ---------------------------------------------------------------- what cannot be felt


def unfelt(scenario: Scenario, program: Program | None, arms: Sequence[str]) -> Iterator[str]:
    """Warnings about practitioners' parts that cannot affect any visit or activity."""
    for name, outcome in scenario.outcomes.items():
        icc = outcome.icc.practitioner
        if icc is not None and icc.value > 0 and not _felt(program, icc.of, outcome.visits, arms):
            whom = " or ".join(icc.of)
            yield (
                f"{name}: the ICC of practitioners affects none of its visits, because nobody is served by {whom} before "
                "them. Name the resource that serves, or remove practitioner:."
            )
        for activity, response in outcome.responds_to.items():
            varies = response.sd_practitioner
            if varies is not None and varies.value > 0 and not _given(program, varies.of, activity, arms):
                yield (
                    f"{name}: the effect of {activity} cannot vary over practitioners, because nobody is served by "
                    f"{' or '.join(varies.of)} before it. Write needs: [{varies.of[0]}] there, or hold it around."
                )


def _felt(program: Program | None, of: tuple[str, ...], visits: Sequence[str], arms: Sequence[str]) -> bool:
    if program is None:
        return False
    group = program.practitioners.groups.index(of)
    found = [services(program, group, arm).visits for arm in range(len(arms))]
    return any(one.get(program.visits.index(visit), NOBODY) != NOBODY for one in found for visit in visits)


def _given(program: Program | None, of: tuple[str, ...], name: str, arms: Sequence[str]) -> bool:
    if program is None:
        return False
    group = program.practitioners.groups.index(of)
    meant = [i for i, activity in enumerate(program.activities) if name in (activity.name, activity.base)]
    found = [services(program, group, arm).activities for arm in range(len(arms))]
    return any(one.get(i, NOBODY) != NOBODY for one in found for i in meant)
