"""The tornado of a study, kept in its folder, for the page of a run of the same study."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.errors import TrialsimError
from trialsim.regular import read_regular
from trialsim.runs.folder import MOST_BYTES
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.ranges import declared_ranges

if TYPE_CHECKING:
    import pandas as pd

    from trialsim.scenario.model import Scenario

TABLE, MANIFEST = "tornado.csv", "sweep.json"

#: Columns that are words, as they are written in the scenario.
WORDS = ("assumption", "measure", "given", "low", "high")


@dataclass(frozen=True)
class KeptTornado:
    """What a folder holds of a tornado.

    Attributes
    ----------
    folder : where it is
    frame : its table, as :func:`trialsim.report.tornado.tornado_frame` without labels
    axes : the name of each measure
    lines : the answer in sentences
    replicates, seed : at each end
    """

    folder: Path
    frame: pd.DataFrame
    axes: Mapping[str, str]
    lines: tuple[str, ...]
    replicates: int
    seed: int


def identity_of(scenario: Scenario) -> str:
    """A hash of what decides a tornado besides seed and replicates: the study, and its plausible ranges as they are written."""
    ranges = [[one.path, one.value, one.low, one.high] for one in declared_ranges(scenario.written.data)]
    text = json.dumps([scenario_hash(scenario, seed=False), ranges], default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def to_keep(scenario: Scenario, table: Path, axes: Mapping[str, str], lines: Sequence[str]) -> dict[str, Any]:
    """What the manifest of a tornado says of its study and its table, so that a run can show it later."""
    return {"study": identity_of(scenario), "table": _hash(table), "axes": dict(axes), "lines": list(lines)}


def tornado_beside(scenario: Scenario, folder: Path) -> KeptTornado | None:
    """The tornado of just this study in a folder beside that of a run; of several the one with the most replicates.

    One of another study, of this study before an edit, or whose table was changed is not shown.
    """
    wanted = identity_of(scenario)
    found = [kept for path in sorted(folder.parent.glob(f"*/{MANIFEST}")) if (kept := _read(path, wanted)) is not None]
    return max(found, key=lambda one: one.replicates, default=None)


def _read(path: Path, wanted: str) -> KeptTornado | None:
    import pandas as pd

    try:
        held = json.loads(read_regular(path, most=MOST_BYTES))
        if (held["kind"], held["status"], held["study"]) != ("tornado", "done", wanted):
            return None
        table = path.parent / TABLE
        if _hash(table) != held["table"]:
            return None
        return KeptTornado(
            path.parent,
            pd.read_csv(table, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(WORDS, str)),
            dict(held["axes"]),
            tuple(held["lines"]),
            int(held["replicates"]),
            int(held["seeds"][0]),
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, TrialsimError):
        return None  # of an older trialsim, or damaged: as if there were none


def _hash(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
