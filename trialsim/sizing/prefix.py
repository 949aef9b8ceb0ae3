"""Whether the first participants of a larger trial equal the smaller trial, to the last digit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trialsim.analysis.endpoints import TrialArrays
from trialsim.cohort import Cohort
from trialsim.prepared import Study
from trialsim.sizing.sizes import at_size, sizes_of, smaller
from trialsim.study import simulate, trial_arrays

#: Trials that are compared.
TRIALS = 200


def is_prefix(study: Study, n: int, largest: int, *, seed: int) -> bool:
    """Whether the first ``n`` of a trial of ``largest`` are the trial of ``n``: the same people, values and reasons.

    Draws have addresses, so a difference is never chance. It comes from the effect of a later participant on an earlier one
    (takes a nurse, a place in the queue) or from arms that close when they are full. None of 200 trials may differ.
    """
    sizes, parts = sizes_of(study), []
    for size in (n, largest):
        cohort = simulate(at_size(study, size), range(TRIALS), seed=seed, twins=("declared",))
        parts.append(smaller(_with_reasons(cohort), sizes, n))
    one, two = parts
    width = min(one.arm.shape[1], two.arm.shape[1])
    if (one.arm[:, width:] >= 0).any() or (two.arm[:, width:] >= 0).any():
        return False
    inside = one.arm[:, :width] >= 0
    if not np.array_equal(inside, two.arm[:, :width] >= 0):
        return False
    return (
        np.array_equal(one.arm[:, :width], two.arm[:, :width])
        and np.array_equal(one.received[:, :width][inside], two.received[:, :width][inside])
        and np.array_equal(one.completed[:, :width][inside], two.completed[:, :width][inside])
        and np.array_equal(one.values[0, :, :width][inside], two.values[0, :, :width][inside], equal_nan=True)
        and all(
            np.array_equal(covariate.values[:, :width][inside], other.values[:, :width][inside], equal_nan=True)
            for covariate, other in zip(one.visit_covariates.values(), two.visit_covariates.values(), strict=True)
        )
    )


def _with_reasons(cohort: Cohort) -> TrialArrays:
    """The data of a cohort that analyses use, with the reasons for missing values."""
    arrays, reason = trial_arrays(cohort), cohort.measurements.reason.astype(np.float64)
    parts = [arrays.values, reason]
    if arrays.times is not None:
        parts.append(arrays.times[None])
    return replace(arrays, values=np.concatenate(parts, axis=3))
