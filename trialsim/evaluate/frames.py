"""Tables for figures, made from operating characteristics; figures compute no numbers themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.plan import RowPlan
from trialsim.evaluate.verdict import TYPE_1
from trialsim.kinds.estimands import NO_ESTIMAND
from trialsim.quantities.counts import counted

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.evaluate.characteristics import OperatingCharacteristics
    from trialsim.evaluate.first_replicates import FirstReplicates

DAY_STEPS = 120

#: Twins whose distributions are drawn.
SHOWN = ("declared", "null")


#: The measure that holds the rejections under each twin.
REJECTIONS = (
    ("declared", "power"),
    ("null", "rejection_null_twin"),
    ("no change", "rejection_no_change_twin"),
)


def _rejections(row: RowPlan, twins: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The twins of a row with the measure of their rejections; of a margin, the one in which it is true."""
    if row.margins:
        return (REJECTIONS[0], ("at margin", TYPE_1))
    return tuple(one for one in REJECTIONS if one[0] in twins)


def row_name(row: RowPlan) -> str:
    """The name of a row of the plan in a figure."""
    return row.title


def note(result: OperatingCharacteristics) -> str:
    """The note in a figure about the replicates it shows."""
    shown, all_ = result.kept.count, result.replicates
    text = f"{counted(all_, 'simulated trial')}, seed {result.seed}."
    return text if shown == all_ else f"First {shown:,} of {text}"


def estimate_frame(result: OperatingCharacteristics) -> pd.DataFrame:
    """Columns row, twin (declared, null), estimate, no_effect, truth, estimand: rows of the plan with an estimand."""
    kept = result.kept
    truth = {(one.analysis, one.contrast): one.value for one in result.measures if one.measure == "truth"}
    shown = [index for index, row in enumerate(kept.rows) if row.estimand != NO_ESTIMAND]
    rows = [kept.rows[index] for index in shown]
    return _by_row_and_twin(
        kept,
        shown,
        estimate=kept.estimate,
        no_effect=[row.no_effect for row in rows],
        truth=[truth.get((row.analysis, row.contrast), np.nan) for row in rows],
        estimand=[row.effect + (f" [{row.unit}]" if row.unit else "") for row in rows],
    )


def _by_row_and_twin(
    kept: FirstReplicates, shown: Sequence[int], **columns: NDArray[np.float64] | Sequence[object]
) -> pd.DataFrame:
    """Columns row and twin, then a column of numbers (T, R, J) and others with one value for each row shown.

    Words are categories: they are not repeated hundred thousands of times.
    """
    import pandas as pd

    twins = [t for t, twin in enumerate(kept.twins) if twin in SHOWN]
    count = kept.estimate.shape[1]

    def words(values: Sequence[object], codes: NDArray[np.intp]) -> object:
        known = list(dict.fromkeys(map(str, values)))
        places = np.array([known.index(str(one)) for one in values], dtype=np.intp)
        return pd.Categorical.from_codes(places[codes], pd.Index(known))

    place = np.repeat(np.arange(len(shown)), len(twins) * count)
    twin = np.tile(np.repeat(np.arange(len(twins)), count), len(shown))
    made: dict[str, object] = {
        "row": words([row_name(kept.rows[index]) for index in shown], place),
        "twin": words([kept.twins[t] for t in twins], twin),
    }
    for name, values in columns.items():
        if isinstance(values, np.ndarray):
            made[name] = values[twins][:, :, list(shown)].transpose(2, 0, 1).ravel()
        elif all(isinstance(one, str) for one in values):
            made[name] = words(values, place)
        else:
            made[name] = np.array(list(values), dtype=float)[place]
    return pd.DataFrame(made)


def p_value_frame(kept: FirstReplicates) -> pd.DataFrame:
    """Columns row, twin (declared, null), p, level of the test."""
    return _by_row_and_twin(kept, range(len(kept.rows)), p=kept.p, level=[row.alpha for row in kept.rows])


def rejection_frame(result: OperatingCharacteristics) -> pd.DataFrame:
    """Columns row, primary, twin, value, low, high, level, too_often; bounds of a power are low and high, value then NaN."""
    import pandas as pd

    primary = {row.analysis for row in result.kept.rows if row.analysis in result.primary}
    too_often = {(one.analysis, one.contrast) for one in result.verdicts if one.too_often}
    records: list[dict[str, object]] = []
    known = {(row.analysis, row.contrast, row.measure): row for row in result.measures}
    for row in result.kept.rows:
        for twin, measure in _rejections(row, result.kept.twins):
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
                    "value": value, "low": low, "high": high, "level": row.alpha, "too_often": here in too_often,
                }
            )  # fmt: skip
    return pd.DataFrame.from_records(records)


def bias_frame(result: OperatingCharacteristics) -> pd.DataFrame:
    """Columns row, primary, bias and coverage with their intervals, level; bias in empirical standard errors."""
    import pandas as pd

    known = {(row.analysis, row.contrast, row.measure): row for row in result.measures}
    records: list[dict[str, object]] = []
    for row in result.kept.rows:
        here = (row.analysis, row.contrast)
        bias, spread = known.get((*here, "bias")), known.get((*here, "empirical_se"))
        if bias is None or spread is None or not spread.value > 0:
            continue
        held = known.get((*here, "coverage"))
        covered = (held.value, held.conf_low, held.conf_high) if held is not None else (np.nan,) * 3
        records.append(
            {
                "row": row_name(row),
                "primary": row.analysis in result.primary and row.main,
                "bias": bias.value / spread.value,
                "bias_low": bias.conf_low / spread.value,
                "bias_high": bias.conf_high / spread.value,
                **dict(zip(("coverage", "coverage_low", "coverage_high"), covered, strict=True)),
                "level": row.confidence,
            }
        )
    return pd.DataFrame.from_records(records)


def accrual_frame(kept: FirstReplicates) -> pd.DataFrame:
    """Columns day, q05, q25, q50, q75, q95: participants enrolled by that day, over the first replicates."""
    import pandas as pd

    days = np.where(np.isnan(kept.entry_days), np.inf, kept.entry_days)
    last = float(np.max(kept.entry_days, initial=0.0, where=np.isfinite(days)))
    steps = np.linspace(0.0, max(last, 1.0), DAY_STEPS + 1)
    first = np.searchsorted(steps, days)  # the first step by which each participant is enrolled
    new = np.bincount(
        (first + (len(steps) + 1) * np.arange(len(days))[:, None]).ravel(), minlength=(len(steps) + 1) * len(days)
    )
    by_day = np.cumsum(new.reshape(len(days), -1)[:, :-1].T, axis=0)
    quantiles = np.quantile(by_day, [0.05, 0.25, 0.5, 0.75, 0.95], axis=1, method="inverted_cdf")
    return pd.DataFrame({"day": steps, **dict(zip(("q05", "q25", "q50", "q75", "q95"), quantiles, strict=True))})
