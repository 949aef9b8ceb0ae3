"""``trialsim replay``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.cli.console import is_quiet, print_json, stdout
from trialsim.cli.options import (
    all_option,
    code_option,
    json_option,
    play_options,
    quiet_option,
    scenario_argument,
    scenario_name,
    set_option,
)
from trialsim.cli.parse import REPLICATE
from trialsim.cli.text import print_lines, print_rows, print_text

if TYPE_CHECKING:
    from trialsim.api.arguments import Engine
    from trialsim.api.play import Replay


@click.command("replay")
@scenario_argument
@click.option("--replicate", "-r", type=REPLICATE, required=True, help="Which simulated trial, from 0.")
@click.option("--events", is_flag=True, help="Print everything that happened on the ward, in order.")
@set_option
@play_options
@code_option
@all_option
@quiet_option
@json_option
def command(
    scenario: Path,
    replicate: int,
    events: bool,
    changes: tuple[str, ...],
    seed: int | None,
    engine: Engine,
    workers: int | None,  # noqa: ARG001  # one trial needs one worker; the option is accepted everywhere
    allow_code: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """Simulate one replicate again: its estimates are those of the run, and its events can be read."""
    played = ts.replay(scenario, replicate, set=changes, seed=seed, engine=engine, allow_code=allow_code)
    if as_json:
        content = {"replicate": replicate, "estimates": _records(played.frame())}
        print_json(content | ({"events": _records(played.frame("events"))} if events else {}))
        return
    from trialsim.report.gist import replay_lines, replay_rows

    lines = replay_lines(played, name=scenario_name(scenario))
    if is_quiet():
        print_lines(lines[1:2])
        return
    print_lines(lines)
    stdout.print()
    if everything:
        stdout.print(played.frame().to_string(index=False, na_rep=""), soft_wrap=True)
    else:
        print_rows(*replay_rows(played))
    for text in played.failures:
        print_text(text, style="red")
    if events:
        stdout.print()
        _print_events(played)


def _print_events(played: Replay) -> None:
    from trialsim.report.gist import event_rows

    if played.study.program is None:
        stdout.print("There is no ward in this scenario, so there are no events.")
        return
    print_rows(("time", "who", "event", "step", "takes"), event_rows(played), whole=2)


def _records(frame: object) -> list[dict[str, object]]:
    """Rows for JSON; what is not there is null."""
    import json

    import pandas as pd

    assert isinstance(frame, pd.DataFrame)
    text = frame.to_json(orient="records", date_format="iso", double_precision=15)
    rows: list[dict[str, object]] = json.loads(text or "[]")
    return rows
