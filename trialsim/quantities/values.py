"""Reading one bare value: text or number -> its canonical value and, where it keeps one, its unit."""

from __future__ import annotations

import math
import re

from trialsim.quantities import units
from trialsim.quantities.marks import marks_remedy, without_marks
from trialsim.quantities.refuse import refuse

_AMOUNT = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*\Z", re.DOTALL)


#: Every number of a study is 0 or has a size between these: squares and products of some of them stay finite.
SMALLEST, LARGEST = 1e-12, 1e12
#: The longest time [s]; so every date of a study can be written.
LONGEST_YEARS = 1000
LONGEST_TIME = LONGEST_YEARS * 365.25 * 86_400


def read_value(value: object, kind: str) -> tuple[float, str | None]:
    """The canonical value of a bare quantity and, for amounts, money and samples, its unit.

    Raises
    ------
    PydanticCustomError
        The text is not a quantity of this kind, or its size is impossible in a study (TS-E133).
    """
    number, unit = _read_value(value, kind)
    time = kind == "duration" or (kind == "calendar" and unit == "s")
    if number > LONGEST_TIME if time else kind == "calendar" and number > 12 * LONGEST_YEARS:
        refuse(
            "TS-E133",
            "'{value}' is too long.",
            value=_short(value),
            remedy=f"No time is longer than {LONGEST_YEARS:,} years.",
        )
    if number != 0 and not SMALLEST <= abs(number) <= LARGEST:
        message = f"'{{value}}' is too {'large' if abs(number) > 1 else 'small'} for any study."
        refuse(
            "TS-E133", message, value=_short(value), remedy="A number is 0, or its size lies between 1e-12 and 1e12."
        )
    return number, unit


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _read_value(value: object, kind: str) -> tuple[float, str | None]:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        what = {type(None): "nothing", bool: "yes or no"}.get(type(value), "a list or map")
        refuse("TS-E011", f"{what} is written where {KIND_WORDS[kind]} belongs.", remedy=example_of(kind))
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            refuse("TS-E013", "{value} is not a finite number.", value=value, remedy=example_of(kind))
        if kind in ("number", "amount") or (kind == "duration" and value == 0) or (kind == "share" and -1 < value < 1):
            return float(value), None
    if kind == "share" and re.fullmatch(r"\s*[-+]?1(\.0*)?\s*", str(value)):
        refuse("TS-E012", "'{value}' may mean 1 % or 100 %.", value=value, remedy="Write which one you mean.")
    if kind in ("amount", "money", "samples"):
        return _labeled(str(value), kind)
    if kind == "number" and str(value).rstrip().endswith("%"):
        return _parse(str(value), "share"), None
    if kind == "calendar":
        return _calendar_span(str(value))
    return _parse(str(value), kind), None


def _parse(text: str, kind: str) -> float:
    try:
        parsed = units.parse(text, kind)
    except units.UnitError as error:
        refuse("TS-E012", error.message, remedy=error.remedy or example_of(kind))
    if not math.isfinite(parsed):
        refuse("TS-E013", "'{value}' is not a finite number.", value=text, remedy=example_of(kind))
    return float(parsed)


def _labeled(written: str, kind: str) -> tuple[float, str | None]:
    text = without_marks(written)
    found = _AMOUNT.match(text)
    number, label = (found.group(1), found.group(2)) if found else ("", "")
    if not found or (kind != "amount" and not label) or re.match(r"[\d,._]", label):
        remedy = marks_remedy(written) or example_of(kind)
        refuse("TS-E012", f"'{{value}}' is not {KIND_WORDS[kind]}.", value=written, remedy=remedy)
    if not math.isfinite(float(number)):
        refuse("TS-E013", "'{value}' is not a finite number.", value=_short(text), remedy=example_of(kind))
    return float(number), " ".join(label.split()) or None


def _calendar_span(text: str) -> tuple[float, str | None]:
    found = re.fullmatch(r"\s*(\d+)\s*(months?|years?)\s*", text)
    if found:
        return float(found.group(1)) * (12 if found.group(2).startswith("year") else 1), "months"
    return _parse(text, "duration"), "s"


KIND_WORDS = {
    "volume": "a volume",
    "duration": "a duration",
    "calendar": "a span of time",
    "share": "a share",
    "rate": "a rate per hour",
    "number": "a number",
    "amount": "an amount",
    "money": "an amount of money",
    "samples": "a number of samples",
}
EXAMPLES = {
    "duration": "15 min, 2 h or 3 d",
    "calendar": "18 months or 90 d",
    "share": "80 %",
    "rate": "-0.132 per h",
    "number": "0.85",
    "amount": "12.2 ug/dL",
    "money": "25 EUR",
    "samples": "38 samples",
    "volume": "2 ml",
}


def example_of(kind: str) -> str:
    """How such a quantity is written."""
    return f"Write it like this: {EXAMPLES[kind]}."
