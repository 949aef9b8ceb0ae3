"""Priors of a scenario: which numbers have one, and under which name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from trialsim.quantities.fields import Number, Prior, Record, Spread
from trialsim.quantities.records import PROVENANCE
from trialsim.rules import CHOSEN, SHARES_OF_A_WHOLE, Rule
from trialsim.scenario.model import Draft
from trialsim.scenario.text import Finding, Path


def named_priors(data: Any, path: tuple[str, ...] = ()) -> Any:
    """The data with a name for each prior, that of the place of its number: a level used at several visits stays one belief.

    Parts without a prior are shared with ``data``.
    """
    if isinstance(data, list):
        items = [named_priors(inner, (*path, str(i))) for i, inner in enumerate(data)]
        return items if any(new is not old for new, old in zip(items, data, strict=True)) else data
    if not isinstance(data, dict):
        return data
    prior = data.get("prior")
    if "value" in data and isinstance(prior, dict) and data.keys() <= {"value", "prior", "of", *PROVENANCE}:
        return data if "name" in prior else {**data, "prior": {**prior, "name": ".".join(path)}}
    inside = {key: named_priors(inner, (*path, str(key))) for key, inner in data.items()}
    return inside if any(inside[key] is not inner for key, inner in data.items()) else data


def priors_of(scenario: Draft) -> dict[str, tuple[tuple[Path, Number], ...]]:
    """The numbers with a prior and their places, by the name of the prior, in the order of the file."""
    found: dict[str, list[tuple[Path, Number]]] = {}
    for path, number in numbers_in(scenario).items():
        if number.prior is not None:
            found.setdefault(name_of(number.prior, path), []).append((path, number))
    return {name: tuple(numbers) for name, numbers in found.items()}


def numbers_in(scenario: Draft) -> dict[Path, Number]:
    """Every number of a scenario by its place."""
    return {path: number for path, number, _ in _numbers(scenario, (), frozenset())}


def check_priors(scenario: Draft, report: Callable[[Finding], None]) -> None:
    """Shares of a whole and choices of the trialist have no priors of their own."""
    for path, number, rules in _numbers(scenario, (), frozenset()):
        if number.prior is None:
            continue
        if SHARES_OF_A_WHOLE in rules:
            message = "one share of several has no prior of its own."
        elif CHOSEN in rules:
            message = "a choice of the trialist has no prior."
        else:
            continue
        report(Finding("TS-E081", (*path, "prior"), message, "Leave the prior out."))


def name_of(prior: Prior, path: Path) -> str:
    """The name of a prior: its own, or the place of its number."""
    return prior.name or ".".join(map(str, path))


def _numbers(value: Any, path: Path, rules: frozenset[Rule]) -> Iterator[tuple[Path, Number, frozenset[Rule]]]:
    """Every number with its place and the rules of its fields."""
    if isinstance(value, Number):
        yield path, value, rules
    elif isinstance(value, Spread):
        yield from _numbers(value.given, path, rules)
    elif isinstance(value, Record):
        for name, info in type(value).model_fields.items():
            own = rules | {one for one in info.metadata if isinstance(one, Rule)}
            yield from _numbers(getattr(value, name), (*path, info.alias or name), own)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, (*path, str(key)), rules)
    elif isinstance(value, tuple):
        for i, inner in enumerate(value):
            yield from _numbers(inner, (*path, i), rules)
