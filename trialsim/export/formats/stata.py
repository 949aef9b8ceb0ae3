"""Stata: labels, value labels, and missing values .a to .z with their reasons."""

from __future__ import annotations

from pathlib import Path

from trialsim.export.build import TrialExport
from trialsim.export.frames import frame, pyreadstat
from trialsim.export.model import BANNER, Dataset, Variable
from trialsim.runs.files import whole_file

#: Letters that Stata allows in a label.
LABEL = 80


def write(export: TrialExport, folder: Path) -> list[Path]:
    """Write a .dta file for each table."""
    return [_write(one, folder / f"{one.name}.dta") for one in export.datasets]


def _write(dataset: Dataset, path: Path) -> Path:
    variables = dataset.variables
    with whole_file(path) as temporary:
        pyreadstat().write_dta(
            frame(dataset, lambda code: code.letter),
            str(temporary),
            file_label=BANNER[:LABEL],
            column_labels=[one.full_label[:LABEL] for one in variables],
            variable_value_labels={one.name: labels for one in variables if (labels := _labels(one))},
            missing_user_values={one.name: [code.letter for code in one.missing] for one in variables if one.missing},
            variable_format={one.name: f"%12.{one.decimals}f" for one in variables if one.kind == "number"},
        )  # fmt: skip
    return path


def _labels(one: Variable) -> dict[float | str, str]:
    found: dict[float | str, str] = {float(code.value): code.label for code in one.codes}
    return found | {code.letter: code.label for code in one.missing}
