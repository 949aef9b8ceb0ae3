"""``trialsim init``."""

from __future__ import annotations

import shlex
from pathlib import Path

import rich_click as click

from trialsim.cli.console import print_json, stdout
from trialsim.cli.options import json_option


@click.command("init")
@click.argument("template", required=False)
@click.option("--as", "target", type=click.Path(dir_okay=False, path_type=Path), help="Name of the new file.")
@json_option
def command(template: str | None, target: Path | None, as_json: bool) -> None:
    """Copy a shipped scenario into this folder, to be changed; without a name, list the shipped ones.

    `trialsim init blank --as mine.yaml` starts with a commented skeleton, `blank-ward` with one that has a ward. The study
    gets the name of the file, and so does the folder of its results.
    """
    from trialsim.api.begin import begin_study, templates

    if template is None:
        known = templates()
        if as_json:
            print_json({"shipped": [{"name": name, "title": card.title} for name, card in known.items()]})
            return
        width = max(len(name) for name in known)
        for name, card in known.items():
            stdout.print(f"{name:<{width}}  {card.title}", markup=False)
        stdout.print("\nNext: trialsim init picu-blood-draw --as mine.yaml", markup=False)
        return
    written = begin_study(template, target)
    path = written[0]
    if as_json:
        print_json({"files": [str(one) for one in written]})
        return
    stdout.print(f"Wrote {path}. Change it, then: trialsim check {shlex.quote(str(path))}", markup=False)
