"""The rules of time and events, one by one, in both engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trialsim.engine import EventTrace
from trialsim.engine import trace as e
from trialsim.engine.trace import describe_event, first_difference
from trialsim.numbers.draws import uniforms

Ward = Callable[..., EventTrace]
SERVICE: dict[str, Any] = {"activity": "service", "lasts": "10 s", "needs": ["nurse"]}
ONE: dict[str, Any] = {"nurse": {"units": 1}}


def grants(trace: EventTrace, hold: int = 0) -> list[int]:
    found: list[int] = trace.holds[0, :, hold, e.H_GRANT].tolist()
    return found


def test_one_waits_for_the_other(ward: Ward) -> None:
    trace = ward([SERVICE, {"visit": "gone"}], ONE, [0, 3])
    assert grants(trace) == [0, 10]
    assert trace.visit_time[0, :, 0].tolist() == [10, 20]
    assert trace.hold_wait[0, :, 0].tolist() == [0, 7]
    assert trace.trial_end.tolist() == [20]
    assert trace.staff[0, 0].tolist() == [20, 0, 2]


def test_a_grant_wins_over_patience_on_the_same_tick(ward: Ward) -> None:
    steps = [SERVICE | {"give_up_after": "7 s"}]
    assert ward(steps, ONE, [0, 3]).hold_state[0, :, 0].tolist() == [e.GRANTED, e.GRANTED]
    assert ward(steps, ONE, [0, 2]).hold_state[0, :, 0].tolist() == [e.GRANTED, e.GAVE_UP]


def test_patience_of_nothing_is_served_when_a_unit_is_free(ward: Ward) -> None:
    trace = ward([SERVICE | {"give_up_after": "0 s"}], ONE, [0, 5, 10])
    assert trace.hold_state[0, :, 0].tolist() == [e.GRANTED, e.GAVE_UP, e.GRANTED]


def test_who_gives_up_misses_the_visits_inside_and_goes_on(ward: Ward) -> None:
    steps = [
        {"hold": ["nurse"], "give_up_after": "2 s", "steps": [{"activity": "rest", "lasts": "10 s"}, {"visit": "in"}]},
        {"visit": "out"},
    ]
    trace = ward(steps, ONE, [0, 3])
    assert trace.visit_time[0].tolist() == [[10, 10], [-1, 5]]
    assert trace.visit_reason[0, 1].tolist() == [e.SESSION_MISSED, e.VISITED]


def test_a_resource_given_back_and_asked_for_again_goes_to_who_waits(ward: Ward) -> None:
    trace = ward([SERVICE, SERVICE | {"name": "second"}], ONE, [0, 3])
    assert (grants(trace, 0), grants(trace, 1)) == ([0, 10], [20, 30])


def test_priority_comes_first_then_the_tick_then_the_participant(ward: Ward) -> None:
    urgent = SERVICE | {"name": "urgent", "arms": ["massage"], "priority": -1}
    routine = SERVICE | {"name": "routine", "arms": ["control"]}
    trace = ward([urgent, routine], ONE, [0, 2, 2, 4], arm=[0, 0, 0, 1])
    assert trace.activities[0, :, 1, e.A_START].tolist() == [0, 20, 30, -1]
    assert trace.activities[0, 3, 0, e.A_START] == 10


def test_the_lowest_free_unit_is_given(ward: Ward) -> None:
    trace = ward([SERVICE], {"nurse": {"units": 3}}, [0, 1, 2, 10, 11])
    assert trace.holds[0, :, 0, e.H_UNIT].tolist() == [0, 1, 2, 0, 1]


def test_steps_that_end_when_one_leaves_count(ward: Ward) -> None:
    steps = [SERVICE, {"visit": "gone"}, {"wait": {"for": "5 s"}}, {"visit": "later"}]
    trace = ward(steps, ONE, [0, 0], leave={0: 10})
    assert trace.visit_time[0].tolist() == [[10, -1], [20, 25]]
    assert trace.visit_reason[0, 0].tolist() == [e.VISITED, e.LEFT]
    assert trace.ends[0].tolist() == [[10, e.LEFT_EARLY], [25, e.COMPLETED]]


def test_who_leaves_frees_the_unit_and_the_place_in_the_queue(ward: Ward) -> None:
    trace = ward([SERVICE, {"visit": "gone"}], ONE, [0, 1, 2], leave={0: 4, 1: 3})
    assert trace.hold_state[0, :, 0].tolist() == [e.GRANTED, e.LEFT_WAITING, e.GRANTED]
    assert grants(trace) == [0, -1, 4]
    assert trace.activities[0, 0, 0, [e.A_END, e.A_PLANNED, e.A_DELIVERED]].tolist() == [4, 10, 4]


def test_leaving_after_the_last_step_is_ignored(ward: Ward) -> None:
    trace = ward([SERVICE], ONE, [0], leave={0: 11})
    assert trace.ends[0, 0].tolist() == [10, e.COMPLETED]


def test_two_resources_are_granted_together_and_a_blocked_head_blocks(ward: Ward) -> None:
    staff = {"nurse": {"units": 1}, "room": {"units": 1}}
    both = SERVICE | {"name": "both", "needs": ["nurse", "room"], "arms": ["massage"]}
    one = SERVICE | {"name": "room only", "needs": ["room"], "arms": ["control"]}
    trace = ward([both, one], staff, [0, 1, 2], arm=[0, 1, 0])
    assert grants(trace, 0) == [-1, 10, -1]  # waits for the room, and keeps no nurse meanwhile
    assert grants(trace, 1) == [0, -1, 20]  # stands behind in the queue for the room


def test_a_need_for_what_is_held_uses_it(ward: Ward) -> None:
    trace = ward([{"hold": ["nurse"], "steps": [SERVICE, {"visit": "in"}]}], ONE, [0, 0])
    assert trace.visit_time[0, :, 0].tolist() == [10, 20]
    assert trace.holds.shape[2] == 1


def test_nothing_is_granted_at_the_end_of_a_shift_and_overtime_is_counted(ward: Ward) -> None:
    staff = {"nurse": {"units": 1, "hours": "daily 00:00-00:01"}}
    trace = ward([SERVICE], staff, [55, 56])
    assert grants(trace) == [55, 86_400]
    assert trace.staff[0, 0].tolist() == [20, 5, 2]
    assert grants(ward([SERVICE], staff, [50, 50])) == [50, 86_400]  # 60 is closed
    assert grants(ward([SERVICE], staff, [49, 49])) == [49, 59]


def test_patience_runs_while_closed(ward: Ward) -> None:
    staff = {"nurse": {"units": 1, "hours": "daily 00:01-00:02"}}
    steps = [SERVICE | {"give_up_after": "20 s"}]
    assert ward(steps, staff, [39, 40]).hold_state[0, :, 0].tolist() == [e.GAVE_UP, e.GRANTED]


def test_a_wait_ends_at_the_first_open_tick(ward: Ward) -> None:
    steps = [{"wait": {"for": "30 s", "until": "daily 00:01-00:02"}}, {"visit": "seen"}]
    assert ward(steps, {}, [0, 30, 80, 90]).visit_time[0, :, 0].tolist() == [60, 60, 110, 86_460]


def test_a_wait_ends_at_any_time_of_the_opening_it_waits_for(ward: Ward) -> None:
    """Sixty wait for a window of ten minutes and come in each of them; one finds it open and goes at once."""
    steps = [{"wait": {"until": "daily 01:00-01:10", "at": "any time"}}, {"visit": "seen"}]
    seen = ward(steps, {}, [0] * 60 + [3_700], seed=1).visit_time[0, :, 0]
    assert seen[60] == 3_700
    assert set((seen[:60] - 3_600) // 60) == set(range(10))
    moments = uniforms(1, "step/wait before seen/moment", replicates=range(1), participants=60)[0]
    assert seen[:60].tolist() == [3_600 + 600 * int(u * 999_999 + 0.5) // 1_000_000 for u in moments]


def test_a_visit_in_an_attempt_is_marked_once_after_the_last_try(ward: Ward) -> None:
    attempt = {"attempt": "needle", "lasts": "10 s", "succeeds": "30 %", "at_most": 3, "visit": "during"}
    trace = ward([attempt], {}, [0] * 60)
    tries, failed = (trace.activities[0, :, 0, column] for column in (e.A_TRIES, e.A_FAILED))
    assert set(tries) == {1, 2, 3}
    assert (trace.visit_time[0, :, 0] == 10 * tries).all()
    success = trace.activities[0, :, 0, e.A_SUCCESS]
    assert (success == (failed < tries)).all()
    assert 0 < success.sum() < 60
    assert ((failed == 3) | (failed == tries - 1)).all()
    kinds = trace.events[0][:, 1]
    assert (kinds == e.FAILED).sum() == 60 - success.sum()
    assert (kinds == e.VISIT).sum() == 60


def test_an_interruption_takes_time_and_keeps_the_unit(ward: Ward) -> None:
    broken = SERVICE | {"interrupted": {"chance": "50 %", "for": "7 s", "stopped": "50 %"}}
    trace = ward([broken], {"nurse": {"units": 40}}, [0] * 40)
    start, end, planned, given, paused, resumed = (trace.activities[0, :, 0, column] for column in range(6))
    whole, stopped = paused < 0, (paused >= 0) & (given < planned)
    resumes = ~whole & ~stopped
    assert min(whole.sum(), stopped.sum(), resumes.sum()) > 2
    assert (end[whole] - start[whole] == 10).all()
    assert (end[resumes] - start[resumes] == 17).all()
    assert (resumed - paused)[resumes].tolist() == [7] * resumes.sum()
    assert (end[stopped] - start[stopped] == given[stopped]).all()
    assert (trace.holds[0, :, 0, e.H_RELEASE] == end).all()


def test_a_step_of_another_arm_is_passed_over(ward: Ward) -> None:
    needle = {
        "attempt": "needle",
        "lasts": "5 s",
        "succeeds": "100 %",
        "at_most": 1,
        "visit": "pain",
        "arms": ["massage"],
    }
    trace = ward([needle], {}, [0, 0], arm=[0, 1])
    assert trace.visit_reason[0, :, 0].tolist() == [e.OTHER_ARM, e.VISITED]


def test_an_activity_that_bears_an_arms_name_is_that_arms_own(ward: Ward) -> None:
    trace = ward([{"activity": "massage", "lasts": "5 s"}], {}, [0, 0], arm=[0, 1])
    assert trace.activities[0, :, 0, e.A_START].tolist() == [-1, 0]


def test_each_site_has_its_own_staff(ward: Ward) -> None:
    trace = ward([SERVICE], ONE, [0, 0, 0], site=[0, 1, 0], sites=["north", "south"])
    assert grants(trace) == [0, 0, 10]


def test_who_finds_the_queue_full_is_turned_away(ward: Ward) -> None:
    trace = ward([SERVICE], {"nurse": {"units": 1, "queue_limit": 1}}, [0, 2, 4, 10])
    assert trace.hold_state[0, :, 0].tolist() == [e.GRANTED, e.GRANTED, e.REFUSED, e.GRANTED]


def test_without_a_queue_who_finds_a_unit_free_is_served(ward: Ward) -> None:
    trace = ward([SERVICE], {"nurse": {"units": 1, "queue_limit": 0}}, [0, 2, 10])
    assert trace.hold_state[0, :, 0].tolist() == [e.GRANTED, e.REFUSED, e.GRANTED]


def test_who_never_enrolls_has_no_visits(ward: Ward) -> None:
    trace = ward([{"visit": "seen"}], {}, [0, -1])
    assert trace.visit_reason[0, :, 0].tolist() == [e.VISITED, e.NOT_ENROLLED]
    assert trace.ends[0, 1].tolist() == [-1, e.NEVER_ENROLLED]


def test_a_repeat_numbers_its_visits(ward: Ward) -> None:
    steps = [{"repeat": "course", "times": 2, "steps": [SERVICE, {"visit": "after"}]}]
    assert ward(steps, ONE, [0]).visit_time[0].tolist() == [[10, 20]]


def test_other_work_delays_the_study(ward: Ward) -> None:
    busy = {"nurse": {"units": 2, "hours": "daily 07:00-19:00", "other_work": {"share": "80 %", "spell": "12 min"}}}
    arrivals = np.arange(200)[None] * 86_400 + 43_200
    delayed = ward([SERVICE], busy, arrivals).hold_wait[0, :, 0]
    # with a share of 80 % in fixed spells about two in three have to wait; 200 of 200 or none would be a fault
    assert 60 < (delayed > 0).sum() < 190
    assert (delayed >= 0).all()


def test_first_difference_names_the_event(ward: Ward, make_program: Callable[..., Any]) -> None:
    program = make_program([SERVICE], ONE)
    log = ward([SERVICE], ONE, [0, 3]).events[0]
    assert first_difference(log, log.copy(), program) is None
    assert "nothing more happens" in str(first_difference(log, log[:-1], program))
    faulty = log.copy()
    faulty[4, 0] += 1
    found = str(first_difference(log, faulty, program))
    assert found.startswith("event 4: ")
    assert describe_event(faulty[4], program) in found
