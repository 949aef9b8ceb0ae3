"""Reading quantities: from what a scenario contains to the records of :mod:`trialsim.quantities.records`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from trialsim.errors import DistributionError
from trialsim.quantities import units
from trialsim.quantities.empirical import read_empirical
from trialsim.quantities.records import PROVENANCE, Number, OfPractitioners, Prior, SiteShare, Spread, amount_unit_kind
from trialsim.quantities.refuse import did_you_mean, inside, only_keys, refuse
from trialsim.quantities.values import EXAMPLES, KIND_WORDS, LARGEST, example_of, read_value
from trialsim.quantities.words import read_count, read_name

# ---------------------------------------------------------------- one number


def read_number(value: object, kind: str, *, low: float | None = None, high: float | None = None) -> Number:
    """A number, bare or as ``{value: .., source: .., range: ..}``, within [low, high] in canonical units."""
    if isinstance(value, Number):
        return value
    provenance: dict[str, Any] = {}
    bare = value
    at: tuple[str, ...] = ()
    if isinstance(value, Mapping):
        only_keys(value, ("value", *PROVENANCE, "prior"))
        if "value" not in value:
            refuse("TS-E004", "'value' is missing.", remedy=f"Write {{value: {EXAMPLES[kind].split(' or ')[0]}, ..}}.")
        bare, at = value["value"], ("value",)
        provenance = read_provenance(value, kind)
    with inside(*at):
        number, unit = read_value(bare, kind)
        _within(number, bare, low=low, high=high)
    if isinstance(value, Mapping) and "prior" in value:
        with inside("prior"):
            provenance["prior"] = read_prior(value["prior"], kind, unit)
    return Number(value=number, kind=kind, unit=unit, **provenance)


def read_visit_or_duration(value: object) -> str | Number:
    """A duration where it reads like one: a number with a unit of time; otherwise the name of a visit."""
    if isinstance(value, (Number, Mapping)):
        return read_number(value, "duration", low=0)
    found = re.fullmatch(r"\s*[\d.,_]+\s*([^\W\d_]+)\s*", value) if isinstance(value, str) else None
    if found is not None and units.is_unit(found[1], "duration"):
        return read_number(value, "duration", low=0)
    return read_name(value)


def read_word_or_amount(value: object, word: str) -> str | Number:
    """The word itself, or an amount."""
    return word if value == word else read_number(value, "amount")


def read_limit(value: object) -> Number:
    """A limit whose kind its unit says: a share (80 %), a duration (30 min), an amount of money (250 EUR) or a number (4)."""
    if isinstance(value, Number):
        return value
    bare = value.get("value") if isinstance(value, Mapping) else value
    found = re.fullmatch(r"\s*[\d.,_]+\s*(\S+)\s*", bare) if isinstance(bare, str) else None
    unit = found[1] if found is not None and not re.fullmatch(r"[\d.,_]+", found[1]) else ""
    if unit == "%":
        return read_number(value, "share", low=0, high=1)
    if unit and units.is_unit(unit, "duration"):
        return read_number(value, "duration", low=0)
    return read_number(value, "money" if unit else "number", low=0)


def read_of_practitioners(
    value: object, kind: str, *, low: float | None = None, high: float | None = None
) -> OfPractitioners:
    """A number as :func:`read_number` reads it, with its resources ``of``: a name, or a list of names."""
    if isinstance(value, OfPractitioners):
        return value
    names: tuple[str, ...] = ()
    bare = value
    if isinstance(value, Mapping) and "of" in value:
        owners = value["of"]
        bare = {key: part for key, part in value.items() if key != "of"}
        with inside("of"):
            names = tuple(read_name(one) for one in (owners if isinstance(owners, (list, tuple)) else [owners]))
            if not names:
                refuse("TS-E011", "nobody is named.", remedy="Write of: and a resource, or leave it out.")
    number = read_number(bare, kind, low=low, high=high)
    fields: dict[str, Any] = {name: getattr(number, name) for name in Number.model_fields}
    if names:
        fields["of"] = tuple(dict.fromkeys(names))
    return OfPractitioners(**fields)


def read_patience(value: object, info: Any) -> Number | Spread:
    """A duration as :func:`read_number` reads it, or one that varies, as :func:`read_spread` reads it."""
    if isinstance(value, (Number, Spread)):
        return value
    if not isinstance(value, Mapping) or "value" in value:
        return read_number(value, "duration", low=0)
    return read_spread(value, "duration", info)


def read_site_share(value: object) -> SiteShare:
    """A share as :func:`read_number` reads it, under ``share`` or ``value``, with the time ``open`` at which the site opens."""
    if isinstance(value, SiteShare):
        return value
    opens, bare = None, value
    if isinstance(value, Mapping) and {"open", "share"} & value.keys():
        bare = {"value" if key == "share" else key: part for key, part in value.items() if key != "open"}
        if "share" in value and "value" in value:
            refuse("TS-E011", "the share is written twice.", remedy="Write share: or value:.")
        if "open" in value:
            with inside("open"):
                opens = read_number(value["open"], "calendar", low=0)
    number = read_number(bare, "share", low=0, high=1)
    fields: dict[str, Any] = {name: getattr(number, name) for name in Number.model_fields}
    return SiteShare(**fields) if opens is None else SiteShare(**fields, open=opens)


BELIEVABLE = ("duration", "share", "rate", "number", "amount", "money")  # the other kinds are choices of the design


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
                refuse("TS-E081", f"{extra['n']} participants are not enough.", remedy="n is 1 or more, or left out.")
    spread = read_spread({key: part for key, part in value.items() if key not in ("name", "n")}, kind)
    if spread.unit != unit:
        prior_unit, value_unit = (f"the unit {one}" if one else "no unit" for one in (spread.unit, unit))
        refuse("TS-E012", f"the prior has {prior_unit}, its value {value_unit}.", remedy="Write both in one unit.")
    if set(spread.given) == {"value"}:
        refuse("TS-E081", "this prior does not vary.", remedy="Write prior: {normal: {mean: .., sd: ..}}.")
    return Prior(**{name: getattr(spread, name) for name in Spread.model_fields}, **extra)


def _line(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 300 or not value.isprintable():
        refuse("TS-E018", "a name is one line of text.", remedy="Choose a short name.")
    return value


def read_provenance(value: Mapping[Any, Any], kind: str) -> dict[str, Any]:
    """The keys source, computed_from, assumed and range of a quantity; the range in the canonical unit."""
    provenance: dict[str, Any] = {}
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
            provenance[key] = str(value[key])
    if sum(key in provenance for key in PROVENANCE[:3]) > 1:
        refuse(
            "TS-E015",
            "a quantity has one provenance, not several.",
            remedy="Keep one of source, computed_from, assumed.",
        )
    if "range" in value:
        provenance["range"] = _read_range(value["range"], kind)
    return provenance


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
    provenance = read_provenance(value, kind)
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
                    f"'{key}' cannot be combined with '{family}'.",
                    remedy=f"Write it inside {family}: {{..}}.",
                    at=(key,),
                )
        with inside(family):
            given = _read_family(family, rest[family], kind, info)
    unit = _one_unit(given)
    spread = Spread(
        given=given, family=family, kind=_spread_kind(kind, unit), unit=unit, low=low, high=high, **provenance
    )
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
        refuse("TS-E011", "this quantity is empty.", remedy=example_of(kind))
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
    from trialsim.numbers.distributions import bounded, mean, sd

    try:
        if bounded(spread.distribution):  # its ends were read, and so was their size
            return
        sizes = [abs(part(spread.distribution)) for part in (mean, sd)]
    except DistributionError as error:
        refuse("TS-E016", error.message, remedy=error.remedy)
    except (ArithmeticError, ValueError):  # numbers outside the range of a float
        sizes = [math.inf]
    if not max(sizes) <= LARGEST**2:  # also if it is not a number
        remedy = "Check cv, sd_log, shape and the units."
        refuse("TS-E016", "this varies so widely that its mean and SD are useless.", remedy=remedy)
