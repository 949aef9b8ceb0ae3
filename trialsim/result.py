"""How results show themselves: a few lines and a table, as text and in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: What fits on a screen: rows and columns of a table, and letters in a line.
ROWS, COLUMNS, WIDTH = 20, 10, 120

#: Lines above the table.
LINES = 16


class Result(ABC):
    """A result with a table of its numbers, and a few lines that say what they mean."""

    @abstractmethod
    def frame(self) -> pd.DataFrame:
        """The numbers as a table."""

    @abstractmethod
    def lines(self) -> Sequence[str]:
        """What is to be known first, a sentence a line."""

    def brief(self) -> pd.DataFrame:
        """The table that is shown; by default all of it."""
        return self.frame()

    def __repr__(self) -> str:
        table = self.brief()
        lines = _first([part for line in self.lines() for part in _wrapped(line)])
        if len(table):
            lines.append(_as_text(table))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The same for a notebook: every word is escaped, so that no name in a file becomes markup."""
        table = self.brief()
        first, *rest = [escape(line) for line in _first(self.lines())] or [""]
        paragraphs = [f"<p><b>{first}</b></p>", *(f"<p>{line}</p>" for line in rest)]
        if len(table):
            html = table.to_html(
                max_rows=ROWS, max_cols=COLUMNS, index=False, border=0, justify="left", na_rep="", float_format=_number
            )
            paragraphs.append(f'<div style="overflow-x: auto">{html}</div>')
        return "\n".join(paragraphs)


def _first(lines: Sequence[str]) -> list[str]:
    more = len(lines) - LINES
    return [*lines[:LINES], *([f"... and {more} more lines"] if more > 0 else [])]


def _wrapped(line: str) -> list[str]:
    """A sentence in lines of a screen, its own indent before each."""
    indent = line[: len(line) - len(line.lstrip())]
    return wrap(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]


def _as_text(table: pd.DataFrame) -> str:
    """A table no wider than the screen: its first columns, and how many there are."""
    shown, width = table, WIDTH
    while True:
        text = shown.to_string(
            max_rows=ROWS, index=False, na_rep="", float_format=_number, max_colwidth=40, show_dimensions=False
        )
        if max(map(len, text.splitlines())) <= width or shown.shape[1] == 1:
            break
        shown = shown.iloc[:, :-1]
    hidden = table.shape[1] - shown.shape[1]
    notes = [f"{len(table):,} rows"] if len(table) > ROWS else []
    notes += [f"{hidden} more columns: {', '.join(map(str, table.columns[-hidden:]))}"] if hidden else []
    notes = [note if len(note) <= width - 2 else f"{note[: width - 5]}..." for note in notes]
    return "\n".join([text, *(f"[{note}]" for note in notes)])


def _number(value: float) -> str:
    return f"{value:.4g}"
