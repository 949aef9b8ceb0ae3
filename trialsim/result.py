"""How results are shown: a few lines and a table, as text and in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import pandas as pd

#: The size of a screen: rows and columns of a table, and letters in a line.
ROWS, COLUMNS, WIDTH = 20, 10, 120

#: Lines above the table.
LINES = 16


class Result(ABC):
    """A result with a table of its numbers, and a few lines on their meaning; at most ``most_lines`` of them are shown."""

    most_lines: ClassVar[int] = LINES

    @abstractmethod
    def frame(self) -> pd.DataFrame:
        """The numbers as a table."""

    @abstractmethod
    def lines(self) -> Sequence[str]:
        """The most important facts, one sentence for each line."""

    def brief(self) -> pd.DataFrame:
        """The table shown; by default all of it."""
        return self.frame()

    def __repr__(self) -> str:
        table = self.brief()
        lines = self._first([part for line in self.lines() for part in _wrapped(line)])
        if len(table):
            lines.append(_as_text(table))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The same for a notebook: every word is escaped, so that no name in a file becomes markup."""
        table = self.brief()
        first, *rest = [escape(line) for line in self._first(self.lines())] or [""]
        paragraphs = [f"<p><b>{first}</b></p>", *(f"<p>{line}</p>" for line in rest)]
        if len(table):
            paragraphs.append(as_html(table))
        return "\n".join(paragraphs)

    def _first(self, lines: Sequence[str]) -> list[str]:
        more = len(lines) - self.most_lines
        return [*lines[: self.most_lines], *([f"... and {more} more lines"] if more > 0 else [])]


def as_html(table: pd.DataFrame) -> str:
    """A table for a notebook, its first and last rows and first columns; words are aligned left and numbers right."""
    shown = table.iloc[:, :COLUMNS]
    if len(table) > ROWS:
        shown = shown.iloc[[*range(ROWS // 2), *range(len(table) - ROWS // 2, len(table))]]
    sides = ["right" if kind.kind in "iuf" else "left" for kind in shown.dtypes]
    head = _row([str(name) for name in shown.columns], sides, cell="th")
    body = [_row([_cell(value) for value in row], sides) for row in shown.itertuples(index=False)]
    if len(table) > ROWS:
        body.insert(ROWS // 2, _row(["..."] * len(sides), sides))
    notes = [f"{len(table):,} rows"] if len(table) > ROWS else []
    if len(sides) < table.shape[1]:
        notes.append(f"{table.shape[1] - len(sides)} more columns: {', '.join(map(str, table.columns[COLUMNS:]))}")
    words = "".join(f"<p>{escape(note)}</p>" for note in notes)
    rows = "\n".join(body)
    return f'<div style="overflow-x: auto"><table><thead>{head}</thead><tbody>{rows}</tbody></table>{words}</div>'


def _row(cells: Sequence[str], sides: Sequence[str], *, cell: str = "td") -> str:
    found = (
        f'<{cell} style="text-align: {side}">{escape(text)}</{cell}>' for text, side in zip(cells, sides, strict=True)
    )
    return f"<tr>{''.join(found)}</tr>"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else _number(value)
    return "" if value is None or str(value) in ("<NA>", "NaT") else str(value)


def _wrapped(line: str) -> list[str]:
    """A sentence in lines of a screen, each with its indent."""
    indent = line[: len(line) - len(line.lstrip())]
    return wrap(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]


def _as_text(table: pd.DataFrame) -> str:
    """A table no wider than the screen: its first columns, and the number of the others."""
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
