"""``trialsim check``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

import trialsim as ts
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
    found = ts.check(scenario, set=changes)
    if not found.ok:
        if not as_json:
            raise ScenarioError(found.faults)
        print_json(
            {"ok": False, "faults": [fault.as_data() for fault in found.faults]}, exit_code=ScenarioError.exit_code
        )
        context.exit(ScenarioError.exit_code)
    if as_json:
        print_json({"ok": True, "warnings": list(found.warnings)})
        return
    for warning in found.warnings:
        stderr.print("warning", style="bold magenta", end=" ")
        stderr.print(warning)
    stdout.print(f"{scenario} is sound: {found.title}.", markup=False)
    stdout.print(f"Next: trialsim explain {scenario}", markup=False)
