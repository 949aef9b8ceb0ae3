"""Confirmation: the recommended design played in full under a fresh seed, and moved where the curve was wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from trialsim.analysis.estimates import Estimates
from trialsim.sizing.batch import play_effects
from trialsim.sizing.fit import Curve, crossing, power_at, probit
from trialsim.sizing.found import Confirmation, Found, confirmed_share
from trialsim.sizing.sizes import Sizes, at_size
from trialsim.sizing.target import Target
from trialsim.study import Study, evaluate

Floats = NDArray[np.float64]

#: Sizes tried at most, and how far off the curve a confirmed power may be [standard errors].
ROUNDS, FAR = 4, 3.0


def confirm_size(
    study: Study,
    found: Found,
    *,
    sizes: Sizes,
    replicates: int,
    seed: int,
    workers: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Found:
    """Play the recommended size under seed + 1, + 2, ...; where its power contradicts the curve, shift the curve to it."""
    spent, rounds = found.spent, list(found.confirmations)
    for number in range(1, ROUNDS + 1):
        assert found.at is not None
        one = _play(study, found.target, int(found.at), replicates, seed + number, workers, progress)
        rounds.append(one)
        spent += replicates
        expected = power_at(found.curve, found.at)
        off = abs(one.value - expected)
        if off <= FAR * math.hypot(one.mcse, _se_at(found.curve, found.at)) or number == ROUNDS:
            break
        root = crossing(found.curve.at, _shifted(found.curve.power, probit(one.value) - probit(expected)), found.goal)
        told = f"Played in full with {found.at:g} participants the power is {100 * one.value:.1f} %, not {100 * expected:.1f} %"
        if not math.isfinite(root):
            found = found.moved(None, math.nan, f"{told}; no size of the range reaches {100 * found.goal:.4g} % then.")
            break
        size = float(sizes.up(root))
        if size == found.at:
            break
        found = found.moved(size, root, f"{told} (later participants delay earlier ones): moved to {size:g}.")
    return replace(found, spent=spent, confirmations=tuple(rounds))


def _play(
    study: Study,
    target: Target,
    n: int,
    replicates: int,
    seed: int,
    workers: int | None,
    progress: Callable[[str, int, int], None] | None,
) -> Confirmation:
    reached: list[Floats] = []
    result = evaluate(
        at_size(study, n), replicates=replicates, seed=seed, workers=workers,
        sink=lambda estimates: reached.append(reached_in(target, estimates)),
        progress=None if progress is None else lambda done: progress("Confirming", done, replicates),
    )  # fmt: skip
    values = np.concatenate(reached)
    failed = int(np.isnan(values).sum())
    share = confirmed_share(n, int(np.nansum(values)), replicates, failed=failed, seed=seed)
    return replace(share, trial=result)


def reached_in(target: Target, estimates: Estimates) -> Floats:
    """(R,) 1 where a trial reached the target, 0 where not, NaN where it could not be analyzed; of the first twin."""
    names = [(row.analysis, row.contrast) for row in estimates.rows]
    wanted = [(target.plan.rows[row].analysis, target.plan.rows[row].contrast) for row in target.rows]
    rejected = estimates.rejected[0][:, [names.index(name) for name in wanted]]
    whole = rejected.max(axis=1) if target.need == "any" else rejected.min(axis=1)
    return np.where(np.isnan(rejected).any(axis=1), np.nan, whole)


def _shifted(power: Floats, shift: float) -> Floats:
    return np.asarray(ndtr(np.array([probit(p) for p in power]) + shift))


def _se_at(curve: Curve, at: float) -> float:
    return float(np.interp(at, curve.at, curve.se))


def reached_share(
    study: Study,
    target: Target,
    scale: float,
    *,
    replicates: int,
    seed: int,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Confirmation:
    """The share of trials that reach the target when the declared effects are multiplied by ``scale``."""
    batch = play_effects(
        study, target, [scale], replicates=range(replicates), seed=seed, workers=workers, progress=progress
    )
    score = batch.scores.score[0]
    failed = int(np.isnan(score).sum())
    beyond = (np.abs(score) if target.two_tailed else score) >= target.critical
    return confirmed_share(scale, int(beyond.sum()), replicates, failed=failed, seed=seed)
