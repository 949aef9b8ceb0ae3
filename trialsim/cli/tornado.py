"""``trialsim tornado``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, progress, say, stdout
from trialsim.cli.first import say_if_first
from trialsim.cli.options import (
    AnalysisName,
    all_option,
    figures_asked,
    figures_options,
    json_option,
    play_options,
    quiet_option,
    scenario_argument,
    set_option,
)
from trialsim.cli.parse import Whole
from trialsim.cli.text import print_answer, print_rows, print_text
from trialsim.quantities.counts import counted
from trialsim.report.digits import SIGN

if TYPE_CHECKING:
    from trialsim.api.arguments import Engine
    from trialsim.sweep.tornado import Bar, Tornado


@click.command("tornado")
@scenario_argument
@click.option("--replicates", "-r", type=Whole(2, 10**9), default=2000, show_default=True, help="Trials at each end.")
@click.option(
    "--for",
    "-f",
    "wanted",
    type=AnalysisName(),
    metavar="ANALYSIS[/CONTRAST]",
    help="The analysis whose power is compared; the primary one by default.",
)
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Output folder; outputs/NAME-tornado by default.")
@figures_options
@set_option
@play_options
@all_option
@quiet_option
@json_option
def command(
    scenario: Path,
    replicates: int,
    wanted: str | None,
    out: Path | None,
    figures: str,
    no_figures: bool,
    changes: tuple[str, ...],
    seed: int | None,
    engine: Engine,
    workers: int | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Find the assumption that moves the answer most: every declared range, one at a time."""
    from trialsim.scenario import load

    drawn = figures_asked(figures, no_figures)
    folder = out or Path("outputs") / f"{load(scenario, set=changes).name}-tornado"
    total = 0
    with ExitStack() as bar:

        def started(designs: int) -> Callable[[int], None]:
            nonlocal total
            total = designs
            say_if_first()
            return bar.enter_context(progress(designs, text="Designs", quiet=as_json))

        made = ts.tornado(
            scenario, wanted=wanted, set=changes, replicates=replicates, seed=seed, workers=workers, out=folder, figures=drawn,
            engine=engine, started=started,
        )  # fmt: skip
    found = made.found
    if as_json:
        rows = [
            {key: None if isinstance(cell, float) and math.isnan(cell) else cell for key, cell in row.items()}
            for row in made.frame().to_dict("records")
        ]
        print_json(
            {
                "scenario": found.scenario,
                "replicates": replicates,
                "seeds": [found.seed],
                "folder": str(folder),
                "assumptions": rows,
            }
        )
        return
    _print(found, folder, figures=bool(drawn), everything=everything)
    say(f"{total:,} designs simulated in {found.seconds:.1f} s.")


def _print(found: Tornado, folder: Path, *, figures: bool, everything: bool) -> None:
    from trialsim.report.brief import Line
    from trialsim.report.tornado import first_bars, named_lines

    look = Line(
        "Look", f"Read {folder / 'report.html'} first; all is in {folder}." if figures else f"The table is in {folder}."
    )
    if not print_answer([*named_lines(found), look]):
        return
    for measure in found.measures if everything else found.measures[:1]:
        stdout.print()
        _print_bars(found, measure, found.of(measure) if everything else first_bars(found))
    stdout.print()
    hidden = len(found.bars) - len(first_bars(found))
    more = "" if everything or not hidden else f" {counted(hidden, 'more row')} with --all."
    print_text(f"{SIGN}{more}")


def _print_bars(found: Tornado, measure: str, bars: Sequence[Bar]) -> None:
    """What each end of every range changes: of power in percentage points, otherwise in the unit of the measure.

    What is beyond the Monte Carlo error is bold.
    """
    from trialsim.report.paths import names_of
    from trialsim.report.sensitivity import change
    from trialsim.report.tornado import axis_name
    from trialsim.scenario.sweep import shown

    names = names_of(tuple(dict.fromkeys(bar.assumption.path for bar in found.bars)))
    rows = []
    for bar in bars:
        one = bar.assumption
        ends = ((one.low, bar.low), (one.high, bar.high))
        low, high = (f"{shown(at)}: {change(end, share=measure == 'power')}" for at, end in ends)
        rows.append((names[one.path], shown(one.value), low, high))
    what = axis_name(measure, found)
    unit = ", changes in percentage points" if measure == "power" else ""
    print_text(f"{what[0].upper()}{what[1:]}{unit}", style="bold")
    print_rows(
        ("assumption", ">declared", ">change at low", ">change at high"), rows, wide=True,
        styles=["" if bar.noise else "bold" for bar in bars],
    )  # fmt: skip
