"""Numbers with their Monte Carlo standard errors, to the digits the error allows; everywhere the same."""

from __future__ import annotations

import math

#: An error below this share of its value comes from rounding alone.
NOTHING = 1e-12


def with_error(value: float, error: float) -> str:
    """A value and its standard error; without error as many digits as the value has, at most four.

    >>> with_error(-0.00539, 0.00152), with_error(0.5, 0.0), with_error(24.0421, 0.53), with_error(10390.5, 0.9)
    ('-0.0054 ± 0.0015', '0.5', '24.0 ± 0.5', '10,390.5 ± 0.9')
    """
    if not error > NOTHING * max(abs(value), 1.0):
        return _plain(value)
    digits = max(0, -math.floor(math.log10(error)) + (f"{error:.1e}"[0] == "1"))
    return f"{value:,.{digits}f} ± {error:,.{digits}f}"


def _plain(value: float) -> str:
    if abs(value) < NOTHING:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def percent(share: float, decimals: int = 1) -> str:
    """A share in percent.

    >>> percent(0.8031), percent(0.9, 0)
    ('80.3 %', '90 %')
    """
    return f"{100 * share:.{decimals}f} %"


def share_with_error(value: float, error: float) -> str:
    """A share in percent; one decimal, more where the error allows it.

    >>> share_with_error(0.703, 0.0072), share_with_error(0.00036, 0.00003), share_with_error(1.0, 0.0)
    ('70.3 % ± 0.7', '0.036 % ± 0.003', '100.0 %')
    """
    if not error > NOTHING:
        return f"{100 * value:.1f} %"
    digits = min(max(1, -math.floor(math.log10(100 * error))), 3)
    return f"{100 * value:.{digits}f} % ± {100 * error:.{digits}f}"
