"""A table that fits its width: no word and no number is broken; where columns have no room, each row becomes lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from rich.cells import cell_len

from trialsim.quantities.letters import harmless

#: A blank at which no line ends.
FIXED = "\N{NO-BREAK SPACE}"

#: A number and its unit, between which no line ends.
UNITS = re.compile(r"(\d) (s|min|h|d|wk|y|months?|years?)\b")

#: Blanks between two columns.
GAP = 2


def together(text: str) -> str:
    """A text in which a number stays with its sign, its unit and its standard error."""
    for pair in (" %", "(SE ", " ± ", " - "):
        text = text.replace(pair, pair.replace(" ", FIXED))
    return UNITS.sub(rf"\1{FIXED}\2", text)


def grid(header: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, whole: int = 0) -> list[list[str]]:
    """The lines of the header, then those of each row.

    Columns whose name begins with ``>`` and columns of numbers are aligned to the right. A number is broken only before a
    bracket; where nothing else fits, also before its error and between the words of a bracket. The first ``whole`` columns are
    never broken. A row with nothing but its first cell is a heading. If the columns need more than ``width``, each row is
    one line a cell.

    >>> grid(("analysis", ">power"), [("Fear during the needle", "71.5 % ± 2.3")], 30)
    [['analysis                 power'], ['Fear during the   71.5 % ± 2.3', 'needle']]
    >>> grid(("analysis", ">power"), [("Fear during the needle", "71.5 % ± 2.3")], 15)
    [['analysis'], ['Fear during the', 'needle', '  power: 71.5 %', '  ± 2.3']]
    """
    names = [name.removeprefix(">") for name in header]
    cells = [[harmless(cell) for cell in row] for row in rows]
    columns = [[row[place] for row in cells] for place in range(len(names))]
    right = [name.startswith(">") or _numbers(column) for name, column in zip(header, columns, strict=True)]
    room = width - GAP * (len(names) - 1)
    for split in (_parts, _parts_of_numbers, _more_parts):
        heads = [split(name, number=False) for name in names]
        parts = [
            [[cell] if place < whole else split(cell, number=right[place]) for place, cell in enumerate(row)]
            for row in cells
        ]
        sized = [heads, *(part for part, row in zip(parts, cells, strict=True) if not _is_heading(row))]
        least = [max(cell_len(part.rstrip(" ")) for row in sized for part in row[place]) for place in range(len(names))]
        if sum(least) <= room:
            most = [max(cell_len("".join(row[place])) for row in sized) for place in range(len(names))]
            widths = _fitted(least, most, room)
            made = [
                _filled(part[0], width) if _is_heading(row) else _lines(part, widths, right)
                for part, row in zip(parts, cells, strict=True)
            ]
            return [_lines(heads, widths, right), *made]
    return [[names[0]], *(_stacked(names, row, width) for row in cells)]


def _is_heading(row: Sequence[str]) -> bool:
    """Whether a row has nothing but its first cell, which then goes over all columns."""
    return len(row) > 1 and not any(cell.strip() for cell in row[1:])


def grouped(
    rows: Sequence[Sequence[str]], styles: Sequence[str], *, alone: bool = False
) -> tuple[list[tuple[str, ...]], list[str]]:
    """Rows (group, name, cells) as a heading for each group, and its rows below it.

    A group of one row is one row, unless ``alone`` has a heading too.

    >>> grouped([("Fear", "all arms", "70 %"), ("Fear", "any pair", "65 %"), ("Pain", "all arms", "50 %")], ["bold", "", ""])[0]
    [('Fear', ''), ('  all arms', '70 %'), ('  any pair', '65 %'), ('Pain: all arms', '50 %')]
    """
    found: list[tuple[str, ...]] = []
    looks: list[str] = []
    for group, members in groupby(zip(rows, styles, strict=True), key=lambda one: one[0][0]):
        here = list(members)
        heading = alone or len(here) > 1
        if heading:
            found.append((group, *("" for _ in here[0][0][2:])))
            looks.append("bold" if "bold" in here[0][1] else "")
        for (_, name, *cells), style in here:
            single = f"{group}: {name}" if name else group
            found.append((f"  {name or 'in all'}" if heading else single, *cells))
            looks.append(style)
    return found, looks


def _parts(cell: str, *, number: bool) -> list[str]:
    """What of a cell stays together, each with the blank behind it; a path may be broken after a stroke."""
    if number or not cell.strip(" "):
        return re.split(r"(?<= )(?=\()", cell)
    return _words(cell, together(cell.lstrip(" ")))


def _parts_of_numbers(cell: str, *, number: bool) -> list[str]:
    """The same, where a number is also broken before its error."""
    return re.split(r"(?<= )(?=[(±])", cell) if number else _parts(cell, number=number)


def _more_parts(cell: str, *, number: bool) -> list[str]:  # noqa: ARG001  # one signature
    """The same with more places to break: between any two words, but not between a number and its unit or error."""
    text = cell.lstrip(" ").replace(" %", f"{FIXED}%").replace("± ", f"±{FIXED}")
    return _words(cell, UNITS.sub(rf"\1{FIXED}\2", text))


def _words(cell: str, text: str) -> list[str]:
    """The words of a text, with the indent of its cell."""
    first, *more = [part for part in re.split(r"(?<=[ /])", text) if part] or [""]
    return [" " * (len(cell) - len(cell.lstrip(" "))) + first, *more]


def _numbers(cells: Sequence[str]) -> bool:
    """Whether a column holds nothing but numbers."""
    return any(cells) and all(re.fullmatch(r"(up to |from )?[-+]?[\d.,]*( to [-+]?[\d.,]+)?", cell) for cell in cells)


def _fitted(least: Sequence[int], most: Sequence[int], room: int) -> list[int]:
    """The width of each column: as wide as its longest cell, the widest ones narrower until all have room."""
    widths = list(most)
    while sum(widths) > room:
        place = max((i for i in range(len(widths)) if widths[i] > least[i]), key=lambda i: widths[i])
        widths[place] -= 1
    return widths


def _lines(row: Sequence[Sequence[str]], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    """The lines of a row."""
    filled = [_filled(parts, width) for parts, width in zip(row, widths, strict=True)]
    return [
        (" " * GAP)
        .join(
            _padded(lines[i] if i < len(lines) else "", width, right=aside)
            for lines, width, aside in zip(filled, widths, right, strict=True)
        )
        .rstrip()
        for i in range(max(map(len, filled)))
    ]


def _filled(parts: Sequence[str], width: int) -> list[str]:
    """The parts of a cell in lines; what goes on in a next line has the indent of the first where it fits."""
    indent = parts[0][: len(parts[0]) - len(parts[0].lstrip(" "))]
    lines = [parts[0]]
    for part in parts[1:]:
        if cell_len(lines[-1] + part.rstrip(" ")) <= width:
            lines[-1] += part
        else:
            lines.append(indent + part if cell_len(indent + part.rstrip(" ")) <= width else part)
    return [line.rstrip(" ").replace(FIXED, " ") for line in lines]


def _padded(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if right else text + blanks


def _stacked(names: Sequence[str], row: Sequence[str], width: int) -> list[str]:
    """A row as lines: its first cell, then each other one behind its name."""
    lines = _filled(_parts(row[0], number=False), width)
    for name, cell in zip(names[1:], row[1:], strict=True):
        if cell.strip():
            text = f"{name}: {cell.strip()}" if name else cell.strip()
            lines += _filled(_more_parts(f"  {text}", number=False), width)
    return lines
