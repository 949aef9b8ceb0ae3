"""The normal quantile and distribution function against scipy, far into both tails."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special

from trialsim.numbers.distributions import Distribution, few_quantiles, pack, quantile
from trialsim.numbers.normal import ndtr, ndtri, normal_quantiles

Floats = NDArray[np.float64]

#: PPND16 is stated to about 1e-16; its logarithms, square roots and Horner sums each add some of 1.1e-16.
QUANTILE = 2e-15  # 7.7e-16 was found
#: erfc of the C library and of scipy differ by rounding of their argument, whose effect grows as z^2 in the tail.
DISTRIBUTION = 1e-15


def grid() -> Floats:
    """Both halves: steps of 1/2000, every decade to 1e-300, and the neighbors of where the branches meet."""
    middle = np.arange(1, 2000) / 2000
    tail = np.concatenate([c * 10.0 ** -np.arange(1, 301) for c in (1.0, 2.2, 4.7, 9.1)])
    tail = tail[(tail < 0.5) & (tail >= 1e-300)]
    upper = 1.0 - 10.0 ** -np.arange(1, 16.0)
    turns = np.array([0.075, 0.925, math.exp(-25), 1 - math.exp(-25), 2.0**-53, 1 - 2.0**-53])
    near = np.concatenate([turns, np.nextafter(turns, 0), np.nextafter(turns, 1)])
    return np.unique(np.concatenate([middle, tail, upper, near[near < 1]]))


def worst(function: Callable[[float], float], judge: Callable[[Floats], Floats], points: Floats) -> float:
    """Largest difference from a judge, relative to its size (to 1 where the judge is near 0: quantiles at 1/2)."""
    ours = np.array([function(float(x)) for x in points])
    theirs = judge(points)
    assert np.all(np.isfinite(ours))
    scale = np.where(np.abs(theirs) < 1e-3, 1e-3, np.abs(theirs))
    return float(np.max(np.abs(ours - theirs) / scale))


def test_the_quantile_equals_scipy_to_1e_300() -> None:
    points = grid()
    assert points.min() <= 1e-300
    assert len(points) > 3000
    assert worst(ndtri, special.ndtri, points) < QUANTILE


def without_far_tail(u: float) -> float:
    """Planted: the middle branch of the tail used where the far one belongs."""
    r = math.sqrt(-math.log(min(u, 1 - u)))
    return ndtri(u) if r <= 5 else ndtri(u) * (1 + 1e-13)


def short_of_a_digit(u: float) -> float:
    """Planted: the quantile of Abramowitz and Stegun 26.2.23, good to 4.5e-4."""
    t = math.sqrt(-2 * math.log(min(u, 1 - u)))
    x = t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t**3)
    return math.copysign(x, u - 0.5)


@pytest.mark.parametrize("fault", [without_far_tail, short_of_a_digit, lambda u: -ndtri(u), lambda u: ndtri(u) + 1e-14])
def test_a_faulty_quantile_is_seen(fault: Callable[[float], float]) -> None:
    assert worst(fault, special.ndtri, grid()) > QUANTILE


def test_the_quantile_equals_scipy_at_every_kind_of_word() -> None:
    """Uniform draws are (k + 1/2) 2^-52: the first and last words, those around every joint, and many others."""
    rng = np.random.default_rng(5)
    joints = [0, int(0.075 * 2**52), int(0.925 * 2**52), int(math.exp(-25) * 2**52), 2**51, 2**52 - 1]
    near = np.concatenate([np.arange(one - 500, one + 500) for one in joints])
    words = np.concatenate([near[(near >= 0) & (near < 2**52)], rng.integers(0, 2**52, 20_000)])
    assert worst(ndtri, special.ndtri, (words + 0.5) * 2.0**-52) < QUANTILE


@pytest.mark.parametrize("joint", [0.075, 0.925, math.exp(-25), 1 - math.exp(-25)])
def test_it_rises_across_the_joints_of_its_formulas(joint: float) -> None:
    """No step back by more than the last digit, and none from one ten-thousandth of the tail to the next."""
    u = joint + np.arange(-2000, 2000) * np.spacing(joint)
    z = np.array([ndtri(float(x)) for x in u])
    assert (np.diff(z) >= -2 * np.spacing(abs(z[0]))).all()
    far = joint + np.arange(-20, 20) * 1e-4 * min(joint, 1 - joint)
    assert (np.diff([ndtri(float(x)) for x in far]) > 0).all()


def test_a_few_without_branches_are_the_same_digits() -> None:
    """As spells of other work are drawn, eight at a time; far tails among them included."""
    u = np.random.default_rng(6).permutation(np.resize(grid(), 8 * 900))
    families = [
        Distribution("normal", (3.0, 2.0)),
        Distribution("normal", (3.0, 2.0), low=1.0),
        Distribution("lognormal", (1.0, 0.5)),
        Distribution("exponential", (2.0,)),
        Distribution("weibull", (1.5, 2.0)),
        Distribution("uniform", (1.0, 2.0)),
    ]
    rows, table = pack(families)
    for d, family in enumerate(families):
        few = u.reshape(-1, 8).copy()
        for eight in few:
            few_quantiles(rows, np.int64(d), table, eight)
        np.testing.assert_array_equal(few.ravel(), quantile(family, u))


@pytest.mark.parametrize("width", [1, 3, 64, 4100])
def test_rows_at_once_are_the_same_digits(width: int) -> None:
    u = np.random.default_rng(width).permutation(np.resize(grid(), 5 * width)).reshape(5, width)
    one_by_one = np.array([[ndtri(float(x)) for x in row] for row in u])
    normal_quantiles(u)
    np.testing.assert_array_equal(u, one_by_one)


@settings(max_examples=200, deadline=None)
@given(st.floats(2.0**-53, 0.5))
def test_the_quantile_is_odd_and_rises(u: float) -> None:
    if 1.0 - (1.0 - u) == u:
        assert ndtri(u) == -ndtri(1.0 - u)
    assert ndtri(float(np.nextafter(u, 1))) >= ndtri(u) * (1 + 1e-15) - 1e-15


def test_the_middle_is_0_exactly() -> None:
    assert ndtri(0.5) == 0.0
    assert ndtr(0.0) == 0.5


def distribution_gap(function: Callable[[float], float]) -> float:
    """Largest relative difference of P(Z <= z) from scipy, per unit of 1 + z^2, for z from -37 to 8."""
    z = np.linspace(-37, 8, 4501)
    ours = np.array([function(float(x)) for x in z])
    return float(np.max(np.abs(ours / special.ndtr(z) - 1) / (1 + z * z)))


def test_the_distribution_function_equals_scipy() -> None:
    assert distribution_gap(ndtr) < DISTRIBUTION
    assert ndtr(-40.0) >= 0.0
    assert ndtr(40.0) == 1.0


def test_a_faulty_distribution_function_is_seen() -> None:
    """Planted: 1/2 (1 + erf), which loses the lower tail, and one off by 1e-14."""
    assert distribution_gap(lambda z: 0.5 * (1 + math.erf(z / math.sqrt(2)))) > DISTRIBUTION
    assert distribution_gap(lambda z: ndtr(z) * (1 + 1e-14)) > DISTRIBUTION


@settings(max_examples=200, deadline=None)
@given(st.floats(-37, 5))
def test_there_and_back(z: float) -> None:
    """In z the way back loses u's rounding: 2^-53 u / density."""
    u = ndtr(z)
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    assert abs(ndtri(u) - z) < 1e-14 * (1 + abs(z)) + 4 * (1 + z * z) * 2.0**-53 * u / density
