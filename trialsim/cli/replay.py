"""``trialsim replay``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stdout
from trialsim.cli.options import json_option, play_options, scenario_argument, set_option
from trialsim.cli.parse import REPLICATE


@click.command("replay")
@scenario_argument
@click.option("--replicate", type=REPLICATE, required=True, help="Which simulated trial.")
@click.option("--events", is_flag=True, help="Print everything that happened on the ward, in order.")
@set_option
@play_options
@json_option
def command(
    scenario: Path,
    replicate: int,
    events: bool,
    changes: tuple[str, ...],
    seed: int | None,
    engine: str,
    workers: int | None,  # noqa: ARG001  # one trial needs one worker; the option is accepted everywhere
    as_json: bool,
) -> None:
    """Play one replicate again: its estimates equal that row of the batch, and its events can be read."""
    played = ts.replay(scenario, replicate, set=changes, seed=seed, engine="simpy" if engine == "simpy" else "fast")
    frame = played.frame()
    if as_json:
        content = {"replicate": replicate, "estimates": _records(frame)}
        print_json(content | ({"events": _records(played.frame("events"))} if events else {}))
        return
    stdout.print(frame.to_string(index=False), markup=False)
    if events:
        stdout.print("")
        there = played.study.program is not None
        told = (
            played.frame("events").to_string(index=False)
            if there
            else "There is no ward in this scenario, so there are no events."
        )
        stdout.print(told, markup=False)


def _records(frame: object) -> list[dict[str, object]]:
    """Rows for JSON; what is not there is null."""
    import json

    import pandas as pd

    assert isinstance(frame, pd.DataFrame)
    text = frame.to_json(orient="records", date_format="iso", double_precision=15)
    rows: list[dict[str, object]] = json.loads(text or "[]")
    return rows
