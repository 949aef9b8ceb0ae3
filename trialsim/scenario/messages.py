"""Faults in words: what the model refuses, and how a list of faults is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from trialsim.errors import Fault, ScenarioError
from trialsim.kinds.scales import CLUE, EFFECT_KEYS, LEVEL_KEYS, SCALE, SPREAD_KEYS
from trialsim.quantities.letters import ODD, harmless
from trialsim.quantities.refuse import did_you_mean, nearest, shown
from trialsim.scenario.keys import known_keys
from trialsim.scenario.model import Level
from trialsim.scenario.text import MOST_FAULTS, Finding, Path, Place
from trialsim.scenario.written import WrittenScenario

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


def findings_of(error: ValidationError, data: Any) -> list[Finding]:
    """What a validation found, in our words, at paths of the file."""
    details = error.errors(include_url=False)[:MOST_FAULTS]
    return list(dict.fromkeys(_finding(detail, data) for detail in details))


def _finding(detail: ErrorDetails, data: Any) -> Finding:
    context: dict[str, Any] = detail.get("ctx", {})
    loc = tuple(detail["loc"])
    path, of_key = _file_path(loc, data)
    kind = detail["type"]
    if kind.startswith("TS-"):
        inner = tuple(key if isinstance(key, int) else str(key) for key in context["at"])
        unknown = kind == "TS-E003"
        return Finding(
            kind, (*path, *inner), context["message"], context["remedy"], on_key=unknown or of_key,
            values=tuple((name, str(value)) for name, value in context["values"].items()), wants=context["wants"],
        )  # fmt: skip
    if kind == "extra_forbidden":
        return _unknown_key(path, loc, data)
    if kind == "missing":
        key = str(loc[-1])
        return Finding("TS-E004", path, f"'{key}' is missing.", _remedy_missing(key), on_key=True, key=key)
    word = shown(detail["input"])
    if kind == "literal_error":  # the version of the format, the only literal left
        return Finding(
            "TS-E010",
            path,
            "{shown} is not the version of the format.",
            "Write trialsim: 1.",
            values=(("shown", word),),
        )
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        words = "a step is one of wait, visit, activity, attempt, hold, repeat."
        return Finding("TS-E009", path, words, _remedy_step(detail["input"]))
    if kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        bound = f"at least {context['ge']}" if "ge" in context else f"at most {context.get('le', '')}"
        return Finding("TS-E013", path, "{shown} is out of range.", f"It must be {bound}.", values=(("shown", word),))
    message, remedy = _WORDS.get(kind, ("{shown} does not fit here.", "See docs/scenario-format.md."))
    if "categories" in path:
        remedy = (
            "Categories are numbers, such as [0, 1, 2] or 0..10; leave them out for yes and no. Words go into labels:."
        )
    wants = "whole number" if kind in ("int_type", "int_parsing") else ""
    return Finding("TS-E011", path, message, remedy, values=(("shown", word),), wants=wants)


_MAP = ("{shown} is written where a map of keys belongs.", "Write key: value lines below it.")
_LIST = ("{shown} is written where a list belongs.", "Write it in brackets: [a, b].")
_WORDS = {
    "model_type": _MAP,
    "model_attributes_type": _MAP,
    "dict_type": _MAP,
    "mapping_type": _MAP,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "too_short": ("there are too few items.", "Two are needed: [low, high]."),
    "too_long": ("there are too many items.", "Two are needed: [low, high]."),
    "string_type": ("{shown} is written where words belong.", "Put it in quotes."),
    "bool_type": ("{shown} is neither true nor false.", "Write true or false."),
    "bool_parsing": ("{shown} is neither true nor false.", "Write true or false."),
    "finite_number": ("{shown} is not a finite number.", "Write a number."),
    "float_type": ("{shown} is not a number.", "Write a number without a unit."),
    "float_parsing": ("{shown} is not a number.", "Write a number without a unit."),
    "int_type": ("{shown} is not a whole number.", "Write a whole number without a unit."),
    "int_parsing": ("{shown} is not a whole number.", "Write a whole number without a unit."),
    "date_type": ("{shown} is not a date.", "Write it like this: 2026-01-05."),
    "date_parsing": ("{shown} is not a date.", "Write it like this: 2026-01-05."),
    "date_from_datetime_parsing": ("{shown} is not a date.", "Write it like this: 2026-01-05."),
    "date_from_datetime_inexact": ("{shown} has a time of day; a date is wanted.", "Write it like this: 2026-01-05."),
}


def _remedy_missing(key: str) -> str:
    examples = {"trialsim": "Write trialsim: 1 in the first line.", "primary": "Name the primary analysis."}
    return examples.get(key, f"Add {key}: here.")


def _remedy_step(step: object) -> str:
    if isinstance(step, dict) and step:
        return did_you_mean(
            str(next(iter(step))), ("wait", "visit", "activity", "attempt", "hold", "repeat"), what="Known steps"
        )
    return "Write a list of steps, each - key: value."


def _unknown_key(path: Path, loc: tuple[str | int, ...], data: Any) -> Finding:
    key = str(loc[-1])
    if key in Level.model_fields and "by_arm" in known_keys(path[:-1], data):
        message = f"'{key}' does not go with by_arm."
        return Finding("TS-E003", path, message, f"Write {key}: in the level of each arm, inside by_arm.", on_key=True)
    known = fitting_keys(known_keys(path[:-1], data), path, data)
    remedy = did_you_mean(key, known, what="Known keys here")
    return Finding("TS-E003", path, f"unknown key '{key}'.", remedy, on_key=True, key=key, meant=nearest(key, known))


def fitting_keys(keys: Sequence[str], path: Path, data: Any) -> list[str]:
    """Those of the keys that fit the scale of their outcome, if the file declares it."""
    outcome: Any = data
    for step in path[:2]:
        outcome = outcome.get(step) if isinstance(outcome, dict) else None
    if len(path) < 4 or path[0] != "outcomes" or not isinstance(outcome, dict):
        return list(keys)
    declared = outcome.get("distribution", CLUE["categories"].name if "categories" in outcome else None)
    if not isinstance(declared, str) or declared not in SCALE:
        return list(keys)
    scale = SCALE[declared]
    fitting = {*scale.effects, *scale.spreads, *" ".join(scale.levels).split()}
    every = {*EFFECT_KEYS, *SPREAD_KEYS, *LEVEL_KEYS}
    return [key for key in keys if key in fitting or key not in every]


def _file_path(loc: tuple[str | int, ...], data: Any) -> tuple[Path, bool]:
    """The model's place as a place in the file: tags, and fields that a short form leaves out, are skipped."""
    path: list[str | int] = []
    for step in loc:
        if step == "[key]":
            return tuple(path), True
        if isinstance(step, str) and step.startswith("<"):
            continue
        inside = (isinstance(data, dict) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if inside:
            data = data[step]
            path.append(step)
    last_is_field = bool(loc) and isinstance(loc[-1], str) and path[-1:] != [loc[-1]]
    return tuple(path), last_is_field


# ---------------------------------------------------------------- showing


def fault_of(finding: Finding, written: WrittenScenario) -> Fault:
    """A finding with its place in what was written."""
    path = written.general(finding.path)
    place = finding.place or written.place(path, on_key=finding.on_key) or Place(written.file, 1, 1)
    return Fault(
        code=finding.code,
        path=".".join(map(str, path)),
        message=finding.words,
        remedy=finding.remedy,
        file=place.file,
        line=place.line,
        column=place.column,
        source_line=place.source_line,
        warning=finding.warning,
        option=place.option,
        change=place.change,
        form=finding.message,
        wants=finding.wants,
    )


def render_faults(error: ScenarioError | Iterable[Fault], *, color: bool = False) -> str:
    """Every fault with its place, code, message, remedy, source line and caret."""
    faults = error.faults if isinstance(error, ScenarioError) else tuple(error)
    return "\n".join(_render(fault, color=color) for fault in faults)


def _render(fault: Fault, *, color: bool) -> str:
    paint = _paint if color else _plain
    in_file = fault.line and not fault.option
    where = f"{fault.file}:{fault.line}:{fault.column}" if in_file else fault.file
    subject = f" {fault.path}:" if fault.path else ""
    code = paint(fault.code, "35" if fault.warning else "31")
    words = harmless(f"{subject} {fault.message} {fault.remedy}".replace("\n", " ")).rstrip()
    lines = [f"{paint(harmless(where), '1')} {code}{words}"]
    if fault.source_line.strip():
        shown = ODD.sub("\N{REPLACEMENT CHARACTER}", fault.source_line.replace("\t", " "))  # one for one
        line, caret = _clip(shown, fault.column - 1)
        lines += [f"    {line}", "    " + " " * caret + paint("^", "31")]
    return "\n".join(lines)


def _clip(line: str, column: int, *, width: int = 110) -> tuple[str, int]:
    """At most ``width`` characters of the line, with the column among them."""
    start = max(0, column - width // 2) if len(line) > width else 0
    text = line[start : start + width]
    return ("..." + text if start else text), column - start + (3 if start else 0)


def _plain(text: str, _: str) -> str:
    return text


def _paint(text: str, tone: str) -> str:
    return f"\x1b[{tone}m{text}\x1b[0m"
