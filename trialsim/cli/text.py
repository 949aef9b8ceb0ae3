"""How lines, sentences and tables are printed: as wide as the terminal, or 80 columns in a pipe."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from trialsim.cli.console import columns, is_quiet, plain_console, table_console
from trialsim.cli.grid import FIXED, grid, together

if TYPE_CHECKING:
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


def print_text(text: str, *, indent: str = "", style: str = "") -> None:
    """A sentence or several, in lines of the terminal; a text with an indent of its own keeps it."""
    console = text_console()
    indent += text[: len(text) - len(text.lstrip())]
    for line in wrapped(text.lstrip(), console.width - len(indent)):
        console.print(f"{indent}{line}", style=style, soft_wrap=True)


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


def style_of(*, primary: bool, bad: bool) -> str:
    """How a row looks: bold if it is a primary analysis, red if its test rejects too often."""
    return " ".join(filter(None, ("bold" if primary else "", "red" if bad else "")))
