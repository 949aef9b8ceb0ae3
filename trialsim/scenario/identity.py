"""The identity of a study: a hash of everything that decides its results."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from trialsim.quantities.fields import Number, OfPractitioners, Record, SiteShare, Spread
from trialsim.rules import APPLIED, COUNTED, LATER, NAMES_DECIDE, WORDS, has
from trialsim.scenario.model import Scenario


def scenario_hash(scenario: Scenario, *, seed: bool = True) -> str:
    """Hexadecimal BLAKE2b (16 bytes) of the canonical JSON of a resolved scenario, or of all of it but the ``seed``.

    In: setting, design (names of the arms, not their descriptions), participants, attrition, protocol, visits,
    outcomes, analyses, primary, costs, seed. Out: name, title, labels, sources, where numbers come from, their
    ranges, what is swept, published figures, the number of replicates.
    """
    return _hash(canonical(scenario), seed=seed)


def play_hash(scenario: Scenario) -> str:
    """The same of what decides what is simulated, without rules that are applied to it afterwards (bounds of looks)."""
    looks = scenario.design.looks
    content = canonical(scenario)
    if looks is not None:
        fields = type(looks).model_fields
        for name, key in deciding(type(looks)):
            if has(fields[name], APPLIED):
                content["design"]["looks"].pop(key, None)
    return _hash(content, seed=True)


def _hash(content: dict[str, Any], *, seed: bool) -> str:
    if not seed:
        content["simulation"]["seed"] = 0
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def canonical(value: object) -> Any:
    """The parts that decide results, as JSON by the keys of the file. Maps of user-made names keep their order (as pairs)."""
    if isinstance(value, OfPractitioners):
        return [value.value, value.unit, list(value.of)]
    if isinstance(value, SiteShare) and value.open is not None:
        return [value.value, value.unit, canonical(value.open)]
    if isinstance(value, Number):
        return [value.value, value.unit]
    if isinstance(value, Spread):
        given = {key: canonical(part) for key, part in value.given.items()}
        return {"family": value.family, "given": given, "low": value.low, "high": value.high, "unit": value.unit}
    if isinstance(value, Record):
        return _fields(value)
    if isinstance(value, dict):
        return [[str(key), canonical(inner)] for key, inner in value.items()]
    if isinstance(value, tuple):
        return [canonical(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return value


def deciding(record: type[Record]) -> Iterator[tuple[str, str]]:
    """The fields of a record that decide results: name, and key in the file."""
    for name, info in record.model_fields.items():
        if not has(info, WORDS, COUNTED):
            yield name, info.alias or name


def _fields(record: Record) -> dict[str, Any]:
    fields = type(record).model_fields
    used = (
        (name, key) for name, key in deciding(type(record)) if getattr(record, name) or not has(fields[name], LATER)
    )
    return {key: _field(record, name) for name, key in used}


def _field(record: Record, name: str) -> Any:
    value = getattr(record, name)
    if has(type(record).model_fields[name], NAMES_DECIDE):
        value = dict.fromkeys(value, "")
    return canonical(value)
