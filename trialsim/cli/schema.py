"""``trialsim schema``."""

from __future__ import annotations

import json

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json
from trialsim.cli.documents import documents_schema
from trialsim.cli.options import json_option
from trialsim.cli.parse import WordChoice


@click.command("schema")
@click.option("--of", "what", type=WordChoice("scenarios", "results"), default="scenarios", show_default=True,
              help="Of scenario files, or of what `--json` prints.")  # fmt: skip
@json_option
def command(what: str, as_json: bool) -> None:
    """Print the JSON Schema of scenario files, or of what `--json` prints.

    An editor with this schema completes keys and marks mistakes while you type. Save it with
    `trialsim schema > trialsim.schema.json` and name it in the first line of a scenario:
    `# yaml-language-server: $schema=trialsim.schema.json`
    """
    schema = documents_schema() if what == "results" else ts.schema()
    if as_json:
        print_json({"of": what, "schema": schema})
    else:
        click.echo(json.dumps(schema, indent=2, ensure_ascii=False, allow_nan=False))
