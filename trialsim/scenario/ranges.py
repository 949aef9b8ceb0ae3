"""Every number that declares a plausible ``range:``, as it is in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trialsim.protocol.steps import called
from trialsim.quantities.records import PROVENANCE

#: Keys beside a number that are not numbers.
_WORDS = {*PROVENANCE, "prior", "between", "of"}


@dataclass(frozen=True)
class RangedNumber:
    """A number with its range: the path of the quantity, the path to set, and what is declared, as written."""

    path: str
    setting: str
    value: Any
    low: Any
    high: Any


def declared_ranges(data: Any) -> list[RangedNumber]:
    """Every declared range of a file's data, in its order. The range of a spread is that of its first number."""
    return list(_ranges(data, ()))


def _ranges(data: Any, path: tuple[str, ...]) -> Iterator[RangedNumber]:
    if isinstance(data, list):
        for i, inner in enumerate(data):
            yield from _ranges(inner, (*path, _name(data, i)))
    elif isinstance(data, dict):
        ends = data.get("range")
        if isinstance(ends, list) and len(ends) == 2 and (found := _first_number(data)) is not None:
            inner, value = found
            yield RangedNumber(".".join(path), ".".join((*path, *inner)), value, *ends)
        for key, inner in data.items():
            if key not in _WORDS:
                yield from _ranges(inner, (*path, str(key)))


def _name(steps: list[Any], i: int) -> str:
    """How an item of a list is called in a path: a step by its name, where no other bears it, else the number."""
    names = [(called(one) or "") if isinstance(one, dict) else "" for one in steps]
    return names[i] if names[i] and names.count(names[i]) == 1 else str(i)


def _first_number(data: dict[str, Any]) -> tuple[tuple[str, ...], Any] | None:
    """The place of the first number of a quantity below it, and the number."""
    for key, inner in data.items():
        if key in _WORDS:
            continue
        if isinstance(inner, dict):
            below = _first_number(inner)
            return None if below is None else ((str(key), *below[0]), below[1])
        return (str(key),), inner
    return None
