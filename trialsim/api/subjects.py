"""The subject of every public function: a file, a shipped scenario by its name, a text, a scenario or a study."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trialsim.errors import RunError
from trialsim.prepared import Study, prepare
from trialsim.quantities.refuse import did_you_mean, nearest
from trialsim.scenario import Scenario, load, loads, resolve
from trialsim.scenario.change import change, typed
from trialsim.scenario.code import allowed, refuse_without_permission
from trialsim.scenario.nearby import SCENARIOS, files_near, folders_near
from trialsim.scenario.shipped import shipped_scenarios

Subject = str | os.PathLike[str] | Scenario | Study

#: A folder, as the functions take it.
Folder = str | os.PathLike[str]


def scenario_file(name: str | os.PathLike[str]) -> Path:
    """The file with this name; if there is none, the shipped scenario.

    Raises
    ------
    RunError
        TS-R010 if there is neither
    """
    path = Path(name)
    try:
        if path.is_file():
            return path
        if path.is_dir():
            raise RunError(f"'{name}' is a folder; name the scenario file in it.", code="TS-R010")
    except (OSError, ValueError, RuntimeError) as refused:  # a name that is too long, links in a loop
        words = getattr(refused, "strerror", None) or str(refused)
        text = f"the file '{str(name)[:60]}...' cannot be read: {words}."
        raise RunError(text, code="TS-R010") from None
    shipped = shipped_scenarios()
    if str(name) not in shipped:
        raise RunError(
            f"there is no file '{name}', and no shipped scenario of this name (`trialsim init` lists them).",
            code="TS-R010", remedy=did_you_mean(str(name), [*files_near(name, SCENARIOS), *shipped], what="There are"),
        )  # fmt: skip
    return shipped[str(name)].path


def shipped_name(path: Path) -> str:
    """The name of the shipped scenario that a file is; empty for any other file."""
    return next((name for name, card in shipped_scenarios().items() if card.path == path), "")


def near_folder(name: str | os.PathLike[str]) -> str:
    """``Did you mean 'outputs/mine'?`` where a folder that is there is near to one that is not; else empty."""
    near = nearest(str(name), folders_near(name))
    return f"Did you mean '{near}'?" if near else ""


def scenario_of(subject: Subject, *, set: Sequence[str] = ()) -> Scenario:  # noqa: A002  # the word of the command line
    """The resolved scenario, with ``set`` overrides such as ``design.enroll=60``; a text of several lines is read directly."""
    if isinstance(subject, Study):
        subject = subject.scenario
    if isinstance(subject, Scenario):
        return resolve(typed(subject.written, set, option="--set")) if set else subject
    if isinstance(subject, str) and "\n" in subject:
        return loads(subject, set=set)
    return load(scenario_file(subject), set=set)


def permitted(scenario: Scenario, *, allow_code: bool) -> Scenario:
    """The scenario with the permission to run its own functions, if it was given; refused if it was not and there are any."""
    if allow_code:
        return allowed(scenario)
    refuse_without_permission(scenario)
    return scenario


def study_of(
    subject: Subject,
    *,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int | None = None,
    seed: int | None = None,
    allow_code: bool | None = None,
) -> Study:
    """The study, ready for simulation; with another number of replicates or seed as if its file had them.

    Parameters
    ----------
    allow_code : whether its own functions may run; if they may not and it has any, it is refused (None: nothing is run)
    """
    study = subject if isinstance(subject, Study) and not set else prepare(scenario_of(subject, set=set))
    if allow_code is not None:
        scenario = permitted(study.scenario, allow_code=allow_code)
        study = study if scenario is study.scenario else prepare(scenario)
    if replicates is None and seed is None:
        return study
    from trialsim.runs.run import with_simulation

    return with_simulation(study, replicates=replicates, seed=seed)


def changed(subject: Subject, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with other values at some paths, checked and resolved like any other."""
    return change(scenario_of(subject), changes)
