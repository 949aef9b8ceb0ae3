"""Tables for the figures of a comparison; figures compute no numbers themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trialsim.evaluate.columns import FAMILY, shown_names
from trialsim.evaluate.summaries import TRIAL
from trialsim.evaluate.table import share_interval

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.compare import Comparison
    from trialsim.compare.paired import Difference

#: The most rows of analyses, and panels of estimates, in a figure.
MOST_ROWS = 10
MOST_PANELS = 6

#: Points in time at which enrollment is shown.
STEPS = 100

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}

#: Numbers of the trial that are shown as distributions, with their axis.
SPREADS = (
    ("trial_days", "days until the last visit"),
    ("study_hours", "hours for the study"),
    ("wait_mean_minutes", "mean wait [min]"),
)


def shown_analyses(found: Comparison) -> list[tuple[str, str]]:
    """Rows whose power is compared in a figure: the primary analyses with their pairs first, then the others."""
    rows = list(dict.fromkeys((row.analysis, row.contrast) for row in found.rows if row.measure.startswith("power")))
    primary = found.sides[0].study.scenario.primary
    planned = {(row.analysis, row.contrast) for row in found.sides[0].study.analysis.rows}
    rows = [row for row in rows if row in planned or row[0] == FAMILY]
    return sorted(rows, key=lambda row: (row[0] != FAMILY, row[0] not in primary))[:MOST_ROWS]


def labels_of_sides(found: Comparison) -> dict[str, str]:
    """What people read in place of the name of each analysis of any design."""
    return shown_names(row for side in reversed(found.sides) for row in side.study.analysis.rows)


def titles_of(found: Comparison) -> dict[tuple[str, str], str]:
    """What people read in place of the name and contrast of each row that is compared."""
    names = labels_of_sides(found)
    return {
        (row.analysis, row.contrast): f"{names.get(row.analysis, row.analysis)}: {row.contrast}" for row in found.rows
    }


def power_frame(found: Comparison) -> pd.DataFrame:
    """Columns row, primary, label, value, low, high, too_often: power of each design; bounds where too many trials failed."""
    import pandas as pd

    primary = found.sides[0].study.scenario.primary
    records: list[dict[str, object]] = []
    titles = titles_of(found)
    for analysis, contrast in shown_analyses(found):
        powers: dict[str, tuple[float, float, float]] = {}
        here = [row for row in found.rows if (row.analysis, row.contrast) == (analysis, contrast)]
        for row in here:
            for label, value in ((found.sides[0].label, row.a), (row.scenario, row.b)):
                if row.measure == "power":
                    powers[label] = (value, *share_interval(value * row.n, row.n))
                elif row.measure in ("power_low", "power_high") and label not in powers:
                    ends = [one for one in here if one.scenario == row.scenario and one.measure.startswith("power_")]
                    low, high = ((one.a if label == found.sides[0].label else one.b) for one in ends[:2])
                    powers[label] = (float("nan"), low, high)
        records += [
            {"row": titles[analysis, contrast], "primary": analysis in (*primary, FAMILY), "label": label, "value": one[0],
             "low": one[1], "high": one[2], "too_often": found.too_often(label, analysis=analysis, contrast=contrast)}
            for label, one in powers.items()
        ]  # fmt: skip
    return pd.DataFrame.from_records(records, columns=["row", "primary", "label", "value", "low", "high", "too_often"])


def difference_frame(found: Comparison) -> pd.DataFrame:
    """Columns row, label, value, low, high: the difference in power from the baseline, with its 95 % interval."""
    wanted = shown_analyses(found)
    titles = titles_of(found)
    rows = [row for row in found.rows if row.measure == "power" and (row.analysis, row.contrast) in wanted]
    return _differences(rows, [titles[row.analysis, row.contrast] for row in rows])


def _differences(rows: Sequence[Difference], titles: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    records = [
        {"row": title, "label": row.scenario, "value": row.difference, "low": row.conf_low, "high": row.conf_high}
        for row, title in zip(rows, titles, strict=True)
    ]
    return pd.DataFrame.from_records(records, columns=["row", "label", "value", "low", "high"])


#: Shares of the trial that are shown, with their words.
SHARES = {
    "target_reached_in_time": "target reached in time",
    "missed_share": "sessions missed",
    "use_share": "staff in use",
}


def share_frames(found: Comparison) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Shares of the trial (time limit, missed sessions, staff use) and their differences, as for power.

    The error of each share alone is left out: the differences have intervals.
    """
    import pandas as pd

    rows = [row for row in found.rows if row.analysis == TRIAL and row.measure in SHARES]
    titles = [f"{SHARES[row.measure]}{f': {row.contrast}' if row.contrast else ''}" for row in rows]
    records = [
        {"row": title, "primary": False, "label": label, "value": value, "low": value, "high": value}
        for row, title in zip(rows, titles, strict=True)
        for label, value in ((found.sides[0].label, row.a), (row.scenario, row.b))
        if label != found.sides[0].label or row.scenario == found.sides[1].label
    ]
    shares = pd.DataFrame.from_records(records, columns=["row", "primary", "label", "value", "low", "high"])
    return shares, _differences(rows, titles)


def estimate_frame(found: Comparison) -> pd.DataFrame:
    """Columns row, label, estimate, no_effect, estimand: estimates of the rows that all designs have."""
    import pandas as pd

    common = [row for row in shown_analyses(found) if all(row in one.estimates for one in found.shown)][:MOST_PANELS]
    plan = {(row.analysis, row.contrast): row for row in found.sides[0].study.analysis.rows}
    titles = titles_of(found)
    parts = [
        pd.DataFrame(
            {
                "row": titles[row], "label": side.label, "estimate": one.estimates[row],
                "no_effect": plan[row].no_effect,
                "estimand": plan[row].effect + (f" [{plan[row].unit}]" if plan[row].unit else ""),
            }
        )
        for row in common
        for side, one in zip(found.sides, found.shown, strict=True)
    ]  # fmt: skip
    columns = ["row", "label", "estimate", "no_effect", "estimand"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def spread_frame(found: Comparison) -> pd.DataFrame:
    """Columns panel, axis, label, q05 to q95: duration, staff and waits over trials; measures that do not vary are left out."""
    import pandas as pd

    records: list[dict[str, object]] = []
    for measure, axis in SPREADS:
        for contrast in dict.fromkeys(name[1] for one in found.shown for name in one.trial if name[0] == measure):
            values = [one.trial.get((measure, contrast)) for one in found.shown]
            known = [one[np.isfinite(one)] if one is not None else np.empty(0) for one in values]
            if any(len(one) == 0 for one in known) or all(np.ptp(one) == 0 for one in known):
                continue
            for side, one in zip(found.sides, known, strict=True):
                quantiles = {name: float(np.quantile(one, share)) for name, share in QUANTILES.items()}
                title = {
                    "trial_days": "Duration",
                    "study_hours": f"Staff: {contrast}",
                    "wait_mean_minutes": f"Waiting: {contrast}",
                }
                records.append({"panel": title[measure], "axis": axis, "label": side.label, **quantiles})
    return pd.DataFrame.from_records(records, columns=["panel", "axis", "label", *QUANTILES])


def accrual_frame(found: Comparison) -> pd.DataFrame:
    """Columns label, target, day, q05, q50, q95: participants enrolled by each day; empty without a ward."""
    import pandas as pd

    parts = []
    days = [one.entry_days for one in found.shown]
    if any(one is None for one in days):
        return pd.DataFrame(columns=["label", "target", "day", "q05", "q50", "q95"])
    last = max(float(np.nanmax(one)) if one is not None and np.isfinite(one).any() else 1.0 for one in days)
    steps = np.linspace(0.0, max(last, 1.0), STEPS + 1)
    for side, one in zip(found.sides, days, strict=True):
        assert one is not None
        when = np.where(np.isnan(one), np.inf, one)
        by_day = np.stack([(when <= step).sum(axis=1) for step in steps])
        low, middle, high = np.quantile(by_day, [0.05, 0.5, 0.95], axis=1, method="inverted_cdf")
        parts.append(
            pd.DataFrame(
                {
                    "label": side.label,
                    "target": side.study.conduct.target,
                    "day": steps,
                    "q05": low,
                    "q50": middle,
                    "q95": high,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
