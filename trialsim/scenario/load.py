"""From a file to the written scenario: its text over those of its parents; and to the scenario that may run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from trialsim.errors import ScenarioError
from trialsim.quantities.empirical import beside
from trialsim.scenario.change import typed
from trialsim.scenario.messages import fault_of
from trialsim.scenario.model import Scenario
from trialsim.scenario.resolve import resolve
from trialsim.scenario.shipped import shipped_scenarios
from trialsim.scenario.text import MOST_BYTES, BrokenText, Finding, Place, read_text
from trialsim.scenario.written import WrittenScenario, inherit

LONGEST_CHAIN = 5


def load(path: str | FilePath, *, set: Sequence[str] = ()) -> Scenario:  # noqa: A002  # the word of the command line
    """The resolved scenario of a file, with ``set`` overrides such as ``design.enroll=60``.

    Raises
    ------
    ScenarioError
        With every fault found, each with file, line and column.
    """
    return resolve(typed(read_file(path), set, option="--set"))


def read_file(path: str | FilePath) -> WrittenScenario:
    """The written scenario of a file, over its parents; nothing is checked yet.

    Raises
    ------
    ScenarioError
        The file cannot be read.
    """
    try:
        return _read_chain(FilePath(path), seen=())
    except BrokenText as broken:
        raise ScenarioError([fault_of(broken.finding, WrittenScenario())]) from None


def loads(text: str, *, file: str = "<scenario>", folder: str | FilePath = ".", set: Sequence[str] = ()) -> Scenario:  # noqa: A002
    """The resolved scenario of a text; ``folder`` is where its CSV files lie."""
    try:
        written = _over_parent(WrittenScenario.of(read_text(text, file), FilePath(folder)), seen=())
    except BrokenText as broken:
        raise ScenarioError([fault_of(broken.finding, WrittenScenario())]) from None
    return resolve(typed(written, set, option="--set"))


def from_data(data: dict[str, Any], *, folder: str | FilePath = ".") -> Scenario:
    """The resolved scenario of plain data, as a file would hold it.

    Raises
    ------
    ScenarioError
        With every fault found.
    """
    return resolve(WrittenScenario(data, folder=FilePath(folder)))


def _read_chain(file: FilePath, *, seen: tuple[FilePath, ...]) -> WrittenScenario:
    try:
        if not file.is_file() and file.exists():
            raise OSError(0, "it is not a file")  # a device or a pipe might never end
        with file.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)  # longer texts are refused whatever they hold
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        place = Place(str(file), line, column)
        raise BrokenText(Finding("TS-E001", (), "the file is not UTF-8 text.", "Save it as UTF-8.", place)) from None
    except (OSError, ValueError, RuntimeError) as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be read ({_why(error)})"
        place = Place(str(file), 0, 0)
        raise BrokenText(
            Finding("TS-E006", (), f"the file {reason}.", "Check the name and the folder.", place)
        ) from None
    return _over_parent(WrittenScenario.of(read_text(text, str(file)), file.parent), seen=(*seen, file.resolve()))


def _why(error: Exception) -> str:
    """What the system says against a file; a circle of links is a RuntimeError to some versions of Python."""
    return getattr(error, "strerror", None) or (
        "it leads back to itself" if isinstance(error, RuntimeError) else str(error)
    )


def _over_parent(child: WrittenScenario, *, seen: tuple[FilePath, ...]) -> WrittenScenario:
    """What a text says over the file that it extends, if any."""
    if not isinstance(child.data, dict) or "extends" not in child.data:
        return child
    where, folder = child.place(("extends",)), child.folder
    name = child.data["extends"]
    child = replace(child, data={key: value for key, value in child.data.items() if key != "extends"})
    if not isinstance(name, str):
        finding = Finding(
            "TS-E007", ("extends",), "'extends' needs one file name.", "Write extends: parent.yaml.", where
        )
        raise BrokenText(finding)
    parent = beside(folder, name)
    shipped = shipped_scenarios()
    if (parent is None or not parent.is_file()) and name in shipped:
        parent = shipped[name].path.resolve()
    if parent is None and _unreadable(folder, name):
        message = f"the file '{_cut_short(name)}' cannot be read."
        raise BrokenText(Finding("TS-E007", ("extends",), message, "Name a file beside this one.", where))
    if parent is None:
        message = f"'{name}' lies outside the scenario's folder, which nothing of a scenario may read."
        remedy = "Copy it beside this file, or name a shipped scenario."
        raise BrokenText(Finding("TS-E007", ("extends",), message, remedy, where))
    if parent in seen or len(seen) > LONGEST_CHAIN:
        finding = Finding("TS-E007", ("extends",), f"'{name}' leads back to this file.", "Break the circle.", where)
        raise BrokenText(finding)
    if not parent.is_file():
        message, remedy = (
            f"there is no file '{name}'.",
            "It is looked for beside this file; or name a shipped scenario.",
        )
        raise BrokenText(Finding("TS-E007", ("extends",), message, remedy, where))
    return inherit(_read_chain(parent, seen=seen), child)


def _unreadable(folder: FilePath, name: str) -> bool:
    """Whether a system refuses the name itself: links in a circle, too many letters."""
    try:
        (folder / name).resolve().is_file()
    except (OSError, ValueError, RuntimeError):
        return True
    return False


def _cut_short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}..."
