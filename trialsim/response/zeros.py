"""Readings of 0 have no logarithm and no percent change: they are missing in these analyses, for the reason "log of 0"."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.kinds.designs import TRANSFORM
from trialsim.numbers.normal import ndtr
from trialsim.scenario.model import Analysis, Instrument, Scenario

#: The name of such a value in tables and warnings.
LOG_OF_ZERO = "log of 0"

#: The smallest share of readings of 0 that causes a warning.
WORTH_A_WORD = 0.001


def reads_zero(tool: Instrument) -> bool:
    """Whether the instrument can read 0 for a value above 0: it rounds, and no detection limit replaces such values."""
    rounds = tool.rounding is not None and tool.rounding.value > 0
    return rounds and not (tool.detection_limit is not None and tool.detection_limit.value > 0)


def logged(analysis: Analysis) -> tuple[str, ...]:
    """The visits of which an analysis takes the logarithm, or by which it divides."""
    ends: tuple[str | None, ...] = (analysis.visit,)
    if analysis.change is not None:
        ends = (analysis.change.start, analysis.change.end)
    elif analysis.over is not None:
        ends = analysis.over.visits
    elif analysis.visits:
        ends = analysis.visits
    visits: list[str | None] = []
    transform = TRANSFORM[analysis.transform]
    if transform.log:
        visits += [*ends, analysis.baseline]
    if transform.percent or analysis.subset is not None:
        visits.append(ends[0])
    if analysis.estimand.responders is not None:
        visits.append(ends[-1])
    return tuple(dict.fromkeys(visit for visit in visits if visit is not None))


def logged_pairs(scenario: Scenario) -> dict[tuple[str, str], str]:
    """(outcome, visit) that may read 0 and whose logarithm is taken, with the first analysis that takes it."""
    found: dict[tuple[str, str], str] = {}
    for name, analysis in scenario.analyses.items():
        outcome = scenario.outcomes[analysis.outcome]
        if outcome.scale.positive and reads_zero(outcome.instrument):
            for visit in logged(analysis):
                found.setdefault((analysis.outcome, visit), name)
    return found


@dataclass(frozen=True)
class LognormalPoint:
    """A lognormal outcome at a visit: (K,) ``location`` and ``sd`` of its logarithm, and the instrument that reads it."""

    outcome: str
    visit: str
    instrument: Instrument
    location: NDArray[np.float64]
    sd: NDArray[np.float64]


def zero_share(value: LognormalPoint) -> float:
    """The largest chance among the arms that a value of this outcome and visit is read as 0, from its declared level.

    A value below half a step is rounded to 0. Errors of assay and plate widen the logarithm.
    """
    tool = value.instrument
    assert tool.rounding is not None
    errors = [math.log1p(cv.value**2) for cv in (tool.assay_cv, tool.plate_cv) if cv is not None]
    edge = math.log(tool.rounding.value / 2)
    return max(
        float(ndtr((edge - (location - sum(errors) / 2)) / math.sqrt(sd**2 + sum(errors))))
        for location, sd in zip(value.location, value.sd, strict=True)
    )


def log_of_zero(scenario: Scenario, values: Iterable[LognormalPoint]) -> Iterator[str]:
    """Warnings if readings of 0 are expected and an analysis takes logarithms or percents."""
    concerned = logged_pairs(scenario)
    for value in values:
        analysis = concerned.get((value.outcome, value.visit))
        share = zero_share(value) if analysis is not None else 0.0
        if share >= WORTH_A_WORD:
            yield (
                f"about {100 * share:.2g} % of the values of {value.outcome} at {value.visit} are rounded to 0, and {analysis} "
                f"takes their logarithm or divides by them: they are missing there ({LOG_OF_ZERO}), and these are the lowest "
                "values. Round more finely, or declare a detection_limit: and say with below: how such values are replaced."
            )
