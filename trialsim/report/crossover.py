"""Words for crossovers: their sequences, and the effect that each has at a visit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from trialsim.report.words import join
from trialsim.response.effects import ImpliedEffect, implied_effects
from trialsim.scenario.model import Design
from trialsim.scenario.outline import outline

if TYPE_CHECKING:
    from trialsim.prepared import Study

#: The largest standardized effect that is rounding: the sequence has the untreated arm there.
NOTHING = 1e-9


def sequences(design: Design) -> Iterator[str]:
    """The arms of a crossover and its sequences."""
    arms = join([f"{arm} ({text})" for arm, text in design.treatments.items()])
    yield f"Arms: {arms}. Each participant has every arm, one in each of {design.periods} periods."
    orders = [f"{name} ({order})" for name, order in design.arms.items()]
    yield f"Participants are allocated to sequences: {join(orders)}."


def effects_in_words(study: Study) -> Iterator[tuple[str, ImpliedEffect]]:
    """Every declared difference between arms with what it is between; in a crossover by period and sequence."""
    plan, design = study.response, study.scenario.design
    if not design.sequences:
        against = plan.arms[plan.reference] if plan.reference < len(plan.arms) else "without it"
        yield from ((f"{one.arm} - {against}", one) for one in implied_effects(plan))
        return
    period = periods_of_visits(study)
    first = next(iter(design.treatments))
    for one in implied_effects(plan):
        if abs(one.cohens_d) > NOTHING:
            arm = design.sequences[one.arm][period[one.visit] - 1]
            what = f"{arm} - {first}" if arm != first else "carried over"
            yield f"{what}, in {one.arm}", one


def periods_of_visits(study: Study) -> Mapping[str, int]:
    """The period of each visit of a crossover, counted from 1; 0 outside."""
    scenario = study.scenario
    found = outline(scenario.protocol, scenario.visits, scenario.design.arms, periods=scenario.design.periods or 0)
    return {name: point.period for name, point in found.visits.items()}
