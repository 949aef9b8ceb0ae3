"""Resources with a list of shifts, which may overlap, in both engines and beside a simulator that knows no events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from trialsim.engine import EventTrace
from trialsim.engine import trace as e
from trialsim.numbers.draws import uniforms

Ward = Callable[..., EventTrace]
SERVICE: dict[str, Any] = {"activity": "service", "lasts": "10 s", "needs": ["nurse"]}
DAY = 86_400


def given(trace: EventTrace) -> list[list[int]]:
    """When each participant was served, and by which unit."""
    found: list[list[int]] = trace.holds[0, :, 0][:, [e.H_GRANT, e.H_UNIT]].tolist()
    return found


def test_a_unit_works_in_its_own_shift(ward: Ward) -> None:
    """Units 0 and 1 from 00:00 to 00:01, unit 2 from 00:01 to 00:02; nothing is given at or after the end of a shift."""
    staff = {"nurse": {"units": {"00:00-00:01": 2, "00:01-00:02": 1}}}
    trace = ward([SERVICE], staff, [55, 56, 57, 60, 119, 120])
    assert given(trace) == [[55, 0], [56, 1], [60, 2], [70, 2], [119, 2], [DAY, 0]]
    assert trace.staff[0, 0].tolist() == [60, 5 + 6 + 9, 6]


def test_of_shifts_that_overlap_the_one_that_began_first_gives_its_unit(ward: Ward) -> None:
    """The later shift stands first in the file. Its unit comes when that of the first is busy or gone."""
    staff = {"nurse": {"units": {"00:01-00:03": 1, "00:00-00:02": 1}}}
    trace = ward([SERVICE], staff, [50, 62, 63, 64, 119, 120])
    assert given(trace) == [[50, 1], [62, 1], [63, 0], [72, 1], [119, 1], [120, 0]]


def test_overtime_of_a_shift_keeps_no_unit_of_the_next_one_busy(ward: Ward) -> None:
    staff = {"nurse": {"units": {"00:00-00:01": 1, "00:01-00:02": 1}}}
    assert given(ward([SERVICE], staff, [55, 60])) == [[55, 0], [60, 1]]
    assert given(ward([SERVICE], {"nurse": {"units": 1, "hours": "00:00-00:01,00:01-00:02"}}, [55, 60]))[1] == [65, 0]


def test_two_resources_are_found_in_whichever_shift_is_free(ward: Ward) -> None:
    staff = {
        "nurse": {"units": {"00:00-00:02": 1, "00:01-00:03": 1}},
        "room": {"units": {"00:00-00:01": 1, "00:01-00:04": 2}},
    }
    both = SERVICE | {"needs": ["nurse", "room"]}
    trace = ward([both], staff, [55, 56, 61])
    assert given(trace) == [[55, 0], [60, 1], [65, 0]]
    assert trace.staff[0, :, e.S_OVERTIME].tolist() == [0, 5]  # the room of the first ends at 60, it is kept until 65


def test_each_shift_has_its_own_other_work(ward: Ward) -> None:
    """A shift that never has a participant takes no work from another, and each has a rate by its units."""
    busy = {"share": "90 %", "spell": "30 min"}
    early = {"nurse": {"units": {"00:00-08:00": 2, "08:00-16:00": 2}, "other_work": busy}}
    arrivals = np.arange(30)[None] * DAY + 4 * 3600
    first = ward([SERVICE], early, arrivals)
    second = ward([SERVICE], early, arrivals + 8 * 3600)
    waits = [trace.hold_wait[0, :, 0] for trace in (first, second)]
    assert not np.array_equal(waits[0], waits[1])
    assert all((wait > 0).sum() > 5 for wait in waits)
    more = {"nurse": {"units": {"00:00-08:00": 2, "08:00-16:00": 2, "16:00-24:00": 5}, "other_work": busy}}
    assert np.array_equal(ward([SERVICE], more, arrivals).hold_wait, first.hold_wait)


# ---------------------------------------------------------------- breaks


def test_nothing_is_given_in_a_break_and_who_is_busy_finishes(ward: Ward) -> None:
    staff = {"nurse": {"units": 2, "hours": "00:00-00:03", "breaks": "00:01-00:02"}}
    trace = ward([SERVICE], staff, [55, 59, 60, 61, 62, 119, 120])
    assert given(trace) == [[55, 0], [59, 1], [120, 0], [120, 1], [130, 0], [130, 1], [140, 0]]
    assert trace.staff[0, 0].tolist() == [70, 0, 7]  # a break ends no shift


def test_patience_runs_in_a_break(ward: Ward) -> None:
    staff = {"nurse": {"units": 1, "breaks": "00:01-00:02"}}
    trace = ward([SERVICE | {"give_up_after": "20 s"}], staff, [99, 100])
    assert trace.hold_state[0, :, 0].tolist() == [e.GAVE_UP, e.GRANTED]
    assert given(trace)[1] == [120, 0]


def test_two_resources_wait_for_the_break_of_either(ward: Ward) -> None:
    staff = {"nurse": {"units": 1, "breaks": "00:01-00:02"}, "room": {"units": 1, "breaks": "00:02-00:03"}}
    assert given(ward([SERVICE | {"needs": ["nurse", "room"]}], staff, [60]))[0] == [180, 0]


def test_other_work_queues_up_in_a_break(ward: Ward) -> None:
    """Two hours of break at a share of 40 % leave 48 min of work, which comes first; half an hour earlier it is a few minutes."""
    busy: dict[str, Any] = {"units": 1, "hours": "08:00-16:00", "breaks": "10:00-12:00"}
    busy["other_work"] = {"share": "40 %", "spell": "10 min"}
    days = np.arange(60)[None] * DAY
    before, after = (
        ward([SERVICE], {"nurse": busy}, days + at).hold_wait[0, :, 0].mean() / 60 for at in (34_200, 43_260)
    )
    assert before < 10
    assert 40 < after < 56


# ---------------------------------------------------------------- a simulator without events

SHIFTS = {"00:00-06:00": 2, "05:30-12:00": 3, "11:30-18:30": 1, "17:00-24:00": 2}


BREAK = 12 * 3600, 13 * 3600


def served(arrived: list[int], lengths: list[int], *, breaks: bool = False) -> list[list[int]]:
    """First come, first served: each is given the unit that can begin first; of several the least (start of the shift, number).

    A unit is free in its shift from the end of its last service on; nobody overtakes, and nobody is served first in a break.
    """
    spans = [tuple(int(part[:2]) * 3600 + int(part[3:]) * 60 for part in text.split("-")) for text in SHIFTS]
    units = [span for span, count in zip(spans, SHIFTS.values(), strict=True) for _ in range(count)]
    if breaks:
        cut = [(a, b, max(a, min(BREAK[0], b)), max(a, min(BREAK[1], b))) for a, b in units]
        units = [((a, low), (high, b)) for a, b, low, high in cut]
    else:
        units = [((a, b),) for a, b in units]
    free, found, last = [0] * len(units), [], 0
    for came, length in zip(arrived, lengths, strict=True):
        choices = []
        for unit, parts in enumerate(units):
            ready = max(came, last, free[unit])
            for opens, closes in [part for part in parts if part[0] < part[1]]:
                day = ready // DAY
                while day * DAY + closes <= max(ready, day * DAY + opens):
                    day += 1
                choices.append((max(ready, day * DAY + opens), day * DAY + parts[0][0], unit))
        last, _, unit = min(choices)
        free[unit] = last + length
        found.append([last, unit])
    return found


def test_the_roster_of_an_independent_simulator(ward: Ward) -> None:
    """400 participants who need on average 70 % of the staff, around the clock: every time and every unit is the same."""
    u = uniforms(3, "arrival", replicates=range(1), participants=400)[0]
    arrived = np.floor(np.cumsum(-np.log(u) * 1500)).astype(np.int64).tolist()
    steps = [{"activity": "service", "needs": ["nurse"], "lasts": {"exponential": {"mean": "35 min"}}}]
    trace = ward(steps, {"nurse": {"units": SHIFTS}}, arrived)
    lengths = trace.activity_planned[0, :, 0].tolist()
    assert given(trace) == served(arrived, lengths)
    pausing = ward(steps, {"nurse": {"units": SHIFTS, "breaks": "12:00-13:00"}}, arrived)
    assert given(pausing) == served(arrived, lengths, breaks=True) != given(trace)
    assert len(set(trace.hold_unit[0, :, 0].tolist())) == 8
    assert (trace.hold_wait[0, :, 0] > 0).sum() > 100
