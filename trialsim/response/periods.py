"""Levels in a crossover: the arm of a period, what is carried over from the one before, and the period itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialsim.protocol.program import Program
from trialsim.response.scales import PARTS, LevelParameters
from trialsim.scenario.crossover import having
from trialsim.scenario.model import Effect, Level, Outcome
from trialsim.scenario.outline import VisitPoint

#: An arm's own activities with their expected lengths.
Own = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class PeriodTerm:
    """The effect of an arm at a visit: of the visit's own period, or carried over from the period before.

    Attributes
    ----------
    name : of the arm
    present : (K,) the sequences in which it acts
    shift : of the predictor, at full delivery
    own : by sequence, the activities by whose delivered share it acts
    """

    name: str
    present: NDArray[np.bool_]
    shift: float
    own: tuple[Own, ...]


def level_of_period(outcome: Outcome, visit: str, point: VisitPoint) -> LevelParameters:
    """The level at a visit of someone on whom no arm acts: what is declared, moved by the period."""
    level, parts = outcome.by_visit[visit], PARTS[outcome.scale.name]
    assert isinstance(level, Level)  # levels by arm are refused in a crossover
    categories = outcome.scale.values or outcome.categories
    base = parts.place(level, categories, None)
    if not outcome.period_effects or not point.period:
        return base
    moved = Effect.model_construct(difference=outcome.period_effects[point.period - 1])
    return shifted(base, parts.shift(moved, base, categories))


def shifted(level: LevelParameters, shift: float) -> LevelParameters:
    """A level moved on the scale of the predictor."""
    return LevelParameters(level.location + shift, level.sd, tuple(cut - shift for cut in level.cuts))


def terms_of_periods(
    outcome: Outcome,
    visit: str,
    point: VisitPoint,
    *,
    sequences: Mapping[str, Sequence[str]],
    program: Program | None,
    own: Sequence[Own],
) -> Iterator[PeriodTerm]:
    """What acts at a visit: the arm of its period, and the share that is carried over from the arm of the period before."""
    parts, base = PARTS[outcome.scale.name], level_of_period(outcome, visit, point)
    categories = outcome.scale.values or outcome.categories
    carried = 0.0 if outcome.carryover is None else outcome.carryover.value
    for arm, effect in outcome.effects.items():
        for period, share in ((point.period, 1.0), (point.period - 1, carried)):
            same = f"{point.base} {period}{point.within}"
            if period < 1 or share == 0.0 or (effect.visits and same not in effect.visits):
                continue
            there = having(sequences, [arm], period - 1)
            present = np.array([name in there for name in sequences])
            given = tuple(
                of_period(program, mine, period) if here else () for mine, here in zip(own, present, strict=True)
            )
            yield PeriodTerm(arm, present, share * parts.shift(effect, base, categories), given)


def of_period(program: Program | None, own: Own, period: int) -> Own:
    """Those of an arm's own activities that are done in a period."""
    return () if program is None else tuple(one for one in own if program.activities[one[0]].period == period)
