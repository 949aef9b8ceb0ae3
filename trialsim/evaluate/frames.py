"""Tables that figures take, made from operating characteristics; no figure computes a number itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trialsim.analysis.plan import NO_ESTIMAND, RowPlan

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.evaluate.characteristics import Kept, OperatingCharacteristics

DAY_STEPS = 120


def row_name(row: RowPlan) -> str:
    """How a figure names a row of the plan."""
    return f"{row.analysis}: {row.contrast}"


def note(result: OperatingCharacteristics) -> str:
    """What a figure says of the replicates it shows."""
    shown, all_ = len(result.kept.replicates), len(result.replicates)
    text = f"{all_:,} simulated trials, seed {result.seed}."
    return text if shown == all_ else f"First {shown:,} of {text}"


def estimate_frame(kept: Kept) -> pd.DataFrame:
    """Columns row, twin, estimate, no_effect, estimand: rows of the plan that have an estimand."""
    import pandas as pd

    parts = [
        pd.DataFrame(
            {
                "row": row_name(row),
                "twin": twin,
                "estimate": kept.estimate[t, :, index],
                "no_effect": row.no_effect,
                "estimand": row.estimand + (f" [{row.unit}]" if row.unit and "(" not in row.estimand else ""),
            }
        )
        for index, row in enumerate(kept.rows)
        if row.estimand != NO_ESTIMAND
        for t, twin in enumerate(kept.twins)
    ]
    columns = ["row", "twin", "estimate", "no_effect", "estimand"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def p_value_frame(kept: Kept) -> pd.DataFrame:
    """Columns row, twin, p."""
    import pandas as pd

    return pd.concat(
        [
            pd.DataFrame({"row": row_name(row), "twin": twin, "p": kept.p[t, :, index]})
            for index, row in enumerate(kept.rows)
            for t, twin in enumerate(kept.twins)
        ],
        ignore_index=True,
    )


def rejection_frame(result: OperatingCharacteristics) -> pd.DataFrame:
    """Columns row, primary, twin, value, low, high; where power is bounds, value is NaN and low to high the bounds."""
    import pandas as pd

    primary = {row.analysis for row in result.kept.rows if row.analysis in result.primary}
    records: list[dict[str, object]] = []
    known = {(row.analysis, row.contrast, row.measure): row for row in result.measures}
    for row in result.kept.rows:
        for twin, measure in (("declared", "power"), ("null", "rejection_null_twin")):
            here = (row.analysis, row.contrast)
            if (*here, measure) in known:
                one = known[(*here, measure)]
                value, low, high = one.value, one.conf_low, one.conf_high
            else:
                value = float("nan")
                low, high = known[(*here, measure + "_low")].value, known[(*here, measure + "_high")].value
            records.append(
                {
                    "row": row_name(row), "primary": row.analysis in primary and row.main, "twin": twin,
                    "value": value, "low": low, "high": high,
                }
            )  # fmt: skip
    return pd.DataFrame.from_records(records)


def accrual_frame(kept: Kept) -> pd.DataFrame:
    """Columns day, q05, q25, q50, q75, q95: participants enrolled by that day over the replicates kept."""
    import pandas as pd

    days = np.where(np.isnan(kept.entry_days), np.inf, kept.entry_days)
    last = float(np.max(kept.entry_days, initial=0.0, where=np.isfinite(days)))
    steps = np.linspace(0.0, max(last, 1.0), DAY_STEPS + 1)
    by_day = np.stack([(days <= step).sum(axis=1) for step in steps])
    quantiles = np.quantile(by_day, [0.05, 0.25, 0.5, 0.75, 0.95], axis=1, method="inverted_cdf")
    return pd.DataFrame({"day": steps, **dict(zip(("q05", "q25", "q50", "q75", "q95"), quantiles, strict=True))})
