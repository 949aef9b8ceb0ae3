"""A word that is one of a few: the names of a table of kinds, or those of a Literal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from trialsim.quantities.refuse import did_you_mean, refuse, shown


class OneOf:
    """An annotation of ``str`` or of a Literal: only these words are taken, and the JSON schema lists them.

    >>> from typing import Annotated
    >>> from pydantic import TypeAdapter
    >>> TypeAdapter(Annotated[str, OneOf(("up", "down"))]).json_schema()
    {'enum': ['up', 'down'], 'type': 'string'}
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = tuple(words)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        words = self.words or get_args(source)

        def read(value: object) -> object:
            if not isinstance(value, str) or value not in words:
                remedy = did_you_mean(str(value), words, what="Allowed")
                refuse("TS-E010", "{shown} is not one of the words allowed.", remedy=remedy, shown=shown(value))
            return value

        return core_schema.no_info_plain_validator_function(read, metadata={"words": words})

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"enum": list(schema["metadata"]["words"]), "type": "string"}
