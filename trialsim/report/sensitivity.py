"""The tornado of a study, kept in its folder, for the page of a run of the same study."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.errors import TrialsimError
from trialsim.evaluate.table import share_interval
from trialsim.figures.render import FigureCall, figure_of
from trialsim.regular import read_regular
from trialsim.report.assumed import in_words
from trialsim.report.digits import points_with_error, share_with_error, signed_with_error
from trialsim.report.document import DataTable, TableCell
from trialsim.report.paths import names_of
from trialsim.runs.folder import MOST_BYTES
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.ranges import declared_ranges
from trialsim.sweep.tornado import Shift

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


# ---------------------------------------------------------------- shown

MOST_BARS = 25

#: What the figure is, where it is shown.
HEADING, TEXT = "Which assumption moves the answer", "The longest bars move it most; whiskers are 95 % Monte Carlo."


def draw_of(frame: pd.DataFrame, axes: Mapping[str, str], *, name: str, replicates: int) -> FigureCall:
    """What draws the figure of a tornado from its table; ``axes`` are the measures and their names."""
    names = names_of(tuple(dict.fromkeys(frame["assumption"])))
    labels = [f"{names[path]} ({given})" for path, given in zip(frame["assumption"], frame["given"], strict=True)]
    frame = frame.assign(label=labels)
    kept, still = _moving(frame)
    note = f"{name}: {replicates:,} simulated trials at each end, paired with the study as declared."
    if len(kept) > MOST_BARS:
        note += f" The {MOST_BARS} largest of {len(kept)}."
    if still:
        note += f" Not shown: {still} that change none of these."
    return figure_of(
        "tornado.tornado",
        frame[frame["label"].isin(kept[:MOST_BARS])],
        measures=tuple(axes),
        names=dict(axes),
        note=note + " Whiskers: 95 % Monte Carlo.",
        shares=("power",),
    )


def _moving(frame: pd.DataFrame) -> tuple[list[str], int]:
    """The labels of the assumptions that move something, all where none does, and how many are left out."""
    numbers = frame[["difference_low", "mcse_low", "difference_high", "mcse_high"]]
    labels = list(dict.fromkeys(frame["label"]))
    moving = set(frame.loc[(numbers != 0).any(axis=1), "label"])
    kept = [label for label in labels if label in moving] or labels
    return kept, len(labels) - len(kept)


def share_at(shift: Shift) -> str:
    """The power at an end with its Monte Carlo error or bound."""
    if not shift.count or math.isnan(shift.value):
        return ""
    low, high = share_interval(shift.value * shift.count, shift.count)
    error = math.sqrt(max(shift.value * (1 - shift.value), 0.0) / shift.count)
    return share_with_error(shift.value, error, low=low, high=high)


def change(shift: Shift, *, share: bool) -> str:
    """A difference with its Monte Carlo error: of shares in percentage points, of other numbers in their unit."""
    return points_with_error(shift.difference, shift.mcse) if share else signed_with_error(shift.difference, shift.mcse)


def kept_table(frame: pd.DataFrame, scenario: Scenario) -> DataTable:
    """The power at both ends of each range, from the table of a tornado."""
    rows: list[tuple[str | TableCell, ...]] = []
    for record in frame[frame["measure"] == "power"].to_dict("records"):
        ends = []
        for end in ("low", "high"):
            value, difference, mcse, count = (
                record[f"{name}_{end}"] for name in ("value", "difference", "mcse", "count")
            )
            shift = Shift(value, difference, mcse, int(count))
            ends.append(TableCell(share_at(shift), f"at {record[end]}: {change(shift, share=True)}"))
        rows.append((in_words(str(record["assumption"]), scenario), str(record["given"]), *ends))
    header = ("assumption", "value", "power at its low end", "power at its high end")
    return DataTable(
        "Power at both ends of each plausible range; changes in percentage points", header, tuple(rows), (1, 2, 3)
    )
