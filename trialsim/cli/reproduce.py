"""``trialsim reproduce``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stdout
from trialsim.cli.grid import grouped
from trialsim.cli.options import json_option, play_options, quiet_option, scenario_argument, set_option
from trialsim.cli.parse import REPLICATES
from trialsim.cli.text import print_answer, print_rows, print_text
from trialsim.report.digits import SIGN

if TYPE_CHECKING:
    from trialsim.api.arguments import Engine


@click.command("reproduce")
@scenario_argument
@click.option("--replicates", "-r", type=REPLICATES, help="Simulated trials; the scenario's number by default.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Output folder; outputs/NAME-reproduce by default.")
@set_option
@play_options
@quiet_option
@json_option
def command(
    scenario: Path,
    replicates: int | None,
    out: Path | None,
    changes: tuple[str, ...],
    seed: int | None,
    engine: Engine,
    workers: int | None,
    as_json: bool,
) -> None:
    """Simulate a published study and show where each published figure or finding falls among the simulated trials."""
    from trialsim.api.subjects import study_of

    study = study_of(scenario, set=changes, replicates=replicates, seed=seed)
    folder = out or Path("outputs") / f"{study.scenario.name}-reproduce"
    found = ts.reproduce(study, engine=engine, workers=workers, out=folder)
    if as_json:
        rows = [{key: None if cell != cell else cell for key, cell in asdict(one).items()} for one in found.placements]
        print_json({"scenario": found.study.scenario.name, "replicates": found.replicates, "placements": rows})
        return
    from trialsim.report.brief import Line
    from trialsim.report.reproduce import placement_rows

    look = Line("Look", f"Read {folder / 'report.html'} first.")
    if not print_answer([*found.named_lines(), look]):
        return
    stdout.print()
    placed = placement_rows(found.study, found.placements)
    cells, _ = grouped(placed, [""] * len(placed), alone=True)
    print_rows(("published", "simulated: median (95 % of trials)", "simulated trials"), cells, wide=True)
    stdout.print()
    print_text(f"Lie below: the share of simulated trials with a smaller value. {SIGN}")
