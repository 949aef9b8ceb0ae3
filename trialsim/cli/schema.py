"""``trialsim schema``."""

from __future__ import annotations

import rich_click as click

from trialsim.cli.console import print_json


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of scenario files.

    An editor that knows it completes keys and marks mistakes while you type: save it with
    `trialsim schema > trialsim.schema.json` and name it in the first line of a scenario:
    `# yaml-language-server: $schema=trialsim.schema.json`
    """
    from trialsim.scenario.schema import json_schema

    print_json(json_schema())
