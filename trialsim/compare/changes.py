"""How one resolved scenario differs from another: what was added, removed, changed or put in another order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from trialsim.protocol.steps import Activity, Attempt, Hold, Period, Repeat, Visit, Wait
from trialsim.quantities.fields import Number, Record, Spread
from trialsim.rules import NAMES_DECIDE, has
from trialsim.scenario.arms import numbers_of_arms
from trialsim.scenario.identity import canonical, deciding
from trialsim.scenario.model import CovariateEffect, Driver, Enroll, Leave, MissingValues, Scenario

Path = tuple[str, ...]
Kind = Literal["changed", "added", "removed", "order"]

STEPS = (Wait, Visit, Activity, Attempt, Hold, Repeat, Period)


@dataclass(frozen=True)
class ScenarioChange:
    """One difference: its place, and the two values (None if there is none)."""

    path: Path
    kind: Kind
    old: object
    new: object

    @property
    def where(self) -> str:
        """The path, as written after ``--set``."""
        return ".".join(self.path)


def changes(a: Scenario, b: Scenario) -> list[ScenarioChange]:
    """Everything that affects results and differs between both, in the order of the file."""
    return list(_compare(a, b, ()))


def _compare(a: object, b: object, path: Path) -> Iterator[ScenarioChange]:
    if _listing(a) and _listing(b):
        yield from _maps(_entries(a), _entries(b), path, ordered=path[-1:] != ("attrition",))
    elif a is None or b is None or _empty(a) != _empty(b):
        if not (_nothing(a) and _nothing(b)):
            kind: Kind = "added" if _nothing(a) else "removed" if _nothing(b) else "changed"
            yield ScenarioChange(path, kind, None if _nothing(a) else a, None if _nothing(b) else b)
    elif isinstance(a, (Number, Spread)) or isinstance(b, (Number, Spread)):
        if type(a) is not type(b) or canonical(a) != canonical(b):
            yield ScenarioChange(path, "changed", a, b)
    elif isinstance(a, Record) and isinstance(b, Record):
        yield from _records(a, b, path)
    elif canonical(a) != canonical(b):
        yield ScenarioChange(path, "changed", a, b)


def _listing(value: object) -> bool:
    """Whether a value is a map of names, or a list of named things; both may be empty."""
    return isinstance(value, Mapping) or (isinstance(value, tuple) and (not value or _named(value)))


def _entries(value: object) -> dict[str, object]:
    """The items by name."""
    if isinstance(value, Mapping):
        return dict(value)
    return _by_label(value) if isinstance(value, tuple) else {}


def _empty(value: object) -> bool:
    return value in ((), {})


def _nothing(value: object) -> bool:
    return value is None or _empty(value)


def _records(a: Record, b: Record, path: Path) -> Iterator[ScenarioChange]:
    if type(a) is not type(b):
        yield ScenarioChange(path, "changed", a, b)
        return
    if isinstance(a, Enroll) and isinstance(b, Enroll):
        yield from _targets(a, b, path)
        return
    for name, key in deciding(type(a)):
        old, new = getattr(a, name), getattr(b, name)
        if has(type(a).model_fields[name], NAMES_DECIDE):  # their values are only words
            yield from _keys(old, new, (*path, key), ordered=True)
        else:
            yield from _compare(old, new, (*path, key))


def _targets(a: Enroll, b: Enroll, path: Path) -> Iterator[ScenarioChange]:
    """The target, in any form."""
    if a.by_arm and b.by_arm:
        for arm in (*a.by_arm, *(arm for arm in b.by_arm if arm not in a.by_arm)):
            if a.by_arm.get(arm) != b.by_arm.get(arm):
                yield ScenarioChange((*path, arm), "changed", a.by_arm.get(arm, 0), b.by_arm.get(arm, 0))
        return
    old, new = _target(a), _target(b)
    if old[0] != new[0]:
        yield ScenarioChange(
            path, "changed", f"{old[1]} {_target_word(old[0])}".rstrip(), f"{new[1]} {_target_word(new[0])}".rstrip()
        )
    elif old[1] != new[1]:
        yield ScenarioChange((*path, old[0]), "changed", old[1], new[1])


def _target(enroll: Enroll) -> tuple[str, object]:
    if enroll.by_arm:
        return "", numbers_of_arms(enroll.by_arm)
    if enroll.each_cluster is not None:
        return "each cluster", enroll.each_cluster
    return ("in all", enroll.in_all) if enroll.in_all is not None else ("each arm", enroll.each_arm)


def _target_word(key: str) -> str:
    return f"in {key}" if key in ("each arm", "each cluster") else key


def _maps(a: Mapping[str, object], b: Mapping[str, object], path: Path, *, ordered: bool) -> Iterator[ScenarioChange]:
    yield from _keys(a, b, path, ordered=ordered)
    for key in a:
        if key in b:
            yield from _compare(a[key], b[key], (*path, str(key)))


def _keys(a: Mapping[str, object], b: Mapping[str, object], path: Path, *, ordered: bool) -> Iterator[ScenarioChange]:
    """Keys that only one side has, and whether the others have another order."""
    for key in a:
        if key not in b:
            yield ScenarioChange((*path, str(key)), "removed", a[key], None)
    for key in b:
        if key not in a:
            yield ScenarioChange((*path, str(key)), "added", None, b[key])
    left, right = [key for key in a if key in b], [key for key in b if key in a]
    if ordered and left != right:
        yield ScenarioChange(path, "order", tuple(left), tuple(right))


# ---------------------------------------------------------------- lists whose items have names


def _named(items: Sequence[object]) -> bool:
    return bool(items) and isinstance(items[0], (*STEPS, Leave, Driver, CovariateEffect, MissingValues))


def _by_label(items: Sequence[object]) -> dict[str, object]:
    """Items by name; the second one with the same name gets a number."""
    found: dict[str, object] = {}
    for item in items:
        base = label(item)
        name, count = base, 1
        while name in found:
            count += 1
            name = f"{base} ({count})"
        found[name] = item
    return found


def label(item: object) -> str:
    """The name of an item of a list."""
    if isinstance(item, Wait):
        return item.name or "wait"
    if isinstance(item, Visit):
        return f"visit {item.visit}"
    if isinstance(item, Activity):
        return item.name or item.activity
    if isinstance(item, Attempt):
        return item.name or item.attempt
    if isinstance(item, Hold):
        return item.name or f"session with {', '.join(item.hold)}"
    if isinstance(item, Repeat):
        return f"repeat {item.repeat}"
    if isinstance(item, Period):
        return "each period"
    if isinstance(item, (Leave, MissingValues)):
        return item.reason
    if isinstance(item, Driver):
        return " ".join(word for word in (item.driver, item.of, item.resource) if word)
    if isinstance(item, CovariateEffect):
        return " ".join(word for word in (item.covariate, item.category) if word)
    return str(item)
