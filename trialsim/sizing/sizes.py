"""The sizes that a design allows, and the same study at another size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.endpoints import TrialArrays
from trialsim.compiled import kernel
from trialsim.conduct import plan_conduct
from trialsim.looks.plan import plan_looks
from trialsim.prepared import Study
from trialsim.scenario.arms import apportion
from trialsim.scenario.change import change
from trialsim.scenario.clusters import by_site
from trialsim.scenario.model import SteppedWedge
from trialsim.scenario.wedge import expected_enrolled, period_ends, steps_of, transition_ticks
from trialsim.sizing.target import SizingError


@dataclass(frozen=True)
class Sizes:
    """Total numbers of participants that the allocation allows: multiples of ``step``.

    The step is one round of the ratio (1:1:1 gives 3, 2:1 gives 3); with a target for each arm it is one a arm, and where
    the arms have different numbers it is one participant. With a number for each cluster it is one round of the ratio in
    clusters that are made for the simulation, and one participant in each where the sites have names or the clusters stay.
    In a stepped wedge it is one site at each step without a ward, one more step on a ward.

    Attributes
    ----------
    closed : the number at which each arm of the study closes; empty when the target is one in all
    of_cluster : participants of a cluster, where the number of clusters changes with the size; else 0
    clusters : the number of clusters, where their participants change with the size; else 0
    wedge : whether the arm is a matter of dates: the first participants of a trial are those before its end, and no trial
    fewest : the smallest size of a stepped wedge
    """

    step: int
    arms: int
    ratio: tuple[int, ...]
    closed: tuple[int, ...]
    of_cluster: int = 0
    clusters: int = 0
    wedge: bool = False
    fewest: int = 0

    @property
    def least(self) -> int:
        """The smallest useful size: 3 in the smallest arm; in a stepped wedge, one that reaches all of its steps."""
        if self.wedge:
            return self.up(self.fewest)
        if self.closed:
            return next(n for n in count(3 * self.arms, self.step) if min(self.of_arms(n)) >= 3)
        if self.clusters:
            return -(-3 * sum(self.ratio) // (min(self.ratio) * self.step)) * self.step
        return -(-3 // min(self.ratio)) * self.step

    def up(self, n: float) -> int:
        """The smallest allowed size of at least ``n``."""
        return max(int(np.ceil(n / self.step - 1e-9)), 1) * self.step

    def near(self, sizes: Iterable[float]) -> list[int]:
        """Allowed sizes nearest to ``sizes``, each once, in ascending order."""
        return sorted({max(round(n / self.step) * self.step, self.step) for n in sizes})

    def of_arms(self, n: int) -> tuple[int, ...]:
        """Participants in each arm of a trial of ``n``; empty where that is a matter of dates."""
        if self.wedge:
            return ()
        if self.closed:
            return apportion(self.closed, n)
        return tuple(n * share // sum(self.ratio) for share in self.ratio)


def sizes_of(study: Study) -> Sizes:
    """The sizes the design of a study allows."""
    plan, design = study.conduct, study.scenario.design
    each = design.enroll.each_cluster
    if design.stepped_wedge is not None:
        return _of_wedge(study, design.stepped_wedge)
    if study.per_cluster and each is None:
        return Sizes(len(plan.sites), len(plan.arms), plan.ratio, ())
    if each is not None and design.clusters is not None and by_site(study.scenario) and not study.per_cluster:
        return Sizes(each * sum(plan.ratio), len(plan.arms), plan.ratio, (), of_cluster=each)
    if each is not None:
        return Sizes(len(plan.sites), len(plan.arms), plan.ratio, (), clusters=len(plan.sites))
    step = sum(plan.ratio) if not plan.targets else len(plan.arms) if len(set(plan.targets)) == 1 else 1
    return Sizes(step, len(plan.arms), plan.ratio, plan.targets)


def by_participants_of_clusters(study: Study) -> Study:
    """The study, other sizes of which have other numbers of participants in each cluster, and the same clusters.

    Raises
    ------
    SizingError
        TS-S004 if whole sites are not randomized
    """
    if not by_site(study.scenario):
        raise SizingError(
            "whole clusters are not randomized, so that a size has no participants of each.",
            code="TS-S004",
            remedy="Leave out --per-cluster, or write allocation: {unit: site}.",
        )
    return replace(study, per_cluster=True)


def _of_wedge(study: Study, wedge: SteppedWedge) -> Sizes:
    """The sizes of a stepped wedge: more clusters where they are made for the simulation, else more participants in each."""
    plan, design, scenario = study.conduct, study.scenario.design, study.scenario
    sites, each = len(plan.sites), design.enroll.each_cluster
    ends = period_ends(scenario, wedge)
    reached = (
        0 if scenario.setting is None else int(expected_enrolled(scenario, ends[-2] + transition_ticks(wedge))) + 1
    )
    if each is None or design.clusters is None or study.per_cluster:
        fewest = max(sites * (len(ends) - 1), reached)
        of_sites = sites if each is not None else 0
        return Sizes(sites, len(plan.arms), plan.ratio, (), clusters=of_sites, wedge=True, fewest=fewest)
    at_once = steps_of(scenario) if scenario.setting is None else wedge.sites_per_step
    fewest = 2 * each * wedge.sites_per_step if scenario.setting is not None else each * at_once
    return Sizes(each * at_once, len(plan.arms), plan.ratio, (), of_cluster=each, wedge=True, fewest=fewest)


def at_size(study: Study, n: int) -> Study:
    """The same study with ``n`` participants in total.

    Only the size changes: pathway, levels and analyses stay those of the study. So do levels declared ``as: observed``, found
    by a pilot of the declared size: what a pilot measured is a fact of that pilot, not of the trial that is planned from it.
    """
    sizes = sizes_of(study)
    enroll: dict[str, object] = {"in all": n}
    if study.scenario.design.enroll.by_arm:
        enroll = dict(zip(study.conduct.arms, sizes.of_arms(n), strict=True))
    elif sizes.closed:
        enroll = {"each arm": n // sizes.arms}
    elif sizes.clusters:
        enroll = {"each cluster": n // sizes.clusters}
    changes: dict[str, object] = {"design.enroll": enroll}
    if sizes.of_cluster:
        changes = {"design.clusters.number": n // sizes.of_cluster}
    if sizes.of_cluster and sizes.wedge and study.scenario.setting is None:
        changes["design.stepped_wedge.sites_per_step"] = n // sizes.step
    scenario = change(study.scenario, changes)
    at = replace(study, scenario=scenario, conduct=plan_conduct(scenario), looks=plan_looks(scenario, study.analysis))
    if not sizes.of_cluster or scenario.program is None:
        return at
    return replace(at, program=scenario.program, response=replace(study.response, program=scenario.program))


def smaller(arrays: TrialArrays, sizes: Sizes, n: int) -> TrialArrays:
    """The trials of ``n`` inside larger ones: their first ``n`` participants, in each arm if that has its own target."""
    if not sizes.closed:
        return _first(arrays, n)
    inside = first_of_each(arrays.arm, sizes, n)
    last = int(np.flatnonzero(inside.any(axis=0)).max(initial=-1)) + 1
    cut = _first(arrays, last)
    inside = inside[:, :last]
    if inside.all():
        return cut
    return replace(
        cut,
        values=np.where(inside[None, :, :, None], cut.values, np.nan),
        arm=np.where(inside, cut.arm, np.int8(-1)),
        received=cut.received & inside,
        completed=cut.completed & inside,
        events={names: after & inside[None, :, :, None] for names, after in cut.events.items()},
    )


def _first(arrays: TrialArrays, n: int) -> TrialArrays:
    return replace(
        arrays,
        values=arrays.values[:, :, :n],
        arm=arrays.arm[:, :n],
        covariates=arrays.covariates[:, :n],
        received=arrays.received[:, :n],
        completed=arrays.completed[:, :n],
        site=arrays.site[:, :n],
        stratum=arrays.stratum[:, :n],
        visit_covariates={key: replace(one, values=one.values[:, :n]) for key, one in arrays.visit_covariates.items()},
        times=None if arrays.times is None else arrays.times[:, :n],
        censored=None if arrays.censored is None else arrays.censored[:, :, :n],
        at_risk=None if arrays.at_risk is None else arrays.at_risk[:, :n],
        events={names: after[:, :, :n] for names, after in arrays.events.items()},
        family=None if arrays.family is None else arrays.family[:, :n],
    )


def first_of_each(arm: NDArray[np.int8], sizes: Sizes, n: int) -> NDArray[np.bool_]:
    """(R, N) whether a participant is among the first of the arm."""
    inside = np.zeros(arm.shape, dtype=np.bool_)
    _first_of_each(arm, np.array(sizes.of_arms(n), dtype=np.int64), inside)
    return inside


@kernel
def _first_of_each(arm, each, inside):  # type: ignore[no-untyped-def]
    replicates, participants = arm.shape
    counted = np.empty(each.shape[0], dtype=np.int64)
    for r in range(replicates):
        counted[:] = 0
        for n in range(participants):
            k = arm[r, n]
            if k >= 0 and counted[k] < each[k]:
                counted[k] += 1
                inside[r, n] = True


def within(arm: NDArray[np.int8], sizes: Sizes, n: int) -> NDArray[np.bool_]:
    """(R, N) participants who belong to the trial of ``n``."""
    if sizes.closed:
        return first_of_each(arm, sizes, n)
    inside = np.asarray(arm >= 0)
    inside[:, n:] = False
    return inside
