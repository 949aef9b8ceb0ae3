"""``trialsim tornado``."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, progress, stderr, stdout, table_console
from trialsim.cli.first import say_if_first
from trialsim.cli.options import AnalysisName, json_option, play_options, scenario_argument, set_option
from trialsim.cli.parse import Whole

if TYPE_CHECKING:
    from trialsim.api.arguments import Engine
    from trialsim.sweep.tornado import Tornado


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
@click.option("--figures/--no-figures", default=True, show_default=True, help="Draw the figure.")
@set_option
@play_options
@json_option
def command(
    scenario: Path,
    replicates: int,
    wanted: str | None,
    out: Path | None,
    figures: bool,
    changes: tuple[str, ...],
    seed: int | None,
    engine: Engine,
    workers: int | None,
    as_json: bool,
) -> None:
    """Find the assumption that moves the answer most: every declared range, one at a time."""
    from trialsim.report.tornado import lines
    from trialsim.scenario import load

    folder = out or Path("outputs") / f"{load(scenario, set=changes).name}-tornado"
    total = 0
    with ExitStack() as bar:

        def started(designs: int) -> Callable[[int], None]:
            nonlocal total
            total = designs
            say_if_first()
            return bar.enter_context(progress(designs, text="Designs", quiet=as_json))

        made = ts.tornado(
            scenario, wanted=wanted, set=changes, replicates=replicates, seed=seed, workers=workers, out=folder, figures=figures,
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
    for line in lines(found):
        stdout.print(line, markup=False)
    stdout.print()
    _print(found)
    stdout.print()
    stderr.print(f"{total:,} designs simulated in {found.seconds:.1f} s.", markup=False)
    stdout.print(f"The table{' and the figure are' if figures else ' is'} in {folder}.", markup=False)


def _print(found: Tornado) -> None:
    """The change of power at both ends of every range; a change within the Monte Carlo error is less than twice its error."""
    from rich.table import Table

    from trialsim.report.sweep import names_of
    from trialsim.report.tornado import change
    from trialsim.scenario.sweep import shown

    table = Table(box=None, pad_edge=False)
    table.add_column("assumption")
    for name in ("declared", "change at low", "change at high"):
        table.add_column(name, justify="right")
    bars = found.of("power")
    names = names_of(tuple(bar.assumption.path for bar in bars))
    for bar in bars:
        one = bar.assumption
        low, high = (f"{shown(at)}: {change(end)}" for at, end in ((one.low, bar.low), (one.high, bar.high)))
        table.add_row(names[one.path], shown(one.value), low, high)
    table_console().print(table)
