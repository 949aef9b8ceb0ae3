"""One scenario for each point of a sweep, with the faults of all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from trialsim.errors import Fault, ScenarioError
from trialsim.scenario.change import changed, holder_of
from trialsim.scenario.model import Scenario
from trialsim.scenario.resolve import resolve
from trialsim.scenario.sweep import Point, shown
from trialsim.scenario.text import Place
from trialsim.scenario.written import WrittenScenario

#: The same fault in several cells: code, path, the message without its values, and which of several alike in one cell.
_Kind = tuple[str, str, str, int]


#: What a file varies: by its ``sweep:``, or from end to end of a declared ``range:``.
Source = Literal["sweep", "range"]


def variant(
    scenario: Scenario,
    point: Point,
    *,
    options: Mapping[str, str] | None = None,
    source: Source = "sweep",
    last: Mapping[str, Any] | None = None,
) -> Scenario:
    """The scenario at one point.

    Parameters
    ----------
    options : the option of the command line after which each path was typed, where that is so
    source : where in the file the other paths are varied
    last : changes on top of those of the point

    Raises
    ------
    ScenarioError
        With every fault found.
    """
    base = written = scenario.written
    for path, value in point.items():
        option = (options or {}).get(path)
        where = None if option else _in_file(base, path, source)
        written = changed(written, {path: value}, option=option or f"{source}:", where=where)
    return resolve(changed(written, last or {}, option="--set"))


def variants(
    scenario: Scenario,
    points: Sequence[Point],
    *,
    options: Mapping[str, str] | None = None,
    source: Source = "sweep",
    last: Mapping[str, Any] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Scenario]:
    """The scenarios of all points as :func:`variant` makes them, in order, one at a time.

    Raises
    ------
    ScenarioError
        After the last one, with the faults of every point; each is shown once, with the values that cause it.
    """
    found: dict[_Kind, list[tuple[Fault, Point]]] = {}
    for done, point in enumerate(points, start=1):
        try:
            made = variant(scenario, point, options=options, source=source, last=last)
        except ScenarioError as error:
            alike: dict[tuple[str, str, str], int] = {}
            for fault in _of_the_values(error.faults):
                kind = (fault.code, fault.path, fault.form)
                alike[kind] = alike.get(kind, 0) + 1
                found.setdefault((*kind, alike[kind]), []).append((fault, point))
        else:
            if not found:
                yield made
        if progress is not None:
            progress(done)
    if found:
        raise ScenarioError([_with_cause(cases, len(points)) for cases in found.values()])


def _in_file(written: WrittenScenario, path: str, source: Source) -> Place | None:
    """Where the file varies a path."""
    if source == "sweep":
        found = (where for place, where in written.keys.items() if place[:1] == ("sweep",) and place[-1] == path)
    else:
        holder = holder_of(written, path)
        ranges = ((*holder[:length], "range") for length in range(len(holder), 0, -1))
        found = (written.values[place] for place in ranges if place in written.values)
    where = next(found, None)
    return None if where is None else replace(where, change=path)


def _of_the_values(faults: Sequence[Fault]) -> Sequence[Fault]:
    """The faults of the values set themselves, where there are any: others may only follow from these."""
    return [fault for fault in faults if fault.change] or faults


def _with_cause(cases: Sequence[tuple[Fault, Point]], points: int) -> Fault:
    """One fault for all cells that have it, with the values they share."""
    fault, first = cases[0]
    cause = {path: value for path, value in first.items() if all(other.get(path) == value for _, other in cases)}
    count = "" if len(cases) == 1 else f" ({len(cases)} of {points} points)"
    fractions = any(isinstance(value, float) for value in first.values())
    if fractions and fault.wants == "whole number":
        fault = replace(fault, remedy=f"{fault.remedy} In a hypercube, low..high by 1 keeps to whole steps.")
    if fault.option and fault.change and (not cause or cause.keys() == {fault.change}):  # the value is there already
        return replace(fault, message=f"{fault.message}{count}")
    return replace(fault, message=f"{fault.message} This is so with {in_words(cause or first)}{count}.")


def in_words(point: Point) -> str:
    """``design.enroll = 60, setting.patients.consent = 42 %``."""
    return ", ".join(f"{path} = {shown(value)}" for path, value in point.items())
