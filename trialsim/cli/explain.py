"""``trialsim explain``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stdout, table_console
from trialsim.cli.options import json_option, scenario_argument, set_option


@click.command("explain")
@scenario_argument
@click.option("--resolved", is_flag=True, help="Print the resolved scenario, in which nothing is left out.")
@set_option
@json_option
def command(scenario: Path, resolved: bool, changes: tuple[str, ...], as_json: bool) -> None:
    """Say in plain words what a scenario means: flow, schedule, distributions, implied effects."""
    loaded = ts.load(scenario, set=changes)
    if resolved:
        from trialsim.scenario.dump import dump

        if as_json:
            print_json({"scenario": loaded.name, "resolved": dump(loaded)})
        else:
            click.echo(dump(loaded), nl=False)
        return
    sections = ts.explain(loaded).sections
    if as_json:
        print_json({"scenario": loaded.name, "sections": [asdict(section) for section in sections]})
        return
    from rich.table import Table

    for section in sections:
        stdout.print(f"\n{section.title}", style="bold")
        for line in section.lines:
            stdout.print(f"  {line}", markup=False)
        if section.rows:
            table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
            for cell in section.header:
                table.add_column(cell, overflow="fold")
            for row in section.rows:
                table.add_row(*row)
            table_console().print(table)
