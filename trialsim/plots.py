"""Figures of results: ``ts.plots.NAME(result)``. A result knows its figures; their names are in ``ts.plots.names(result)``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from trialsim.quantities.refuse import did_you_mean
from trialsim.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def names(result: Result) -> list[str]:
    """The figures a result has.

    Raises
    ------
    TypeError
        when it has none
    """
    return list(_figures(result))


def draw(name: str, result: Result) -> Figure:
    """One figure of a result, for a notebook or ``figure.savefig``.

    Raises
    ------
    AttributeError
        when the result has no figure of this name
    TypeError
        when it has none at all
    """
    figures = _figures(result)
    if name not in figures:
        raise AttributeError(
            f"This result has no figure '{name}'. {did_you_mean(name, list(figures), what='There are')}"
        )
    figure = figures[name]()
    setattr(figure, "_repr_png_", partial(_png, figure))  # noqa: B010  # what a notebook asks for, set on one figure
    return figure


def _png(figure: Figure) -> bytes:
    """A figure as a notebook shows it."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=100, bbox_inches="tight")
    return file.getvalue()


def _figures(result: Any) -> dict[str, Callable[[], Figure]]:
    """Name to what draws it."""
    if hasattr(result, "figures"):
        return dict(result.figures())
    if hasattr(result, "pictures"):
        return {one.name: partial(_of, one) for one in result.pictures()}
    raise TypeError(f"A {type(result).__name__} has no figures.")


def _of(picture: Any) -> Figure:
    figure: Figure = picture.figure
    return figure


def __getattr__(name: str) -> Callable[[Result], Figure]:
    """``plots.power``: the figure of this name of whatever result it is given."""
    if name.startswith("_"):
        raise AttributeError(name)
    return partial(draw, name)
