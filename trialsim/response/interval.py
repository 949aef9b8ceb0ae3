"""For how long participants are planned to be followed, for outcomes that belong to a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass

from trialsim.protocol.compile import expected_between
from trialsim.protocol.program import Program
from trialsim.quantities.fields import Number
from trialsim.scenario.checks.follow import seconds_of
from trialsim.scenario.model import Outcome, Scenario

DAY = 86_400.0


@dataclass(frozen=True)
class Follow:
    """For how long a participant is followed.

    Attributes
    ----------
    start : the visit in the program from which the time counts; -1 for enrollment, and without a ward
    start_time : its declared time, without a ward [s]
    length : the planned length [s]
    unit : the unit of the time at risk [s]
    to_visit : whether following ends at the visit of the outcome, and not when the length has passed
    marks : whether an event is awaited, so that a time may be censored; otherwise events are counted
    """

    start: int
    start_time: float
    length: float
    unit: float
    to_visit: bool
    marks: bool

    @property
    def planned(self) -> float:
        """The planned length in its unit."""
        return self.length / self.unit


def planned_follow(what: Outcome, scenario: Scenario, program: Program | None, reference: int) -> Follow | None:
    """How long participants are followed; between visits on a ward, as long as that takes on average in the reference arm."""
    if what.scale.follow is None:
        return None
    first, last = what.over if what.over else (what.since, what.until)
    marks, unit = not what.over, DAY if what.over else seconds_of(what.unit)
    assert unit is not None  # checked
    start = -1 if first is None or program is None else program.visits.index(first)
    start_time = scenario.visits[first].value if first is not None and first in scenario.visits else 0.0
    if isinstance(last, Number):
        return Follow(start, start_time, last.value, unit, to_visit=False, marks=marks)
    assert last is not None  # checked
    if program is None:
        length = scenario.visits[last].value - start_time
    else:
        begins = -1 if start < 0 else program.visit_step[start]
        length = expected_between(program, begins, program.visit_step[program.visits.index(last)], reference)
    return Follow(start, start_time, length, unit, to_visit=True, marks=marks)


def felt_at(outcome: Outcome, visit: str) -> str | None:
    """The visit at which a practitioner is felt: the first of an interval, None for enrollment."""
    return next(iter(outcome.over), visit) if outcome.until is None else outcome.since
