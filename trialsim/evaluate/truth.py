"""True effects, and the quality of estimates: bias, RMSE, coverage, errors of sign and size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import Estimates
from trialsim.analysis.plan import AnalysisPlan, RowPlan
from trialsim.evaluate.columns import DECLARED, NO_CHANGE, NULL
from trialsim.evaluate.first_replicates import FirstReplicates
from trialsim.evaluate.moments import block_moments, merge
from trialsim.evaluate.table import FAILED_LIMIT, Z95, Measure, MeasureColumn, measures

Floats = NDArray[np.float64]

#: The name of the truth under each twin in the table.
TRUTH = {DECLARED: "truth", NULL: "truth_null_twin", NO_CHANGE: "truth_no_change_twin"}

#: The name of the effect of everyone, beside an effect that does not collapse.
OF_EVERYONE = "truth_of_everyone"

#: Measures in units of the truth; they are not shown if the truth is below this share of the empirical standard error.
IN_TRUTHS = ("relative_bias", "type_s_error", "type_m_error")
TRIFLE = 0.01

#: Measures that compare the estimates themselves with the truth.
OF_ESTIMATES = ("bias", "rmse", "relative_bias", "type_s_error", "type_m_error", "bias_eliminated_coverage")

#: A truth differs clearly from no effect if it is this many Monte Carlo standard errors from it (99.9 %).
APART = 3.290526731491926


@dataclass(frozen=True)
class Truth:
    """True effects of the rows of a plan, from simulations with everyone in each arm.

    Attributes
    ----------
    replicates : which were simulated
    twins : names on the T axis
    value, mcse : (T, rows) true effect and its Monte Carlo standard error, NaN for a row without an estimand
    interference, interference_mcse : (rows,) the effect in the mixed trial minus the truth, because the ward
        is used differently than with everyone in one arm; NaN without staff or without two arms
    of_everyone : by row, beside an effect that does not collapse, that of everyone in either arm and its standard error
    """

    replicates: range
    twins: tuple[str, ...]
    value: Floats
    mcse: Floats
    interference: Floats
    interference_mcse: Floats
    of_everyone: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    def declared(self, row: int) -> tuple[float, float]:
        """The true effect of a row as declared, and its Monte Carlo standard error."""
        twin = self.twins.index(DECLARED)
        return float(self.value[twin, row]), float(self.mcse[twin, row])


def differs(value: float, mcse: float, no_effect: float) -> bool:
    """Whether a truth differs clearly from no effect; a truth without error always does, unless it equals no effect."""
    return bool(abs(value - no_effect) > APART * (mcse if mcse == mcse else 0.0))


def truth_measures(plan: AnalysisPlan, truth: Truth) -> list[Measure]:
    """The rows of the table that hold the truth itself."""
    rows: list[Measure] = []
    n = len(truth.replicates)
    for index, row in enumerate(plan.rows):
        for t, twin in enumerate(truth.twins):
            if twin in TRUTH:
                rows.extend(_measure(row, TRUTH[twin], truth.value[t, index], truth.mcse[t, index], n))
        rows.extend(_measure(row, OF_EVERYONE, *truth.of_everyone.get(index, (np.nan, np.nan)), n))
        rows.extend(_measure(row, "interference", truth.interference[index], truth.interference_mcse[index], n))
    return rows


def _measure(row: RowPlan, name: str, value: float, mcse: float, n: int) -> Iterator[Measure]:
    if np.isfinite(value):
        value, mcse = float(value), float(mcse)
        low, high = value - Z95 * mcse, value + Z95 * mcse
        yield Measure(row.analysis, row.contrast, name, value, mcse, low, high, n, 0)


def bias_columns(plan: AnalysisPlan, truth: Truth) -> list[MeasureColumn]:
    """The columns of :func:`bias_values`.

    Their ``blur`` is the Monte Carlo error of the truth. It is added as if truth and estimates had independent draws;
    they share them, so the errors shown are not too small.
    """
    columns: list[MeasureColumn] = []
    for index, row in enumerate(plan.rows):
        here = (row.analysis, row.contrast)
        value, mcse = truth.declared(index)
        if np.isfinite(value):
            blur = mcse if mcse == mcse else 0.0
            columns.append(MeasureColumn(*here, "bias", "mean", blur))
            columns.append(MeasureColumn(*here, "rmse", "variance", blur))
            columns.append(MeasureColumn(*here, "coverage", "share"))
            if differs(value, mcse, row.no_effect):
                blur /= abs(value - row.no_effect)
                if row.no_effect == 0.0:
                    columns.append(MeasureColumn(*here, "relative_bias", "relative", blur))
                columns.append(MeasureColumn(*here, "type_s_error", "share", conditional=True))
                columns.append(MeasureColumn(*here, "type_m_error", "ratio", blur, conditional=True))
    return columns


def bias_values(plan: AnalysisPlan, estimates: Estimates, truth: Truth) -> Floats:
    """(R, M) the numbers of each replicate, in the order of :func:`bias_columns`.

    References
    ----------
    Morris, White and Crowther 2019, doi:10.1002/sim.8086, table 6; Gelman and Carlin 2014,
    doi:10.1177/1745691614551642.
    """
    declared = estimates.twins.index(DECLARED)
    rejected = estimates.rejected
    parts: list[Floats] = []
    for index, row in enumerate(plan.rows):
        value, mcse = truth.declared(index)
        if np.isfinite(value):
            estimate = estimates.estimate[declared, :, index]
            error = estimate - value
            low, high = estimates.low[declared, :, index], estimates.high[declared, :, index]
            parts += [error, error**2, _covers(low, high, value)]
            if differs(value, mcse, row.no_effect):
                if row.no_effect == 0.0:
                    parts.append(error / value)
                effect, true_effect = estimate - row.no_effect, value - row.no_effect
                found = (rejected[declared, :, index] == 1.0) & np.isfinite(estimate)
                parts.append(np.where(found, np.sign(effect) == -np.sign(true_effect), np.nan))
                parts.append(np.where(found, np.abs(effect / true_effect), np.nan))
    return np.stack(parts, axis=1) if parts else np.empty((len(estimates.replicates), 0))


def without_trifles(plan: AnalysisPlan, truth: Truth, rows: Sequence[Measure]) -> list[Measure]:
    """The rows without measures in units of a truth that is negligible: below a hundredth of the empirical SE."""
    spread = {(row.analysis, row.contrast): row.value for row in rows if row.measure == "empirical_se"}
    trifles = {
        (row.analysis, row.contrast)
        for index, row in enumerate(plan.rows)
        if abs(truth.declared(index)[0] - row.no_effect) < TRIFLE * spread.get((row.analysis, row.contrast), 0.0)
    }
    return [row for row in rows if row.measure not in IN_TRUTHS or (row.analysis, row.contrast) not in trifles]


def without_selected(rows: Sequence[Measure]) -> list[Measure]:
    """The rows without the quality of estimates where over 5 % of the trials have none.

    A ratio has no estimate where an arm has no events, and a trial that could not be analyzed has none at all. The mean of the
    other trials is that of a selection: it is shown with their number, but not compared with the truth.
    """
    missing = {(row.analysis, row.contrast): row.n_failed for row in rows if row.measure == "mean_estimate"}
    total = {(row.analysis, row.contrast): row.n_replicates for row in rows if row.measure == "mean_estimate"}
    selected = {place for place, lost in missing.items() if lost > FAILED_LIMIT * total[place]}
    return [row for row in rows if row.measure not in OF_ESTIMATES or (row.analysis, row.contrast) not in selected]


def centered_coverage(kept: FirstReplicates, rows: Sequence[Measure]) -> list[Measure]:
    """Coverage of the mean estimate instead of the truth, in the first replicates: coverage without the effect of bias.

    If it is far from 95 %, the standard error is wrong; if it is near, low coverage comes from bias. There is none where no
    trial has an estimate: intervals of ratios may exist without one.
    """
    known = {(row.analysis, row.contrast, row.measure): row.value for row in rows}
    found: list[Measure] = []
    for index, row in enumerate(kept.rows):
        here = (row.analysis, row.contrast)
        if (*here, "coverage") in known and (*here, "mean_estimate") in known:
            covered = _covers(kept.low[:, index], kept.high[:, index], known[*here, "mean_estimate"])
            stops = np.cumsum([len(part) for part in kept.parts])
            each = zip(kept.parts, np.split(covered, stops[:-1]), strict=True)
            moments = merge([block for part, values in each for block in block_moments(values[:, None], part)])
            found += measures([MeasureColumn(*here, "bias_eliminated_coverage", "share")], moments)
    return found


def _covers(low: Floats, high: Floats, value: float) -> Floats:
    """(R,) 1 if the interval contains the value, NaN without an interval."""
    return np.where(np.isnan(low) | np.isnan(high), np.nan, ((low <= value) & (value <= high)).astype(np.float64))
