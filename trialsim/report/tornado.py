"""A tornado in words, as a table and as a figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from trialsim.report.sweep import names_of
from trialsim.report.words import join
from trialsim.scenario.sweep import shown

if TYPE_CHECKING:
    from trialsim.sweep.tornado import Bar, Tornado

MOST_BARS = 25


def tornado_frame(found: Tornado) -> pd.DataFrame:
    """One row an assumption and measure, in the order of the figure.

    Columns: assumption (its path), label, measure, given, low, high (as written), declared, then for each end value,
    difference, mcse (of the paired difference) and noise (whether it lies within the Monte Carlo error).
    """
    names = names_of(tuple(dict.fromkeys(bar.assumption.path for bar in found.bars)))
    return pd.DataFrame([_row(bar, names) for bar in found.bars])


def _row(bar: Bar, names: dict[str, str]) -> dict[str, object]:
    one = bar.assumption
    row: dict[str, object] = {"assumption": one.path, "label": f"{names[one.path]} ({shown(one.value)})"}
    row |= {"measure": bar.measure, "given": shown(one.value), "low": shown(one.low), "high": shown(one.high)}
    row["declared"] = bar.declared
    for end, shift in (("low", bar.low), ("high", bar.high)):
        row |= {f"value_{end}": shift.value, f"difference_{end}": shift.difference, f"mcse_{end}": shift.mcse}
        row[f"noise_{end}"] = shift.noise
    return row


def lines(found: Tornado) -> list[str]:
    """What moves the power, and what does not."""
    names = names_of(tuple(dict.fromkeys(bar.assumption.path for bar in found.bars)))
    bars = found.of("power")
    contrast = f" ({found.contrast})" if found.contrast else ""
    told = [f"Power of {found.analysis}{contrast} as declared: {bars[0].declared:.1%}."]
    moving = [bar for bar in bars if not bar.noise]
    if moving:
        top = moving[0]
        told.append(
            f"It depends most on {names[top.assumption.path]}: {top.low.value:.1%} at {shown(top.assumption.low)}, "
            f"{top.high.value:.1%} at {shown(top.assumption.high)}."
        )
    still = [names[bar.assumption.path] for bar in bars if bar.noise]
    if still:
        told.append(f"Within Monte Carlo error (drawn faint): {join(still)}.")
    told.append(
        f"{found.replicates:,} simulated trials at each end, one assumption at a time, all from seed {found.seed}: "
        "differences are paired."
    )
    if found.failed:
        told.append(f"Up to {found.failed:,} of these trials could not be analyzed and are left out of the power.")
    return told


def write_tornado(found: Tornado, folder: Path, *, figures: bool = True) -> tuple[Path, ...]:
    """Write ``tornado.csv`` and the figure ``tornado``."""
    from trialsim.plots.style import save
    from trialsim.plots.tornado import tornado
    from trialsim.runs.files import whole_file

    frame = tornado_frame(found)
    path = folder / "tornado.csv"
    with whole_file(path) as temporary:
        frame.drop(columns="label").to_csv(temporary, index=False, lineterminator="\n")
    if not figures:
        return (path,)
    kept = list(dict.fromkeys(frame["label"]))[:MOST_BARS]
    note = f"{found.scenario}: {found.replicates:,} simulated trials at each end, paired with the study as declared."
    if frame["label"].nunique() > MOST_BARS:
        note += f" The {MOST_BARS} largest of {frame['label'].nunique()}."
    figure = tornado(
        frame[frame["label"].isin(kept)],
        measures=found.measures,
        names={measure: _axis(measure, found) for measure in found.measures},
        note=note + " Whiskers: 95 % Monte Carlo.",
        shares=("power",),
    )
    return (path, *save(figure, folder, "tornado"))


def _axis(measure: str, found: Tornado) -> str:
    if measure.startswith("cost_"):
        return f"cost [{measure.removeprefix('cost_')}]"
    return "length of the trial [days]" if measure == "trial_days" else f"power of {found.analysis}"
