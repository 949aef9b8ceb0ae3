"""Trials of the recommended design under a fresh seed, which join the curve: both estimate the same power."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import Estimates
from trialsim.sizing.batch import Batch
from trialsim.sizing.curve import PowerCurve
from trialsim.sizing.result import Confirmation, confirmed_share
from trialsim.sizing.sizes import at_size
from trialsim.sizing.target import Target
from trialsim.sizing.trials import SearchTrials
from trialsim.study import evaluate

Floats = NDArray[np.float64]


def confirm_size(trials: SearchTrials, curve: PowerCurve, n: int, replicates: int) -> tuple[Confirmation, PowerCurve]:
    """Simulate ``n`` participants in full under the fresh seed, and pool the power with that of the curve."""
    if trials.study.conduct.ward or trials.study.looks is not None:
        one = _with_times(trials, n, replicates)
    else:
        one = share_of(trials, trials.fresh(n, replicates, "Simulating a fresh seed"), n)
    return one, pooled_with(curve, one)


def pooled_with(curve: PowerCurve, one: Confirmation) -> PowerCurve:
    """The curve pooled with a share of trials, whose variance is binomial at the power of the curve.

    At its own share that variance would be smallest for the luckiest results.
    """
    expected = min(max(curve.value(one.at), 1e-6), 1 - 1e-6)
    counted = one.replicates - one.failed
    if not counted > 0:
        return curve
    return curve.pooled(one.at, one.value, math.sqrt(expected * (1 - expected) / counted))


def _with_times(trials: SearchTrials, n: int, replicates: int) -> Confirmation:
    """The confirmation on a ward, which also gives the length of the trial."""
    reached: list[Floats] = []
    trials.spent += replicates
    progress = trials.progress
    result = evaluate(
        at_size(trials.study, n), replicates=replicates, seed=trials.fresh_seed, workers=trials.workers,
        sink=lambda estimates: reached.append(reached_in(trials.target, estimates)),
        progress=None if progress is None else lambda done: progress("Simulating a fresh seed", done, replicates),
    )  # fmt: skip
    values = np.concatenate(reached)
    failed = int(np.isnan(values).sum())
    share = confirmed_share(n, int(np.nansum(values)), replicates, failed=failed, seed=trials.fresh_seed)
    return replace(share, trial=result)


def share_of(trials: SearchTrials, batch: Batch, at: float) -> Confirmation:
    """The share of the trials of a batch of one size or effect that reach the target."""
    score, target = batch.scores.score[0], trials.target
    failed = int(np.isnan(score).sum())
    beyond = (np.abs(score) if target.two_tailed else score) >= target.critical
    return confirmed_share(at, int(beyond.sum()), len(score), failed=failed, seed=trials.fresh_seed)


def reached_in(target: Target, estimates: Estimates) -> Floats:
    """(R,) 1 if a trial reached the target, 0 if not, NaN if it could not be analyzed; of the first twin."""
    names = [(row.analysis, row.contrast) for row in estimates.rows]
    wanted = [(target.plan.rows[row].analysis, target.plan.rows[row].contrast) for row in target.rows]
    rejected = estimates.rejected[0][:, [names.index(name) for name in wanted]]
    whole = rejected.max(axis=1) if target.need == "any" else rejected.min(axis=1)
    return np.where(np.isnan(rejected).any(axis=1), np.nan, whole)
