"""The truth of ratios given covariates: what the same analysis finds with every participant once in either arm.

Odds, hazard and rate ratios do not collapse: the ratio at equal covariates is not that of everyone in one arm to everyone in the
other, so the truth cannot come from two means. Both complete potential outcomes of each participant are put into one data set,
with the covariates, and the analysis itself is run on it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.effects import POOL
from trialsim.analysis.endpoints import Extraction, TrialArrays
from trialsim.analysis.methods.table import METHODS
from trialsim.analysis.plan import AnalysisSet, PlannedAnalysis, RowTest
from trialsim.kinds.designs import TWO_SIDED
from trialsim.response.plan import ResponsePlan
from trialsim.response.predictor import PredictorInputs
from trialsim.response.visit_covariates import VisitCovariateColumn, visit_covariate

Floats = NDArray[np.float64]


def potential(
    call: PlannedAnalysis,
    inputs: PredictorInputs,
    plan: ResponsePlan,
    *,
    values: Floats,
    censored: NDArray[np.int8],
    at_risk: Floats | None,
    arm: int,
    who: NDArray[np.bool_],
) -> TrialArrays:
    """The complete outcomes of everyone in one arm as the data of an analysis.

    Parameters
    ----------
    values, censored : (R, N, D) of one twin
    who : (R, N) who counts
    """
    entries = inputs.entries
    strata = int(entries.stratum.max(initial=0)) + 1
    beside = {
        (name, call.endpoint.visit): visit_covariate(inputs, plan.points[call.endpoint.visit], name, strata=strata)
        for name in call.visit_covariates
    }
    return TrialArrays(
        values=values[None],
        arm=np.where(who, arm, -1).astype(np.int8),
        covariates=entries.covariates,
        received=who,
        completed=who,
        site=entries.site.astype(np.int64),
        stratum=entries.stratum.astype(np.int64),
        visit_covariates=beside,
        times=None,
        seed=inputs.seed,
        replicates=inputs.replicates,
        censored=censored[None],
        at_risk=at_risk,
    )


def fitted_effect(call: PlannedAnalysis, asked: RowTest, a: TrialArrays, b: TrialArrays) -> Floats:
    """(R,) the estimate of :data:`POOL` replicates at a time, at the first of each pool and NaN at the others."""
    method = METHODS[asked.test, asked.samples]
    plain = replace(call, choice=AnalysisSet(), clusters="", null=0.0, alternative=TWO_SIDED.name)
    replicates = a.arm.shape[0]
    out = np.full(replicates, np.nan)
    for start in range(0, replicates, POOL):
        data = _pooled(a, b, slice(start, start + POOL))
        out[start] = method.run(Extraction(data, arms=max(asked.arms) + 1), plain, asked.arms).estimate[0]
    return out


def _pooled(a: TrialArrays, b: TrialArrays, pool: slice) -> TrialArrays:
    """Some replicates of both as one."""

    def joined(name: str, axis: int = 0) -> Any:
        first, second = getattr(a, name), getattr(b, name)
        return None if first is None else _as_one(first, second, pool, axis)

    return replace(
        a,
        values=joined("values", 1),
        censored=joined("censored", 1),
        at_risk=joined("at_risk"),
        arm=joined("arm"),
        covariates=joined("covariates"),
        received=joined("received"),
        completed=joined("completed"),
        site=joined("site"),
        stratum=joined("stratum"),
        events={names: _as_one(one, b.events[names], pool, 1) for names, one in a.events.items()},
        visit_covariates={key: _covariate(column, b.visit_covariates[key], pool) for key, column in a.visit_covariates.items()},
    )  # fmt: skip


def _as_one(a: NDArray[Any], b: NDArray[Any], pool: slice, axis: int = 0) -> NDArray[Any]:
    """Arrays with replicates and participants on ``axis`` and the one after it, joined to one replicate."""
    parts = []
    for one in (a, b):
        some = one[(slice(None),) * axis + (pool,)]
        everyone = some.shape[axis] * some.shape[axis + 1]
        parts.append(some.reshape(*some.shape[:axis], 1, everyone, *some.shape[axis + 2 :]))
    return np.concatenate(parts, axis=axis + 1)


def _covariate(a: VisitCovariateColumn, b: VisitCovariateColumn, pool: slice) -> VisitCovariateColumn:
    return replace(a, values=_as_one(a.values, b.values, pool), categories=max(a.categories, b.categories))
