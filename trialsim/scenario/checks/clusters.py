"""Whole sites that are randomized, and sites that are made for the simulation."""

from __future__ import annotations

from collections.abc import Sequence

from trialsim.scenario.amounts import Report
from trialsim.scenario.arms import apportion
from trialsim.scenario.clusters import by_site, site_names
from trialsim.scenario.model import Draft
from trialsim.scenario.text import Finding

DESIGN = ("design",)
ALLOCATION = ("design", "allocation")

#: Keys of an allocation that puts participants, and not sites, into arms.
OF_PARTICIPANTS = ("method", "block", "factors", "cut", "weights", "p", "imbalance", "tolerate")

#: By what sites can be stratified.
SIZE = "size"

#: The largest coefficient of variation of sizes: beyond it nearly all participants are at one site.
MOST_VARIED = 3.0


def check_clusters(scenario: Draft, parts: Sequence[int], report: Report) -> None:
    """Sites are declared once, and where whole sites are randomized there are enough of them and the other keys fit."""
    design, sites = scenario.design, site_names(scenario)
    if design.clusters is not None:
        _made(scenario, report)
    if design.enroll.each_cluster is not None and not sites:
        message = "there are no sites."
        report(Finding("TS-E392", (*DESIGN, "enroll"), message, "Write clusters: {number: 12}, or setting.sites."))
    elif design.enroll.each_cluster is not None and design.looks is not None:
        message = "looks count the participants of all sites together."
        total = design.enroll.each_cluster * len(sites)
        report(Finding("TS-E392", (*DESIGN, "enroll"), message, f"Write enroll: {total}."))
    if by_site(scenario):
        _keys(scenario, report)
        if design.stepped_wedge is None:
            _enough(scenario, parts, len(sites), report)


def _made(scenario: Draft, report: Report) -> None:
    made, here = scenario.design.clusters, (*DESIGN, "clusters")
    assert made is not None
    if scenario.setting is not None and scenario.setting.sites:
        message = "the sites are declared twice, here and in setting.sites."
        report(Finding("TS-E393", here, message, "Remove one of them.", on_key=True))
    if made.size_cv is not None and not 0.0 <= made.size_cv.value <= MOST_VARIED:
        message = f"a coefficient of variation of sizes is a number from 0 to {MOST_VARIED:g}."
        report(Finding("TS-E393", (*here, "size_cv"), message, "Write size_cv: 0.4."))
    if scenario.family is not None and scenario.setting is None:
        message = "without a ward a family could be divided between two sites."
        report(Finding("TS-E393", here, message, "Remove family:, or clusters:.", on_key=True))


def _keys(scenario: Draft, report: Report) -> None:
    """What belongs to participants in arms."""
    design = scenario.design
    wedge = design.stepped_wedge is not None
    whole = "stepped_wedge: lets whole sites go over" if wedge else "unit: site puts whole sites into arms"
    for key in OF_PARTICIPANTS:
        if getattr(design.allocation, key) not in (None, (), {}):
            message = f"{key}: puts participants into arms, and {whole}."
            remedy = f"Remove {key}:, or {'stepped_wedge' if wedge else 'unit'}:."
            report(Finding("TS-E391", (*ALLOCATION, key), message, remedy, on_key=True))
    for i, name in enumerate(() if wedge else design.allocation.stratify):
        if name != SIZE:
            message = f"whole sites are randomized, and a site has no '{name}'."
            report(Finding("TS-E391", (*ALLOCATION, "stratify", i), message, "Write stratify: [size], or remove it."))
    if design.enroll.each_arm is not None or design.enroll.by_arm:
        message = "an arm that closes at a number of participants would close its sites."
        report(Finding("TS-E392", (*DESIGN, "enroll"), message, "Write enroll: {each cluster: 10}, or enroll: 120."))
    if design.looks is not None:
        message = (
            "looks count participants, and what is known of a trial of clusters depends on the number of clusters."
        )
        remedy = f"Remove looks:, or {'stepped_wedge' if wedge else 'unit: site'}."
        report(Finding("TS-E391", (*DESIGN, "looks"), message, remedy, on_key=True))
    if scenario.family is not None and scenario.family.allocated == "apart":
        message = "whole sites are randomized, so that children of one mother are in one arm."
        report(Finding("TS-E391", ("family", "allocated"), message, "Write allocated: together."))


def _enough(scenario: Draft, parts: Sequence[int], sites: int, report: Report) -> None:
    """Every arm has a site; strata by size are whole."""
    arms, design = len(scenario.design.arms), scenario.design
    if not sites:
        message = "there are no sites to randomize."
        remedy = "Write clusters: {number: 12} in design, or declare setting.sites."
        report(Finding("TS-E390", (*ALLOCATION, "unit"), message, remedy))
        return
    place = (*DESIGN, "clusters", "number") if design.clusters is not None else ("setting", "sites")
    few = sites < arms or (len(parts) == arms and min(apportion(tuple(parts), sites)) < 1)
    if few:
        message = f"{sites} site{'' if sites == 1 else 's'} cannot fill {arms} arms."
        if sites >= arms:
            message = f"{sites} sites in the ratio {':'.join(map(str, parts))} leave an arm without a site."
        report(Finding("TS-E390", place, message, "Declare more sites."))
    elif design.allocation.stratify and parts and sites % sum(parts):
        message = f"{sites} sites cannot be divided into strata of {sum(parts)} by their size."
        report(Finding("TS-E390", place, message, f"Write a multiple of {sum(parts)}, or remove stratify:."))
