"""The differences of two scenarios, in plain sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trialsim.compare.changes import ScenarioChange, changes
from trialsim.compare.nouns import noun, whole
from trialsim.compare.sides import Side
from trialsim.numbers.distributions import describe
from trialsim.quantities.fields import Number, OfPractitioners, Record, SiteShare, Spread
from trialsim.quantities.records import PROVENANCE
from trialsim.quantities.units import format_value
from trialsim.scenario.dump import plain
from trialsim.scenario.model import Scenario

#: Words for small numbers of things.
COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

#: The smallest percent change that is shown [share].
LEAST = 0.0005


def difference_sentences(a: Side, b: Side) -> tuple[str, ...]:
    """The changes from scenario ``a`` to ``b``: each a phrase that follows "B = A with".

    If nothing was changed, one sentence says so.
    """
    found = phrases(a.study.scenario, b.study.scenario)
    return tuple(found) if found else ("nothing changed: the two scenarios are equal",)


def headline(a: Side, b: Side, found: Sequence[str]) -> str:
    """``B = A with one nurse fewer (2 instead of 3 in ...)``, if there is one change; otherwise the number of changes."""
    if found and found[0].startswith("nothing changed"):
        return f"{b.label} = {a.label}: the two scenarios are equal."
    if len(found) == 1:
        return f"{b.label} = {a.label} with {found[0]}."
    return f"{b.label} = {a.label} with {len(found)} changes:"


def phrases(a: Scenario, b: Scenario) -> list[str]:
    """Every difference between two resolved scenarios as a phrase, except the seed."""
    found = [change for change in changes(a, b) if change.path[:1] != ("simulation",)]
    gone = {(change.path[0], change.path[-1]): change.kind for change in found if _is_name(change)}
    kept = [change for change in found if _is_name(change) or not _follows(change, gone)]
    return list(dict.fromkeys(_phrase(group) for group in _grouped(kept)))


def _is_name(change: ScenarioChange) -> bool:
    """Whether an arm, outcome, analysis or visit was added or removed as such."""
    named = (2, "outcomes"), (2, "analyses"), (2, "visits"), (2, "participants")
    whole = (len(change.path), change.path[0]) in named or (
        len(change.path) == 3 and change.path[:2] == ("design", "arms")
    )
    return change.kind in ("added", "removed") and whole


def _follows(change: ScenarioChange, gone: Mapping[tuple[str, str], str]) -> bool:
    """Whether a change only follows from an arm that was added or removed: its level, its effect, the ratio."""
    arms = {name for (section, name) in gone if section == "design"}
    if not arms:
        return False
    if change.path[:2] == ("design", "allocation") and change.path[-1] in ("ratio", "block"):
        return True
    return change.kind in ("added", "removed") and change.path[-1] in arms


# ---------------------------------------------------------------- the same change at several visits


@dataclass(frozen=True)
class _Group:
    change: ScenarioChange
    visits: tuple[str, ...]


def _grouped(found: Sequence[ScenarioChange]) -> Iterator[_Group]:
    """Changes of levels, with equal changes at several visits joined."""
    groups: dict[tuple[object, ...], list[ScenarioChange]] = {}
    for change in found:
        path = change.path
        same: tuple[object, ...] = (path, change.kind)
        if path[0] == "outcomes" and len(path) > 3 and path[2] == "by_visit":
            same = (path[:3], path[4:], change.kind, text(change.old), text(change.new))
        groups.setdefault(same, []).append(change)
    for members in groups.values():
        first = members[0]
        levels = first.path[0] == "outcomes" and len(first.path) > 3 and first.path[2] == "by_visit"
        yield _Group(first, tuple(one.path[3] for one in members) if levels else ())


# ---------------------------------------------------------------- phrases


def _phrase(group: _Group) -> str:
    change = group.change
    if change.kind == "order":
        return f"another order in {change.where}: {text(change.new)} instead of {text(change.old)}"
    if change.kind in ("added", "removed"):
        return _came_or_went(change)
    counted = _counted(change)
    if counted is not None:
        return f"{counted} ({text(change.new)} instead of {text(change.old)} in {change.where})"
    name = noun(change.path, group.visits)
    if name is None:
        return f"{change.where}: {text(change.old)} -> {text(change.new)}"
    aside = [part for part in (by_how_much(change.old, change.new), _where(change, group)) if part]
    old, new = both_texts(change.old, change.new)
    return f"{name} {new} instead of {old} ({'; '.join(aside)})"


def _where(change: ScenarioChange, group: _Group) -> str:
    if len(group.visits) > 1:
        return ".".join((*change.path[:3], "*", *change.path[4:]))
    return change.where


def _came_or_went(change: ScenarioChange) -> str:
    """An arm, an outcome, a step, ... that only one of the two has."""
    value = change.new if change.kind == "added" else change.old
    path = change.path
    if len(path) == 3 and path[:2] == ("design", "arms"):
        return f"{_article(change, 'arm')} {path[-1]} ({value})"
    kinds = {"outcomes": "outcome", "analyses": "analysis", "visits": "visit", "participants": "covariate"}
    if len(path) == 2 and path[0] in kinds:
        return f"{_article(change, kinds[path[0]])} {path[-1]}"
    if len(path) == 3 and path[:2] == ("setting", "resources"):
        return f"{_article(change, 'resource')} {path[-1]}"
    if (
        path[0] == "protocol"
        and len(path) > 1
        and isinstance(value, Record)
        and not isinstance(value, (Number, Spread))
    ):
        return f"{_article(change, 'step')} '{path[-1]}'{_inside(path)}"
    name = whole(path)
    if name is not None:
        return (
            f"{name} ({text(value)}; {change.where})" if change.kind == "added" else f"without {name} ({change.where})"
        )
    name = noun(path, ())
    if name is None:
        return f"{change.where}: {text(change.old)} -> {text(change.new)}"
    if change.kind == "added":
        return f"{name} {text(value)}, which was not set ({change.where})"
    return f"no longer {name} {text(value)} ({change.where})"


def _inside(path: Sequence[str]) -> str:
    outer = [part for part in path[1:-1] if part != "steps"]
    return f" inside '{outer[-1]}'" if outer else ""


def _article(change: ScenarioChange, what: str) -> str:
    return f"a new {what}" if change.kind == "added" else f"without the {what}"


def _counted(change: ScenarioChange) -> str | None:
    """Numbers of whole things that changed: nurses, participants."""
    path, old, new = change.path, change.old, change.new
    if not (isinstance(old, int) and isinstance(new, int)) or isinstance(old, bool):
        return None
    more = "more" if new > old else "fewer"
    if len(path) == 4 and path[:2] == ("setting", "resources") and path[3] == "units":
        return f"{_count(abs(new - old), path[2])} {more}"
    if path[:2] == ("design", "enroll"):
        where = "" if path[-1] == "in all" else f" in {path[-1]}"
        if not old or not new:
            return None
        return f"{_count(abs(new - old), 'participant')} {more}{where}, {_percent(abs(new / old - 1))}"
    return None


def _count(number: int, thing: str) -> str:
    word = COUNTS[number] if number < len(COUNTS) else str(number)
    return f"{word} {thing}{'' if number == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def by_how_much(old: object, new: object) -> str:
    """The size of a change: in percent, or for shares in percentage points.

    >>> by_how_much(Number(value=0.8, kind="share"), Number(value=0.7, kind="share"))
    '10 percentage points lower'
    >>> by_how_much(Number(value=60.0, kind="duration"), Number(value=90.0, kind="duration"))
    '50 % longer'
    """
    a, b = _middle(old), _middle(new)
    if a is None or b is None or not (math.isfinite(a) and math.isfinite(b)):
        return ""
    kind = getattr(new, "kind", "number")
    if kind == "share":
        gap = 100 * (abs(b) - abs(a) if a < 0 and b <= 0 else b - a)
        words = ("further from 0", "closer to 0") if a < 0 and b <= 0 else ("higher", "lower")
        return f"{abs(gap):.3g} percentage points {words[0] if gap > 0 else words[1]}" if abs(gap) > 100 * LEAST else ""
    if a == 0 or b == 0 or (a > 0) != (b > 0) or abs(b / a - 1) < LEAST:
        return ""
    longer, shorter = ("longer", "shorter") if kind in ("duration", "calendar") else ("higher", "lower")
    if a < 0:
        longer, shorter = "further from 0", "closer to 0"
    return f"{_percent(abs(b / a - 1))} {longer if abs(b) > abs(a) else shorter}"


def _middle(value: object) -> float | None:
    """The number that represents a quantity: itself, or the center of a distribution."""
    if isinstance(value, Number):
        return value.value
    if isinstance(value, Spread):
        for name in ("value", "mean", "median"):
            given = value.given.get(name)
            if isinstance(given, Number):
                return given.value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return None


# ---------------------------------------------------------------- values


def both_texts(old: object, new: object) -> tuple[str, str]:
    """Two values as people write them, durations in the same unit.

    >>> both_texts(Number(value=108_000.0, kind="duration"), Number(value=216_000.0, kind="duration"))
    ('30 h', '60 h')
    """
    durations = all(isinstance(one, Number) and one.kind == "duration" for one in (old, new))
    if durations and isinstance(old, Number) and isinstance(new, Number):
        for unit, size in (("d", 86_400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0)):
            if all(one.value % size == 0 and one.value > 0 for one in (old, new)):
                return f"{old.value / size:g} {unit}", f"{new.value / size:g} {unit}"
    return text(old), text(new)


def text(value: object) -> str:
    """A value as people write it."""
    if value is None:
        return "nothing"
    if isinstance(value, OfPractitioners) and value.of:
        return f"{_number(value)} of {' and '.join(value.of)}"
    if isinstance(value, SiteShare) and value.open is not None:
        return f"{_number(value)}, open after {_number(value.open)}"
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, Spread):
        return _spread(value)
    if isinstance(value, tuple):
        return ", ".join(text(one) for one in value) or "nothing"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (Record, dict)):
        return _record(plain(value))
    return str(value)


def _number(number: Number) -> str:
    if number.kind == "amount":
        return f"{number.value:.4g}" + (f" {number.unit}" if number.unit else "")
    if number.kind == "calendar" and number.unit == "months":
        return f"{number.value:g} months"
    kind = {"calendar": "duration", "samples": "number"}.get(number.kind, number.kind)
    return format_value(number.value, kind, number.unit)


def _spread(spread: Spread) -> str:
    """The declared numbers if there are few, otherwise the distribution in words."""
    numbers = {name: part for name, part in spread.given.items() if isinstance(part, Number)}
    if spread.family is None and len(numbers) == len(spread.given) and (spread.low, spread.high) == (None, None):
        if set(numbers) == {"value"}:
            return _number(numbers["value"])
        return ", ".join(
            f"{name.upper() if name in ('sd', 'cv') else name} {_number(one)}" for name, one in numbers.items()
        )
    unit = f" {spread.unit}" if spread.unit else ""
    if spread.kind == "duration":
        return describe(spread.distribution, lambda value: format_value(float(round(value)), "duration"))
    return describe(spread.distribution, lambda value: f"{value:.3g}{unit}")


def _record(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_record(part)}" for name, part in value.items() if name not in PROVENANCE)
    if isinstance(value, list):
        return ", ".join(map(_record, value))
    return str(value)
