"""A table of SDTM or ADaM, and its Dataset-JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trialsim.export.model import BANNER, SIMULATED, Facts

#: The version of Dataset-JSON.
VERSION = "1.1.0"


@dataclass(frozen=True)
class CdiscItem:
    """A column: its name of at most 8 letters, its label of at most 40, and its type in Dataset-JSON."""

    name: str
    label: str
    type: str = "string"


@dataclass(frozen=True)
class ItemGroup:
    """A table: its name, label, columns, the columns that name a row, and its rows (None for nothing)."""

    name: str
    label: str
    columns: tuple[CdiscItem, ...]
    key: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]

    def filled(self) -> ItemGroup:
        """The table without columns in which nothing is."""
        kept = tuple(
            one
            for one in self.columns
            if one.name in self.key or any(row.get(one.name) is not None for row in self.rows)
        )
        return ItemGroup(self.name, self.label, kept, self.key, self.rows)


def study_id(facts: Facts) -> str:
    """The id of the study, which says that it is simulated."""
    return f"SIM-{facts.name}"


def dataset_json(table: ItemGroup, facts: Facts, *, created: str) -> dict[str, Any]:
    """A table as Dataset-JSON 1.1; ``created`` is when, as ISO 8601."""
    rows = [[row.get(one.name) for one in table.columns] for row in table.rows]
    return {
        "datasetJSONCreationDateTime": created,
        "datasetJSONVersion": VERSION,
        "fileOID": f"{SIMULATED}.{facts.name}.{facts.replicate}.{table.name}",
        "originator": f"trialsim: {BANNER}",
        "sourceSystem": {"name": f"trialsim ({SIMULATED})", "version": facts.version},
        "studyOID": study_id(facts),
        "metaDataVersionOID": f"MDV.{study_id(facts)}",
        "itemGroupOID": f"IG.{table.name}",
        "isReferenceData": False,
        "records": len(rows),
        "name": table.name,
        "label": f"{table.label} ({SIMULATED})",
        "columns": [_column(table, one, [row[place] for row in rows]) for place, one in enumerate(table.columns)],
        "rows": rows,
    }


def _column(table: ItemGroup, one: CdiscItem, cells: Sequence[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "itemOID": f"IT.{table.name}.{one.name}",
        "name": one.name,
        "label": one.label,
        "dataType": one.type,
    }
    if one.type == "string":
        found["length"] = max((len(str(cell)) for cell in cells if cell is not None), default=1) or 1
    if one.name in table.key:
        found["keySequence"] = table.key.index(one.name) + 1
    return found
