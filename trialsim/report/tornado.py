"""A tornado in words, as a table and as a figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from trialsim.evaluate.columns import shown_row
from trialsim.evaluate.table import share_interval
from trialsim.evaluate.verdict import more_should
from trialsim.report.assumed import in_words
from trialsim.report.brief import Line
from trialsim.report.digits import SIGN, points_with_error, share_with_error, signed_with_error
from trialsim.report.document import DataTable, Graphic, Page, PageSection, TableCell, graphic, write_page
from trialsim.report.study_page import study_page
from trialsim.report.sweep import TRIALS, names_of
from trialsim.report.words import join
from trialsim.scenario.sweep import shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trialsim.prepared import Study
    from trialsim.sweep.tornado import Bar, LongestBar, Shift, Tornado

MOST_BARS = 25

#: Assumptions in the table that is shown first.
MOST_FIRST = 8

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


def change(shift: Shift, *, share: bool) -> str:
    """A difference with its Monte Carlo error: of shares in percentage points, of other numbers in their unit."""
    return points_with_error(shift.difference, shift.mcse) if share else signed_with_error(shift.difference, shift.mcse)


def first_bars(found: Tornado) -> list[Bar]:
    """The bars of the power that are shown first: the longest, those within the Monte Carlo error last."""
    return list(found.of("power")[:MOST_FIRST])


def lines(found: Tornado) -> list[str]:
    """What moves the power, and what does not, in sentences."""
    return [f"{line.text} {SIGN}" if line.name == TRIALS else line.text for line in named_lines(found)]


def named_lines(found: Tornado) -> list[Line]:
    """What moves the power, the length and the cost, what moves nothing, and what was simulated."""
    names = names_of(tuple(dict.fromkeys(bar.assumption.path for bar in found.bars)))
    bars = found.of("power")
    lines = []
    for measure in found.measures:
        here, what = found.of(measure), axis_name(measure, found)
        text = (
            f"{what[0].upper()}{what[1:]} as declared: {_written(here[0].declared, measure)}."
            f"{_most(found.leads[measure], names)}"
        )
        lines.append(Line({"power": "Answer", "trial_days": "Length"}.get(measure, "Cost"), text))
    if found.verdict is not None and found.verdict.too_often:
        what = shown_row(found.labels, found.analysis, found.contrast)
        text = f"As declared, {what} {found.verdict.words} without effects: this is not a power."
        lines.insert(1, Line("Level", text, bad=True))
    still = [names[bar.assumption.path] for bar in bars if bar.noise]
    if still:
        lines.append(Line("Open", f"The change of power is within Monte Carlo error for {join(still)}."))
    text = (
        f"{found.replicates:,} simulated trials at each end, one assumption at a time, all from seed {found.seed}: "
        "differences are paired."
    )
    lines.append(Line(TRIALS, text))
    if found.failed:
        text = f"Up to {found.failed:,} of these trials could not be analyzed and are left out of the power."
        lines.append(Line("Failed", text))
    return lines


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
            f"is not clear from {join(others)}{more_should(lead.more)}."
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
        names={measure: axis_name(measure, found) for measure in found.measures},
        note=note + " Whiskers: 95 % Monte Carlo.",
        shares=("power",),
    )


def write_tornado(study: Study, found: Tornado, folder: Path, *, figures: bool = True) -> tuple[Path, ...]:
    """Write ``tornado.csv``, and with ``figures`` the figure ``tornado`` and the page."""
    from trialsim.figures.style import save
    from trialsim.runs.files import whole_file

    path = folder / "tornado.csv"
    with whole_file(path) as temporary:
        tornado_frame(found).drop(columns="label").to_csv(temporary, index=False, lineterminator="\n")
    if not figures:
        return (path,)
    files = save(figure(found), folder, "tornado")
    shown = graphic(
        "Which assumption moves the answer", "The longest bars move it most; whiskers are 95 % Monte Carlo.", files[1]
    )
    return (path, *files, write_page(tornado_page(study, found, [shown]), folder / "report.html"))


def _moving(frame: pd.DataFrame) -> tuple[list[str], int]:
    """The labels of the assumptions that move something, all where none does, and how many are left out."""
    numbers = frame[["difference_low", "mcse_low", "difference_high", "mcse_high"]]
    labels = list(dict.fromkeys(frame["label"]))
    moving = set(frame.loc[(numbers != 0).any(axis=1), "label"])
    kept = [label for label in labels if label in moving] or labels
    return kept, len(labels) - len(kept)


def axis_name(measure: str, found: Tornado) -> str:
    """``power of Fear during the needle``, ``length of the trial [days]``, ``cost [EUR]``."""
    if measure.startswith("cost_"):
        return f"cost [{measure.removeprefix('cost_')}]"
    if measure == "trial_days":
        return "length of the trial [days]"
    return f"power of {shown_row(found.labels, found.analysis, found.contrast)}"


def tornado_page(study: Study, found: Tornado, drawn: Sequence[Graphic]) -> Page:
    """Which assumption moves the answer most."""
    rows = tuple(
        (
            in_words(bar.assumption.path, study.scenario), shown(bar.assumption.value),
            TableCell(share_at(bar.low), f"at {shown(bar.assumption.low)}: {change(bar.low, share=True)}"),
            TableCell(share_at(bar.high), f"at {shown(bar.assumption.high)}: {change(bar.high, share=True)}"),
        )
        for bar in found.of("power")
    )  # fmt: skip
    header = ("assumption", "value", "power at its low end", "power at its high end")
    table = DataTable(
        "Power at both ends of each plausible range; changes in percentage points", header, rows, (1, 2, 3)
    )
    what = f"Every plausible range from end to end, {found.replicates:,} simulated trials at each."
    return study_page(
        "which assumption matters", what, study, named_lines(found), [PageSection("Assumptions", (*drawn, table))]
    )
