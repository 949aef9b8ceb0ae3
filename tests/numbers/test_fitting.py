"""Parameters from what papers print: what was given comes back, and what cannot be is refused by its code."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from trialsim.errors import DistributionError
from trialsim.numbers.distributions import Distribution, mean, median, quantile, solve
from trialsim.numbers.fitting import SOLVERS

Given = Mapping[str, float]

#: Solved by formula or by bisection to the last bit; logarithms and gamma functions lose a few digits more.
BACK = 1e-8

means = st.floats(1e-3, 1e6)
cvs = st.floats(0.02, 3.0)


def judge(distribution: Distribution) -> Any:
    """scipy's distribution of the same parameters."""
    p = distribution.params
    made: dict[str, Callable[[], Any]] = {
        "uniform": lambda: stats.uniform(p[0], p[1] - p[0]),
        "normal": lambda: stats.norm(*p),
        "lognormal": lambda: stats.lognorm(p[1], scale=math.exp(p[0])),
        "gamma": lambda: stats.gamma(p[0], scale=p[1]),
        "exponential": lambda: stats.expon(scale=p[0]),
        "weibull": lambda: stats.weibull_min(p[0], scale=p[1]),
        "beta": lambda: stats.beta(p[0], p[1], p[2], p[3] - p[2]),
    }
    return made[distribution.family]()


def miss(distribution: Distribution, given: Given) -> float:
    """The largest relative miss of the properties given, each worked out by scipy."""
    theirs = judge(distribution)
    found = {}
    for key in given:
        if key == "cv":
            found[key] = theirs.std() / theirs.mean()
        elif key == "sd_log":
            found[key] = distribution.params[1]
        elif key.startswith("iqr"):
            found[key] = theirs.ppf(0.25 if key == "iqr_low" else 0.75)
        elif key.startswith("q"):
            found[key] = theirs.ppf(int(key[1:]) / 100)
        elif key not in ("low", "high"):
            found[key] = {"mean": theirs.mean, "sd": theirs.std, "median": theirs.median}[key]()
    return max(abs(found[key] / given[key] - 1) for key in found)


def fit(family: str, **given: float) -> Distribution:
    return solve(family, given, positive=True)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["normal", "lognormal", "gamma", "weibull"]), means, cvs)
def test_mean_and_sd_or_cv_come_back(family: str, middle: float, cv: float) -> None:
    for asked in ({"mean": middle, "sd": cv * middle}, {"mean": middle, "cv": cv}):
        assert miss(fit(family, **asked), asked) < BACK


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["lognormal", "gamma", "weibull"]), means, cvs)
def test_median_and_cv_come_back(family: str, middle: float, cv: float) -> None:
    asked = {"median": middle, "cv": cv}
    assert miss(fit(family, **asked), asked) < BACK


@settings(max_examples=60, deadline=None)
@given(means, st.floats(0.02, 2.0))
def test_lognormal_by_the_sd_of_its_logarithm_or_its_sd(middle: float, spread: float) -> None:
    asked: dict[str, float]
    for asked in (
        {"median": middle, "sd_log": spread},
        {"mean": middle, "sd_log": spread},
        {"median": middle, "sd": spread * middle},
    ):
        assert miss(fit("lognormal", **asked), asked) < BACK


@settings(max_examples=60, deadline=None)
@given(means, st.floats(0.02, 2.0), st.sampled_from([5, 10, 25, 40, 60, 75, 90, 95]))
def test_lognormal_by_median_and_one_quantile(middle: float, spread: float, percent: int) -> None:
    value = middle * math.exp(spread * stats.norm.ppf(percent / 100))
    asked = {"median": middle, f"q{percent:02d}": value}
    assert miss(fit("lognormal", **asked), asked) < BACK


pairs = st.sampled_from([("q05", "q95"), ("q10", "q90"), ("iqr_low", "iqr_high"), ("q20", "q50"), ("q75", "q99")])


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["normal", "lognormal", "gamma", "weibull"]), means, st.floats(0.05, 1.5), pairs)
def test_two_quantiles_come_back(family: str, low: float, log_ratio: float, names: tuple[str, str]) -> None:
    asked = {names[0]: low, names[1]: low * math.exp(log_ratio)}
    assert miss(fit(family, **asked), asked) < BACK


@settings(max_examples=60, deadline=None)
@given(means, st.floats(0.01, 3))
def test_symmetric_quartiles_about_the_median_come_back(middle: float, width: float) -> None:
    """A normal lies symmetrically, a lognormal on the log scale; each gives back all three numbers."""
    asked = {"median": middle, "iqr_low": middle * (1 - width / 4), "iqr_high": middle * (1 + width / 4)}
    assume(asked["iqr_low"] != 0)
    assert (
        abs(fit("normal", **asked).params[1] * 2 * stats.norm.ppf(0.75) / (asked["iqr_high"] - asked["iqr_low"]) - 1)
        < BACK
    )
    asked = {"median": middle, "iqr_low": middle / math.exp(width), "iqr_high": middle * math.exp(width)}
    assert miss(fit("lognormal", **asked), asked) < BACK


@settings(max_examples=40, deadline=None)
@given(means, st.sampled_from(["mean", "median"]))
def test_exponential_by_mean_or_median(value: float, key: str) -> None:
    assert miss(fit("exponential", **{key: value}), {key: value}) < BACK


@settings(max_examples=60, deadline=None)
@given(st.floats(-100, 100), st.floats(0.1, 100), st.floats(0.02, 0.98), st.floats(0.05, 0.95))
def test_beta_by_mean_and_sd_between_limits(low: float, width: float, place: float, share: float) -> None:
    middle = low + place * width
    asked = {"mean": middle, "sd": share * width * math.sqrt(place * (1 - place)), "low": low, "high": low + width}
    ours = fit("beta", **asked)
    theirs = judge(ours)
    assert theirs.mean() == pytest.approx(middle, abs=BACK * width)
    assert theirs.std() == pytest.approx(asked["sd"], abs=BACK * width)
    assert (ours.params[2], ours.params[3]) == (low, low + width)


@settings(max_examples=40, deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(0.01, 1e3))
def test_uniform_by_mean_and_sd(middle: float, spread: float) -> None:
    ours = fit("uniform", mean=middle, sd=spread)
    assert mean(ours) == pytest.approx(middle, abs=1e-9 * (abs(middle) + spread))
    assert judge(ours).std() == pytest.approx(spread, rel=BACK)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["gamma", "weibull"]), st.floats(0.2, 50), means)
def test_shape_and_scale_are_taken_as_they_are(family: str, shape: float, scale: float) -> None:
    assert fit(family, shape=shape, scale=scale).params == (shape, scale)


def test_several_quantiles_are_met_as_nearly_as_can_be() -> None:
    """Least squares of the values on the normal quantiles of their probabilities."""
    percents, values = np.array([10, 25, 50, 75, 90]), np.array([4.0, 6.5, 9.0, 15.0, 21.0])
    asked = {f"q{p}": float(v) for p, v in zip(percents, values, strict=True)}
    z = stats.norm.ppf(percents / 100)
    for family, y in (("normal", values), ("lognormal", np.log(values))):
        wanted = optimize.least_squares(lambda x, y=y: x[0] + x[1] * z - y, [1.0, 1.0], xtol=1e-14).x
        assert fit(family, **asked).params == pytest.approx(wanted, rel=1e-6)


def test_the_family_not_named_is_lognormal_where_nothing_is_below_0() -> None:
    asked = {"mean": 45.0, "sd": 10.0}
    assert solve(None, asked, positive=True).family == "lognormal"
    assert solve(None, asked, positive=False).family == "normal"


# ---------------------------------------------------------------- planted faults


def lognormal_by_normal_formulas(mean: float, sd: float) -> Distribution:
    """The usual mistake: log of the mean, and the coefficient of variation, for mu and sigma."""
    return Distribution("lognormal", (math.log(mean), sd / mean))


def quartiles_taken_for_an_sd(median: float, iqr_low: float, iqr_high: float) -> Distribution:
    """Width / 1.35 is right, width / 2 is not."""
    return Distribution("normal", (median, (iqr_high - iqr_low) / 2))


def weibull_with_scale_for_mean(mean: float, sd: float) -> Distribution:
    return Distribution("weibull", (SOLVERS["weibull"]({"mean": mean, "sd": sd})[0], mean))


@pytest.mark.parametrize(
    ("wrong", "asked"),
    [
        (lognormal_by_normal_formulas, {"mean": 45.0, "sd": 10.0}),
        (quartiles_taken_for_an_sd, {"median": 9.0, "iqr_low": 7.0, "iqr_high": 11.0}),
        (weibull_with_scale_for_mean, {"mean": 45.0, "sd": 10.0}),
    ],
)
def test_a_faulty_solver_is_seen(wrong: Callable[..., Distribution], asked: Given) -> None:
    assert miss(wrong(**asked), asked) > 0.01
    assert miss(solve(wrong(**asked).family, asked, positive=True), asked) < BACK


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("family", "asked", "words"),
    [
        ("normal", {"mean": 5.0, "sd": 0.0}, "the SD of a normal is 0"),
        ("normal", {"mean": 5.0, "sd": -1.0}, "the SD of a normal is -1"),
        ("normal", {"q25": 9.0, "q75": 7.0}, "the quantiles 9 and 7 do not rise"),
        ("normal", {"q10": 7.0, "q90": 7.0}, "do not rise"),
        ("lognormal", {"mean": -5.0, "sd": 1.0}, "the mean of a lognormal is -5"),
        ("lognormal", {"mean": 5.0, "sd": 0.0}, "the SD of a lognormal is 0"),
        ("lognormal", {"median": 0.0, "cv": 0.3}, "the median of a lognormal is 0"),
        ("lognormal", {"median": 5.0, "cv": 0.0}, "SD of the logarithm"),
        ("lognormal", {"median": 5.0, "sd_log": -0.2}, "SD of the logarithm"),
        ("lognormal", {"median": 5.0, "q75": 4.0}, "the quantiles 5 and 4 do not rise"),
        ("normal", {"median": 5.0, "q50": 5.0}, "the 50 % point is given twice"),
        ("gamma", {"iqr_low": 3.0, "iqr_high": 5.0, "q25": 3.0}, "the 25 % point is given twice"),
        ("lognormal", {"median": 5.0, "iqr_low": -1.0, "iqr_high": 9.0}, "the quartile of a lognormal is -1"),
        ("lognormal", {"q10": -1.0, "q90": 9.0}, "the quantile of a lognormal is -1"),
        ("gamma", {"mean": 0.0, "sd": 1.0}, "the mean of a gamma is 0"),
        ("gamma", {"median": 5.0, "cv": 0.0}, "the cv of a gamma is 0"),
        ("gamma", {"shape": -1.0, "scale": 2.0}, "the shape of a gamma is -1"),
        ("gamma", {"q10": 1.0, "q90": 1.0 + 1e-7}, "no gamma distribution has these properties"),
        ("exponential", {"mean": 0.0}, "the mean of a exponential is 0"),
        ("exponential", {"median": -3.0}, "the mean of a exponential is"),
        ("weibull", {"mean": 5.0, "sd": -1.0}, "the SD of a weibull is -1"),
        ("weibull", {"shape": 2.0, "scale": 0.0}, "the scale of a weibull is 0"),
        ("weibull", {"mean": 1.0, "sd": 1e9}, "no weibull distribution has these properties"),
        ("weibull", {"median": 5.0, "q10": 7.0}, "the quantiles 7 and 5 do not rise"),
        ("weibull", {"median": 5.0, "q10": 5.0}, "do not rise"),
        ("gamma", {"median": 5.0, "q90": 4.0}, "the quantiles 5 and 4 do not rise"),
        ("normal", {"median": 5.0, "iqr_low": 6.0, "iqr_high": 9.0}, "the median 5 is not between the quartiles"),
        ("lognormal", {"median": 50.0, "iqr_low": 6.0, "iqr_high": 9.0}, "is not between the quartiles 6 and 9"),
        ("weibull", {"q10": 0.0, "q90": 3.0}, "the quantile of a weibull is 0"),
        ("uniform", {"low": 3.0, "high": 3.0}, "low 3 is not below high 3"),
        ("uniform", {"mean": 3.0, "sd": 0.0}, "is not below"),
        ("triangular", {"low": 1.0, "mode": 9.0, "high": 5.0}, "1, 9, 5 do not rise"),
        ("triangular", {"low": 1.0, "mode": 1.0, "high": 1.0}, "do not rise"),
        ("beta", {"mean": 1.2, "sd": 0.1}, "the mean 1.2 is not between 0 and 1"),
        ("beta", {"mean": 0.5, "sd": 0.5}, "cannot have SD 0.5"),
        ("beta", {"mean": 0.5, "sd": 0.0}, "cannot have SD 0"),
    ],
)
def test_what_no_distribution_has_is_refused(family: str, asked: Given, words: str) -> None:
    with pytest.raises(DistributionError) as caught:
        solve(family, asked, positive=True)
    assert caught.value.code == "TS-D004"
    assert words in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("family", "asked"),
    [
        ("fixed", {"mean": 1.0}),
        ("normal", {"mean": 5.0}),
        ("normal", {"q10": 5.0}),
        ("lognormal", {"median": 5.0}),
        ("lognormal", {"mean": 5.0}),
        ("lognormal", {"q50": 5.0}),
        ("gamma", {"median": 5.0}),
        ("gamma", {"shape": 5.0}),
        ("exponential", {"sd": 5.0}),
        ("weibull", {"median": 5.0}),
        ("weibull", {"median": 5.0, "sd": 3.0}),
        ("uniform", {"low": 5.0}),
        ("triangular", {"low": 5.0, "high": 6.0}),
        ("beta", {"mean": 0.5}),
    ],
)
def test_too_little_to_tell_a_distribution_is_refused(family: str, asked: Given) -> None:
    with pytest.raises(DistributionError, match=f"TS-D003 a {family} distribution cannot be determined from") as caught:
        solve(family, asked, positive=True)
    assert caught.value.remedy


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(DistributionError, match="TS-D001"):
        solve("cauchy", {"mean": 1.0}, positive=True)


@settings(max_examples=60, deadline=None)
@example("beta", {"mean": 0.5, "sd": 1.4e-168})
@example("weibull", {"median": -1.0, "cv": 1.0})
@example("gamma", {"mean": 1e-201, "sd": 1.0})
@example("gamma", {"median": 1.0, "cv": 32.0})
@given(
    st.sampled_from(sorted(SOLVERS)),
    st.dictionaries(
        st.sampled_from(
            ["value", "mean", "sd", "cv", "median", "sd_log", "q10", "q90", "low", "mode", "high", "shape"]
        ),
        st.floats(-1e3, 1e3),
        min_size=1,
        max_size=4,
    ),
)
def test_whatever_is_asked_gives_a_distribution_or_a_coded_error(family: str, asked: Given) -> None:
    try:
        ours = solve(family, asked, positive=True)
    except DistributionError as error:
        assert error.code in ("TS-D003", "TS-D004")
        return
    assert all(math.isfinite(value) for value in ours.params)
    assert math.isfinite(median(ours))
    assert np.all(np.diff(quantile(ours, np.array([0.1, 0.5, 0.9]))) >= 0)


# ---------------------------------------------------------------- more numbers than parameters


@pytest.mark.parametrize(
    ("family", "asked", "names"),
    [
        ("lognormal", {"mean": 45.0, "iqr_low": 10.0, "iqr_high": 20.0}, "mean and iqr"),
        ("normal", {"mean": 45.0, "iqr_low": 10.0, "iqr_high": 20.0}, "mean and iqr"),
        ("lognormal", {"mean": 30.0, "sd": 5.0, "cv": 0.9}, "mean, sd and cv"),
        ("normal", {"mean": 30.0, "sd": 5.0, "cv": 0.9}, "mean, sd and cv"),
        ("lognormal", {"mean": 30.0, "sd": 5.0, "median": 20.0}, "mean, sd and median"),
        ("lognormal", {"median": 30.0, "sd_log": 0.5, "cv": 0.9}, "median, sd_log and cv"),
        ("lognormal", {"median": 30.0, "sd": 5.0, "iqr_low": 10.0, "iqr_high": 40.0}, "median, sd and iqr"),
        ("lognormal", {"q10": 5.0, "q90": 90.0, "mean": 30.0}, "q10, q90 and mean"),
        ("normal", {"q10": 5.0, "q90": 90.0, "sd": 30.0}, "q10, q90 and sd"),
        ("gamma", {"mean": 30.0, "sd": 5.0, "shape": 2.0}, "mean, sd and shape"),
        ("gamma", {"shape": 2.0, "scale": 5.0, "q90": 20.0}, "shape, scale and q90"),
        ("weibull", {"mean": 30.0, "cv": 0.3, "median": 28.0}, "mean, cv and median"),
        ("exponential", {"mean": 30.0, "median": 28.0}, "mean and median"),
        ("exponential", {"mean": 30.0, "q90": 28.0}, "mean and q90"),
        ("uniform", {"low": 1.0, "high": 2.0, "q90": 1.5}, "low, high and q90"),
        ("uniform", {"low": 1.0, "high": 2.0, "mean": 1.4, "sd": 0.1}, "low, high, mean and sd"),
        ("triangular", {"low": 1.0, "mode": 2.0, "high": 3.0, "q90": 2.5}, "low, mode, high and q90"),
        ("beta", {"mean": 0.3, "sd": 0.1, "q90": 0.5}, "mean, sd and q90"),
        ("beta", {"mean": 0.3, "sd": 0.1, "low": 0.0, "high": 1.0, "q90": 0.5}, "mean, sd, low, high and q90"),
    ],
)
def test_more_numbers_than_parameters_are_refused_by_name(family: str, asked: Given, names: str) -> None:
    """Until now the first that fixed the family was taken and the others passed over."""
    with pytest.raises(DistributionError) as caught:
        solve(family, asked, positive=True)
    assert caught.value.code == "TS-D003"
    assert caught.value.message.startswith(f"{names} are too many: ")
    assert caught.value.remedy.startswith("Keep ")


@pytest.mark.parametrize("family", ["normal", "lognormal", "gamma", "weibull"])
def test_exact_quantiles_come_back_however_many(family: str) -> None:
    """Four points of one member are met by that member; each is on the curve, so least squares leave nothing."""
    truth = fit(family, mean=40.0, sd=12.0)
    points = quantile(truth, np.array([0.1, 0.25, 0.75, 0.95]))
    asked = dict(zip(("q10", "iqr_low", "iqr_high", "q95"), points.tolist(), strict=True))
    assert miss(fit(family, **asked), asked) < (1e-6 if family == "gamma" else BACK)  # a minimum is flat


@pytest.mark.parametrize("family", ["normal", "lognormal", "gamma", "weibull"])
def test_three_quantiles_are_fitted_by_least_squares(family: str) -> None:
    """No member near the one found lies nearer to the points, on the scale on which the family is a line."""
    asked = {"q10": 5.0, "q60": 30.0, "q90": 90.0}
    found = fit(family, **asked)

    def squares(params: tuple[float, ...]) -> float:
        reached = quantile(Distribution(family, params), np.array([0.1, 0.6, 0.9]))
        target = np.array([5.0, 30.0, 90.0])
        if family == "normal":
            return float(((reached - target) ** 2).sum())
        return float(((np.log(reached) - np.log(target)) ** 2).sum())

    least = squares(found.params)
    a, b = found.params
    for factor in (0.99, 1.01):
        moved = [(a * factor, b), (a, b * factor)]
        moved += [(a * factor, b / factor)] if family == "gamma" else []
        assert all(squares(other) > least for other in moved)
