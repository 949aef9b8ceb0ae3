"""Sizes of arms that vary from trial to trial: exclusions by a covariate, and randomization one by one.

A closed form needs fixed sizes. If they vary, its power is averaged over their distribution by their means and covariances:
to second order E P(n) = P(m) + 1/2 sum_j [P(m + c_j) + P(m - c_j) - 2 P(m)], where the c_j c_j' add up to the covariance.

References
----------
Julier and Uhlmann 2004, Proc IEEE 92:401, doi:10.1109/JPROC.2003.823141 (the rule of sigma points).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.plan import PlannedAnalysis
from trialsim.kinds.designs import METHOD
from trialsim.prepared import Study
from trialsim.sizing.sizes import sizes_of

Floats = NDArray[np.float64]


def arm_sizes(study: Study, n: float | None = None) -> Floats:
    """(K,) participants in each arm of a trial of ``n``; fractions if the ratio does not divide it."""
    sizes = sizes_of(study)
    total = float(study.conduct.target if n is None else n)
    shares = np.array(sizes.closed or sizes.ratio, dtype=np.float64)
    return np.asarray(total * shares / shares.sum())


def eligible(study: Study, call: PlannedAnalysis) -> float:
    """Share of the participants whom the analysis does not exclude by a covariate."""
    share = 1.0
    covariates = list(study.scenario.participants.values())
    for covariate, category in call.choice.exclude:
        share *= 1 - list(covariates[covariate].choice.values())[category].value
    return share


def one_by_one(study: Study) -> bool:
    """Whether each participant is randomized independently, and no arm closes at a target of its own."""
    return METHOD[study.conduct.method].one_by_one and len(study.conduct.arms) > 1 and not study.conduct.targets


def offsets(study: Study, call: PlannedAnalysis, randomized: Floats) -> Floats:
    """(K, K) columns c_j whose products add up to the covariance of the analyzed sizes; 0 if they do not vary.

    Of ``randomized`` (K,) participants each is analyzed with the same chance q: variance n q (1 - q) in each arm. Randomized
    one by one the arms share a total: multinomial.
    """
    q = eligible(study, call)
    covariance = np.diag(randomized * q * (1 - q))
    if one_by_one(study):
        share = q * randomized / randomized.sum()
        covariance = randomized.sum() * (np.diag(share) - np.outer(share, share))
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.clip(values, 0.0, None)))


def averaged(power: Callable[[Floats], float], sizes: Floats, columns: Floats) -> float:
    """The power averaged over sizes around ``sizes`` (K,); or the power at ``sizes`` if a neighbor is too small."""
    middle = power(sizes)
    total = middle
    for column in columns.T:
        if np.abs(column).max() < 1e-9:
            continue
        low, high = sizes - column, sizes + column
        if min(low.min(), high.min()) <= 1.0:
            return middle
        sides = power(low) + power(high)
        if not math.isfinite(sides):
            return middle
        total += sides / 2 - middle
    return min(max(total, 0.0), 1.0)
