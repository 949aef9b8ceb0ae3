"""What an analysis adjusts for besides a baseline: covariates of participants and visits, strata, clusters."""

from __future__ import annotations

from trialsim.kinds.designs import CLUSTERS, FAMILY, PERIOD, PLATE, PRACTITIONER, SITE, STRATA, VISIT_COVARIATE
from trialsim.scenario.amounts import Report
from trialsim.scenario.checks.names import known
from trialsim.scenario.clusters import by_site, site_names, strata_of
from trialsim.scenario.model import Analysis, Draft
from trialsim.scenario.text import Finding, Path


def check_adjustment(analysis: Analysis, scenario: Draft, path: Path, report: Report) -> None:
    """Everything that an analysis adjusts for is in the study."""
    for i, name in enumerate(analysis.covariates):
        known(name, scenario.participants, "TS-E035", (*path, "covariates", i), report)
    there = available(analysis, scenario)
    for i, name in enumerate(analysis.visit_covariates):
        if name not in there:
            message = f"this study has no {name}: it needs {VISIT_COVARIATE[name].needs}."
            report(Finding("TS-E067", (*path, "visit_covariates", i), message, "Declare it, or remove it here."))
        elif name == SITE.name and _in_one_arm(scenario):
            message = (
                "whole sites are randomized, so that the site of a participant gives the arm: nothing is left of it."
            )
            report(Finding("TS-E394", (*path, "visit_covariates", i), message, "Write clusters: site, with gee."))
    if analysis.clusters == FAMILY:
        if scenario.family is None:
            message = "this study has no families: each mother has one child in it."
            report(Finding("TS-E067", (*path, "clusters"), message, "Write family: at the top, or leave it out."))
    elif analysis.clusters in CLUSTERS and analysis.clusters not in there:
        message = f"this study has no {analysis.clusters}: it needs {VISIT_COVARIATE[analysis.clusters].needs}."
        report(Finding("TS-E067", (*path, "clusters"), message, "Declare it, or use an analysis without clusters."))
    for i, name in enumerate(analysis.strata):
        _stratum(name, scenario, (*path, "strata", i), report)


def available(analysis: Analysis, scenario: Draft) -> set[str]:
    """The covariates of visits that a study has for an analysis."""
    outcome, ward = scenario.outcomes[analysis.outcome], bool(scenario.protocol)
    has = {
        PLATE.name: outcome.instrument.plate is not None,
        PRACTITIONER.name: ward and outcome.icc.practitioner is not None,
        SITE.name: len(site_names(scenario)) > 1,
        STRATA.name: bool(strata_of(scenario)),
        PERIOD.name: scenario.design.stepped_wedge is not None,
    }
    return {one.name for one in VISIT_COVARIATE.values() if has.get(one.name, ward or not one.on_ward)}


def _in_one_arm(scenario: Draft) -> bool:
    """Whether every site is in one arm for the whole trial."""
    return by_site(scenario) and scenario.design.stepped_wedge is None


def _stratum(name: str, scenario: Draft, here: Path, report: Report) -> None:
    if name == SITE.name:
        if len(site_names(scenario)) < 2:
            report(Finding("TS-E067", here, "this study has one site.", "Declare setting: {sites: ..}, or remove it."))
        elif _in_one_arm(scenario):
            message = "whole sites are randomized, so that no site has two arms to compare."
            report(Finding("TS-E394", here, message, "Write clusters: site, with cluster-t, gee or cluster-robust."))
        return
    if known(name, scenario.participants, "TS-E035", here, report) and not scenario.participants[name].choice:
        message = f"'{name}' is a number and makes no strata."
        report(Finding("TS-E067", here, message, "Name a covariate by choice."))
