"""Numbers with their Monte Carlo standard errors, to the digits the error allows; everywhere the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialsim.evaluate.table import Measure

#: An error below this share of its value comes from rounding alone.
NOTHING = 1e-12

#: What the sign means, stated once on each page and under each table.
SIGN = "Numbers after ± are Monte Carlo standard errors; a 95 % interval reaches about twice as far on each side."


def with_error(value: float, error: float, *, scale: float = 0.0) -> str:
    """A value and its standard error, both to the second digit of the error.

    ``scale`` is what the value is measured against, such as the standard error of a trial's estimate: digits below a
    hundredth of it are left out, and with them an error that small. Without error a value has at most four digits.

    >>> with_error(-0.00539, 0.00152), with_error(0.5, 0.0), with_error(24.0421, 0.53), with_error(-0.000236, 0.002)
    ('-0.0054 ± 0.0015', '0.5', '24.04 ± 0.53', '-0.0002 ± 0.0020')
    >>> with_error(10390.5, 214.0), with_error(0.4999968, 1.3e-6, scale=0.06), with_error(1.2e-5, 0.0, scale=0.3)
    ('10,390 ± 210', '0.50000', '0')
    """
    if not error > NOTHING * max(abs(value), 1.0):
        return "0" if abs(value) < 0.001 * scale else plain(value)
    unit = max(error, 0.01 * scale)
    written = rounded(error, unit)
    return f"{rounded(value, unit)} ± {written}" if float(written.replace(",", "")) else rounded(value, unit)


def rounded(value: float, unit: float) -> str:
    """A value to the second digit of ``unit``.

    >>> rounded(0.12345, 0.031), rounded(1234.5, 210.0), rounded(-0.00001, 0.002)
    ('0.123', '1,230', '0.0000')
    """
    digits = 1 - int(f"{unit:.1e}".partition("e")[2])
    text = f"{round(value, digits):,.{max(digits, 0)}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text


def plain(value: float, digits: int = 4) -> str:
    """A number without error to so many digits, never as a power of ten; large ones to whole numbers.

    >>> plain(0.000093), plain(0.5), plain(24_500.4), plain(12.3456, 3)
    ('0.000093', '0.5', '24,500', '12.3')
    """
    if abs(value) < NOTHING:
        return "0"
    if not math.isfinite(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def percent(share: float, decimals: int = 1) -> str:
    """A share in percent.

    >>> percent(0.8031), percent(0.9, 0)
    ('80.3 %', '90 %')
    """
    return f"{100 * share:.{decimals}f} %"


def share_with_error(value: float, error: float, *, low: float = math.nan, high: float = math.nan) -> str:
    """A share in percent to the second digit of its error; none and all with the bound of their 95 % interval.

    >>> share_with_error(0.703, 0.0072), share_with_error(0.00036, 0.00003)
    ('70.30 % ± 0.72', '0.0360 % ± 0.0030')
    >>> share_with_error(1.0, 0.0, low=0.99632, high=1.0), share_with_error(0.0, 0.0, low=0.0, high=0.01828)
    ('100 % (at least 99.6 %)', '0 % (at most 1.9 %)')
    """
    if error > NOTHING:
        number, _, sign = with_error(100 * value, 100 * error).partition(" ")
        return f"{number} % {sign}"
    if value in (0.0, 1.0):
        return f"{100 * value:.0f} %{_bound(value, low, high)}"
    return f"{plain(100 * value)} %"


def _bound(value: float, low: float, high: float) -> str:
    """What none and all of so many trials still leave open, rounded outward; empty where nothing is."""
    gap = 100 * (high if value == 0.0 else 1 - low)
    if not gap > 100 * NOTHING:
        return ""
    digits = 1 if gap >= 0.1 else 1 - int(f"{gap:.1e}".partition("e")[2])
    outward = math.ceil(gap * 10**digits - 1e-9) / 10**digits
    return f" (at most {outward:.{digits}f} %)" if value == 0.0 else f" (at least {100 - outward:.{digits}f} %)"


def measure_with_error(row: Measure, kind: str, *, scale: float = 0.0) -> str:
    """A row of the table: a ``share`` in percent, or a ``number``."""
    if kind == "share":
        return share_with_error(row.value, row.mcse, low=row.conf_low, high=row.conf_high)
    return with_error(row.value, row.mcse, scale=scale)


def points_with_error(difference: float, error: float) -> str:
    """A difference of shares in percentage points, with a real minus sign.

    >>> points_with_error(-0.0241, 0.0041), points_with_error(0.0, 0.0)
    ('−2.41 ± 0.41', 'none')
    """
    return signed_with_error(100 * difference, 100 * error)


def signed_with_error(difference: float, error: float) -> str:
    """A difference with its sign.

    >>> signed_with_error(74.3, 2.1), signed_with_error(-7.6, 0.5)
    ('+74.3 ± 2.1', '−7.60 ± 0.50')
    """
    if difference == 0 and not error > 0:
        return "none"
    text = with_error(difference, error)
    sign = "" if text.startswith("-") or not text.partition(" ")[0].strip("0.") else "+"
    return with_minus(sign + text)


def with_minus(text: str) -> str:
    """A number with a real minus sign."""
    return text.replace("-", "\N{MINUS SIGN}")
