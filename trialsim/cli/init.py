"""``trialsim init``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from trialsim.cli.console import stdout


@click.command("init")
@click.argument("template", required=False)
@click.option("--as", "target", type=click.Path(dir_okay=False, path_type=Path), help="Name of the new file.")
def command(template: str | None, target: Path | None) -> None:
    """Copy a shipped scenario into this folder, to be changed; without a name, list the shipped ones.

    `trialsim init blank --as mine.yaml` begins with a commented skeleton, `blank-ward` with one that has a ward. The study is
    named as the file, and so is the folder of its results.
    """
    from trialsim.api.begin import begin_study, templates

    if template is None:
        known = templates()
        width = max(len(name) for name in known)
        for name, card in known.items():
            stdout.print(f"{name:<{width}}  {card.title}", markup=False)
        stdout.print("\nNext: trialsim init picu-blood-draw --as mine.yaml", markup=False)
        return
    path = begin_study(template, target)
    stdout.print(f"Wrote {path}. Change it, then: trialsim check {path}", markup=False)
