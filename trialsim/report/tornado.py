"""A tornado in words, as a table and as a figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from trialsim.report.compare import signed
from trialsim.report.sweep import names_of
from trialsim.report.words import join
from trialsim.scenario.sweep import shown

if TYPE_CHECKING:
    from trialsim.sweep.tornado import Bar, Shift, Tornado

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


def change(shift: Shift) -> str:
    """A difference of shares in percentage points, with its Monte Carlo error."""
    if shift.difference == 0 and not shift.mcse > 0:
        return "none"
    return f"{signed(100 * shift.difference, '+.1f')} ± {100 * shift.mcse:.1f}"


def lines(found: Tornado) -> list[str]:
    """What moves the power, and what does not."""
    names = names_of(tuple(dict.fromkeys(bar.assumption.path for bar in found.bars)))
    bars = found.of("power")
    contrast = f" ({found.contrast})" if found.contrast else ""
    told = []
    for measure in found.measures:
        here = found.of(measure)
        what = f"power of {found.analysis}{contrast}" if measure == "power" else _axis(measure, found)
        told.append(
            f"{what[0].upper()}{what[1:]} as declared: {_written(here[0].declared, measure)}.{_most(here, names)}"
        )
    still = [names[bar.assumption.path] for bar in bars if bar.noise]
    if still:
        told.append(f"Power changes by no more than Monte Carlo error with {join(still)}.")
    told.append(
        f"{found.replicates:,} simulated trials at each end, one assumption at a time, all from seed {found.seed}: "
        "differences are paired."
    )
    if found.failed:
        told.append(f"Up to {found.failed:,} of these trials could not be analyzed and are left out of the power.")
    return told


def _most(bars: tuple[Bar, ...], names: dict[str, str]) -> str:
    """Which assumption moves a measure most, and how far; empty where none does."""
    moving = [bar for bar in bars if not bar.noise]
    if not moving:
        return ""
    top = max(moving, key=lambda bar: bar.reach)
    ends = ((top.low, top.assumption.low), (top.high, top.assumption.high))
    values = join([f"{_written(end.value, top.measure)} at {shown(at)}" for end, at in ends])
    return f" It depends most on {names[top.assumption.path]}: {values}."


def _written(value: float, measure: str) -> str:
    return f"{100 * value:.1f} %" if measure == "power" else f"{value:,.0f}"


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
    kept, still = _moving(frame)
    note = f"{found.scenario}: {found.replicates:,} simulated trials at each end, paired with the study as declared."
    if len(kept) > MOST_BARS:
        note += f" The {MOST_BARS} largest of {len(kept)}."
    if still:
        note += f" Not shown: {still} that change none of these."
    figure = tornado(
        frame[frame["label"].isin(kept[:MOST_BARS])],
        measures=found.measures,
        names={measure: _axis(measure, found) for measure in found.measures},
        note=note + " Whiskers: 95 % Monte Carlo.",
        shares=("power",),
    )
    return (path, *save(figure, folder, "tornado"))


def _moving(frame: pd.DataFrame) -> tuple[list[str], int]:
    """The labels of the assumptions that move something, all where none does, and how many are left out."""
    numbers = frame[["difference_low", "mcse_low", "difference_high", "mcse_high"]]
    labels = list(dict.fromkeys(frame["label"]))
    moving = set(frame.loc[(numbers != 0).any(axis=1), "label"])
    kept = [label for label in labels if label in moving] or labels
    return kept, len(labels) - len(kept)


def _axis(measure: str, found: Tornado) -> str:
    if measure.startswith("cost_"):
        return f"cost [{measure.removeprefix('cost_')}]"
    return "length of the trial [days]" if measure == "trial_days" else f"power of {found.analysis}"
