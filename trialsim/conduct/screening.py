"""The screening log of one trial: everybody who came, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from trialsim.conduct import everybody_who_came
from trialsim.conduct.accrual import ABSENT, DECLINES, EXCLUDED, LEFT
from trialsim.conduct.entries import COUNTS, Entries
from trialsim.conduct.plan import ConductPlan

LEFT_FIRST, DECLINED, ENROLLED, NOT_ASKED = COUNTS[1:]


@dataclass(frozen=True)
class ScreeningEntry:
    """A patient. ``asked`` is -1 for those who were never asked, ``participant`` 0 for those who were not enrolled.

    ``became`` is one of :data:`trialsim.conduct.entries.COUNTS` or a reason of exclusion; times are ticks.
    """

    number: int  # in the order of arrival, from 1
    came: int
    site: int
    asked: int
    became: str
    participant: int  # in the order of enrollment, from 1


def screening_log(
    plan: ConductPlan, entries: Entries, index: int, *, seed: int, replicate: int
) -> list[ScreeningEntry]:
    """Everybody who had come when enrollment closed in the trial at ``index`` of ``entries``; nobody without a ward.

    Counted by what became of them, the rows are ``entries.counts``.
    """
    if not plan.ward:
        return []
    enrolled = {int(number): n + 1 for n, number in enumerate(entries.arrival_number[index]) if number >= 0}
    closed = int(entries.accrual_end[index])
    closing = int(entries.arrival_number[index, -1]) if entries.complete[index] else -1
    found: list[ScreeningEntry] = []
    for number, row in enumerate(everybody_who_came(plan, seed=seed, replicate=replicate)):
        came, asked, left, fate, site = map(int, row)
        if came > closed:
            break
        if fate == ABSENT:
            continue
        in_time = asked < closed or (asked == closed and number < closing)
        became = NOT_ASKED
        if number in enrolled:
            became = ENROLLED
        elif fate >= EXCLUDED:
            became = plan.exclusions[fate - EXCLUDED]
        elif fate == LEFT and left <= closed:
            became = LEFT_FIRST
        elif fate == DECLINES and in_time:
            became = DECLINED
        was_asked = became in (ENROLLED, DECLINED)
        found.append(
            ScreeningEntry(len(found) + 1, came, site, asked if was_asked else -1, became, enrolled.get(number, 0))
        )
    return found
