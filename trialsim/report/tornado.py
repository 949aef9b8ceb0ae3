"""A tornado in words, as a table and as a figure."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from trialsim.analysis.plan import plain_words
from trialsim.evaluate.separation import more_would
from trialsim.evaluate.table import share_interval
from trialsim.report.digits import SIGN, points_with_error, share_with_error
from trialsim.report.sweep import names_of
from trialsim.report.words import join
from trialsim.scenario.sweep import shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trialsim.sweep.tornado import Bar, LongestBar, Shift, Tornado

MOST_BARS = 25

#: Assumptions named that do not differ clearly from the one that seems to matter most.
MOST_RIVALS = 3


def tornado_frame(found: Tornado) -> pd.DataFrame:
    """One row an assumption and measure, in the order of the figure.

    Columns: assumption (its path), label, measure, given, low, high (as written), declared, then for each end value,
    difference, mcse (of the paired difference), noise (whether it lies within the Monte Carlo error), and for power the ends
    of the 95 % interval of the value.
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
        ends = (
            share_interval(shift.value * shift.count, shift.count) if bar.measure == "power" else (math.nan, math.nan)
        )
        row |= dict(zip((f"value_{end}_conf_low", f"value_{end}_conf_high"), ends, strict=True))
    return row


def share_at(shift: Shift) -> str:
    """The power at an end with its Monte Carlo error or bound."""
    if not shift.count or math.isnan(shift.value):
        return ""
    low, high = share_interval(shift.value * shift.count, shift.count)
    error = math.sqrt(max(shift.value * (1 - shift.value), 0.0) / shift.count)
    return share_with_error(shift.value, error, low=low, high=high)


def change(shift: Shift) -> str:
    """A difference of shares in percentage points, with its Monte Carlo error."""
    return points_with_error(shift.difference, shift.mcse)


def lines(found: Tornado) -> list[str]:
    """What moves the power, and what does not."""
    names = names_of(tuple(dict.fromkeys(bar.assumption.path for bar in found.bars)))
    bars = found.of("power")
    contrast = f" ({found.contrast})" if found.contrast else ""
    sentences = []
    for measure in found.measures:
        here = found.of(measure)
        what = f"power of {plain_words(found.analysis)}{contrast}" if measure == "power" else _axis(measure, found)
        sentences.append(
            f"{what[0].upper()}{what[1:]} as declared: {_written(here[0].declared, measure)}."
            f"{_most(found.leads[measure], names)}"
        )
    if found.verdict is not None and found.verdict.too_often:
        sentences.append(
            f"As declared, {plain_words(found.analysis)}{contrast} {found.verdict.words} without effects: this is not a power."
        )
    still = [names[bar.assumption.path] for bar in bars if bar.noise]
    if still:
        sentences.append(f"The change of power is within Monte Carlo error for {join(still)}.")
    sentences.append(
        f"{found.replicates:,} simulated trials at each end, one assumption at a time, all from seed {found.seed}: "
        "differences are paired. " + SIGN
    )
    if found.failed:
        sentences.append(f"Up to {found.failed:,} of these trials could not be analyzed and are left out of the power.")
    return sentences


def _most(lead: LongestBar, names: dict[str, str]) -> str:
    """Which assumption moves a measure most, and how far; that this is undecided; empty where none moves it."""
    top = lead.bar
    if top.noise:
        return ""
    if not lead.clear:
        near = sorted(lead.rivals, key=lambda bar: -bar.reach)
        others = [names[bar.assumption.path] for bar in near[:MOST_RIVALS]]
        others += [f"{len(near) - MOST_RIVALS} others"] if len(near) > MOST_RIVALS else []
        return (
            f" Which assumption moves it most is undecided: {names[top.assumption.path]} does here, but the difference "
            f"is not clear from {join(others)}{more_would(lead.more)}."
        )
    ends = ((top.low, top.assumption.low), (top.high, top.assumption.high))
    values = join([
        f"{share_at(end) if top.measure == 'power' else _written(end.value, top.measure)} at {shown(at)}" for end, at in ends
    ])  # fmt: skip
    return f" It depends most on {names[top.assumption.path]}: {values}."


def _written(value: float, measure: str) -> str:
    return f"{100 * value:.1f} %" if measure == "power" else f"{value:,.0f}"


def figure(found: Tornado) -> Figure:
    """The bars of the assumptions that move something, the longest first."""
    from trialsim.figures.tornado import tornado

    frame = tornado_frame(found)
    kept, still = _moving(frame)
    note = f"{found.scenario}: {found.replicates:,} simulated trials at each end, paired with the study as declared."
    if len(kept) > MOST_BARS:
        note += f" The {MOST_BARS} largest of {len(kept)}."
    if still:
        note += f" Not shown: {still} that change none of these."
    return tornado(
        frame[frame["label"].isin(kept[:MOST_BARS])],
        measures=found.measures,
        names={measure: _axis(measure, found) for measure in found.measures},
        note=note + " Whiskers: 95 % Monte Carlo.",
        shares=("power",),
    )


def write_tornado(found: Tornado, folder: Path, *, figures: bool = True) -> tuple[Path, ...]:
    """Write ``tornado.csv`` and the figure ``tornado``."""
    from trialsim.figures.style import save
    from trialsim.runs.files import whole_file

    path = folder / "tornado.csv"
    with whole_file(path) as temporary:
        tornado_frame(found).drop(columns="label").to_csv(temporary, index=False, lineterminator="\n")
    return (path, *save(figure(found), folder, "tornado")) if figures else (path,)


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
    return "length of the trial [days]" if measure == "trial_days" else f"power of {plain_words(found.analysis)}"
