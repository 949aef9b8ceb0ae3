"""Everything that must fit together in a scenario, found at once: one file a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialsim.scenario.amounts import Report
from trialsim.scenario.model import Draft
from trialsim.scenario.outline import Outline

if TYPE_CHECKING:
    from trialsim.protocol.program import Program


def check_written(scenario: Draft, points: Outline, report: Report) -> None:
    """Names and combinations, in the form people write."""
    from trialsim.scenario.arms import check_arm_targets
    from trialsim.scenario.checks.analyses import check_analyses
    from trialsim.scenario.checks.crossover import check_crossover
    from trialsim.scenario.checks.design import check_costs, check_covariates, check_design
    from trialsim.scenario.checks.factors import check_factors
    from trialsim.scenario.checks.families import check_families
    from trialsim.scenario.checks.family import check_family
    from trialsim.scenario.checks.looks import check_looked_at
    from trialsim.scenario.checks.names import check_sources
    from trialsim.scenario.checks.openings import check_openings
    from trialsim.scenario.checks.outcomes import check_outcomes
    from trialsim.scenario.checks.progression import check_progression
    from trialsim.scenario.checks.shares import check_signs
    from trialsim.scenario.checks.sweep import check_sweep
    from trialsim.scenario.checks.taken import check_taken
    from trialsim.scenario.checks.ward import (
        check_blood,
        check_leave,
        check_openings_of_sites,
        check_protocol,
        check_setting,
        check_shape,
        different_reasons,
    )
    from trialsim.scenario.checks.wedge import check_wedge
    from trialsim.scenario.correlation import check_declared
    from trialsim.scenario.priors import check_priors

    check_sources(scenario, report)
    check_signs(scenario, report)
    check_shape(scenario, report)
    check_design(scenario, report)
    check_wedge(scenario, report)
    check_factors(scenario, points, report)
    check_crossover(scenario, points, report)
    check_protocol(scenario, points, report)
    if scenario.setting:
        check_setting(scenario.setting, report)
    check_openings_of_sites(scenario, report)
    check_blood(scenario, report)
    different_reasons([leave.reason for leave in scenario.attrition], ("attrition",), report)
    for i, leave in enumerate(scenario.attrition):
        check_leave(leave, ("attrition", i), report)
    check_covariates(scenario, report)
    check_family(scenario, report)
    check_outcomes(scenario, points, report)
    check_analyses(scenario, points, report)
    check_families(scenario, report)
    check_looked_at(scenario, report)
    check_declared(scenario, points, report)
    check_costs(scenario, report)
    check_progression(scenario, points, report)
    check_priors(scenario, report)
    check_taken(scenario, report)
    check_openings(scenario, report)
    check_arm_targets(scenario, report)
    if scenario.sweep is not None:
        check_sweep(scenario.sweep, report)


def check_resolved(scenario: Draft, points: Outline, report: Report) -> Program | None:
    """Numbers that must fit together once everything is written out; the compiled protocol, if there is a ward."""
    from trialsim.scenario.checks.analyses import check_scales
    from trialsim.scenario.checks.families import check_members
    from trialsim.scenario.checks.follow import check_planned
    from trialsim.scenario.checks.looks import check_looks
    from trialsim.scenario.checks.outcomes import check_numbers
    from trialsim.scenario.checks.progression import check_needs
    from trialsim.scenario.checks.ward import compiled
    from trialsim.scenario.correlation import check_correlations

    program = compiled(scenario, points, report)
    if program is not None:
        check_planned(scenario, program, report)
        check_needs(scenario, program, report)
    check_numbers(scenario, points, report)
    check_scales(scenario, report)
    check_members(scenario, report)
    check_looks(scenario, report)
    check_correlations(scenario, points, report)
    return program
