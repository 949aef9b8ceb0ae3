"""From steps to the step table: names, sessions, arms, holds; and what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

from trialsim.errors import ProtocolError
from trialsim.protocol import program as p
from trialsim.protocol.compile import compile_protocol
from trialsim.protocol.program import Program
from trialsim.protocol.steps import Resource, Step

STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])
STAFF: dict[str, Any] = {"nurse": {"units": 2}, "room": {"units": 1, "hours": "Mon-Fri 08:00-16:00"}}
REST: dict[str, Any] = {"activity": "rest", "lasts": "5 min"}


def compiled(steps: Sequence[Mapping[str, Any]], staff: Mapping[str, Any] | None = None, **more: Any) -> Program:
    records = {name: Resource.model_validate(one) for name, one in (STAFF if staff is None else staff).items()}
    arms = more.pop("arms", ("control", "massage"))
    return compile_protocol(STEPS.validate_python(tuple(steps)), records, arms=arms, starts=date(2026, 1, 5), **more)


def operations(program: Program) -> list[str]:
    return [p.OP_NAMES[row[0]] for row in program.ops]


def test_a_hold_is_seized_and_released_around_its_steps() -> None:
    program = compiled([{"hold": ["nurse"], "steps": [REST, {"visit": "pre"}]}])
    assert operations(program) == ["seize", "activity", "visit", "release", "end"]
    assert program.ops[0, 2] == 4  # where one goes on after giving up
    assert program.holds[0].activities == (0,)


def test_a_repeat_is_unrolled_and_numbered() -> None:
    steps = [{"repeat": "course", "times": 2, "steps": [REST | {"needs": ["nurse"]}, {"visit": "pre"}]}]
    program = compiled(steps)
    assert program.visits == ("pre 1", "pre 2")
    assert [one.name for one in program.activities] == ["rest 1", "rest 2"]
    assert {one.base for one in program.activities} == {"rest"}
    assert [slot.stream for slot in program.slots] == ["step/rest 1/length", "step/rest 2/length"]


def test_a_wait_ends_the_session_and_is_named_after_what_follows() -> None:
    wait = {"wait": {"for": {"mean": "2 h", "sd": "1 h"}}}
    program = compiled([{"visit": "pre"}, wait, {"hold": ["nurse"], "steps": [{"visit": "post"}]}])
    assert program.visit_session == (0, 1)
    assert program.slots[0].stream == "step/wait before post/for"


def test_a_step_added_in_front_moves_no_stream() -> None:
    wait = {"wait": {"for": {"mean": "2 h", "sd": "1 h"}}}
    steps = [wait, REST, {"visit": "post"}]
    before = {slot.stream for slot in compiled(steps).slots}
    after = {slot.stream for slot in compiled([REST | {"activity": "talk"}, {"visit": "pre"}, *steps]).slots}
    assert before < after


def test_a_need_for_what_is_held_makes_no_hold() -> None:
    program = compiled([{"hold": ["nurse"], "steps": [REST | {"needs": ["nurse"]}]}])
    assert len(program.holds) == 1


def test_steps_of_some_arms_have_a_branch() -> None:
    program = compiled([REST | {"arms": ["massage"]}, {"activity": "massage", "lasts": "5 min"}])
    assert operations(program) == ["arm", "activity", "arm", "activity", "end"]
    assert [one.arms for one in program.activities] == [2, 2]
    assert all(one.own for one in program.activities)
    assert not compiled([REST]).activities[0].own
    assert compiled([{"activity": "massage", "lasts": "5 min"}], arms=("massage",)).activities[0].own


def test_sites_have_resources_of_their_own() -> None:
    program = compiled([REST], sites=("north", "south"))
    assert [one.name for one in program.resources] == ["nurse@north", "room@north", "nurse@south", "room@south"]
    assert program.resources_per_site == 2


@pytest.mark.parametrize(
    ("steps", "staff", "code"),
    [
        ([REST, REST], STAFF, "TS-P001"),
        ([{"wait": {"for": {"mean": "2 h", "sd": "1 h"}}}] * 2, STAFF, "TS-P001"),
        ([{"visit": "pre"}, {"visit": "pre"}], STAFF, "TS-P002"),
        ([{"hold": ["room"], "steps": [REST | {"needs": ["nurse"]}]}], STAFF, "TS-P003"),
        (
            [REST | {"needs": ["nurse"]}],
            {
                "nurse": {
                    "units": 1,
                    "other_work": {"share": "5 %", "spell": {"gamma": {"mean": "9 min", "sd": "2 min"}}},
                }
            },
            "TS-P004",
        ),
        (
            [{"repeat": "a", "times": 200, "steps": [{"repeat": "b", "times": 200, "steps": [{"visit": "v"}]}]}],
            STAFF,
            "TS-P005",
        ),
        (
            [REST | {"needs": ["nurse", "room"]}],
            {"nurse": {"units": 1, "hours": "daily 18:00-20:00"}, "room": {"units": 1, "hours": "daily 08:00-18:00"}},
            "TS-P006",
        ),
    ],
)
def test_what_cannot_be_played_is_refused_with_a_remedy(steps: Any, staff: Any, code: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        compiled(steps, staff)
    assert caught.value.code == code
    assert caught.value.remedy


def test_staff_who_meet_at_the_end_of_the_week_can_be_needed_together() -> None:
    staff = {"nurse": {"units": 1, "hours": "Sun 22:00-02:00"}, "room": {"units": 1, "hours": "Mon 01:00-03:00"}}
    assert len(compiled([REST | {"needs": ["nurse", "room"]}], staff).holds) == 1


def test_patience_that_can_run_out_while_closed_is_a_warning() -> None:
    impatient = REST | {"needs": ["room"], "give_up_after": "30 min"}
    assert "off duty" in compiled([impatient]).warnings[0]
    assert compiled([REST | {"needs": ["nurse"], "give_up_after": "30 min"}]).warnings == ()
    assert compiled([impatient | {"give_up_after": "4 d"}]).warnings == ()


@pytest.mark.parametrize(
    ("until", "patience", "warned"),
    [
        ("Mon-Fri 09:00-15:00", "30 min", None),  # they ask on duty; patience that lasts into the night is no fault
        ("Mon-Fri 09:00-15:59", "8 h", None),
        ("daily 09:00-15:00", "30 min", "may give up"),  # on Saturday nobody comes before Monday
        ("daily 09:00-15:00", "3 d", None),
        ("Mon-Fri 06:00-15:00", "30 min", "may give up"),
        ("Mon-Fri 06:00-15:00", "2 h", None),  # the shift begins within it
        ("Sat 09:00-15:00", "30 min", "everybody asks while room is off duty"),
        ("Mon-Fri 05:00-07:00", "30 min", "everybody asks while room is off duty"),
        ("Mon-Fri 05:00-07:00", "61 min", "may give up"),  # those of 06:59 see the shift begin, those of 05:00 do not
    ],
)
def test_patience_is_judged_by_when_they_ask(until: str, patience: str, warned: str | None) -> None:
    """The room is open Mon-Fri 08:00-16:00."""
    steps = [
        {"wait": {"for": "1 d", "until": until}},
        {"hold": ["room"], "give_up_after": patience, "steps": [{"visit": "pre"}, REST]},
    ]
    warnings = compiled(steps).warnings
    assert [warned in text for text in warnings] == ([] if warned is None else [True])
    if warned is not None and warned.startswith("everybody"):
        assert "visit 'pre' is never reached" in warnings[0]


def test_a_wait_without_hours_forgets_those_of_the_one_before() -> None:
    steps = [{"wait": {"until": "Mon-Fri 09:00-10:00"}}, REST | {"needs": ["room"], "give_up_after": "30 min"}]
    assert compiled(steps).warnings == ()
    assert compiled([steps[0], {"wait": {"for": "7 h"}}, steps[1]]).warnings
