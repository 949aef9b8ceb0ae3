"""``trialsim tornado``."""

from __future__ import annotations

import math
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from trialsim.cli.console import print_json, progress, stderr, stdout, table_console
from trialsim.cli.options import json_option, play_options, scenario_argument, set_option

if TYPE_CHECKING:
    from trialsim.sweep.tornado import Tornado


@click.command("tornado")
@scenario_argument
@click.option(
    "--replicates", type=click.IntRange(2, 10**9), default=2000, show_default=True, help="Trials at each end."
)
@click.option("--for", "wanted", metavar="ANALYSIS[/CONTRAST]", help="Whose power; the primary analysis if not said.")
@click.option("--out", type=click.Path(path_type=Path), help="Output folder; outputs/NAME-tornado if not said.")
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
    engine: str,
    workers: int | None,
    as_json: bool,
) -> None:
    """Find the assumption that moves the answer most: every declared range, one at a time."""
    from trialsim.cli.run import say_if_first
    from trialsim.report.tornado import lines, tornado_frame, write_tornado
    from trialsim.runs.answers import finished, taken
    from trialsim.scenario import load
    from trialsim.scenario.ranges import declared_ranges
    from trialsim.sweep import Answer
    from trialsim.sweep.store import owner
    from trialsim.sweep.tornado import play_tornado

    known = load(scenario, set=changes)
    folder = out or Path("outputs") / f"{known.name}-tornado"
    name, _, contrast = (wanted or "").partition("/")
    total = 1 + 2 * len(declared_ranges(known.written.data))
    Answer.of_words(wanted).check(known)
    say_if_first()
    mine = owner(known.name, kind="tornado")
    with taken(folder, mine) if total > 1 else nullcontext():
        with progress(total, text="Designs", quiet=as_json) as done:
            found = play_tornado(
                known, analysis=name.strip() or None, contrast=contrast.strip() or None, replicates=replicates,
                seed=seed, engine="simpy" if engine == "simpy" else "fast", workers=workers, progress=done,
            )  # fmt: skip
        write_tornado(found, folder, figures=figures)
        told = {"replicates": replicates, "seeds": [found.seed]}
        finished(folder, mine, told)
    if as_json:
        rows = [
            {key: None if isinstance(cell, float) and math.isnan(cell) else cell for key, cell in row.items()}
            for row in tornado_frame(found).drop(columns="label").to_dict("records")
        ]
        print_json({"scenario": found.scenario, **told, "folder": str(folder), "assumptions": rows})
        return
    _print(found)
    stdout.print()
    for line in lines(found):
        stdout.print(line, markup=False)
    stderr.print(f"{total:,} designs played in {found.seconds:.1f} s.", markup=False)
    stdout.print(f"The table{' and the figure are' if figures else ' is'} in {folder}.", markup=False)


def _print(found: Tornado) -> None:
    """The change of power at both ends of every range; changes within the Monte Carlo error are dim."""
    from rich.table import Table

    from trialsim.report.sweep import names_of
    from trialsim.report.tornado import change, share_at
    from trialsim.scenario.sweep import shown

    table = Table(box=None, pad_edge=False)
    table.add_column("assumption")
    for name in ("declared", "low", "high", "power at low", "at high", "change at low", "at high"):
        table.add_column(name, justify="right")
    bars = found.of("power")
    names = names_of(tuple(bar.assumption.path for bar in bars))
    for bar in bars:
        one, ends = bar.assumption, (bar.low, bar.high)
        table.add_row(
            names[one.path], shown(one.value), shown(one.low), shown(one.high),
            *(share_at(end) for end in ends), *(change(end) for end in ends), style="dim" if bar.noise else "",
        )  # fmt: skip
    table_console().print(table)
