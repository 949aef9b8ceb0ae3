"""The smallest effect a design detects: the multiple of the declared effects that gives the required power."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from trialsim.prepared import Study
from trialsim.sizing.answer import best_of, check_power, declares_effect, notes_on, refuse_failures
from trialsim.sizing.batch import Batch
from trialsim.sizing.confirm import pooled_with, share_of
from trialsim.sizing.curve import PowerCurve, crossing
from trialsim.sizing.fit import fit_curve
from trialsim.sizing.result import NoSizeReason, SizingResult
from trialsim.sizing.target import SizingError, Target
from trialsim.sizing.trials import PILOT, Progress, SearchTrials

#: Multiples of the declared effects that the pilot tries.
LADDER = (0.1, 0.2, 0.35, 0.6, 1.0, 1.7, 2.8, 4.6)

#: Multiples of the batch, as shares of the one the pilot found.
AROUND = (0.4, 0.6, 0.75, 0.87, 0.95, 1.03, 1.12, 1.25)


def find_effect(
    study: Study,
    target: Target,
    *,
    power: float = 0.9,
    between: tuple[float, float] | None = None,
    replicates: int = 4_000,
    confirm: int = 4_000,
    seed: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> SizingResult:
    """The multiple of the declared effects that a study of the declared size detects with probability ``power``.

    Every effect is multiplied: differences directly, ratios and odds ratios on their logarithms, as the
    ``lambda`` of a twin.
    """
    check_power(power)
    low, high = between or (LADDER[0], LADDER[-1])
    if not 0 < low < high:
        raise SizingError(f"{low:g}..{high:g} is not a range of effects.", code="TS-S004", remedy="Write 0.5..2.")
    ladder = np.geomspace(low, high, len(LADDER)) if between else np.array(LADDER)
    trials = SearchTrials(study, target, study.scenario.simulation.seed if seed is None else seed, workers, progress)
    rough = trials.quick_power(trials.effects([float(x) for x in ladder], PILOT, "Searching for the range"))
    middle = crossing(ladder, rough, power)
    if not math.isfinite(middle):
        middle = high if rough[-1] < power else low
    at = [
        float(share * middle) for share in AROUND
    ]  # also a little beyond the range, so that its ends are estimated well
    batch = trials.effects(at, replicates, "Simulating the batch")
    refuse_failures(batch, target)
    near = [int(i) for i in np.abs(np.array(at) - middle).argsort()[:3]]
    curve = fit_curve(batch.scores, target, check_at=near)
    found = _answered(trials, curve, batch, goal=power, between=(low, high))
    if found.at is None or not confirm:
        return found
    fresh = trials.effects([found.at], confirm, "Simulating a fresh seed", seed=trials.fresh_seed)
    one = share_of(trials, fresh, found.at)
    pooled = _answered(trials, pooled_with(curve, one), batch, goal=power, between=(low, high))
    return replace(pooled, confirmations=(one,))


def _answered(
    trials: SearchTrials, curve: PowerCurve, batch: Batch, *, goal: float, between: tuple[float, float]
) -> SizingResult:
    """The factor at which the curve meets the goal, if it lies in the range."""
    root, (conf_low, conf_high) = curve.root(goal), curve.root_interval(goal)
    missed: NoSizeReason = ""
    if not math.isfinite(root):
        missed = "sooner" if curve.power[0] >= goal else "never"
    elif not between[0] <= root <= between[1]:
        missed = "sooner" if root < between[0] else "never"
    place, value, error = best_of(curve, between)
    at = None if missed else root
    return SizingResult(
        axis="effect", measure="power", goal=goal, target=trials.target, at=at, root=root, low=conf_low, high=conf_high,
        curve=curve, best=(place, value), best_error=error, between=between,
        estimate=math.nan if at is None else float(np.interp(at, batch.scores.at, batch.mean_estimate)),
        spent=trials.spent, notes=notes_on(curve), missed=missed,
        reached=(math.nan,) * 3 if at is None else curve.interval(at),
        effect_declared=missed != "never" or declares_effect(trials.study, trials.target),
    )  # fmt: skip
