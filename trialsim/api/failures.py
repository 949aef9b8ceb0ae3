"""Which analyses had no number in some trials: how many, why, and the command that shows the first of them again."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trialsim.analysis.rows import ANALYZED, NOT_TESTED, STATUS_TEXT
from trialsim.api.own import own_failure
from trialsim.engine import Engine
from trialsim.evaluate.table import Measure
from trialsim.prepared import Study
from trialsim.quantities.counts import counted

if TYPE_CHECKING:
    import pyarrow as pa

#: What a row says that has a number, or was not asked for one.
FINE = [STATUS_TEXT[status] for status in (*ANALYZED, NOT_TESTED)]


@dataclass(frozen=True)
class Failure:
    """An analysis without a number in some trials.

    Attributes
    ----------
    shown : the analysis as people call it
    trials, of : how many trials it failed in, and of how many
    first : the first of these trials
    reasons : why, and in how many trials, the most frequent first; of several rows of an analysis that of the first one
    own : of a function of the study's own, what went wrong first, as a sentence
    """

    shown: str
    trials: int
    of: int
    first: int
    reasons: tuple[tuple[str, int], ...]
    own: str = ""

    @property
    def why(self) -> str:
        """The reasons in words."""
        if len(self.reasons) == 1:
            return self.reasons[0][0]
        return "; ".join(f"{reason} ({count:,})" for reason, count in self.reasons)

    def words(self, source: str, options: str = "") -> str:
        """A sentence, with the command that simulates the first of the trials again."""
        if self.own:
            return self.own + options
        failed = f"{self.shown} failed in {self.trials:,} of {counted(self.of, 'trial')}: {self.why}"
        return f"{failed}. The first: {replay_of(self.first, source, options)}"


def replay_of(number: int | str, source: str, options: str = "") -> str:
    """The command that simulates a trial again."""
    return f"trialsim replay {source} --replicate {number}{options}"


def options_of(changes: Sequence[str], seed: int | None, engine: Engine) -> str:
    """What a replay must be given besides, so that it is a trial of this run."""
    words = [f"--set {shlex.quote(one)}" for one in changes]
    words += [] if seed is None else [f"--seed {seed}"]
    words += [] if engine == "fast" else [f"--engine {engine}"]
    return "".join(f" {word}" for word in words)


@dataclass
class _Tally:
    first: int
    reasons: Counter[str] = field(default_factory=Counter)


def first_failures(
    study: Study, measures: Sequence[Measure], estimates: Path, *, engine: Engine = "fast", source: str = "FILE"
) -> tuple[Failure, ...]:
    """Each analysis that failed in some trial.

    Parameters
    ----------
    measures : the operating characteristics, which say whether any trial failed
    estimates : the table of all trials
    source : the scenario as it is typed
    """
    asked = {one.analysis for one in measures if one.measure in ("power", "power_low") and one.n_failed}
    if not asked:
        return ()
    total = max(one.n_replicates for one in measures)
    found = _tallies(estimates, study.twins[0])
    failures = []
    for call in (call for call in study.analysis.calls if call.name in asked and call.name in found):
        one = found[call.name]
        own = own_failure(study, call, estimates, engine=engine, source=source) if call.own is not None else ""
        shown, reasons = study.analysis.rows[call.first_row].shown, tuple(one.reasons.most_common())
        failures.append(Failure(shown, one.reasons.total(), total, one.first, reasons, own))
    return tuple(failures)


def _tallies(estimates: Path, twin: str) -> dict[str, _Tally]:
    """For each analysis the trials of a twin in which it failed, from a table of all trials."""
    found: dict[str, _Tally] = {}
    for table in _failed_rows(estimates, twin):
        replicate = table["replicate"].to_numpy()
        analysis, status = (np.array(table[name].to_pylist(), dtype=object) for name in ("analysis", "status"))
        for name in dict.fromkeys(analysis.tolist()):
            rows = np.flatnonzero(analysis == name)
            trials, first = np.unique(replicate[rows], return_index=True)
            one = found.setdefault(name, _Tally(int(trials[0])))
            one.reasons.update(status[rows[first]].tolist())
    return found


def _failed_rows(estimates: Path, twin: str) -> Iterator[pa.Table]:
    """Failed rows, a group of whole replicates at a time."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(estimates) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=["replicate", "twin", "analysis", "status"])
            fine = pc.is_in(table["status"].cast(pa.string()), pa.array(FINE))
            rows = pc.and_(pc.invert(fine), pc.equal(table["twin"].cast(pa.string()), twin))
            table = table.filter(rows)
            if table.num_rows:
                yield table
