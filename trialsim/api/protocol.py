"""The protocol of a study."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from trialsim.evaluate.characteristics import OperatingCharacteristics
from trialsim.evaluate.first_replicates import FirstReplicates
from trialsim.evaluate.table import Measure
from trialsim.runs.run import MEASURES

if TYPE_CHECKING:
    from trialsim.api.keep import Run


def stored_characteristics(run: Run) -> OperatingCharacteristics:
    """The measures of a run that is in a folder; nothing that figures are drawn from."""
    with (run.place / MEASURES).open(encoding="utf-8", newline="") as file:
        measures = tuple(
            Measure(
                row["analysis"], row["contrast"], row["measure"],
                *(float(row[name] or "nan") for name in ("value", "mcse", "conf_low", "conf_high")),
                int(row["n_replicates"]), int(row["n_failed"]),
            )
            for row in csv.DictReader(file)
        )  # fmt: skip
    study, manifest = run.study, run.manifest
    none = np.zeros((0, 0))
    kept = FirstReplicates(
        (), study.twins, study.analysis.rows, np.zeros((0, 0, 0)), np.zeros((0, 0, 0)), none, none, (), none,
        np.zeros((0, 0), dtype=np.float32),
    )  # fmt: skip
    return OperatingCharacteristics(
        study.scenario.name, manifest["replicates"], manifest["seed"], manifest["engine"], manifest["workers"],
        manifest["seconds"], study.scenario.primary, measures, kept,
    )  # fmt: skip
