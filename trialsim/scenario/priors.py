"""Priors of a scenario: which numbers have one, and the scenario at one point of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trialsim.quantities.fields import Number, Prior, Record, Spread
from trialsim.quantities.records import PROVENANCE
from trialsim.scenario.model import Scenario
from trialsim.scenario.text import Finding, Path

#: Keys whose shares sum to 100 %, and parts of the file that hold choices and quotations.
PARTS = {"choice", "shares", "sites"}
CHOICES = {"design", "analyses", "simulation", "costs", "published"}


def name_priors(data: Any, path: tuple[str, ...] = ()) -> None:
    """Give each prior without a name the place of its number, so that a level used at several visits stays one belief."""
    if isinstance(data, list):
        for i, inner in enumerate(data):
            name_priors(inner, (*path, str(i)))
    elif isinstance(data, dict):
        prior = data.get("prior")
        if "value" in data and isinstance(prior, dict) and data.keys() <= {"value", "prior", "of", *PROVENANCE}:
            prior.setdefault("name", ".".join(path))
            return
        for key, inner in data.items():
            name_priors(inner, (*path, str(key)))


def priors_of(scenario: Scenario) -> dict[str, tuple[tuple[Path, Number], ...]]:
    """The numbers with a prior and where they stand, by the name of the prior, in the order of the file."""
    found: dict[str, list[tuple[Path, Number]]] = {}

    def collect(number: Number, path: Path) -> Number:
        if number.prior is not None:
            found.setdefault(name_of(number.prior, path), []).append((path, number))
        return number

    _changed(scenario, (), collect)
    return {name: tuple(numbers) for name, numbers in found.items()}


def check_priors(scenario: Scenario, report: Callable[[Finding], None]) -> None:
    """Shares of a whole and choices of the trialist have no priors of their own."""
    for numbers in priors_of(scenario).values():
        for path, _ in numbers:
            if PARTS.intersection(path[-2:]):
                message = "one share of several has no prior of its own."
            elif path[0] in CHOICES:
                message = "a choice of the trialist has no prior."
            else:
                continue
            report(Finding("TS-E081", (*path, "prior"), message, "Leave the prior out."))


def name_of(prior: Prior, path: Path) -> str:
    """The name of a prior: its own, or the place of its number."""
    return prior.name or ".".join(map(str, path))


def at_values(scenario: Scenario, values: Mapping[Path, float]) -> Scenario:
    """The resolved scenario with other values at some of its numbers, read anew as if they stood in the file.

    Raises
    ------
    ScenarioError
        The values are impossible, alone or together.
    """
    from trialsim.scenario.dump import plain
    from trialsim.scenario.load import from_data

    def change(number: Number, path: Path) -> Number:
        return number.model_copy(update={"value": values[path]}) if path in values else number

    return from_data(plain(_changed(scenario, (), change)))


def _changed(value: Any, path: Path, change: Callable[[Number, Path], Number]) -> Any:
    """The same records with each number replaced by what ``change`` makes of it; untouched parts stay the same objects."""
    if isinstance(value, Number):
        return change(value, path)
    if isinstance(value, Spread):
        given = _changed_items(value.given, path, change)
        return value if given is value.given else value.model_copy(update={"given": given})
    if isinstance(value, Record):
        told = {name: (getattr(value, name), info.alias or name) for name, info in type(value).model_fields.items()}
        changed = {name: _changed(inner, (*path, alias), change) for name, (inner, alias) in told.items()}
        changed = {name: inner for name, inner in changed.items() if inner is not told[name][0]}
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, dict):
        return _changed_items(value, path, change)
    if isinstance(value, tuple):
        items = tuple(_changed(inner, (*path, i), change) for i, inner in enumerate(value))
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


def _changed_items(value: Mapping[Any, Any], path: Path, change: Callable[[Number, Path], Number]) -> Mapping[Any, Any]:
    items = {key: _changed(inner, (*path, str(key)), change) for key, inner in value.items()}
    return value if all(items[key] is inner for key, inner in value.items()) else items
