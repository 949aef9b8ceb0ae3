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

from trialsim.kinds.designs import WORST
from trialsim.quantities.read import (
    FAMILIES,
    PLAIN_KEYS,
    read_limit,
    read_number,
    read_of_practitioners,
    read_patience,
    read_site_share,
    read_spread,
    read_visit_or_duration,
    read_word_or_amount,
)
from trialsim.quantities.records import (
    PROVENANCE,
    Number,
    OfPractitioners,
    Prior,
    ProvenanceRecord,
    Record,
    SiteShare,
    Spread,
)
from trialsim.quantities.values import EXAMPLES, KIND_WORDS
from trialsim.quantities.words import (
    read_categories,
    read_clock,
    read_clock_window,
    read_count,
    read_days,
    read_line,
    read_name,
    read_study_name,
)

__all__ = [
    "Amount",
    "CalendarSpan",
    "Categories",
    "Clock",
    "ClockWindow",
    "Count",
    "Days",
    "Duration",
    "DurationSpread",
    "Factor",
    "Limit",
    "Line",
    "Money",
    "Name",
    "Number",
    "OfPractitioners",
    "Patience",
    "PlateSize",
    "PractitionerSd",
    "PractitionerShare",
    "Prior",
    "ProvenanceRecord",
    "Rate",
    "Record",
    "Share",
    "ShareOfSite",
    "SignedShare",
    "SiteShare",
    "Spread",
    "StudyName",
    "ValueSpread",
    "VisitOrDuration",
    "Volume",
    "WorstOrAmount",
]


_TEXT = {"type": ["string", "number"]}

#: What the keys of a quantity mean, and an example of each, for editors.
_KEYS: dict[str, tuple[str, object]] = {
    "value": ("The number itself, with its unit.", "80 %"),
    "mean": ("The mean, with its unit.", "45 min"),
    "sd": ("The standard deviation, with its unit.", "10 min"),
    "median": ("The median, with its unit.", "40 min"),
    "cv": ("The standard deviation as a share of the mean.", "25 %"),
    "sd_log": ("The standard deviation of the logarithms.", 0.4),
    "iqr": ("The lower and the upper quartile, with their unit.", ["30 min", "60 min"]),
    "uniform": ("Every value between two ends is equally likely.", {"low": "10 min", "high": "20 min"}),
    "normal": ("A normal distribution.", {"mean": "15 y", "sd": "2 y"}),
    "lognormal": ("A lognormal distribution.", {"mean": "45 min", "sd": "10 min"}),
    "gamma": ("A gamma distribution.", {"mean": "45 min", "sd": "10 min"}),
    "exponential": ("An exponential distribution.", {"mean": "45 min"}),
    "weibull": ("A Weibull distribution.", {"mean": "45 min", "sd": "10 min"}),
    "triangular": ("A triangular distribution.", {"low": "5 min", "mode": "10 min", "high": "20 min"}),
    "beta": ("A beta distribution between two ends.", {"mean": "80 %", "sd": "5 %", "low": "0 %", "high": "100 %"}),
    "choice": ("Several values with their shares, which sum to 100 %.", {"10 min": "60 %", "20 min": "40 %"}),
    "empirical": ("Values of a CSV file, or a list of values, equally likely.", {"file": "lengths.csv"}),
    "between": ("Two limits: the distribution is cut off there.", ["5 min", "60 min"]),
    "source": ("The name of a source that prints the value, declared under sources.", "consent6"),
    "computed_from": ("The name of a source from which the value was computed.", "trial2"),
    "assumed": ("Why this value is assumed, in words.", "as in our ward last year"),
    "range": ("The plausible range: its lowest and highest value, with their unit.", ["60 %", "90 %"]),
    "prior": (
        "What is believed about the value: a distribution. trialsim assurance draws from it.",
        {"normal": {"mean": "80 %", "sd": "5 %"}},
    ),
    "of": ("The resource whose people they are, or several.", "nurse"),
    "name": ("The name of the belief; numbers whose priors bear one name move together.", "success of a try"),
    "open": ("When the site opens, counted from the start of the study.", "3 months"),
    "n": ("How many participants in each arm the belief rests on, a whole number.", 12),
}


def _key(key: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """The schema of a key of a quantity, with what it means."""
    words, example = _KEYS[key]
    return {**(schema or {}), "description": words, "examples": [example]}


_PRIOR: dict[str, Any] = {
    "type": "object",
    "properties": {
        key: _key(key) for key in (*PLAIN_KEYS, *FAMILIES, "choice", "empirical", "between", *PROVENANCE, "name", "n")
    },
    "patternProperties": {"^q[0-9][0-9]$": {}},
    "additionalProperties": False,
    "minProperties": 1,
}


def _number(
    kind: str, low: float | None = None, high: float | None = None, *, of_practitioners: bool = False
) -> tuple[BeforeValidator, WithJsonSchema]:
    properties: dict[str, Any] = {key: _key(key, {"type": "string"}) for key in PROVENANCE[:3]}
    if of_practitioners:
        name = {"type": ["string", "number"]}
        several = {"type": "array", "items": name, "minItems": 1}
        properties["of"] = _key("of", {"anyOf": [name, several]})
    bare: dict[str, Any] = {"type": ["string", "number"], "examples": [EXAMPLES[kind]]}
    pair = {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 2, "maxItems": 2}
    carried = {
        "type": "object",
        "properties": {
            "value": bare | {"description": _KEYS["value"][0]},
            **properties,
            "range": _key("range", pair),
            "prior": _key("prior", _PRIOR),
        },
        "required": ["value"],
        "additionalProperties": False,
    }
    schema = {"description": KIND_WORDS[kind], "anyOf": [bare, carried]}
    read = read_of_practitioners if of_practitioners else read_number
    return BeforeValidator(lambda value: read(value, kind, low=low, high=high)), WithJsonSchema(schema)


def _with_opening(share: WithJsonSchema) -> dict[str, Any]:
    """The schema of the share of a site, which may open later than the study."""
    assert share.json_schema is not None
    bare, carried = share.json_schema["anyOf"]
    properties = {**carried["properties"], "share": carried["properties"]["value"], "open": _key("open", _TEXT)}
    either = [{"required": ["value"]}, {"required": ["share"]}]
    opening = {key: part for key, part in carried.items() if key != "required"}
    return {**share.json_schema, "anyOf": [bare, {**opening, "properties": properties, "anyOf": either}]}


def _spread(kind: str) -> tuple[BeforeValidator, WithJsonSchema]:
    bare: dict[str, Any] = {"type": ["string", "number"], "examples": [EXAMPLES[kind]]}
    keys = [*PLAIN_KEYS, *FAMILIES, "choice", "empirical", "between", *PROVENANCE, "prior"]
    carried = {
        "type": "object",
        "properties": {key: _key(key) for key in keys},
        "patternProperties": {"^q[0-9][0-9]$": bare},
        "additionalProperties": False,
        "minProperties": 1,
    }
    schema = {"description": f"{KIND_WORDS[kind]} that may vary", "anyOf": [bare, carried]}
    return BeforeValidator(lambda value, info: read_spread(value, kind, info)), WithJsonSchema(schema)


Duration = Annotated[Number, *_number("duration", low=0)]
DurationSpread = Annotated[Spread, *_spread("duration")]
Share = Annotated[Number, *_number("share", low=0, high=1)]
Patience = Annotated[Number | Spread, BeforeValidator(read_patience), _spread("duration")[1]]
PractitionerShare = Annotated[OfPractitioners, *_number("share", low=0, high=1, of_practitioners=True)]
PractitionerSd = Annotated[OfPractitioners, *_number("amount", low=0, of_practitioners=True)]
ShareOfSite = Annotated[
    SiteShare, BeforeValidator(read_site_share), WithJsonSchema(_with_opening(_number("share", low=0, high=1)[1]))
]
SignedShare = Annotated[Number, *_number("share", low=-1)]
Factor = Annotated[Number, *_number("number")]
Amount = Annotated[Number, *_number("amount")]
ValueSpread = Annotated[Spread, *_spread("amount")]
Rate = Annotated[Number, *_number("rate")]  # per hour
Money = Annotated[Number, *_number("money", low=0)]
Volume = Annotated[Number, *_number("volume", low=0)]  # [ml]
PlateSize = Annotated[Number, *_number("samples", low=1)]
CalendarSpan = Annotated[Number, *_number("calendar", low=0)]  # unit "months" (calendar months) or "s"
Days = Annotated[
    str, BeforeValidator(read_days), WithJsonSchema({"type": "string", "examples": ["2026-12-20..2027-01-06"]})
]
Clock = Annotated[int, BeforeValidator(read_clock), WithJsonSchema({"type": "string", "examples": ["10:00"]})]
ClockWindow = Annotated[
    tuple[int, int], BeforeValidator(read_clock_window), WithJsonSchema({"type": "string", "examples": ["08:00-20:00"]})
]
Name = Annotated[str, BeforeValidator(read_name), WithJsonSchema(_TEXT)]
VisitOrDuration = Annotated[
    str | Number,
    BeforeValidator(read_visit_or_duration),
    WithJsonSchema({"description": "a visit, or a duration", "anyOf": [_TEXT, {"type": "object"}]}),
]
WorstOrAmount = Annotated[
    str | Number,
    BeforeValidator(lambda value: read_word_or_amount(value, WORST)),
    WithJsonSchema({"description": "worst, or an amount", "anyOf": [_TEXT, {"type": "object"}]}),
]
Limit = Annotated[
    Number,
    BeforeValidator(read_limit),
    WithJsonSchema(
        {"description": "a share, a duration, an amount of money or a number", "anyOf": [_TEXT, {"type": "object"}]}
    ),
]
StudyName = Annotated[
    str, BeforeValidator(read_study_name), WithJsonSchema({"type": "string", "examples": ["pain-2026"]})
]
Line = Annotated[str, AfterValidator(read_line)]
Count = Annotated[int, BeforeValidator(read_count)]
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
