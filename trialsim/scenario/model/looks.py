"""Records of interim looks: when the trial is looked at, and by which bounds it stops."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, GetJsonSchemaHandler, WithJsonSchema, model_validator

from trialsim.kinds.looks import BOUND_SHAPE, SPENDING
from trialsim.quantities.fields import Duration, Factor, Name, Number, Record, Share
from trialsim.quantities.read import read_number
from trialsim.quantities.refuse import refuse
from trialsim.quantities.words import read_count
from trialsim.rules import APPLIED, LATER, QUANTITY, SCHEDULE
from trialsim.scenario.oneof import OneOf


def read_look_time(value: object) -> Number | int | date:
    """A share of the planned participants, a number of participants, or a date."""
    if isinstance(value, (Number, date)):
        return value
    if isinstance(value, str) and value.strip().endswith("%"):
        return read_number(value, "share", low=0, high=1)
    if isinstance(value, str) and value.count("-") == 2:
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            refuse("TS-E011", "'{value}' is not a date.", value=value, remedy="Write it like this: 2026-01-05.")
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        remedy = "Write a share (50 %), a number of participants (60) or a date (2026-09-01)."
        refuse("TS-E011", "'{value}' is not a time for a look.", value=value, remedy=remedy)
    count = read_count(value)
    assert isinstance(count, int)
    return count


LookTime = Annotated[
    Number | int | date,
    BeforeValidator(read_look_time),
    WithJsonSchema(
        {
            "description": "a share of the planned participants, a number of participants, or a date",
            "type": ["string", "integer"],
        }
    ),
]


class SpendingRule(Record):
    """How a level is spent over the looks: a function by its name, Hwang, Shih and DeCani's with its parameter, or a list.

    Attributes
    ----------
    function : the function by its name. Example: obrien-fleming
    hsd : the parameter of Hwang, Shih and DeCani's function; the lower, the less is spent early. Example: -4
    levels : the level spent by each look, rising to the whole level at the last. Example: [0.5 %, 2 %, 5 %]
    """

    function: Annotated[str, OneOf(one.name for one in SPENDING.values() if not one.parameter)] | None = None
    hsd: Factor | None = None
    levels: tuple[Share, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"function": value}
        return {"levels": value} if isinstance(value, (list, tuple)) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        full = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [_first(full, "function"), full["properties"]["levels"], full]}


class BoundForm(Record):
    """Bounds of a classical shape by its name, or a list with one for each look.

    Attributes
    ----------
    shape : the shape by its name. Example: pocock
    p : p-values, one for each look; a p-value of at most this rejects, or for futility a one-sided one of at least this stops.
        Example: [0.1 %, 1 %, 4.5 %]
    z : the same as scores, for tests with a normal statistic. Example: [3.3, 2.6, 2.0]
    """

    shape: Annotated[str, OneOf(BOUND_SHAPE)] | None = None
    p: tuple[Share, ...] = ()
    z: tuple[Factor, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return {"shape": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        full = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [_first(full, "shape"), full]}


def _first(full: dict[str, Any], key: str) -> dict[str, Any]:
    """The schema of the words that may be written in place of a record."""
    words: dict[str, Any] = full["properties"][key]["anyOf"][0]
    return words


class EfficacyBounds(Record):
    """Bounds beyond which the trial stops because the effect is shown.

    Attributes
    ----------
    spending : how the level is spent. Example: obrien-fleming
    bounds : bounds of a classical shape, or own ones. Example: haybittle-peto
    """

    spending: Annotated[SpendingRule | None, QUANTITY] = None
    bounds: Annotated[BoundForm | None, QUANTITY] = None


class FutilityBounds(Record):
    """Bounds below which the trial stops because it would hardly show the effect.

    Attributes
    ----------
    spending : how beta is spent. Example: {hsd: -2}
    bounds : own bounds, one for each look before the last. Example: {p: [50 %]}
    beta : of spending, the chance that the trial does not show the effect at which its last bounds meet. Example: 10 %
    binding : whether the efficacy bounds rely on stopping for futility. Example: false
    """

    spending: Annotated[SpendingRule | None, QUANTITY] = None
    bounds: Annotated[BoundForm | None, QUANTITY] = None
    beta: Share | None = None
    binding: bool = False


class Looks(Record):
    """Interim looks at one analysis, after which the trial may stop.

    Attributes
    ----------
    analysis : the analysis that is looked at. Example: fear_during
    at : when: shares of the planned participants whose endpoint is known, numbers of them, or dates. Example: [50 %, 75 %, 100 %]
    efficacy : when the effect counts as shown. Example: {spending: obrien-fleming}
    futility : when the trial is given up. Example: {spending: {hsd: -2}, beta: 10 %}
    maximum_information : the information 1 / SE^2 of the estimate that is planned for the end; a look is then measured by its
        standard error, by default by its number of participants. Example: 0.12
    lag : the time from a look to its decision, in which enrollment goes on. Example: 2 weeks
    """

    analysis: Name
    at: tuple[LookTime, ...]
    efficacy: Annotated[EfficacyBounds, APPLIED]
    futility: Annotated[FutilityBounds | None, APPLIED] = None
    maximum_information: Annotated[Factor | None, APPLIED, LATER] = None
    lag: Annotated[Duration | None, SCHEDULE] = None
