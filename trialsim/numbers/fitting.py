"""Parameters of each family from a mean and SD, a median and quartiles, quantiles and similar numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from trialsim.errors import DistributionError
from trialsim.heavy import special
from trialsim.numbers.given import Given, quantiles_given
from trialsim.numbers.normal import ndtri

Params = tuple[float, ...]


def _unfit(family: str, given: Given, remedy: str) -> DistributionError:
    return DistributionError(
        f"a {family} distribution cannot be determined from {', '.join(given)}.", code="TS-D003", remedy=remedy
    )


def _impossible(message: str, remedy: str) -> DistributionError:
    return DistributionError(message, code="TS-D004", remedy=remedy)


#: For a normal and a lognormal the median is met exactly, and the quartiles determine the spread.
MEDIAN_AND_QUARTILES = {"median", "iqr_low", "iqr_high"}


def _quantiles(given: Given) -> list[tuple[float, float]]:
    return _rising(quantiles_given(given))


def _rising(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points, if the values rise with their probabilities."""
    for (p, low), (q, high) in pairwise(points):
        if p == q:
            raise _impossible(f"the {100 * p:g} % point is given twice.", "Keep one of the two.")
        if low >= high:
            raise _impossible(f"the quantiles {low:g} and {high:g} do not rise.", "Write the lower one first.")
    return points


def _quartile_width(given: Given, transform: Callable[[float], float]) -> float:
    """The SD of the normal with these quartiles, on the transformed scale; the median may not lie outside them."""
    low, median, high = given["iqr_low"], given["median"], given["iqr_high"]
    if not low <= median <= high:
        raise _impossible(
            f"the median {median:g} is not between the quartiles {low:g} and {high:g}.", "Check the three numbers."
        )
    return (transform(high) - transform(low)) / (2 * float(ndtri(0.75)))


def _spread_of(given: Given) -> tuple[float, float] | None:
    """Mean and SD, if both can be determined."""
    if "mean" not in given:
        return None
    if "sd" in given:
        return given["mean"], given["sd"]
    return (given["mean"], given["cv"] * abs(given["mean"])) if "cv" in given else None


def _above_zero(family: str, **values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise _impossible(f"the {name} of a {family} is {value:g}.", "It must be above 0.")


def _line_through(points: list[tuple[float, float]], transform: Callable[[float], float]) -> tuple[float, float]:
    """Location and scale of the normal whose quantiles are closest to the points (exact for two)."""
    return _line([float(ndtri(p)) for p, _ in points], [transform(value) for _, value in points])


def _line(z: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Intercept and slope by least squares."""
    z_mean, y_mean = math.fsum(z) / len(z), math.fsum(y) / len(y)
    slope = math.fsum((a - z_mean) * (b - y_mean) for a, b in zip(z, y, strict=True)) / math.fsum(
        (a - z_mean) ** 2 for a in z
    )
    return y_mean - slope * z_mean, slope


def normal(given: Given) -> Params:
    """Mean and SD."""
    both = _spread_of(given)
    if both is None and "median" in given:
        if "sd" in given:
            both = given["median"], given["sd"]
        elif set(given) == MEDIAN_AND_QUARTILES:
            both = given["median"], _quartile_width(given, lambda x: x)
    if both is None:
        points = _quantiles(given)
        if len(points) < 2:  # a line needs two points
            raise _unfit("normal", given, "Give mean and sd, median and iqr, or two quantiles.")
        both = _line_through(points, lambda x: x)
    _above_zero("normal", SD=both[1])
    return both


def lognormal(given: Given) -> Params:
    """Mean and SD of the logarithm."""
    both = _spread_of(given)
    if both is not None:
        _above_zero("lognormal", mean=both[0], SD=both[1])
        variance = math.log1p((both[1] / both[0]) ** 2)
        return math.log(both[0]) - variance / 2, math.sqrt(variance)
    if "mean" in given and "sd_log" in given:
        _above_zero("lognormal", mean=given["mean"], sd_log=given["sd_log"])
        return math.log(given["mean"]) - given["sd_log"] ** 2 / 2, given["sd_log"]
    if set(given) == MEDIAN_AND_QUARTILES:
        _above_zero("lognormal", quartile=given["iqr_low"])
        return math.log(given["median"]), _quartile_width(given, math.log)
    points = _quantiles(given)
    if "median" in given and len(points) != len(given):
        return _lognormal_by_median(given)
    if len(points) < 2:  # a line needs two points
        raise _unfit("lognormal", given, "Give mean and sd, median and cv, median and iqr, or two quantiles.")
    _above_zero("lognormal", quantile=points[0][1])
    return _line_through(points, math.log)


def _lognormal_by_median(given: Given) -> Params:
    median = given["median"]
    _above_zero("lognormal", median=median)
    if "sd_log" in given:
        sigma = given["sd_log"]
    elif "cv" in given:
        sigma = math.sqrt(math.log1p(given["cv"] ** 2))
    elif "sd" in given:  # SD = median * sqrt(w (w - 1)) with w = exp(sigma^2)
        w = (1 + math.sqrt(1 + 4 * (given["sd"] / median) ** 2)) / 2
        sigma = math.sqrt(math.log(w))
    else:
        raise _unfit("lognormal", given, "Give cv, sd, sd_log or iqr beside the median.")
    _above_zero("lognormal", **{"SD of the logarithm": sigma})
    return math.log(median), sigma


def gamma(given: Given) -> Params:
    """Shape and scale."""
    both = _spread_of(given)
    if both is not None:
        _above_zero("gamma", mean=both[0], SD=both[1])
        return (both[0] / both[1]) ** 2, both[1] ** 2 / both[0]
    if "median" in given and "cv" in given:
        _above_zero("gamma", median=given["median"], cv=given["cv"])
        shape = given["cv"] ** -2
        return shape, given["median"] / float(special.gammaincinv(shape, 0.5))
    if "shape" in given and "scale" in given:
        _above_zero("gamma", shape=given["shape"], scale=given["scale"])
        return given["shape"], given["scale"]
    return _gamma_by_quantiles(
        _points("gamma", given, "Give mean and sd, median and cv, shape and scale, or two quantiles.")
    )


def _gamma_by_quantiles(points: list[tuple[float, float]]) -> Params:
    if len(points) > 2:
        return _gamma_nearest(points)
    (p, low), (q, high) = points
    shape = _root(
        lambda log_shape: (
            math.log(special.gammaincinv(math.exp(log_shape), q) / special.gammaincinv(math.exp(log_shape), p))
            - math.log(high / low)
        ),
        low=math.log(0.05),
        high=math.log(1e6),
        what="gamma",
    )
    return math.exp(shape), low / float(special.gammaincinv(math.exp(shape), p))


def _gamma_nearest(points: list[tuple[float, float]]) -> Params:
    """Shape and scale by least squares of the log quantiles; the best scale of a shape is a mean of their gaps."""
    from scipy.optimize import minimize_scalar

    probabilities, logs = [p for p, _ in points], [math.log(value) for _, value in points]

    def gaps(log_shape: float) -> list[float]:
        reached = special.gammaincinv(math.exp(log_shape), probabilities)
        return [y - math.log(x) if x > 0 else math.inf for y, x in zip(logs, reached, strict=True)]

    def squares(log_shape: float) -> float:
        found = gaps(log_shape)
        middle = math.fsum(found) / len(found)
        return math.fsum((gap - middle) ** 2 for gap in found)

    bounds = (math.log(0.05), math.log(1e6))
    best = float(minimize_scalar(squares, bounds=bounds, method="bounded", options={"xatol": 1e-10}).x)
    return math.exp(best), math.exp(math.fsum(gaps(best)) / len(points))


def exponential(given: Given) -> Params:
    """Mean."""
    if "mean" in given:
        value = given["mean"]
    elif "median" in given:
        value = given["median"] / math.log(2)
    else:
        raise _unfit("exponential", given, "Give its mean.")
    _above_zero("exponential", mean=value)
    return (value,)


def weibull(given: Given) -> Params:
    """Shape and scale."""
    if "shape" in given and "scale" in given:
        _above_zero("weibull", shape=given["shape"], scale=given["scale"])
        return given["shape"], given["scale"]
    both = _spread_of(given)
    if both is None and "median" in given and "cv" in given:
        _above_zero("weibull", median=given["median"], cv=given["cv"])
        shape = _weibull_shape(given["cv"])
        return shape, given["median"] / math.log(2) ** (1 / shape)
    if both is not None:
        _above_zero("weibull", mean=both[0], SD=both[1])
        shape = _weibull_shape(both[1] / both[0])
        return shape, both[0] / math.gamma(1 + 1 / shape)
    points = _points("weibull", given, "Give mean and sd, shape and scale, or two quantiles.")
    if len(points) > 2:  # log value = log scale + log(-log(1 - p)) / shape
        middle, slope = _line([math.log(-math.log1p(-p)) for p, _ in points], [math.log(value) for _, value in points])
        return 1 / slope, math.exp(middle)
    (p, low), (q, high) = points
    shape = math.log(math.log1p(-q) / math.log1p(-p)) / math.log(high / low)
    return shape, low / (-math.log1p(-p)) ** (1 / shape)


def _weibull_shape(cv: float) -> float:
    def gap(log_shape: float) -> float:
        k = math.exp(log_shape)
        return math.lgamma(1 + 2 / k) - 2 * math.lgamma(1 + 1 / k) - math.log1p(cv * cv)

    return math.exp(_root(gap, low=math.log(0.1), high=math.log(1e4), what="weibull"))


def uniform(given: Given) -> Params:
    """Low and high."""
    if "low" in given and "high" in given:
        low, high = given["low"], given["high"]
    else:
        both = _spread_of(given)
        if both is None:
            raise _unfit("uniform", given, "Give low and high.")
        low, high = both[0] - math.sqrt(3) * both[1], both[0] + math.sqrt(3) * both[1]
    if not low < high:
        raise _impossible(f"low {low:g} is not below high {high:g}.", "Write the lower one first.")
    return low, high


def triangular(given: Given) -> Params:
    """Low, mode and high."""
    if not {"low", "mode", "high"} <= set(given):
        raise _unfit("triangular", given, "Give low, mode and high.")
    low, mode, high = given["low"], given["mode"], given["high"]
    if not (low <= mode <= high and low < high):
        raise _impossible(f"{low:g}, {mode:g}, {high:g} do not rise.", "Write low, mode, high in rising order.")
    return low, mode, high


def beta(given: Given) -> Params:
    """Both shapes, low and high."""
    both = _spread_of(given)
    if both is None:
        raise _unfit("beta", given, "Give mean and sd (and low and high, if not 0 and 1).")
    low, high = given.get("low", 0.0), given.get("high", 1.0)
    if not low < both[0] < high:
        raise _impossible(
            f"the mean {both[0]:g} is not between {low:g} and {high:g}.", "Change the mean or the limits."
        )
    middle, spread = (both[0] - low) / (high - low), both[1] / (high - low)
    largest = math.sqrt(middle * (1 - middle))
    smallest = 1e-6 * largest  # shapes up to 1e12: beyond that its quantiles cannot be computed
    if not smallest < spread < largest:
        raise _impossible(
            f"a beta with mean {both[0]:g} between {low:g} and {high:g} cannot have SD {both[1]:g}.",
            f"The SD must lie between {smallest * (high - low):.2g} and {largest * (high - low):.4g}.",
        )
    total = middle * (1 - middle) / spread**2 - 1
    return middle * total, (1 - middle) * total, low, high


def fixed(given: Given) -> Params:
    """The value."""
    if "value" not in given:
        raise _unfit("fixed", given, "Give its value.")
    return (given["value"],)


def _points(family: str, given: Given, remedy: str) -> list[tuple[float, float]]:
    """Two or more quantiles above zero, where nothing else is given."""
    points = _quantiles(given)
    if len(points) < 2 or len(points) != len(given):  # two parameters, two points
        raise _unfit(family, given, remedy)
    _above_zero(family, quantile=points[0][1])
    return points


def _root(function: Callable[[float], float], *, low: float, high: float, what: str) -> float:
    """The zero of a monotone function between low and high, by bisection to the last bit."""
    at_low, at_high = function(low), function(high)
    if at_low * at_high > 0:
        raise _impossible(
            f"no {what} distribution has these properties.", "Check the numbers, or choose another family."
        )
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        if function(middle) * at_low > 0:
            low = middle
        else:
            high = middle


SOLVERS: Mapping[str, Callable[[Given], Params]] = {
    "fixed": fixed,
    "uniform": uniform,
    "normal": normal,
    "lognormal": lognormal,
    "gamma": gamma,
    "exponential": exponential,
    "weibull": weibull,
    "triangular": triangular,
    "beta": beta,
}
