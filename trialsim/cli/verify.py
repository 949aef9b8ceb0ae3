"""``trialsim verify``."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, progress, stdout
from trialsim.cli.options import Folder, json_option
from trialsim.cli.parse import Whole


@click.command("verify")
@click.argument("folder", type=Folder())
@click.option(
    "--sample",
    type=Whole(1, 10**9, example="20"),
    default=20,
    show_default=True,
    help="Replicates that are simulated again.",
)
@json_option
@click.pass_context
def command(ctx: click.Context, folder: Path, sample: int, as_json: bool) -> None:
    """Check a run made anywhere: its files are what was written, and replicates simulated again give the same numbers.

    Exit code 1 when a number or a file differs.
    """
    from trialsim.cli.first import say_if_first

    say_if_first()
    with progress(sample, text="Simulating again", quiet=as_json) as done:
        found = ts.verify(folder, sample=sample, progress=done)
    if as_json:
        verdict = {name: plain(one) for name, one in asdict(found.verdict).items()}
        print_json({"verdict": found.verdict.word, **verdict}, exit_code=0 if found.ok else 1)
    else:
        for line in found.lines():
            stdout.print(line, markup=False)
    if not found.ok:
        ctx.exit(1)


def plain(value: object) -> object:
    """As JSON can say it: a missing number as null, an infinite one as a word."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "infinite"
    item = getattr(value, "item", None)
    return plain(item()) if item is not None else value
