"""The style of every figure: colors of the arms, sizes, and how a figure is saved."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter
from PIL import Image

from trialsim.figures.letters import in_lines

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


#: The width [inches] for which figures of one column are laid out; they are then shrunk, and letters with them.
ONE_COLUMN = 4.2

#: Letters in a line of the names of rows beside and above them, and the height of another line [inches].
ROW_LETTERS, LETTERS_ABOVE, FURTHER_LINE = 46, 52, 0.15


@dataclass(frozen=True)
class NamedRows:
    """Rows of a figure with their names: beside them, or above each row where a figure is narrow.

    Attributes
    ----------
    names : in lines
    at : where each row is; rows are one unit high, without the band of their name
    band : height of the band of a name, in rows; 0 where names are beside the rows
    height : of all rows [inches]
    """

    names: tuple[str, ...]
    at: tuple[float, ...]
    band: float
    height: float

    @property
    def ends(self) -> tuple[float, float]:
        """Lower and upper end of the axis, for rows that go down."""
        return self.at[-1] + 0.5, -0.5 - self.band

    def label(self, axes: Axes, primary: Iterable[bool] = ()) -> str:
        """Write the names, those of primary rows in bold; the words on that for the caption, none if no row is primary."""
        axes.set_ylim(*self.ends)
        axes.tick_params(axis="y", length=0)
        if not self.band:
            axes.set_yticks(self.at, self.names)
            return bold_primary(axes, primary) if primary else ""
        axes.set_yticks(self.at, [""] * len(self.at))
        axes.set_zorder(axes.get_zorder() + 1)  # above a panel beside it, over which names may run
        axes.patch.set_visible(False)
        bold = list(primary) or [False] * len(self.at)
        for name, at, strong in zip(self.names, self.at, bold, strict=True):
            axes.annotate(
                name, (0, at - 0.5 - self.band), xycoords=axes.get_yaxis_transform(), xytext=(0, -2),
                textcoords="offset points", va="top", fontsize=8, fontweight="bold" if strong else "normal",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            ).set_in_layout(False)  # fmt: skip
        return " Bold: primary." if any(bold) else ""


def named_rows(rows: Sequence[str], height: float, *, narrow: bool = False) -> NamedRows:
    """Places for rows, each ``height`` inches high without its name."""
    if not narrow:
        names, more = row_names(rows)
        return NamedRows(tuple(names), tuple(map(float, range(len(rows)))), 0.0, (height + more) * len(rows))
    names = [in_lines(row, LETTERS_ABOVE, most=4) for row in rows]
    band = (FURTHER_LINE * (1 + max((name.count("\n") for name in names), default=0)) + 0.03) / height
    return NamedRows(
        tuple(names), tuple(place * (1 + band) for place in range(len(rows))), band, height * (1 + band) * len(rows)
    )


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


#: Dots per inch of a picture, and of one for print.
DPI, PRINT_DPI = 200, 600


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write ``name.png`` (200 dpi) and ``name.svg`` into ``folder`` without dates, so that equal figures give equal files.

    No text of a figure is treated as a formula: ``$`` occurs in names of arms and in prices.
    """
    png, svg = files_of(folder, name)
    svg.write_bytes(svg_text(figure).encode())
    png.write_bytes(png_bytes(figure))
    return png, svg


#: How hard a picture is packed: from here on files get hardly smaller, and take twice as long.
PACKED = 3


def _picture(figure: Figure, dpi: int) -> Image.Image:
    """The figure in dots, as it is laid out."""
    with _plain():
        figure.set_dpi(dpi)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def _packed(picture: Image.Image, dpi: int, **how: Any) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG", dpi=(dpi, dpi), **how)
    return file.getvalue()


def png_bytes(figure: Figure) -> bytes:
    """A figure, laid out before, as picture."""
    return _packed(_picture(figure, DPI), DPI, compress_level=PACKED)


def svg_text(figure: Figure) -> str:
    """Lay a figure out and give it as SVG. Nothing is laid out again: further files show the same."""
    file = StringIO()
    for text in figure.findobj(Text):
        text.set_parse_math(False)
    with _plain():
        FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None, "Creator": "trialsim"})
    figure.set_layout_engine("none")
    return file.getvalue()


def pdf_bytes(figure: Figure) -> bytes:
    """A figure, laid out before, as PDF with its letters embedded."""
    from matplotlib.backends.backend_pdf import FigureCanvasPdf  # takes long to load

    file = BytesIO()
    with _plain():
        FigureCanvasPdf(figure).print_pdf(
            file, metadata={"CreationDate": None, "Creator": "trialsim", "Producer": None}
        )
    return file.getvalue()


#: The widths of a figure over one column and over two columns of a journal.
COLUMN_MM, TWO_COLUMNS_MM = 85, 174

#: The smallest letters in print [points], and the height of a page of a journal [mm].
SMALLEST, PAGE_MM = 6.0, 234


def fit_to(figure: Figure, width_mm: float) -> None:
    """Make a figure at most so wide, and no higher than a page; letters and lines shrink, letters to :data:`SMALLEST` at most."""
    share = width_mm / 25.4 / figure.get_figwidth()
    if share >= 1:
        return
    figure.set_size_inches(width_mm / 25.4, min(figure.get_figheight() * share**0.8, PAGE_MM / 25.4))
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


def print_files(figure: Figure, name: str, width_mm: int) -> dict[str, bytes]:
    """The files of a figure for print by their names: ``name.pdf``, ``name.svg``, ``name.png`` (600 dpi), ``name-gray.png``.

    The figure is laid out again for this width, and no letter is smaller than :data:`SMALLEST`.
    """
    fit_to(figure, width_mm)
    svg = svg_text(figure)
    picture = _picture(figure, PRINT_DPI)
    gray = picture.convert("L")  # as a printer sees it (ITU-R BT.601)
    return {
        f"{name}.pdf": pdf_bytes(figure),
        f"{name}.svg": svg.encode(),
        f"{name}.png": _packed(picture, PRINT_DPI),
        f"{name}-gray.png": _packed(gray, PRINT_DPI),
    }


@contextmanager
def _plain() -> Iterator[None]:
    """The style while a figure is drawn. The canvases are asked themselves: ``savefig`` would draw everything twice."""
    with study_style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from")  # letters of other scripts are in the SVG
        yield


def plain_ticks() -> FuncFormatter:
    """Numbers on a logarithmic axis without zeros at the end: 50, 20, 0.5.

    >>> [plain_ticks()(value, 0) for value in (50.0, 0.5)]
    ['50', '0.5']
    """
    return FuncFormatter(lambda value, _: f"{value:.6g}")


def percent_ticks() -> FuncFormatter:
    """Shares on an axis as percent, with enough digits to distinguish ticks: 2.5 % is not written as 2 %.

    >>> [percent_ticks()(share, 0) for share in (0.0, 0.025, 0.05, 1.0)]
    ['0%', '2.5%', '5%', '100%']
    """
    return FuncFormatter(lambda share, _: f"{100 * share:.4g}%")
