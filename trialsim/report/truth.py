"""Truth and bias on the page: what each analysis is after, how far it is off, and what happens when nothing is there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialsim.analysis.plan import RowPlan
from trialsim.evaluate.verdict import TYPE_1, WITHOUT_EFFECTS
from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.report import kinds
from trialsim.report.digits import measure_with_error, percent, with_error

if TYPE_CHECKING:
    from trialsim.evaluate.characteristics import OperatingCharacteristics
    from trialsim.evaluate.table import Measure
    from trialsim.evaluate.verdict import Verdict

#: A bias this many Monte Carlo standard errors from 0 is marked.
MARKED = 3.0


@dataclass(frozen=True)
class Cell:
    """The text of a cell, and the small print below it; ``marked`` where it deserves a second look."""

    text: str
    marked: bool = False
    below: str = ""


EMPTY = Cell("")

#: In place of the bias of an analysis of which over 5 % of the trials have no estimate.
NOT_DETERMINED = "not determined"

#: In place of a verdict on several rows of which one has a margin: no twin makes the null hypotheses of all of them true.
JUDGED_ONE_BY_ONE = "judged one by one"

#: What the rejection rate is called when there is nothing to find.
CALLED = {TYPE_1: "type I error", WITHOUT_EFFECTS: "rejections without effects"}


class _RowMeasures:
    """The measures of one row of the plan."""

    def __init__(self, result: OperatingCharacteristics, row: RowPlan) -> None:
        self.all = {one.measure: one for one in result.measures if (one.analysis, one.contrast) == _place(row)}

    def __call__(self, measure: str) -> Measure | None:
        return self.all.get(measure)

    def number(self, measure: str) -> Cell:
        """A value with its Monte Carlo standard error, to the digits that matter beside the spread of the estimate."""
        one = self(measure)
        if one is None:
            return EMPTY
        spread = self("empirical_se")
        value, _, error = with_error(one.value, one.mcse, scale=spread.value if spread else 0.0).partition(" ")
        return Cell(value, below=error)

    def percent(self, measure: str) -> Cell:
        """A share in percent with its Monte Carlo standard error, or the bounds where many trials failed."""
        return Cell(rate(self.all, measure))


def _place(row: RowPlan) -> tuple[str, str]:
    return row.analysis, row.contrast


def rate(known: Mapping[str, Measure], measure: str) -> str:
    """A share of trials with its error or bound, or its two bounds where too many trials failed; empty where there is none."""
    one, low, high = (known.get(measure + end) for end in ("", "_low", "_high"))
    if one is not None:
        return "" if math.isnan(one.value) else measure_with_error(one, "share")
    return "" if low is None or high is None else f"{percent(low.value)} to {percent(high.value)}"


def level_rate(known: Mapping[str, Measure]) -> tuple[str, str]:
    """How often a test rejects when there is nothing to find, and what that is called."""
    for measure, name in CALLED.items():
        if text := rate(known, measure):
            return text, name
    return "", ""


def verdict_words(verdict: Verdict | None) -> str:
    """The verdict on a level in words; several rows together have none where one of them has a margin."""
    return JUDGED_ONE_BY_ONE if verdict is None else verdict.words


def truth_rows(result: OperatingCharacteristics, primary: Sequence[str]) -> list[dict[str, object]]:
    """A row for each analysis with an estimand: truth, bias, RMSE, coverage, errors of sign and size."""
    rows: list[dict[str, object]] = []
    for row in result.kept.rows:
        found = _RowMeasures(result, row)
        if row.estimand == NO_ESTIMAND or found("truth") is None:
            continue
        bias, relative = found("bias"), found("relative_bias")
        far = bias is not None and abs(bias.value) > MARKED * bias.mcse
        coverage = found("coverage")
        level = row.confidence
        size = found("type_m_error")
        rows.append(
            {
                "analysis": row.analysis,
                "shown": row.shown,
                "contrast": row.contrast,
                "primary": "primary" if row.main and row.analysis in primary else "",
                "estimand": f"{row.effect}{f' [{row.unit}]' if row.unit else ''}, {row.strategy}",
                "truth": _beside(row, found),
                "bias": Cell(NOT_DETERMINED)
                if bias is None and found("truth") is not None
                else _bias(found.number("bias"), relative, far=far),
                "interference": found.number("interference"),
                "rmse": found.number("rmse"),
                "coverage": _coverage(found.percent("coverage"), coverage, level),
                "sign": found.percent("type_s_error"),
                "size": Cell(_times(size)) if size is not None else EMPTY,
            }
        )
    return rows


def twin_rows(result: OperatingCharacteristics, primary: Sequence[str]) -> list[dict[str, object]]:
    """A row for each analysis: rejections and truth under both twins, what they are called, and whether the level is kept."""
    rows: list[dict[str, object]] = []
    judged = {(one.analysis, one.contrast): one for one in result.verdicts}
    for row in result.kept.rows:
        found = _RowMeasures(result, row)
        verdict = judged.get(_place(row))
        rows.append(
            {
                "analysis": row.analysis,
                "shown": row.shown,
                "contrast": row.contrast,
                "primary": "primary" if row.main and row.analysis in primary else "",
                "null": found.percent("rejection_null_twin"),
                "null_truth": found.number("truth_null_twin"),
                "no_change": found.percent("rejection_no_change_twin"),
                "no_change_truth": found.number("truth_no_change_twin"),
                "called": Cell(level_rate(found.all)[1]),
                "verdict": EMPTY if verdict is None else Cell(verdict.words, verdict.too_often),
            }
        )
    return rows


def _bias(cell: Cell, relative: Measure | None, *, far: bool) -> Cell:
    """The bias with its error, and as a share of the truth where that differs clearly from 0."""
    share = f"{100 * relative.value:+.1f} %" if relative is not None else ""
    return Cell(cell.text, far, ", ".join(part for part in (cell.below, share) if part))


def _with_ratio(row: RowPlan, found: _RowMeasures) -> Cell:
    """A truth, and below a logarithm its exponential."""
    cell, truth = found.number("truth"), found("truth")
    ratio = "" if truth is None else kinds.back(row.estimand, truth.value)
    return Cell(cell.text, cell.marked, ", ".join(part for part in (cell.below, ratio) if part))


def _beside(row: RowPlan, found: _RowMeasures) -> Cell:
    """A truth, and below it that of everyone where it is another one, each by its name."""
    cell, everyone, shown = _with_ratio(row, found), found("truth_of_everyone"), found.number("truth_of_everyone")
    if everyone is None:
        return cell
    ratio = kinds.back(row.estimand, everyone.value)
    parts = (f"{cell.below} (conditional)", f"of everyone {shown.text}, {ratio} (marginal)")
    return Cell(cell.text, cell.marked, "; ".join(parts))


def _times(size: Measure) -> str:
    number, _, error = with_error(size.value, size.mcse).partition(" ")
    return f"{number} times{f' {error}' if error else ''}"


def _coverage(cell: Cell, share: Measure | None, level: float) -> Cell:
    """The coverage; where not every trial has an interval, the number of those that have one."""
    if share is None:
        return cell
    counted = share.n_replicates - share.n_failed
    return Cell(cell.text, _far(share, level), f"{counted:,} trials with an interval" if share.n_failed else "")


def _far(share: Measure, level: float) -> bool:
    """Whether a share lies further from a level than chance explains."""
    return abs(share.value - level) > MARKED * math.sqrt(level * (1 - level) / (share.n_replicates - share.n_failed))


def has_two_ratios(result: OperatingCharacteristics) -> bool:
    """Whether a ratio at equal covariates is shown beside that of everyone."""
    return any(one.measure == "truth_of_everyone" for one in result.measures)


def has_interference(result: OperatingCharacteristics) -> bool:
    """Whether arms share staff."""
    return any(one.measure == "interference" for one in result.measures)


def has_clock(result: OperatingCharacteristics) -> bool:
    """Whether the twin without change was simulated."""
    return any(one.measure.startswith("rejection_no_change_twin") for one in result.measures)
