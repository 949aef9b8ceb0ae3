"""A result in five lines and one table that fits a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console

from trialsim.cli.console import columns, is_quiet, plain_console, stdout, table_console
from trialsim.cli.grid import FIXED, grid, together
from trialsim.report.digits import SIGN

if TYPE_CHECKING:
    from trialsim.api.keep import Run
    from trialsim.evaluate.characteristics import OperatingCharacteristics
    from trialsim.report.brief import Line

#: The most that text is spread over: longer lines are hard to read.
WIDEST = 100

BAD = "bold red"

#: Letters of the names of lines, so that the text begins at the same place whichever lines are printed.
LONGEST = 6


def text_console() -> Console:
    """Where sentences and compact tables go: as wide as the terminal up to :data:`WIDEST`."""
    return plain_console(width=min(columns(), WIDEST))


def wrapped(text: str, width: int) -> list[str]:
    """Lines of a text; a number stays with its sign and its standard error.

    >>> wrapped("at a nominal level of 5 %", 23)
    ['at a nominal level of', '5 %']
    """
    lines = textwrap.wrap(
        together(text), max(width, 20), break_on_hyphens=False, break_long_words=False
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
    if not print_answer(lines):
        return
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


def print_answer(lines: Sequence[Line]) -> bool:
    """The lines, or quietly the answer alone; whether anything else is to be printed.

    The answer is the first line, and those without a name that follow it.
    """
    if not is_quiet():
        print_lines(lines)
        return True
    named = [place for place, line in enumerate(lines) if line.name and place]
    print_lines(lines[: min(named, default=len(lines))])
    return False


def print_lines(lines: Sequence[Line]) -> None:
    """Each line behind its name; what does not fit goes on below the text."""
    console = text_console()
    column = max(LONGEST, *(len(line.name) for line in lines)) + 2
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
    header: Sequence[str], rows: Iterable[Sequence[str]], *, indent: int = 0, wide: bool = False, whole: int = 0,
    styles: Sequence[str] = (),
) -> None:  # fmt: skip
    """A table of words and numbers (:func:`trialsim.cli.grid.grid`), each row in its style.

    A ``wide`` one takes all columns there are; the first ``whole`` columns are never broken.
    """
    cells = [tuple(row) for row in rows]
    console = table_console() if wide else text_console()
    made = grid(header, cells, console.width - indent, whole=whole)
    for lines, style in zip(made, ("bold", *(styles or [""] * len(cells))), strict=True):
        for line in lines:
            console.print(f"{'':<{indent}}{line}", style=style, soft_wrap=True)


def print_table(result: OperatingCharacteristics) -> None:
    """The compact table, what its numbers are, and how many rows there are beside it."""
    from trialsim.report.brief import table_rows

    rows, hidden = table_rows(result)
    print_rows(
        ("analysis", ">power", ">without effects", "level"),
        [(row.name, row.power, row.without_effects, row.verdict) for row in rows],
        styles=[style_of(primary=row.primary, bad=row.bad) for row in rows],
    )
    more = f" {hidden} more row{'s' if hidden != 1 else ''} with --all." if hidden else ""
    stdout.print()
    print_text(f"{result.replicates:,} simulated trials, seed {result.seed}. {SIGN}{more}")


def style_of(*, primary: bool, bad: bool) -> str:
    """How a row looks: bold if it is a primary analysis, red if its test rejects too often."""
    return " ".join(filter(None, ("bold" if primary else "", "red" if bad else "")))
