"""Event logs for other programs: every event of the reference engine once, every use of staff with its end, units that exist."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.busy_ward import BUSY
from trialsim.codebook import EVENT_TYPES, LIFECYCLE, event_logs
from trialsim.cohort import Trial
from trialsim.engine import trace as e
from trialsim.eventlog import ACTIVITIES, VIDIGI, ActivityLog, ActivityRow, VidigiRow, vidigi_rows
from trialsim.prepared import Study, prepare
from trialsim.scenario import load, loads
from trialsim.scenario.shipped import shipped_scenarios
from trialsim.study import cohort_of

PICU = shipped_scenarios()["picu-blood-draw"].path


@pytest.fixture(scope="module", params=["busy", "picu"])
def study(request: pytest.FixtureRequest) -> Study:
    return prepare(loads(BUSY) if request.param == "busy" else load(PICU))


@pytest.fixture(scope="module")
def trial(study: Study) -> Trial:
    """By the fast engine, as in a run."""
    return cohort_of(study, 1).one(1)


@pytest.fixture(scope="module")
def judge(study: Study) -> Trial:
    """By the reference engine."""
    return cohort_of(study, 1, engine="simpy").one(1)


def reference_events(judge: Trial) -> list[list[int]]:
    trace = judge.cohort.trace
    assert trace is not None
    return [event for event in trace.events[0].tolist() if event[1] != e.SERVED]


def words_of(judge: Trial, kind: int, step: int, value: int) -> tuple[str, str, str]:
    """Activity, state and detail that an event is to have, spelled out kind by kind."""
    program = judge.cohort.program
    assert program is not None
    name = program.names[step]
    if kind in (e.REQUEST, e.GRANT, e.GIVE_UP, e.TURNED_AWAY, e.RELEASE):
        name = program.holds[value].name
    return {
        e.ENTER: ("enrolled", "complete", ""),
        e.WAITS: (name, "start", ""),
        e.REQUEST: (name, "schedule", ""),
        e.GRANT: (name, "start", ""),
        e.GIVE_UP: (name, "abort_activity", "gave up"),
        e.TURNED_AWAY: (name, "abort_activity", "turned away"),
        e.RELEASE: (name, "complete", ""),
        e.START: (name, "start", ""),
        e.PAUSE: (name, "suspend", ""),
        e.RESUME: (name, "resume", ""),
        e.END: (name, "complete", ""),
        e.TRIED: (name, "complete", "succeeded" if value else "failed"),
        e.FAILED: (f"{name}: no try succeeded", "complete", ""),
        e.VISIT: (f"visit {program.visits[value]}" if kind == e.VISIT else "", "complete", ""),
        e.LEAVE: ("left", "complete", judge.cohort.conduct_plan.leave_reasons[value] if kind == e.LEAVE else ""),
        e.COMPLETE: ("completed", "complete", ""),
    }[kind]


def of_events(rows: list[ActivityRow]) -> list[ActivityRow]:
    """Without the rows that end what an event leaves open: a wait, and all that is open when somebody leaves."""
    return [
        row
        for row in rows
        if not (row.kind == "wait" and row.lifecycle != "start")
        and not (row.detail == "left" and row.kind != "pathway")
    ]


def differences(rows: list[ActivityRow], judge: Trial) -> Iterator[str]:
    """Where a log and the events of the reference engine differ."""
    start = judge.start
    assert isinstance(start, datetime)
    events = reference_events(judge)
    if len(rows) != len(events):
        yield f"{len(rows)} rows, {len(events)} events"
    for row, (tick, kind, person, step, value, _) in zip(rows, events, strict=False):
        wanted = (f"1-SIM-{person + 1:03d}", start + timedelta(seconds=tick), *words_of(judge, kind, step, value))
        if (row.case_id, row.timestamp, row.activity, row.lifecycle, row.detail) != wanted:
            yield f"{row} against {wanted}"


def test_activities_are_the_events_of_the_reference_engine_one_by_one(trial: Trial, judge: Trial) -> None:
    rows = of_events(list(ActivityLog().rows(trial)))
    assert next(differences(rows, judge), None) is None
    assert {row.kind for row in rows} == {"pathway", "wait", "staff", "activity", "visit"}


@pytest.mark.parametrize("fault", ["swapped", "left out", "a second late"])
def test_a_fault_in_the_log_is_seen(trial: Trial, judge: Trial, fault: str) -> None:
    """Planted."""
    rows = of_events(list(ActivityLog().rows(trial)))
    if fault == "swapped":
        rows[10], rows[11] = rows[11], rows[10]
    elif fault == "left out":
        del rows[10]
    else:
        rows[10] = ActivityRow(**{**vars(rows[10]), "timestamp": rows[10].timestamp + timedelta(seconds=1)})
    assert next(differences(rows, judge), None) is not None


def test_both_engines_give_the_same_log(trial: Trial, judge: Trial) -> None:
    assert list(ActivityLog().rows(trial)) == list(ActivityLog().rows(judge))
    assert list(vidigi_rows(trial)) == list(vidigi_rows(judge))


def test_every_activity_begins_once_and_ends_once(trial: Trial) -> None:
    states: dict[int, list[str]] = defaultdict(list)
    times: dict[int, list[datetime]] = defaultdict(list)
    for row in ActivityLog().rows(trial):
        states[row.activity_instance].append(row.lifecycle)
        times[row.activity_instance].append(row.timestamp)
    ends = ("complete", "abort_activity")
    for found in states.values():
        assert found[-1] in ends
        assert not set(found[:-1]) & set(ends)
        assert found.count("start") <= 1
    assert all(found == sorted(found) for found in times.values())
    assert {state for found in states.values() for state in found} <= set(LIFECYCLE)


def expected_places(judge: Trial) -> Counter[tuple[str, float, str]]:
    """What vidigi is to be given of the events of the reference engine, as (participant, minute, type)."""
    program = judge.cohort.program
    assert program is not None
    found: Counter[tuple[str, float, str]] = Counter()
    held: dict[int, list[int]] = defaultdict(list)
    for tick, kind, person, _, value, _ in reference_events(judge):
        who, minute, inside = f"SIM-{person + 1:03d}", tick / 60, held[person]
        if kind in (e.ENTER, e.LEAVE, e.COMPLETE):
            found[who, minute, "arrival_departure"] += 1
            while inside:
                found[who, minute, "resource_use_end"] += len(program.holds[inside.pop()].resources)
        elif kind in (e.WAITS, e.REQUEST, e.GIVE_UP, e.TURNED_AWAY) or (kind == e.START and not inside):
            found[who, minute, "queue"] += 1
        elif kind == e.GRANT:
            inside.append(value)
            found[who, minute, "resource_use"] += len(program.holds[value].resources)
        elif kind == e.RELEASE:
            found[who, minute, "resource_use_end"] += len(program.holds[inside.pop()].resources)
    return found


def test_vidigi_is_given_the_events_of_the_reference_engine(trial: Trial, judge: Trial) -> None:
    rows = list(vidigi_rows(trial))
    assert Counter((row.entity_id, row.time, row.event_type) for row in rows) == expected_places(judge)
    assert [row.time for row in rows] == sorted(row.time for row in rows)
    assert {row.event_type for row in rows} == set(EVENT_TYPES)
    for event in ("arrival", "depart"):
        once = Counter(row.entity_id for row in rows if row.event == event)
        assert set(once.values()) == {1}


def uses(rows: list[VidigiRow]) -> Iterator[tuple[str, str, int, float, float]]:
    """Each use of a unit: who, event, unit, from and to [min]; a use without an end is an error."""
    begun: dict[tuple[str, str], VidigiRow] = {}
    for row in rows:
        if row.event_type == "resource_use":
            assert (row.entity_id, row.event) not in begun
            begun[row.entity_id, row.event] = row
        elif row.event_type == "resource_use_end":
            first = begun.pop((row.entity_id, row.event))
            assert first.resource_id == row.resource_id is not None
            yield row.entity_id, row.event, row.resource_id, first.time, row.time
        else:
            assert row.resource_id is None
    assert begun == {}


def test_every_unit_that_comes_is_free_again_and_exists_and_serves_one_at_a_time(study: Study, trial: Trial) -> None:
    program = study.program
    assert program is not None
    units = {(one.base, program.sites[one.site] if program.sites else ""): one.units for one in program.resources}
    single = program.resources[0].base
    served: dict[tuple[str, str, int], list[tuple[float, float]]] = defaultdict(list)
    for _, event, unit, begin, end in uses(list(vidigi_rows(trial))):
        name, _, site = event.partition(" @")
        base = name.rpartition(": ")[2] if ": " in name else single
        assert 1 <= unit <= units[base, site]
        served[base, site, unit].append((begin, end))
    assert len(served) == sum(units.values())
    for spans in served.values():
        spans.sort()
        assert all(first[1] <= second[0] for first, second in pairwise(spans))


def test_a_use_without_an_end_is_seen(trial: Trial) -> None:
    """Planted."""
    rows = list(vidigi_rows(trial))
    last = max(place for place, row in enumerate(rows) if row.event_type == "resource_use_end")
    with pytest.raises(AssertionError):
        list(uses([*rows[:last], *rows[last + 1 :]]))


def test_the_codebook_explains_every_column(trial: Trial) -> None:
    entries = list(event_logs(trial.cohort.for_codebook))
    for table, columns in (("vidigi", VIDIGI), ("activities", ACTIVITIES)):
        assert tuple(entry.column for entry in entries if entry.table == table) == columns
    assert all(entry.meaning for entry in entries)
