"""``trialsim verify``."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import rich_click as click

from trialsim.cli.console import print_json, progress, stdout
from trialsim.cli.options import json_option

#: Differences shown on the screen; ``--json`` gives all of them.
MOST_SHOWN = 10


@click.command("verify")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--sample", type=click.IntRange(min=1), default=20, show_default=True, help="Replicates played again.")
@json_option
@click.pass_context
def command(ctx: click.Context, folder: Path, sample: int, as_json: bool) -> None:
    """Check a run made anywhere: its files are what was written, and replicates played again give the same numbers.

    Exit code 1 when a number or a file differs.
    """
    from trialsim.cli.run import say_if_first
    from trialsim.runs.verify import verify

    say_if_first()
    with progress(sample, text="Playing again", quiet=as_json) as done:
        verdict = verify(folder, sample=sample, progress=done)
    if as_json:
        print_json(plain({"verdict": verdict.word, **asdict(verdict)}))
    else:
        count = len(verdict.replicates)
        stdout.print(
            f"{count:,} replicate{'s' if count > 1 else ''} played again, {verdict.compared:,} numbers compared: "
            f"{verdict.word}.",
            markup=False,
        )
        if 0 < verdict.largest < float("inf"):
            stdout.print(f"The largest relative difference is {verdict.largest:.1e}.", markup=False)
        for one in verdict.differences[:MOST_SHOWN]:
            stdout.print(
                f"  replicate {one.replicate}, twin {one.twin}, {one.analysis}: {one.contrast}: {one.column} is "
                f"{one.stored} in the run, {one.now} now",
                markup=False,
            )
        if len(verdict.differences) > MOST_SHOWN:
            stdout.print(f"  and {len(verdict.differences) - MOST_SHOWN:,} more", markup=False)
        for name in verdict.changed:
            stdout.print(
                f"{name}." if " is gone from " in name else f"{name} is gone or is not what the run wrote.",
                markup=False,
            )
        for words in verdict.lost:
            stdout.print(f"In {folder}, {words}.", markup=False)
        for name, (there, here) in verdict.versions.items():
            stdout.print(f"{name}: {there} in the run, {here} here.", markup=False)
    if verdict.differences or verdict.changed or verdict.lost:
        ctx.exit(1)


def plain(value: object) -> object:
    """As JSON can say it: a number that is none as null, one beyond all as a word."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "infinite"
    item = getattr(value, "item", None)
    return plain(item()) if item is not None else value
