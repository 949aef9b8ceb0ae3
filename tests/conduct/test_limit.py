"""When enrollment closes: so many calendar months after the start, on the last day of a month that is too short."""

from __future__ import annotations

from datetime import date

import pytest

from trialsim.conduct import NEVER
from trialsim.conduct.plan import _limit
from trialsim.protocol.calendar import DAY
from trialsim.quantities.fields import Number


@pytest.mark.parametrize(
    ("starts", "months", "ends"),
    [
        (date(2026, 1, 5), 1, date(2026, 2, 5)),
        (date(2026, 1, 28), 1, date(2026, 2, 28)),
        (date(2026, 1, 29), 1, date(2026, 2, 28)),
        (date(2026, 1, 30), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 1, 29), 2, date(2026, 3, 29)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2026, 8, 31), 18, date(2028, 2, 29)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 29), 2, date(2027, 2, 28)),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_the_month(starts: date, months: int, ends: date) -> None:
    limit = _limit(Number(value=months, kind="duration", unit="months"), starts)
    assert limit == (ends - starts).days * DAY


def test_other_units_are_seconds_and_no_limit_is_never() -> None:
    starts = date(2026, 1, 31)
    assert _limit(Number(value=86_400.4, kind="duration", unit="d"), starts) == 86_400
    assert _limit(Number(value=86_400.5, kind="duration", unit="d"), starts) == 86_401
    assert _limit(None, starts) == NEVER
