"""What R finds in the exported trials of the scenarios of tests/kinds: ``python -m tests.export.in_r`` writes it again.

It needs R with its recommended packages (Debian: ``r-base-core r-recommended``).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from tests.export.conftest import exported
from trialsim.export.build import TrialExport
from trialsim.export.formats import scripts

KINDS = Path(__file__).parents[1] / "kinds"
KEPT = Path(__file__).with_name("in_r.json")

#: Scenarios that together ask for every recipe.
NAMES = ("one-arm", "two-arms", "all-arms", "models", "groups", "factors", "periods", "ward-cluster")

Found = dict[str, dict[str, list[float | None]]]


@cache
def trial(name: str) -> TrialExport:
    """The exported trial of a scenario of tests/kinds, or of a shipped one."""
    path = KINDS / f"{name}.yaml"
    return exported(path if path.is_file() else name)


def run_r(name: str, folder: Path) -> pd.DataFrame:
    """The results of the script, by row."""
    scripts.write(trial(name), folder)
    done = subprocess.run(
        [str(shutil.which("Rscript")), "--vanilla", "analysis.R"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    return pd.read_csv(folder / "results_r.csv")


def found() -> Found:
    """Estimate and p of each row, by scenario."""
    made: Found = {}
    for name in NAMES:
        with TemporaryDirectory() as folder:
            table = run_r(name, Path(folder))
            made[name] = {
                str(row): [None if e != e else e, p]
                for row, e, p in zip(
                    table["row"].tolist(), table["estimate"].tolist(), table["p"].tolist(), strict=True
                )
            }
    return made


if __name__ == "__main__":
    KEPT.write_text(json.dumps(found(), indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{KEPT.name}\n")
