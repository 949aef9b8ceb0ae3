"""A JSON Schema of the scenario file, for editors that complete keys, explain them and underline mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from inspect import cleandoc
from typing import Any, NamedTuple, get_args

from trialsim.quantities.records import PROVENANCE, ProvenanceRecord, Record
from trialsim.quantities.values import EXAMPLES
from trialsim.scenario.fitting import needed_by_scale, needed_by_test, no_key_of_scale, no_key_of_test
from trialsim.scenario.keys import keys_of
from trialsim.scenario.model import Draft
from trialsim.scenario.text import read_text

DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: Kinds of quantities by the example in their schema.
KINDS = {example: kind for kind, example in EXAMPLES.items()}

#: How the model's limits of whole numbers are called in a schema.
LIMITS = {"ge": "minimum", "le": "maximum"}

#: A record, as its definition in the schema.
Definition = dict[str, Any]


class Said(NamedTuple):
    """What a docstring says of a key: in words with its unit, and an example as a file would have it."""

    words: str
    example: str


def json_schema() -> dict[str, Any]:
    """The schema of the form people write, from the same records that read it."""
    schema = Draft.model_json_schema(by_alias=True)
    definitions: dict[str, Definition] = schema["$defs"]
    for record in records_below(Draft):
        _describe(schema if record is Draft else definitions.get(record.__name__, {}), record)
    _by_kind(definitions, "Analysis", "test", unfit=no_key_of_test, needed=needed_by_test)
    _by_kind(
        definitions, "Outcome", "distribution", unfit=no_key_of_scale, needed=needed_by_scale, silent_needs=("visits",)
    )
    _share_quantities(schema, definitions)
    required = schema.pop("required")
    schema["properties"] = {
        "extends": {
            "type": "string",
            "description": "A parent file; the keys of this file replace its keys.",
            "examples": ["picu-blood-draw.yaml"],
        },
        **schema["properties"],
    }
    schema["anyOf"] = [{"required": required}, {"required": ["extends"]}]
    return {"$schema": DIALECT, **schema, "title": "trialsim scenario"}


# ---------------------------------------------------------------- descriptions


def records_below(record: type[Record]) -> Iterator[type[Record]]:
    """A record and every record that it may contain, each once."""
    todo, seen = [record], {record}
    while todo:
        one = todo.pop()
        yield one
        for info in one.model_fields.values():
            for inner in _records_in(info.annotation):
                if inner not in seen:
                    seen.add(inner)
                    todo.append(inner)


def _records_in(annotation: Any) -> Iterator[type[Record]]:
    if isinstance(annotation, type):
        if issubclass(annotation, Record):
            yield annotation
        return
    for part in get_args(annotation):
        yield from _records_in(part)


def described(record: type[Record]) -> dict[str, Said]:
    """What the docstring of a record says of its keys, and that of :class:`ProvenanceRecord` of where its value comes from."""
    found = _attributes(ProvenanceRecord.__doc__ or "") | _attributes(record.__doc__ or "")
    return {key: found[key] for key in keys_of(record) if key in found}


def _attributes(text: str) -> dict[str, Said]:
    """The attributes of a docstring: ``key : words. Example: value``."""
    _, _, part = cleandoc(text).partition("Attributes\n----------\n")
    found: dict[str, Said] = {}
    for line in re.sub(r"\n +", " ", part).splitlines():
        key, _, rest = line.partition(" : ")
        words, _, example = rest.partition(" Example: ")
        found[key] = Said(f"{words[:1].upper()}{words[1:]}", example)
    return found


def _describe(definition: Definition, record: type[Record]) -> None:
    if "description" in definition:
        definition["description"] = definition["description"].partition("\n\nAttributes\n")[0]
    for part in _objects(definition):
        for key, known in described(record).items():
            if key in part["properties"]:
                part["properties"][key] |= {
                    "description": known.words,
                    "examples": [read_text(known.example, key).data],
                }


def _objects(definition: Definition) -> Iterator[Definition]:
    """A definition, or those it is a choice of, that have keys."""
    for part in (definition, *definition.get("anyOf", ())):
        if "properties" in part:
            yield part


def _share_quantities(part: Any, definitions: dict[str, Definition]) -> None:
    """Move what a number or spread may look like into definitions, as at every number; name limits as JSON does."""
    if isinstance(part, list):
        for inner in part:
            _share_quantities(inner, definitions)
        return
    if not isinstance(part, dict):
        return
    for inner in list(part.values()):
        _share_quantities(inner, definitions)
    for old, new in LIMITS.items():
        if isinstance(part.get(old), int):
            part[new] = part.pop(old)
    forms = part.get("anyOf", ())
    if len(forms) == 2 and {"value", "source"} <= forms[1].get("properties", {}).keys():
        varies = "varying-" if "mean" in forms[1]["properties"] else ""
        keys = forms[1]["properties"]
        of = "-of-practitioners" if "of" in keys else "-of-a-site" if "open" in keys else ""
        name = f"{varies}{KINDS[forms[0]['examples'][0]]}{of}"
        definitions.setdefault(name, {"anyOf": forms})
        assert definitions[name]["anyOf"] == forms
        del part["anyOf"]
        part["$ref"] = f"#/$defs/{name}"


# ---------------------------------------------------------------- one form for each kind


def _by_kind(
    definitions: dict[str, Definition],
    name: str,
    key: str,
    *,
    unfit: Any,
    needed: Any = None,
    silent_needs: tuple[str, ...] = (),
) -> None:
    """Make a definition one of several, chosen by the word under ``key``: each with the keys that fit, all the way down.

    Where ``key`` may be left out there is one more form, with every key, which cannot be without ``silent_needs``.
    """
    whole = definitions[name]
    words = _enum(whole["properties"][key])
    forms = []
    for word in words:
        form = _without(definitions, name, word, unfit(word))
        form["properties"][key] |= {"const": word, "examples": [word]}
        form["required"] = [*dict.fromkeys([*form.get("required", ()), key, *(needed(word) if needed else ())])]
        definitions[_slug(name, word)] = form
        forms.append({"$ref": f"#/$defs/{_slug(name, word)}"})
    if key not in whole.get("required", ()):
        silent = deepcopy(whole)
        del silent["properties"][key]
        silent["required"] = [*silent.get("required", ()), *silent_needs]
        definitions[_slug(name, "any")] = silent
        forms.append({"$ref": f"#/$defs/{_slug(name, 'any')}"})
    definitions[name] = {"description": whole["description"], "oneOf": forms}


def _slug(name: str, word: str) -> str:
    """The name of a definition for one kind."""
    return f"{name}-{word.replace(' ', '-')}"


def _enum(definition: Definition) -> list[str]:
    """The words of a choice, which the schema has from the model alone."""
    if "enum" in definition:
        return list(definition["enum"])
    return [word for part in definition.get("anyOf", ()) for word in part.get("enum", ())]


def _without(definitions: dict[str, Definition], name: str, word: str, unfit: dict[str, set[str]]) -> Definition:
    """A copy of a definition without the keys that do not fit, and of those below it that have such keys."""
    form = deepcopy(definitions[name])
    for key in unfit.get(name, ()):
        del form["properties"][key]
    instead = _instead(definitions, unfit)
    touched = [below for below in _named(form["properties"]) if _touches(definitions, below, unfit)]
    for part in (one for one in form["properties"].values() if set(_named(one)) & set(touched)):
        part["examples"] = [_fitting(example, instead) for example in part["examples"]]
    for below in touched:
        own = _slug(below, word)
        if own not in definitions:
            definitions[own] = _without(definitions, below, word, unfit)
        _point(form["properties"], below, own)
    return form


def _instead(definitions: dict[str, Definition], unfit: dict[str, set[str]]) -> dict[str, tuple[str, Any]]:
    """For each key that does not fit, the first one beside it that does, with its example."""
    found: dict[str, tuple[str, Any]] = {}
    for name, keys in unfit.items():
        own = {key: part for key, part in definitions[name]["properties"].items() if key not in PROVENANCE}
        fitting = next(((key, part["examples"][0]) for key, part in own.items() if key not in keys), None)
        if fitting is not None:
            found = {**dict.fromkeys(keys, fitting), **found}
    return found


def _fitting(example: Any, instead: dict[str, tuple[str, Any]]) -> Any:
    """An example with keys that fit in place of those that do not."""
    if isinstance(example, list):
        return [_fitting(one, instead) for one in example]
    if not isinstance(example, dict):
        return example
    return dict(instead[key] if key in instead else (key, _fitting(one, instead)) for key, one in example.items())


def _touches(definitions: dict[str, Definition], name: str, unfit: dict[str, set[str]]) -> bool:
    if unfit.get(name):
        return True
    return any(_touches(definitions, below, unfit) for below in _named(definitions[name].get("properties", {})))


def _named(part: Any) -> list[str]:
    """The definitions that a part of a schema refers to."""
    if isinstance(part, dict):
        own = [part["$ref"].removeprefix("#/$defs/")] if "$ref" in part else []
        return list(dict.fromkeys([*own, *_all(part.values())]))
    return list(dict.fromkeys(_all(part))) if isinstance(part, list) else []


def _all(parts: Iterable[Any]) -> Iterator[str]:
    for part in parts:
        yield from _named(part)


def _point(part: Any, old: str, new: str) -> None:
    """Let what refers to one definition refer to another."""
    if isinstance(part, dict):
        if part.get("$ref") == f"#/$defs/{old}":
            part["$ref"] = f"#/$defs/{new}"
        for inner in part.values():
            _point(inner, old, new)
    elif isinstance(part, list):
        for inner in part:
            _point(inner, old, new)
