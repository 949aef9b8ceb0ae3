"""The one way to make another scenario of one: values set in the written form, which is then resolved once.

``--set``, ``--with`` and ``--over`` on the command line, the cells of a sweep, both ends of a range, sizes, and the points of a
prior are all changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from trialsim.errors import EngineError
from trialsim.protocol.steps import called
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.arms import ENROLL, at_total
from trialsim.scenario.dump import value_text
from trialsim.scenario.keys import known_keys
from trialsim.scenario.model import Scenario
from trialsim.scenario.priors import numbers_in
from trialsim.scenario.resolve import resolve
from trialsim.scenario.sweep import setting
from trialsim.scenario.text import BrokenText, Finding, Path, Place, Tree, read_text
from trialsim.scenario.written import WrittenScenario, at

#: Whose number it is, and where it comes from: what stays beside a value that is drawn from a prior.
STAYS = ("source", "computed_from", "assumed", "of")


def change(scenario: Scenario, changes: Mapping[str, Any], *, option: str = "--set") -> Scenario:
    """The scenario with other values at some places, checked and resolved like any other.

    Parameters
    ----------
    changes : the values, as a file would hold them, by their paths: ``{"design.enroll": 60}``
    option : of the command line, by which a fault names what was typed

    Raises
    ------
    ScenarioError
        With every fault found.
    """
    return resolve(changed(scenario.written, changes, option=option))


def changed(
    written: WrittenScenario, changes: Mapping[str, Any], *, option: str, where: Place | None = None
) -> WrittenScenario:
    """The written scenario with other values; ``where`` is their place, if that is in a file."""
    for path, value in changes.items():
        text = setting(path, value)
        key = where or Place(f"{option} {text}", 1, 1, text, option, path)
        place = where or Place(key.file, 1, len(path) + 2, text, option, path)
        written = _set(written, path, Tree(_plain(value), {(): key}, {(): place}), key)
    return written


def typed(written: WrittenScenario, texts: Sequence[str], *, option: str) -> WrittenScenario:
    """The written scenario with what was typed after an option, such as ``design.enroll=60``."""
    for text in texts:
        path, equals, value_text = text.partition("=")
        place = Place(f"{option} {text}", 1, 1, text, option, path.strip())
        if not equals or not path.strip():
            finding = Finding("TS-E008", (), f"'{text}' is not path=value.", f"Write {option} design.enroll=60.", place)
            written = written.found(finding)
            continue
        try:
            value = read_text(value_text, place.file)
        except BrokenText as broken:
            written = written.found(Finding("TS-E008", (), f"'{value_text}': {broken.finding.message}", "", place))
            continue
        for finding in value.findings:
            written = written.found(replace(finding, path=(), place=place))
        column = len(path) + 1  # the value begins behind the equals sign
        keys, values = (
            {
                inner: Place(place.file, 1, column + one.column, text, option, place.change)
                for inner, one in places.items()
            }
            for places in (value.keys, value.values)
        )
        written = _set(written, path.strip(), Tree(value.data, {**keys, (): place}, values), place)
    return written


def with_numbers(scenario: Scenario, values: Mapping[Path, float]) -> Scenario:
    """The scenario with other values at some of its numbers: a point of its priors. No text is read again, all is checked.

    Parameters
    ----------
    values : by the places of the numbers in the resolved scenario, in its units

    Raises
    ------
    ScenarioError
        The values are impossible, alone or together.
    """
    numbers, written = numbers_in(scenario), scenario.written
    for path, value in values.items():
        here = written.quantity(path)
        if here is None:  # it follows from another number, which has the same prior
            continue
        old, number = written.at(here), numbers[path]
        kept = {key: old[key] for key in STAYS if key in old} if isinstance(old, dict) else {}
        new = value_text(value, number.kind, number.unit)
        place = written.place(here)
        written = written.put(here, {"value": new, **kept} if kept else new, Tree(values={(): place} if place else {}))
    made = resolve(written)
    found = numbers_in(made)
    left = [path for path, value in values.items() if path not in found or found[path].value != value]
    if left:
        raise EngineError(f"{'.'.join(map(str, left[0]))} was not set to its value.")
    return made


def _plain(value: Any) -> Any:
    """A value as a file holds it: with lists, not tuples."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


# ---------------------------------------------------------------- finding the place


def _set(written: WrittenScenario, text: str, value: Tree, where: Place) -> WrittenScenario:
    """The value at a path as people write it; a finding for an unknown place."""
    holder, rest = _descend(written.data, text)
    made, rest = _made(written.data, holder, rest)
    below = at(written.data, holder) if made == () else {}
    if not _fits(below, rest):
        remedy = did_you_mean(rest.split(".")[0], _known(below), what="Known here")
        return written.found(Finding("TS-E008", (*holder, *made), f"there is no '{rest}' to set.", remedy, where))
    step: str | int = int(rest) if isinstance(below, list) else rest
    path = (*holder, *made, step)
    old = below.get(step) if isinstance(below, dict) else None
    if path == ENROLL:
        value.data = at_total(old, value.data)
    if isinstance(old, dict) and {"value", "of"} <= old.keys() and not isinstance(value.data, dict):
        value.data = {"value": value.data, "of": old["of"]}  # whose number it is does not go with its value
    written = written.put(path, value.data, value)
    if step == "value" and isinstance(below, dict) and {"source", "computed_from"} & below.keys():
        own = {key: one for key, one in written.at(path[:-1]).items() if key not in ("source", "computed_from")}
        written = written.put(path[:-1], {**own, "assumed": "set on the command line"}, _places(written, path[:-1]))
    return written


def holder_of(written: WrittenScenario, text: str) -> Path:
    """The place of the map or list in which a path, as people write it, ends."""
    return _descend(written.data, text)[0]


def _places(written: WrittenScenario, path: Path) -> Tree:
    """The places of a part, as they are."""
    keys, values = (
        {one[len(path) :]: where for one, where in places.items() if one[: len(path)] == path}
        for places in (written.keys, written.values)
    )
    return Tree(None, keys, values)


def _fits(below: Any, rest: str) -> bool:
    """Whether what is left of a path is one key of a map, or the number of an item."""
    if isinstance(below, list):
        return rest.isdigit() and int(rest) < len(below)
    return isinstance(below, dict) and "." not in rest and rest != ""


def _known(below: Any) -> list[str]:
    if isinstance(below, list):
        return [name for name, _ in _named_steps(below)]
    return [str(key) for key in below] if isinstance(below, dict) else []


def _descend(data: Any, text: str) -> tuple[Path, str]:
    """Walk down as far as the path names existing parts: (path of the last map or list, what is left of the text).

    Names may hold spaces and dots; a step is named by its number (from 0) or by its own name.
    """
    path: Path = ()
    while True:
        step = _next_step(data, text)
        if step is None:
            return path, text
        more, rest = step
        if not rest:
            return (*path, *more[:-1]), str(more[-1])
        below = at(data, more)
        if not isinstance(below, (dict, list)):
            return path, text
        data, path, text = below, (*path, *more), rest


def _made(data: Any, path: Path, text: str) -> tuple[Path, str]:
    """The maps that are missing on the way: ``design.allocation.block`` without an allocation."""
    made: Path = ()
    below = at(data, path)
    while isinstance(below, dict) and "." in text and text.split(".", maxsplit=1)[0] in known_keys((*path, *made), {}):
        head, rest = text.split(".", 1)
        if head in below:
            break
        made, text, below = (*made, head), rest, {}
    return made, text


def _next_step(data: Any, text: str) -> tuple[Path, str] | None:
    options: list[tuple[str, Path]] = []
    if isinstance(data, dict):
        options = [(str(key), (key,)) for key in data]
    elif isinstance(data, list):
        options = [(str(i), (i,)) for i in range(len(data))] + _named_steps(data)
    fitting = [(name, path) for name, path in options if text == name or text.startswith(f"{name}.")]
    if not fitting:
        return None
    name, path = max(fitting, key=lambda option: len(option[0]))
    return path, text[len(name) + 1 :]


def _named_steps(steps: list[Any], before: Path = ()) -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    for i, step in enumerate(steps):
        if isinstance(step, dict):
            name = called(step)
            if name is None and isinstance(step.get("hold"), list):
                name = f"hold {' and '.join(map(str, step['hold']))}"  # as reports call it
            if name is not None:
                found.append((name, (*before, i)))
            if isinstance(step.get("steps"), list):
                found += _named_steps(step["steps"], (*before, i, "steps"))
    return found
