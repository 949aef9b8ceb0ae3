"""A stepped wedge: when each site goes over to the intervention, who is enrolled when, and in which arm.

The order of the sites is drawn anew for each trial. A site is in control until its step and in the intervention from then on;
during its transition, which begins with the step, it enrolls nobody. Without a ward the participants of a site are spread evenly
over the time in which it enrolls; on a ward they come when they come.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.conduct.plan import ConductPlan, WedgePlan
from trialsim.numbers.draws import stream, uniforms

Ints = NDArray[np.int64]

#: Of a study in which no site goes over.
NO_TRANSITIONS: Ints = np.zeros((0, 0, 2), dtype=np.int64)


def step_numbers(plan: ConductPlan, wedge: WedgePlan, *, seed: int, replicates: range) -> Ints:
    """(R, S) the step at which each site goes over, counted from 1: in an order drawn anew for each trial."""
    u = uniforms(seed, stream("cluster arm"), replicates=replicates, participants=len(plan.sites))
    place = np.argsort(np.argsort(u, axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray(1 + place // wedge.sites_per_step)


def transitions_of(plan: ConductPlan, wedge: WedgePlan, *, seed: int, replicates: range) -> Ints:
    """(R, S, 2) ticks of the step of each site and of the end of its transition."""
    begins = np.array(wedge.ends)[step_numbers(plan, wedge, seed=seed, replicates=replicates)]
    return np.stack([begins, begins + wedge.transition], axis=-1)


def periods_of(wedge: WedgePlan, entry: Ints) -> NDArray[np.int16]:
    """(R, N) the period in which each participant was enrolled, counted from 0."""
    return np.asarray(
        np.clip(np.searchsorted(wedge.ends, entry, side="right") - 1, 0, wedge.periods - 1), dtype=np.int16
    )


def arms_of_dates(
    plan: ConductPlan, wedge: WedgePlan, entry: Ints, site: NDArray[np.int16], *, seed: int, replicates: range
) -> NDArray[np.int8]:
    """(R, N) the arm of each participant: that of the site on the date of enrollment; -1 for an empty place."""
    begins = transitions_of(plan, wedge, seed=seed, replicates=replicates)[:, :, 0]
    crossed = entry >= np.take_along_axis(begins, site.astype(np.int64), axis=1)
    return np.where(entry < 0, -1, np.where(crossed, wedge.intervention, wedge.control)).astype(np.int8)


def dates_of(
    plan: ConductPlan, wedge: WedgePlan, site: NDArray[np.int16], *, seed: int, replicates: range
) -> tuple[NDArray[np.int16], Ints]:
    """(R, N) the site and the tick of enrollment of each participant without a ward, in the order of enrollment.

    Parameters
    ----------
    site : (R, N) the sites of the participants, one site after another
    """
    begins = np.take_along_axis(
        transitions_of(plan, wedge, seed=seed, replicates=replicates)[:, :, 0], site.astype(np.int64), axis=1
    )
    number = np.arange(site.shape[1]) - _first_places(site)
    size = np.take_along_axis(_sizes(site, len(plan.sites)), site.astype(np.int64), axis=1)
    open_for = wedge.ends[-1] - wedge.transition
    tick = (2 * number + 1) * open_for // (2 * size)
    tick = np.where(tick < begins, tick, tick + wedge.transition)
    order = np.argsort(tick, axis=1, kind="stable")
    return np.take_along_axis(site, order, axis=1), np.take_along_axis(tick, order, axis=1)


def _sizes(site: NDArray[np.int16], sites: int) -> Ints:
    """(R, S) participants of each site."""
    place = np.arange(len(site))[:, None] * sites + site
    return np.bincount(place.ravel(), minlength=len(site) * sites).reshape(len(site), sites)


def _first_places(site: NDArray[np.int16]) -> Ints:
    """(R, N) the place of the first participant of the same site, where participants are in the order of their sites."""
    starts = np.diff(site, axis=1, prepend=-1) != 0
    return np.asarray(np.maximum.accumulate(np.where(starts, np.arange(site.shape[1]), 0), axis=1))
