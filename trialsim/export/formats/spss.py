"""SPSS: labels, value labels, level of measurement, and numbers that are declared as missing."""

from __future__ import annotations

from pathlib import Path

from trialsim.export.build import TrialExport
from trialsim.export.frames import frame, pyreadstat
from trialsim.export.model import BANNER, Dataset, Variable
from trialsim.export.names import cut_bytes
from trialsim.export.text import about
from trialsim.runs.files import whole_file

#: Bytes that SPSS allows.
FILE_LABEL, LABEL, VALUE_LABEL, NOTE = 64, 256, 120, 80


def write(export: TrialExport, folder: Path) -> list[Path]:
    """Write a .sav file for each table."""
    return [write_table(export, one, folder / f"{one.name}.sav") for one in export.datasets]


def write_table(export: TrialExport, dataset: Dataset, path: Path) -> Path:
    """Write one table."""
    variables = dataset.variables
    with whole_file(path) as temporary:
        pyreadstat().write_sav(
            frame(dataset, lambda code: float(code.number)),
            str(temporary),
            file_label=cut_bytes(BANNER, FILE_LABEL),
            column_labels=[cut_bytes(one.full_label, LABEL) for one in variables],
            note=[cut_bytes(line, NOTE) for line in about(export)],
            variable_value_labels={one.name: labels for one in variables if (labels := _labels(one))},
            missing_ranges={one.name: [_range(one)] for one in variables if one.missing},
            variable_measure={one.name: one.measure for one in variables},
            variable_format={one.name: _format(one) for one in variables if one.numeric},
        )
    return path


def _labels(one: Variable) -> dict[float, str]:
    found = {float(code.value): cut_bytes(code.label, VALUE_LABEL) for code in one.codes}
    return found | {float(code.number): cut_bytes(code.label, VALUE_LABEL) for code in one.missing}


def _range(one: Variable) -> dict[str, float]:
    """One range holds any number of codes; single ones would be three at most."""
    return {"lo": float(one.missing[-1].number), "hi": float(one.missing[0].number)}


def _format(one: Variable) -> str:
    return f"F12.{min(one.decimals, 8)}"
