"""Simulate every cell of a sweep, or read its results if it has been simulated before."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trialsim.analysis.estimates import Estimates
from trialsim.chunks import in_order, threads_until_done, usable_cores
from trialsim.engine import Engine
from trialsim.errors import RunError
from trialsim.evaluate.columns import POWER, analysis_columns, analysis_values, labels_with_family
from trialsim.evaluate.table import Measure
from trialsim.evaluate.verdict import Verdict
from trialsim.prepared import Study, prepare
from trialsim.runs.folder import writing
from trialsim.scenario.model import Scenario
from trialsim.scenario.sweep import Point
from trialsim.scenario.variants import variant, variants
from trialsim.study import evaluate
from trialsim.sweep.store import CellResults, cell_key, packed, read_cell, write_cell

Floats = NDArray[np.float64]

#: Scenarios kept in memory between check and simulation; those of a larger sweep are made twice.
KEPT = 1000


@dataclass(frozen=True)
class SweepCell:
    """One design of a sweep: its values, the hash of its content, its first primary analysis, and its results."""

    design_id: int
    point: Point
    key: str
    primary: str
    results: CellResults

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The operating characteristics."""
        return self.results.measures

    def verdict(self, *, analysis: str, contrast: str | None = None) -> Verdict | None:
        """Whether a test keeps its level; without ``contrast`` that of the first row of the analysis."""
        for one in self.results.verdicts:
            if one.analysis == analysis and contrast in (None, one.contrast):
                return one
        return None

    def measure(self, name: str, *, analysis: str, contrast: str | None = None) -> Measure | None:
        """One measure; without ``contrast`` the first row of the analysis that has it; None if there is none."""
        for row in self.measures:
            if (row.analysis, row.measure) == (analysis, name) and contrast in (None, row.contrast):
                return row
        return None


@dataclass(frozen=True)
class SweepRun:
    """A finished sweep; ``computed`` cells were simulated now, ``damaged`` ones again; ``alike`` ones equal another.

    ``labels`` is what people read in place of the name of each analysis: the cells hold no scenario.
    """

    scenario: str
    labels: Mapping[str, str]
    paths: tuple[str, ...]
    cells: tuple[SweepCell, ...]
    replicates: int
    seeds: tuple[int, ...]
    computed: int
    damaged: int
    alike: int
    seconds: float


def play_sweep(
    scenario: Scenario,
    points: Sequence[Point],
    *,
    replicates: int = 2000,
    options: Mapping[str, str] | None = None,
    seed: int | None = None,
    store: Path | None = None,
    fresh: bool = False,
    engine: Engine = "fast",
    workers: int | None = None,
    ready: Callable[[], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> SweepRun:
    """Operating characteristics at every point, each with the same seed: cells share their random numbers.

    Parameters
    ----------
    options : of the command line after which paths were typed (:func:`trialsim.scenario.variants.variant`)
    store : folder of the cells; those found there under the same content are not simulated again
    fresh : simulate every cell
    workers : threads; each simulates one cell at a time, or a share of it if there are fewer cells than threads
    ready : called once when every point is known to be possible, before the first one is simulated
    progress : called with the number of cells done so far

    Raises
    ------
    ScenarioError
        with the faults of all points
    RunError
        TS-R005 without a point or replicate; TS-R003 if a cell cannot be written, TS-R007 if the disk is full
    """
    began = time.perf_counter()
    if not points or replicates < 1:
        raise RunError(
            "there is nothing to simulate.", code="TS-R005", remedy="Ask for at least 1 point and 1 replicate."
        )
    keys: list[str] = []
    primary: list[str] = []
    seeds: dict[int, None] = {}
    kept: dict[str, Scenario] = {}
    first: dict[str, int] = {}
    labels = labels_with_family(scenario)
    last = {} if seed is None else {"simulation.seed": seed}
    for index, one in enumerate(variants(scenario, points, options=options, last=last)):
        key = cell_key(one, replicates=replicates)
        keys.append(key)
        primary.append(one.primary[0])
        seeds.setdefault(one.simulation.seed)
        labels = labels_with_family(one) | labels
        first.setdefault(key, index)
        if len(kept) < KEPT:
            kept[key] = one
    if ready is not None:
        ready()
    known, damaged = _known(store, first, fresh=fresh)
    missing = [key for key in first if key not in known]
    if progress is not None:
        progress(len(known))

    def play(key: str) -> tuple[str, CellResults]:
        one = kept.pop(key, None) or variant(scenario, points[first[key]], options=options, last=last)
        made = _play(prepare(one), replicates=replicates, engine=engine, workers=each)
        if store is not None:
            with writing(store):
                write_cell(store, key, made)
        return key, made

    workers = usable_cores() if workers is None else workers
    together = min(workers, len(missing))
    each = max(1, workers // max(together, 1))
    with threads_until_done(max(together, 1)) as pool:
        for key, made in in_order(pool, play, missing, ahead=together + 2):
            known[key] = made
            if progress is not None:
                progress(len(known))
    cells = tuple(SweepCell(i, points[i], key, primary[i], known[key]) for i, key in enumerate(keys))
    paths = tuple(dict.fromkeys(path for point in points for path in point))
    seconds = time.perf_counter() - began
    alike = len(keys) - len(first)
    return SweepRun(
        scenario.name, labels, paths, cells, replicates, tuple(seeds), len(missing), damaged, alike, seconds
    )


def _play(study: Study, *, replicates: int, engine: Engine, workers: int) -> CellResults:
    """Measures, verdicts, and the decision of each trial: whether each test rejects, and whether the target is reached."""
    columns = analysis_columns(study.analysis, study.twins)
    powers = [index for index, column in enumerate(columns) if column.measure == POWER]
    rejected: list[Floats] = []

    def keep(estimates: Estimates) -> None:
        rejected.append(analysis_values(study.analysis, estimates)[:, powers])

    made = evaluate(study, replicates=replicates, engine=engine, workers=workers, sink=keep)
    of_each = np.concatenate(rejected)
    decided = {
        (POWER, columns[index].analysis, columns[index].contrast): packed(of_each[:, i])
        for i, index in enumerate(powers)
    }
    for index, column in enumerate(made.kept.columns):
        if column.kind == "share":
            decided[column.measure, column.analysis, column.contrast] = packed(made.kept.trial[:, index])
    return CellResults(made.measures, made.verdicts, decided)


def _known(store: Path | None, keys: dict[str, int], *, fresh: bool) -> tuple[dict[str, CellResults], int]:
    """What lies in the store of the cells asked for, and how many of its files are damaged."""
    known: dict[str, CellResults] = {}
    damaged = 0
    for key in keys if store is not None and not fresh else ():
        assert store is not None
        try:
            held = read_cell(store, key)
        except (ValueError, TypeError):
            damaged += 1
            continue
        if held is not None:
            known[key] = held
    return known, damaged
