"""Plain CSV: both tables and the reasons for missing values."""

from __future__ import annotations

from pathlib import Path

from trialsim.export.build import TrialExport
from trialsim.export.text import missing_values, write_csv


def write(export: TrialExport, folder: Path) -> list[Path]:
    """Write the tables."""
    tables = (*export.datasets, missing_values(export))
    return [write_csv(one, folder / f"{one.name}.csv") for one in tables]
