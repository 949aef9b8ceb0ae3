"""A tornado in words, as a table and as a figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from trialsim.evaluate.columns import shown_row
from trialsim.evaluate.table import share_interval
from trialsim.evaluate.verdict import more_should
from trialsim.report.brief import Line
from trialsim.report.digits import SIGN
from trialsim.report.document import Graphic, Page, PageSection, write_page
from trialsim.report.paths import names_of
from trialsim.report.sensitivity import HEADING, TABLE, TEXT, draw_of, kept_table, share_at, to_keep
from trialsim.report.study_page import study_page
from trialsim.report.svg import inlined
from trialsim.report.sweep import TRIALS
from trialsim.report.words import join
from trialsim.runs.files import write_text
from trialsim.scenario.sweep import shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trialsim.figures.render import FigureCall, FigureFiles
    from trialsim.prepared import Study
    from trialsim.sweep.tornado import Bar, LongestBar, Tornado

#: Assumptions in the table that is shown first.
MOST_FIRST = 8

#: Assumptions named that do not differ clearly from the one that seems to matter most.
MOST_RIVALS = 3


def tornado_frame(found: Tornado) -> pd.DataFrame:
    """One row an assumption and measure, in the order of the figure.

    Columns: assumption (its path), label, measure, given, low, high (as written), declared, then for each end value,
    difference, mcse (of the paired difference), count (of pairs), noise (whether it lies within the Monte Carlo error), and
    for power the ends of the 95 % interval of the value.
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
        row |= {f"count_{end}": shift.count, f"noise_{end}": shift.noise}
        ends = (
            share_interval(shift.value * shift.count, shift.count) if bar.measure == "power" else (math.nan, math.nan)
        )
        row |= dict(zip((f"value_{end}_conf_low", f"value_{end}_conf_high"), ends, strict=True))
    return row


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
    return _draw(found)()


def _draw(found: Tornado) -> FigureCall:
    return draw_of(tornado_frame(found), _axes(found), name=found.scenario, replicates=found.replicates)


def _axes(found: Tornado) -> dict[str, str]:
    return {measure: axis_name(measure, found) for measure in found.measures}


def write_tornado(
    study: Study, found: Tornado, folder: Path, *, figures: FigureFiles | None = "all"
) -> tuple[tuple[Path, ...], dict[str, Any]]:
    """Write ``tornado.csv``, and with ``figures`` the figure ``tornado`` and the page; the files, and what the manifest keeps."""
    from trialsim.runs.files import whole_file

    path = folder / TABLE
    with whole_file(path) as temporary:
        tornado_frame(found).drop(columns="label").to_csv(temporary, index=False, lineterminator="\n")
    keep = to_keep(
        study.scenario, path, _axes(found), [line.text for line in named_lines(found) if line.name != TRIALS]
    )
    if figures is None:
        return (path,), keep
    from trialsim.figures.render import captions_of, render, write_rendered

    drawn = render("tornado", _draw(found), figures)
    files = write_rendered(drawn, folder)
    if figures == "print":
        write_text(folder / "print" / "captions.txt", captions_of([("tornado", HEADING, TEXT, drawn)]))
    page = tornado_page(study, found, [Graphic(HEADING, TEXT, inlined(drawn.svg))])
    return (path, *files, write_page(page, folder / "report.html")), keep


def axis_name(measure: str, found: Tornado) -> str:
    """``power of Fear during the needle``, ``length of the trial [days]``, ``cost [EUR]``."""
    if measure.startswith("cost_"):
        return f"cost [{measure.removeprefix('cost_')}]"
    if measure == "trial_days":
        return "length of the trial [days]"
    return f"power of {shown_row(found.labels, found.analysis, found.contrast)}"


def tornado_page(study: Study, found: Tornado, drawn: Sequence[Graphic]) -> Page:
    """Which assumption moves the answer most."""
    table = kept_table(tornado_frame(found), study.scenario)
    what = f"Every plausible range from end to end, {found.replicates:,} simulated trials at each."
    return study_page(
        "which assumption matters", what, study, named_lines(found), [PageSection("Assumptions", (*drawn, table))]
    )
