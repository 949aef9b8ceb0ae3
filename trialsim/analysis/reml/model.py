"""From a question about repeated values to the columns of the model, and the rows of all replicates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.arrays import as_arms, as_values
from trialsim.analysis.reml.kernel import FLAT, Model, Scratch, fit_all
from trialsim.analysis.reml.likelihood import Space
from trialsim.analysis.reml.structures import (
    AUTOREGRESSIVE,
    COMPOUND,
    EDGE_OF_SLOPES,
    SLOPES,
    UNSTRUCTURED,
    parameters,
)
from trialsim.analysis.reml.sums import Sums
from trialsim.analysis.rows import BOUNDARY, OK, FloatArray, Rows, noted
from trialsim.analysis.tails import ROUNDING, t_rows

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
    model: MeansModel, visits: FloatArray, *, arms: int, covariates: int
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Numbers of participants (P,) and weights of visits (P, V) of all effects, and the contrast (P,) of ``visits`` (V,).

    In the order of the numbers ``u``: 1, the indicators of the arms but one, the covariates. The arm whose difference is asked is
    the last indicator and the last of the columns: what cannot be estimated is left out from the right.
    """
    bases, count = model.bases, len(model.hours)
    asked = [float(visits @ base) for base in bases]
    part, weight, contrast = [], [], []

    def add(number: int, weights: FloatArray, coefficient: float = 0.0) -> None:
        part.append(number)
        weight.append(weights)
        contrast.append(coefficient)

    for base in bases:
        add(0, base)
    for c in range(covariates):
        for base in bases if c < model.by_visit else [np.ones(count)]:
            add(arms + c, base)
    for k in range(1, arms):
        for base, coefficient in list(zip(bases, asked, strict=True))[model.shared :]:
            add(k, base, coefficient if k == arms - 1 else 0.0)
    return np.array(part, np.int64), np.array(weight), np.array(contrast)


def scaled(hours: tuple[float, ...]) -> FloatArray:
    """(V,) times with mean 0 and SD 1."""
    t = np.array(hours) - np.mean(hours)
    return np.asarray(t / np.sqrt(np.mean(t**2)))


def reml_rows(
    y: FloatArray,
    x: FloatArray,
    arm: NDArray[np.int8],
    *,
    arms: int,
    pair: tuple[int, int],
    means: MeansModel,
    visits: FloatArray,
    structure: int,
    bounded: bool = False,
    adjust: bool = False,
    by_expected: bool = False,
    null: float = 0.0,
    alternative: str = "two-sided",
    level: float = 0.95,
) -> Rows:
    """The difference a - b of the means, weighted over the visits, of a model fitted by REML in every replicate.

    Parameters
    ----------
    y : (R, N, V) values, NaN where missing
    x : (R, N, C) covariates of participants; who lacks one is left out
    arm : (R, N) arm of each participant, -1 for an empty place
    arms, pair : K, and the two that are compared
    means : the fixed effects
    visits : (V,) weights of the visits
    structure : of the covariance of the visits (:mod:`trialsim.analysis.reml.structures`)
    bounded : whether the variances of random effects must not be negative; where one is 0, the status says so
    adjust : Kenward and Roger's variance; without it only Satterthwaite's degrees of freedom
    by_expected : whether Kenward and Roger's covariance of the parameters is by the expected information (as in pbkrtest), not by
        the observed one (as in SAS)
    """
    values, covariates = as_values(y), as_values(x)
    count = values.shape[2]
    if count > MOST_VISITS:
        raise ValueError(f"{count} visits are more than {MOST_VISITS}")
    groups = as_arms(arm, values, arms=arms)
    part, weight, contrast = columns(means, visits, arms=arms, covariates=covariates.shape[2])
    a, b = pair
    others = [k for k in range(arms) if k not in pair]
    place = np.zeros(arms, np.int64)
    place[[*others, a]] = np.arange(1, arms)
    model = Model(
        place, part, weight, contrast, np.ascontiguousarray(visits, np.float64), np.array([a, b], np.int64),
        scaled(means.hours), structure, EDGE_OF_SLOPES, bounded, not means.linear, adjust, by_expected,
    )  # fmt: skip
    out, n, status = fitted(values, covariates, groups, model)
    flat, edge = status == FLAT, status == BOUNDARY
    code = np.where(flat | edge, OK, status).astype(np.int8)
    tiny = np.where(flat, _tiny(values), 0.0)
    rows = t_rows(
        out[:, 0], np.sqrt(out[:, 1]), df=out[:, 2], n=n, status=code, tiny=tiny, null=null, alternative=alternative,
        level=level,
    )  # fmt: skip
    return noted(rows, BOUNDARY, edge)


def fitted(
    y: FloatArray, x: FloatArray, arm: NDArray[np.int8], model: Model
) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int64]]:
    """Estimate, variance and degrees of freedom (R, 3), participants (R,) and status (R,)."""
    replicates, participants, count = y.shape
    arms, most, size = len(model.place), participants + 1, len(model.part)
    numbers, q = arms + x.shape[2], parameters(model.structure, count)
    out, n = np.empty((replicates, 3)), np.empty(replicates, np.int64)
    status = np.empty(replicates, np.int64)
    fit_all(
        y, x, arm, model, _sums(most, arms, numbers, count), _space(most, count, numbers, size, q),
        _space(most, count, numbers, size, parameters(EDGE_OF_SLOPES, count)), _scratch(count, numbers, size, max(q, 3)),
        out, n, status,
    )  # fmt: skip
    return out, n, status


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
    square = [np.zeros((v, v)) for _ in range(8)]
    return Space(
        *square,
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


def _scratch(v: int, a: int, p: int, q: int) -> Scratch:
    return Scratch(
        u=np.zeros(a),
        kept=np.zeros(p, np.int64),
        part=np.zeros(p, np.int64),
        weight=np.zeros((p, v)),
        contrast=np.zeros(p),
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
