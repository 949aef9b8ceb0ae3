"""Reading quantities: from what stands in a scenario to the records of :mod:`trialsim.measures`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from trialsim.faults import did_you_mean, inside, only_keys, refuse
from trialsim.letters import is_usable, odd_letter, usable_name
from trialsim.measures import PROVENANCE, Number, OfPractitioners, Prior, Spread, amount_unit_kind

# ---------------------------------------------------------------- reading one number


_AMOUNT = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*\Z", re.DOTALL)


#: Sizes between which every number of a study lies, or it is 0: squares and products of some of them stay finite.
SMALLEST, LARGEST = 1e-12, 1e12
#: No time is longer [s]; so every date of a study can be written.
LONGEST_YEARS = 1000
LONGEST_TIME = LONGEST_YEARS * 365.25 * 86_400


def read_value(value: object, kind: str) -> tuple[float, str | None]:
    """The canonical value of a bare quantity and, for amounts, money and samples, its unit.

    Raises
    ------
    PydanticCustomError
        The text is no quantity of this kind, or its size is beyond what any study has (TS-E133).
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
        refuse("TS-E011", f"{what} stands where {KIND_WORDS[kind]} belongs.", remedy=_example(kind))
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            refuse("TS-E013", "{value} is not a finite number.", value=value, remedy=_example(kind))
        if kind in ("number", "amount") or (kind == "duration" and value == 0) or (kind == "share" and -1 < value < 1):
            return float(value), None
    if kind == "share" and re.fullmatch(r"\s*[-+]?1(\.0*)?\s*", str(value)):
        refuse("TS-E012", "'{value}' may mean 1 % or 100 %.", value=value, remedy="Write the one that is meant.")
    if kind in ("amount", "money", "samples"):
        return _labeled(str(value), kind)
    if kind == "number" and str(value).rstrip().endswith("%"):
        return _parse(str(value), "share"), None
    if kind == "calendar":
        return _calendar_span(str(value))
    return _parse(str(value), kind), None


def _parse(text: str, kind: str) -> float:
    from trialsim import units

    try:
        parsed = units.parse(text, kind)
    except units.UnitError as error:
        refuse("TS-E012", error.message, remedy=error.remedy or _example(kind))
    if not math.isfinite(parsed):
        refuse("TS-E013", "'{value}' is not a finite number.", value=text, remedy=_example(kind))
    return float(parsed)


def _labeled(text: str, kind: str) -> tuple[float, str | None]:
    found = _AMOUNT.match(text)
    number, label = (found.group(1), found.group(2)) if found else ("", "")
    if not found or (kind != "amount" and not label) or re.match(r"[\d,.]", label):
        comma = re.fullmatch(r"\s*[-+]?\d+,\d+.*", text)
        remedy = f"Write a decimal point: {text.replace(',', '.', 1)}." if comma else _example(kind)
        refuse("TS-E012", f"'{{value}}' is not {KIND_WORDS[kind]}.", value=text, remedy=remedy)
    if not math.isfinite(float(number)):
        refuse("TS-E013", "'{value}' is not a finite number.", value=_short(text), remedy=_example(kind))
    return float(number), " ".join(label.split()) or None


def _calendar_span(text: str) -> tuple[float, str | None]:
    found = re.fullmatch(r"\s*(\d+)\s*(months?|years?)\s*", text)
    if found:
        return float(found.group(1)) * (12 if found.group(2).startswith("year") else 1), "months"
    return _parse(text, "duration"), "s"


KIND_WORDS = {
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
}


def _example(kind: str) -> str:
    return f"Write it like this: {EXAMPLES[kind]}."


def read_number(value: object, kind: str, *, low: float | None = None, high: float | None = None) -> Number:
    """A number, bare or as ``{value: .., source: .., range: ..}``, within [low, high] in canonical units."""
    if isinstance(value, Number):
        return value
    told: dict[str, Any] = {}
    bare = value
    at: tuple[str, ...] = ()
    if isinstance(value, Mapping):
        only_keys(value, ("value", *PROVENANCE, "prior"))
        if "value" not in value:
            refuse("TS-E004", "'value' is missing.", remedy=f"Write {{value: {EXAMPLES[kind].split(' or ')[0]}, ..}}.")
        bare, at = value["value"], ("value",)
        told = read_provenance(value, kind)
    with inside(*at):
        number, unit = read_value(bare, kind)
        _within(number, bare, low=low, high=high)
    if isinstance(value, Mapping) and "prior" in value:
        with inside("prior"):
            told["prior"] = read_prior(value["prior"], kind, unit)
    return Number(value=number, kind=kind, unit=unit, **told)


def read_of_practitioners(
    value: object, kind: str, *, low: float | None = None, high: float | None = None
) -> OfPractitioners:
    """A number as :func:`read_number` reads it, with the resources it is ``of``: a name, or a list of names."""
    if isinstance(value, OfPractitioners):
        return value
    names: tuple[str, ...] = ()
    bare = value
    if isinstance(value, Mapping) and "of" in value:
        told = value["of"]
        bare = {key: part for key, part in value.items() if key != "of"}
        with inside("of"):
            names = tuple(read_name(one) for one in (told if isinstance(told, (list, tuple)) else [told]))
            if not names:
                refuse("TS-E011", "nobody is named.", remedy="Write of: and a resource, or leave it out.")
    number = read_number(bare, kind, low=low, high=high)
    fields: dict[str, Any] = {name: getattr(number, name) for name in Number.model_fields}
    if names:
        fields["of"] = tuple(dict.fromkeys(names))
    return OfPractitioners(**fields)


BELIEVABLE = ("duration", "share", "rate", "number", "amount", "money")  # the others are choices of the design


def read_prior(value: object, kind: str, unit: str | None) -> Prior:
    """What is believed about a number of this kind and unit: a spread, perhaps with ``name`` and ``n``."""
    if kind not in BELIEVABLE:
        refuse("TS-E081", f"{KIND_WORDS[kind]} is a choice and has no prior.", remedy="Leave the prior out.")
    if not isinstance(value, Mapping):
        refuse("TS-E081", "a prior is a distribution.", remedy="Write prior: {normal: {mean: .., sd: ..}}.")
    extra: dict[str, Any] = {}
    if "name" in value:
        with inside("name"):
            extra["name"] = _line(value["name"])
    if "n" in value:
        with inside("n"):
            extra["n"] = read_count(value["n"])
            if not 0 < extra["n"] < 10**9:
                refuse("TS-E081", f"{extra['n']} participants tell nothing.", remedy="n is 1 or more, or left out.")
    spread = read_spread({key: part for key, part in value.items() if key not in ("name", "n")}, kind)
    if spread.unit != unit:
        said, wanted = (f"the unit {one}" if one else "no unit" for one in (spread.unit, unit))
        refuse("TS-E012", f"the prior has {said}, its value {wanted}.", remedy="Write both in one unit.")
    if set(spread.given) == {"value"}:
        refuse("TS-E081", "this prior does not vary.", remedy="Write prior: {normal: {mean: .., sd: ..}}.")
    return Prior(**{name: getattr(spread, name) for name in Spread.model_fields}, **extra)


def _line(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 300 or not value.isprintable():
        refuse("TS-E018", "a name is one line of text.", remedy="Choose a short name.")
    return value


def read_provenance(value: Mapping[Any, Any], kind: str) -> dict[str, Any]:
    """The keys source, computed_from, assumed and range of a quantity; the range in the canonical unit."""
    told: dict[str, Any] = {}
    for key in PROVENANCE[:3]:
        if key in value:
            if not isinstance(value[key], (str, int, float)) or str(value[key]).strip() == "":
                refuse(
                    "TS-E011",
                    "'{value}' needs words.",
                    value=key,
                    remedy=f"Write {key}: and the reason or source.",
                    at=(key,),
                )
            told[key] = str(value[key])
    if sum(key in told for key in PROVENANCE[:3]) > 1:
        refuse(
            "TS-E015",
            "a quantity has one provenance, not several.",
            remedy="Keep one of source, computed_from, assumed.",
        )
    if "range" in value:
        told["range"] = _read_range(value["range"], kind)
    return told


def _read_range(value: object, kind: str) -> tuple[float, float]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        refuse("TS-E011", "'range' needs two numbers.", remedy="Write range: [low, high].", at=("range",))
    ends = []
    for i, end in enumerate(value):
        with inside("range", i):
            ends.append(read_value(end, kind)[0])
    if ends[0] > ends[1]:
        refuse("TS-E013", "the range runs backwards.", remedy="Write range: [low, high].", at=("range",))
    return ends[0], ends[1]


def _within(number: float, written: object, *, low: float | None, high: float | None) -> None:
    if low is not None and number < low:
        least = "negative" if low == 0 else "too small"
        refuse("TS-E013", f"'{{value}}' is {least}.", value=written, remedy="It must be 0 or more." if low == 0 else "")
    if high is not None and number > high:
        refuse(
            "TS-E013", "'{value}' is too large.", value=written, remedy="A share is at most 100 %." if high == 1 else ""
        )


# ---------------------------------------------------------------- reading a spread

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "uniform": ("low", "high"),
    "normal": ("mean", "sd", "cv", "median", "iqr"),
    "lognormal": ("mean", "sd", "cv", "median", "sd_log", "iqr"),
    "gamma": ("mean", "sd", "cv", "median", "shape", "scale"),
    "exponential": ("mean", "median"),
    "weibull": ("mean", "sd", "cv", "median", "shape", "scale"),
    "triangular": ("low", "mode", "high"),
    "beta": ("mean", "sd", "low", "high"),
}
PLAIN_KEYS = ("value", "mean", "sd", "median", "cv", "sd_log", "iqr")
PURE = ("cv", "sd_log", "shape")  # parameters without a unit
_QUANTILE = re.compile(r"q\d\d")


def read_spread(value: object, kind: str, info: Any = None) -> Spread:
    """A spread in any of its forms; see the module's docstring."""
    if isinstance(value, Spread):
        return value
    if not isinstance(value, Mapping):
        number = read_number(value, kind, low=_least(kind))
        return Spread(given={"value": number}, kind=_spread_kind(kind, number.unit), unit=number.unit)
    if set(value) - set(PROVENANCE) == {"value", "prior"}:
        number = read_number(value, kind, low=_least(kind))
        return Spread(given={"value": number}, kind=_spread_kind(kind, number.unit), unit=number.unit)
    told = read_provenance(value, kind)
    rest = {key: part for key, part in value.items() if key not in PROVENANCE}
    low, high = _read_between(rest.pop("between", None), kind)
    named = [key for key in rest if key in FAMILIES or key in ("choice", "empirical")]
    if not named:
        given = _read_given(rest, PLAIN_KEYS, kind, extra=(*FAMILIES, "choice", "empirical", "between", *PROVENANCE))
        family = None
    else:
        family = named[0]
        for key in rest:
            if key != family:
                refuse(
                    "TS-E003",
                    f"'{key}' cannot stand beside '{family}'.",
                    remedy=f"Write it inside {family}: {{..}}.",
                    at=(key,),
                )
        with inside(family):
            given = _read_family(family, rest[family], kind, info)
    unit = _one_unit(given)
    spread = Spread(given=given, family=family, kind=_spread_kind(kind, unit), unit=unit, low=low, high=high, **told)
    _solvable(spread)
    return spread


def _spread_kind(kind: str, unit: str | None) -> str:
    return amount_unit_kind(unit) if kind == "amount" else kind


def _least(kind: str) -> float | None:
    return 0.0 if kind == "duration" else None


def _read_between(value: object, kind: str) -> tuple[float | None, float | None]:
    if value is None:
        return None, None
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        refuse("TS-E011", "'between' needs two limits.", remedy="Write between: [low, high].", at=("between",))
    with inside("between"):
        low, high = (read_value(end, kind)[0] for end in value)
    if low >= high:
        refuse("TS-E013", "the limits run backwards.", remedy="Write between: [low, high].", at=("between",))
    return low, high


def _read_family(family: str, inner: object, kind: str, info: Any) -> dict[str, Number | tuple[float, ...]]:
    if family == "choice":
        return _read_choice(inner, kind)
    if family == "empirical":
        from trialsim.empirical import read_empirical

        return {"values": read_empirical(inner, kind, info)}
    if not isinstance(inner, Mapping):
        refuse(
            "TS-E011",
            "'{value}' needs its parameters.",
            value=family,
            remedy=f"Write {family}: {{{': .., '.join(FAMILIES[family])}: ..}}.",
        )
    return _read_given(inner, FAMILIES[family], kind)


def _read_choice(inner: object, kind: str) -> dict[str, Number | tuple[float, ...]]:
    if not isinstance(inner, Mapping) or not inner:
        refuse(
            "TS-E011", "'choice' needs values and their shares.", remedy="Write choice: {10 min: 60 %, 20 min: 40 %}."
        )
    values, shares = [], []
    for key, share in inner.items():
        with inside(key):
            values.append(read_value(key, kind)[0])
            if isinstance(share, Mapping) and "prior" in share:
                refuse(
                    "TS-E081", "one share of several has no prior of its own.", remedy="Leave it out.", at=("prior",)
                )
            shares.append(read_number(share, "share", low=0, high=1).value)
    check_shares(shares)
    return {"values": tuple(values), "weights": tuple(shares)}


def check_shares(shares: Sequence[float]) -> None:
    """Refuse shares that do not sum to 100 %."""
    if abs(sum(shares) - 1) > 1e-6:
        refuse(
            "TS-E014",
            "the shares sum to {total} %.",
            total=f"{100 * sum(shares):.6g}",
            remedy="They must sum to 100 %.",
        )


def _read_given(
    inner: Mapping[Any, Any], allowed: Sequence[str], kind: str, *, extra: Sequence[str] = ()
) -> dict[str, Number | tuple[float, ...]]:
    given: dict[str, Number | tuple[float, ...]] = {}
    for key, part in inner.items():
        if key not in allowed and not _QUANTILE.fullmatch(str(key)):
            refuse(
                "TS-E003",
                f"unknown key '{key}'.",
                remedy=did_you_mean(str(key), (*allowed, *extra), what="Known keys here"),
                at=(key,),
            )
        with inside(key):
            if key == "iqr":
                given["iqr_low"], given["iqr_high"] = _read_pair(part, kind)
            elif key in PURE:
                given[key] = read_number(part, "number", low=0)
            else:
                given[key] = read_number(part, kind, low=0 if key == "sd" else _least(kind))
    if not given:
        refuse("TS-E011", "nothing is said about this quantity.", remedy=_example(kind))
    return given


def _read_pair(part: object, kind: str) -> tuple[Number, Number]:
    if not isinstance(part, Sequence) or isinstance(part, str) or len(part) != 2:
        refuse("TS-E011", "quartiles are two numbers.", remedy="Write iqr: [lower, upper].")
    low, high = (read_number(end, kind) for end in part)
    if low.value >= high.value:
        refuse("TS-E013", "the quartiles run backwards.", remedy="Write iqr: [lower, upper].")
    return low, high


def _one_unit(given: Mapping[str, Number | tuple[float, ...]]) -> str | None:
    found = {part.unit for key, part in given.items() if isinstance(part, Number) and key not in PURE}
    if len(found) > 1:
        refuse("TS-E012", f"units differ: {', '.join(sorted(map(str, found)))}.", remedy="Write one unit throughout.")
    return next(iter(found), None)


def _solvable(spread: Spread) -> None:
    from trialsim.distributions import bounded, mean, sd
    from trialsim.errors import DistributionError

    try:
        if bounded(spread.distribution):  # its ends were read, and so was their size
            return
        sizes = [abs(part(spread.distribution)) for part in (mean, sd)]
    except DistributionError as error:
        refuse("TS-E016", error.message, remedy=error.remedy)
    except (ArithmeticError, ValueError):  # numbers that leave the range of a float
        sizes = [math.inf]
    if not max(sizes) <= LARGEST**2:  # also where it is no number
        remedy = "Check cv, sd_log, shape and the units."
        refuse("TS-E016", "this varies so widely that it has no mean and SD of any use.", remedy=remedy)


# ---------------------------------------------------------------- clock, calendar, names


def read_clock(value: object) -> int:
    """``"10:00"`` -> 36000 seconds after midnight."""
    found = re.fullmatch(r"\s*(\d{1,2}):(\d\d)\s*", value) if isinstance(value, str) else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 86400:
        return value
    if not found or int(found.group(2)) > 59 or int(found.group(1)) * 60 + int(found.group(2)) > 1440:
        refuse("TS-E011", "'{value}' is not a time of day.", value=value, remedy='Write it like this: "10:00".')
    return int(found.group(1)) * 3600 + int(found.group(2)) * 60


def read_clock_window(value: object) -> tuple[int, int]:
    """``08:00-20:00`` -> (28800, 72000)."""
    if isinstance(value, tuple) and len(value) == 2:
        return value
    ends = re.split(r"\s*(?:-|–|to)\s*", value) if isinstance(value, str) else []
    if len(ends) != 2:
        refuse(
            "TS-E011", "'{value}' is not a window of the day.", value=value, remedy="Write it like this: 08:00-20:00."
        )
    low, high = read_clock(ends[0]), read_clock(ends[1])
    if low >= high:
        refuse(
            "TS-E013",
            "'{value}' runs backwards.",
            value=value,
            remedy="Write the earlier time first; a window ends by 24:00.",
        )
    return low, high


def read_name(value: object) -> str:
    """The name of an arm, visit, step, ...: a line of text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or len(value) > 80 or not value.isprintable():
        refuse("TS-E018", "a name is one line of 1 to 80 characters.", remedy="Choose a short name.")
    name = " ".join(value.split())
    if " - " in name or set(name) & set("{}[]=@/"):
        refuse(
            "TS-E018",
            "'{value}' cannot be a name.",
            value=name,
            remedy="Leave out ' - ' and the characters { } [ ] = @ /.",
        )
    if name[0] == "_":
        refuse(
            "TS-E018",
            "'{value}' would be left out of figures.",
            value=name,
            remedy="Begin a name with a letter or a digit.",
        )
    refuse_formula(name)
    return name


def refuse_formula(text: str) -> None:
    """Refuse words that a spreadsheet would run: tables are opened there."""
    if text[0] in "+-=@" and not re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        refuse(
            "TS-E018",
            "'{value}' would be a formula in a spreadsheet.",
            value=text,
            remedy="Begin a name with a letter or a digit.",
        )


LONGEST_LINE = 200


def read_line(value: str) -> str:
    """A title, a label or a description: at most :data:`LONGEST_LINE` characters, no formula."""
    if len(value) > LONGEST_LINE:
        refuse(
            "TS-E131",
            f"this text has {len(value):,} characters.",
            remedy=f"A title or label has at most {LONGEST_LINE}.",
        )
    if odd_letter(value) is not None:
        message = f"this text holds the character {odd_letter(value)}, which nobody sees."
        refuse("TS-E130", message, remedy="Remove it, or type the text anew.")
    if value.strip():
        refuse_formula(value.strip())
    return value


def read_study_name(value: object) -> str:
    """The name of a study, which names its folders, scripts and jobs: usable as it stands on every system."""
    name = read_name(value)
    if not is_usable(name):
        other = usable_name(name)
        hint = f"Write name: {other}." if other else "Write name: my-study."
        refuse(
            "TS-E132",
            "'{value}' cannot name a folder on every system.",
            value=name,
            remedy=f"Use letters, digits, '-', '_' and '.' only, and begin with a letter or a digit. {hint}",
        )
    return name


def read_count(value: object) -> object:
    """A whole number; yes or no, text and fractions are refused."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, float) or not value.is_integer():
        refuse(
            "TS-E011",
            "'{value}' is not a whole number.",
            value=value,
            wants="whole number",
            remedy="Write a whole number without a unit.",
        )
    return int(value)


#: Categories a range may stand for.
MOST_CATEGORIES = 1001

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
_SCALE = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})(?:\s+by\s+({_NUMBER}))?\s*")


def read_categories(value: object) -> object:
    """``0..10`` and ``0..100 by 5`` as the numbers they stand for; anything else as it is.

    >>> read_categories("20..80 by 20")
    (20.0, 40.0, 60.0, 80.0)
    """
    if not isinstance(value, str):
        return value
    found = _SCALE.fullmatch(value)
    example = "Write [0, 1, 2, 3, 4], 0..10 or 0..100 by 5."
    if found is None:
        refuse("TS-E113", "'{value}' is neither a list of numbers nor a range.", value=value, remedy=example)
    low, high, step = float(found[1]), float(found[2]), float(found[3] or 1)
    if not low < high or not step > 0:
        refuse("TS-E113", "'{value}' does not rise.", value=value, remedy=example)
    steps = (high - low) / step
    if abs(steps - round(steps)) > 1e-9 * max(steps, 1):
        refuse("TS-E113", f"steps of {step:g} from {low:g} do not meet {high:g}.", remedy=example)
    if steps + 1 > MOST_CATEGORIES:
        remedy = f"A scale has at most {MOST_CATEGORIES:,} points: take larger steps, or distribution: normal."
        refuse("TS-E113", f"'{value}' are {steps + 1:,.0f} categories.", remedy=remedy)
    return tuple(float(f"{low + i * step:.12g}") for i in range(round(steps) + 1))
