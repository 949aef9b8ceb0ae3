"""Clusters in plain words: how many there are, how they are put into arms, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator

from trialsim.report.digits import plain
from trialsim.report.wedge import wedge_lines
from trialsim.report.words import join
from trialsim.scenario.arms import apportion, numbers_of_arms
from trialsim.scenario.clusters import by_site, site_names, target_of
from trialsim.scenario.model import Scenario
from trialsim.scenario.notation import parse_ratio


def target_in_words(scenario: Scenario) -> str:
    """``120 participants, 10 on average in each of 12 sites``."""
    each, made = scenario.design.enroll.each_cluster, scenario.design.clusters
    equal = made is not None and not _cv(scenario) and scenario.setting is None
    on_average = "" if equal else " on average"
    return f"{target_of(scenario)} participants, {each}{on_average} in each of {len(site_names(scenario))} sites"


def sites_by_arm(scenario: Scenario) -> dict[str, int]:
    """How many sites each arm has, where whole sites are randomized."""
    arms = tuple(scenario.design.arms)
    ratio = parse_ratio(scenario.design.allocation.ratio or "") or (1,) * len(arms)
    return dict(zip(arms, apportion(tuple(ratio), len(site_names(scenario))), strict=True))


def cluster_lines(scenario: Scenario) -> Iterator[str]:
    """Sites that are made for the simulation, whole sites that are randomized, and what likeness within sites costs."""
    made, sites = scenario.design.clusters, len(site_names(scenario))
    if made is not None:
        sizes = "all of one size"
        if _cv(scenario):
            sizes = (
                f"whose sizes are drawn anew in each trial (gamma, coefficient of variation {plain(_cv(scenario), 3)})"
            )
        elif scenario.setting is not None:
            sizes = "to which patients come with equal chances"
        yield f"Sites: {sites}, made for the simulation, {sizes}."
    if not by_site(scenario):
        return
    if scenario.design.stepped_wedge is not None:
        yield from wedge_lines(scenario)
        return
    similar = ", sites of similar size together" if scenario.design.allocation.stratify else ""
    yield f"Allocation: whole sites are randomized{similar}, {numbers_of_arms(sites_by_arm(scenario))}."
    yield from _effect_of_design(scenario)


def _cv(scenario: Scenario) -> float:
    made = scenario.design.clusters
    return 0.0 if made is None or made.size_cv is None else made.size_cv.value


def _squares(scenario: Scenario) -> float:
    """The sum of the squared shares of the sites in the participants of a trial, on average over trials."""
    made, setting, total = scenario.design.clusters, scenario.setting, target_of(scenario)
    if made is not None:
        sites, square = made.number, _cv(scenario) ** 2
        squares = (1.0 + square) / (sites + square)  # of gamma sizes divided by their sum
    else:
        squares = 0.0 if setting is None else sum(share.value**2 for share in setting.sites.values())
    return squares if setting is None else squares + (1.0 - squares) / total  # on a ward chance decides who comes where


def _effect_of_design(scenario: Scenario) -> Iterator[str]:
    """The design effect of each outcome whose sites differ, for an analysis in which every participant counts equally.

    With m participants in a site on average and the coefficient of variation cv of sizes within a trial it is
    1 + ((cv^2 + 1) m - 1) ICC, and (cv^2 + 1) m is the number of participants times the sum of the squared shares.

    References
    ----------
    Eldridge, Ashby and Kerry 2006, Int J Epidemiol 35:1292, doi:10.1093/ije/dyl129.
    """
    total, sites = target_of(scenario), len(site_names(scenario))
    by_icc: dict[float, list[str]] = {}
    for name, outcome in scenario.outcomes.items():
        if outcome.icc.site is not None and outcome.icc.site.value > 0.0:
            by_icc.setdefault(outcome.icc.site.value, []).append(outcome.label or name)
    for icc, names in by_icc.items():
        effect = max(1.0 + (total * _squares(scenario) - 1.0) * icc, 1.0)
        yield (
            f"{join(names)}: participants of one site have {plain(100 * icc, 3)} % of the variance in common (ICC). The design "
            f"effect is {plain(effect, 3)}: {total} participants of {sites} sites count as about {plain(total / effect, 3)} "
            "who are independent."
        )
