"""The identity of a study: a hash of everything that decides its results."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from trialsim.quantities.fields import Number, OfPractitioners, Record, Spread
from trialsim.scenario.model import Analysis, Design, Outcome, Patients, Scenario, Simulation

#: Words and provenance do not decide results, nor does how many replicates are played (each is its own).
LEFT_OUT: dict[type[Record], tuple[str, ...]] = {
    Scenario: ("name", "title", "sources", "sweep", "published"),
    Simulation: ("replicates",),
    Patients: ("label",),
    Outcome: ("label",),
    Analysis: ("label",),
}
PROVENANCE = ("source", "computed_from", "assumed", "range")


def scenario_hash(scenario: Scenario) -> str:
    """Hexadecimal BLAKE2b (16 bytes) of the canonical JSON of a resolved scenario.

    In: setting, design (names of the arms, not their descriptions), participants, attrition, protocol, visits,
    outcomes, analyses, primary, costs, seed. Out: name, title, labels, sources, where numbers come from, their
    ranges, what is swept, published figures, the number of replicates.
    """
    text = json.dumps(canonical(scenario), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def canonical(value: object) -> Any:
    """The parts that decide results, as JSON. Maps of user-made names keep their order (as pairs)."""
    if isinstance(value, OfPractitioners):
        return [value.value, value.unit, list(value.of)]
    if isinstance(value, Number):
        return [value.value, value.unit]
    if isinstance(value, Spread):
        given = {key: canonical(part) for key, part in value.given.items()}
        return {"family": value.family, "given": given, "low": value.low, "high": value.high, "unit": value.unit}
    if isinstance(value, Design):
        shown = value.model_copy(update={"arms": dict.fromkeys(value.arms, "")})
        return _fields(shown)
    if isinstance(value, Record):
        return _fields(value)
    if isinstance(value, dict):
        return [[str(key), canonical(inner)] for key, inner in value.items()]
    if isinstance(value, tuple):
        return [canonical(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return value


def _fields(record: Record) -> dict[str, Any]:
    out = LEFT_OUT.get(type(record), ()) + PROVENANCE
    return {name: canonical(getattr(record, name)) for name in type(record).model_fields if name not in out}
