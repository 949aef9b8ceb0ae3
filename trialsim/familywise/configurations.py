"""Which effects a family looks for, and the configurations in which some of them are switched off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from trialsim.analysis.plan import AnalysisPlan, PlannedFamily
from trialsim.errors import RunError
from trialsim.evaluate.columns import DECLARED, NULL
from trialsim.familywise.records import ArmEffect, Configuration
from trialsim.prepared import Study
from trialsim.response.effects import implied_effects
from trialsim.response.plan import SwitchedTwin
from trialsim.study import simulate

#: The most configurations that are simulated.
MOST_CONFIGURATIONS = 64

#: Replicates in which effects are searched.
SEARCHED = 20

#: P(X > Y) + P(X = Y) / 2 without an effect.
HALF = 0.5


def check_families(study: Study) -> tuple[ArmEffect, ...]:
    """See that a study has families, and not too many configurations; returns the effects that are switched off.

    Raises
    ------
    RunError
        TS-E168, TS-E167, TS-E345, TS-E384
    """
    if not study.analysis.families:
        raise RunError(
            "the study declares no family of hypotheses.",
            code="TS-E168",
            remedy="Write families: {confirmatory: {analyses: [..], method: holm}}, or leave out --familywise.",
        )
    for family in study.analysis.families:
        if any(study.analysis.question_of(row).samples == "factor" for row in family.rows):
            raise RunError(
                f"the family '{family.name}' tests factors, and configurations switch off the effects of arms.",
                code="TS-E345",
                remedy="Leave out --familywise: power, type I error and bias of each factor are in the result.",
            )
    if study.scenario.design.sequences:
        raise RunError(
            "configurations switch off the effects of arms, and participants of a crossover have every arm.",
            code="TS-E384",
            remedy="Leave out --familywise: power, type I error and bias of each analysis are in the result.",
        )
    effects = effects_of(study)
    for family in study.analysis.families:
        configurations(family.name, effects_of_family(study, family, effects))
    return effects


def effects_of(study: Study) -> tuple[ArmEffect, ...]:
    """The effects that members of families depend on.

    They are declared between arms, or values change, draw by draw, if effects are removed (through activities).
    """
    plan, response = study.analysis, study.response
    declared_ones = {
        (one.arm, one.outcome)
        for one in implied_effects(response)
        if one.difference != 0.0 or one.cohens_d != 0.0 or one.superiority != HALF
    }
    cohort = simulate(study, range(SEARCHED), twins=(DECLARED, NULL))
    declared, null = cohort.measurements.values
    found = []
    for arm, outcome in sorted(set().union(*(_compared(study, family) for family in plan.families))):
        columns = [d for d, point in enumerate(response.points) if point.outcome == outcome]
        here = cohort.entries.arm == arm
        names = (plan.arms[arm], response.outcomes[outcome].name)
        if names in declared_ones or not np.array_equal(
            declared[here][:, columns], null[here][:, columns], equal_nan=True
        ):
            found.append(ArmEffect(arm, outcome, names))
    return tuple(found)


def _compared(study: Study, family: PlannedFamily) -> set[tuple[int, int]]:
    """The arms that the members of a family compare, each with the outcome, by their positions."""
    plan, found = study.analysis, set()
    for row in family.rows:
        arms = plan.question_of(row).arms or range(len(plan.arms))
        outcomes = {study.response.points[d].outcome for d in plan.call_of(row).points}
        found |= {(arm, outcome) for arm in arms for outcome in outcomes}
    return found


def effects_of_family(study: Study, family: PlannedFamily, effects: Sequence[ArmEffect]) -> tuple[ArmEffect, ...]:
    """Those of the effects that the members of a family look for."""
    compared = _compared(study, family)
    return tuple(effect for effect in effects if (effect.arm, effect.outcome) in compared)


def configurations(family: str, effects: Sequence[ArmEffect]) -> tuple[Configuration, ...]:
    """Every set of effects that are switched off, from none to all.

    Raises
    ------
    RunError
        TS-E167 if there are more than 64
    """
    count = 2 ** len(effects)
    if count > MOST_CONFIGURATIONS:
        raise RunError(
            f"{len(effects)} effects of the family '{family}' make {count:,} configurations, more than {MOST_CONFIGURATIONS}.",
            code="TS-E167",
            remedy=f"Name fewer analyses in it. The effects: {', '.join(one.name for one in effects)}.",
        )
    sizes = range(len(effects) + 1)
    return tuple(Configuration(chosen) for size in sizes for chosen in combinations(effects, size))


def switched(study: Study, configuration: Configuration, name: str) -> SwitchedTwin:
    """The twin of a configuration."""
    off = np.zeros((len(study.response.outcomes), len(study.analysis.arms)), dtype=np.bool_)
    for effect in configuration.off:
        off[effect.outcome, effect.arm] = True
    return SwitchedTwin(name, off)


def without_arms(study: Study, effects: Sequence[ArmEffect]) -> Study:
    """The study with one more twin for each arm that has effects: without any of them."""
    twins = []
    for arm in sorted({effect.arm for effect in effects}):
        mine = tuple(effect for effect in effects if effect.arm == arm)
        twins.append(switched(study, Configuration(mine), without_name(study.analysis, arm)))
    return replace(study, response=replace(study.response, switched=tuple(twins)))


def without_name(plan: AnalysisPlan, arm: int) -> str:
    """The name of the twin without any effect of an arm."""
    return f"without {plan.arms[arm]}"
