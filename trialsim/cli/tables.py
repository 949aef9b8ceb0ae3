"""The operating characteristics as people read them on the screen, and as scripts do."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from trialsim.cli.console import table_console
from trialsim.report.digits import percent, share_with_error, with_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from trialsim.evaluate.characteristics import OperatingCharacteristics
    from trialsim.evaluate.table import Measure

#: What of the trial stands under the table of analyses, and how it is told.
TRIAL = {
    "enrolled": "participants enrolled",
    "target_reached_in_time": "chance to enroll the target in time",
    "trial_days": "days until the last visit",
    "cost": "cost",
    "study_hours": "hours of staff",
    "missed_share": "sessions missed",
    "wait_mean_minutes": "mean wait [min]",
    "missing_share": "values missing",
}
SHARES = ("target_reached_in_time", "missed_share", "missing_share")


def print_measures(result: OperatingCharacteristics) -> None:
    """A line for each analysis and contrast, then the trial; numbers after the sign +- are Monte Carlo errors."""
    from rich.table import Table

    table = _columns(Table(box=None, pad_edge=False), "analysis", "contrast", ">power", ">null twin", ">truth", ">bias",
                     ">coverage", ">failed")  # fmt: skip
    known = {(row.analysis, row.contrast, row.measure): row for row in result.measures}
    rows = list(dict.fromkeys(key[:2] for key in known if key[0] != "trial"))
    order = list(dict.fromkeys(analysis for analysis, _ in rows))
    for analysis, contrast in sorted(rows, key=lambda row: order.index(row[0])):
        here = {measure: row for (a, c, measure), row in known.items() if (a, c) == (analysis, contrast)}
        power = here.get("power") or here.get("power_low")
        if power is None:
            continue
        table.add_row(
            analysis, contrast, _rate(here, "power"), _rate(here, "rejection_null_twin"), _number(here.get("truth")),
            _number(here.get("bias")), _share(here.get("coverage")), str(power.n_failed or ""),
            style="bold" if analysis in result.primary else "",
        )  # fmt: skip
    console = table_console()
    console.print(table)
    console.print()
    if any(measure.startswith("truth") for _, _, measure in known):
        console.print(_without_effect(result))
        console.print()
    trial = _columns(Table(box=None, pad_edge=False), "the trial", "", ">value")
    for row in _trial_rows(result):
        text = _share(row) if row.measure in SHARES else _number(row)
        unit = f" [{row.measure.removeprefix('cost_')}]" if _told(row.measure) == "cost" else ""
        trial.add_row(TRIAL[_told(row.measure)] + unit, row.contrast, text)
    console.print(trial)


def _without_effect(result: OperatingCharacteristics) -> Table:
    """Primary analyses when there is nothing to find: rejections under either twin, the truth there, type I errors."""
    from rich.table import Table

    known = {(row.analysis, row.contrast, row.measure): row for row in result.measures}
    clock = any(measure.startswith("rejection_no_change_twin") for _, _, measure in known)
    third = (">no change", ">truth there") if clock else ()
    names = ("without effect", "", ">null twin", ">truth there", *third, ">type I error")
    table = _columns(Table(box=None, pad_edge=False), *names)
    for analysis, contrast in dict.fromkeys((row.analysis, row.contrast) for row in result.kept.rows):
        if analysis in result.primary:
            here = {measure: row for (a, c, measure), row in known.items() if (a, c) == (analysis, contrast)}
            told = [_rate(here, "rejection_null_twin"), _number(here.get("truth_null_twin"))]
            if clock:
                told += [_rate(here, "rejection_no_change_twin"), _number(here.get("truth_no_change_twin"))]
            table.add_row(analysis, contrast, *told, _rate(here, "type_1_error"))
    return table


def _trial_rows(result: OperatingCharacteristics) -> Iterator[Measure]:
    """Rows of the trial as a whole; of values missing only those at which some are."""
    for row in result.measures:
        if row.analysis != "trial" or _told(row.measure) not in TRIAL or (row.measure == "enrolled" and row.contrast):
            continue
        if row.measure != "missing_share" or row.value > 0:
            yield row


def _told(measure: str) -> str:
    """The key of :data:`TRIAL`: a cost has its currency in its name."""
    return "cost" if measure.startswith("cost_") else measure


def _columns(table: Table, *names: str) -> Table:
    for name in names:
        table.add_column(name.removeprefix(">"), justify="right" if name.startswith(">") else "left", overflow="fold")
    return table


def _rate(here: dict[str, Measure], measure: str) -> str:
    """A share, or its bounds where too many replicates failed."""
    low, high = here.get(f"{measure}_low"), here.get(f"{measure}_high")
    if measure not in here and low is not None and high is not None:
        return f"{percent(low.value)} to {percent(high.value)}"
    return _share(here.get(measure))


def _share(row: Measure | None) -> str:
    if row is None or math.isnan(row.value):
        return ""
    return share_with_error(row.value, row.mcse)


def _number(row: Measure | None) -> str:
    if row is None or math.isnan(row.value):
        return ""
    return with_error(row.value, row.mcse)


def summary(result: OperatingCharacteristics, folder: Path) -> dict[str, object]:
    """The result for scripts; a number that is not there is null."""
    rows = [
        {name: None if isinstance(cell, float) and math.isnan(cell) else cell for name, cell in asdict(row).items()}
        for row in result.measures
    ]
    return {
        "scenario": result.scenario,
        "replicates": result.replicates,
        "seed": result.seed,
        "engine": result.engine,
        "seconds": round(result.seconds, 3),
        "folder": str(folder),
        "operating_characteristics": rows,
    }
