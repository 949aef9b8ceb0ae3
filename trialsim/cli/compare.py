"""``trialsim compare``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, progress, stderr, stdout, table_console
from trialsim.cli.first import say_if_first
from trialsim.cli.options import PathValue, json_option, play_options, set_option
from trialsim.cli.parse import REPLICATES

if TYPE_CHECKING:
    from trialsim.api.arguments import Engine
    from trialsim.compare import Comparison
    from trialsim.report.compare import ComparisonLine


@click.command("compare")
@click.argument("designs", nargs=-1, required=True, metavar="A [B C...]")
@click.option("--with", "variants", multiple=True, type=PathValue(), metavar="PATH=VALUE",
              help="One more design: the first with this changed, e.g. `--with setting.resources.nurse.units=1`. "
              "May be given several times.")  # fmt: skip
@click.option("--replicates", "-r", type=REPLICATES, help="Simulated trials of each; the baseline's number by default.")
@click.option("--play", is_flag=True, help="Simulate finished folders again, so that all measures are paired.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Output folder; outputs/compare-A-B by default.")
@click.option("--figures/--no-figures", default=True, show_default=True, help="Draw figures and write the page.")
@set_option
@play_options
@json_option
def command(
    designs: tuple[str, ...],
    variants: tuple[str, ...],
    replicates: int | None,
    play: bool,
    out: Path | None,
    figures: bool,
    changes: tuple[str, ...],
    seed: int | None,
    engine: Engine,
    workers: int | None,
    as_json: bool,
) -> None:
    """Compare designs with the first of them, replicate by replicate under the same draws.

    Each is a scenario file, the name of a shipped scenario, or the folder of a finished run; or, with --with, the first
    design with one value changed.
    """
    from trialsim.report.compare import summary

    names = dict.fromkeys(_stem(one) for one in (*designs, *variants))
    folder = out or Path("outputs") / f"compare-{'-'.join(names)}"
    with ExitStack() as bar:

        def started(total: int, stored: bool) -> Callable[[int], None]:
            if not stored:
                say_if_first()
            return bar.enter_context(progress(total, text="Reading" if stored else "Simulating", quiet=as_json))

        made = ts.compare(
            designs, variants=variants, set=changes, replicates=replicates, seed=seed, play=play,
            engine=engine, workers=workers, out=folder, figures=figures, started=started,
        )  # fmt: skip
    found, seconds = made.found, made.seconds
    if as_json:
        print_json({**summary(found), "seconds": round(seconds, 3), "folder": str(folder)})
        return
    _print(found, folder, figures=figures)
    stderr.print(f"{len(found.sides)} x {found.replicates:,} simulated trials in {seconds:.1f} s.", markup=False)


def _stem(design: str) -> str:
    """The name of a design as part of the name of a folder."""
    path = Path(design)
    name = design if "=" in design else path.name if path.is_dir() else path.stem
    return re.sub(r"[^\w.=-]+", "-", name).strip("-") or "design"


def _print(found: Comparison, folder: Path, *, figures: bool) -> None:
    from trialsim.report.compare import alone, answer, choice, headlines, lines

    for side in found.sides:
        stdout.print(f"{side.label} is {side.name}{' (the baseline)' if side is found.sides[0] else ''}.", markup=False)
    for (text, changes), power, side in zip(headlines(found), answer(found), found.sides[1:], strict=True):
        stdout.print()
        stdout.print(text, markup=False, style="bold")
        for change in changes:
            stdout.print(f"  - {change}", markup=False)
        _table(found.sides[0].label, side.label, lines(found, side.label, first=True))
        stdout.print(power, markup=False)
    for sentence in choice(found):
        stdout.print(f"\n{sentence}", markup=False)
    for note in (*found.notes, *alone(found)):
        stdout.print(f"\n{note}", markup=False)
    page = f"Read {folder / 'compare.html'} first; all measures are" if figures else "All measures are"
    stdout.print(f"\n{page} in {folder / 'comparison.csv'}.", markup=False)


def _table(base: str, label: str, rows: Sequence[ComparisonLine]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("measure", "of"):
        table.add_column(name, overflow="fold")
    for name in (base, label, "difference", "MCSE", "if unpaired", "saved"):
        table.add_column(name, justify="right", overflow="fold")
    for row in rows:
        table.add_row(
            row.what, row.of, row.a, row.b, row.difference, row.mcse, row.unpaired, row.saved,
            style="bold" if row.primary else "",
        )  # fmt: skip
    table_console().print(table)
