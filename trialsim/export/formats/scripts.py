"""Analysis scripts that run on the exported table and find the estimates of this trial again."""

from __future__ import annotations

from pathlib import Path

from trialsim.export.build import TrialExport
from trialsim.export.formats import spss
from trialsim.export.scripts.text import EXPECTED, expected_rows, python_script, r_script, spss_script
from trialsim.export.text import write_csv, write_rows
from trialsim.runs.files import write_text


def write(export: TrialExport, folder: Path) -> list[Path]:
    """Write the table, the estimates and the scripts."""
    texts = {"analysis.R": r_script(export), "analysis.py": python_script(export), "analysis.sps": spss_script(export)}
    for name, text in texts.items():
        write_text(folder / name, text)
    return [
        write_csv(export.wide, folder / "wide.csv"),
        spss.write_table(export, export.wide, folder / "wide.sav"),
        write_rows(folder / "expected.csv", EXPECTED, expected_rows(export)),
        *(folder / name for name in texts),
    ]
