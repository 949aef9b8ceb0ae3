"""One scenario for each point of a sweep, with the faults of all of them at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from trialsim.errors import Fault, ScenarioError
from trialsim.scenario.checks.sweep import check_sweep
from trialsim.scenario.load import finish, read_file
from trialsim.scenario.model import Scenario
from trialsim.scenario.sweep import Point, Sweep, setting, shown
from trialsim.scenario.text import Finding, Tree, read_text

#: A fault without the cell it was found in: code, path, message without the values it quotes.
_Kind = tuple[str, str, str]

_QUOTED = re.compile(r"'[^']*'")


@dataclass(frozen=True)
class Family:
    """A scenario file, read once, of which any point can be made."""

    tree: Tree = field(repr=False)
    folder: FilePath
    changes: tuple[str, ...]
    base: Scenario

    def at(self, point: Point) -> Scenario:
        """The resolved scenario at one point.

        Raises
        ------
        ScenarioError
            With every fault found.
        """
        settings = [setting(path, value) for path, value in point.items()]
        tree = replace(self.tree, data=deepcopy(self.tree.data), keys=dict(self.tree.keys))
        tree.values, tree.findings = dict(self.tree.values), list(self.tree.findings)
        return finish(tree, folder=self.folder, set=[*self.changes, *settings])

    def each(self, points: Sequence[Point], *, progress: Callable[[int], None] | None = None) -> Iterator[Scenario]:
        """The scenarios of all points, in order, one at a time.

        Raises
        ------
        ScenarioError
            After the last one, with the faults of every point; each is told once, with the values that bring it about.
        """
        found: dict[_Kind, list[tuple[Fault, Point]]] = {}
        for done, point in enumerate(points, start=1):
            try:
                scenario = self.at(point)
            except ScenarioError as error:
                for fault in _of_the_values(error.faults):
                    kind = (fault.code, fault.path, _QUOTED.sub("", fault.message))
                    found.setdefault(kind, []).append((fault, point))
            else:
                if not found:
                    yield scenario
            if progress is not None:
                progress(done)
        if found:
            raise ScenarioError([_with_cause(cases, len(points)) for cases in found.values()])


def family(path: str | FilePath, *, set: Sequence[str] = ()) -> Family:  # noqa: A002  # the word of the command line
    """Read a scenario file for a sweep.

    Raises
    ------
    ScenarioError
        The file itself, with ``set``, has faults.
    """
    tree = read_file(path)
    pristine = replace(tree, data=deepcopy(tree.data), keys=dict(tree.keys))
    pristine.values, pristine.findings = dict(tree.values), list(tree.findings)
    folder = FilePath(path).parent
    return Family(pristine, folder, tuple(set), finish(tree, folder=folder, set=set))


def _of_the_values(faults: Sequence[Fault]) -> Sequence[Fault]:
    """The faults of the values set themselves, where there are any: others may only follow from these."""
    return [fault for fault in faults if fault.file.startswith("--set")] or faults


def _with_cause(cases: Sequence[tuple[Fault, Point]], points: int) -> Fault:
    """One fault for all cells that have it, with the values they share."""
    fault, first = cases[0]
    cause = {path: value for path, value in first.items() if all(other.get(path) == value for _, other in cases)}
    told = in_words(cause or first)
    count = "" if len(cases) == 1 else f" ({len(cases)} of {points} points)"
    fractions = any(isinstance(value, float) for value in first.values())
    if fractions and "whole number" in fault.message and ".." not in fault.remedy:
        fault = replace(fault, remedy=f"{fault.remedy} In a hypercube, low..high by 1 keeps to whole steps.")
    if fault.file.startswith("--set"):
        own = next((path for path in first if fault.file.startswith(f"--set {path}=")), "")
        if not cause or cause.keys() == {own}:
            return replace(fault, message=f"{fault.message}{count}")
    return replace(fault, message=f"{fault.message} This is so with {told}{count}.")


def in_words(point: Point) -> str:
    """``design.enroll = 60, setting.patients.consent = 42 %``."""
    return ", ".join(f"{path} = {shown(value)}" for path, value in point.items())


# ---------------------------------------------------------------- sweeps from the command line


def sweep_of_words(
    over: Sequence[str], *, zipped: bool = False, listed: Sequence[str] = (), latin: int | None = None
) -> Sweep:
    """The sweep that ``--over PATH=VALUES`` asks for: every combination, or ``zipped``, or ``latin`` points.

    Parameters
    ----------
    listed : points one by one, each as ``PATH=VALUE; PATH=VALUE``

    Raises
    ------
    ScenarioError
        Values that cannot be read, or that do not fit together.
    """
    from pydantic import ValidationError

    from trialsim.scenario.messages import findings_of

    faults: list[Fault] = []
    swept: dict[str, object] = {}
    for text in over:
        path, equals, values = text.partition("=")
        if not equals or not path.strip():
            faults.append(_fault(f"--over {text}", "TS-E008", f"'{text}' is not path=values.", _EXAMPLE))
            continue
        if path.strip() in swept:
            faults.append(_fault(f"--over {text}", "TS-E091", f"'{path.strip()}' is varied twice.", "Keep one."))
        swept[path.strip()] = _values(values, f"--over {text}", faults)
    part = "latin" if latin is not None else "zip" if zipped else "matrix"
    data: dict[str, object] = {part: swept} if swept else {}
    if latin is not None:
        data["points"] = latin
    if listed:
        data["list"] = [_point(text, faults) for text in listed]
    if faults:
        raise ScenarioError(faults)
    try:
        sweep = Sweep.model_validate(data)
    except ValidationError as error:
        found = findings_of(error, {"sweep": data})
        raise ScenarioError([_fault("--over", one.code, one.message, one.remedy) for one in found]) from None
    findings: list[Finding] = []
    check_sweep(sweep, findings.append)
    if findings:
        raise ScenarioError([_fault("--over", one.code, one.message, one.remedy) for one in findings])
    return sweep


_EXAMPLE = 'Write --over design.enroll="[60, 99, 150]".'
_POINT = 'Write --point "design.enroll=60; setting.patients.consent=70 %".'


def _point(text: str, faults: list[Fault]) -> dict[str, object]:
    """``design.enroll=60; setting.patients.consent=70 %`` as a point."""
    point: dict[str, object] = {}
    for part in text.split(";"):
        path, equals, value = part.partition("=")
        if not equals or not path.strip():
            faults.append(_fault(f"--point {text}", "TS-E008", f"'{part.strip()}' is not path=value.", _POINT))
            continue
        point[path.strip()] = _read(value, f"--point {text}", faults)
    return point


def _values(text: str, file: str, faults: list[Fault]) -> object:
    """A list, a range in words, or a single value as a list of one."""
    value = _read(text, file, faults)
    if isinstance(value, str) and "," in value and all(re.match(r"\s*[-+.]?\d", part) for part in value.split(",")):
        remedy = f'Write several values in brackets, "[{text.strip()}]", and a decimal point instead of a comma.'
        faults.append(_fault(file, "TS-E008", f"'{text.strip()}' is not one value.", remedy))
    return value if isinstance(value, list) or (isinstance(value, str) and ".." in value) else [value]


def _read(text: str, file: str, faults: list[Fault]) -> object:
    from trialsim.scenario.text import BrokenText

    try:
        read = read_text(text, file)
    except BrokenText as broken:
        faults.append(_fault(file, "TS-E008", broken.finding.message, _EXAMPLE))
        return None
    faults.extend(_fault(file, one.code, one.message, one.remedy) for one in read.findings)
    return read.data


def _fault(file: str, code: str, message: str, remedy: str) -> Fault:
    return Fault(code=code, path="", message=message, remedy=remedy, file=file)
