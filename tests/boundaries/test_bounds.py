"""Bounds against printed values, against rpact, and against the multivariate normal distribution of SciPy."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from trialsim.boundaries.bounds import BoundRule, Bounds, SequentialDesign, bounds_at, planned_bounds

R = json.loads((Path(__file__).parents[1] / "reference/r/looks.json").read_text())

SHAPES = {"OF": "obrien-fleming", "P": "pocock", "HP": "haybittle-peto"}
FUNCTIONS = {"asOF": "obrien-fleming", "asP": "pocock", "bsOF": "obrien-fleming", "bsP": "pocock"}


def even(looks: int) -> tuple[float, ...]:
    return tuple((k + 1) / looks for k in range(looks))


def shaped(name: str, looks: int) -> Bounds:
    """Two-sided 5 %."""
    return planned_bounds(SequentialDesign(even(looks), 0.025, True, BoundRule(shape=name)))


@pytest.mark.parametrize(
    ("looks", "printed"),
    [
        (3, (3.4711, 2.4544, 2.0040)),
        (4, (4.0486, 2.8628, 2.3375, 2.0243)),
        (5, (4.5617, 3.2256, 2.6337, 2.2809, 2.0401)),
    ],
)
def test_obrien_and_fleming_as_printed(looks: int, printed: tuple[float, ...]) -> None:
    assert np.round(shaped("obrien-fleming", looks).efficacy, 4).tolist() == list(printed)


@pytest.mark.parametrize(("looks", "printed"), [(2, 2.1783), (3, 2.2895), (4, 2.3613), (5, 2.4132)])
def test_pocock_as_printed(looks: int, printed: float) -> None:
    assert [round(one, 4) for one in shaped("pocock", looks).efficacy] == [printed] * looks


@pytest.mark.parametrize(("looks", "printed"), [(2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142), (10, 0.193)])
def test_what_no_adjustment_costs(looks: int, printed: float) -> None:
    never_adjusted = BoundRule(scores=(1.959963984540054,) * looks)
    up, down = planned_bounds(SequentialDesign(even(looks), 0.025, True, never_adjusted)).crossing(0.0)
    assert round(sum(up) + sum(down), 3) == printed


def test_the_manual_of_gsdesign() -> None:
    """Hwang, Shih and DeCani -4 and -2, one-sided 2.5 %, 90 %, not binding, n.fix = 200."""
    found = planned_bounds(
        SequentialDesign(
            even(3),
            0.025,
            False,
            BoundRule(spending="hsd", parameter=-4.0),
            BoundRule(spending="hsd", parameter=-2.0),
            0.1,
        )
    )
    assert np.round(found.efficacy, 4).tolist() == [3.0107, 2.5465, 1.9992]
    assert np.round(found.futility[:2], 4).tolist() == [-0.2387, 0.9411]
    fixed = stats.norm.isf(0.025) + stats.norm.isf(0.1)
    sizes = [200 * (found.drift / fixed) ** 2 * time for time in found.times]
    assert [round(one, 3) for one in sizes] == [71.326, 142.651, 213.977]
    assert [math.ceil(one) for one in sizes] == [72, 143, 214]
    up = [list(itertools.accumulate(found.crossing(drift)[0])) for drift in (0.0, found.drift)]
    assert np.round(up, 4).tolist() == [[0.0013, 0.0062, 0.0233], [0.1412, 0.5815, 0.9000]]


def test_five_looks_of_the_same_manual() -> None:
    design = SequentialDesign(even(5), 0.025, False, BoundRule(spending="hsd", parameter=-4.0))
    found = planned_bounds(design)
    assert np.round(found.efficacy, 2).tolist() == [3.25, 2.99, 2.69, 2.37, 2.03]
    fixed = stats.norm.isf(0.025) + stats.norm.isf(0.1)
    assert round((drift_of_power(found, 0.9) / fixed) ** 2, 3) == 1.023


def test_spending_of_three_per_cent() -> None:
    found = planned_bounds(SequentialDesign(even(3), 0.03, False, BoundRule(spending="obrien-fleming")))
    assert found.efficacy == pytest.approx((3.5815302, 2.417863, 1.9175839), abs=5e-8)


def test_the_power_of_obrien_and_fleming() -> None:
    found = shaped("obrien-fleming", 3)
    drift = drift_of_power(found, 0.9)
    fixed = stats.norm.isf(0.025) + stats.norm.isf(0.1)
    assert (round(drift, 4), round((drift / fixed) ** 2, 4)) == (3.2675, 1.0161)
    assert (round(expected_time(found, drift), 4), round(expected_time(found, 0.0), 4)) == (0.7861, 0.9951)
    up, down = found.crossing(0.0)
    spent = list(itertools.accumulate(a + b for a, b in zip(up, down, strict=True)))
    assert np.round(spent, 5).tolist() == [0.00052, 0.01432, 0.05]


def drift_of_power(bounds: Bounds, power: float) -> float:
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        up, down = bounds.crossing(middle)
        low, high = (middle, high) if sum(up) + sum(down) < power else (low, middle)
    return low


def expected_time(bounds: Bounds, drift: float) -> float:
    up, down = bounds.crossing(drift)
    going, total, before = 1.0, 0.0, 0.0
    for time, a, b in zip(bounds.times, up, down, strict=True):
        total += going * (time - before)
        going, before = going - a - b, time
    return total


# ---------------------------------------------------------------- rpact


def rule_of(case: dict[str, Any]) -> BoundRule:
    side = case["alpha"] / case["sided"]
    kind, rates = case["type"], case["rates"]
    if kind in SHAPES:
        return BoundRule(shape=SHAPES[kind])
    if kind == "asHSD":
        return BoundRule(spending="hsd", parameter=-4.0)
    if kind == "asUser":
        return BoundRule(listed=tuple(side * time**2 for time in rates))
    return BoundRule(spending=FUNCTIONS[kind])


@pytest.mark.parametrize("case", R["designs"], ids=lambda case: f"{case['type']}-{len(case['rates'])}-{case['sided']}")
def test_designs_of_rpact(case: dict[str, Any]) -> None:
    """rpact solves to about 1e-8 and integrates by Simpson's rule; bounds agree to 1e-6, chances to 2e-7."""
    side = case["alpha"] / case["sided"]
    found = planned_bounds(SequentialDesign(tuple(case["rates"]), side, case["sided"] == 2, rule_of(case)))
    finite = np.isfinite(found.efficacy)
    assert np.asarray(found.efficacy)[finite] == pytest.approx(np.asarray(case["efficacy"])[finite], abs=2e-6)
    for place, theta in enumerate((0.0, 0.3)):
        up, down = found.crossing(theta * 10.0)  # 100 participants with SD 1
        stops = [a + b for a, b in zip(up, down, strict=True)]
        assert stops == pytest.approx(case["stops"][place], abs=1e-6)
        assert 100 * expected_time(found, theta * 10.0) == pytest.approx(case["expected"][place], abs=1e-3)


@pytest.mark.parametrize(
    "case", R["futility"], ids=lambda case: f"{case['shape']}-{case['binding']}-{len(case['rates'])}"
)
def test_futility_of_rpact(case: dict[str, Any]) -> None:
    beta = (
        BoundRule(spending="hsd", parameter=-2.0)
        if case["shape"] == "bsHSD"
        else BoundRule(spending=FUNCTIONS[case["shape"]])
    )
    found = planned_bounds(
        SequentialDesign(
            tuple(case["rates"]), 0.025, False, BoundRule(spending="obrien-fleming"), beta, 0.1, case["binding"]
        )
    )
    wanted = np.atleast_1d(case["futility"]).astype(float)
    assert found.efficacy == pytest.approx(case["efficacy"], abs=2e-5)
    shown = wanted > -5.9  # rpact cuts bounds at -6
    assert np.asarray(found.futility[:-1])[shown] == pytest.approx(wanted[shown], abs=2e-5)
    assert found.drift**2 == pytest.approx(case["drift"], rel=2e-5)


# ---------------------------------------------------------------- a slow form


def by_multivariate_normal(bounds: Bounds, drift: float) -> list[float]:
    """The chance to reject at each look, as differences of probabilities of boxes."""
    times = np.asarray(bounds.times)
    mean, cov = drift * np.sqrt(times), np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
    low = np.maximum(np.asarray(bounds.low), np.asarray(bounds.futility))
    inside = [1.0]
    for k in range(1, len(times) + 1):
        ends = [np.append(low[: k - 1], -np.inf), np.asarray(bounds.efficacy[:k])]
        whole = [np.append(low[: k - 1], -np.inf), np.append(bounds.efficacy[: k - 1], np.inf)]
        both = [box(mean[:k], cov[:k, :k], *one) for one in (whole, ends)]
        inside.append(both[0] - both[1])
    return inside[1:]


def box(mean: np.ndarray, cov: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """The probability of a box, by inclusion and exclusion of distribution functions."""
    total = 0.0
    for corner in itertools.product((0, 1), repeat=len(mean)):
        at = np.where(corner, low, high)
        if not np.isneginf(at).any():
            there = np.where(np.isposinf(at), 40.0, at)
            total += (-1) ** sum(corner) * stats.multivariate_normal.cdf(
                there, mean=mean, cov=cov, abseps=1e-9, releps=1e-9, maxpts=2_000_000
            )
    return total


@pytest.mark.parametrize("two_sided", [True, False])
def test_two_looks_by_the_bivariate_normal_distribution(two_sided: bool) -> None:
    futility = None if two_sided else BoundRule(spending="hsd", parameter=-2.0)
    found = planned_bounds(SequentialDesign((0.4, 1.0), 0.025, two_sided, BoundRule(spending="pocock"), futility, 0.2))
    assert found.crossing(1.3)[0] == pytest.approx(by_multivariate_normal(found, 1.3), abs=1e-8)


@pytest.mark.verify
@pytest.mark.parametrize("drift", [0.0, 1.3, 3.2])
@pytest.mark.parametrize("two_sided", [True, False])
def test_chances_by_the_multivariate_normal_distribution(drift: float, two_sided: bool) -> None:
    futility = None if two_sided else BoundRule(spending="hsd", parameter=-2.0)
    design = SequentialDesign((0.3, 0.75, 1.0), 0.025, two_sided, BoundRule(spending="pocock"), futility, 0.2)
    found = planned_bounds(design)
    assert found.crossing(drift)[0] == pytest.approx(by_multivariate_normal(found, drift), abs=2e-7)


@pytest.mark.parametrize("binding", [True, False])
@pytest.mark.parametrize("two_sided", [True, False])
def test_the_level_is_spent_at_real_times_too(two_sided: bool, binding: bool) -> None:
    design = SequentialDesign(
        (0.5, 0.75, 1.0), 0.025, two_sided, BoundRule(shape="pocock"), BoundRule(scores=(0.2, 0.8)), 0.0, binding
    )
    for times, looks in (
        ((0.51, 0.77, 0.93), (0, 1, 2)),
        ((0.77, 1.0), (1, 2)),
        ((0.4,), (2,)),
        ((0.501, 0.502, 1.0), (0, 1, 2)),
    ):
        found = bounds_at(design, times, looks)
        up, _ = found.crossing(0.0, stop_for_futility=binding)
        assert sum(up) == pytest.approx(0.025, abs=1e-9)
        assert found.efficacy[:-1] == pytest.approx([planned_bounds(design).efficacy[0]] * (len(times) - 1), abs=1e-9)


@pytest.mark.verify
def test_looks_close_to_each_other_lose_no_digits() -> None:
    """Panels as wide as four SDs of the narrowest kernel: a look after one per mille more information."""
    design = SequentialDesign((0.5, 0.5005, 1.0), 0.025, False, BoundRule(scores=(2.0, 2.0, 2.0)))
    up, _ = planned_bounds(design).crossing(0.7)
    assert up == pytest.approx(by_multivariate_normal(planned_bounds(design), 0.7), abs=5e-7)


def test_nothing_left_to_spend_is_never_reached() -> None:
    design = SequentialDesign((0.5, 1.0), 0.025, False, BoundRule(listed=(0.025, 0.025)))
    found = planned_bounds(design)
    assert found.efficacy == (pytest.approx(stats.norm.isf(0.025), abs=1e-9), math.inf)
