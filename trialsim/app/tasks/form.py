"""A form for a scenario, made from the JSON schema: each value with what it means, its words to choose from and its limits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from trialsim.app.tasks.editing import written_values
from trialsim.quantities.records import PROVENANCE
from trialsim.scenario.schema import json_schema
from trialsim.scenario.text import Path

Schema = dict[str, Any]

#: The section of values that are in no other.
STUDY = "study"

#: Examples of a key that are shown.
MOST_EXAMPLES = 2


@lru_cache(maxsize=1)
def _schema() -> Schema:
    return json_schema()


def form_of(text: str, data: Any) -> list[dict[str, Any]]:
    """Sections of fields, in the order of the text.

    Each field has its number among the values of the text, ``path``, ``label``, ``value``, ``help``, ``examples``, ``choices``,
    ``low``, ``high``, and ``of`` ("origin" for where a number comes from, else "").
    """
    sections: dict[str, dict[str, Any]] = {}
    for number, one in enumerate(written_values(text)):
        if not one.path:
            continue
        top = str(one.path[0]) if len(one.path) > 1 else STUDY
        group = " \N{RIGHTWARDS ARROW} ".join(map(_word, one.path[1:-1]))
        section = sections.setdefault(
            top, {"title": top, "help": _about(one.path[:1], data)["help"] if top != STUDY else "", "groups": {}}
        )
        section["groups"].setdefault(group, []).append({
            "number": number, "path": ".".join(map(str, one.path)), "label": _word(one.path[-1]), "value": one.text,
            "of": "origin" if one.path[-1] in PROVENANCE or "range" in one.path else "", **_about(one.path, data),
        })  # fmt: skip
    return [{**one, "groups": [{"title": title, "fields": fields} for title, fields in one["groups"].items()]}
            for one in sections.values()]  # fmt: skip


def _word(step: str | int) -> str:
    return f"{step + 1}." if isinstance(step, int) else str(step)


def _about(path: Path, data: Any) -> dict[str, Any]:
    """What the schema says of the value at a path."""
    candidates, inner, described = [_schema()], data, Schema()
    for step in path:
        forms = list(_fitting(candidates, inner))
        below = list(_below(forms, step))
        inner = _step(inner, step)
        described = next((one for one in below if "description" in one), described)
        candidates = below
        if not below:
            return {"help": "", "examples": [], "choices": [], "low": None, "high": None}
    forms = list(_fitting(candidates, inner))
    return {
        "help": str(described.get("description", "")).partition("\n")[0],
        "examples": [str(one) for one in described.get("examples", []) if not isinstance(one, (dict, list))][
            :MOST_EXAMPLES
        ],
        "choices": _choices(forms),
        "low": next((one["minimum"] for one in forms if "minimum" in one), None),
        "high": next((one["maximum"] for one in forms if "maximum" in one), None),
    }


def _choices(forms: list[Schema]) -> list[str]:
    """The words of a choice, if nothing else may be written there."""
    wide = [one for one in forms if one.get("type") != "null"]
    words = [str(word) for one in wide for word in one.get("enum", ())]
    return list(dict.fromkeys(words)) if wide and all("enum" in one for one in wide) else []


def _step(data: Any, step: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(step)
    return data[step] if isinstance(data, list) and isinstance(step, int) and step < len(data) else None


def _fitting(candidates: list[Schema], data: Any) -> Iterator[Schema]:
    """All forms that a part may have, without references; those of another kind than the data are left out."""
    for one in candidates:
        whole = one
        while "$ref" in whole:
            whole = _schema()["$defs"][whole["$ref"].removeprefix("#/$defs/")]
        inner = [*whole.get("anyOf", ()), *whole.get("oneOf", ()), *whole.get("allOf", ())]
        if "properties" in whole or not inner:
            if _fits(whole, data):
                yield whole
        else:
            yield from _fitting(inner, data)


def _fits(form: Schema, data: Any) -> bool:
    """Whether a form may be that of the data: its fixed words are there."""
    if isinstance(data, dict):
        keys = form.get("properties", {})
        return all(
            "const" not in keys[key] or keys[key]["const"] == value for key, value in data.items() if key in keys
        )
    return True


def _below(forms: list[Schema], step: str | int) -> Iterator[Schema]:
    """What is one step below: a key, a name that the user made, an item of a list."""
    for one in forms:
        if isinstance(step, int):
            if isinstance(one.get("items"), dict):
                yield one["items"]
        elif step in one.get("properties", {}):
            yield one["properties"][step]
        elif isinstance(one.get("additionalProperties"), dict):
            yield one["additionalProperties"]
