"""``trialsim runs``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stderr, stdout, table_console
from trialsim.cli.options import Folder, json_option

if TYPE_CHECKING:
    from trialsim.runs.listing import Listed


@click.command("runs")
@click.argument("folder", type=Folder(), required=False)
@click.option("--verify", "check", is_flag=True, help="Hold every file and chunk against its checksum.")
@click.option("--clean", "clean_", is_flag=True, help="Remove what is half written or damaged.")
@click.option(
    "--chunks", is_flag=True, help="With --clean: also the stores of finished runs, which then cannot be extended."
)
@json_option
@click.pass_context
def command(ctx: click.Context, folder: Path | None, check: bool, clean_: bool, chunks: bool, as_json: bool) -> None:
    """List the runs below FOLDER (outputs by default); check them, and clean up after them.

    Exit code 1 when --verify finds something wrong.
    """
    from trialsim.api.keep import clean_runs
    from trialsim.runs.effort import volume

    if chunks and not clean_:
        raise click.UsageError("--chunks says what --clean removes: give both.")
    folder = folder or Path("outputs")
    if clean_:
        freed, left = clean_runs(folder, chunks=chunks)
        for problem in left:
            stderr.print(f"Left alone: {problem.message}", markup=False)
        stderr.print(f"{volume(freed)} removed.", markup=False)
    found = ts.runs(folder, check=check)
    if as_json:
        broken = any(one.faults for one in found)
        print_json(
            {"runs": [{**asdict(one), "folder": str(one.folder)} for one in found]}, exit_code=1 if broken else 0
        )
    elif not found:
        stdout.print(f"There are no runs below {folder}.", markup=False)
    else:
        _print(found)
    for one in found:
        for fault in one.faults:
            stderr.print(f"{one.folder}: {fault}.", markup=False)
    if check and not as_json and found and not any(one.faults for one in found):
        stdout.print("Every file and every chunk is what was written.", markup=False)
    if any(one.faults for one in found):
        ctx.exit(1)


def _print(found: Sequence[Listed]) -> None:
    from rich.table import Table

    from trialsim.runs.effort import volume

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("folder", "status", "scenario"):
        table.add_column(name)
    for name in ("seed", "replicates", "in the store", "on disk"):
        table.add_column(name, justify="right")
    for one in found:
        seed = "" if one.seed is None else str(one.seed)
        table.add_row(
            str(one.folder),
            one.status,
            one.scenario,
            seed,
            f"{one.replicates:,}",
            f"{one.kept:,}",
            volume(one.bytes),
        )
    table_console().print(table)
