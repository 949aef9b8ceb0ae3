"""What people read on the screen: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import rich_click as click
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult
from rich.segment import Segment

from trialsim.errors import ScenarioError, TrialsimError
from trialsim.quantities.letters import harmless

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import BarColumn

#: Columns of what goes to a file or a pipe.
NARROW = 80

#: Where ``--quiet`` is remembered while a command runs.
QUIET = "trialsim.quiet"


class _Harmless(RenderHook):
    """Shows letters that steer a terminal by their numbers, anywhere in a text or table."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Each of them, rendered as before, its texts without odd letters."""
        return [_HarmlessText(one) for one in renderables]


class _HarmlessText:
    def __init__(self, inner: RenderableType) -> None:
        self.inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.inner, options):
            text = segment.text if segment.control else harmless(segment.text)
            yield segment if text == segment.text else Segment(text, segment.style)


def plain_console(**settings: Any) -> Console:
    """A console to which no text is a command: ``[red]`` and ``:smile:`` are words, ESC is shown by its number."""
    console = Console(highlight=False, markup=False, emoji=False, **settings)
    console.push_render_hook(_Harmless())
    return console


stdout = plain_console(soft_wrap=True)
stderr = plain_console(stderr=True, soft_wrap=True)


def columns() -> int:
    """The width of the terminal; in a pipe or a file what ``COLUMNS`` says, by default :data:`NARROW`."""
    if stdout.is_terminal:
        return stdout.width
    declared = os.environ.get("COLUMNS", "")
    return int(declared) if declared.isdecimal() and int(declared) > 0 else NARROW


def table_console() -> Console:
    """Where tables go: as wide as the terminal, or as a pipe."""
    return plain_console(width=columns())


def is_quiet() -> bool:
    """Whether the command under way prints only the answer (``--quiet``)."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(QUIET))


def say(text: str) -> None:
    """A note on stderr, unless only the answer is wanted."""
    if not is_quiet():
        stderr.print(text)


def print_error(error: TrialsimError) -> None:
    """What is wrong, its code, and the remedy."""
    stderr.print("error", style="bold red", end=" ")
    stderr.print(error.code, style="bold", end=" ")
    stderr.print(error.message)
    if error.remedy:
        stderr.print(f"  {error.remedy}")


def print_faults(error: ScenarioError) -> None:
    """Every fault of a scenario with its line and a caret, and how many there are."""
    from trialsim.scenario import render_faults

    click.echo(render_faults(error, color=stderr.is_terminal), err=True)
    click.echo(f"{len(error.faults)} fault{'s' if len(error.faults) != 1 else ''} found.", err=True)


#: The version of the documents of ``--json``: raised when a key goes or changes its meaning, not when one is added.
FORMAT = 1


def print_json(value: Mapping[str, object], *, exit_code: int = 0) -> None:
    """The result of the command under way as one JSON document on stdout."""
    context = click.get_current_context(silent=True)
    print_document(value, command=(context.info_name if context else None) or "", exit_code=exit_code)


def print_document(value: Mapping[str, object], *, command: str, exit_code: int) -> None:
    """A JSON document with its version, its command and its exit code before everything else."""
    head = {"format": FORMAT, "command": command, "exit_code": exit_code}
    click.echo(json.dumps({**head, **value}, indent=2, ensure_ascii=False, allow_nan=False, default=str))


def _bar() -> BarColumn:
    """A progress bar in colors that are seen on white and on black."""
    from rich.progress import BarColumn

    return BarColumn(style="default", complete_style="magenta", finished_style="green", pulse_style="magenta")


@contextmanager
def progress(total: int, *, text: str, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr; the block calls the function it gets with the number of replicates done so far."""
    from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        _bar(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    if quiet or is_quiet() or not stderr.is_terminal:
        yield lambda _: None
        return
    with Progress(*columns, console=stderr, transient=True) as bar:
        task = bar.add_task(text, total=total)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def stages(*, quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """A progress bar for each stage of a job; the block calls its function with stage, trials done, and their total."""
    from rich.progress import MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False), _bar(), MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}", markup=False), TimeRemainingColumn(compact=True),
    )  # fmt: skip
    if quiet or is_quiet() or not stderr.is_terminal:
        yield lambda _, __, ___: None
        return
    with Progress(*columns, console=stderr, transient=True) as bar:
        known: dict[str, TaskID] = {}

        def tell(text: str, done: int, total: int | None) -> None:
            if text not in known:
                known[text] = bar.add_task(text, total=total, pace="")
            task = bar.tasks[known[text]]
            pace = done / task.elapsed if task.elapsed else 0.0
            bar.update(known[text], completed=done, total=total, pace=f"{pace:,.0f} a second" if pace >= 1 else "")

        yield tell
