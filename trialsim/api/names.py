"""What a shell may complete: scenarios, the analyses of one, the places of its values."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trialsim.errors import TrialsimError
from trialsim.scenario import load
from trialsim.scenario.dump import plain
from trialsim.scenario.nearby import SCENARIOS, files_near
from trialsim.scenario.shipped import shipped_scenarios


def scenario_names(begun: str) -> list[str]:
    """Scenario files where ``begun`` leads, folders on the way, and the shipped scenarios."""
    name = f"{begun}x"  # so that a folder with its mark at the end is looked into
    here = Path(name).parent
    try:
        folders = [
            f"{here / one.name}{os.sep}" for one in here.iterdir() if one.is_dir() and not one.name.startswith(".")
        ]
    except OSError:
        folders = []
    return [*files_near(name, SCENARIOS), *sorted(folders), *shipped_scenarios()]


def scenario_among(words: Sequence[str]) -> Path | None:
    """The first of some words that names a scenario file or a shipped scenario."""
    shipped = shipped_scenarios()
    for word in words:
        if word in shipped or Path(word).suffix.lower() in SCENARIOS:
            path = Path(word) if Path(word).is_file() else shipped[word].path if word in shipped else None
            if path is not None:
                return path
    return None


def analysis_names(scenario: Path | None) -> list[str]:
    """The analyses of a scenario file; none where it cannot be read."""
    try:
        return [] if scenario is None else list(load(scenario).analyses)
    except TrialsimError:
        return []


def value_paths(scenario: Path | None, begun: str) -> list[str]:
    """The places one step on from ``begun``, as ``--set`` takes them: ``design.`` leads on, ``design.within=`` awaits a value."""
    try:
        here: Any = {} if scenario is None else plain(load(scenario))
    except TrialsimError:
        return []
    *above, _ = begun.split(".")
    for step in above:
        here = here.get(step) if isinstance(here, dict) else None
    if not isinstance(here, dict):
        return []
    stem = "".join(f"{step}." for step in above)
    return [
        f"{stem}{key}{'.' if isinstance(inner, dict) else '='}" for key, inner in here.items() if "." not in str(key)
    ]
