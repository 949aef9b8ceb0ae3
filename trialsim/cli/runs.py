"""``trialsim runs``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

import trialsim as ts
from trialsim.cli.console import print_json, stderr, stdout
from trialsim.cli.options import Folder, json_option

if TYPE_CHECKING:
    from trialsim.runs.listing import RunEntry


@click.command("runs")
@click.argument("folder", type=Folder(), required=False)
@click.option("--verify", "check", is_flag=True, help="Compare every file and chunk with its checksum.")
@click.option("--clean", "clean_", is_flag=True, help="Remove what is half written or damaged.")
@click.option(
    "--chunks", is_flag=True, help="With --clean: also the stores of finished runs, which then cannot be extended."
)
@click.option(
    "--remove", "keys", multiple=True, metavar="KEY",
    help="Remove an earlier result, or a run that was stopped, with its store. May be given several times.",
)  # fmt: skip
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    folder: Path | None,
    check: bool,
    clean_: bool,
    chunks: bool,
    keys: tuple[str, ...],
    as_json: bool,
) -> None:
    """List the runs below FOLDER (outputs by default); check them, and clean up after them.

    After an edit, the result before it is kept in the folder `earlier` of the run. Every result has a key.
    Exit code 1 when --verify finds something wrong.
    """
    if chunks and not clean_:
        raise click.UsageError("--chunks says what --clean removes: give both.")
    folder = folder or Path("outputs")
    _remove(keys, folder)
    if clean_:
        _clean(folder, chunks=chunks)
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


def _remove(keys: Sequence[str], folder: Path) -> None:
    """Remove what has these keys, and say what it was."""
    from trialsim.api.stored import remove_run
    from trialsim.runs.effort import volume

    for key in keys:
        gone = remove_run(key, folder)
        size = volume(sum(one.bytes for one in gone))
        what = gone[0].scenario or "what could not be read"
        stderr.print(f"Removed {gone[0].key} of {what} ({size}).", markup=False)


def _clean(folder: Path, *, chunks: bool) -> None:
    from trialsim.api.stored import clean_runs
    from trialsim.runs.effort import volume

    freed, left = clean_runs(folder, chunks=chunks)
    for problem in left:
        stderr.print(f"Left alone: {problem.message}", markup=False)
    stderr.print(f"{volume(freed)} removed.", markup=False)


def _state(one: RunEntry) -> str:
    """How a run is called in the list."""
    if one.status == "damaged" or not one.earlier:
        return "stopped" if one.status == "started" else one.status
    return "earlier"


def _print(found: Sequence[RunEntry]) -> None:
    from trialsim.cli.text import print_rows
    from trialsim.runs.effort import volume

    rows = []
    for one in found:
        seed = "" if one.seed is None else str(one.seed)
        count = f"{one.replicates:,}" if one.replicates else ""
        state = _state(one)
        rows.append((str(one.folder), one.key, state, seed, count, f"{one.kept:,}", volume(one.bytes)))
    names = ("folder", "key", "state", ">seed", ">trials", ">in store", ">on disk")
    print_rows(names, rows, wide=True)
