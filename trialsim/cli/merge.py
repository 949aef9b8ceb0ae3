"""``trialsim merge``."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

import trialsim as ts
from trialsim.cli.brief import lines_for_scripts, print_run
from trialsim.cli.console import print_json, stages, stderr
from trialsim.cli.failures import print_failed
from trialsim.cli.options import Folder, all_option, json_option, quiet_option
from trialsim.cli.parse import WORKERS
from trialsim.cli.tables import summary
from trialsim.quantities.counts import counted


@click.command("merge")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.argument("shards", nargs=-1, type=Folder())
@click.option("--figures/--no-figures", default=True, show_default=True, help="Draw figures and write the report.")
@click.option("--truth/--no-truth", default=True, show_default=True, help="Find true effects: bias, coverage.")
@click.option("--workers", "-w", type=WORKERS, help="Threads; by default one for each core.")
@all_option
@quiet_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    folder: Path,
    shards: tuple[Path, ...],
    figures: bool,
    truth: bool,
    workers: int | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Put the shards of a run together in FOLDER: those below it, and SHARDS that lie elsewhere.

    Missing trials are named, and the result is that of the rest (exit code 4). A run that was stopped is summed up the same way.
    """
    with stages(quiet=as_json) as tell:
        merged = ts.merge(
            folder, shards, truth=truth, figures=figures, workers=workers, progress=tell,
            tell=lambda text: stderr.print(text, markup=False),
        )  # fmt: skip
    gone = merged.finished.missing if merged.finished is not None else ()
    missing = [f"{part.start:,} to {part.stop - 1:,}" for part in gone]
    if as_json:
        document = summary(merged.characteristics, folder) | {"lines": lines_for_scripts(merged)}
        print_json({**document, "missing": [[part.start, part.stop] for part in gone]}, exit_code=4 if gone else 0)
    else:
        print_run(merged, figures=figures, everything=everything)
        print_failed(merged)
    if missing:
        count = sum(len(part) for part in gone)
        stderr.print(
            f"{counted(count, 'simulated trial')} {'is' if count == 1 else 'are'} missing: replicates {_listed(missing)}.",
            markup=False,
        )
        stderr.print(
            "Simulate their shards and merge again, or let `trialsim run` with this folder simulate them.", markup=False
        )
        ctx.exit(4)


def _listed(parts: list[str]) -> str:
    """A list people can read: the first ten."""
    return ", ".join(parts[:10]) + (f" and {len(parts) - 10:,} more ranges" if len(parts) > 10 else "")
