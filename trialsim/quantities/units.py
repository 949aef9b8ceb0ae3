"""Quantities with units as text: ``15 min``, ``12 %``, ``0.21 ug/dL`` <-> canonical numbers.

Canonical units: durations in seconds, shares in 0..1, ages in years, rates per hour, volumes in milliliters,
concentrations in the unit asked for. The few units of bedside studies are in one table; a general unit library would take
longer to import than a scenario takes to load, and would accept units no nurse writes.
"""

from __future__ import annotations

import math
import re

from trialsim.errors import UnitError
from trialsim.quantities.marks import marks_remedy, without_marks

__all__ = ["KINDS", "UnitError", "format_value", "parse"]

SECONDS = {"s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0, "wk": 604_800.0}
YEARS = {"y": 1.0, "months": 1 / 12, "wk": 7 / 365.25, "d": 1 / 365.25}
PER_HOUR = {"per s": 3_600.0, "per min": 60.0, "per h": 1.0, "per d": 1 / 24, "per wk": 1 / 168}
#: nmol/L in one of each; 1 ug/dL = 27.59 nmol/L = 10 ng/mL = 1,000 ng/dL (molar mass of cortisol 362.46 g/mol).
NMOL_PER_LITER = {"nmol/L": 1.0, "ug/dL": 27.59, "ng/mL": 2.759, "ng/dL": 0.02759}
#: Milliliters in one of each.
VOLUME = {"ml": 1.0, "ul": 0.001}
ALIASES = {
    "sec": "s", "second": "s", "seconds": "s", "mins": "min", "minute": "min", "minutes": "min", "hr": "h", "hrs": "h",
    "hour": "h", "hours": "h", "day": "d", "days": "d", "week": "wk", "weeks": "wk", "w": "wk", "month": "months",
    "mo": "months", "year": "y", "years": "y", "yr": "y", "µg/dL": "ug/dL", "μg/dL": "ug/dL", "mcg/dL": "ug/dL",
    "nmol/l": "nmol/L", "ug/dl": "ug/dL", "ng/ml": "ng/mL", "ng/dl": "ng/dL", "per hour": "per h", "/h": "per h",
    "per day": "per d", "/d": "per d", "per minute": "per min", "/min": "per min", "per week": "per wk",
    "percent": "%",
    "mL": "ml", "milliliter": "ml", "milliliters": "ml", "uL": "ul", "µl": "ul", "µL": "ul", "μl": "ul", "μL": "ul",
}  # fmt: skip

TABLES = {"duration": SECONDS, "age": YEARS, "rate": PER_HOUR, "concentration": NMOL_PER_LITER, "volume": VOLUME}
EXAMPLES = {
    "duration": "15 min", "share": "80 %", "concentration": "5.9 nmol/L", "age": "15 y", "rate": "-0.132 per h",
    "money": "25 EUR", "number": "0.85", "volume": "2 ml",
}  # fmt: skip
KINDS = tuple(EXAMPLES)
_QUANTITY = re.compile(r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*)\Z", re.DOTALL)


def parse(text: str | float, kind: str, *, unit: str | None = None) -> float:
    """The canonical value of a quantity.

    Parameters
    ----------
    text : such as ``15 min``; a bare number only where no unit is needed
    kind : duration [s], share [0..1], concentration [``unit``], age [y], rate [per h], volume [ml], money or number
    unit : the unit of the result for a concentration, by default nmol/L

    Raises
    ------
    UnitError
        TS-U001 not a quantity, TS-U002 the unit is missing, TS-U003 the unit is unknown or of another kind,
        TS-U004 a share above 1 without a percent sign

    >>> parse("0.21 ug/dL", "concentration", unit="nmol/L")
    5.7939
    """
    value, written = _split(text, kind)
    if kind in ("number", "money"):
        if kind == "number" and written:
            raise UnitError(
                f"{text!r} has a unit where a plain number belongs.", code="TS-U003", remedy="Leave it out."
            )
        return value
    if kind == "share":
        return _share(text, value, written)
    if not written:
        raise UnitError(f"{text!r} has no unit.", code="TS-U002", remedy=f"Write it like {EXAMPLES[kind]!r}.")
    name = canonical_unit(written, kind)
    if kind != "concentration":
        return value * TABLES[kind][name]
    target = canonical_unit(unit or "nmol/L", kind)
    return value if name == target else _rounded(value * NMOL_PER_LITER[name] / NMOL_PER_LITER[target])


def canonical_unit(written: str, kind: str) -> str:
    """The one spelling of a unit of this kind, such as ``ug/dL`` for ``µg/dL``."""
    name = " ".join(written.split())
    name = ALIASES.get(name, name)
    if name in TABLES[kind]:
        return name
    lowered = {known.lower(): known for known in TABLES[kind]}
    lowered |= {alias.lower(): known for alias, known in ALIASES.items() if known in TABLES[kind]}
    from trialsim.quantities.refuse import did_you_mean  # loads pydantic, which correct units need not wait for

    hint = did_you_mean(name, list(TABLES[kind]), what="Known units", meant=lowered)
    raise UnitError(f"{written!r} is not a unit of a {kind}.", code="TS-U003", remedy=hint)


def is_unit(written: str, kind: str) -> bool:
    """Whether a word is a unit of this kind.

    >>> is_unit("weeks", "duration"), is_unit("months", "duration")
    (True, False)
    """
    return written in TABLES[kind] or ALIASES.get(written) in TABLES[kind]


def format_value(value: float, kind: str, unit: str | None = None) -> str:
    """A canonical value as people write it; ``parse`` gives back exactly the same value.

    >>> format_value(5400.0, "duration"), format_value(0.801, "share")
    ('90 min', '80.1 %')
    """
    if kind == "share":
        return _first_exact(value, "share", [(value * 100, "%")]) or repr(value)
    if kind == "concentration":
        return f"{_plain(value)} {unit or 'nmol/L'}"
    if kind == "money":
        return f"{_plain(value)} {unit}" if unit else _plain(value)
    if kind == "number":
        return _plain(value)
    table = TABLES[kind]
    order = {"duration": ["d", "h", "min", "s"], "age": ["y"], "rate": ["per h"], "volume": ["ml"]}[kind]
    options = [(value / table[name], name) for name in order]
    preferred = [option for option in options if _short(option[0]) and (abs(option[0]) >= 2 or value == 0)]
    canonical = order[-1] if kind == "duration" else order[0]
    return _first_exact(value, kind, [*preferred, *options]) or f"{value!r} {canonical}"


def _split(text: str | float, kind: str) -> tuple[float, str]:
    if not isinstance(text, bool) and isinstance(text, (int, float)):
        value, written = float(text), ""
    else:
        found = _QUANTITY.match(without_marks(str(text).strip()))
        if found is None or re.match(r"[\d,._]", found[2]):
            remedy = marks_remedy(str(text)) or f"Write it like {EXAMPLES[kind]!r}."
            raise UnitError(f"{text!r} is not a {kind}.", code="TS-U001", remedy=remedy)
        value, written = float(found[1]), found[2].strip()
    if not math.isfinite(value):
        raise UnitError(f"{text!r} is not finite.", code="TS-U001", remedy=f"Write it like {EXAMPLES[kind]!r}.")
    return value, written


def _share(text: str | float, value: float, written: str) -> float:
    if written in ("%", "percent"):
        return _rounded(value / 100)
    if written:
        raise UnitError(f"{written!r} is not a unit of a share.", code="TS-U003", remedy="Write it like '80 %'.")
    if abs(value) > 1:
        raise UnitError(f"{text!r} is not a share.", code="TS-U004", remedy=f"Did you mean '{_plain(value)} %'?")
    return value


def _rounded(value: float) -> float:
    """The nearest number of 15 digits: 0.801 and not 0.8009999999999999."""
    return float(f"{value:.15g}")


def _plain(value: float) -> str:
    return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _short(value: float) -> bool:
    return len(f"{value:.10g}".lstrip("-").replace(".", "")) <= 3  # three digits are easy to read


def _first_exact(value: float, kind: str, options: list[tuple[float, str]]) -> str | None:
    """The first option whose text parses back to exactly ``value``."""
    for amount, name in options:
        for text in (f"{_plain(_rounded(amount))} {name}", f"{_plain(amount)} {name}"):
            if parse(text, kind) == value:
                return text
    return None
