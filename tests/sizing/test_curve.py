"""Curves between their sizes, pooled with fresh trials, and their intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from trialsim.sizing.answer import _place, passing
from trialsim.sizing.curve import GROUPS, PowerCurve, falling_through, jackknife_se, last_rise, parabola, student
from trialsim.sizing.sizes import Sizes

AT = np.array([50.0, 60.0, 70.0, 80.0, 90.0])


def probit_line(shift: float = 0.0) -> np.ndarray:
    """Powers on a line of probits over square roots; .9 is met at ((z + 2 - shift) / .4)^2, 67.3 without a shift."""
    return norm.cdf(0.4 * np.sqrt(AT) - 2 + shift)


def a_curve(error: float, rule="rising") -> PowerCurve:
    """A curve whose standard error is about ``error`` on the scale of probits, the same for all sizes."""
    draw = np.random.default_rng(1).standard_normal(GROUPS)
    draw = (draw - draw.mean()) / draw.std() * error / math.sqrt(GROUPS - 1)
    return PowerCurve(AT, probit_line(), np.array([probit_line(shift) for shift in draw]), rule, 70.0)


@pytest.mark.parametrize("rule", ["rising", "local"])
def test_pooling_weighs_by_variances(rule) -> None:
    curve, fresh, error = a_curve(0.02, rule), 0.93, 0.005
    here = curve.value(70.0)
    own = float(jackknife_se(curve.without)[2])
    pooled = curve.pooled(70.0, fresh, error)
    weight = own**2 / (own**2 + error**2)
    assert pooled.value(70.0) == pytest.approx(here + weight * (fresh - here), abs=1e-9)
    # of two independent estimates of one thing; the rate of probits differs a little between the two powers
    assert pooled.se[2] == pytest.approx(1 / math.sqrt(own**-2 + error**-2), rel=0.02)
    assert pooled.root(0.9) < curve.root(0.9)  # more power was found, so fewer are enough


def test_a_fluke_of_the_fresh_trials_moves_by_its_weight_and_no_threshold() -> None:
    # at 3 standard errors there is no jump: the answer moves in proportion, by the weight alone
    curve, error = a_curve(0.02), 0.0047
    here, far = curve.value(70.0), np.array([0.0, 1.0, 2.9, 3.1, 3.7])
    roots = [curve.pooled(70.0, here - one * error, error).root(0.9) for one in far]
    moved = np.diff(roots) / np.diff(far)
    assert (moved > 0).all()
    assert moved.max() < 1.25 * moved.min()
    low, high = curve.pooled(70.0, here - 3.7 * error, error).root_interval(0.9)
    assert low < roots[-1] < high


def test_interval_of_a_pooled_curve_holds_both_errors() -> None:
    # by the delta method: error of the probits over the slope of the line at the root
    curve = a_curve(0.02).pooled(70.0, a_curve(0.02).value(70.0), 0.0047)
    root = curve.root(0.9)
    low, high = curve.root_interval(0.9)
    own = float(jackknife_se(norm.ppf(curve.without))[2])
    slope = 0.4 / (2 * math.sqrt(root))
    whole = math.hypot(own, curve.fresh_se)
    assert curve.fresh_se > own / 5  # so without it the test below would fail
    assert (high - low) / 2 == pytest.approx(student(own, whole) * whole / slope, rel=0.01)


def test_degrees_of_freedom() -> None:
    assert student(1.0, 1.0) == pytest.approx(2.2622, abs=1e-4)  # 9
    assert student(0.0, 1.0) == pytest.approx(1.9600, abs=1e-4)
    assert 1.96 < student(1.0, 2.0) < 2.0


@pytest.mark.parametrize("rule", ["rising", "local"])
def test_the_interval_is_a_number_where_some_groups_miss_the_goal(rule) -> None:
    curve = a_curve(0.2, rule)
    goal = float(norm.cdf(norm.ppf(curve.power[-1]) - 1e-4))  # just below the last size
    assert math.isfinite(curve.root(goal))
    low, high = curve.root_interval(goal)
    assert low < curve.root(goal) < high


def test_the_local_rule_reads_a_parabola_exactly() -> None:
    def height(n):
        return norm.cdf(0.05 * (np.sqrt(n) - 8) ** 2 + 0.3 * (np.sqrt(n) - 8) + 0.7)

    curve = PowerCurve(AT, height(AT), np.repeat(height(AT)[None], GROUPS, axis=0), "local", 70.0)
    for n in (55.0, 63.7, 81.0):
        assert curve.root(float(height(n))) == pytest.approx(n, rel=1e-9)
        assert curve.value(n) == pytest.approx(float(height(n)), rel=1e-9)


def test_a_falling_branch_is_no_answer() -> None:
    assert math.isnan(parabola(AT, np.linspace(1.0, 0.0, 5)).root(0.5))


def test_the_last_rise_is_taken() -> None:
    at, se = np.array([100.0, 200.0, 280.0, 320.0, 350.0, 400.0]), np.full(6, 0.005)
    power = np.array([0.6, 0.75, 0.815, 0.776, 0.82, 0.9])
    assert 320 < last_rise(at, power, se, 0.8) < 350
    assert math.isnan(last_rise(at, power, se, 0.95))  # never
    assert math.isnan(last_rise(at, power, se, 0.5))  # always
    assert 200 < last_rise(at, power, np.full(6, 0.03), 0.8) < 280  # the fall to .776 may be chance


def test_a_width_between_sizes() -> None:
    assert falling_through(np.array([50.0, 200.0]), np.array([2.0, 1.0]), math.sqrt(2)) == pytest.approx(100.0)
    assert math.isnan(falling_through(np.array([50.0, 200.0]), np.array([2.0, 1.0]), 0.9))


def test_a_parabola_that_ends_its_rise_below_the_goal_is_no_answer_where_the_curve_passes_it() -> None:
    """Powers of a search with 300 trials of each size, which once gave "9 participants are more than enough"."""
    at = np.array([126, 162, 201, 216, 231, 237, 243, 249, 255, 267, 288, 312, 336, 366, 399], dtype=float)
    power = np.array([592, 677, 738, 772, 771, 790, 785, 798, 786, 836, 834, 857, 870, 889, 902]) / 1000
    parabola_only = PowerCurve(at, power, np.repeat(power[None], GROUPS, axis=0), "local", 243.0)
    assert math.isnan(parabola_only.root(0.8))
    curve = passing(parabola_only, 0.8)
    assert 255 < curve.root(0.8) < 267
    assert curve.value(curve.root(0.8)) == pytest.approx(0.8, abs=0.01)
    sizes = Sizes(3, 3, (1, 1, 1), ())
    found = _place(curve, 0.8, curve.root(0.8), curve.root_interval(0.8)[0], sizes=sizes, between=(9, 900))
    assert found == (math.ceil(curve.root(0.8) / 3) * 3, "")
    assert _place(curve, 0.8, math.nan, math.nan, sizes=sizes, between=(9, 900)) == (None, "never")
    assert _place(curve, 0.5, math.nan, math.nan, sizes=sizes, between=(9, 900)) == (None, "sooner")
    assert passing(curve, 0.99) is curve
