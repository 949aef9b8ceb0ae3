"""Inheritance and overrides: a parent file below (``extends:``), single values on top (``--set path=value``)."""

from __future__ import annotations

from typing import Any

from trialsim.quantities.read import FAMILIES
from trialsim.quantities.refuse import did_you_mean
from trialsim.scenario.arms import ENROLL, at_total
from trialsim.scenario.messages import known_keys
from trialsim.scenario.model import TARGETS
from trialsim.scenario.text import BrokenText, Finding, Path, Place, Tree, read_text

# A map that holds one of these is one quantity: a child replaces it whole, so that no source outlives its number.
QUANTITY = {"value", "mean", "median", "choice", "empirical", "by_arm", "chance", "shares", *TARGETS, *FAMILIES}
NAMES = ("name", "activity", "attempt", "visit", "repeat")  # keys that name a step


def inherit(parent: Tree, child: Tree) -> Tree:
    """The parent's tree with the child's keys over it. Maps merge, lists and quantities are replaced, null removes."""
    if not isinstance(parent.data, dict):
        return child
    parent.findings += child.findings
    taken: set[Path] = set()
    _merge(parent.data, child.data, (), taken)
    _move_places(child, parent, taken)
    return parent


def _merge(below: dict[str, Any], above: dict[str, Any], path: Path, taken: set[Path]) -> None:
    """Put ``above`` over ``below``; ``taken`` collects the paths that come from above whole."""
    for key, value in above.items():
        here = (*path, key)
        old = below.get(key)
        mergeable = isinstance(old, dict) and isinstance(value, dict) and not QUANTITY & (old.keys() | value.keys())
        if value is None:
            below.pop(key, None)
        elif mergeable:
            _merge(below[key], value, here, taken)
        else:
            below[key] = value
            taken.add(here)


def _move_places(source: Tree, target: Tree, taken: set[Path]) -> None:
    """Places at and below the paths taken are those of the source."""
    for old, new in ((target.keys, source.keys), (target.values, source.values)):
        for gone in [place for place in old if _within(place, taken)]:
            del old[gone]
        old.update({place: where for place, where in new.items() if _within(place, taken)})


def _within(place: Path, taken: set[Path]) -> bool:
    return any(place[:length] in taken for length in range(1, len(place) + 1))


def override(tree: Tree, text: str) -> None:
    """Set one value, ``design.enroll=60``; adds a finding when there is no such place."""
    file = f"--set {text}"
    where = Place(file, 1, 1, text)
    path_text, equals, value_text = text.partition("=")
    if not equals or not path_text.strip():
        finding = Finding("TS-E008", (), f"'{text}' is not path=value.", "Write --set design.enroll=60.", where)
        tree.findings.append(finding)
        return
    try:
        value = read_text(value_text, file)
    except BrokenText as broken:
        tree.findings.append(Finding("TS-E008", (), f"'{value_text}': {broken.finding.message}", "", where))
        return
    holder, path, rest = _descend(tree.data, path_text.strip())
    nowhere = isinstance(holder, list) and rest not in map(str, range(len(holder)))
    if holder is None or "." in rest or not rest or nowhere:
        last = _at(tree.data, path)  # as far as the path names something
        known = [str(key) for key in last] if isinstance(last, dict) else []
        known += [name for name, _ in _named_steps(last)] if isinstance(last, list) else []
        remedy = did_you_mean(rest.split(".")[0], known, what="Known here")
        tree.findings.append(Finding("TS-E008", path, f"there is no '{rest}' to set.", remedy, where))
        return
    here = (*path, rest)
    _put(holder, rest, at_total(holder.get(rest), value.data) if here == ENROLL else value.data)
    _move_places(Tree(), tree, {here})
    column = len(path_text) + 2
    tree.keys[here] = where
    for inner, place in value.values.items():
        tree.values[(*here, *inner)] = Place(file, 1, column + place.column - 1, text)
    for inner, place in value.keys.items():
        tree.keys[(*here, *inner)] = Place(file, 1, column + place.column - 1, text)


def _put(holder: Any, key: str, value: object) -> None:
    if isinstance(holder, list):
        holder[int(key)] = value
        return
    old = holder.get(key)
    if isinstance(old, dict) and {"value", "of"} <= old.keys() and not isinstance(value, dict):
        value = {"value": value, "of": old["of"]}  # whose number it is does not go with its value
    holder[key] = value
    if key == "value" and {"source", "computed_from"} & holder.keys():
        holder.pop("source", None)
        holder.pop("computed_from", None)
        holder["assumed"] = "set on the command line"


def _descend(data: Any, text: str) -> tuple[Any, Path, str]:
    """Walk down as far as the path names existing parts: (last map or list, its path, what is left of the text).

    Names may hold spaces and dots; a step is named by its number (from 0) or by its own name.
    """
    path: Path = ()
    while True:
        step = _next_step(data, text)
        if step is None:
            return _made(data, path, text)
        more, rest = step
        if not rest:
            return data if len(more) == 1 else _at(data, more[:-1]), (*path, *more[:-1]), str(more[-1])
        below = _at(data, more)
        if not isinstance(below, (dict, list)):
            return None, path, text
        data, path, text = below, (*path, *more), rest


def _made(data: Any, path: Path, text: str) -> tuple[Any, Path, str]:
    """Make the maps that are missing on the way: ``design.allocation.block`` without an allocation."""
    while isinstance(data, dict) and "." in text and text.split(".", maxsplit=1)[0] in known_keys(path, {}):
        head, text = text.split(".", 1)
        data[head] = {}
        data, path = data[head], (*path, head)
    return data, path, text


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
            name = next((step[key] for key in NAMES if key in step), None)
            if name is None and isinstance(step.get("hold"), list):
                name = f"hold {' and '.join(map(str, step['hold']))}"  # as reports call it
            if isinstance(name, str):
                found.append((name, (*before, i)))
            if isinstance(step.get("steps"), list):
                found += _named_steps(step["steps"], (*before, i, "steps"))
    return found


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data
