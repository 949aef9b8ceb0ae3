"""Run every analysis of a plan on a batch of simulated trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis import families, multiplicity
from trialsim.analysis.endpoints import Extraction, TrialArrays
from trialsim.analysis.imputation.pooling import PooledEstimate
from trialsim.analysis.imputed import pooled_rows
from trialsim.analysis.methods.table import METHODS
from trialsim.analysis.plan import AnalysisPlan, PlannedAnalysis, RowPlan
from trialsim.analysis.rows import ANALYZED, NOT_TESTED, STATUS_TEXT, Rows, behind_gate
from trialsim.kinds.designs import ADJUSTMENT, GREATER, LESS, TWO_SIDED
from trialsim.result import Result

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

NUMBERS = ("estimate", "se", "df", "statistic", "p", "p_raw", "low", "high")


@dataclass(frozen=True, repr=False)
class Estimates(Result):
    """Results of all rows of a plan: arrays (T, R, rows).

    ``p`` is adjusted for the pairs of its analysis, or for its family, and ``p_raw`` is not; ``n`` counts participants analyzed;
    ``status`` is 0 if the analysis succeeded, otherwise a code whose text is in ``status_text``. Pairs behind a closed gate keep
    estimate and ``p_raw``, have the status "not tested" and count as not rejected. ``decided`` is 1 or 0 where something other
    than p decides (looks at a trial before its end), NaN elsewhere.
    """

    rows: tuple[RowPlan, ...]
    twins: tuple[str, ...]
    replicates: range
    estimate: Floats
    se: Floats
    df: Floats
    statistic: Floats
    p: Floats
    p_raw: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int64]
    status: NDArray[np.int8]
    decided: Floats | None = None

    @property
    def status_text(self) -> tuple[str, ...]:
        """Text of each status code."""
        return tuple(STATUS_TEXT[code] for code in range(len(STATUS_TEXT)))

    @property
    def rejected(self) -> Floats:
        """(T, R, rows) 1 where the test rejects at the row's alpha, 0 where it does not, NaN where it failed or has no p."""
        alpha = np.array([row.alpha for row in self.rows])
        analyzed = np.isin(self.status, ANALYZED)
        rejects = analyzed & (self.p <= alpha)
        known = (analyzed & ~np.isnan(self.p)) | (self.status == NOT_TESTED)
        found = np.where(known, rejects.astype(np.float64), np.nan)
        return found if self.decided is None else np.where(np.isnan(self.decided), found, self.decided)

    def lines(self) -> list[str]:
        """The number of replicates, twins and rows."""
        first, twins = self.replicates[0], ", ".join(self.twins)
        return [f"Estimates of {len(self.replicates):,} replicates, twins {twins}. Replicate {first}:"]

    def brief(self) -> pd.DataFrame:
        """The estimates of the first replicate."""
        names = ["twin", "analysis", "contrast", "estimate", "se", "p", "conf_low", "conf_high", "n", "status"]
        return self.frame(self.replicates[0])[names]

    def frame(self, replicate: int | None = None) -> pd.DataFrame:
        """One row a twin and row of the plan, of one replicate; by default of all, with a column ``replicate``."""
        import pandas as pd

        if replicate is None:
            frames = {one: self.frame(one) for one in self.replicates}
            return pd.concat(frames, names=["replicate"]).reset_index("replicate").reset_index(drop=True)
        index = self.replicates.index(replicate)
        records = [
            {
                "twin": twin,
                "analysis": row.analysis,
                "contrast": row.contrast,
                "test": row.test,
                "estimand": row.effect,
                "unit": row.unit,
                **{name: float(getattr(self, name)[t, index, j]) for name in NUMBERS},
                "n": int(self.n[t, index, j]),
                "status": STATUS_TEXT[int(self.status[t, index, j])],
            }
            for t, twin in enumerate(self.twins)
            for j, row in enumerate(self.rows)
        ]
        return pd.DataFrame.from_records(records).rename(columns={"low": "conf_low", "high": "conf_high"})


def analyze(plan: AnalysisPlan, data: TrialArrays, *, twins: tuple[str, ...], replicates: range) -> Estimates:
    """Analyze ``data`` (T twins, R replicates) by every call of ``plan``."""
    extraction = Extraction(data, arms=len(plan.arms))
    shape = (len(twins) * len(replicates), len(plan.rows))
    numbers = {name: np.full(shape, np.nan) for name in NUMBERS}
    n, status = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int8)
    for row, (result, p_raw) in enumerate(zip(*_run(plan, extraction), strict=True)):
        for name in NUMBERS:
            numbers[name][:, row] = p_raw if name == "p_raw" else getattr(result, name)
        n[:, row], status[:, row] = result.n, result.status
    full = (len(twins), len(replicates), len(plan.rows))
    return Estimates(
        rows=plan.rows,
        twins=twins,
        replicates=replicates,
        n=n.reshape(full),
        status=status.reshape(full),
        **{name: values.reshape(full) for name, values in numbers.items()},
    )


def join(parts: Sequence[Estimates]) -> Estimates:
    """Estimates of consecutive replicates, joined."""
    first = parts[0]
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=1) for name in (*NUMBERS, "n", "status")
    }
    replicates = range(first.replicates.start, parts[-1].replicates.stop)
    return Estimates(rows=first.rows, twins=first.twins, replicates=replicates, **arrays)


def _run(plan: AnalysisPlan, extraction: Extraction) -> tuple[list[Rows], list[Floats]]:
    """Every row with its final p, and its p before any adjustment.

    Members of a family are adjusted with it. The other pairs after a test of all arms are adjusted among themselves, and closed
    where the gate is.
    """
    pooled = pooled_rows(plan, extraction)
    rows = [_of_row(call, row, extraction, plan, pooled.get(row)) for call in plan.calls for row in call.rows]
    raw = [one.p for one in rows]
    for family in plan.families:
        tested = [rows[row] for row in family.rows]
        p = families.adjusted(plan, family, tested, _joint_test(plan, family.rows, extraction))
        for place, row in enumerate(family.rows):
            rows[row] = replace(rows[row], p=p[:, place])
    for call in plan.calls:
        others = [row for row in call.rows if not plan.rows[row].main and not plan.rows[row].family]
        if call.pairs is not None and others:
            p = _adjusted(call, extraction, [rows[row] for row in others], others)
            for place, row in enumerate(others):
                rows[row] = replace(rows[row], p=p[:, place])
                if call.pairs.gate:
                    rows[row] = _behind(rows[row], rows[call.first_row], plan.rows[call.first_row].alpha)
    return rows, raw


def _joint_test(plan: AnalysisPlan, members: Sequence[int], extraction: Extraction) -> families.Jointly | None:
    """The joint test of pairs of one model against one arm; None for other members."""
    call = plan.call_of(members[0])
    if any(row not in call.rows or plan.rows[row].main for row in members):
        return None
    jointly = METHODS[call.questions[-1].test, "two"].jointly
    if jointly is None:
        return None
    arms = [call.questions[row - call.first_row].arms for row in members]
    pairs = [(a, b) for a, b in arms]

    def joint(tested: Sequence[Rows]) -> Floats:
        with np.errstate(invalid="ignore"):
            return jointly(extraction, call, pairs, tested, _common_df(tested))

    return joint


def _of_row(
    call: PlannedAnalysis, row: int, extraction: Extraction, plan: AnalysisPlan, pooled: PooledEstimate | None
) -> Rows:
    """The test of one row. Of a margin: the two-sided interval, with p of the one-sided tests at the margins (the larger).

    A member of a family has the family's alpha, also for its interval, which is not adjusted. ``pooled`` is the estimate where
    missing values are imputed.
    """
    asked = call.questions[row - call.first_row]
    if plan.rows[row].family:
        call = replace(call, alpha=plan.rows[row].two_sided_alpha)

    def run(one: PlannedAnalysis) -> Rows:
        if pooled is not None:
            return pooled.rows(null=one.null, alternative=one.alternative, level=1.0 - one.alpha)
        return METHODS[asked.test, asked.samples].run(extraction, one, asked.arms)

    if not call.margins:
        return run(call)
    sides = (GREATER.name, LESS.name) if len(call.margins) > 1 else (call.alternative,)
    tests = [
        run(replace(call, null=margin, alternative=side)) for margin, side in zip(call.margins, sides, strict=True)
    ]
    p = np.max([one.p for one in tests], axis=0)
    statistic = np.where(tests[0].p == p, tests[0].statistic, tests[-1].statistic)
    both = run(replace(call, null=call.margins[0], alternative=TWO_SIDED.name))
    return replace(both, p=p, statistic=statistic)


def _adjusted(call: PlannedAnalysis, extraction: Extraction, tested: list[Rows], rows: Sequence[int]) -> Floats:
    """(T x R, pairs) p-values of the pairs in these rows, adjusted for one another."""
    assert call.pairs is not None
    method = METHODS[call.questions[-1].test, "two"]
    raw = np.stack([one.p for one in tested], axis=1)
    if not ADJUSTMENT[call.pairs.adjust].against_one:
        return multiplicity.adjust(raw, call.pairs.adjust)
    assert method.jointly is not None  # checked when the scenario was resolved
    pairs = [call.pairs.arms[row - call.first_row - 1] for row in rows]
    with np.errstate(invalid="ignore"):
        p = method.jointly(extraction, call, pairs, tested, _common_df(tested))
    return np.where(raw == 1.0, 1.0, p)  # where nothing varies


def _common_df(tested: Sequence[Rows]) -> Floats:
    """Degrees of freedom that all pairs share, taken from the first pair that has them."""
    df = tested[0].df
    for rows in tested[1:]:
        df = np.where(np.isnan(df), rows.df, df)
    return df


def _behind(rows: Rows, main: Rows, alpha: float) -> Rows:
    """Close pairs whose omnibus test did not reject; where that test failed, they fail with it."""
    failed = ~np.isin(main.status, ANALYZED)
    closed = behind_gate(rows, failed | (main.p <= alpha))
    status = np.where(failed & np.isin(closed.status, ANALYZED), main.status, closed.status).astype(np.int8)
    return replace(closed, p=np.where(failed, np.nan, closed.p), status=status)
