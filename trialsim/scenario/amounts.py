"""Amounts of an outcome or covariate, turned into its unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from trialsim.quantities.fields import Number, Prior, Record
from trialsim.quantities.records import amount_unit_kind
from trialsim.scenario.text import Finding, Path

Report = Callable[[Finding], None]
AnyRecord = TypeVar("AnyRecord", bound=Record)


def canonical_unit(unit: str | None) -> str | None:
    """One spelling for each unit that is known: ``ug/dL`` for ``µg/dL``."""
    from trialsim.quantities import units

    kind = amount_unit_kind(unit)
    return units.canonical_unit(unit, kind) if unit and kind in ("concentration", "age") else unit


def convert(number: Number, unit: str | None, path: Path, report: Report) -> Number:
    """The number in ``unit``; a missing, unknown or unfitting unit is reported and the number left as it is."""
    if number.unit == unit:
        return number
    if number.unit is None:
        message = f"'{number.value:g}' has no unit."
        report(Finding("TS-E012", path, message, f"Write {number.value:g} {unit}."))
        return number
    if unit is None:
        message = f"the unit {number.unit} is written here, but none is declared."
        report(Finding("TS-E012", path, message, f"Declare unit: {number.unit}, or leave it out here."))
        return number
    kind, target = amount_unit_kind(number.unit), amount_unit_kind(unit)
    if kind != target or kind == "label":
        report(Finding("TS-E012", path, f"{number.unit} is not {unit}.", f"Write this amount in {unit}."))
        return number
    value = _converted(number.value, number.unit, unit, kind)
    ends = number.range and tuple(_converted(end, number.unit, unit, kind) for end in number.range)
    prior = number.prior and _prior_in(number.prior, unit, kind)
    return number.model_copy(update={"value": value, "unit": unit, "range": ends, "prior": prior})


def _prior_in(prior: Prior, unit: str, kind: str) -> Prior:
    """The prior in another unit: every amount in it is multiplied."""
    old = str(prior.unit)

    def turn(part: Number | tuple[float, ...]) -> Number | tuple[float, ...]:
        if isinstance(part, tuple):
            return tuple(_converted(value, old, unit, kind) for value in part)
        if part.unit is None:
            return part
        return part.model_copy(update={"value": _converted(part.value, old, unit, kind), "unit": unit})

    changes: dict[str, object] = {
        end: None if value is None else _converted(value, old, unit, kind)
        for end, value in (("low", prior.low), ("high", prior.high))
    }
    given = {key: part if key == "weights" else turn(part) for key, part in prior.given.items()}
    span = prior.range and tuple(_converted(end, old, unit, kind) for end in prior.range)
    return prior.model_copy(update={"given": given, "unit": unit, "range": span, **changes})


def _converted(value: float, unit: str, target: str, kind: str) -> float:
    from trialsim.quantities import units

    if kind == "concentration":
        return units.parse(f"{value!r} {unit}", kind, unit=target)
    if canonical_unit(unit) == target:
        return value
    return float(f"{units.parse(f'{value!r} {unit}', kind) / units.parse(f'1 {target}', kind):.15g}")


def amounts_in(record: AnyRecord, unit: str | None, path: Path, report: Report) -> AnyRecord:
    """The record with every amount directly in it turned into ``unit``."""
    changed: dict[str, object] = {}
    for name, info in type(record).model_fields.items():
        value = getattr(record, name)
        here = (*path, info.alias or name)
        if isinstance(value, Number) and value.kind == "amount":
            changed[name] = convert(value, unit, here, report)
        elif isinstance(value, tuple) and value and all(isinstance(v, Number) and v.kind == "amount" for v in value):
            changed[name] = tuple(convert(v, unit, (*here, i), report) for i, v in enumerate(value))
    return record.model_copy(update=changed) if changed else record
