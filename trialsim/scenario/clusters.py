"""The sites of a study, declared or made for the simulation, and the size of a trial of clusters."""

from __future__ import annotations

from trialsim.kinds.designs import SITE
from trialsim.scenario.model import Draft


def site_names(scenario: Draft) -> tuple[str, ...]:
    """The sites: those of ``design.clusters``, else those of the setting; empty if the study has none."""
    clusters = scenario.design.clusters
    if clusters is not None:
        return tuple(f"cluster {number + 1}" for number in range(clusters.number))
    return () if scenario.setting is None else tuple(scenario.setting.sites)


def by_site(scenario: Draft) -> bool:
    """Whether whole sites are randomized: to the arms, or to the steps of a stepped wedge."""
    return scenario.design.allocation.unit == SITE.name or scenario.design.stepped_wedge is not None


def strata_of(scenario: Draft) -> tuple[str, ...]:
    """What the allocation of participants is stratified by; nothing where whole sites are randomized."""
    return () if by_site(scenario) else tuple(scenario.design.allocation.stratify)


def target_of(scenario: Draft) -> int:
    """Participants in all."""
    enroll, arms = scenario.design.enroll, tuple(scenario.design.arms)
    if enroll.each_cluster is not None:
        return enroll.each_cluster * len(site_names(scenario))
    return enroll.in_all or sum(enroll.of_arms(arms))
