"""Run every analysis of a plan on a batch of simulated trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis import multiplicity
from trialsim.analysis.endpoints import Extraction, TrialArrays
from trialsim.analysis.methods.table import METHODS
from trialsim.analysis.plan import AnalysisPlan, PlannedAnalysis, RowPlan, RowTest
from trialsim.analysis.rows import NOT_TESTED, OK, STATUS_TEXT, Rows, behind_gate
from trialsim.kinds.designs import ADJUSTMENT, GREATER, LESS, TWO_SIDED
from trialsim.result import Result

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

NUMBERS = ("estimate", "se", "df", "statistic", "p", "p_raw", "low", "high")


@dataclass(frozen=True, repr=False)
class Estimates(Result):
    """Results of all rows of a plan: arrays (T, R, rows).

    ``p`` is adjusted for the pairs of its analysis and ``p_raw`` is not; ``n`` counts participants analyzed;
    ``status`` is 0 if the analysis succeeded, otherwise a code whose text is in ``status_text``. Pairs behind a closed gate keep
    estimate and ``p_raw``, have the status "not tested" and count as not rejected.
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

    @property
    def status_text(self) -> tuple[str, ...]:
        """Text of each status code."""
        return tuple(STATUS_TEXT[code] for code in range(len(STATUS_TEXT)))

    @property
    def rejected(self) -> Floats:
        """(T, R, rows) 1 where the test rejects at the row's alpha, 0 where it does not, NaN where it failed or has no p."""
        alpha = np.array([row.alpha for row in self.rows])
        rejects = (self.status == OK) & (self.p <= alpha)
        known = ((self.status == OK) & ~np.isnan(self.p)) | (self.status == NOT_TESTED)
        return np.where(known, rejects.astype(np.float64), np.nan)

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
    for call in plan.calls:
        for row, result in enumerate(_run(call, extraction), start=call.first_row):
            for name in NUMBERS:
                numbers[name][:, row] = result.p_raw if name == "p_raw" else getattr(result.rows, name)
            n[:, row], status[:, row] = result.rows.n, result.rows.status
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


@dataclass(frozen=True)
class _Result:
    """Rows of a test with p-values before (``p_raw``) and after adjustment (``rows.p``)."""

    rows: Rows
    p_raw: Floats


def _run(call: PlannedAnalysis, extraction: Extraction) -> list[_Result]:
    """Every question of one analysis; pairs after a test of all arms are adjusted together, and closed where the gate is."""
    found = [_of_row(call, one, extraction) for one in call.questions]
    tests = [_Result(rows, rows.p) for rows, one in zip(found, call.questions, strict=True) if one.main]
    return [*tests, *_pairs(call, extraction, found[0], found[len(tests) :])]


def _of_row(call: PlannedAnalysis, asked: RowTest, extraction: Extraction) -> Rows:
    """The test of one row. Of a margin: the two-sided interval, with p of the one-sided tests at the margins (the larger)."""
    run = METHODS[asked.test, asked.samples].run
    if not call.margins:
        return run(extraction, call, asked.arms)
    sides = (GREATER.name, LESS.name) if len(call.margins) > 1 else (call.alternative,)
    tests = [
        run(extraction, replace(call, null=margin, alternative=side), asked.arms)
        for margin, side in zip(call.margins, sides, strict=True)
    ]
    p = np.max([one.p for one in tests], axis=0)
    statistic = np.where(tests[0].p == p, tests[0].statistic, tests[-1].statistic)
    both = run(extraction, replace(call, null=call.margins[0], alternative=TWO_SIDED.name), asked.arms)
    return replace(both, p=p, statistic=statistic)


def _pairs(call: PlannedAnalysis, extraction: Extraction, main: Rows, tested: list[Rows]) -> list[_Result]:
    if call.pairs is None:
        return []
    adjusted = _adjusted(call, extraction, tested)
    results: list[_Result] = []
    for index, rows in enumerate(tested):
        final = replace(rows, p=adjusted[:, index])
        if call.pairs.gate:
            final = _behind(final, main, call.alpha)
        results.append(_Result(final, rows.p))
    return results


def _adjusted(call: PlannedAnalysis, extraction: Extraction, tested: list[Rows]) -> Floats:
    """(T x R, pairs) p-values of the family."""
    assert call.pairs is not None
    method = METHODS[call.questions[-1].test, "two"]
    raw = np.stack([rows.p for rows in tested], axis=1)
    if not ADJUSTMENT[call.pairs.adjust].against_one:
        return multiplicity.adjust(raw, call.pairs.adjust)
    assert method.jointly is not None  # checked when the scenario was resolved
    with np.errstate(invalid="ignore"):
        p = method.jointly(extraction, call, call.pairs.arms, tested, _common_df(tested))
    return np.where(raw == 1.0, 1.0, p)  # where nothing varies


def _common_df(tested: list[Rows]) -> Floats:
    """Degrees of freedom that all pairs share, taken from the first pair that has them."""
    df = tested[0].df
    for rows in tested[1:]:
        df = np.where(np.isnan(df), rows.df, df)
    return df


def _behind(rows: Rows, main: Rows, alpha: float) -> Rows:
    """Close pairs whose omnibus test did not reject; where that test failed, they fail with it."""
    failed = main.status != OK
    closed = behind_gate(rows, failed | (main.p <= alpha))
    status = np.where(failed & (closed.status == OK), main.status, closed.status).astype(np.int8)
    return replace(closed, p=np.where(failed, np.nan, closed.p), status=status)
