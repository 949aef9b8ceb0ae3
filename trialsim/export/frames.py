"""Tables as pandas frames, for the programs that write statistical files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from trialsim.export.model import Absent, Cell, Dataset, MissingCode, Variable

if TYPE_CHECKING:
    import pandas as pd


def frame(dataset: Dataset, absent: Callable[[MissingCode], Any], *, short: bool = False) -> pd.DataFrame:
    """The table; ``absent`` gives what a missing value with a reason becomes.

    Numbers are floats, unless a missing value is a letter; dates are dates; texts are texts.
    """
    import pandas as pd

    columns: dict[str, Any] = {}
    for variable, cells in dataset.columns():
        name = variable.short if short else variable.name
        if variable.kind == "when":
            columns[name] = pd.Series(
                np.array([_date(cell) for cell in cells], dtype="datetime64[us]"), dtype="datetime64[us]"
            )
        elif variable.numeric:
            numbers = [_number(cell, variable, absent) for cell in cells]
            letters = any(isinstance(absent(one), str) for one in variable.missing)
            columns[name] = pd.Series(numbers, dtype=object if letters else "float64")
        else:
            columns[name] = pd.Series(["" if cell is None else str(cell) for cell in cells], dtype=object)
    return pd.DataFrame(columns)


def _date(cell: Cell) -> datetime | None:
    return cell if isinstance(cell, datetime) else None


def _number(cell: Cell, variable: Variable, absent: Callable[[MissingCode], Any]) -> Any:
    if isinstance(cell, Absent):
        return absent(variable.missing[cell.index])
    return float(cell) if isinstance(cell, (int, float)) else float("nan")


def pyreadstat() -> Any:
    """The library that writes files of statistical programs; imported when it is used, and not typed."""
    from importlib import import_module

    return import_module("pyreadstat")


def nothing(_: MissingCode) -> float:
    """A missing value without its reason."""
    return float("nan")
