"""``trialsim reproduce``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.analysis.plan import labels_of
from trialsim.cli.brief import print_answer, print_rows, print_text
from trialsim.cli.console import print_json, stdout
from trialsim.cli.grid import grouped
from trialsim.cli.options import json_option, play_options, quiet_option, scenario_argument, set_option
from trialsim.cli.parse import REPLICATES
from trialsim.report.digits import SIGN, plain, share_with_error

if TYPE_CHECKING:
    from trialsim.api.arguments import Engine
    from trialsim.api.ask import ReproductionResult
    from trialsim.reproduce import Placement


#: Kinds of figures that have no word of their own.
WORDS = {"sd": "SD"}


@click.command("reproduce")
@scenario_argument
@click.option("--replicates", "-r", type=REPLICATES, help="Simulated trials; the scenario's number by default.")
@set_option
@play_options
@quiet_option
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
    if not print_answer(found.named_lines()):
        return
    stdout.print()
    print_placements(found)
    stdout.print()
    print_text(f"Lie below: the share of simulated trials with a smaller value. {SIGN}")


def print_placements(found: ReproductionResult) -> None:
    """Each published figure, the simulated ones, and where it lies among them; under the analysis as people call it."""
    labels = labels_of(found.study.scenario.analyses)
    rows = []
    for one in found.placements:
        reading = f", {one.reading}" if one.reading else ""
        group = f"{labels[one.analysis]} ({one.contrast}), published by {one.source}{reading}"
        if one.same:
            simulated, where = "", f"{_share(one)} {'find' if one.kind == 'finding' else 'have'} the same"
        else:
            simulated = f"{plain(one.median, 3)} ({plain(one.low, 3)} to {plain(one.high, 3)})"
            where = f"{_share(one)} lie below"
        rows.append((group, f"{WORDS.get(one.kind, one.kind)} {one.published}", simulated, where))
    cells, _ = grouped(rows, [""] * len(rows), alone=True)
    print_rows(("published", "simulated: median (95 % of trials)", "simulated trials"), cells, wide=True)


def _share(one: Placement) -> str:
    return share_with_error(one.share, one.mcse, low=one.conf_low, high=one.conf_high)
