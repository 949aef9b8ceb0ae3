"""What people read on the screen: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rich_click as click
from rich.console import Console

from trialsim.errors import ScenarioError, TrialsimError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Columns of a table that goes to a file or a pipe.
WIDE = 140

stdout = Console(highlight=False, soft_wrap=True)
stderr = Console(stderr=True, highlight=False, soft_wrap=True)


def table_console() -> Console:
    """Where tables go: as wide as the terminal, or wide enough for a file."""
    return stdout if stdout.is_terminal else Console(highlight=False, width=WIDE)


def print_error(error: TrialsimError) -> None:
    """What is wrong, its code, and the remedy."""
    stderr.print(f"[bold red]error[/] [bold]{error.code}[/]", end=" ")
    stderr.print(error.message, markup=False)
    if error.remedy:
        stderr.print(f"  {error.remedy}", markup=False)


def print_faults(error: ScenarioError) -> None:
    """Every fault of a scenario with its line and a caret, and how many there are."""
    from trialsim.scenario import render_faults

    click.echo(render_faults(error, color=stderr.is_terminal), err=True)
    click.echo(f"{len(error.faults)} fault{'s' if len(error.faults) != 1 else ''} found.", err=True)


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=str))


@contextmanager
def progress(total: int, *, text: str, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr; the block calls the function it gets with the number of replicates done so far."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr, disable=quiet, transient=True) as bar:
        task = bar.add_task(text, total=total)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def stages(*, quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """A progress bar for each stage of a job; the block calls its function with stage, trials done, and their total."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"),
        TimeRemainingColumn(compact=True),
    )  # fmt: skip
    with Progress(*columns, console=stderr, disable=quiet, transient=True) as bar:
        known: dict[str, TaskID] = {}

        def tell(text: str, done: int, total: int | None) -> None:
            if text not in known:
                known[text] = bar.add_task(text, total=total, pace="")
            task = bar.tasks[known[text]]
            pace = done / task.elapsed if task.elapsed else 0.0
            bar.update(known[text], completed=done, total=total, pace=f"{pace:,.0f} a second" if pace >= 1 else "")

        yield tell
