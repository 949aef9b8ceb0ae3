"""Lists of names, and single items in place of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from trialsim.quantities.fields import Name, Record


class OneOrMany:
    """An annotation: one item may be written where a list belongs."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        listed = handler(schema)
        return {"anyOf": [listed["items"], listed]}


def _listed(value: object) -> object:
    return (value,) if isinstance(value, (str, int, float, Mapping, Record)) else value


Names = Annotated[tuple[Name, ...], OneOrMany()]  # one name, or a list of names
