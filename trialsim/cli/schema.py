"""``trialsim schema``."""

from __future__ import annotations

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of scenario files.

    An editor that knows it completes keys and marks mistakes while you type: save it with
    `trialsim schema > trialsim.schema.json` and name it in the first line of a scenario:
    `# yaml-language-server: $schema=trialsim.schema.json`
    """
    print_json(ts.schema())
