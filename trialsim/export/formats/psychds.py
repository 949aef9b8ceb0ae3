"""Psych-DS: data files whose names say what they are, and a description of every column as JSON-LD."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trialsim.export.build import TrialExport
from trialsim.export.model import BANNER, SIMULATED, Variable, number_text
from trialsim.export.names import plain
from trialsim.export.text import about, missing_values, write_csv
from trialsim.runs.files import write_json, write_text


def write(export: TrialExport, folder: Path) -> list[Path]:
    """Write the data files, the description and a README."""
    study = plain(export.facts.name).replace("_", "") or "trial"
    tables = (*export.datasets, missing_values(export))
    files = [
        write_csv(one, folder / "data" / f"study-{study}_replicate-{export.facts.replicate}_layout-{one.name}_data.csv")
        for one in tables
    ]
    described: dict[str, Variable] = {}
    for dataset in tables:
        for one in dataset.variables:
            described.setdefault(one.name, one)
    write_json(
        folder / "dataset_description.json",
        {
            "@context": "https://schema.org/",
            "@type": "Dataset",
            "name": f"{SIMULATED}: {export.facts.title}",
            "description": " ".join(about(export)),
            "keywords": [SIMULATED.lower()],
            "variableMeasured": [_measured(one) for one in described.values()],
        },
    )
    write_text(folder / "README.md", "\n\n".join([f"# {BANNER}", *about(export)[1:]]) + "\n")
    return [folder / "dataset_description.json", folder / "README.md", *files]


def _measured(one: Variable) -> dict[str, Any]:
    found: dict[str, Any] = {"@type": "PropertyValue", "name": one.name, "description": one.label}
    if one.unit:
        found["unitText"] = one.unit
    if one.low is not None:
        found["minValue"] = one.low
    if one.high is not None:
        found["maxValue"] = one.high
    if one.codes:
        found["valueReference"] = [
            {"@type": "PropertyValue", "value": number_text(code.value), "name": code.label} for code in one.codes
        ]
    return found
