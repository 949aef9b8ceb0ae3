"""``trialsim check``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import rich_click as click

from trialsim.cli.console import print_json, stderr, stdout
from trialsim.cli.options import json_option, scenario_argument, set_option
from trialsim.errors import ScenarioError


@click.command("check")
@scenario_argument
@set_option
@json_option
@click.pass_context
def command(context: click.Context, scenario: Path, changes: tuple[str, ...], as_json: bool) -> None:
    """Find every fault of a scenario file, with its place and the remedy.

    Exit code 0: it can run (warnings may be printed). 3: it cannot.
    """
    from trialsim.cautions import cautions_of
    from trialsim.scenario import load

    try:
        resolved = load(scenario, set=changes)
    except ScenarioError as error:
        if not as_json:
            raise
        print_json({"ok": False, "faults": [asdict(fault) for fault in error.faults]})
        context.exit(error.exit_code)
    warned = cautions_of(resolved)
    if warned is None:
        from trialsim.study import warnings_of  # imports the engine, which a pilot needs

        warned = warnings_of(resolved)
    if as_json:
        print_json({"ok": True, "warnings": list(warned)})
        return
    for warning in warned:
        stderr.print("warning", style="yellow", end=" ")
        stderr.print(warning)
    stdout.print(f"{scenario} is sound: {resolved.title}.", markup=False)
    stdout.print(f"Next: trialsim explain {scenario}", markup=False)
