"""Which records and keys the model knows at a path of a file, however the maps around it are named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin

from trialsim.quantities.records import PROVENANCE, Record
from trialsim.scenario.model.draft import Draft
from trialsim.scenario.text import Path


def records_at(path: Path) -> list[type[Record]]:
    """The records that a map at a path may be; of steps and levels there are several kinds."""
    return _records(_annotations_at(path))


def known_keys(path: Path, data: Any) -> list[str]:
    """The keys the model knows at a path of the file; ``data`` is the file, which tells the kind of a step or level."""
    annotations: list[Any] = [Draft]
    inner: Any = data
    for step in path:
        annotations = [one for annotation in annotations for one in _below(annotation, step)] or annotations
        if isinstance(inner, dict):
            inner = inner.get(step)
        elif isinstance(inner, list) and isinstance(step, int) and step < len(inner):
            inner = inner[step]
        records: list[type[Record]] = _records(annotations)
        if isinstance(inner, dict) and "by_arm" in inner:
            annotations = [record for record in records if "by_arm" in record.model_fields] or annotations
        if isinstance(step, int) and isinstance(inner, dict):
            annotations = [record for record in records if naming_key(record) in inner] or annotations
    every = [keys_of(record) for record in _records(annotations)]
    return list(dict.fromkeys(key for keys in every for key in keys))


def keys_of(record: type[Record]) -> dict[str, str]:
    """The keys of a record as a file has them, with the names of their fields."""
    return {info.alias or name: name for name, info in record.model_fields.items()}


def naming_key(record: type[Record]) -> str:
    """The key that names a kind of step: the first of its own, after those of where it comes from."""
    return next((key for key, name in keys_of(record).items() if name not in PROVENANCE), "")


def _annotations_at(path: Path) -> list[Any]:
    annotations: list[Any] = [Draft]
    for step in path:
        annotations = [one for annotation in annotations for one in _below(annotation, step)]
    return annotations


def _records(annotations: list[Any]) -> list[type[Record]]:
    found = [record for annotation in annotations for record in _tops(annotation)]
    return list(dict.fromkeys(found))


def _tops(annotation: Any) -> Iterator[type[Record]]:
    """Records that the value itself may be; one item of a list may be written in place of the list."""
    if isinstance(annotation, type):
        if issubclass(annotation, Record):
            yield annotation
        return
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _tops(inner[0])
    elif not _is_mapping(origin):
        for one in inner:
            yield from _tops(one)


def _below(annotation: Any, step: str | int) -> Iterator[Any]:
    """What a step leads to: a field of a record, a value of a map, an item of a list."""
    if isinstance(annotation, type):
        if issubclass(annotation, Record):
            yield from (info.annotation for name, info in annotation.model_fields.items() if step in (name, info.alias))
        return
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _below(inner[0], step)
    elif _is_mapping(origin):
        yield inner[1]
    elif origin is tuple:
        if isinstance(step, int):
            yield from (one for one in inner if one is not Ellipsis)
        else:
            yield from (below for one in inner if one is not Ellipsis for below in _below(one, step))
    else:
        for one in inner:
            yield from _below(one, step)


def _is_mapping(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Mapping)
