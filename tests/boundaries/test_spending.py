"""Spending functions at their ends, at printed values, and rising in between."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from trialsim.boundaries.spending import spent

EVERY = [("obrien-fleming", 0.0), ("pocock", 0.0), ("hsd", -4.0), ("hsd", 0.0), ("hsd", 1.0)]


@pytest.mark.parametrize(("name", "parameter"), EVERY)
def test_from_nothing_to_the_whole_level(name: str, parameter: float) -> None:
    values = [spent(name, 0.025, time, parameter) for time in np.linspace(0, 1.2, 60)]
    assert values[0] == 0.0
    assert values[-1] == 0.025
    assert (np.diff(values) >= 0).all()


def test_the_formulas() -> None:
    assert spent("obrien-fleming", 0.05, 0.4) == pytest.approx(
        2 - 2 * stats.norm.cdf(stats.norm.isf(0.025) / math.sqrt(0.4))
    )
    assert spent("pocock", 0.05, 0.4) == pytest.approx(0.05 * math.log(1 + (math.e - 1) * 0.4))
    assert spent("hsd", 0.05, 0.4, -2.0) == pytest.approx(0.05 * (1 - math.exp(0.8)) / (1 - math.exp(2)))
    assert spent("hsd", 0.05, 0.4, 0.0) == pytest.approx(0.02)


def test_an_unknown_function_is_an_error() -> None:
    with pytest.raises(KeyError):
        spent("straight", 0.025, 0.5)
