"""Names in lines, for whatever is drawn: no figure is loaded for it."""

from __future__ import annotations

import textwrap


def in_lines(text: str, width: int, *, most: int = 3) -> str:
    """A name in lines of ``width`` letters, at most ``most`` of them; the rest is cut.

    >>> in_lines("hand massage with lavender oil", 14, most=2).splitlines()
    ['hand massage', 'with lavend…']
    """
    lines = textwrap.wrap(text, width) or [""]
    if len(lines) > most:
        kept = lines[most - 1][: width - 3].rstrip()
        lines = [*lines[: most - 1], f"{kept}…"]
    return "\n".join(lines)
