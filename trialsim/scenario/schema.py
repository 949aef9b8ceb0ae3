"""A JSON Schema of the scenario file, for editors that complete keys and underline mistakes."""

from __future__ import annotations

from typing import Any

from trialsim.scenario.model import Draft

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of the form people write, from the same records that read it."""
    schema = Draft.model_json_schema(by_alias=True)
    required = schema.pop("required")
    schema["properties"] = {
        "extends": {"type": "string", "description": "A parent file; what stands here goes over it."},
        **schema["properties"],
    }
    schema["anyOf"] = [{"required": required}, {"required": ["extends"]}]
    return {"$schema": DIALECT, **schema, "title": "trialsim scenario"}
