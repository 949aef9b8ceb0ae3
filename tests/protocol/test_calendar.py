"""Weekly calendars: what they accept, and the compiled form against the plain one."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialsim.protocol.calendar import (
    DAY,
    MOMENTS,
    WEEK,
    CalendarError,
    at_moment,
    is_open,
    moment_open,
    next_open,
    pack_calendars,
    parse_calendar,
    parse_days,
    shift_at,
    windows_from,
)

TEXTS = (
    "Mon-Fri 08:30-16:30",
    "daily 07:00-19:00",
    "Mon,Wed 09:00-12:00; Sat 10:00-12:00",
    "Sun 22:00-02:00",
    "Fri-Mon 06:00-07:00,08:00-09:30",
    "always",
)


def hour(day: int, clock: float) -> int:
    return day * DAY + int(clock * 3600)


def test_windows() -> None:
    assert parse_calendar("Mon-Tue 08:30-16:30").windows == ((30_600, 59_400), (117_000, 145_800))
    mixed = parse_calendar("Mon,Wed 09:00-12:00; Sat 10:00-12:00").windows
    assert mixed == tuple((hour(day, a), hour(day, b)) for day, a, b in ((0, 9, 12), (2, 9, 12), (5, 10, 12)))
    assert parse_calendar("Sun 22:00-02:00").windows == ((hour(6, 22), WEEK + 7200),)
    assert len(parse_calendar("Fri-Mon 06:00-07:00").windows) == 4
    assert parse_calendar("22:00-06:00").windows == parse_calendar("daily 22:00-06:00").windows
    assert parse_calendar("always").always
    assert parse_calendar("daily 00:00-24:00").always
    assert parse_days("Fri-Sun") == (4, 5, 6)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "TS-C001"),
        ("Mon", "TS-C001"),
        ("Mon 8-16", "TS-C001"),
        ("Mond 08:00-16:00", "TS-C001"),
        ("Mon-Tue-Wed 08:00-16:00", "TS-C001"),
        ("Mon 08:00-25:00", "TS-C002"),
        ("Mon 08:61-09:00", "TS-C002"),
        ("Mon 08:00-08:00", "TS-C002"),
        ("Mon 24:30-08:00", "TS-C002"),
        ("Mon 08:00-12:00,11:00-13:00", "TS-C003"),
        ("Sun 22:00-02:00; Mon 01:00-03:00", "TS-C003"),
    ],
)
def test_what_is_no_calendar_is_refused_with_a_remedy(text: str, code: str) -> None:
    with pytest.raises(CalendarError) as caught:
        parse_calendar(text)
    assert caught.value.code == code
    assert caught.value.remedy


def test_windows_are_closed_at_their_end() -> None:
    calendar = parse_calendar("Mon-Fri 08:30-16:30")
    assert [is_open(calendar, tick, weekday=0) for tick in (30_599, 30_600, 59_399, 59_400)] == [
        False,
        True,
        True,
        False,
    ]
    assert next_open(calendar, hour(4, 17), weekday=0) == hour(7, 8.5)  # from Friday evening to Monday
    assert next_open(calendar, 0, weekday=5) == hour(2, 8.5)  # day 0 is a Saturday


@pytest.mark.parametrize(("moment", "clock"), [(0, 8.5), (500_000, 12.5), (250_000, 10.5)])
def test_a_moment_lies_inside_the_opening_that_is_waited_for(moment: int, clock: float) -> None:
    calendar = parse_calendar("Mon-Fri 08:30-16:30")
    assert moment_open(calendar, hour(0, 3), moment, weekday=0) == hour(0, clock)
    assert moment_open(calendar, hour(4, 16.5), moment, weekday=0) == hour(7, clock)  # from Friday evening to Monday
    assert moment_open(calendar, hour(0, 9), moment, weekday=0) == hour(0, 9)  # open already


def test_the_last_moment_is_before_the_closing() -> None:
    calendar = parse_calendar("daily 06:00-08:00")
    assert moment_open(calendar, 0, MOMENTS - 1, weekday=0) == hour(0, 8) - 1


def test_a_window_across_midnight_is_open_on_the_first_night() -> None:
    calendar = parse_calendar("daily 22:00-06:00")
    assert is_open(calendar, 0, weekday=0)
    assert not is_open(calendar, hour(0, 6), weekday=0)
    assert next(windows_from(calendar, 0, weekday=0)) == (-7200, hour(0, 6))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(TEXTS), st.integers(0, 3 * WEEK), st.integers(0, MOMENTS - 1), st.integers(0, 6))
def test_compiled_form_agrees(text: str, tick: int, moment: int, weekday: int) -> None:
    calendar = parse_calendar(text)
    first, windows = pack_calendars([parse_calendar("always"), calendar])
    assert at_moment(first, windows, 1, tick, 0, weekday) == next_open(calendar, tick, weekday=weekday)
    assert at_moment(first, windows, 0, tick, moment, weekday) == tick
    assert at_moment(first, windows, 1, tick, moment, weekday) == moment_open(calendar, tick, moment, weekday=weekday)
    if not calendar.always:
        opens, closes, _ = shift_at(first, windows, 1, tick, weekday)
        assert (opens, closes) == next(windows_from(calendar, tick, weekday=weekday))


@pytest.mark.parametrize("weekday", [0, 3, 6])
def test_shifts_are_numbered_one_after_the_other(weekday: int) -> None:
    calendar = parse_calendar("Mon,Wed 09:00-12:00; Sat 22:00-02:00")
    first, windows = pack_calendars([calendar])
    opens = [start for start, _ in islice(windows_from(calendar, 0, weekday=weekday), 12)]
    numbers = [shift_at(first, windows, 0, max(start, 0), weekday)[2] for start in opens]
    assert np.diff(numbers).tolist() == [1] * 11
    assert min(numbers) >= 0
