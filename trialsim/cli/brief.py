"""A result in five lines and one table that fits a terminal of 80 columns."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from trialsim.cli.console import is_quiet, plain_console, stdout, table_console
from trialsim.report.digits import SIGN

if TYPE_CHECKING:
    from trialsim.api.keep import Run
    from trialsim.evaluate.characteristics import OperatingCharacteristics
    from trialsim.report.brief import Line

#: Columns of a pipe or a file, and the most that text is spread over: longer lines are hard to read.
NARROW, WIDEST = 80, 100

BAD = "bold red"

#: A blank at which no line ends.
FIXED = "\N{NO-BREAK SPACE}"

#: A number and its unit, between which no line ends.
UNITS = re.compile(r"(\d) (s|min|h|d|wk|y|months?|years?)\b")


def text_console() -> Console:
    """Where sentences and compact tables go: as wide as the terminal up to :data:`WIDEST`, :data:`NARROW` in a pipe."""
    if stdout.is_terminal:
        return plain_console(width=min(stdout.width, WIDEST))
    columns = os.environ.get("COLUMNS", "")
    return plain_console(width=min(int(columns), WIDEST) if columns.isdecimal() and int(columns) > 0 else NARROW)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of a text; a number stays with its sign and its standard error.

    >>> wrapped("at a nominal level of 5 %", 23)
    ['at a nominal level of', '5 %']
    """
    together = text
    for pair in (" %", "(SE ", " ± "):
        together = together.replace(pair, pair.replace(" ", FIXED))
    together = UNITS.sub(rf"\1{FIXED}\2", together)
    lines = textwrap.wrap(
        together, max(width, 20), break_on_hyphens=False, break_long_words=False
    )  # a path stays whole
    return [line.replace(FIXED, " ") for line in lines]


def print_run(made: Run, *, figures: bool, everything: bool) -> None:
    """Five lines and a compact table, or everything; quietly the answer alone."""
    from trialsim.cli.tables import print_measures
    from trialsim.report.brief import five_lines
    from trialsim.report.opinions import opinion_line

    folder, result = made.folder, made.characteristics
    page = folder / "report.html"
    lines = five_lines(
        made, where=f"Read {page} first; all numbers are in {folder}." if figures else f"All numbers are in {folder}."
    )
    if is_quiet():
        print_lines(lines[:1])
        return
    print_lines(lines)
    stdout.print()
    if not everything:
        print_table(result)
        return
    print_measures(result)
    opinion = opinion_line(made.study, result)
    if opinion is not None:
        stdout.print()
        print_text(opinion)


def lines_for_scripts(made: Run) -> list[dict[str, object]]:
    """The answer, its level, what limits it and what the trial takes; ``bad`` where a number is not to be trusted."""
    from trialsim.report.brief import five_lines

    return [asdict(line) for line in five_lines(made, where="")[:-1]]


def print_lines(lines: Sequence[Line]) -> None:
    """Each line behind its name; what does not fit goes on below the text."""
    console = text_console()
    column = max(len(line.name) for line in lines) + 2
    for line in lines:
        first, *more = wrapped(line.text, console.width - column)
        style = BAD if line.bad else ""
        console.print(f"{line.name:<{column}}", style="bold", end="")
        console.print(first, style=style, soft_wrap=True)
        for part in more:
            console.print(f"{'':<{column}}{part}", style=style, soft_wrap=True)


def print_text(text: str, *, indent: str = "") -> None:
    """A sentence or several, in lines of the terminal; a text with an indent of its own keeps it."""
    console = text_console()
    indent += text[: len(text) - len(text.lstrip())]
    for line in wrapped(text.lstrip(), console.width - len(indent)):
        console.print(f"{indent}{line}", soft_wrap=True)


def print_rows(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, indent: int = 0, wide: bool = False, whole: int = 0
) -> None:
    """A table of words; columns of numbers are aligned to the right.

    A ``wide`` one takes all columns there are; the first ``whole`` columns are never broken.
    """
    rows = [tuple(row) for row in rows]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, name in enumerate(header):
        cells = [row[place] for row in rows]
        table.add_column(name, overflow="fold", justify="right" if _numbers(cells) else "left", no_wrap=place < whole)
    for row in rows:
        table.add_row(*row)
    (table_console() if wide else text_console()).print(Padding(table, (0, 0, 0, indent), expand=False))


def _numbers(cells: Sequence[str]) -> bool:
    """Whether a column holds nothing but numbers."""
    return any(cells) and all(re.fullmatch(r"(up to |from )?[-+]?[\d.,]*( to [-+]?[\d.,]+)?", cell) for cell in cells)


def print_table(result: OperatingCharacteristics) -> None:
    """The compact table, what its numbers are, and how many rows there are beside it."""
    from trialsim.report.brief import table_rows

    rows, hidden = table_rows(result)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("analysis", overflow="fold")
    for name in ("power", "without effects"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("level", overflow="fold")
    for row in rows:
        style = " ".join(filter(None, ("bold" if row.primary else "", "red" if row.bad else "")))
        table.add_row(row.name, row.power, row.without_effects, row.verdict, style=style)
    text_console().print(table)
    more = f" {hidden} more row{'s' if hidden != 1 else ''} with --all." if hidden else ""
    stdout.print()
    print_text(f"{result.replicates:,} simulated trials, seed {result.seed}. {SIGN}{more}")
