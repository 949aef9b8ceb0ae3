"""How numbers are written: two digits of the error, bounds for none and all, no powers of ten."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from trialsim.report.digits import plain, points_with_error, rounded, share_with_error, with_error


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (-0.00539, 0.00152, "-0.0054 ± 0.0015"),
        (-0.000236, 0.002, "-0.0002 ± 0.0020"),
        (-0.00001, 0.002, "0.0000 ± 0.0020"),
        (0.5, 0.0, "0.5"),
        (-0.2, 1e-17, "-0.2"),
        (1e-17, 1e-18, "0"),
        (24.0421, 0.53, "24.04 ± 0.53"),
        (0.3212, 0.00096, "0.32120 ± 0.00096"),
        (0.3212, 0.000996, "0.3212 ± 0.0010"),
        (1234.0, 21.0, "1,234 ± 21"),
        (123456.0, 2134.0, "123,500 ± 2,100"),
        (9.3e-05, 0.0, "0.000093"),
        (9.3e-05, math.nan, "0.000093"),
    ],
)
def test_a_value_is_told_to_two_digits_of_its_error(value: float, error: float, text: str) -> None:
    assert with_error(value, error) == text


def test_two_digits_of_the_error_whatever_the_size() -> None:
    """Read back, value and error differ from what they were by at most half a unit of the error's second digit."""
    rng = np.random.default_rng(3)
    for _ in range(500):
        value, error = float(rng.normal() * 10 ** rng.uniform(-6, 6)), float(10 ** rng.uniform(-6, 6))
        told, _, sign = with_error(value, error).partition(" ± ")
        if error <= 1e-12 * max(abs(value), 1.0):
            continue
        number, shown = float(told.replace(",", "")), float(sign.replace(",", ""))
        unit = 10.0 ** (math.floor(math.log10(shown) + 1e-9) - 1)
        assert abs(shown - error) <= 0.5001 * unit
        assert abs(number - value) <= 0.5001 * unit
        assert "e" not in told + sign
        assert told.partition(".")[2].__len__() == sign.partition(".")[2].__len__()


def test_digits_that_nothing_can_be_seen_of_are_left_out() -> None:
    assert with_error(0.4999968, 1.3e-6, scale=0.06) == "0.50000"
    assert with_error(0.5009, 0.00019, scale=0.06) == "0.50090 ± 0.00019"
    assert with_error(-1.2e-5, 0.0, scale=0.3) == "0"
    assert with_error(0.5, 0.0, scale=0.3) == "0.5"


@pytest.mark.parametrize(("value", "low", "high", "text"), [
    (1.0, 0.99632, 1.0, "100 % (at least 99.6 %)"),
    (0.0, 0.0, 0.01828, "0 % (at most 1.9 %)"),
    (0.0, 0.0, 0.000368, "0 % (at most 0.037 %)"),
    (1.0, 1 - 0.000368, 1.0, "100 % (at least 99.963 %)"),
    (1.0, math.nan, math.nan, "100 %"),
    (0.25, 0.25, 0.25, "25 %"),
])  # fmt: skip
def test_none_and_all_have_their_bound_rounded_outward(value: float, low: float, high: float, text: str) -> None:
    assert share_with_error(value, 0.0, low=low, high=high) == text
    bound = re.search(r"at (least|most) ([\d.]+)", text)
    if bound is not None:
        told = float(bound.group(2)) / 100
        assert told <= low if bound.group(1) == "least" else told >= high


def test_shares_and_points() -> None:
    assert share_with_error(0.7354, 0.0312) == "73.5 % ± 3.1"
    assert share_with_error(0.055, 0.0051) == "5.50 % ± 0.51"
    assert points_with_error(0.1713, 0.0091) == "+17.13 ± 0.91"
    assert points_with_error(-0.0001, 0.02) == "0.0 ± 2.0"
    assert points_with_error(0.0, 0.0) == "none"


def test_no_power_of_ten_is_written() -> None:
    for exponent in range(-8, 9):
        for value in (10.0**exponent, -3.456 * 10.0**exponent):
            assert "e" not in plain(value) + rounded(value, abs(value) / 7)
            assert float(plain(value).replace(",", "")) == pytest.approx(
                value, rel=5e-4, abs=0.5 if abs(value) > 999 else 0
            )
