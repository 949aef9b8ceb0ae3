"""Random trials for the analyses: unequal arms, empty places, missing values, many ties or none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

REPLICATES = 40


@dataclass(frozen=True)
class Trials:
    """Arrays of a batch, and the plain lists of one replicate for the slow forms."""

    y: NDArray[np.float64]
    x: NDArray[np.float64]
    arm: NDArray[np.int8]
    score: NDArray[np.float64]

    def groups(self, r: int, *, values: NDArray[np.float64] | None = None) -> list[NDArray[np.float64]]:
        v = (self.y if values is None else values)[r]
        return [v[(self.arm[r] == k) & ~np.isnan(v)] for k in range(3)]


def make_trials(seed: int, participants: int) -> Trials:
    rng = np.random.default_rng(seed)
    shape = (REPLICATES, participants)
    arm = rng.choice(np.array([-1, 0, 1, 2], np.int8), size=shape, p=[0.08, 0.22, 0.4, 0.3]).astype(np.int8)
    x = rng.normal(50.0, 3.0, size=(*shape, 2))
    y = 1e3 + 0.6 * x[..., 0] + 0.9 * arm + rng.normal(size=shape) * (1.0 + 0.5 * arm)
    score = np.clip(np.round(rng.normal(2.0 - 0.5 * (arm == 1), 1.2, size=shape)), 0, 4)
    for values, share in ((y, 0.07), (x[..., 0], 0.05), (x[..., 1], 0.03), (score, 0.06)):
        values[rng.random(shape) < share] = np.nan
    return Trials(y=y, x=x, arm=arm, score=score)


@pytest.fixture(scope="session")
def trials() -> Trials:
    return make_trials(seed=7, participants=70)


@pytest.fixture(scope="session")
def small_trials() -> Trials:
    return make_trials(seed=8, participants=24)


@pytest.fixture(scope="session")
def many_trials() -> list[Trials]:
    """200 trials of small and large samples."""
    return [
        make_trials(seed=seed, participants=size) for seed, size in ((21, 20), (22, 30), (23, 45), (24, 70), (25, 120))
    ]
