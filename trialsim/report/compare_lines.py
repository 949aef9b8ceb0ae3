"""The table of a comparison as text: both values, their difference, and what pairing saves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trialsim.compare import Comparison, Difference
from trialsim.compare.frames import labels_of_sides
from trialsim.evaluate.columns import FAMILY, MEMBER_ROWS, POWER
from trialsim.evaluate.looks import LOOKS
from trialsim.evaluate.summaries import TRIAL
from trialsim.evaluate.table import share_interval
from trialsim.report.digits import percent, rounded, share_with_error, with_error, with_minus
from trialsim.report.page import TRIAL_MEASURES

#: Measures of an analysis that are shown, and what they are called.
ANALYSIS_MEASURES = {
    "power": ("power", "share"),
    "power_low": ("power, at least", "share"),
    "power_high": ("power, at most", "share"),
    "rejection_null_twin": ("null twin rejects", "share"),
    "rejection_no_change_twin": ("twin without change rejects", "share"),
    "mean_estimate": ("mean estimate", "number"),
    "empirical_se": ("SE of the estimate", "number"),
    "interval_width": ("width of the interval", "number"),
}

#: Measures that the first look shows.
FIRST = (
    "power",
    "power_low",
    "power_high",
    "target_reached_in_time",
    "trial_days",
    "missed_share",
    "study_hours",
    "use_share",
    "stops_early",
    "enrolled_by_stop",
    "stop_days",
)


#: Measures of designs with looks that are shown, and what they are called.
LOOK_MEASURES = {
    "stops_early": ("Trials that stop early", "share"),
    "enrolled_by_stop": ("Participants enrolled by the stop", "number"),
    "enrolled_by_stop_null_twin": ("Participants enrolled by the stop, null twin", "number"),
    "stop_days": ("Days until the last visit, if stopped then", "number"),
}

#: Shares of time, which no number of trials bounds.
UNBOUNDED = ("use_share", "study_use_share")


@dataclass(frozen=True)
class ComparisonLine:
    """A row of the table as text: ``what`` of ``shown`` (an analysis as people call it) at ``contrast``."""

    what: str
    shown: str
    contrast: str
    a: str
    b: str
    difference: str
    mcse: str
    unpaired: str
    saved: str
    primary: bool
    clear: bool  # the interval of the difference leaves out 0
    bad_a: bool = False  # a share of rejections that is not a power
    bad_b: bool = False

    @property
    def of(self) -> str:
        """The analysis and its contrast, or the part of the trial."""
        return f"{self.shown}: {self.contrast}" if self.shown else self.contrast


def lines(found: Comparison, label: str, *, first: bool = False) -> list[ComparisonLine]:
    """The rows for one design as text; only the most important ones for a ``first`` look."""
    primary = found.sides[0].study.scenario.primary
    shown, labels = [], labels_of_sides(found)
    for row in found.rows:
        if row.scenario != label or (first and not _at_first(row, primary)):
            continue
        known = _known(row)
        if known is not None:
            name = "" if row.analysis in (TRIAL, LOOKS) else labels.get(row.analysis, row.analysis)
            bad = [
                row.measure.startswith(POWER) and found.too_often(one, analysis=row.analysis, contrast=row.contrast)
                for one in (found.sides[0].label, label)
            ]
            line = _line(row, *known, shown=name, primary=row.analysis in primary)
            shown.append(replace(line, bad_a=bad[0], bad_b=bad[1]))
    return shown


def _at_first(row: Difference, primary: Sequence[str]) -> bool:
    cost = row.measure.startswith("cost_") and not row.contrast
    return (row.analysis in (TRIAL, LOOKS) and (row.measure in FIRST or cost)) or (
        row.measure in FIRST and (row.analysis in (*primary, FAMILY) or row.contrast in MEMBER_ROWS)
    )


def _known(row: Difference) -> tuple[str, str] | None:
    """What a row is called and how its values are written; None for rows that only the CSV file has."""
    if row.analysis == LOOKS:
        return None if row.contrast else LOOK_MEASURES.get(row.measure)
    if row.analysis != TRIAL:
        return ANALYSIS_MEASURES.get(row.measure)
    if row.measure.startswith("cost_"):
        return f"Cost [{row.measure.removeprefix('cost_')}]", "number"
    extra = {"use_share": ("Staff in use", "share")}
    return extra.get(row.measure) or TRIAL_MEASURES.get(row.measure)


def _line(row: Difference, what: str, kind: str, *, shown: str, primary: bool) -> ComparisonLine:
    scale = 100.0 if kind == "share" else 1.0

    def gap(number: float, digits: str = "") -> str:
        if not math.isfinite(number):
            return ""
        if not row.mcse > 0:
            return with_minus(with_error(scale * number, 0.0))
        text = rounded(scale * number, scale * row.mcse)
        return with_minus(text if text.startswith("-") or not digits else digits + text)

    saved = "" if math.isnan(row.saved) else f"{round(100 * row.saved)} %"
    difference = "0" if row.difference == 0 else gap(row.difference, "+")
    alone = rounded(scale * row.mcse_unpaired, scale * row.mcse_unpaired) if row.mcse_unpaired > 0 else "0"
    clear = row.conf_low > 0 or row.conf_high < 0
    a, b = (written_value(row, value, kind) for value in (row.a, row.b))
    return ComparisonLine(what, shown, row.contrast, a, b, difference, gap(row.mcse), alone, saved, primary, clear)


def written_value(row: Difference, value: float, kind: str) -> str:
    """The value of one design, to the second digit of its error, which is about that of the other one; or its bound."""
    error = row.mcse_unpaired / math.sqrt(2)
    if kind == "share" and value in (0.0, 1.0) and (row.measure not in UNBOUNDED):
        low, high = share_interval(value * row.n, row.n)
        return share_with_error(value, 0.0, low=low, high=high)
    if not error > 0:
        return percent(value) if kind == "share" else with_error(value, 0.0)
    return f"{rounded(100 * value, 100 * error)} %" if kind == "share" else rounded(value, error)
