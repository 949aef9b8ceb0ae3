"""A Frictionless data package: CSV with types, labels, codes and constraints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trialsim.export.build import TrialExport
from trialsim.export.formats import csv
from trialsim.export.model import BANNER, SIMULATED, Dataset, Variable
from trialsim.export.names import plain
from trialsim.export.text import about, missing_values
from trialsim.runs.files import write_json

#: The type of each kind of variable.
TYPES = {"text": "string", "code": "integer", "whole": "integer", "number": "number", "when": "datetime"}


def write(export: TrialExport, folder: Path) -> list[Path]:
    """Write the tables and ``datapackage.json``."""
    files = csv.write(export, folder / "data")
    tables = (*export.datasets, missing_values(export))
    package = {
        "name": (plain(export.facts.name) or "trial").replace("_", "-"),
        "title": f"{SIMULATED}: {export.facts.title}",
        "description": " ".join(about(export)),
        "profile": "tabular-data-package",
        "keywords": [SIMULATED.lower(), "clinical trial"],
        "resources": [_resource(one, path) for one, path in zip(tables, files, strict=True)],
    }
    write_json(folder / "datapackage.json", package)
    return [folder / "datapackage.json", *files]


def _resource(dataset: Dataset, path: Path) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "title": dataset.label,
        "description": BANNER,
        "profile": "tabular-data-resource",
        "path": f"data/{path.name}",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "fields": [field(one) for one in dataset.variables],
            "missingValues": [""],
            "primaryKey": list(dataset.key),
        },
    }


def field(one: Variable) -> dict[str, Any]:
    """A field with its type, meaning and values."""
    found: dict[str, Any] = {"name": one.name, "type": TYPES[one.kind], "title": one.full_label}
    if one.kind == "when":
        found["format"] = "%Y-%m-%dT%H:%M:%S"
    if one.codes and all(code.value == int(code.value) for code in one.codes):
        found["constraints"] = {"enum": [int(code.value) for code in one.codes]}
        found["categories"] = [{"value": int(code.value), "label": code.label} for code in one.codes]
    if one.unit:
        found["unit"] = one.unit
    return found
