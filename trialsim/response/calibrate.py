"""Levels declared ``as: observed``: found so that a pilot study measures what was declared.

A level is the distribution before the instrument, without waits and failed attempts. Published pilot values already contain
all of these. So the study is simulated as a pilot of about 20,000 participants, twice with the same draws: once with the
declared levels and nothing that changes them (the goal), once as it is; and the levels are moved until both agree. As the
draws are shared, an outcome that nothing changes keeps its declared levels to the last digit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.errors import DistributionError
from trialsim.response import respond
from trialsim.response.plan import PointPlan, ResponsePlan
from trialsim.response.predictor import PredictorInputs, delivered
from trialsim.response.scales.parts import CalibrationRound, MutableLevels
from trialsim.scenario.model import Instrument

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Participants of the pilot, and its fixed seed: the levels are part of the study, not of a run.
PILOT = 20_000
PILOT_SEED = 20_000

#: The most rounds; the gap at which the search stops [SD, or share of the participants], and the gap above which it has failed.
ROUNDS, CLOSE, TOO_FAR = 60, 1e-9, 5e-3

#: The smallest delivered share that can carry an effect of full delivery.
LEAST_DELIVERED = 0.02


def pilot_replicates(participants: int) -> range:
    """Replicates of a trial of this many participants that make up a pilot."""
    return range(-(-PILOT // max(participants, 1)))


def calibrate(plan: ResponsePlan, entries: Any, trace: Any, *, seed: int, replicates: range) -> ResponsePlan:
    """Move the levels of the outcomes declared ``as: observed``; ``declared`` of the new plan keeps the old ones.

    Parameters
    ----------
    entries, trace : of the pilot, as for :func:`trialsim.response.respond`

    Raises
    ------
    DistributionError
        TS-D009 no levels give the declared measurements
    """
    chosen = [d for d, point in enumerate(plan.points) if plan.outcomes[point.outcome].observed]
    if not chosen:
        return plan
    inputs = PredictorInputs(plan, entries, trace, seed, replicates)
    goal = respond(_bare(plan), entries, trace, seed=seed, replicates=replicates).values[0]
    points = list(plan.points)
    slopes = {d: _slopes(inputs, plan, points[d]) for d in chosen}
    worst = dict.fromkeys(chosen, np.inf)
    for _ in range(ROUNDS):
        now = replace(plan, points=tuple(points))
        got = respond(now, entries, trace, seed=seed, replicates=replicates).values[0]
        for d in chosen:
            points[d], worst[d] = _moved(plan, points[d], goal[:, :, d], got[:, :, d], entries.arm, slopes[d])
        if max(worst.values()) < CLOSE:
            break
    for d, gap in worst.items():
        if not gap < TOO_FAR:
            name, visit = plan.pairs[d]
            raise DistributionError(
                f"outcomes.{name}: no level at '{visit}' gives the declared values, with everything that changes them.",
                code="TS-D009",
                remedy="Write as: true, or reduce its drivers, covariates, responses or missing values.",
            )
    return replace(plan, points=tuple(points), declared=plan.points)


def _bare(plan: ResponsePlan) -> ResponsePlan:
    """The plan with its levels and correlations, and nothing that changes or distorts a value."""
    outcomes = tuple(
        replace(
            outcome, rhythm=None, responses=(), drivers=(), covariates=(), instrument=Instrument(), lost=0.0,
            missing=(), window=None,
        )
        for outcome in plan.outcomes
    )  # fmt: skip
    return replace(plan, outcomes=outcomes, points=tuple(replace(point, own=(), terms=()) for point in plan.points))


def _slopes(inputs: PredictorInputs, plan: ResponsePlan, point: PointPlan) -> Floats:
    """(K,) how far the mean of an arm follows its level: the mean share delivered, 1 for the reference."""
    given = delivered(inputs, point)
    found = np.ones(len(plan.arms))
    if given is None:
        return found
    for k in range(len(plan.arms)):
        there = inputs.entries.arm == k
        if inputs.trace is not None:
            there &= inputs.times(point) >= 0
        if k != plan.reference and there.any():
            found[k] = max(float(given[there].mean()), LEAST_DELIVERED)
    return found


def _moved(
    plan: ResponsePlan, point: PointPlan, goal: Floats, got: Floats, arm: NDArray[np.int8], slopes: Floats
) -> tuple[PointPlan, float]:
    """One round for one outcome at one visit, (R, N) values: the new levels, and how far the old ones were off."""
    outcome = plan.outcomes[point.outcome]
    goal, got = outcome.parts.scaled(goal), outcome.parts.scaled(got)
    arms, reference = len(plan.arms), plan.reference
    groups = [(k, arm == k) for k in range(arms)]
    if not point.by_arm:  # one level: of everybody, or of the reference if effects distinguish the arms
        groups = [(reference, arm == reference if point.differs else arm >= 0)]
    moving, worst = MutableLevels(point.location.copy(), point.sd.copy(), point.cuts.copy()), 0.0
    for k, inside in groups:
        wanted, found = goal[inside], got[inside]
        wanted, found = wanted[np.isfinite(wanted)], found[np.isfinite(found)]
        if not len(wanted) or not len(found):
            continue
        rows, one_ratio = k if point.by_arm else slice(None), _proportional(point, k, reference)
        current = CalibrationRound(moving, rows, wanted, found, outcome.categories, one_ratio, slopes[k])
        gap = outcome.parts.nearer(current)
        worst = max(worst, gap)
    cuts = np.maximum.accumulate(moving.cuts, axis=1)
    return replace(point, location=moving.location, sd=moving.sd, cuts=cuts), worst


def _proportional(point: PointPlan, k: int, reference: int) -> bool:
    """Whether an arm differs from the reference by one odds ratio (an arm given by a mean alone); only if it has cuts."""
    apart = point.cuts[k] - point.cuts[reference]
    return k != reference and point.by_arm and bool(np.ptp(apart) < 1e-9)  # of rounding
