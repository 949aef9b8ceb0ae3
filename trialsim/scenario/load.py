"""From a file to a scenario that may run: read, inherit, override, validate, resolve; all faults at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any

from trialsim.empirical import beside
from trialsim.errors import Fault, ScenarioError
from trialsim.scenario.change import inherit, override
from trialsim.scenario.echoes import without_echoes, without_repeats
from trialsim.scenario.messages import findings_of
from trialsim.scenario.model import Scenario
from trialsim.scenario.priors import name_priors
from trialsim.scenario.resolve import Refused, resolve_or_find
from trialsim.scenario.shipped import shipped_scenarios
from trialsim.scenario.text import MOST_BYTES, MOST_FAULTS, BrokenText, Finding, Place, Tree, read_text

LONGEST_CHAIN = 5
MOST_ROUNDS = 5
HARMLESS: dict[str, object] = {"trialsim": 1, "name": "x", "title": "?"}  # stand-ins while the rest is checked


def load(path: str | FilePath, *, set: Sequence[str] = ()) -> Scenario:  # noqa: A002  # the word of the command line
    """The resolved scenario of a file, with ``set`` overrides such as ``design.enroll=60``.

    Raises
    ------
    ScenarioError
        With every fault found, each with file, line and column.
    """
    return finish(read_file(path), folder=FilePath(path).parent, set=set)


def read_file(path: str | FilePath) -> Tree:
    """The plain data of a file over those of its parents, with places; nothing is checked yet.

    Raises
    ------
    ScenarioError
        The file cannot be read.
    """
    try:
        return _read_chain(FilePath(path), seen=())
    except BrokenText as broken:
        raise ScenarioError([_fault(broken.finding, Tree())]) from None


def loads(text: str, *, file: str = "<scenario>", folder: str | FilePath = ".", set: Sequence[str] = ()) -> Scenario:  # noqa: A002
    """The resolved scenario of a text; ``folder`` is where its CSV files lie."""
    try:
        tree = read_text(text, file)
        if isinstance(tree.data, dict) and "extends" in tree.data:
            tree = _with_parent(tree, FilePath(folder), seen=())
    except BrokenText as broken:
        raise ScenarioError([_fault(broken.finding, Tree())]) from None
    return finish(tree, folder=FilePath(folder), set=set)


def from_data(data: dict[str, Any], *, folder: str | FilePath = ".") -> Scenario:
    """The resolved scenario of plain data, as a file would hold it.

    Raises
    ------
    ScenarioError
        With every fault found.
    """
    return finish(Tree(data=data), folder=FilePath(folder), set=())


def _read_chain(file: FilePath, *, seen: tuple[FilePath, ...]) -> Tree:
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
    tree = read_text(text, str(file))
    if isinstance(tree.data, dict) and "extends" in tree.data:
        return _with_parent(tree, file.parent, seen=(*seen, file.resolve()))
    return tree


def _why(error: Exception) -> str:
    """What the system says against a file; a circle of links is a RuntimeError to some versions of Python."""
    return getattr(error, "strerror", None) or (
        "it leads back to itself" if isinstance(error, RuntimeError) else str(error)
    )


def _with_parent(tree: Tree, folder: FilePath, *, seen: tuple[FilePath, ...]) -> Tree:
    where = tree.place(("extends",))
    name = tree.data.pop("extends")
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
    return inherit(_read_chain(parent, seen=seen), tree)


def _unreadable(folder: FilePath, name: str) -> bool:
    """Whether a system refuses the name itself: links in a circle, too many letters."""
    try:
        (folder / name).resolve().is_file()
    except (OSError, ValueError, RuntimeError):
        return True
    return False


def _cut_short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}..."


def finish(tree: Tree, *, folder: FilePath, set: Sequence[str]) -> Scenario:  # noqa: A002
    """The resolved scenario of what was read, with ``set`` overrides; ``tree`` is changed by them.

    Raises
    ------
    ScenarioError
        With every fault found.
    """
    if not isinstance(tree.data, dict):
        what = "the file is empty." if tree.data is None else "a scenario is a map of keys."
        raise ScenarioError([_fault(Finding("TS-E004", (), what, "Begin with trialsim: 1."), tree)])
    for text in set:
        override(tree, text)
    name_priors(tree.data)
    findings = list(tree.findings)
    scenario, found, cut_out = _validated(tree.data, folder)
    findings += found
    if scenario is not None:
        try:
            resolved = resolve_or_find(scenario)
        except Refused as refused:
            findings += without_echoes(refused.findings, cut_out)
        else:
            if not findings:
                return resolved
    faults = [_fault(finding, tree) for finding in findings]
    raise ScenarioError(sorted(dict.fromkeys(faults), key=lambda fault: (fault.line, fault.column)))


def _validated(data: dict[str, Any], folder: FilePath) -> tuple[Scenario | None, list[Finding], list[Finding]]:
    """The scenario, what is wrong with it, and all that was cut out with it so that the rest can still be checked."""
    from copy import deepcopy

    from pydantic import ValidationError

    findings: list[Finding] = []
    cut_out: list[Finding] = []
    for _ in range(MOST_ROUNDS):
        try:
            return Scenario.model_validate(data, context={"folder": folder}), findings, cut_out
        except ValidationError as error:
            found = findings_of(error, data)
            findings += without_repeats(found, findings)
            cut_out += [one for one in found if one.path]  # also what only lacks what was cut out before
            data = deepcopy(data)
            if error.error_count() > MOST_FAULTS:
                return None, findings, cut_out
            cuts = [_cut(data, finding) for finding in found]  # every one, whatever the others give
            if not all(cuts):
                return None, findings, cut_out
    return None, findings, cut_out


def _cut(data: Any, finding: Finding) -> bool:
    """Take out what is wrong; of a map that lacks a key, the whole map."""
    path = finding.path
    if finding.code == "TS-E004" and path == ():  # a part of the file itself is missing
        key = finding.message.split("'")[1]
        data |= {key: HARMLESS[key]} if key in HARMLESS else {}
        return key in HARMLESS
    for step in path[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return False
    if path and isinstance(data, dict) and path[-1] in data:
        del data[path[-1]]
        return True
    return False


def _fault(finding: Finding, tree: Tree) -> Fault:
    path = finding.path
    place = finding.place or tree.place(tree.written(path), on_key=finding.on_key) or Place(tree.file, 1, 1)
    return Fault(
        code=finding.code,
        path=".".join(map(str, tree.written(path))),
        message=finding.message,
        remedy=finding.remedy,
        file=place.file,
        line=place.line,
        column=place.column,
        source_line=place.source_line,
        warning=finding.warning,
    )
