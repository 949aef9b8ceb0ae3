"""Scenarios as text: the resolved form in the units people write, which loads back to an equal scenario."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from trialsim.protocol.steps import ShiftStaff
from trialsim.quantities.fields import Number, OfPractitioners, Prior, Record, SiteShare, Spread
from trialsim.quantities.records import PROVENANCE
from trialsim.scenario.model import Covariate, Enroll, Rhythm, Scenario
from trialsim.scenario.text import scalar

WIDTH = 110


def dump(scenario: Scenario) -> str:
    """A scenario as YAML; ``loads(dump(scenario))`` equals the resolved scenario.

    Raises
    ------
    TypeError
        The scenario holds a value that no file can hold; a defect of trialsim.
    """
    return to_yaml(plain(scenario))


def to_yaml(data: dict[str, Any]) -> str:
    """Plain data as YAML: short maps and lists on one line."""
    return "\n".join(_block(data, 0)) + "\n"


def plain(value: object) -> Any:
    """Records as maps, lists and scalars, in human units; what says nothing is left out."""
    if isinstance(value, Number):
        return _with_provenance(value, number_text(value), value.kind)
    if isinstance(value, Prior):
        return _prior(value, value.kind)
    if isinstance(value, Spread):
        return _spread(value)
    if isinstance(value, Covariate) and value.number is not None:
        inner = plain(value.number)
        keys = {key: getattr(value, key) for key in PROVENANCE[:3] if getattr(value, key) is not None}
        return {**inner, **keys} if keys and isinstance(inner, dict) else inner
    if isinstance(value, ShiftStaff) and value.people is None:
        return value.units
    if isinstance(value, Enroll) and value.by_arm:
        return dict(value.by_arm)
    if isinstance(value, Record):
        return _record(value)
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return int(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (str, int, float)):
        return value
    raise TypeError(type(value).__name__)


def _record(record: Record) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for name, info in type(record).model_fields.items():
        value = getattr(record, name)
        if value is None or value in ((), {}):
            continue
        if isinstance(value, Record) and not isinstance(value, (Number, Spread)) and not _record(value):
            continue
        if isinstance(record, Rhythm) and name in ("reference_clock", "peak", "between"):
            value = clock_text(value) if isinstance(value, int) else "-".join(map(clock_text, value))
        keys[info.alias or name] = plain(value)
    return keys


def clock_text(seconds: int) -> str:
    """A time of day.

    >>> clock_text(36_000)
    '10:00'
    """
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def number_text(number: Number) -> str | int | float:
    """The value of a number with its unit, as text that reads back to the same value."""
    return value_text(number.value, number.kind, number.unit)


def value_text(value: float, kind: str, unit: str | None) -> str | int | float:
    """A value of a kind as people write it; a plain number where no unit belongs."""
    from trialsim.quantities import units

    bare = int(value) if value == int(value) and abs(value) < 1e15 else value
    if kind == "calendar":
        return f"{bare} months" if unit == "months" else units.format_value(value, "duration")
    if kind in ("duration", "share", "rate", "volume"):
        return units.format_value(value, kind)
    return bare if unit is None else f"{bare} {unit}"


def _with_provenance(record: Number | Spread, content: Any, kind: str) -> Any:
    keys = {key: getattr(record, key) for key in PROVENANCE[:3] if getattr(record, key) is not None}
    if record.range is not None:
        keys["range"] = [value_text(end, kind, record.unit) for end in record.range]
    if isinstance(record, Number) and record.prior is not None:
        keys["prior"] = _prior(record.prior, record.kind)
    if isinstance(record, OfPractitioners) and record.of:
        keys["of"] = record.of[0] if len(record.of) == 1 else list(record.of)
    if isinstance(record, SiteShare) and record.open is not None:
        keys["open"] = number_text(record.open)
    if not keys:
        return content
    return {**content, **keys} if isinstance(content, dict) else {"value": content, **keys}


def _prior(prior: Prior, kind: str) -> dict[str, Any]:
    named = {key: getattr(prior, key) for key in ("name", "n") if getattr(prior, key) is not None}
    content = _spread(prior, kind)
    return {**content, **named}


def _spread(spread: Spread, kind: str | None = None) -> Any:
    kind = kind or ("duration" if spread.kind == "duration" else "amount")
    inner: dict[str, Any] = {}
    for key, part in spread.given.items():
        if key == "iqr_low":
            inner["iqr"] = [plain(part), plain(spread.given["iqr_high"])]
        elif key not in ("iqr_high", "values", "weights"):
            inner[key] = plain(part)
    content: Any = {spread.family: inner} if spread.family else inner
    values, weights = spread.given.get("values"), spread.given.get("weights")
    if isinstance(values, tuple):
        texts = [value_text(value, kind, spread.unit) for value in values]
        shares = [value_text(weight, "share", None) for weight in weights] if isinstance(weights, tuple) else []
        content = {spread.family: dict(zip(map(str, texts), shares, strict=True)) if shares else texts}
    if spread.low is not None and spread.high is not None:
        content["between"] = [value_text(end, kind, spread.unit) for end in (spread.low, spread.high)]
    if set(inner) == {"value"} and set(content) == {"value"} and spread.range is None:
        content = content["value"]
    return _with_provenance(spread, content, kind)


# ---------------------------------------------------------------- YAML

_SAFE = re.compile(r"-?[A-Za-z0-9][A-Za-z0-9 _.%()/+'-]*\Z")


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    text = str(value)
    if _SAFE.match(text) and not text.endswith(" ") and isinstance(scalar(text), str):
        return text
    return json.dumps(text, ensure_ascii=False)


def _block(value: Any, indent: int) -> list[str]:
    """Lines of a map or list: short parts on one line, long ones below their key."""
    pad = "  " * indent
    lines: list[str] = []
    items = value.items() if isinstance(value, dict) else ((None, inner) for inner in value)
    for key, inner in items:
        head = f"{pad}{_text(key)}:" if key is not None else f"{pad}-"
        short = _flow(inner)
        container = isinstance(inner, (dict, list)) and inner
        if not container or (indent > 0 and len(head) + len(short) < WIDTH):
            lines.append(f"{head} {short}")
        elif key is None:
            below = _block(inner, indent + 1)
            lines += [f"{pad}- {below[0].lstrip()}", *below[1:]] if isinstance(inner, dict) else [head, *below]
        else:
            lines += [head, *_block(inner, indent + 1)]
    return lines
