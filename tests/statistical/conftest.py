"""A scenario played with its truth, once for all tests of a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest

from trialsim import study as studies
from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.table import Measure
from trialsim.evaluate.truth import Truth
from trialsim.scenario import loads
from trialsim.truth import find_truth


@dataclass(frozen=True)
class Played:
    """The table of a scenario, and the truth it was judged by."""

    study: studies.Study
    truth: Truth
    result: OperatingCharacteristics

    def __call__(self, analysis: str, measure: str, contrast: str | None = None) -> Measure:
        return self.result.value(measure, analysis=analysis, contrast=contrast)

    def measures_of(self, analysis: str) -> set[str]:
        return {row.measure for row in self.result.measures if row.analysis == analysis}

    def every(self, measure: str) -> list[Measure]:
        return [row for row in self.result.measures if row.measure == measure]


@cache
def play(text: str, *, replicates: int, truth: int = 2000, seed: int = 1) -> Played:
    study = studies.prepare(loads(text))
    found = find_truth(study, replicates=truth, seed=seed)
    return Played(study, found, studies.evaluate(study, replicates=replicates, seed=seed, truth=found))


@pytest.fixture(scope="session")
def played() -> Callable[..., Played]:
    return play
