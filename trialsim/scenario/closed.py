"""A scenario from a stranger's browser: it may name no file and no code of the machine that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from trialsim.errors import ScenarioError
from trialsim.scenario.change import typed
from trialsim.scenario.messages import fault_of
from trialsim.scenario.model import Scenario
from trialsim.scenario.resolve import resolve
from trialsim.scenario.text import BrokenText, Finding, Path, read_text
from trialsim.scenario.written import WrittenScenario

#: Keys that read a file or run code, what each would do, and what to write instead.
CLOSED = {
    "extends": ("would read another file", "Write the whole study in this text; a shipped study can be opened whole."),
    "file": ("would read a file", "Write the values in a list: [12 min, 15 min]."),
    "function": ("would run code", "Choose a test that comes with trialsim."),
}

#: Parts in which a key of this name is a word of the field: the spending function of looks.
HARMLESS = {("spending", "function")}

#: A folder in which there is nothing to read, should a key ever be forgotten in :data:`CLOSED`.
NOWHERE = FilePath("a-folder-that-does-not-exist")


def read_closed(text: str, *, file: str, set: Sequence[str] = ()) -> WrittenScenario:  # noqa: A002  # the word of the command line
    """The written scenario of a text, with changes; nothing of it reads a file or runs code.

    Raises
    ------
    ScenarioError
        TS-W001 with the place of each key that would; or a text that cannot be read
    """
    try:
        written = WrittenScenario.of(read_text(text, file), NOWHERE)
    except BrokenText as broken:
        raise ScenarioError([fault_of(broken.finding, WrittenScenario())]) from None
    written = typed(written, set, option="--set")
    refused = [_refused(path, written) for path in _closed_keys(written.data, ())]
    if refused:
        raise ScenarioError([fault_of(one, written) for one in refused])
    return written


def loads_closed(text: str, *, file: str = "<scenario>", set: Sequence[str] = ()) -> Scenario:  # noqa: A002
    """The resolved scenario of a text that names no file and no code.

    Raises
    ------
    ScenarioError
        With every fault found.

    >>> loads_closed("extends: picu-blood-draw.yaml")
    Traceback (most recent call last):
    trialsim.errors.ScenarioError: <scenario>:1:1 TS-W001 extends: ...
    """
    return resolve(read_closed(text, file=file, set=set))


def _closed_keys(data: Any, path: Path) -> Iterator[Path]:
    """Where one of :data:`CLOSED` is a key, however deep."""
    if isinstance(data, dict):
        for key, inner in data.items():
            if key in CLOSED and (*path, key)[-2:] not in HARMLESS:
                yield (*path, key)
            yield from _closed_keys(inner, (*path, key))
    elif isinstance(data, list):
        for at, inner in enumerate(data):
            yield from _closed_keys(inner, (*path, at))


def _refused(path: Path, written: WrittenScenario) -> Finding:
    key = str(path[-1])
    does, instead = CLOSED[key]
    found = Finding("TS-W001", path, f"'{key}' {does}, which a scenario in the app may not do.", instead, on_key=True)
    return replace(found, place=written.place(path, on_key=True))
