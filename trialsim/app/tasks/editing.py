"""A scenario's text and the values in it: where each is written, and the same text with another value."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from trialsim.errors import ScenarioError
from trialsim.scenario.messages import fault_of
from trialsim.scenario.text import BrokenText, Path, read_text
from trialsim.scenario.written import WrittenScenario

#: What a value without quotation marks may look like.
PLAIN = re.compile(r"[\w.+<>=(/][^\n{}\[\],&*#?|!'\"`]*\Z")


@dataclass(frozen=True)
class WrittenValue:
    """A value in a text: its path, where it begins and ends, and whether it is in quotation marks."""

    path: Path
    start: int
    end: int
    quoted: bool
    text: str


def written_values(text: str) -> list[WrittenValue]:
    r"""Every value that is written on one line, in the order of the text.

    >>> [one.path for one in written_values("a: 1\nb: [x, {c: 2}]\n")]
    [('a',), ('b', 0), ('b', 1, 'c')]
    """
    from ruamel.yaml import YAML

    found: list[WrittenValue] = []
    stack: list[list[Any]] = []  # [is a map, path, key or number, whether a key comes next]
    for event in YAML(typ="safe", pure=True).parse(text):
        kind = type(event).__name__
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            stack.pop()
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            path = _place(stack)
            stack.append([kind.startswith("Mapping"), path, None if kind.startswith("Mapping") else -1, True])
        elif kind == "ScalarEvent":
            if stack and stack[-1][0] and stack[-1][3]:
                stack[-1][2], stack[-1][3] = event.value, False
                continue
            path, start, end = _place(stack), event.start_mark.index, event.end_mark.index
            if event.style not in ("|", ">") and "\n" not in text[start:end]:
                found.append(WrittenValue(path, start, end, event.style in ("'", '"'), event.value))
    return found


def _place(stack: list[list[Any]]) -> Path:
    """The path of a value that begins now."""
    if not stack:
        return ()
    top = stack[-1]
    if top[0]:
        top[3] = True
    else:
        top[2] += 1
    return (*top[1], top[2])


def with_values(text: str, values: dict[int, str]) -> str:
    r"""The text with other values, by their number in :func:`written_values`; comments and layout stay.

    >>> with_values("a: 1   # how many\nb: x\n", {0: "2", 1: "y: z"})
    'a: 2   # how many\nb: "y: z"\n'
    """
    there = written_values(text)
    for number in sorted(values, reverse=True):
        one, new = there[number], " ".join(values[number].split())
        if new != one.text:
            text = text[: one.start] + _in_file(new, quoted=one.quoted) + text[one.end :]
    return text


def _in_file(value: str, *, quoted: bool) -> str:
    """A value as a file has it, in quotation marks where it needs them."""
    if not quoted and PLAIN.match(value) and ": " not in value and not value.endswith(":"):
        return value
    return json.dumps(value, ensure_ascii=False)


def data_of(text: str, file: str) -> Any:
    """The plain data of a text.

    Raises
    ------
    ScenarioError
        if it cannot be read
    """
    try:
        return read_text(text, file).data
    except BrokenText as broken:
        raise ScenarioError([fault_of(broken.finding, WrittenScenario())]) from None
