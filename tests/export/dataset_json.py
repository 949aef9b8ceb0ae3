"""The model of Dataset-JSON 1.1 that CDISC publishes (DataExchange-DatasetJson, MIT), as a JSON Schema in our words."""

from __future__ import annotations

from typing import Any

MOMENT = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([+-]\d\d:[0-5]\d|Z)?$"
TEXT: dict[str, Any] = {"type": "string"}

COLUMN: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["itemOID", "name", "label", "dataType"],
    "properties": {
        **dict.fromkeys(("itemOID", "name", "label", "displayFormat"), TEXT),
        "dataType": {
            "enum": ["string", "integer", "decimal", "float", "double", "boolean", "datetime", "date", "time", "URI"]
        },
        "targetDataType": {"enum": ["integer", "decimal"]},
        "length": {"type": "integer", "minimum": 1},
        "keySequence": {"type": "integer", "minimum": 1},
    },
}

OWN = ("fileOID", "originator", "studyOID", "metaDataVersionOID", "metaDataRef", "itemGroupOID", "name", "label")

DATASET: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": [
        "datasetJSONCreationDateTime", "datasetJSONVersion", "itemGroupOID", "records", "name", "label", "columns",
    ],
    "properties": {
        "datasetJSONCreationDateTime": {"type": "string", "pattern": MOMENT},
        "dbLastModifiedDateTime": {"type": "string", "pattern": MOMENT},
        "datasetJSONVersion": {"type": "string", "pattern": r"^1\.1(\.(0|[1-9]\d*))?$"},
        **dict.fromkeys(OWN, TEXT),
        "sourceSystem": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name", "version"],
            "properties": {"name": TEXT, "version": TEXT},
        },
        "isReferenceData": {"type": "boolean"},
        "records": {"type": "integer", "minimum": 0},
        "columns": {"type": "array", "items": COLUMN},
        "rows": {"type": "array", "items": {"type": "array", "items": {"type": ["string", "number", "boolean", "null"]}}},
    },
}  # fmt: skip
