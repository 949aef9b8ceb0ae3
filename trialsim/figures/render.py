"""A figure as files: what to draw goes in, bytes come out, in whatever process it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Which files of figures are written: none beside the page; PNG and SVG; or those for a journal as well.
FigureFiles = Literal["page", "all", "print"]


@dataclass(frozen=True)
class FigureCall:
    """A figure that is still to be drawn: by which function of this room (``power.rejection_rates``), and from what.

    Whoever makes one does not load matplotlib; only drawing does.
    """

    function: str
    tables: tuple[Any, ...]
    words: Mapping[str, Any]

    def __call__(self, **more: Any) -> Figure:
        """Draw it."""
        module, _, name = self.function.partition(".")
        figure: Figure = getattr(import_module(f"trialsim.figures.{module}"), name)(*self.tables, **self.words, **more)
        return figure


def figure_of(function: str, *tables: Any, **words: Any) -> FigureCall:
    """The figure that a function of this room makes of tables, drawn when it is called."""
    return FigureCall(function, tables, words)


@dataclass(frozen=True)
class FigureBytes:
    """A figure as SVG, its caption, and its files by their path in the folder of figures."""

    svg: str
    caption: str
    files: Mapping[str, bytes] = field(default_factory=dict)


def render(name: str, draw: Callable[..., Figure], files: FigureFiles) -> FigureBytes:
    """Draw a figure and give its files.

    Parameters
    ----------
    draw : gives the figure; with ``narrow=True`` as it is laid out for one column of a journal
    """
    from trialsim.figures.style import COLUMN_MM, TWO_COLUMNS_MM, png_bytes, print_files, svg_text

    figure = draw()
    svg, caption = svg_text(figure), figure.get_supxlabel()
    if files == "page":
        return FigureBytes(svg, caption)
    made = {f"{name}.svg": svg.encode(), f"{name}.png": png_bytes(figure)}
    if files == "print":
        for width, one in ((TWO_COLUMNS_MM, figure), (COLUMN_MM, draw(narrow=True))):
            found = print_files(one, name, width)
            made |= {f"print/{width}mm/{file}": held for file, held in found.items()}
    return FigureBytes(svg, caption, made)


def write_rendered(drawn: FigureBytes, folder: Path) -> list[Path]:
    """Write the files of a figure into the folder of figures."""
    for name, held in drawn.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(held)
    return [folder / name for name in drawn.files]


def captions_of(figures: Sequence[tuple[str, str, str, FigureBytes]]) -> str:
    """The captions of figures, each given by its name, its heading, what it shows, and its drawing."""
    words = (f"{name}: {heading}. {text} {drawn.caption}" for name, heading, text, drawn in figures)
    return "\n\n".join(" ".join(one.split()) for one in words) + "\n"
