"""``trialsim explain``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import rich_click as click

import trialsim as ts
from trialsim.cli.console import is_quiet, print_json, stdout
from trialsim.cli.options import all_option, json_option, quiet_option, scenario_argument, scenario_name, set_option
from trialsim.cli.text import print_lines, print_rows, print_text


@click.command("explain")
@scenario_argument
@click.option("--resolved", is_flag=True, help="Print the resolved scenario, with every default written out.")
@all_option
@set_option
@quiet_option
@json_option
def command(scenario: Path, resolved: bool, everything: bool, changes: tuple[str, ...], as_json: bool) -> None:
    """Say in plain words what a scenario means: flow, schedule, distributions, implied effects."""
    loaded = ts.load(scenario, set=changes)
    if resolved:
        from trialsim.scenario.dump import dump

        if as_json:
            print_json({"scenario": loaded.name, "resolved": dump(loaded)})
        else:
            click.echo(dump(loaded), nl=False)
        return
    made = ts.explain(loaded) if as_json or everything else None
    if made is not None and as_json:
        print_json({"scenario": loaded.name, "sections": [asdict(section) for section in made.sections]})
        return
    if made is not None:
        for section in made.sections:
            stdout.print()
            stdout.print(section.title, style="bold")
            for line in section.lines:
                print_text(line, indent="  ")
            if section.rows:
                print_rows(section.header, section.rows, indent=2, wide=True)
        return
    from trialsim.report.gist import effect_rows, explain_lines

    study = ts.prepare(loaded)
    lines = explain_lines(study, name=scenario_name(scenario))
    if is_quiet():
        print_lines(lines[1:2])
        return
    print_lines(lines)
    header, rows = effect_rows(study)
    if rows:
        stdout.print()
        print_rows(header, rows)
