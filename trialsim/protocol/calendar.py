"""Weekly calendars: ``Mon-Fri 08:30-16:30; Sat 10:00-12:00`` as windows [open, close) of the week.

Times are ticks (seconds) from 00:00 of the study's first day, by a naive local clock without daylight saving.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.errors import TrialsimError

DAY = 86_400
WEEK = 7 * DAY
NEVER = 2**62
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

EXAMPLE = "Write it like 'Mon-Fri 08:30-16:30', 'daily 07:00-19:00' or 'Mon,Wed 09:00-12:00; Sat 10:00-12:00'."


class CalendarError(TrialsimError, ValueError):
    """The text is not a calendar."""

    exit_code = 3


@dataclass(frozen=True)
class Calendar:
    """Windows [open, close) in seconds after Monday 00:00, in ascending order without overlap; a window may run past Sunday.

    No windows at all means always open.
    """

    windows: tuple[tuple[int, int], ...]
    text: str = ""

    @property
    def always(self) -> bool:
        """Whether it never closes."""
        return not self.windows


ALWAYS = Calendar((), "always")


def parse_calendar(text: str) -> Calendar:
    """The calendar that ``text`` describes.

    Raises
    ------
    CalendarError
        TS-C001 the text is not understood, TS-C002 a time does not exist, TS-C003 windows overlap

    >>> parse_calendar("Mon,Tue 09:00-12:00").windows
    ((32400, 43200), (118800, 129600))
    """
    words = " ".join(text.split())
    if words.lower() in ("always", "daily", "daily 00:00-24:00"):
        return Calendar((), words)
    windows: list[tuple[int, int]] = []
    days: tuple[int, ...] = ()
    for part in re.split(r"\s*[;]\s*", words):
        days_text, _, times = part.rpartition(" ")
        days = _days(days_text, text) if days_text else days or tuple(range(7))
        for times_part in times.split(","):
            start, end = _times(times_part, text)
            windows += [(day * DAY + start, day * DAY + end) for day in days]
    return Calendar(_joined(sorted(windows), text), words)


def _days(words: str, text: str) -> tuple[int, ...]:
    if words.lower() == "daily":
        return tuple(range(7))
    found: list[int] = []
    for part in re.split(r"\s*,\s*", words):
        ends = [_day(name, text) for name in re.split(r"\s*-\s*", part)]
        if len(ends) > 2:  # a range has two ends
            raise CalendarError(f"{part!r} is not a range of days.", code="TS-C001", remedy=EXAMPLE)
        length = (ends[-1] - ends[0]) % 7
        found += [(ends[0] + step) % 7 for step in range(length + 1)]
    return tuple(dict.fromkeys(found))


def parse_days(words: str) -> tuple[int, ...]:
    """Days of the week, 0 = Monday, from ``Mon-Fri`` or ``Sat,Sun``.

    >>> parse_days("Fri-Sun")
    (4, 5, 6)
    """
    return _days(words.strip(), words)


def parse_span(words: str) -> tuple[int, int]:
    """Start and end of a span of the day [s]; one over midnight ends on the next day.

    >>> parse_span("19:00-07:00")
    (68400, 111600)
    """
    return _times(words, words)


def _day(name: str, text: str) -> int:
    lowered = name.strip().lower()
    for index, (short, long) in enumerate(zip(DAYS, LONG_DAYS, strict=True)):
        if lowered in (short.lower(), long):
            return index
    raise CalendarError(
        f"{name.strip()!r} in {text!r} is not a day.", code="TS-C001", remedy=f"Days: {', '.join(DAYS)}."
    )


def _times(words: str, text: str) -> tuple[int, int]:
    found = re.fullmatch(r"\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*", words)
    if found is None:
        raise CalendarError(f"{words.strip()!r} in {text!r} is not a time span.", code="TS-C001", remedy=EXAMPLE)
    hours = [int(part) for part in found.groups()]
    if max(hours[1], hours[3]) > 59 or max(hours[0], hours[2]) > 24:  # a clock
        raise CalendarError(f"{words.strip()!r} in {text!r} is not a clock time.", code="TS-C002", remedy=EXAMPLE)
    start, end = hours[0] * 3600 + hours[1] * 60, hours[2] * 3600 + hours[3] * 60
    if max(start, end) > DAY or start == end:
        raise CalendarError(f"{words.strip()!r} in {text!r} is not a clock time.", code="TS-C002", remedy=EXAMPLE)
    return start, end if end > start else end + DAY


def _joined(windows: list[tuple[int, int]], text: str) -> tuple[tuple[int, int], ...]:
    """The windows, checked: none may overlap another."""
    for (_, end), (start, _) in zip(windows, [*windows[1:], (windows[0][0] + WEEK, 0)], strict=True):
        if start < end:
            raise CalendarError(f"windows of {text!r} overlap.", code="TS-C003", remedy="Write each hour once.")
    return tuple(windows)


def united(calendars: Sequence[Calendar]) -> Calendar:
    """When at least one of several calendars is open.

    >>> united([parse_calendar("07:00-15:00"), parse_calendar("14:00-23:00")]).windows[0]
    (25200, 82800)
    """
    text = ", ".join(calendar.text for calendar in calendars)
    if any(calendar.always for calendar in calendars):
        return Calendar((), text)
    if len(calendars) == 1:
        return calendars[0]
    return _without_seams([window for calendar in calendars for window in calendar.windows], text)


def _without_seams(windows: Sequence[tuple[int, int]], text: str) -> Calendar:
    """Windows that may overlap or touch, as one calendar."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(part for window in windows for part in _in_a_week(window)):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    if joined == [(0, WEEK)]:
        return Calendar((), text)
    if joined[0][0] == 0 and joined[-1][1] == WEEK:
        joined[-1] = joined[-1][0], WEEK + joined.pop(0)[1]
    return Calendar(tuple(joined), text)


def without(calendar: Calendar, breaks: Calendar | None) -> Calendar | None:
    """A calendar without its breaks; None if nothing is left of it.

    >>> without(parse_calendar("07:00-15:00"), parse_calendar("12:00-12:30")).windows[:2]
    ((25200, 43200), (45000, 54000))
    """
    if breaks is None:
        return calendar
    parts = [part for window in calendar.windows or ((0, WEEK),) for part in _in_a_week(window)]
    for start, end in [part for window in breaks.windows or ((0, WEEK),) for part in _in_a_week(window)]:
        cut = [(a, b, max(a, min(start, b)), max(a, min(end, b))) for a, b in parts]
        parts = [piece for a, b, low, high in cut for piece in ((a, low), (high, b)) if piece[0] < piece[1]]
    text = f"{calendar.text} without {breaks.text}"
    return _without_seams(parts, text) if parts else None


def _in_a_week(window: tuple[int, int]) -> list[tuple[int, int]]:
    """A window, cut at the end of the week."""
    start, end = window
    return [(start, end)] if end <= WEEK else [(start, WEEK), (0, end - WEEK)]


# ---------------------------------------------------------------- reading a calendar, slowly and plainly


def windows_from(calendar: Calendar, tick: int, *, weekday: int) -> Iterator[tuple[int, int]]:
    """Windows (open, close) in ticks, from the one that is open at ``tick`` or the next one on; ``weekday`` of tick 0."""
    week = (tick + weekday * DAY) // WEEK - 1
    while True:
        base = week * WEEK - weekday * DAY
        for start, end in calendar.windows:
            if base + end > tick:
                yield base + start, base + end
        week += 1


def is_open(calendar: Calendar, tick: int, *, weekday: int) -> bool:
    """Whether ``tick`` lies in a window."""
    return calendar.always or next(windows_from(calendar, tick, weekday=weekday))[0] <= tick


def next_open(calendar: Calendar, tick: int, *, weekday: int) -> int:
    """The first open tick at or after ``tick``."""
    if calendar.always:
        return tick
    return max(next(windows_from(calendar, tick, weekday=weekday))[0], tick)


#: Moments of an opening: a drawn whole number below this, as a share of its length.
MOMENTS = 1_000_000


def moment_open(calendar: Calendar, tick: int, moment: int, *, weekday: int) -> int:
    """``tick`` if the calendar is open then, else the tick that is ``moment`` / :data:`MOMENTS` into the next opening."""
    if is_open(calendar, tick, weekday=weekday):
        return tick
    opens, closes = next(windows_from(calendar, tick, weekday=weekday))
    return opens + (closes - opens) * moment // MOMENTS


def weekday_of(starts: date) -> int:
    """Weekday of tick 0, 0 = Monday."""
    return starts.weekday()


# ---------------------------------------------------------------- the compiled form


def pack_calendars(calendars: list[Calendar]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First row of each calendar, (C + 1,), and all windows, (W, 2). A calendar without rows is always open."""
    first = np.zeros(len(calendars) + 1, dtype=np.int64)
    rows: list[tuple[int, int]] = []
    for index, calendar in enumerate(calendars):
        rows += calendar.windows
        first[index + 1] = len(rows)
    return first, np.array(rows or [(0, WEEK)], dtype=np.int64)


@kernel
def shift_at(first, windows, calendar, tick, weekday):  # type: ignore[no-untyped-def]
    """Open, close and number of the shift that is open at ``tick`` or comes next.

    Shifts are numbered in order from the week of tick 0; a calendar that is always open has one that never ends.
    """
    start = first[calendar]
    count = first[calendar + 1] - start
    if count == 0:
        return -WEEK, NEVER, 0
    week = (tick + weekday * DAY) // WEEK - 1
    while True:
        base = week * WEEK - weekday * DAY
        for i in range(count):
            close = base + windows[start + i, 1]
            if close > tick:
                return base + windows[start + i, 0], close, (week + 1) * count + i
        week += 1


@kernel
def at_moment(first, windows, calendar, tick, moment, weekday):  # type: ignore[no-untyped-def]
    """``tick`` if the calendar is open then, else the tick that is ``moment`` / :data:`MOMENTS` into the next opening."""
    opens, closes, _ = shift_at(first, windows, calendar, tick, weekday)
    return tick if opens <= tick else opens + (closes - opens) * moment // MOMENTS


def shift_number(calendar: Calendar, opens: int, weekday: int) -> int:
    """Number of the shift that opens at ``opens``: windows in order, from the week before tick 0."""
    if calendar.always:
        return 0
    week, within = divmod(opens + weekday * 86_400, 7 * 86_400)
    return (week + 1) * len(calendar.windows) + [start for start, _ in calendar.windows].index(within)
