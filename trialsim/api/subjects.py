"""What every public function takes: a file, a shipped scenario by its name, a text, a scenario or a study."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trialsim.errors import RunError
from trialsim.prepared import Study, prepare
from trialsim.quantities.refuse import did_you_mean, nearest
from trialsim.runs.run import with_simulation
from trialsim.scenario import Scenario, load, loads
from trialsim.scenario.cells import Family, family
from trialsim.scenario.dump import dump
from trialsim.scenario.nearby import SCENARIOS, files_near, folders_near
from trialsim.scenario.shipped import shipped_scenarios
from trialsim.scenario.sweep import setting
from trialsim.scenario.text import read_text

Subject = str | os.PathLike[str] | Scenario | Study


def scenario_file(name: str | os.PathLike[str]) -> Path:
    """The file of this name; where there is none, that of the shipped scenario.

    Raises
    ------
    RunError
        TS-R010 when there is neither
    """
    path = Path(name)
    try:
        if path.is_file():
            return path
        if path.is_dir():
            raise RunError(f"'{name}' is a folder; name the scenario file in it.", code="TS-R010")
    except (OSError, ValueError, RuntimeError) as refused:  # more letters than a name can have, links in a circle
        words = getattr(refused, "strerror", None) or str(refused)
        text = f"the file '{str(name)[:60]}...' cannot be looked at: {words}."
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
    return "" if near is None else f"Did you mean '{near}'?"


def scenario_of(subject: Subject, *, set: Sequence[str] = ()) -> Scenario:  # noqa: A002  # the word of the command line
    """The resolved scenario, with ``set`` overrides such as ``design.enroll=60``; a text of several lines is read as it is."""
    if isinstance(subject, Study):
        subject = subject.scenario
    if isinstance(subject, Scenario):
        return loads(dump(subject), set=set) if set else subject
    if isinstance(subject, str) and "\n" in subject:
        return loads(subject, set=set)
    return load(scenario_file(subject), set=set)


def study_of(
    subject: Subject,
    *,
    set: Sequence[str] = (),  # noqa: A002  # the word of the command line
    replicates: int | None = None,
    seed: int | None = None,
) -> Study:
    """The study, ready to be played; with another number of replicates or seed as if its file said so."""
    study = subject if isinstance(subject, Study) and not set else prepare(scenario_of(subject, set=set))
    return study if replicates is None and seed is None else with_simulation(study, replicates=replicates, seed=seed)


def changed(subject: Subject, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with other values at some paths, checked and resolved like any other."""
    return scenario_of(subject, set=[setting(path, value) for path, value in changes.items()])


def family_of(subject: Subject, *, set: Sequence[str] = ()) -> Family:  # noqa: A002  # the word of the command line
    """The scenario together with what was written, of which a sweep makes its designs."""
    if isinstance(subject, (str, os.PathLike)) and "\n" not in str(subject):
        return family(scenario_file(subject), set=set)
    text = subject if isinstance(subject, str) else dump(scenario_of(subject))
    return Family(read_text(text, "<scenario>"), Path(), tuple(set), loads(text, set=set))
