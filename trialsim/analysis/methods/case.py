"""The input of a closed form: the declared distribution of an endpoint in each arm, sizes, and the question."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trialsim.heavy import special
from trialsim.kinds.designs import TRANSFORM
from trialsim.response.scales.moments import EndpointDistribution

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ClusterSizes:
    """Clusters that are randomized whole.

    Attributes
    ----------
    number : (K,) clusters with participants in each arm, on average
    inverse : the mean of 1 / size over clusters
    icc : the share of the variance that members of a cluster have in common
    """

    number: Floats
    inverse: float
    icc: float


@dataclass(frozen=True)
class WedgeVariance:
    """What a stepped wedge shows of an effect.

    Attributes
    ----------
    variance : of the effect by generalized least squares, where the total variance of the outcome is 1
    cac : the correlation over time within a site
    """

    variance: float
    cac: float


@dataclass(frozen=True)
class Case:
    """One question to a closed form, with the declared levels.

    Attributes
    ----------
    arms, sizes : the endpoint and the number analyzed in each of K arms
    pair : the two arms compared; None for one sample or all arms
    alpha, alternative, null : of the test; with a margin, of the one-sided test
    margins : two margins of a test of equivalence, else empty
    baselines : the baseline in each arm, if there is one
    covariances : (K,) of the endpoint with the baseline; empty without one
    covariates : how many covariates the analysis adjusts for, with the baseline
    columns : (K, P) of a factor, the columns of the model for each arm: that of the tested term first, the constant last;
        coded so that a coefficient is the effect. Empty for other questions
    clusters : where the analysis takes clusters that are randomized whole
    wedge : where whole sites go over to the intervention, and the analysis models that
    """

    arms: list[EndpointDistribution]
    sizes: Floats
    pair: tuple[int, int] | None
    alpha: float
    alternative: str
    null: float
    baselines: list[EndpointDistribution] | None
    covariances: Floats
    covariates: int
    margins: tuple[float, ...] = ()
    columns: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    clusters: ClusterSizes | None = None
    wedge: WedgeVariance | None = None

    @property
    def two(self) -> tuple[int, int]:
        """The two arms compared."""
        assert self.pair is not None  # asked only by tests of two arms
        return self.pair


@dataclass(frozen=True)
class Power:
    """A power by formula; ``measured`` names the entry of the measured errors where the formula is an approximation."""

    power: float
    formula: str
    source: str
    measured: str | None = None


def joined(case: Case) -> tuple[float, float, float] | None:
    """All arms together, for a test of one sample: size, mean and SD; None if nothing varies."""
    n = float(case.sizes.sum())
    weights = case.sizes / n
    mean = float(sum(w * one.mean for w, one in zip(weights, case.arms, strict=True)))
    second = sum(w * (one.sd**2 + one.mean**2) for w, one in zip(weights, case.arms, strict=True))
    sd = math.sqrt(max(float(second) - mean**2, 0.0))
    return None if n <= 1 or sd == 0.0 else (n, mean, sd)


def shares_at(distribution: EndpointDistribution, values: Floats) -> Floats:
    """Shares of the categories ``values``, which include every possible value of the endpoint."""
    found = np.zeros(len(values))
    found[np.searchsorted(values, distribution.values)] = distribution.weights
    return found


def superiority(x: EndpointDistribution, y: EndpointDistribution) -> float:
    """P(X > Y) + P(X = Y) / 2 of two independent participants."""
    if x.normal is not None and y.normal is not None and x.scale == y.scale:
        return float(special.ndtr((x.normal[0] - y.normal[0]) / math.hypot(x.normal[1], y.normal[1])))
    order = np.argsort(y.values, kind="stable")
    values, below = y.values[order], np.concatenate([[0.0], np.cumsum(y.weights[order])])
    less = below[np.searchsorted(values, x.values, side="left")]
    least = below[np.searchsorted(values, x.values, side="right")]
    return float(x.weights @ (less + least) / 2)


def positive_pair(x: EndpointDistribution, null: float) -> float:
    """P(D + D' > 0) + P(D + D' = 0) / 2 of two independent differences D from ``null``."""
    if x.normal is not None and TRANSFORM[x.scale].keeps:
        return float(special.ndtr(math.sqrt(2) * (x.normal[0] - null) / x.normal[1]))
    moved = EndpointDistribution(x.mean - null, x.sd, x.values - null, x.weights, x.exact)
    turned = EndpointDistribution(-moved.mean, x.sd, -moved.values, x.weights, x.exact)
    return superiority(moved, turned)
