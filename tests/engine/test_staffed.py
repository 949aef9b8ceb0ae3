"""Which units came to whom, and their other work: as the events have it, one at a time, and the same up to any tick."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from tests.busy_ward import BUSY
from trialsim.cohort import Cohort
from trialsim.engine import trace as e
from trialsim.engine.staffed import StaffRecord, staff_record
from trialsim.prepared import prepare
from trialsim.protocol.tapes import draw_tapes
from trialsim.scenario import loads
from trialsim.study import cohort_of


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return cohort_of(prepare(loads(BUSY)), 0)


def staff_of(cohort: Cohort, until: int | None = None) -> StaffRecord:
    program = cohort.program
    assert program is not None
    tapes = draw_tapes(program, seed=cohort.seed, replicates=range(1), participants=cohort.entries.entry.shape[1])
    return staff_record(program, cohort.entries, tapes, seed=cohort.seed, replicate=0, until=until)


def test_units_are_those_of_the_fast_engine(cohort: Cohort) -> None:
    """Its events have the unit of the first resource; a need has all of its resources, each once."""
    program, trace = cohort.program, cohort.trace
    assert program is not None
    assert trace is not None
    given = [tuple(row) for row in staff_of(cohort).given.tolist()]
    wanted = []
    place = 0
    for tick, kind, person, _, hold, unit in trace.events[0].tolist():
        if kind == e.GRANT:
            base = int(cohort.entries.site[0, person]) * program.resources_per_site
            resources = program.holds[hold].resources
            wanted.append((tick, person, base + resources[0], unit))
            assert given[place] == wanted[-1]
            assert [row[2] for row in given[place : place + len(resources)]] == [base + one for one in resources]
            place += len(resources)
    assert place == len(given) > 20


def test_a_unit_does_one_thing_at_a_time(cohort: Cohort) -> None:
    trace, program = cohort.trace, cohort.program
    assert trace is not None
    assert program is not None
    ends: dict[tuple[int, int], int] = {}
    opened: dict[int, list[int]] = defaultdict(list)
    for tick, kind, person, _, _, _ in trace.events[0].tolist():
        if kind == e.GRANT:
            opened[person].append(tick)
        elif kind in (e.RELEASE, e.LEAVE, e.COMPLETE):
            while opened[person]:
                ends[person, opened[person].pop()] = tick
    staff = staff_of(cohort)
    spans: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for tick, person, resource, unit in staff.given.tolist():
        spans[resource, unit].append((tick, ends[person, tick]))
    for resource, unit, begin, end in staff.other_work.tolist():
        assert 0 <= unit < program.resources[resource].units
        spans[resource, unit].append((begin, end))
    assert len(staff.other_work) > 20
    for found in spans.values():
        assert all(first[1] <= second[0] for first, second in pairwise(sorted(found)))


def test_what_is_cut_is_the_beginning(cohort: Cohort) -> None:
    whole = staff_of(cohort)
    until = int(whole.given[len(whole.given) // 2, 0])
    part = staff_of(cohort, until)
    assert np.array_equal(part.given, whole.given[whole.given[:, 0] < until])
    assert 0 < len(part.other_work) < len(whole.other_work)
