"""From a question about repeated values to the columns of the model, and the fits of all replicates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.reml.kernel import FLAT, fit_all
from trialsim.analysis.reml.likelihood import Space
from trialsim.analysis.reml.records import Model, Scratch
from trialsim.analysis.reml.structures import EDGE_OF_SLOPES, parameters
from trialsim.analysis.reml.sums import Sums
from trialsim.analysis.rows import FloatArray, IntArray
from trialsim.analysis.tails import ROUNDING

#: The most visits: those of a participant are kept as the bits of one number.
MOST_VISITS = 62


@dataclass(frozen=True)
class MeansModel:
    """The fixed effects.

    Attributes
    ----------
    hours : (V,) times of the visits; the means are linear in them where ``linear``, and so are random slopes
    linear : whether each arm has an intercept and a slope, in place of a mean at each visit
    shared : how many visits at the beginning have one mean for all arms
    by_visit : how many covariates, the first of ``x``, have a slope of their own at each visit; the others have one
    """

    hours: tuple[float, ...]
    linear: bool = False
    shared: int = 0
    by_visit: int = 0

    @property
    def bases(self) -> list[FloatArray]:
        """Weights of visits (V,) of which each arm's means are sums."""
        count = len(self.hours)
        return [np.ones(count), scaled(self.hours)] if self.linear else list(np.eye(count))


def columns(
    means: MeansModel, visits: FloatArray, *, arms: int, covariates: int
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Numbers of participants (P,) and weights of visits (P, V) of all effects; the contrasts (M, P) of ``visits`` (M, V).

    In the order of the numbers ``u``: 1, the indicators of the arms but one, the covariates. The arm whose difference is asked is
    the last indicator and the last of the columns: what cannot be estimated is left out from the right.
    """
    bases, count = means.bases, len(means.hours)
    zero = np.zeros(len(visits))
    found: list[tuple[int, FloatArray, FloatArray]] = [(0, base, zero) for base in bases]
    for c in range(covariates):
        found += [(arms + c, base, zero) for base in (bases if c < means.by_visit else [np.ones(count)])]
    for k in range(1, arms):
        found += [(k, base, visits @ base if k == arms - 1 else zero) for base in bases[means.shared :]]
    part, weight, contrast = zip(*found, strict=True)
    return np.array(part, np.int64), np.array(weight), np.ascontiguousarray(np.array(contrast).T)


def scaled(hours: tuple[float, ...]) -> FloatArray:
    """(V,) times with mean 0 and SD 1."""
    t = np.array(hours) - np.mean(hours)
    return np.asarray(t / np.sqrt(np.mean(t**2)))


@dataclass(frozen=True)
class CovarianceModel:
    """How the values of a participant vary together, and what is made of its uncertainty.

    Attributes
    ----------
    structure : of the covariance of the visits (:mod:`trialsim.analysis.reml.structures`)
    bounded : whether the variances of random effects must not be negative; where one is 0, the status says so
    adjust : Kenward and Roger's variance; without it only Satterthwaite's degrees of freedom
    by_expected : whether Kenward and Roger's covariance of the parameters is by the expected information (as in pbkrtest), not by
        the observed one (as in SAS)
    """

    structure: int
    bounded: bool = False
    adjust: bool = False
    by_expected: bool = False


@dataclass(frozen=True)
class Fits:
    """What is known of M contrasts in every replicate.

    Attributes
    ----------
    estimate : (R, M)
    variance : (R, M, M) of the estimates, as if the covariance were known
    adjusted : (R, M, M) Kenward and Roger's; the same as ``variance`` where it is not asked for
    slopes : (R, Q, M, M) derivatives of ``variance`` by the parameters of the covariance
    spread : (R, Q, Q) covariance of these parameters
    free : (R,) degrees of freedom where all values are independent, else NaN
    n, status, tiny : (R,) participants of the two arms, status, and the size of rounding errors (0 where something varies)
    """

    estimate: FloatArray
    variance: FloatArray
    adjusted: FloatArray
    slopes: FloatArray
    spread: FloatArray
    free: FloatArray
    n: IntArray
    status: IntArray
    tiny: FloatArray


def fit(
    y: FloatArray,
    x: FloatArray,
    arm: NDArray[np.int8],
    *,
    arms: int,
    pair: tuple[int, int],
    means: MeansModel,
    covariance: CovarianceModel,
    visits: FloatArray,
) -> Fits:
    """Differences a - b of the means, weighted over the visits, of a model fitted by REML in every replicate.

    Parameters
    ----------
    y : (R, N, V) values, NaN where missing
    x : (R, N, C) covariates of participants; who lacks one is left out
    arm : (R, N) arm of each participant, -1 for an empty place
    arms, pair : K, and the two that are compared
    means, covariance : the model
    visits : (M, V) weights of the visits
    """
    values, covariates = as_values(y), as_values(x)
    count = values.shape[2]
    if count > MOST_VISITS:
        raise ValueError(f"{count} visits are more than {MOST_VISITS}")
    groups = as_arms(arm, values, arms=arms)
    asked = np.vstack([visits, *(visits[i] + visits[j] for i, j in _pairs(len(visits)))])
    part, weight, contrasts = columns(means, asked, arms=arms, covariates=covariates.shape[2])
    a, b = pair
    place = np.zeros(arms, np.int64)
    place[[*(k for k in range(arms) if k not in pair), a]] = np.arange(1, arms)
    looks = (visits != 0.0).any(axis=0)
    looks[: means.shared] = False
    model = Model(
        place, part, weight, contrasts, looks.astype(np.int64), np.array([a, b], np.int64), scaled(means.hours),
        covariance.structure, EDGE_OF_SLOPES, covariance.bounded, not means.linear, covariance.adjust,
        covariance.by_expected,
    )  # fmt: skip
    out, spread, free, n, status = fitted(values, covariates, groups, model)
    tiny = np.where(status == FLAT, _tiny(values), 0.0)
    variance, slopes = _bilinear(out[:, :, 1]), _bilinear(np.moveaxis(out[:, :, 3:], 2, 1))
    adjusted = variance + _bilinear(out[:, :, 2])
    estimate = out[:, : len(visits), 0]
    estimate = np.where(np.abs(estimate) <= tiny[:, None], 0.0, estimate)
    return Fits(estimate, variance, adjusted, slopes, spread, free, n, status, tiny)


def _pairs(count: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(count) for j in range(i)]


def _bilinear(squares: FloatArray) -> FloatArray:
    """(..., M, M) from the quadratic form of M vectors, and of their sums two by two, on the last axis."""
    count = int((np.sqrt(8 * squares.shape[-1] + 1) - 1) / 2)
    found = np.empty((*squares.shape[:-1], count, count))
    found[..., np.arange(count), np.arange(count)] = squares[..., :count]
    for place, (i, j) in enumerate(_pairs(count), start=count):
        found[..., i, j] = found[..., j, i] = 0.5 * (squares[..., place] - squares[..., i] - squares[..., j])
    return found


def fitted(
    y: FloatArray, x: FloatArray, arm: NDArray[np.int8], model: Model
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray, IntArray]:
    """What :func:`trialsim.analysis.reml.kernel.fit_all` fills."""
    replicates, participants, count = y.shape
    arms, most, (asked, size) = len(model.place), participants + 1, model.contrasts.shape
    numbers, q = arms + x.shape[2], parameters(model.structure, count)
    out, spread, free = np.empty((replicates, asked, 3 + q)), np.empty((replicates, q, q)), np.empty(replicates)
    n, status = np.empty(replicates, np.int64), np.empty(replicates, np.int64)
    fit_all(
        y, x, arm, model, _sums(most, arms, numbers, count), _space(most, count, numbers, size, q),
        _space(most, count, numbers, size, parameters(EDGE_OF_SLOPES, count)),
        _scratch(count, numbers, size, max(q, 3), asked), out, spread, free, n, status,
    )  # fmt: skip
    return out, spread, free, n, status


def _tiny(y: FloatArray) -> FloatArray:
    """(R,) size of rounding errors."""
    return np.asarray(100 * ROUNDING * np.abs(np.where(np.isnan(y), 0.0, y)).max(axis=(1, 2), initial=0.0))


def _sums(most: int, arms: int, numbers: int, visits: int) -> Sums:
    return Sums(
        np.zeros(most),
        np.zeros(most, np.int64),
        np.zeros((most, numbers, numbers)),
        np.zeros((most, numbers, visits)),
        np.zeros((most, visits, visits)),
        np.zeros((arms, visits), np.int64),
        np.zeros(arms, np.int64),
        np.zeros(numbers + 1),
        np.zeros(numbers + 1),
    )


def _space(most: int, v: int, a: int, p: int, q: int) -> Space:
    return Space(
        **{name: np.zeros((v, v)) for name in ("sigma", "small", "lower", "inverse", "one", "two", "three", "spare")},
        w=np.zeros((most, v, v)),
        visits=np.zeros(v, np.int64),
        cross=np.zeros((a, a, v, v)),
        fitted=np.zeros((a, v)),
        info=np.zeros((p, p)),
        big=np.zeros((p, p)),
        phi=np.zeros((p, p)),
        xy=np.zeros(p),
        beta=np.zeros(p),
        first=np.zeros((q, v, v)),
        second=np.zeros((q, q, v, v)),
        left=np.zeros((q, v, v)),
        right=np.zeros((q, v, v)),
        moved=np.zeros((q, a, a, v, v)),
        pulled=np.zeros((q, a, v)),
        change=np.zeros((q, p, p)),
        shift=np.zeros((q, p)),
        gradient=np.zeros(q),
        expected=np.zeros((q, q)),
        average=np.zeros((q, q)),
    )


def _scratch(v: int, a: int, p: int, q: int, m: int) -> Scratch:
    return Scratch(
        u=np.zeros(a),
        kept=np.zeros(p, np.int64),
        part=np.zeros(p, np.int64),
        weight=np.zeros((p, v)),
        contrasts=np.zeros((m, p)),
        first=np.zeros(p, np.int64),
        last=np.zeros(p, np.int64),
        raw=np.zeros((v, v)),
        theta=np.zeros(q),
        edge=np.zeros(3),
        step=np.zeros(q),
        trial=np.zeros(q),
        hessian=np.zeros((q, q)),
        lower=np.zeros((q, q)),
        covariance=np.zeros((q, q)),
    )
