"""``trialsim reproduce``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stderr, table_console
from trialsim.cli.options import json_option, play_options, scenario_argument, set_option
from trialsim.cli.parse import REPLICATES
from trialsim.report.digits import plain, share_with_error

if TYPE_CHECKING:
    from trialsim.api.arguments import Engine
    from trialsim.reproduce import Placement


#: Kinds of figures that have no word of their own.
WORDS = {"sd": "SD"}


@click.command("reproduce")
@scenario_argument
@click.option("--replicates", "-r", type=REPLICATES, help="Simulated trials; the scenario's number by default.")
@set_option
@play_options
@json_option
def command(
    scenario: Path,
    replicates: int | None,
    changes: tuple[str, ...],
    seed: int | None,
    engine: Engine,
    workers: int | None,
    as_json: bool,
) -> None:
    """Simulate a published study and show where each published figure or finding falls among the simulated trials."""
    found = ts.reproduce(
        scenario, set=changes, replicates=replicates, seed=seed, engine=engine,
        workers=workers,
    )  # fmt: skip
    placed = found.placements
    if as_json:
        rows = [{key: None if cell != cell else cell for key, cell in asdict(one).items()} for one in placed]
        print_json({"scenario": found.study.scenario.name, "replicates": found.replicates, "placements": rows})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in (
        "source",
        "analysis",
        "contrast",
        "published",
        "simulated: median (95 % of trials)",
        "simulated trials",
    ):
        table.add_column(name, overflow="fold")
    for one in placed:
        reading = f" ({one.reading})" if one.reading else ""
        if one.same:
            simulated, where = "", f"{_share(one)} {'find' if one.kind == 'finding' else 'have'} the same"
        else:
            simulated = f"{plain(one.median, 3)} ({plain(one.low, 3)} to {plain(one.high, 3)})"
            where = f"{_share(one)} lie below"
        table.add_row(
            one.source + reading,
            one.analysis,
            one.contrast,
            f"{WORDS.get(one.kind, one.kind)} {one.published}",
            simulated,
            where,
        )
    table_console().print(table)
    stderr.print(f"\n{' '.join(found.lines())}", markup=False)


def _share(one: Placement) -> str:
    return share_with_error(one.share, one.mcse, low=one.conf_low, high=one.conf_high)
