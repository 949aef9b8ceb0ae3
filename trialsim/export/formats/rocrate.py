"""RO-Crate 1.1: one file in the root of the export that says what every file is and what made them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trialsim.export.build import TrialExport
from trialsim.export.model import BANNER, SIMULATED
from trialsim.export.text import about
from trialsim.runs.files import write_json

METADATA = "ro-crate-metadata.json"

#: Media types by the end of a file's name.
MEDIA = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".sav": "application/x-spss-sav",
    ".dta": "application/x-stata-dta",
    ".xpt": "application/x-sas-xport",
    ".sas": "text/x-sas",
    ".py": "text/x-python",
    ".R": "text/x-r-source",
    ".sps": "text/x-spss",
}


def write(export: TrialExport, folder: Path) -> list[Path]:
    """Write the metadata of everything that lies in the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != METADATA)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    parts = [{"@id": path.relative_to(folder).as_posix()} for path in files]
    graph: list[dict[str, Any]] = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "about": {"@id": "./"},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": f"{SIMULATED}: {export.facts.title}",
            "description": " ".join(about(export)),
            "datePublished": now,
            "license": "To be chosen by the author",
            "keywords": SIMULATED.lower(),
            "hasPart": parts,
            "mentions": {"@id": "#simulation"},
        },
        {
            "@id": "#trialsim",
            "@type": "SoftwareApplication",
            "name": "trialsim",
            "version": export.facts.version,
            "description": "A flight simulator for small bedside trials",
        },
        {
            "@id": "#simulation",
            "@type": "CreateAction",
            "name": f"{SIMULATED} trial: replicate {export.facts.replicate}, seed {export.facts.seed}",
            "description": f"{BANNER} Resolved scenario: {export.facts.digest}",
            "instrument": {"@id": "#trialsim"},
            "result": {"@id": "./"},
            "endTime": now,
        },
        *(_file(path, folder) for path in files),
    ]
    write_json(folder / METADATA, {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph})
    return [folder / METADATA]


def _file(path: Path, folder: Path) -> dict[str, Any]:
    return {
        "@id": path.relative_to(folder).as_posix(),
        "@type": "File",
        "name": f"{path.name} ({SIMULATED})",
        "encodingFormat": MEDIA.get(path.suffix, "application/octet-stream"),
        "contentSize": str(path.stat().st_size),
    }
