"""What the moving ward is drawn from: the first trials of a run, as small data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.cohort import Cohort
from trialsim.engine import trace as e
from trialsim.engine.staffed import StaffRecord, staff_record
from trialsim.prepared import Study
from trialsim.protocol.program import Program, ResourceInfo, ShiftInfo
from trialsim.protocol.tapes import draw_tapes
from trialsim.report.moving.pathway import Pathway, Way, pathway_of, ways_of
from trialsim.report.ward import lanes_of
from trialsim.response.plan import OutcomePlan
from trialsim.study import cohort_of

Ints = NDArray[np.int64]

#: Events of all trials in the picture together.
MOST_EVENTS = 12_000

#: Colors of arms.
COLORS = 7

#: Other work of staff is shown from this long before somebody of the study asks for them [s].
LEAD = 30 * 60

#: Outcomes that can be chosen.
MOST_OUTCOMES = 6


@dataclass(frozen=True)
class MovingTrial:
    """One trial: its number, its last tick, the ways of its participants, and spells and windows by unit and resource.

    ``values`` has for each outcome shown an array (participants of ``ways``, visits), NaN where nothing was measured.
    """

    number: int
    end: int
    cut: bool
    ways: tuple[Way, ...]
    spells: tuple[tuple[tuple[int, int], ...], ...]
    windows: tuple[tuple[tuple[int, int], ...], ...]
    values: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True)
class ShownOutcome:
    """An outcome along the pathway: positions of its visits in the program and in the plan, and its axis.

    ``hides_zeros`` where values of 0 cannot be shown on a logarithmic axis.
    """

    plan: OutcomePlan
    label: str
    visits: tuple[int, ...]
    points: tuple[int, ...]
    log: bool
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    hides_zeros: bool

    @property
    def jitter(self) -> float:
        """How far equal scores are moved apart, as a share of the axis; 0 for measured values."""
        count = len(self.plan.categories) if self.plan.scale.categories is not None else 0
        return 0.45 / count if count else 0.0

    def height(self, value: float) -> float:
        """Where a value lies between the ends of the axis, from 0 to 1; NaN where it cannot be shown."""
        if value != value or (self.log and value <= 0):
            return math.nan
        return ((math.log(value) if self.log else value) - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class MovingWard:
    """Everything in the picture of a study."""

    study: Study
    program: Program
    pathway: Pathway
    trials: tuple[MovingTrial, ...]
    outcomes: tuple[ShownOutcome, ...]

    @property
    def units(self) -> list[str]:
        """The name of each unit of staff."""
        return lanes_of(self.study)[:-1]

    @property
    def resource_of_unit(self) -> list[int]:
        """The resource of each unit."""
        return [number for number, one in enumerate(self.program.resources) for _ in range(one.units)]

    @property
    def shift_of_unit(self) -> list[ShiftInfo]:
        """The shift of each unit."""
        return [shift for one in self.program.resources for shift in one.shifts for _ in range(shift.units)]


def first_trials(study: Study, program: Program, first: Cohort, count: int, *, until: int | None) -> MovingWard | None:
    """The picture of the first ``count`` trials, or of the first until a tick; None where they have too many events."""
    cohorts = [first]
    pathway = pathway_of(program)
    events = len(_events(first)) if until is None else 0
    for number in range(1, count):
        if events > MOST_EVENTS:
            return None
        cohorts.append(cohort_of(study, number, seed=first.seed))
        events += len(_events(cohorts[-1]))
    if events > MOST_EVENTS:
        return None
    points = list(_points(study, cohorts))
    trials = tuple(_trial(program, pathway, cohort, points, until) for cohort in cohorts)
    outcomes = _outcomes(study, points, trials)
    return MovingWard(study, program, pathway, trials, outcomes)


def _events(cohort: Cohort) -> Ints:
    assert cohort.trace is not None
    return cohort.trace.events[0]


# ---------------------------------------------------------------- a trial


def _trial(
    program: Program,
    pathway: Pathway,
    cohort: Cohort,
    points: Sequence[tuple[OutcomePlan, tuple[int, ...], tuple[int, ...]]],
    until: int | None,
) -> MovingTrial:
    events, end = _events(cohort), int(_events(cohort)[-1, 0])
    if until is not None:
        events, end = events[events[:, 0] < until], min(end, until)
    one = cohort.replicates[0]
    tapes = draw_tapes(
        program, seed=cohort.seed, replicates=cohort.replicates, participants=cohort.entries.entry.shape[1]
    )
    staff = staff_record(program, cohort.entries, tapes, seed=cohort.seed, replicate=one, until=until)
    ways = ways_of(program, pathway, events, staff)
    windows = _windows(program, cohort, events, end)
    people = [way.participant for way in ways]
    values = _declared(cohort)[people]
    return MovingTrial(
        number=one,
        end=end,
        cut=until is not None,
        ways=tuple(ways),
        spells=tuple(_spells(program, staff, windows)),
        windows=windows,
        values=tuple(values[:, list(places)] for _, _, places in points),
    )


def _windows(program: Program, cohort: Cohort, events: Ints, end: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """For each resource, when somebody of the study waits for it or is served, with the time before."""
    found: list[list[tuple[int, int]]] = [[] for _ in program.resources]
    asked: dict[tuple[int, int], int] = {}
    closed = (e.RELEASE, e.GIVE_UP, e.TURNED_AWAY)

    def close(person: int, hold: int, tick: int) -> None:
        begun = asked.pop((person, hold))
        base = int(cohort.entries.site[0, person]) * program.resources_per_site
        for resource in program.holds[hold].resources:
            found[base + resource].append((max(begun - LEAD, 0), tick))

    for tick, kind, person, _, value, _ in events.tolist():
        if kind == e.REQUEST:
            asked[person, value] = tick
        elif kind in closed:
            close(person, value, tick)
        elif kind == e.LEAVE:
            for one, hold in [key for key in asked if key[0] == person]:
                close(one, hold, tick)
    for person, hold in list(asked):
        close(person, hold, end)
    return tuple(tuple(_joined(sorted(one))) for one in found)


def _joined(windows: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Windows that overlap as one."""
    begin, end = -1, -1
    for opens, closes in windows:
        if opens > end and end >= 0:
            yield begin, end
        begin, end = (opens, closes) if opens > end or end < 0 else (begin, max(end, closes))
    if end >= 0:
        yield begin, end


def _spells(
    program: Program, staff: StaffRecord, windows: Sequence[Sequence[tuple[int, int]]]
) -> Iterator[tuple[tuple[int, int], ...]]:
    """For each unit, the spells of other work in the windows of its resource."""
    for number, resource in enumerate(program.resources):
        of_resource = staff.other_work[staff.other_work[:, 0] == number]
        ends = np.array([end for _, end in windows[number]], dtype=np.int64)
        begins = np.array([begin for begin, _ in windows[number]], dtype=np.int64)
        for unit in range(resource.units):
            spells = of_resource[of_resource[:, 1] == unit, 2:]
            place = np.searchsorted(ends, spells[:, 0])
            shown = [
                (int(begin), int(end))
                for (begin, end), at in zip(spells, place, strict=True)
                if at < len(ends) and begins[at] < end
            ]
            yield tuple(sorted(shown))


# ---------------------------------------------------------------- outcomes


def _declared(cohort: Cohort) -> NDArray[np.float64]:
    """(N, D) values of the only replicate, with the declared effects."""
    values: NDArray[np.float64] = cohort.measurements.values[cohort.measurements.twins.index("declared"), 0]
    return values


def _points(study: Study, cohorts: Sequence[Cohort]) -> Iterator[tuple[OutcomePlan, tuple[int, ...], tuple[int, ...]]]:
    """Outcomes whose values belong to visits, primary ones first, with their visits and their places in the plan."""
    response, program = study.response, study.program
    assert program is not None
    primary = [study.scenario.analyses[name].outcome for name in study.scenario.primary]
    names = dict.fromkeys([*primary, *study.scenario.outcomes])
    plans = {plan.name: plan for plan in response.outcomes}
    shown = [plans[name] for name in names if plans[name].scale.follow is None][:MOST_OUTCOMES]
    for plan in shown:
        places = [at for at, (name, _) in enumerate(response.pairs) if name == plan.name]
        places.sort(key=lambda at: program.visits.index(response.pairs[at][1]))
        values = np.concatenate([_declared(cohort)[:, places].ravel() for cohort in cohorts])
        if np.isfinite(values).any():
            yield plan, tuple(program.visits.index(response.pairs[at][1]) for at in places), tuple(places)


def _outcomes(
    study: Study,
    points: Sequence[tuple[OutcomePlan, tuple[int, ...], tuple[int, ...]]],
    trials: Sequence[MovingTrial],
) -> tuple[ShownOutcome, ...]:
    made = []
    for index, (plan, visits, places) in enumerate(points):
        declared = study.scenario.outcomes[plan.name]
        name = declared.label or plan.name
        label = f"{name} [{declared.unit}]" if declared.unit else name
        found = np.concatenate([trial.values[index].ravel() for trial in trials])
        found = found[np.isfinite(found)]
        log = plan.scale.log and plan.scale.categories is None and bool((found > 0).any())
        low, high, ticks = _axis(plan, found[found > 0] if log else found, log=log)
        made.append(ShownOutcome(plan, label, visits, places, log, low, high, ticks, log and bool((found <= 0).any())))
    return tuple(made)


def _axis(
    plan: OutcomePlan, found: NDArray[np.float64], *, log: bool
) -> tuple[float, float, tuple[tuple[float, str], ...]]:
    """The ends of an axis, on its scale, and its marks: all categories with room for half a step, or the values found."""
    if plan.scale.yes_or_no:
        return -0.2, 1.2, ((0.0, "no"), (1.0, "yes"))
    if plan.scale.categories is not None:
        low, high = float(plan.categories[0]), float(plan.categories[-1])
        room = 0.3 * (high - low) / (len(plan.categories) - 1)
        return low - room, high + room, tuple((float(one), f"{one:g}") for one in _few(plan.categories))
    if not len(found):
        return 0.0, 1.0, ()
    low, high = float(found.min()), float(found.max())
    ticks = tuple((value, f"{value:g}") for value in (_decades(low, high) if log else _round_steps(low, high)))
    ends = (math.log(low), math.log(high)) if log else (low, high)
    return (*ends, ticks) if high > low else (ends[0] - 0.5, ends[0] + 0.5, ticks)


def _few(categories: NDArray[np.float64]) -> NDArray[np.float64]:
    """At most seven categories, both ends among them."""
    step = max(1, math.ceil((len(categories) - 1) / 6))
    return categories[::step] if (len(categories) - 1) % step == 0 else categories[[0, -1]]


def _decades(low: float, high: float) -> Iterator[float]:
    """1, 3, 10, 30, ... between two values; 1, 2, 5 where these are too few."""
    for marks in ((1, 3), (1, 2, 5)):
        found = [
            mark * 10.0**power
            for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            for mark in marks
            if low <= mark * 10.0**power <= high
        ]
        if len(found) >= 2:
            break
    yield from found[:: max(1, math.ceil(len(found) / 5))]


def _round_steps(low: float, high: float) -> Iterator[float]:
    """Three to six round numbers between two values."""
    if high <= low:
        yield low
        return
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(mark * power for mark in (1, 2, 2.5, 5, 10) if mark * power >= rough)
    for number in range(math.ceil(low / step), math.floor(high / step) + 1):
        yield round(number * step, 10)


# ---------------------------------------------------------------- names and colors


def hue(ward: MovingWard, arm: int) -> int:
    """The number of an arm's color, as in figures: a single arm is blue."""
    arms = len(ward.program.arms)
    return (arm + (arms == 1)) % COLORS


def several(resource: ResourceInfo) -> str:
    """The name of a resource for all of its units: with an s where it is one plain word."""
    plain = resource.units > 1 and resource.name.isalpha() and not resource.name.endswith("s")
    return f"{resource.name}s" if plain else resource.name
