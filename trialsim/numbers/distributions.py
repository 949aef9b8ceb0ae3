"""Distributions by their quantile functions, and their parameters from what papers print.

A value is always ``quantile(distribution, u)`` of an addressed uniform, never a rejection. Limits truncate: the value is
drawn from the part of the distribution between them; values outside are not moved to the limit.

Families and parameters: fixed (value), uniform (low, high), normal (mean, sd), lognormal (mu, sigma on the log
scale), gamma (shape, scale), exponential (mean), weibull (shape, scale), triangular (low, mode, high), beta (a, b, low,
high), choice (values with weights), empirical (values, equally likely).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.compiled import kernel
from trialsim.errors import DistributionError
from trialsim.heavy import special
from trialsim.numbers.elementary import exp, exp_inlined, log1m, log1m_inlined
from trialsim.numbers.normal import TINY, ndtr, ndtri, ndtri_near
from trialsim.numbers.quadrature import gauss_legendre

Floats = NDArray[np.float64]

CODES = {
    "fixed": 0, "uniform": 1, "normal": 2, "lognormal": 3, "exponential": 4, "weibull": 5, "triangular": 6,
    "choice": 7, "empirical": 7, "gamma": 8, "beta": 9,
}  # fmt: skip
QUARTILE = 0.6744897501960817  # upper quartile of the standard normal
DISCRETE = ("choice", "empirical")
BOUNDED = ("fixed", "uniform", "triangular", "beta", *DISCRETE)
BELOW_1 = (
    1.0 - 2.0**-53
)  # the largest number below 1: limits may round a probability up to 1, whose quantile is infinite
ROW = 8  # numbers in a packed row: code, three parameters, u_low, u_span, offset and count in the table


@dataclass(frozen=True)
class Distribution:
    """A family with its parameters; ``low`` and ``high`` truncate it."""

    family: str
    params: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    values: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.family not in CODES:
            raise DistributionError(
                f"no family is called {self.family!r}.", code="TS-D001", remedy=f"Known: {', '.join(CODES)}."
            )
        if self.family in DISCRETE:
            empty = not _weighted(self)[0]
        else:
            limited = (self.low, self.high) != (None, None) and self.family != "fixed"
            empty = limited and not _window(self)[1] > 0
        if empty:
            raise DistributionError(
                f"no value of the {self.family} distribution lies between {self.low} and {self.high}.",
                code="TS-D002",
                remedy="Widen the limits.",
            )


# ---------------------------------------------------------------- quantiles


@kernel
def quantile_packed(rows, d, table, u):  # type: ignore[no-untyped-def]
    """Quantile of the packed distribution ``d`` at ``u``; gamma and beta are not supported (see :func:`packable`)."""
    code = int(rows[d, 0])
    p, q = rows[d, 1], rows[d, 2]
    u = min(rows[d, 4] + u * rows[d, 5], BELOW_1)
    if code == 0:
        return p
    if code == 1:
        return p + u * (q - p)
    if code == 2:  # the codes of CODES
        return p + q * ndtri(u)
    if code == 3:
        return exp(p + q * ndtri(u))
    if code == 4:
        return -p * log1m(u)
    if code == 5:
        return q * (-math.log1p(-u)) ** (1.0 / p)
    if code == 6:
        high = rows[d, 3]
        turn = (q - p) / (high - p)
        if u < turn:
            return p + math.sqrt(u * (high - p) * (q - p))
        return high - math.sqrt((1.0 - u) * (high - p) * (high - q))
    first, count = int(rows[d, 6]), int(rows[d, 7])  # choice, empirical: values, then cumulative weights
    low, high_index = 0, count - 1
    while low < high_index:
        middle = (low + high_index) // 2
        if u < table[first + count + middle]:
            high_index = middle
        else:
            low = middle + 1
    return table[first + low]


@kernel
def few_quantiles(rows, d, table, u):  # type: ignore[no-untyped-def]
    """Turn a few uniform ``u`` into quantiles in place, digit for digit as :func:`quantile_packed`, side by side in vectors."""
    code, low, span = int(rows[d, 0]), rows[d, 4], rows[d, 5]
    p, q = rows[d, 1], rows[d, 2]
    bell = code == 2 or code == 3
    for n in range(u.shape[0]):
        bell = bell and TINY < low + u[n] * span < 1.0 - TINY
    if bell and code == 2:
        for n in range(u.shape[0]):
            u[n] = p + q * ndtri_near(low + u[n] * span)
    elif bell:
        for n in range(u.shape[0]):
            u[n] = exp_inlined(p + q * ndtri_near(low + u[n] * span))
    elif code == 4:
        for n in range(u.shape[0]):
            u[n] = -p * log1m_inlined(min(low + u[n] * span, BELOW_1))
    else:
        for n in range(u.shape[0]):
            u[n] = quantile_packed(rows, d, table, u[n])


@kernel
def _fill_quantiles(rows, table, u, out):  # type: ignore[no-untyped-def]
    for i in range(u.shape[0]):
        out[i] = quantile_packed(rows, np.int64(0), table, u[i])


def packable(distribution: Distribution) -> bool:
    """Whether the compiled quantile function knows the family (all but gamma and beta)."""
    return distribution.family not in ("gamma", "beta")


def pack(distributions: Sequence[Distribution]) -> tuple[Floats, Floats]:
    """Rows (D, 8) and a table of values for :func:`quantile_packed`."""
    rows = np.zeros((len(distributions), ROW))
    table: list[float] = []
    for row, one in zip(rows, distributions, strict=True):
        row[0] = CODES[one.family]
        row[1 : 1 + min(len(one.params), 3)] = one.params[:3]
        row[4], row[5] = _window(one)
        if one.family in DISCRETE:
            values, weights = _weighted(one)
            row[6], row[7] = len(table), len(values)
            table += [*values, *np.cumsum(weights)]
    return rows, np.array(table or [0.0])


def quantile(distribution: Distribution, u: Floats) -> Floats:
    """Quantiles at ``u``, an array of any shape with values in (0, 1).

    >>> quantile(Distribution("exponential", (2.0,)), np.array([0.5])).round(4)
    array([1.3863])
    """
    flat = np.ascontiguousarray(u, dtype=np.float64).ravel()
    if packable(distribution):
        rows, table = pack([distribution])
        out = np.empty_like(flat)
        _fill_quantiles(rows, table, flat, out)
        return out.reshape(np.shape(u))
    return shown_quantile(distribution, flat).reshape(np.shape(u))


def shown_quantile(distribution: Distribution, u: Floats) -> Floats:
    """Quantiles (N,) to be written: as :func:`quantile`, to 13 digits, without compiled code, which loads slowly.

    >>> shown_quantile(Distribution("exponential", (2.0,)), np.array([0.5])).round(4)
    array([1.3863])
    """
    if distribution.family in DISCRETE:
        values, weights = _weighted(distribution)
        return np.array(values)[np.searchsorted(np.cumsum(weights)[:-1], u, side="right")]
    below, span = _window(distribution)
    return np.asarray(_PLAIN[distribution.family](np.minimum(below + u * span, BELOW_1), *distribution.params))


def _triangular(u: Floats, low: float, mode: float, high: float) -> Floats:
    rising, falling = u * (high - low) * (mode - low), (1 - u) * (high - low) * (high - mode)
    return np.where(u < (mode - low) / (high - low), low + np.sqrt(rising), high - np.sqrt(falling))


#: Quantiles at u of the families that are not lists of values.
_PLAIN: dict[str, Callable[..., Floats]] = {
    "fixed": np.full_like,
    "uniform": lambda u, low, high: low + u * (high - low),
    "normal": lambda u, mean, sd: mean + sd * special.ndtri(u),
    "lognormal": lambda u, mean_log, sd_log: np.exp(mean_log + sd_log * special.ndtri(u)),
    "exponential": lambda u, mean: -mean * np.log1p(-u),
    "weibull": lambda u, shape, scale: scale * (-np.log1p(-u)) ** (1 / shape),
    "triangular": _triangular,
    "gamma": lambda u, shape, scale: scale * special.gammaincinv(shape, u),
    "beta": lambda u, a, b, low, high: low + (high - low) * special.betaincinv(a, b, u),
}


def _weighted(distribution: Distribution) -> tuple[list[float], list[float]]:
    """Values between the limits in ascending order, and their probabilities; a value with weight 0 is left out."""
    low = -math.inf if distribution.low is None else distribution.low
    high = math.inf if distribution.high is None else distribution.high
    weights = distribution.weights or (1.0,) * len(distribution.values)
    pairs = zip(distribution.values, weights, strict=True)
    kept = sorted((v, w) for v, w in pairs if low <= v <= high and w > 0)
    total = math.fsum(w for _, w in kept)
    return [v for v, _ in kept], [w / total for _, w in kept]


def _window(distribution: Distribution) -> tuple[float, float]:
    """The limits as probabilities: F(low), and F(high) - F(low). For a list, values are selected before, so these are 0 and 1."""
    if (distribution.low is None and distribution.high is None) or distribution.family in DISCRETE:
        return 0.0, 1.0
    below = 0.0 if distribution.low is None else cdf_whole(distribution, distribution.low)
    above = 1.0 if distribution.high is None else cdf_whole(distribution, distribution.high)
    return below, above - below


def cdf_whole(distribution: Distribution, x: float) -> float:
    """P(X <= x) of the family without its limits (which a list of values always has)."""
    family, params = distribution.family, distribution.params
    if family in DISCRETE:
        values, weights = _weighted(distribution)
        return math.fsum(w for v, w in zip(values, weights, strict=True) if v <= x)
    if family == "fixed":
        return float(x >= params[0])
    if family == "uniform":
        return min(max((x - params[0]) / (params[1] - params[0]), 0.0), 1.0)
    if family == "normal":
        return float(ndtr((x - params[0]) / params[1]))
    if family == "triangular":
        return _triangular_cdf(x, *params)
    if family == "beta":
        a, b, low, high = params
        return float(special.betainc(a, b, min(max((x - low) / (high - low), 0.0), 1.0)))
    if x <= 0:
        return 0.0
    return _positive_cdf(family, params, x)


def _positive_cdf(family: str, params: tuple[float, ...], x: float) -> float:
    if family == "lognormal":
        return float(ndtr((math.log(x) - params[0]) / params[1]))
    if family == "exponential":
        return -math.expm1(-x / params[0])
    if family == "weibull":
        return -math.expm1(-((x / params[1]) ** params[0]))
    return float(special.gammainc(params[0], x / params[1]))


def _triangular_cdf(x: float, low: float, mode: float, high: float) -> float:
    if x <= low or x >= high:
        return float(x >= high)
    if x < mode:
        return (x - low) ** 2 / ((high - low) * (mode - low))
    return 1.0 - (high - x) ** 2 / ((high - low) * (high - mode))


def cdf(distribution: Distribution, x: float) -> float:
    """P(X <= x), with the limits."""
    below, span = _window(distribution)
    return min(max((cdf_whole(distribution, x) - below) / span, 0.0), 1.0)


# ---------------------------------------------------------------- moments


def mean(distribution: Distribution) -> float:
    """The mean: by formula without limits, else by Gauss-Legendre quadrature of the quantile function (to about 1e-6)."""
    family, p = distribution.family, distribution.params
    if (distribution.low, distribution.high) == (None, None):
        if family in ("fixed", "normal", "exponential"):
            return p[0]
        if family in ("uniform", "triangular"):
            return math.fsum(p) / len(p)
        if family == "lognormal":
            return math.exp(p[0] + p[1] ** 2 / 2)
        if family == "weibull":
            return p[1] * math.gamma(1 + 1 / p[0])
        if family == "gamma":
            return p[0] * p[1]
        if family == "beta":
            return p[2] + (p[3] - p[2]) * p[0] / (p[0] + p[1])
    return _integral(distribution, lambda x: x)


def sd(distribution: Distribution) -> float:
    """The standard deviation, like :func:`mean`."""
    family, p = distribution.family, distribution.params
    if (distribution.low, distribution.high) == (None, None):
        if family == "fixed":
            return 0.0
        if family == "normal":
            return p[1]
        if family == "exponential":
            return p[0]
        if family == "lognormal":
            return mean(distribution) * math.sqrt(math.expm1(p[1] ** 2))
        if family == "gamma":
            return math.sqrt(p[0]) * p[1]
    middle = mean(distribution)
    return math.sqrt(_integral(distribution, lambda x: (x - middle) ** 2))


def bounded(distribution: Distribution) -> bool:
    """Whether it lies between two ends; its mean and SD then need no proof."""
    return distribution.family in BOUNDED or None not in (distribution.low, distribution.high)


def median(distribution: Distribution) -> float:
    """The median."""
    return float(quantile(distribution, np.array([0.5]))[0])


def _integral(distribution: Distribution, function: Callable[[Floats], Floats]) -> float:
    """Mean of a function of the variable."""
    if distribution.family in DISCRETE:
        values, weights = _weighted(distribution)
        return float(np.sum(function(np.array(values)) * np.array(weights)))
    nodes, weights_ = gauss_legendre(200)
    # u = smooth step of the node: quantile functions grow without bound at 0 and 1, and the step approaches these ends slowly
    x = (nodes + 1) / 2
    u = x**3 * (10 - 15 * x + 6 * x**2)
    slope = 30 * x**2 * (1 - x) ** 2
    inside = (u > 0) & (u < 1)
    return float(np.sum(function(quantile(distribution, u[inside])) * (weights_ * slope / 2)[inside]))


def describe(distribution: Distribution, show: Callable[[float], str]) -> str:
    """In words, with ``show`` writing each number.

    >>> describe(Distribution("lognormal", (0.0, 1.0)), lambda x: f"{x:.2g}")
    'lognormal, median 1, 95 % between 0.14 and 7.1'
    """
    if distribution.family == "fixed":
        return show(distribution.params[0])
    if distribution.family == "choice":
        values, weights = _weighted(distribution)
        return ", ".join(f"{show(v)} ({w:.3g})" for v, w in zip(values, weights, strict=True))
    if distribution.family == "uniform":
        return f"uniform between {show(distribution.params[0])} and {show(distribution.params[1])}"
    low, middle, high = shown_quantile(distribution, np.array([0.025, 0.5, 0.975]))
    limits = "" if (distribution.low, distribution.high) == (None, None) else " truncated"
    return f"{distribution.family}{limits}, median {show(middle)}, 95 % between {show(low)} and {show(high)}"


# ---------------------------------------------------------------- parameters from what papers print


#: Where the quantiles of a gamma or beta must be numbers; those of the other families are closed formulas.
CHECKED_AT = np.array([0.1, 0.5, 0.9])


def solve(family: str | None, given: Mapping[str, float | tuple[float, ...]], *, positive: bool) -> Distribution:
    """The distribution with the properties ``given``.

    Parameters
    ----------
    family : None means lognormal for a positive quantity, else normal
    given : such as {mean, sd}, {mean, cv}, {median, cv}, {median, sd_log}, {median, iqr_low, iqr_high}, {q10, q90},
        or the family's own parameters; ``values`` and ``weights`` for choice and empirical
    positive : whether the quantity is positive by nature

    Raises
    ------
    DistributionError
        TS-D003 the properties do not fit the family, TS-D004 no member of the family has them
    """
    from trialsim.numbers.fitting import SOLVERS
    from trialsim.numbers.given import check_count

    name = family or ("lognormal" if positive else "normal")
    if name in DISCRETE:
        values = tuple(np.atleast_1d(given["values"]).tolist())
        weights = tuple(np.atleast_1d(given.get("weights", ())).tolist())
        return Distribution(name, values=values, weights=weights)
    if name not in SOLVERS:
        raise DistributionError(f"no family is called {name!r}.", code="TS-D001", remedy=f"Known: {', '.join(CODES)}.")
    numbers = {key: float(value) for key, value in given.items() if not isinstance(value, tuple)}
    check_count(name, numbers)
    try:
        params = SOLVERS[name](numbers)
    except DistributionError:
        raise
    except (ArithmeticError, ValueError):  # numbers so large or small that they leave the range of a float
        params = (math.nan,)
    found = Distribution(name, params)
    finite = all(math.isfinite(value) for value in params)
    if not finite or not (packable(found) or np.isfinite(quantile(found, CHECKED_AT)).all()):
        message = f"no {name} distribution can be computed from these numbers."
        raise DistributionError(message, code="TS-D004", remedy="Check their size and units.")
    return found
