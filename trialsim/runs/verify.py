"""Whether a run can be believed: its files are what was written, and replicates simulated again give the same numbers."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trialsim import study as studies
from trialsim.analysis.estimates import NUMBERS
from trialsim.errors import RunError
from trialsim.prepared import prepare
from trialsim.regular import check_regular
from trialsim.runs.estimates import estimates_table
from trialsim.runs.listing import lost_chunks
from trialsim.runs.manifest import changed_outputs, unlisted_outputs, versions
from trialsim.runs.place import settle
from trialsim.runs.record import MANIFEST, RESOLVED, read_manifest, resolved_file
from trialsim.runs.run import ESTIMATES
from trialsim.scenario.identity import scenario_hash
from trialsim.scenario.load import load

if TYPE_CHECKING:
    import pandas as pd

#: Largest relative difference that another machine may make in the last digits of `exp` and `log`.
TOLERANCE = 1e-9

NUMERIC = (*({"low": "conf_low", "high": "conf_high"}.get(name, name) for name in NUMBERS), "n")


@dataclass(frozen=True)
class NumberDifference:
    """One number that is not the same: ``stored`` in the run, ``now`` when its replicate was simulated again."""

    replicate: int
    twin: str
    analysis: str
    contrast: str
    column: str
    stored: object
    now: object


@dataclass(frozen=True)
class RunVerdict:
    """What was found.

    Attributes
    ----------
    replicates : those simulated again
    compared : numbers compared
    largest : largest relative difference of any of them
    differences : numbers further apart than :data:`TOLERANCE`, or a status or a gap that is not the same
    changed : files of the run that are gone or were changed
    versions : what has another version here, as (there, here)
    lost : in words, what is gone from its store
    """

    replicates: tuple[int, ...]
    compared: int
    largest: float
    differences: tuple[NumberDifference, ...]
    changed: tuple[str, ...]
    versions: dict[str, tuple[str, str]]
    lost: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """``equal``, ``equal within 1e-09``, or ``different``."""
        if self.differences:
            return "different"
        return "equal" if self.largest == 0 else f"equal within {TOLERANCE:g}"


def verify(folder: Path, *, sample: int = 20, progress: Callable[[int], None] | None = None) -> RunVerdict:
    """Play ``sample`` replicates of a run again, spread over all of them, and compare every estimate of every twin.

    Raises
    ------
    RunError
        TS-R016 when ``folder`` holds no finished run, or one whose scenario was changed
    """
    import pandas as pd

    manifest = _finished(folder)
    study = prepare(load(resolved_file(folder)))
    if (scenario_hash(study.scenario), study.scenario.simulation.seed) != (manifest["scenario_hash"], manifest["seed"]):
        raise RunError(
            f"{folder / RESOLVED} is not the scenario that {MANIFEST} describes.",
            code="TS-R016",
            remedy="It was changed, or another version of trialsim reads it differently: use the original file.",
        )
    which = _spread(manifest, sample)
    stored = _stored(folder / ESTIMATES, which)
    parts: list[pd.DataFrame] = []
    for done, replicate in enumerate(which, start=1):
        again = studies.replay(study, replicate, seed=manifest["seed"], engine=manifest.get("engine", "fast"))
        parts.append(estimates_table(again.estimates).to_pandas())
        if progress is not None:
            progress(done)
    changed, lost = (*changed_outputs(folder), *unlisted_outputs(manifest)), tuple(lost_chunks(folder, manifest, study))
    if ESTIMATES not in changed:
        _count(folder / ESTIMATES, manifest, each=len(parts[0]))
    compared, largest, differences = _compare(stored, pd.concat(parts, ignore_index=True))
    here = versions()
    there: dict[str, str] = manifest.get("versions", {})
    others = {name: (old, here.get(name, "none")) for name, old in there.items() if here.get(name) != old}
    return RunVerdict(tuple(which), compared, largest, differences, changed, others, lost)


def _finished(folder: Path) -> dict[str, Any]:
    """The manifest of a finished run whose files are all there.

    Raises
    ------
    RunError
        TS-R016 when it is none
    """
    settle(folder)
    manifest = read_manifest(folder)
    if manifest is None and (folder / ESTIMATES).is_file():
        raise RunError(
            f"{folder / MANIFEST} is missing, so the other files cannot be checked.",
            code="TS-R016",
            remedy="Copy the whole folder; where its chunks are whole, the command that made the run repairs it.",
        )
    if manifest is None or manifest.get("status") not in ("done", "partial") or not manifest.get("replicates"):
        raise RunError(
            f"{folder} holds no finished run.", code="TS-R016", remedy=f"Name a folder with {MANIFEST} and {ESTIMATES}."
        )
    for name in (ESTIMATES, RESOLVED):
        if not os.path.lexists(folder / name):
            raise RunError(
                f"{folder} was not copied whole: {name} is missing.", code="TS-R016", remedy="Copy the whole folder."
            )
        try:
            check_regular(folder / name, folder=folder)
        except OSError as problem:
            raise RunError(
                f"{folder / name} cannot be read: {problem.strerror}.",
                code="TS-R016",
                remedy="Copy the whole folder again.",
            ) from problem
    return manifest


def _stored(path: Path, which: list[int]) -> pd.DataFrame:
    """The rows of some replicates.

    Raises
    ------
    RunError
        TS-R016 when the file is not what a run writes
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = ["replicate", "twin", "analysis", "contrast", *NUMERIC, "status"]
    try:
        table: pd.DataFrame = pq.read_table(path, columns=columns, filters=[("replicate", "in", which)]).to_pandas()
    except (OSError, ValueError, KeyError, pa.ArrowException) as problem:
        raise RunError(
            f"{path} is cut short or damaged.",
            code="TS-R016",
            remedy="Copy it again; where the chunks are whole, the command that made the run writes it again.",
        ) from problem
    return table


def _count(path: Path, manifest: dict[str, Any], *, each: float) -> None:
    """Compare the rows of the file with the number of replicates, of ``each`` rows, in the manifest.

    Raises
    ------
    RunError
        TS-R016 when they differ
    """
    import pyarrow.parquet as pq

    held = pq.read_metadata(path).num_rows
    if held != each * manifest["replicates"]:
        raise RunError(
            f"{path} holds {held:,} rows, not the {each:g} of each of {manifest['replicates']:,} replicates.",
            code="TS-R016",
            remedy=f"{MANIFEST} was changed; the command that made the run writes it again.",
        )


def _spread(manifest: dict[str, Any], sample: int) -> list[int]:
    """Replicates spread over those that were simulated, the first and the last among them."""
    count = int(manifest["replicates"])
    places = np.unique(np.linspace(0, count - 1, num=min(sample, count)).round().astype(np.int64))
    for low, high in manifest.get("missing", []):
        places[places >= low] += high - low
    return [int(one) for one in places]


def _compare(stored: pd.DataFrame, now: pd.DataFrame) -> tuple[int, float, tuple[NumberDifference, ...]]:
    """How many numbers, the largest relative difference, and the numbers that differ."""
    import pandas as pd

    keys = ["replicate", "twin", "analysis", "contrast"]
    for frame in (stored, now):
        for name in (*keys[1:], "status"):
            frame[name] = frame[name].astype(str)
    both = pd.merge(stored, now, on=keys, how="outer", suffixes=("_stored", "_now"), indicator=True)
    lone = both[both["_merge"] != "both"]
    differences = [_row(row, stored=row["_merge"] != "right_only") for _, row in lone.iterrows()]
    both = both[both["_merge"] == "both"]
    largest, compared = 0.0, 0
    for column in (*NUMERIC, "status"):
        old, new = both[f"{column}_stored"], both[f"{column}_now"]
        compared += len(both)
        if column == "status":
            apart = (old != new).to_numpy()
        else:
            relative = _relative(old.to_numpy(float), new.to_numpy(float))
            largest = max(largest, float(relative.max(initial=0.0)))
            apart = relative > TOLERANCE
        for place in np.flatnonzero(apart):
            row = _row(both.iloc[place], stored=True)
            differences.append(replace(row, column=column, stored=old.iloc[place], now=new.iloc[place]))
    return compared, largest, tuple(differences)


def _row(row: pd.Series[Any], *, stored: bool) -> NumberDifference:
    """A whole row that only one side has; the base of the words on one number."""
    twin, analysis, contrast = (str(row[name]) for name in ("twin", "analysis", "contrast"))
    return NumberDifference(
        int(row["replicate"]), twin, analysis, contrast, column="row", stored=stored, now=not stored
    )


def _relative(old: np.ndarray[Any, Any], new: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Relative difference, 0 where both are the same or absent, infinite where only one is absent."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.abs(new - old) / np.maximum(np.abs(old), np.abs(new))
    same = (old == new) | (np.isnan(old) & np.isnan(new))
    return np.where(same, 0.0, np.where(np.isnan(found), np.inf, found))
