"""``trialsim init``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

import trialsim as ts
from trialsim.cli.console import stdout
from trialsim.errors import RunError


@click.command("init")
@click.argument("template", required=False)
@click.option("--as", "target", type=click.Path(dir_okay=False, path_type=Path), help="Name of the new file.")
def command(template: str | None, target: Path | None) -> None:
    """Copy a shipped scenario into this folder, to be changed; without a name, list the shipped ones."""
    shipped = ts.shipped()
    if template is None:
        width = max(len(name) for name in shipped)
        for name, card in shipped.items():
            stdout.print(f"{name:<{width}}  {card.title}", markup=False)
        stdout.print("\nNext: trialsim init picu-blood-draw", markup=False)
        return
    if template not in shipped:
        raise RunError(
            f"No shipped scenario is called {template!r}.", code="TS-R010", remedy="`trialsim init` lists them."
        )
    card = shipped[template]
    path = target or Path(card.path.name)
    for source in (card.path, *card.companions):
        copy = path if source == card.path else path.parent / source.name
        if copy.exists():
            raise RunError(f"{copy} exists already.", code="TS-R011", remedy="Choose another name with --as.")
        copy.write_bytes(source.read_bytes())
    stdout.print(f"Wrote {path}. Change it, then: trialsim check {path}", markup=False)
