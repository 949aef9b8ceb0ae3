"""``trialsim init``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stdout
from trialsim.cli.options import json_option
from trialsim.errors import RunError
from trialsim.quantities.refuse import did_you_mean


@click.command("init")
@click.argument("template", required=False)
@click.option("--as", "target", type=click.Path(dir_okay=False, path_type=Path), help="Name of the new file.")
@json_option
def command(template: str | None, target: Path | None, as_json: bool) -> None:
    """Copy a shipped scenario into this folder, to be changed; without a name, list the shipped ones."""
    shipped = ts.shipped()
    if template is None:
        if as_json:
            print_json({"shipped": [{"name": name, "title": card.title} for name, card in shipped.items()]})
            return
        width = max(len(name) for name in shipped)
        for name, card in shipped.items():
            stdout.print(f"{name:<{width}}  {card.title}", markup=False)
        stdout.print("\nNext: trialsim init picu-blood-draw", markup=False)
        return
    if template not in shipped:
        raise RunError(
            f"no shipped scenario is called '{template}'.",
            code="TS-R010",
            remedy=did_you_mean(template, list(shipped), what="Shipped"),
        )
    card = shipped[template]
    path = target or Path(card.path.name)
    written = []
    for source in (card.path, *card.companions):
        copy = path if source == card.path else path.parent / source.name
        if copy.exists():
            raise RunError(f"{copy} exists already.", code="TS-R011", remedy="Choose another name with --as.")
        copy.write_bytes(source.read_bytes())
        written.append(str(copy))
    if as_json:
        print_json({"files": written})
        return
    stdout.print(f"Wrote {path}. Change it, then: trialsim check {path}", markup=False)
