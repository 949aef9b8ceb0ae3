"""The written scenario: plain data with the place of every part, over its parents, with the changes made on top.

It is what people write and change. Only :func:`trialsim.scenario.resolve.resolve` makes of it the scenario that may run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

from trialsim.scenario.keys import keys_of, records_at
from trialsim.scenario.text import Finding, Path, Place, Tree

#: Parts that a place of the resolved form may have and a file need not: what a short form leaves out.
SHORT = ("number", "value", "in all")


@dataclass(frozen=True)
class WrittenScenario:
    """Plain data (maps, lists, scalars) and the place of each part. Nothing in it is ever changed in place.

    Attributes
    ----------
    data : the whole, parents and changes included
    keys, values : places of keys and of values by their path
    findings : what was found wrong while it was read or changed
    file : the file it begins with
    folder : where its data files lie
    code : the content of the files whose functions may run, by file; None if none may (see :mod:`trialsim.scenario.code`)
    """

    data: Any = None
    keys: Mapping[Path, Place] = field(default_factory=dict)
    values: Mapping[Path, Place] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    file: str = "<scenario>"
    folder: FilePath = FilePath()
    code: Mapping[str, str] | None = None

    @staticmethod
    def of(tree: Tree, folder: FilePath) -> WrittenScenario:
        """What was read from one text."""
        return WrittenScenario(tree.data, tree.keys, tree.values, tuple(tree.findings), tree.file, folder)

    def place(self, path: Path, *, on_key: bool = False) -> Place | None:
        """The place of the value at ``path`` (or of its key), else of the nearest part that encloses it."""
        for length in range(len(path), -1, -1):
            exact = length == len(path) and not on_key
            first, second = (self.values, self.keys) if exact else (self.keys, self.values)
            found = first.get(path[:length]) or second.get(path[:length])
            if found:
                return found
        return None

    def general(self, path: Path) -> Path:
        """The path under which a part of the resolved form was written: a visit's level may be in ``level``."""
        if (
            len(path) > 3 and path[2] == "by_visit" and not _holds(self.data, path[:4])
        ):  # outcomes, name, by_visit, visit
            base = re.sub(r"( \d+)+\Z", "", str(path[3]))
            general = (*path[:2], "by_visit", base)
            return (*(general if _holds(self.data, general) else (*path[:2], "level")), *path[4:])
        return path

    def quantity(self, path: Path) -> Path | None:
        """Where the number at a path of the resolved form is written; None where it follows from another one.

        Left out in a file may be the family of a distribution, the key of a short form, the index of a single item.
        """
        data: Any = self.data
        found: Path = ()
        for step in self.general(path):
            inner = _written_below(data, step, found)
            if inner is None:
                return None
            found, data = (*found, *inner), at(data, inner)
        return found

    def at(self, path: Path) -> Any:
        """The data at a path."""
        return at(self.data, path)

    def put(self, path: Path, value: Any, places: Tree) -> WrittenScenario:
        """The same with another value at a path; maps missing on the way are made. ``places`` are those of the value."""
        keys = {one: where for one, where in self.keys.items() if one[: len(path)] != path}
        values = {one: where for one, where in self.values.items() if one[: len(path)] != path}
        keys.update({(*path, *inner): where for inner, where in places.keys.items()})
        values.update({(*path, *inner): where for inner, where in places.values.items()})
        return replace(self, data=_put(self.data, path, value), keys=keys, values=values)

    def found(self, finding: Finding) -> WrittenScenario:
        """The same with one more fault."""
        return replace(self, findings=(*self.findings, finding))


def _written_below(data: Any, step: str | int, path: Path) -> Path | None:
    """The steps in what is written that one step in a resolved form means; none if it is left out."""
    if isinstance(data, list):
        return (step,) if isinstance(step, int) and step < len(data) else None
    if not isinstance(data, dict):
        return () if step in SHORT else None
    if step in ("iqr_low", "iqr_high"):
        return (*_family_with(data, "iqr"), "iqr", int(step == "iqr_high"))
    if step in data and not (step == "value" and "prior" in data):
        return (step,)
    if step in SHORT or step == 0:
        return ()
    if family := _family_with(data, step):
        return (*family, step)
    name = next((keys_of(record)[str(step)] for record in records_at(path) if str(step) in keys_of(record)), "")
    return (name,) if name in data else None  # a program may write the name of a field in place of its key


def _family_with(data: dict[str, Any], step: str | int) -> Path:
    """The family of a distribution that has ``step`` among its parameters; nothing if they are not in one."""
    if step in data:
        return ()
    found = (key for key, inner in data.items() if isinstance(inner, dict) and step in inner and key != "prior")
    return tuple(found)[:1]


def at(data: Any, path: Path) -> Any:
    """The part at a path of plain data."""
    for step in path:
        data = data[step]
    return data


def _holds(data: Any, path: Path) -> bool:
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
    return True


def _put(data: Any, path: Path, value: Any) -> Any:
    """A copy along the path; everything beside it is shared."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(data, list) and isinstance(step, int):
        return [_put(one, rest, value) if i == step else one for i, one in enumerate(data)]
    data = data if isinstance(data, dict) else {}
    return {**data, step: _put(data.get(step, {}), rest, value)}


# ---------------------------------------------------------------- parents


def inherit(parent: WrittenScenario, child: WrittenScenario) -> WrittenScenario:
    """The child's keys over the parent's. Maps merge, lists and quantities are replaced, null removes."""
    if not isinstance(parent.data, dict):
        return child
    taken: set[Path] = set()
    data = _merged(parent.data, child.data, (), taken)
    keys, values = (
        {path: where for path, where in below.items() if not _within(path, taken)}
        | {path: where for path, where in above.items() if _within(path, taken)}
        for below, above in ((parent.keys, child.keys), (parent.values, child.values))
    )
    return WrittenScenario(data, keys, values, (*parent.findings, *child.findings), parent.file, child.folder)


def _merged(below: dict[str, Any], above: dict[str, Any], path: Path, taken: set[Path]) -> dict[str, Any]:
    """``above`` over ``below``; ``taken`` collects the paths that come from above whole."""
    merged = dict(below)
    for key, value in above.items():
        here = (*path, key)
        old = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(old, dict) and isinstance(value, dict) and not _whole(here, old, value):
            merged[key] = _merged(old, value, here, taken)
        else:
            merged[key] = value
            taken.add(here)
    return merged


def _whole(path: Path, *both: dict[str, Any]) -> bool:
    """Whether a map is one quantity, which a child replaces whole, so that no source outlives its number."""
    return any(record.whole(data) for record in records_at(path) for data in both)


def _within(path: Path, taken: set[Path]) -> bool:
    return any(path[:length] in taken for length in range(1, len(path) + 1))
