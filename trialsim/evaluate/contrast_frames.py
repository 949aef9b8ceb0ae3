"""Tables of contrasts for figures: mean estimates with their intervals, and the intervals of single trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trialsim.evaluate.frames import row_name
from trialsim.kinds.estimands import NO_ESTIMAND

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.evaluate.characteristics import OperatingCharacteristics

#: Intervals that are shown of one contrast, evenly over their ranks.
INTERVALS = 200


def contrast_frame(result: OperatingCharacteristics) -> pd.DataFrame:
    """Contrasts with an estimand, the primary ones first.

    Columns row, primary, scale, estimate (its mean), low and high (means of the limits of the interval), least and most (between
    them lie 95 % of the estimates), truth, no_effect, confidence.
    """
    import pandas as pd

    kept = result.kept
    truth = {(one.analysis, one.contrast): one.value for one in result.measures if one.measure == "truth"}
    declared = kept.twins.index("declared")
    records: list[dict[str, object]] = []
    for index, row in enumerate(kept.rows):
        estimate = kept.estimate[declared, :, index]
        known = np.isfinite(estimate) & np.isfinite(kept.low[:, index]) & np.isfinite(kept.high[:, index])
        if row.estimand == NO_ESTIMAND or not known.any():
            continue
        least, most = np.quantile(estimate[known], [0.025, 0.975])
        records.append(
            {
                "row": row_name(row), "primary": row.analysis in result.primary,
                "scale": row.effect + (f" [{row.unit}]" if row.unit else ""), "estimate": estimate[known].mean(),
                "low": kept.low[known, index].mean(), "high": kept.high[known, index].mean(), "least": least, "most": most,
                "truth": truth.get((row.analysis, row.contrast), np.nan), "no_effect": row.no_effect,
                "confidence": row.confidence,
            }
        )  # fmt: skip
    frame = pd.DataFrame.from_records(records)
    return frame.sort_values("primary", ascending=False, kind="stable", ignore_index=True) if records else frame


def interval_frame(result: OperatingCharacteristics, most: int) -> pd.DataFrame:
    """Intervals of single trials of the first contrasts, the primary ones first, by how far from the truth the estimate is.

    Columns row, rank (share of trials whose estimate is nearer to the truth), estimate, low, high, covers, truth, level,
    coverage, scale.
    The distance is measured in the part of the interval on the side of the truth: an interval covers where it is at most 1.
    """
    import pandas as pd

    kept = result.kept
    truth = {(one.analysis, one.contrast): one.value for one in result.measures if one.measure == "truth"}
    declared = kept.twins.index("declared")
    order = sorted(range(len(kept.rows)), key=lambda index: kept.rows[index].analysis not in result.primary)
    parts: list[pd.DataFrame] = []
    for index in order:
        row = kept.rows[index]
        true = truth.get((row.analysis, row.contrast), np.nan)
        estimate, low, high = kept.estimate[declared, :, index], kept.low[:, index], kept.high[:, index]
        known = np.isfinite(estimate) & np.isfinite(low) & np.isfinite(high)
        if not np.isfinite(true) or not known.any() or len(parts) == most:
            continue
        estimate, low, high = estimate[known], low[known], high[known]
        ranked = np.argsort(_distance(estimate, low, high, true), kind="stable")
        ranks = (np.arange(INTERVALS) + 0.5) / INTERVALS if len(ranked) > INTERVALS else np.linspace(0, 1, len(ranked))
        shown = ranked[np.minimum((ranks * len(ranked)).astype(np.int64), len(ranked) - 1)]
        low, high = low[shown], high[shown]
        covers = (low <= true) & (true <= high)
        inside = (kept.low[known, index] <= true) & (true <= kept.high[known, index])
        parts.append(
            pd.DataFrame(
                {
                    "row": row_name(row), "rank": ranks, "estimate": estimate[shown], "low": low, "high": high,
                    "covers": covers, "truth": true, "level": row.confidence, "coverage": inside.mean(),
                    "scale": row.effect + (f" [{row.unit}]" if row.unit else ""),
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _distance(estimate: np.ndarray, low: np.ndarray, high: np.ndarray, true: float) -> np.ndarray:
    """How far the truth is from each estimate, as a share of the interval on that side; at most 1 where it is covered."""
    reach = np.where(true >= estimate, high - estimate, estimate - low)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.abs(estimate - true) / reach
    return np.where(estimate == true, 0.0, np.where(reach > 0, share, np.inf))
