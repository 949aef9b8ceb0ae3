"""``trialsim sweep``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, progress, say, stderr, stdout
from trialsim.cli.first import say_if_first
from trialsim.cli.options import (
    AnalysisName,
    PathValue,
    all_option,
    code_option,
    json_option,
    play_options,
    quiet_option,
    scenario_argument,
    set_option,
)
from trialsim.cli.parse import REPLICATES, Whole
from trialsim.cli.text import print_answer, print_rows, print_text
from trialsim.quantities.counts import counted
from trialsim.report.digits import SIGN

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.api.arguments import Engine
    from trialsim.sweep import AnswerMeasure, SweepRun


@click.command("sweep")
@scenario_argument
@click.option("--over", multiple=True, type=PathValue(), metavar="PATH=VALUES",
              help='A value to vary, e.g. --over design.enroll="[60, 99]", '
              '"20..100 by 20" or "15 h..80 h in 5". Of several, every combination. It replaces the file\'s sweep.')  # fmt: skip
@click.option("--zip", "zipped", is_flag=True, help="The first values of all --over together, then the second ones.")
@click.option(
    "--latin", type=Whole(2, 10**6, example="20"), metavar="N", help="N points of a Latin hypercube over the ranges."
)
@click.option("--point", "listed", multiple=True, metavar='"PATH=VALUE; ..."', help="One design, value by value.")
@click.option("--replicates", "-r", type=REPLICATES, default=2000, show_default=True, help="Trials of each design.")
@click.option(
    "--for",
    "-f",
    "wanted",
    type=AnalysisName(),
    metavar="ANALYSIS[/CONTRAST]",
    help="The analysis shown; the primary one by default.",
)
@click.option("--measure", default="power", show_default=True, help="The measure shown; results.csv has all of them.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Output folder; outputs/NAME-sweep by default.")
@click.option("--figures/--no-figures", default=True, show_default=True, help="Draw figures.")
@click.option("--fresh", is_flag=True, help="Simulate every design again, also those that the folder holds.")
@click.option("--yes", is_flag=True, help="Allow more than 10,000 designs.")
@set_option
@play_options
@code_option
@all_option
@quiet_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    scenario: Path,
    over: tuple[str, ...],
    zipped: bool,
    latin: int | None,
    listed: tuple[str, ...],
    replicates: int,
    wanted: str | None,
    measure: str,
    out: Path | None,
    figures: bool,
    fresh: bool,
    yes: bool,
    changes: tuple[str, ...],
    seed: int | None,
    engine: Engine,
    workers: int | None,
    allow_code: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """Simulate a study at many values: power, length and cost of every design, and which ones no other beats."""
    from trialsim.scenario import load
    from trialsim.sweep.store import CELLS

    if zipped and latin is not None:
        raise click.UsageError("--zip and --latin are two ways to vary: choose one.")
    if not (over or listed) and (zipped or latin is not None):
        raise click.UsageError("--zip and --latin go with --over.")
    known = load(scenario, set=changes)
    if not (over or listed) and known.sweep is None:
        raise click.UsageError('Nothing to vary: write --over design.enroll="[60, 99, 150]", or sweep: in the file.')
    folder = out or Path("outputs") / f"{known.name}-sweep"
    with _kept(ctx, folder / CELLS), ExitStack() as bar:

        def started(designs: int) -> Callable[[int], None]:
            say_if_first()
            return bar.enter_context(progress(designs, text="Designs", quiet=as_json))

        made = ts.sweep(
            scenario, over, zipped=zipped, latin=latin, listed=listed, wanted=wanted, measure=measure, set=changes,
            replicates=replicates, seed=seed, engine=engine, workers=workers, many=yes,
            fresh=fresh, out=folder, figures=figures, started=started, allow_code=allow_code,
        )  # fmt: skip
    swept, answer, frame = made.found, made.answer, made.frame()
    if as_json:
        print_json(summary(swept, frame, folder))
        return
    _print(swept, answer, frame, folder, drawn=figures, everything=everything)


@contextmanager
def _kept(ctx: click.Context, cells: Path) -> Iterator[None]:
    """Ctrl-C stops the block with the designs that are done kept, and shows how to continue (exit code 4)."""
    from trialsim.cli.stops import command_again

    try:
        yield
    except KeyboardInterrupt:
        kept = len(list(cells.glob("*.json"))) if cells.is_dir() else 0
        stderr.print(f"\nStopped: {counted(kept, 'design')} kept in {cells.parent}.", markup=False)
        stderr.print(f"To continue: {command_again()}", markup=False)
        ctx.exit(4)


def _print(
    swept: SweepRun, answer: AnswerMeasure, frame: pd.DataFrame, folder: Path, *, drawn: bool, everything: bool
) -> None:
    from trialsim.report.brief import Line
    from trialsim.report.sweep import named_lines

    first = f"Read {folder / 'report.html'} first. " if drawn else ""
    look = Line(
        "Look", f"{first}Everything is in {folder}: designs.csv, results.csv{' and figures/' if drawn else ''}."
    )
    if not print_answer([*named_lines(swept, answer, frame), look]):
        return
    stdout.print()
    more = _print_table(swept, answer, frame, everything=everything)
    stdout.print()
    print_text(f"{SIGN}{more}")
    reused = len(swept.cells) - swept.alike - swept.computed
    again = f", {counted(reused, 'design')} found in {folder}" if reused else ""
    say(f"{counted(swept.computed, 'design')} simulated in {swept.seconds:.1f} s{again}.")


def _print_table(swept: SweepRun, answer: AnswerMeasure, frame: pd.DataFrame, *, everything: bool) -> str:
    """One line a design, and what --all shows beside: more designs, more columns.

    Those of the Pareto set are bold with a star, those whose test rejects too often red.
    """
    from trialsim.report.paths import names_of
    from trialsim.report.sweep import first_designs, written
    from trialsim.scenario.sweep import shown
    from trialsim.sweep.tables import burdens, currency

    taken = ("participants", "days", "cost", "staff_hours") if everything else burdens(frame)
    rest = [name for name in taken if frame[name].notna().any()]
    labels = {"staff_hours": "staff h", "cost": f"cost {currency(swept)}"}
    chosen = list(range(len(frame))) if everything else first_designs(frame)
    records = frame.to_dict("records")
    rows, styles = [], []
    for row, cell in ((records[one], swept.cells[one]) for one in chosen):
        values = [shown(cell.point[path]) if path in cell.point else "" for path in swept.paths]
        numbers = [f"{row[name]:,.0f}" for name in rest]
        mark = "!" if row["too_often"] else "*" if row["pareto"] else "?" if row["pareto_open"] else ""
        rows.append((f"{mark}{row['design_id']}", *values, written(answer, row), *numbers))
        styles.append({"!": "red", "*": "bold"}.get(mark, ""))
    header = (
        "design",
        *names_of(swept.paths).values(),
        answer.measure.replace("_", " "),
        *(labels.get(r, r) for r in rest),
    )
    print_rows([f">{name}" for name in header], rows, wide=True, styles=styles)
    hidden = len(frame) - len(chosen)
    return f" {counted(hidden, 'more design')} with --all." if hidden else ""


def summary(swept: SweepRun, frame: pd.DataFrame, folder: Path) -> dict[str, object]:
    """The sweep for scripts; a number that is not there is null."""
    rows = [
        {name: None if isinstance(cell, float) and math.isnan(cell) else cell for name, cell in row.items()}
        for row in frame.to_dict("records")
    ]
    return {
        "scenario": swept.scenario,
        "paths": list(swept.paths),
        "replicates": swept.replicates,
        "seeds": list(swept.seeds),
        "computed": swept.computed,
        "damaged": swept.damaged,
        "seconds": round(swept.seconds, 3),
        "folder": str(folder),
        "designs": rows,
    }
