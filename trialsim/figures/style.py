"""The style of every figure: colors of the arms, sizes, and how a figure is saved."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter
from PIL import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#22313f"
QUIET = "#8a97a3"
FAINT = "#e6eaee"
ACCENT = "#b3432b"

#: What a number in this color says, in the caption of a figure that has one.
TOO_OFTEN = "Number in red: rejects too often without effects, so not a power."

#: Okabe and Ito's colors, readable with every kind of color vision; the reference arm is gray.
ARM_COLORS = ("#7f8c99", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


#: A marker and a pattern for each arm, so that arms differ without colors as well.
ARM_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
ARM_HATCHES = ("", "////", "....", "xxxx", "----", "\\\\\\\\", "++++")


def arm_marks(arms: Sequence[str], marks: Sequence[str]) -> dict[str, str]:
    """The marker or pattern of each arm, by its place in the design.

    >>> arm_marks(("control", "music"), ARM_MARKERS)
    {'control': 'o', 'music': 's'}
    """
    return {arm: marks[index % len(marks)] for index, arm in enumerate(arms)}


def arm_palette(arms: Sequence[str]) -> dict[str, str]:
    """Color of each arm, the same in every figure of a study; a single arm is blue."""
    colors = ARM_COLORS[1:] if len(arms) == 1 else ARM_COLORS
    return {arm: colors[index % len(colors)] for index, arm in enumerate(arms)}


@contextmanager
def study_style() -> Iterator[None]:
    """The settings of every figure; global settings are restored afterwards."""
    settings: dict[str, Any] = {
        "figure.dpi": 110,
        "figure.constrained_layout.use": True,
        "font.family": "DejaVu Sans",
        "font.size": 9.5,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": QUIET,
        "axes.titlesize": 10.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.axisbelow": True,
        "lines.solid_capstyle": "round",
        "patch.edgecolor": "white",
        "patch.force_edgecolor": True,
        "pdf.fonttype": 42,  # letters as letters, which journals want
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": INK,
        "ytick.color": INK,
        "grid.color": FAINT,
        "legend.frameon": False,
        "text.parse_math": False,  # a dollar sign is a dollar sign: names are shown as they are written
        "svg.hashsalt": "trialsim",
        "svg.fonttype": "none",
    }
    with mpl.rc_context():
        mpl.rcParams.update(settings)  # type: ignore[arg-type]  # the stub lists every key by name
        yield


def blank_figure(width: float, height: float) -> Figure:
    """An empty figure, ``width`` x ``height`` in inches, without a window."""
    return Figure(figsize=(width, height), layout="constrained")


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


#: Letters in a line of the names of rows, and the height of another line [inches].
ROW_LETTERS, FURTHER_LINE = 46, 0.15


def row_names(rows: Sequence[str]) -> tuple[list[str], float]:
    """The names of rows in lines, and the extra height [inches] of each row for them."""
    names = [in_lines(row, ROW_LETTERS, most=4) for row in rows]
    return names, FURTHER_LINE * max((name.count("\n") for name in names), default=0)


#: Letters of a caption in an inch of the figure.
LETTERS = 16


def caption(figure: Figure, text: str) -> None:
    """Small lines under the figure on what was simulated and how often, no wider than the figure."""
    lines = textwrap.wrap(text, int(LETTERS * figure.get_figwidth()), break_on_hyphens=False)
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=8, color=QUIET)


def bold_primary(axes: Axes, primary: Iterable[bool]) -> str:
    """Labels of the primary rows in bold, and the words for the caption; none if no row is primary."""
    found = False
    for tick, bold in zip(axes.get_yticklabels(), primary, strict=True):
        if bold:
            tick.set_fontweight("bold")
            found = True
    return " Bold: primary." if found else ""


def plain_grid(axes: Axes, *, axis: str = "y") -> None:
    """A faint grid behind the data along one axis."""
    axes.grid(visible=True, axis=axis, linewidth=0.8)  # type: ignore[arg-type]  # matplotlib's stub wants a literal
    axes.set_axisbelow(True)


def files_of(folder: Path, name: str) -> tuple[Path, Path]:
    """Where :func:`save` writes."""
    return folder / f"{name}.png", folder / f"{name}.svg"


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write ``name.png`` (200 dpi) and ``name.svg`` into ``folder`` without dates, so that equal figures give equal files.

    No text of a figure is treated as a formula: ``$`` occurs in names of arms and in prices.
    """
    png, svg = files_of(folder, name)
    with svg.open("w", encoding="utf-8", newline="\n") as file:
        write_svg(figure, file)
    _picture(figure, 200).save(png, dpi=(200, 200), compress_level=PACKED)
    return png, svg


#: How hard a picture is packed: from here on files get hardly smaller, and take twice as long.
PACKED = 3


def _picture(figure: Figure, dpi: int) -> Image.Image:
    """The figure in dots, as it is laid out."""
    with _plain(figure):
        figure.set_dpi(dpi)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def write_svg(figure: Figure, file: TextIO) -> None:
    """Lay a figure out and write it as SVG. Nothing is laid out again: further files show the same."""
    with _plain(figure):
        FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None, "Creator": "trialsim"})
    figure.set_layout_engine("none")


#: The width of a figure over two columns of a journal, and dots per inch of a picture of it.
TWO_COLUMNS_MM, PRINT_DPI = 174, 600


#: The smallest letters in print [points].
SMALLEST = 6.0


def fit_to(figure: Figure, width_mm: float) -> None:
    """Make a figure at most so wide; letters and lines shrink with it, letters to :data:`SMALLEST` at most."""
    share = width_mm / 25.4 / figure.get_figwidth()
    if share >= 1:
        return
    figure.set_size_inches(width_mm / 25.4, figure.get_figheight() * share**0.8)
    with study_style():
        for axes in figure.axes:
            for axis in (axes.xaxis, axes.yaxis):
                labels = axis.get_ticklabels()
                size = max(SMALLEST, float(labels[0].get_fontsize()) * share) if labels else SMALLEST
                axis.set_tick_params(labelsize=size, width=0.8 * share)
        for text in figure.findobj(Text):
            text.set_fontsize(max(SMALLEST, float(text.get_fontsize()) * share))
        words = " ".join(figure.get_supxlabel().split())
        lines = textwrap.wrap(words, int(LETTERS * 8 / SMALLEST * figure.get_figwidth() * 0.9), break_on_hyphens=False)
        figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=SMALLEST, color=QUIET)
    figure.set_layout_engine("constrained")


def save_for_print(figure: Figure, folder: Path, name: str) -> tuple[Path, ...]:
    """Write ``name.pdf``, ``name.svg``, ``name.png`` (600 dpi) and ``name-gray.png``, no wider than two columns of a journal.

    The figure is laid out again for this width, and no letter is smaller than :data:`SMALLEST`.
    """
    fit_to(figure, TWO_COLUMNS_MM)
    folder.mkdir(parents=True, exist_ok=True)
    pdf, png, gray = folder / f"{name}.pdf", folder / f"{name}.png", folder / f"{name}-gray.png"
    svg = folder / f"{name}.svg"
    with svg.open("w", encoding="utf-8", newline="\n") as file:
        write_svg(figure, file)
    write_pdf(figure, pdf)
    picture = _picture(figure, PRINT_DPI)
    picture.save(png, dpi=(PRINT_DPI, PRINT_DPI))
    picture.convert("L").save(gray, dpi=(PRINT_DPI, PRINT_DPI))  # as a printer sees it (ITU-R BT.601)
    return pdf, svg, png, gray


def write_pdf(figure: Figure, path: Path) -> None:
    """Write a figure, laid out before, as PDF with its letters embedded."""
    with _plain(figure):
        FigureCanvasPdf(figure).print_pdf(
            path, metadata={"CreationDate": None, "Creator": "trialsim", "Producer": None}
        )


@contextmanager
def _plain(figure: Figure) -> Iterator[None]:
    """The style while a figure is drawn. The canvases are asked themselves: ``savefig`` would draw everything twice."""
    for text in figure.findobj(Text):
        text.set_parse_math(False)
    with study_style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from")  # letters of other scripts are in the SVG
        yield


def percent_ticks() -> FuncFormatter:
    """Shares on an axis as percent, with enough digits to distinguish ticks: 2.5 % is not written as 2 %.

    >>> [percent_ticks()(share, 0) for share in (0.0, 0.025, 0.05, 1.0)]
    ['0%', '2.5%', '5%', '100%']
    """
    return FuncFormatter(lambda share, _: f"{100 * share:.4g}%")
