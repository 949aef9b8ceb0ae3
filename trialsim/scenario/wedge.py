"""The calendar of a stepped wedge: its steps, its periods, and which arm is which."""

from __future__ import annotations

import calendar
import math
from datetime import date

from trialsim.protocol.calendar import DAY
from trialsim.quantities.fields import Number
from trialsim.scenario.clusters import site_names
from trialsim.scenario.model import Draft, SteppedWedge

#: The mean length of a calendar month [s]; without a ward every month has it.
MONTH = 365.25 * DAY / 12

#: The unit in which a calendar trend is written.
PER_MONTH = "per month"


def ticks_after(span: Number, starts: date | None, *, times: int = 1) -> int:
    """Ticks from the start of the study until ``times`` spans have passed: calendar months from its first day, or seconds.

    >>> ticks_after(Number(value=1, kind="calendar", unit="months"), date(2026, 2, 1), times=2) // DAY
    59
    """
    if span.unit != "months":
        return math.floor(times * span.value + 0.5)
    if starts is None:
        return math.floor(times * span.value * MONTH + 0.5)
    months = starts.month - 1 + times * round(span.value)
    year, month = starts.year + months // 12, months % 12 + 1
    day = min(starts.day, calendar.monthrange(year, month)[1])
    return (date(year, month, day) - starts).days * DAY


def steps_of(scenario: Draft) -> int:
    """How many steps a stepped wedge has, the last one perhaps with fewer sites; 0 in other designs."""
    wedge = scenario.design.stepped_wedge
    return 0 if wedge is None else math.ceil(len(site_names(scenario)) / wedge.sites_per_step)


def period_ends(scenario: Draft, wedge: SteppedWedge) -> list[int]:
    """Ticks: the start of the first period, every step, and the end of the last period."""
    starts = None if scenario.setting is None else scenario.setting.starts
    return [ticks_after(wedge.every, starts, times=times) for times in range(steps_of(scenario) + 2)]


def transition_ticks(wedge: SteppedWedge) -> int:
    """For how long after its step a site enrolls nobody."""
    if wedge.transition is None:
        return 0
    return ticks_after(wedge.transition, None)


def control_and_intervention(scenario: Draft) -> tuple[int, int]:
    """The positions of the arm before the step, which is the reference, and of the arm after it."""
    arms = list(scenario.design.arms)
    control = arms.index(scenario.design.reference) if scenario.design.reference in arms else 0
    return control, 1 - control


def expected_enrolled(scenario: Draft, ticks: int) -> float:
    """How many participants a ward enrolls on average in so many ticks: arrivals times the shares of those who may and want to.

    Closed days, and the time until somebody is asked, are left out.
    """
    setting = scenario.setting
    assert setting is not None  # asked only of a study on a ward
    patients = setting.patients
    rates = [(period.start.value, period.every.value) for period in patients.arrive.periods]
    if patients.arrive.every is not None:
        rates.insert(0, (0.0, patients.arrive.every.value))
    share = patients.consent.value
    for reason in patients.exclusions.values():
        share *= 1.0 - reason.value
    ends = [begin for begin, _ in rates[1:]] + [math.inf]
    return share * sum(
        max(min(end, ticks) - begin, 0.0) / every for (begin, every), end in zip(rates, ends, strict=True) if every > 0
    )
