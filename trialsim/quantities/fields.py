"""Quantities as people write them: a number with its unit, where it comes from, and its plausible range.

A quantity is bare (``80 %``) or carries its provenance (``{value: 80 %, source: consent6, range: [42 %, 97 %]}``).
A spread is a quantity that varies: ``{mean: 45 min, sd: 10 min}``, ``{uniform: {low: 12 y, high: 18 y}}`` or a bare
quantity, which is then fixed.

Canonical values: durations in seconds, shares in 0..1, rates per hour, clock times in seconds after midnight,
amounts as written until :mod:`trialsim.scenario.resolve` turns them into the unit of their outcome.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from trialsim.quantities.read import FAMILIES, PLAIN_KEYS, read_number, read_of_practitioners, read_spread
from trialsim.quantities.records import PROVENANCE, Number, OfPractitioners, Prior, Record, Sourced, Spread
from trialsim.quantities.values import EXAMPLES, KIND_WORDS
from trialsim.quantities.words import (
    read_categories,
    read_clock,
    read_clock_window,
    read_count,
    read_line,
    read_name,
    read_p_value,
    read_study_name,
)

__all__ = [
    "Amount",
    "CalendarSpan",
    "Categories",
    "Clock",
    "ClockWindow",
    "Count",
    "Duration",
    "DurationSpread",
    "Factor",
    "Line",
    "Money",
    "Name",
    "Number",
    "OfPractitioners",
    "PValue",
    "PlateSize",
    "PractitionerSd",
    "PractitionerShare",
    "Prior",
    "Rate",
    "Record",
    "Share",
    "SignedShare",
    "Sourced",
    "Spread",
    "StudyName",
    "ValueSpread",
]


_PRIOR: dict[str, Any] = {
    "type": "object",
    "description": "What is believed about the value: a distribution, drawn from by trialsim assurance.",
    "properties": {
        key: {} for key in (*PLAIN_KEYS, *FAMILIES, "choice", "empirical", "between", *PROVENANCE, "name", "n")
    },
    "patternProperties": {"^q[0-9][0-9]$": {}},
    "additionalProperties": False,
    "minProperties": 1,
}


def _number(
    kind: str, low: float | None = None, high: float | None = None, *, of_practitioners: bool = False
) -> tuple[BeforeValidator, WithJsonSchema]:
    told: dict[str, Any] = {key: {"type": "string"} for key in PROVENANCE[:3]}
    if of_practitioners:
        name = {"type": ["string", "number"]}
        several = {"type": "array", "items": name, "minItems": 1}
        told["of"] = {"description": "The resource whose people they are, or several.", "anyOf": [name, several]}
    bare: dict[str, Any] = {"type": ["string", "number"], "examples": [EXAMPLES[kind]]}
    pair = {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 2, "maxItems": 2}
    carried = {
        "type": "object",
        "properties": {"value": bare, **told, "range": pair, "prior": _PRIOR},
        "required": ["value"],
        "additionalProperties": False,
    }
    schema = {"description": KIND_WORDS[kind], "anyOf": [bare, carried]}
    read = read_of_practitioners if of_practitioners else read_number
    return BeforeValidator(lambda value: read(value, kind, low=low, high=high)), WithJsonSchema(schema)


def _spread(kind: str) -> tuple[BeforeValidator, WithJsonSchema]:
    bare: dict[str, Any] = {"type": ["string", "number"], "examples": [EXAMPLES[kind]]}
    anything: dict[str, Any] = {}
    keys = [*PLAIN_KEYS, *FAMILIES, "choice", "empirical", "between", *PROVENANCE, "prior"]
    carried = {
        "type": "object",
        "properties": dict.fromkeys(keys, anything),
        "patternProperties": {"^q[0-9][0-9]$": bare},
        "additionalProperties": False,
        "minProperties": 1,
    }
    schema = {"description": f"{KIND_WORDS[kind]} that may vary", "anyOf": [bare, carried]}
    return BeforeValidator(lambda value, info: read_spread(value, kind, info)), WithJsonSchema(schema)


_TEXT = {"type": ["string", "number"]}

Duration = Annotated[Number, *_number("duration", low=0)]
DurationSpread = Annotated[Spread, *_spread("duration")]
Share = Annotated[Number, *_number("share", low=0, high=1)]
PractitionerShare = Annotated[OfPractitioners, *_number("share", low=0, high=1, of_practitioners=True)]
PractitionerSd = Annotated[OfPractitioners, *_number("amount", low=0, of_practitioners=True)]
SignedShare = Annotated[Number, *_number("share", low=-1)]
Factor = Annotated[Number, *_number("number")]
Amount = Annotated[Number, *_number("amount")]
ValueSpread = Annotated[Spread, *_spread("amount")]
Rate = Annotated[Number, *_number("rate")]  # per hour
Money = Annotated[Number, *_number("money", low=0)]
PlateSize = Annotated[Number, *_number("samples", low=1)]
CalendarSpan = Annotated[Number, *_number("calendar", low=0)]  # unit "months" (calendar months) or "s"
Clock = Annotated[int, BeforeValidator(read_clock), WithJsonSchema({"type": "string", "examples": ["10:00"]})]
ClockWindow = Annotated[
    tuple[int, int], BeforeValidator(read_clock_window), WithJsonSchema({"type": "string", "examples": ["08:00-20:00"]})
]
Name = Annotated[str, BeforeValidator(read_name), WithJsonSchema(_TEXT)]
StudyName = Annotated[
    str, BeforeValidator(read_study_name), WithJsonSchema({"type": "string", "examples": ["pain-2026"]})
]
Line = Annotated[str, AfterValidator(read_line)]
Count = Annotated[int, BeforeValidator(read_count)]
PValue = Annotated[
    float | str,
    BeforeValidator(read_p_value),
    WithJsonSchema({"type": ["number", "string"], "examples": [0.03, "<0.001"]}),
]
Categories = Annotated[
    tuple[Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)], ...],
    BeforeValidator(read_categories),
    WithJsonSchema(
        {
            "description": "the numbers of a scale: a list, or a range such as 0..10 or 0..100 by 5",
            "anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "string", "pattern": "\\.\\."}],
        }
    ),
]
