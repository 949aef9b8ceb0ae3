"""Both engines play the same protocol to the same last event, and to the same arrays.

The comparison is exact, so it never fails by chance. The planted faults at the end show that it can fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests.agreement.protocols import NEVER, STEPS, Trial, trials
from trialsim.conduct import conduct, plan_conduct
from trialsim.engine import Engine, EventTrace, play, reference, summarize
from trialsim.engine.trace import WAITS, first_difference
from trialsim.errors import EngineError
from trialsim.protocol.columns import A_SERVED, GAVE_UP, SHIFT_BITS, UNIT_BITS, V_SERVED
from trialsim.protocol.compile import compile_protocol
from trialsim.protocol.practitioners import NOBODY, Practitioners
from trialsim.protocol.program import Program
from trialsim.protocol.steps import Resource
from trialsim.protocol.tapes import Tapes, draw_tapes
from trialsim.scenario import load

ARRAYS = ("visits", "activities", "holds", "ends", "staff", "trial_end")
SHIPPED = sorted((Path(__file__).parents[2] / "scenarios").rglob("*.yaml"))
MANY = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def tapes_of(trial: Trial) -> Tapes:
    participants = trial.entries.entry.shape[1]
    return draw_tapes(trial.program, seed=trial.seed, replicates=range(1), participants=participants)


def played(trial: Trial, engine: Any, tapes: Tapes) -> EventTrace:
    return play(trial.program, trial.entries, tapes, seed=trial.seed, replicates=range(1), engine=engine, record=True)


def difference(a: EventTrace, b: EventTrace, trial: Trial) -> str | None:
    """The first event that differs, else the first array."""
    return traces_differ(a, b, trial.program)


def traces_differ(a: EventTrace, b: EventTrace, program: Program) -> str | None:
    for left, right in zip(a.events, b.events, strict=True):
        found = first_difference(left, right, program)
        if found is not None:
            return found
    return next((name for name in ARRAYS if not np.array_equal(getattr(a, name), getattr(b, name))), None)


@MANY
@given(trials())
def test_engines_agree(trial: Trial) -> None:
    tapes = tapes_of(trial)
    assert difference(played(trial, "fast", tapes), played(trial, "simpy", tapes), trial) is None


@MANY
@given(trials(other_work=False))
def test_engines_agree_under_any_priority(trial: Trial) -> None:
    tapes = tapes_of(trial)
    assert difference(played(trial, "fast", tapes), played(trial, "simpy", tapes), trial) is None


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_engines_agree_on_shipped_scenarios(path: Path) -> None:
    scenario, some = load(path), range(40, 44)
    program = scenario.program
    if program is None:
        pytest.skip("no ward")
    entries = conduct(plan_conduct(scenario), seed=3, replicates=some)
    tapes = draw_tapes(program, seed=3, replicates=some, participants=entries.entry.shape[1])
    fast = play(program, entries, tapes, seed=3, replicates=some, record=True)
    slow = play(program, entries, tapes, seed=3, replicates=some, engine="simpy", record=True)
    assert traces_differ(fast, slow, program) is None
    assert len(fast.events[0]) > entries.entry.shape[1]
    # no events are kept unless asked for, and the arrays are the same
    silent = play(program, entries, tapes, seed=3, replicates=some)
    assert all(np.array_equal(getattr(silent, name), getattr(fast, name)) for name in ARRAYS)
    # a later replicate alone is that row of the batch
    alone = SimpleNamespace(**{name: None if value is None else value[2:3] for name, value in vars(entries).items()})
    again = play(program, alone, tapes[2:3], seed=3, replicates=range(42, 43))
    assert all(np.array_equal(getattr(again, name)[0], getattr(fast, name)[2]) for name in ARRAYS)


@pytest.mark.parametrize("engine", ["fast", "simpy"])
def test_a_site_that_the_protocol_does_not_know_is_refused(engine: Engine) -> None:
    """It would be read beyond the end of the resources."""
    scenario = load(next(path for path in SHIPPED if path.stem == "nicu-stepped-wedge"))
    assert scenario.program is not None
    entries = conduct(plan_conduct(scenario), seed=3, replicates=range(1))
    tapes = draw_tapes(scenario.program, seed=3, replicates=range(1), participants=entries.entry.shape[1])
    alone = replace(scenario.program, sites=())
    with pytest.raises(EngineError, match="TS-N002"):
        play(alone, entries, tapes, seed=3, replicates=range(1), engine=engine)


# ---------------------------------------------------------------- planted faults


def ties(
    steps: Sequence[Mapping[str, Any]],
    staff: Mapping[str, Any],
    entry: Sequence[int],
    *,
    followed: Practitioners = NOBODY,
    **leave: int,
) -> Trial:
    """A small trial in which a rule decides."""
    records = {name: Resource.model_validate(one) for name, one in staff.items()}
    program = compile_protocol(
        STEPS.validate_python(tuple(steps)), records, arms=("all",), starts=date(2026, 1, 5), practitioners=followed
    )
    shape = (1, len(entry))
    goes = np.full(shape, NEVER, dtype=np.int64)
    for who, tick in leave.items():
        goes[0, int(who[1:])] = tick
    entries = SimpleNamespace(
        entry=np.array([entry], dtype=np.int64),
        arm=np.zeros(shape, dtype=np.int8),
        site=np.zeros(shape, dtype=np.int16),
        leave=goes,
        leave_reason=np.where(goes < NEVER, 0, -1).astype(np.int8),
    )
    return Trial(program, entries, 1)


SERVICE = {"activity": "service", "needs": ["nurse"], "lasts": "10 s"}
NURSE = {"nurse": {"units": 1}}
FAULTS = {
    # rank swapped, and a trial in which that rank decides
    "patience before grants": ("GRANTS", 6.5, ties([SERVICE | {"give_up_after": "7 s"}], NURSE, [0, 3])),
    "a step ends after an arrival": ("STEP_ENDS", 3.5, ties([SERVICE], NURSE, [0, 10])),
    "leaving after grants": ("LEAVING", 5.5, ties([SERVICE], NURSE, [0, 1, 2], p1=10)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_order_within_a_tick_is_reported(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, rank, trial = FAULTS[fault]
    tapes = tapes_of(trial)
    fast = played(trial, "fast", tapes)
    assert difference(fast, played(trial, "simpy", tapes), trial) is None
    monkeypatch.setattr(reference, name, rank)
    found = difference(fast, played(trial, "simpy", tapes), trial)
    assert found is not None
    assert found.startswith("event ")


def test_a_wrong_tick_is_reported() -> None:
    trial = ties([SERVICE, {"visit": "v"}], NURSE, [0, 3])
    tapes = tapes_of(trial)
    longer = tapes.copy()
    longer[0, 1, 0] += 1
    found = difference(played(trial, "fast", tapes), played(trial, "simpy", longer), trial)
    assert found is not None
    assert "participant 1 starts [service] value 10" in found
    assert "participant 1 starts [service] value 11" in found


def test_a_wrong_compiler_is_reported() -> None:
    """The reference reads the protocol itself: a step table that is wrong is noticed."""
    trial = ties([SERVICE | {"give_up_after": "3 s"}, {"visit": "v"}], NURSE, [0, 3])
    tapes = tapes_of(trial)
    holds = tuple(replace(hold, patience=30) for hold in trial.program.holds)
    faulty = Trial(replace(trial.program, holds=holds), trial.entries, trial.seed)
    found = difference(played(faulty, "fast", tapes), played(trial, "simpy", tapes), trial)
    assert found is not None
    assert "gives up" in found


def test_other_work_of_another_seed_is_reported() -> None:
    busy = {"nurse": {"units": 1, "hours": "daily 00:00-06:00", "other_work": {"share": "80 %", "spell": "10 min"}}}
    trial = ties([SERVICE], busy, [3600 * k for k in range(1, 6)])
    tapes = tapes_of(trial)
    assert difference(played(trial, "fast", tapes), played(trial, "simpy", tapes), trial) is None
    other = Trial(trial.program, trial.entries, 2)
    assert difference(played(trial, "fast", tapes), played(other, "simpy", tapes), trial) is not None


SHIFTS = {"nurse": {"units": {"00:01-00:03": 1, "00:00-00:02": 1}}}


def not_the_first_to_begin(station: Any, request: Any, tick: int) -> Any:
    """The first shift in the file that can give a unit."""
    able = [crew for crew in station.crews if crew.can_give(tick) and not station.other_work_first(crew, request)]
    return able[0] if able else None


def test_the_wrong_shift_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted faults: the first shift in the file gives its unit, and a shift gives one after its end."""
    trial = ties([SERVICE], SHIFTS, [62, 63, 110, 111, 114])
    tapes = tapes_of(trial)
    fast = played(trial, "fast", tapes)
    assert difference(fast, played(trial, "simpy", tapes), trial) is None
    with monkeypatch.context() as fault:
        fault.setattr(reference.Station, "crew_for", not_the_first_to_begin)
        found = str(difference(fast, played(trial, "simpy", tapes), trial))
        assert "value 0, unit 1; against" in found
        assert found.endswith("value 0, unit 0")
    calendars = tuple(
        replace(one, windows=tuple((start, end + 5) for start, end in one.windows)) for one in trial.program.calendars
    )
    late = Trial(replace(trial.program, calendars=calendars), trial.entries, trial.seed)
    assert "is granted" in str(difference(fast, played(late, "simpy", tapes), trial))


def test_a_break_that_is_forgotten_is_reported() -> None:
    """Planted faults: a break is not taken, and one ends a tick too early."""
    trial = ties([SERVICE], {"nurse": {"units": 1, "breaks": "00:01-00:02"}}, [55, 70])
    tapes = tapes_of(trial)
    fast = played(trial, "fast", tapes)
    assert difference(fast, played(trial, "simpy", tapes), trial) is None
    none = tuple(replace(one, breaks=-1) for one in trial.program.resources)
    short = tuple(replace(one, windows=tuple((a, b - 1) for a, b in one.windows)) for one in trial.program.calendars)
    for wrong in (replace(trial.program, resources=none), replace(trial.program, calendars=short)):
        found = str(difference(fast, played(replace(trial, program=wrong), "simpy", tapes), trial))
        assert "participant 1 is granted" in found


def test_a_patience_of_another_person_is_reported() -> None:
    """Planted fault: patience that varies is drawn for the one before."""
    patience = {"uniform": {"low": "2 s", "high": "40 s"}}
    trial = ties([SERVICE | {"give_up_after": patience}], NURSE, [0, 1, 2, 3, 4])
    tapes = tapes_of(trial)
    fast = played(trial, "fast", tapes)
    assert difference(fast, played(trial, "simpy", tapes), trial) is None
    assert (fast.hold_state == GAVE_UP).sum() >= 2
    wrong, slot = tapes.copy(), trial.program.holds[0].slot
    wrong[0, 1:, slot] = tapes[0, :-1, slot]
    assert "gives up" in str(difference(fast, played(trial, "simpy", wrong), trial))


def test_other_work_of_another_shift_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: every shift draws as the first one does."""
    busy = {"units": {"00:00-02:00": 1, "02:00-04:00": 1}, "other_work": {"share": "80 %", "spell": "10 min"}}
    trial = ties([SERVICE], {"nurse": busy}, [1200 * k for k in range(1, 12)])
    tapes = tapes_of(trial)
    fast = played(trial, "fast", tapes)
    assert difference(fast, played(trial, "simpy", tapes), trial) is None
    right = reference.Spells
    monkeypatch.setattr(reference, "Spells", lambda info, _shift, **at: right(info, info.shifts[0], **at))
    assert difference(fast, played(trial, "simpy", tapes), trial) is not None


def test_a_wrong_array_is_reported() -> None:
    trial = ties([SERVICE, {"visit": "v"}], NURSE, [0, 3])
    tapes = tapes_of(trial)
    fast, slow = played(trial, "fast", tapes), played(trial, "simpy", tapes)
    slow.staff[0, 0, 1] += 1
    assert difference(fast, slow, trial) == "staff"


# ---------------------------------------------------------------- who served last

THERAPISTS = {
    "room": {"units": 3},
    "therapist": {"units": 2, "people": 4, "hours": "daily 00:00-00:10"},
    "aide": {"units": 1},
}
SESSIONS = [
    {"visit": "before"},
    {"hold": ["room"], "steps": [
        {"activity": "massage", "needs": ["therapist"], "lasts": "20 s"},
        {"visit": "in the room"},
        {"activity": "bath", "needs": ["aide"], "lasts": "5 s"},
        {"visit": "bathed"},
    ]},
    {"wait": {"for": "1 h"}},
    {"visit": "after a wait"},
    {"wait": {"until": "daily 00:00-00:01"}},
    {"hold": ["room", "therapist"], "steps": [{"visit": "next day"}]},
]  # fmt: skip
GROUPS = Practitioners((("therapist",), ("therapist", "aide")), givers=1)


def served(trace: EventTrace, visit: int, group: int) -> list[tuple[int, int, int]]:
    """(resource, shift, unit) of each participant at a visit; nobody is -1 throughout."""
    packed = trace.visits[0, :, visit, V_SERVED + group]
    return [
        (int(x >> SHIFT_BITS), int(x >> UNIT_BITS) & (2**28 - 1), int(x) & 65535) if x >= 0 else (-1, -1, -1)
        for x in packed
    ]


def test_who_served_last_acts_until_another_person_serves() -> None:
    """Room before, around, or a wait after: the therapist counts; the aide only in the group that names the aide.

    The week before tick 0 has 7 shifts and the trial starts on a Monday, so day 0 is shift 7 and day 1 shift 8.
    """
    trial = ties(SESSIONS, THERAPISTS, [0, 0], followed=GROUPS)
    trace = played(trial, "fast", tapes_of(trial))
    assert difference(trace, played(trial, "simpy", tapes_of(trial)), trial) is None
    nobody, first, second = (-1, -1, -1), (1, 7, 0), (1, 7, 1)
    assert served(trace, 0, 0) == [nobody, nobody]
    for visit in (1, 2, 3):
        assert served(trace, visit, 0) == [first, second]
    assert served(trace, 4, 0) == [(1, 8, 0), (1, 8, 0)]  # one after the other: the hold takes no time
    assert served(trace, 1, 1) == [first, second]
    assert served(trace, 2, 1) == served(trace, 3, 1) == [(2, 0, 0), (2, 0, 0)]
    assert served(trace, 4, 1) == served(trace, 4, 0)
    massage, bath = trace.activities[0, :, :, A_SERVED].T
    assert (massage == bath).all()
    assert (massage == trace.visits[0, :, 1, V_SERVED]).all()


def test_a_person_who_is_forgotten_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted faults: the room is taken for the therapist, an arrival is not followed, a wait clears who served."""
    trial = ties(SESSIONS, THERAPISTS, [0, 0], followed=GROUPS)
    tapes = tapes_of(trial)
    fast = played(trial, "fast", tapes)
    for groups in ((("room",), ("therapist", "aide")), (("therapist",), ("therapist",))):
        wrong = replace(trial.program, practitioners=Practitioners(groups, givers=1))
        found = difference(fast, played(replace(trial, program=wrong), "simpy", tapes), trial)
        assert found is not None
        assert "is served" in found
    keep = summarize._Pathway.read

    def forget(self: Any, events: Any) -> None:
        def forgotten(*_: int) -> None:
            self.served = [-1] * len(self.served)

        self.readers[WAITS] = forgotten
        keep(self, events)

    monkeypatch.setattr(summarize._Pathway, "read", forget)
    assert difference(fast, played(trial, "simpy", tapes), trial) == "visits"


def test_a_shift_of_the_wrong_number_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = ties(SESSIONS, THERAPISTS, [0, 0], followed=GROUPS)
    tapes = tapes_of(trial)
    fast = played(trial, "fast", tapes)
    right = summarize.shift_number
    monkeypatch.setattr(summarize, "shift_number", lambda *told: right(*told) + 1)
    assert difference(fast, played(trial, "simpy", tapes), trial) == "visits"


def test_who_had_served_is_kept_for_visits_that_are_missed() -> None:
    """A session given up, and one after leaving, keep the person of the session before: truth values them so."""
    steps = [
        {"hold": ["therapist"], "steps": [{"visit": "first"}]},
        {"wait": {"for": "1 min"}},
        {"hold": ["therapist"], "name": "second", "give_up_after": "5 s", "steps": [{"visit": "second"}]},
        {"wait": {"for": "1 h"}},
        {"visit": "third"},
    ]
    staff = {"therapist": {"units": 1, "people": 4, "hours": "daily 00:00-00:01"}}
    followed = Practitioners((("therapist",),), givers=0)
    trial = ties(steps, staff, [0, 0], followed=followed, p1=1200)
    trace = played(trial, "fast", tapes_of(trial))
    assert difference(trace, played(trial, "simpy", tapes_of(trial)), trial) is None
    assert trace.visit_reason[0].tolist() == [[0, 1, 0], [0, 1, 2]]
    for visit in range(3):
        assert served(trace, visit, 0) == [(0, 7, 0), (0, 7, 0)]
