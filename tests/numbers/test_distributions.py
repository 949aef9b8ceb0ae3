"""Every distribution against scipy: quantiles, true truncation, moments."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from trialsim.errors import DistributionError
from trialsim.numbers.distributions import (
    CODES,
    Distribution,
    cdf,
    describe,
    mean,
    median,
    pack,
    packable,
    quantile,
    quantile_packed,
    sd,
    shown_quantile,
)
from trialsim.quantities.empirical import read_empirical

Floats = NDArray[np.float64]
Quantile = Callable[[Distribution, Floats], Floats]

#: Rounding of a quantile, and of u by half a unit in its last place, which grows to at most 30 at these points.
QUANTILE = 1e-12
#: With limits u is spread over a part only, rounded to 1e-16: of 1 - u = 1e-6 about 1e-10 is lost, and more beyond.
TRUNCATED = 1e-9
U = np.concatenate([[2.0**-53, 1e-12, 1e-6], np.arange(1, 400) / 400, 1 - np.array([1e-6, 1e-12, 2.0**-53])])
NOT_LAST = U[U < 1 - 1e-7]

#: The distribution, scipy's own, and limits that cut off much of it on both sides.
FAMILIES: dict[str, tuple[Distribution, Any, tuple[float, float]]] = {
    "uniform": (Distribution("uniform", (2.0, 7.0)), stats.uniform(2, 5), (3.0, 4.5)),
    "normal": (Distribution("normal", (45.0, 10.0)), stats.norm(45, 10), (40.0, 60.0)),
    "lognormal": (Distribution("lognormal", (1.2, 0.7)), stats.lognorm(0.7, scale=math.exp(1.2)), (2.0, 9.0)),
    "gamma": (Distribution("gamma", (2.5, 4.0)), stats.gamma(2.5, scale=4.0), (4.0, 20.0)),
    "gamma below 1": (Distribution("gamma", (0.4, 4.0)), stats.gamma(0.4, scale=4.0), (0.5, 8.0)),
    "exponential": (Distribution("exponential", (3.0,)), stats.expon(scale=3.0), (1.0, 5.0)),
    "weibull": (Distribution("weibull", (1.7, 9.0)), stats.weibull_min(1.7, scale=9.0), (4.0, 14.0)),
    "weibull below 1": (Distribution("weibull", (0.6, 9.0)), stats.weibull_min(0.6, scale=9.0), (1.0, 30.0)),
    "triangular": (Distribution("triangular", (2.0, 3.0, 8.0)), stats.triang(1 / 6, 2, 6), (2.5, 6.0)),
    "triangular at its low": (Distribution("triangular", (2.0, 2.0, 8.0)), stats.triang(0.0, 2, 6), (2.5, 6.0)),
    "triangular at its high": (Distribution("triangular", (2.0, 8.0, 8.0)), stats.triang(1.0, 2, 6), (2.5, 6.0)),
    "beta": (Distribution("beta", (2.0, 3.0, 0.0, 10.0)), stats.beta(2, 3, 0, 10), (2.0, 7.0)),
    "beta of two humps": (Distribution("beta", (0.5, 0.6, -1.0, 1.0)), stats.beta(0.5, 0.6, -1, 2), (-0.8, 0.7)),
}
every = pytest.mark.parametrize("name", FAMILIES)


def gap(ours: Floats, theirs: Floats) -> float:
    """Largest difference, relative to the size of the value or of the distribution's middle half."""
    assert ours.shape == theirs.shape
    assert np.all(np.isfinite(ours))
    scale = np.maximum(np.abs(theirs), 1e-3 * (np.quantile(theirs, 0.75) - np.quantile(theirs, 0.25)))
    return float(np.max(np.abs(ours - theirs) / scale))


def truncated_ppf(judge: Any, low: float, high: float, u: Floats) -> Floats:
    """scipy's quantile at the place of u between the limits."""
    below, above = judge.cdf(low), judge.cdf(high)
    return np.asarray(judge.ppf(below + u * (above - below)))


# ---------------------------------------------------------------- quantiles


def test_every_family_is_compared() -> None:
    assert {one.family for one, _, _ in FAMILIES.values()} | {"fixed", "choice", "empirical"} == set(CODES)


@every
def test_quantiles_equal_scipy(name: str) -> None:
    ours, judge, _ = FAMILIES[name]
    assert gap(quantile(ours, U), judge.ppf(U)) < QUANTILE


@every
def test_quantiles_to_be_written_are_those_that_are_drawn(name: str) -> None:
    whole, _, (low, high) = FAMILIES[name]
    for one in (whole, replace(whole, low=low, high=high)):
        assert gap(shown_quantile(one, U), quantile(one, U)) < QUANTILE
    for listed in (
        Distribution("choice", values=(4.0, 1.0, 2.0), weights=(0.3, 0.4, 0.3)),
        Distribution("fixed", (3.0,)),
    ):
        np.testing.assert_array_equal(shown_quantile(listed, U), quantile(listed, U))


@every
@pytest.mark.parametrize("place", [0, 1])
def test_a_parameter_off_by_a_billionth_is_seen(name: str, place: int) -> None:
    """Planted."""
    ours, judge, _ = FAMILIES[name]
    if place < len(ours.params):
        params = list(ours.params)
        params[place] *= 1 + 1e-9
        wrong = gap(quantile(replace(ours, params=tuple(params)), U), judge.ppf(U))
        assert wrong > QUANTILE or params[place] == 0


@every
def test_one_by_one_and_all_at_once_are_equal(name: str) -> None:
    """The engines take one value at a time from a table of many distributions."""
    ours = FAMILIES[name][0]
    if packable(ours):
        rows, table = pack([Distribution("choice", values=(4.0, 1.0), weights=(0.3, 0.7)), ours])
        assert [quantile_packed(rows, 1, table, float(u)) for u in U] == quantile(ours, U).tolist()
    else:
        assert [float(quantile(ours, np.array([u]))[0]) for u in U] == quantile(ours, U).tolist()


def test_the_shape_of_the_draws_is_kept() -> None:
    for name in ("normal", "gamma"):
        u = np.arange(1, 7).reshape(2, 3) / 7
        assert quantile(FAMILIES[name][0], u).shape == (2, 3)
        assert quantile(FAMILIES[name][0], u[:, :0]).shape == (2, 0)


def test_a_fixed_value_does_not_vary() -> None:
    fixed = Distribution("fixed", (12.5,))
    assert np.all(quantile(fixed, U) == 12.5)
    assert (mean(fixed), sd(fixed), median(fixed)) == (12.5, 0.0, 12.5)
    assert (cdf(fixed, 12.4), cdf(fixed, 12.5)) == (0.0, 1.0)


# ---------------------------------------------------------------- limits


def limits(name: str, side: str) -> tuple[float | None, float | None]:
    low, high = FAMILIES[name][2]
    return (low if side != "high" else None, high if side != "low" else None)


sides = pytest.mark.parametrize("side", ["low", "high", "both"])


@every
@sides
def test_limits_truncate(name: str, side: str) -> None:
    whole, judge, _ = FAMILIES[name]
    low, high = limits(name, side)
    ours = quantile(replace(whole, low=low, high=high), NOT_LAST)
    ends = (-math.inf if low is None else low, math.inf if high is None else high)
    assert gap(ours, truncated_ppf(judge, *ends, NOT_LAST)) < TRUNCATED
    rounding = 1e-9 * (1 + abs(ours))
    assert np.all((ours >= ends[0] - rounding) & (ours <= ends[1] + rounding))


def clipped(distribution: Distribution, u: Floats) -> Floats:
    """Planted: what lies outside is moved to the limit."""
    whole = quantile(replace(distribution, low=None, high=None), u)
    low = -math.inf if distribution.low is None else distribution.low
    high = math.inf if distribution.high is None else distribution.high
    return np.clip(whole, low, high)


def untouched(distribution: Distribution, u: Floats) -> Floats:
    """Planted: the limits are forgotten."""
    return quantile(replace(distribution, low=None, high=None), u)


@every
@sides
@pytest.mark.parametrize("fault", [clipped, untouched])
def test_faulty_limits_are_seen(name: str, side: str, fault: Quantile) -> None:
    whole, judge, _ = FAMILIES[name]
    low, high = limits(name, side)
    ends = (-math.inf if low is None else low, math.inf if high is None else high)
    assert gap(fault(replace(whole, low=low, high=high), NOT_LAST), truncated_ppf(judge, *ends, NOT_LAST)) > 0.01


def test_a_truncated_normal_equals_scipys_own() -> None:
    """truncnorm takes another way: by the logarithm of the distribution function."""
    ours = Distribution("normal", (45.0, 10.0), low=40.0, high=60.0)
    judge = stats.truncnorm(-0.5, 1.5, loc=45, scale=10)
    assert gap(quantile(ours, NOT_LAST), judge.ppf(NOT_LAST)) < TRUNCATED
    assert mean(ours) == pytest.approx(judge.mean(), rel=1e-9)
    assert sd(ours) == pytest.approx(judge.std(), rel=1e-9)
    assert cdf(ours, 50.0) == pytest.approx(judge.cdf(50.0), rel=1e-12)
    assert (cdf(ours, 39.0), cdf(ours, 61.0)) == (0.0, 1.0)
    assert gap(clipped(ours, U), judge.ppf(U)) > 0.01


@every
def test_the_largest_draw_is_finite_above_any_limit(name: str) -> None:
    """F(low) + u (1 - F(low)) rounds to 1 for the largest u, and the quantile of 1 may be infinite."""
    whole, judge, _ = FAMILIES[name]
    for share in (0.5, 0.9, 0.999):
        ours = replace(whole, low=float(judge.ppf(share)))
        assert np.all(np.isfinite(quantile(ours, np.array([1 - 2.0**-53]))))


@pytest.mark.parametrize(
    ("distribution", "low", "high"),
    [
        (Distribution("uniform", (0.0, 1.0)), 2.0, 3.0),
        (Distribution("lognormal", (0.0, 1.0)), None, 0.0),
        (Distribution("exponential", (1.0,)), -2.0, -1.0),
        (Distribution("normal", (0.0, 1.0)), 40.0, None),
        (Distribution("normal", (0.0, 1.0)), 1.0, 0.5),
        (Distribution("triangular", (0.0, 1.0, 2.0)), 2.0, None),
        (Distribution("beta", (2.0, 2.0, 0.0, 1.0)), None, -0.5),
        (Distribution("choice", values=(1.0, 2.0)), 1.2, 1.8),
        (Distribution("empirical", values=(1.0, 2.0)), 3.0, None),
    ],
)
def test_limits_with_nothing_between_are_refused(
    distribution: Distribution, low: float | None, high: float | None
) -> None:
    with pytest.raises(
        DistributionError, match=r"TS-D002 no value of the .* distribution lies between .* Widen the limits"
    ):
        replace(distribution, low=low, high=high)


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(DistributionError, match=r"TS-D001 .*'gauss'.*Known: fixed"):
        Distribution("gauss", (0.0, 1.0))


# ---------------------------------------------------------------- lists of values


def plain_choice(values: list[float], weights: list[float], u: float) -> float:
    """The smallest value whose cumulative share exceeds u."""
    reached = 0.0
    for value, weight in sorted(zip(values, weights, strict=True)):
        reached += weight / math.fsum(weights)
        if u < reached:
            return value
    return max(values)


def test_choices_come_by_their_shares() -> None:
    values, weights = [20.0, 10.0, 60.0, 45.0], [0.25, 0.5, 0.0625, 0.1875]
    ours = Distribution("choice", values=tuple(values), weights=tuple(weights))
    assert quantile(ours, U).tolist() == [plain_choice(values, weights, u) for u in U]
    judge = stats.rv_discrete(values=([10, 20, 45, 60], [0.5, 0.25, 0.1875, 0.0625]))
    inside = U[~np.isin(U, [0.5, 0.75, 0.9375])]
    assert quantile(ours, inside).tolist() == judge.ppf(inside).tolist()
    assert mean(ours) == pytest.approx(judge.mean(), rel=1e-14)
    assert sd(ours) == pytest.approx(judge.std(), rel=1e-14)
    assert [cdf(ours, x) for x in (9, 10, 44, 45, 60)] == [0.0, 0.5, 0.75, 0.9375, 1.0]


def test_a_choice_with_swapped_shares_is_seen() -> None:
    """Planted."""
    values = [20.0, 10.0, 60.0]
    wrong = Distribution("choice", values=tuple(values), weights=(0.5, 0.25, 0.25))
    assert quantile(wrong, U).tolist() != [plain_choice(values, [0.25, 0.5, 0.25], u) for u in U]


def test_a_choice_without_a_share_is_never_taken() -> None:
    ours = Distribution("choice", values=(1.0, 2.0, 3.0), weights=(0.0, 1.0, 0.0))
    assert set(quantile(ours, U)) == {2.0}


def test_limits_keep_the_values_between_them_and_on_them() -> None:
    """Shares 1 : 3 of what is left; the ends belong to it."""
    ours = Distribution("choice", values=(1.0, 2.0, 3.0, 4.0), weights=(0.4, 0.1, 0.3, 0.2), low=2.0, high=3.0)
    assert quantile(ours, np.array([1e-9, 0.2499, 0.2501, 1 - 2.0**-53])).tolist() == [2.0, 2.0, 3.0, 3.0]
    assert mean(ours) == pytest.approx(2.75, rel=1e-14)
    assert [cdf(ours, x) for x in (1, 2, 3)] == pytest.approx([0.0, 0.25, 1.0])
    assert set(clipped(ours, U)) == {2.0, 3.0}
    assert clipped(ours, np.array([0.3]))[0] != quantile(ours, np.array([0.3]))[0]


def test_empirical_values_come_from_a_column_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "lengths.csv").write_text("id,minutes\n1,12\n2,7.5\n3,\n4,30\n5,12\n", encoding="utf-8")
    info = SimpleNamespace(context={"folder": tmp_path})
    values = read_empirical({"file": "lengths.csv", "column": "minutes", "unit": "min"}, "duration", info)
    assert values == (450.0, 720.0, 720.0, 1800.0)
    ours = Distribution("empirical", values=values)
    inside = U[~np.isin(U, [0.25, 0.5, 0.75])]
    assert quantile(ours, inside).tolist() == np.quantile(values, inside, method="inverted_cdf").tolist()
    assert mean(ours) == pytest.approx(np.mean(values), rel=1e-14)
    assert sd(ours) == pytest.approx(np.std(values), rel=1e-14)
    assert quantile(ours, inside).tolist() != np.quantile(values, inside, method="linear").tolist()


# ---------------------------------------------------------------- moments

#: By formula, or by 200 points of the quantile function; the humps and long tails are the hardest.
MOMENT = 1e-6


def moments_by_scipy(judge: Any, low: float, high: float) -> tuple[float, float]:
    first = judge.expect(lambda x: x, lb=low, ub=high, conditional=True)
    second = judge.expect(lambda x: (x - first) ** 2, lb=low, ub=high, conditional=True)
    return first, math.sqrt(second)


@every
def test_moments_equal_scipy(name: str) -> None:
    ours, judge, (low, high) = FAMILIES[name]
    assert mean(ours) == pytest.approx(judge.mean(), rel=MOMENT, abs=1e-9)
    assert sd(ours) == pytest.approx(judge.std(), rel=MOMENT)
    assert median(ours) == pytest.approx(judge.median(), rel=1e-12)
    first, second = moments_by_scipy(judge, low, high)
    inside = replace(ours, low=low, high=high)
    assert mean(inside) == pytest.approx(first, rel=MOMENT)
    assert sd(inside) == pytest.approx(second, rel=MOMENT)
    assert float(np.mean(clipped(inside, U))) != pytest.approx(first, rel=MOMENT)


@every
def test_the_distribution_function_turns_the_quantile_back(name: str) -> None:
    ours, _, (low, high) = FAMILIES[name]
    u = np.arange(1, 100) / 100
    for one in (ours, replace(ours, low=low, high=high)):
        back = [cdf(one, float(x)) for x in quantile(one, u)]
        np.testing.assert_allclose(back, u, rtol=1e-10)


def test_words_name_the_family_and_its_limits() -> None:
    normal = FAMILIES["normal"][0]
    assert describe(normal, lambda x: f"{x:.1f}") == "normal, median 45.0, 95 % between 25.4 and 64.6"
    assert describe(replace(normal, low=45.0), lambda x: f"{x:.1f}").startswith("normal truncated, median 51.7")
    assert describe(Distribution("choice", values=(2.0, 1.0), weights=(1.0, 3.0)), str) == "1.0 (0.75), 2.0 (0.25)"
