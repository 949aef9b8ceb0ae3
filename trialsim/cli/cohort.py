"""``trialsim cohort``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stdout
from trialsim.cli.options import json_option, play_options, scenario_argument, set_option
from trialsim.cli.parse import REPLICATE
from trialsim.errors import RunError

if TYPE_CHECKING:
    from trialsim.api.arguments import Engine


@click.command("cohort")
@scenario_argument
@click.option("--replicate", "-r", type=REPLICATE, default=0, show_default=True, help="Which simulated trial.")
@click.option("--out", "-o", type=click.Path(path_type=Path), help="Folder; cohort-NAME-REPLICATE by default.")
@click.option(
    "--allocation", is_flag=True, help="Write stratum and block of each participant too, which can unblind the trial."
)
@set_option
@play_options
@json_option
def command(
    scenario: Path,
    replicate: int,
    out: Path | None,
    allocation: bool,
    changes: tuple[str, ...],
    seed: int | None,
    engine: Engine,
    workers: int | None,  # noqa: ARG001  # one trial needs one worker; the option is accepted everywhere
    as_json: bool,
) -> None:
    """Write one simulated trial as tidy CSV tables with a codebook and a README."""
    study = ts.prepare(scenario, set=changes)
    folder = out or Path(f"cohort-{study.scenario.name}-{replicate}")
    if folder.exists() and any(folder.iterdir()):
        raise RunError(f"{folder} is not empty.", code="TS-R012", remedy="Choose another folder with --out.")
    played = ts.replay(study, replicate, seed=seed, engine=engine)
    files = played.write(folder, allocation=allocation)
    if as_json:
        print_json({"replicate": replicate, "files": [str(path) for path in files]})
        return
    for path in files:
        stdout.print(str(path), markup=False)
    stdout.print(
        f"Simulated data: {folder / 'README.txt'} says from what, codebook.csv what each column means.", markup=False
    )
