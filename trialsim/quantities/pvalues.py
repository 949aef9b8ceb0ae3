"""p-values as papers print them: a number, or a bound such as ``<0.001``."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from trialsim.quantities.refuse import refuse

_BOUND = re.compile(r"\s*(<|>)\s*(0?\.\d+|[01](?:\.\d*)?)\s*")


def read_p(value: object) -> float | str:
    """A p-value as it is printed: a number from 0 to 1, or a bound, without spaces.

    >>> read_p("< .001"), read_p(0.016)
    ('<0.001', 0.016)
    """
    if isinstance(value, str) and (found := _BOUND.fullmatch(value)) and 0 < float(found[2]) < 1:
        return f"{found[1]}{float(found[2]):g}"
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 1:
        refuse("TS-E080", f"'{value}' is not a p-value.", remedy="Write a number from 0 to 1, or a bound: <0.001.")
    return float(value)


def within_bound(printed: str) -> tuple[bool, float]:
    """Of a bound: whether p lies below it, and the bound.

    >>> within_bound("<0.001")
    (True, 0.001)
    """
    return printed.startswith("<"), float(printed[1:])


PValue = Annotated[
    float | str,
    BeforeValidator(read_p),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "examples": ["<0.001"]}]}
    ),
]
