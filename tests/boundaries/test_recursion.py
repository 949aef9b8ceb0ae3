"""The recursion keeps every trial, and drifts need no recursion of their own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from trialsim.boundaries.recursion import chance_above, density, go_on, narrowest_kernels, stages, start

TIMES, LOW, HIGH = (0.2, 0.5, 0.8, 1.0), (-1.0, -0.5, 0.2, 0.0), (3.0, 2.5, 2.2, 2.0)


@pytest.mark.parametrize("drift", [-3.0, 0.0, 2.0, 6.0])
def test_every_trial_stops_somewhere(drift: float) -> None:
    before = stages(TIMES, LOW, HIGH)
    up = [float(chance_above(*one, drift)) for one in zip(before, TIMES, HIGH, strict=True)]
    down = [float(chance_above(*one, drift, below=True)) for one in zip(before, TIMES, LOW, strict=True)]
    reach_the_end = float(chance_above(before[-1], 1.0, -40.0, drift))
    assert sum(up[:-1]) + sum(down[:-1]) + reach_the_end == pytest.approx(1.0, abs=1e-10)


def test_a_look_without_bounds_changes_nothing() -> None:
    free = go_on(start(), 0.5, -np.inf, np.inf, narrowest=0.7)
    score = np.array([-2.0, 0.0, 1.0, 4.0])
    assert chance_above(free, 1.0, score, 1.7) == pytest.approx(stats.norm.sf(score - 1.7), abs=1e-12)
    assert density(free, 1.0, score) == pytest.approx(stats.norm.pdf(score), abs=1e-12)


def test_bounds_that_meet_stop_everyone() -> None:
    none = go_on(start(), 0.5, 1.0, 1.0, narrowest=0.7)
    assert float(chance_above(none, 1.0, 0.0)) == 0.0


def test_the_narrowest_kernel() -> None:
    assert narrowest_kernels([0.5, 0.75, 1.0]) == pytest.approx([np.sqrt(0.5), np.sqrt(1 / 3), 0.5])
