"""``trialsim replay``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

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
    from trialsim.prepared import prepare
    from trialsim.scenario import load
    from trialsim.study import replay as play_again

    study = prepare(load(scenario, set=changes))
    played = play_again(study, replicate, seed=seed, engine="simpy" if engine == "simpy" else "fast")
    frame = played.estimates.frame(replicate)
    trial = played.cohort.one(replicate)
    if as_json:
        content = {"replicate": replicate, "estimates": _records(frame)}
        print_json(content | ({"events": _records(trial.events())} if events else {}))
        return
    stdout.print(frame.to_string(index=False), markup=False)
    if events:
        stdout.print("")
        there = study.program is not None
        told = (
            trial.events().to_string(index=False)
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
