"""Analyses of imputed data: every imputed data set is analyzed as if it had been measured, and the results are pooled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.endpoints import Extraction
from trialsim.analysis.imputation import kernel
from trialsim.analysis.imputation.pooling import PooledEstimate, pool
from trialsim.analysis.imputation.rule import Imputation, stream_keys
from trialsim.analysis.methods.table import METHODS
from trialsim.analysis.plan import AnalysisPlan, AnalysisSet, CovariateColumn, PlannedAnalysis
from trialsim.analysis.rows import TOO_FEW, Rows
from trialsim.kinds.designs import TWO_SIDED

Floats = NDArray[np.float64]
Group = tuple[Imputation, tuple[CovariateColumn, ...], AnalysisSet]


def pooled_rows(plan: AnalysisPlan, data: Extraction) -> dict[int, PooledEstimate]:
    """The pooled estimates of all rows whose analysis imputes, by row; analyses that impute alike share the imputed data."""
    groups: dict[Group, list[PlannedAnalysis]] = {}
    for call in plan.calls:
        if call.imputation is not None:
            groups.setdefault((call.imputation, call.covariates, call.choice), []).append(call)
    found: dict[int, PooledEstimate] = {}
    for (rule, covariates, choice), calls in groups.items():
        found |= _of_group(data, rule, covariates, choice, calls)
    return found


def _of_group(
    data: Extraction,
    rule: Imputation,
    covariates: tuple[CovariateColumn, ...],
    choice: AnalysisSet,
    calls: Sequence[PlannedAnalysis],
) -> dict[int, PooledEstimate]:
    """The pooled estimates of analyses that impute alike."""
    asked = [(row, call, question) for call in calls for row, question in zip(call.rows, call.questions, strict=True)]
    results: dict[int, list[Rows]] = {row: [] for row, _, _ in asked}
    deltas = tuple(dict.fromkeys(question.delta for _, _, question in asked))
    drawn = np.ones(len(data.arm), np.bool_)
    for filled, by_delta in imputed(data, rule, covariates, choice, deltas=deltas):
        drawn &= filled
        for delta, one in by_delta:
            for row, call, question in asked:
                if question.delta == delta:
                    run = METHODS[question.test, question.samples].run
                    results[row].append(run(one, replace(call, alternative=TWO_SIDED.name), question.arms))
    nulls = {row: call.null for row, call, _ in asked}
    return {row: pool(rows, drawn=drawn, lacking=TOO_FEW, null=nulls[row]) for row, rows in results.items()}


def imputed(
    data: Extraction,
    rule: Imputation,
    covariates: tuple[CovariateColumn, ...],
    choice: AnalysisSet,
    *,
    deltas: Sequence[float] = (0.0,),
) -> Iterator[tuple[NDArray[np.bool_], Iterator[tuple[float, Extraction]]]]:
    """Each imputation: (T x R,) where it could be drawn, and the completed data with each delta."""
    measured, points = data.data.values, list(rule.points)
    values = np.ascontiguousarray(measured[..., points])
    there = ~np.isnan(values)
    after = ~np.flip(np.logical_or.accumulate(np.flip(there, axis=-1), axis=-1), axis=-1)
    after[..., : rule.before] = False
    after &= (data.data.arm != rule.reference)[None, :, :, None]
    if rule.log:
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.where(values > 0.0, np.log(values), np.nan)
    replicates = len(data.data.arm)
    arm = np.where(data.counted(choice)[:replicates], data.data.arm, np.int8(-1))
    columns = data.columns((), covariates)[:replicates]
    own = np.arange(len(rule.arms))
    other = own if rule.follows == "own" else np.full_like(own, rule.reference)
    left = other if rule.follows == "copy" else own
    keys, completed = stream_keys(rule), measured.copy()
    out, fine = np.empty_like(values), np.empty(values.shape[:2], np.bool_)
    for k in range(rule.count):
        kernel.impute(
            values, columns, arm, left, other, rule.before, np.uint64(data.data.seed),
            (keys.coefficients, keys.variances, keys.between, keys.after), np.uint64(k),
            np.uint64(data.data.replicates.start), out, fine,
        )  # fmt: skip
        drawn = np.exp(out) if rule.log else out
        filled = np.where(there, measured[..., points], drawn)
        yield fine.reshape(-1).copy(), _with_deltas(data, rule, completed, filled, after, deltas)


def _with_deltas(
    data: Extraction,
    rule: Imputation,
    completed: Floats,
    filled: Floats,
    after: NDArray[np.bool_],
    deltas: Sequence[float],
) -> Iterator[tuple[float, Extraction]]:
    """The completed data with each delta, one at a time: ``completed`` is overwritten."""
    for delta in deltas:
        moved = filled * np.exp(delta) if rule.log else filled + delta
        completed[..., list(rule.points)] = np.where(after, moved, filled)
        yield delta, Extraction(replace(data.data, values=completed), arms=data.arms)
