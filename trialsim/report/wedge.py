"""A stepped wedge in plain words: its steps and periods, who is enrolled when, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trialsim.analysis.methods.wedge import gls_variance
from trialsim.report.digits import plain
from trialsim.report.words import number
from trialsim.scenario.clusters import site_names, target_of
from trialsim.scenario.model import Scenario
from trialsim.scenario.wedge import control_and_intervention, steps_of


def wedge_arms(scenario: Scenario) -> list[str]:
    """The arm before the step, and the arm after it."""
    arms = list(scenario.design.arms)
    return [arms[place] for place in control_and_intervention(scenario)]


def steps_in_words(scenario: Scenario) -> str:
    """``2 at a step, 4 steps, 5 periods of 2 months``."""
    wedge, steps = scenario.design.stepped_wedge, steps_of(scenario)
    assert wedge is not None  # asked only of a stepped wedge
    text = f"{wedge.sites_per_step} at a step, {steps} steps, {steps + 1} periods of {number(wedge.every)}"
    if wedge.transition is not None and wedge.transition.value > 0:
        text += f"; in the {number(wedge.transition)} after its step a site enrolls nobody"
    return text


def wedge_lines(scenario: Scenario) -> Iterator[str]:
    """Steps, periods, transition and enrollment; and what likeness within sites costs."""
    wedge, sites, steps = scenario.design.stepped_wedge, len(site_names(scenario)), steps_of(scenario)
    assert wedge is not None  # asked only of a stepped wedge
    before, after = wedge_arms(scenario)
    at_once = f"{wedge.sites_per_step} at a step"
    if sites % wedge.sites_per_step:
        at_once += f" and {sites % wedge.sites_per_step} at the last"
    yield (
        f"Stepped wedge: {sites} sites go over from {before} to {after}, {at_once}, in an order that is drawn anew in each "
        f"trial. {steps} steps make {steps + 1} periods of {number(wedge.every)}."
    )
    if wedge.transition is not None and wedge.transition.value > 0:
        yield f"Transition: in the {number(wedge.transition)} after its step a site enrolls nobody."
    if scenario.setting is None:
        yield "Enrollment: the participants of a site are spread evenly over the time in which it enrolls."
    else:
        yield "Enrollment ends with the last participant, at the latest at the end of the last period."
    yield from _effect_of_design(scenario)


def _effect_of_design(scenario: Scenario) -> Iterator[str]:
    """What the variance of the effect is, with sites of one size, against participants who are randomized one by one."""
    wedge, sites, steps, total = (
        scenario.design.stepped_wedge, len(site_names(scenario)), steps_of(scenario), target_of(scenario),
    )  # fmt: skip
    assert wedge is not None  # as above
    crossing = 1 + np.arange(sites) // wedge.sites_per_step
    crossed = np.arange(steps + 1) >= crossing[:, None]
    size = np.full(crossed.shape, total / crossed.size)
    for name, outcome in scenario.outcomes.items():
        if outcome.icc.site is None or outcome.icc.site.value == 0.0:
            continue
        icc, cac = outcome.icc.site.value, 1.0 if outcome.cac is None else outcome.cac.value
        effect = gls_variance(size, crossed, icc=icc, cac=cac) * total / 4.0
        yield (
            f"{name}: participants of one site have {plain(100 * icc, 3)} % of the variance in common (ICC), those of different "
            f"periods {plain(100 * icc * cac, 3)} %. With sites of one size the design effect is {plain(effect, 3)}: {total} "
            f"participants show as much as about {plain(total / effect, 3)} who are randomized one by one to equal arms."
        )
