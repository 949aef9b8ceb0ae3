"""Conditional and predictive power against integrating over the trials that go on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from trialsim.boundaries.conditional import conditional_power, predictive_power


def test_half_the_information() -> None:
    assert round(conditional_power(1.5, 0.5, 1.959964), 5) == 0.59025
    assert round(predictive_power(1.5, 0.5, 1.959964), 5) == 0.56409


@pytest.mark.parametrize(("score", "time", "bound"), [(0.3, 0.25, 2.0), (-1.0, 0.6, 1.96), (2.5, 0.8, 2.2)])
def test_a_slow_form(score: float, time: float, bound: float) -> None:
    def power(drift: float) -> float:
        rest = bound - score * np.sqrt(time) - drift * (1 - time)
        return float(stats.norm.sf(rest / np.sqrt(1 - time)))

    trend = score / np.sqrt(time)
    assert conditional_power(score, time, bound) == pytest.approx(power(trend), abs=1e-12)
    weighted, _ = integrate.quad(
        lambda at: power(at) * stats.norm.pdf(at, trend, 1 / np.sqrt(time)), -40, 40, points=[trend]
    )
    assert predictive_power(score, time, bound) == pytest.approx(weighted, abs=1e-8)
